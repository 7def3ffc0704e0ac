"""Answers to an authorization request (RFC 6749 4.1.2, RFC 9207)."""

from __future__ import annotations

from urllib.parse import urlencode

from doorward.protocol.authorization import ReturnAddress
from doorward.protocol.errors import OAuthError

__all__ = ["code_fields", "error_fields", "redirect_location"]


def code_fields(
    address: ReturnAddress, code: str, scope: str | None = None
) -> tuple[tuple[str, str], ...]:
    """The parameters of a successful answer, ``iss`` among them (RFC 9207 2).

    ``scope`` is what was granted, where the platform's clients are told so.
    """
    granted = () if scope is None else (("scope", scope),)
    return _with_state(address, (("code", code), *granted))


def error_fields(address: ReturnAddress, error: OAuthError) -> tuple[tuple[str, str], ...]:
    """The parameters of a refusal."""
    return _with_state(
        address, (("error", error.code.value), ("error_description", error.description))
    )


def redirect_location(address: ReturnAddress, fields: tuple[tuple[str, str], ...]) -> str:
    """The redirect URI with ``fields`` added to its query, whose own parameters stay."""
    separator = "&" if "?" in address.redirect_uri else "?"
    return f"{address.redirect_uri}{separator}{urlencode(fields)}"


def _with_state(
    address: ReturnAddress, fields: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    state = () if address.state is None else (("state", address.state),)
    issuer = () if address.issuer is None else (("iss", address.issuer),)
    return (*fields, *state, *issuer)
