"""What a client presents to prove who it is (RFC 6749 2.3.1, RFC 7617)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote_plus

from doorward.protocol.errors import ErrorCode, OAuthError
from doorward.protocol.parameters import Parameters

__all__ = ["AuthMethod", "PresentedClient", "invalid_client", "parse_client_credentials"]

_CONTROL = re.compile("[\x00-\x1f\x7f]")


class AuthMethod(StrEnum):
    """How a client authenticates at token-like endpoints (OpenID Connect Registration 2)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PresentedClient:
    """An identifier, maybe a secret, and the way they came. Nothing is proved yet."""

    client_id: str
    secret: str | None = field(repr=False)
    method: AuthMethod


def invalid_client(detail: str) -> OAuthError:
    """The one answer to every failed client authentication; the log keeps ``detail``."""
    return OAuthError(ErrorCode.INVALID_CLIENT, "Client authentication failed.", detail=detail)


def parse_client_credentials(authorization: str | None, form: Parameters) -> PresentedClient:
    """Read the credentials from the Authorization header or the form, never from both.

    Raises ``invalid_request`` for two methods at once (RFC 6749 2.3), ``invalid_client`` when
    there is nothing to read or it is malformed.
    """
    client_id = form.get("client_id")
    secret = form.get("client_secret")
    if authorization is None:
        if client_id is None:
            raise invalid_client("no client credentials were sent")
        method = AuthMethod.NONE if secret is None else AuthMethod.POST
        return PresentedClient(client_id, secret, method)
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise invalid_client("the authorization scheme is not Basic")
    if secret is not None:
        raise OAuthError(
            ErrorCode.INVALID_REQUEST, "The client authenticates in more than one way."
        )
    username, password = _parse_basic(encoded.strip())
    if client_id is not None and client_id != username:
        raise OAuthError(
            ErrorCode.INVALID_REQUEST, "client_id differs from the Authorization header."
        )
    return PresentedClient(username, password, AuthMethod.BASIC)


def _parse_basic(encoded: str) -> tuple[str, str]:
    try:
        text = b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise invalid_client("the Basic credentials are not base64 of UTF-8") from error
    username, colon, password = text.partition(":")
    if "%" in text or "+" in text:
        # RFC 6749 2.3.1 form-encodes both parts first.
        username, password = unquote_plus(username), unquote_plus(password)
    # Looked at after decoding, or %00 would carry a NUL to the database.
    if not colon or not username or _CONTROL.search(username) or _CONTROL.search(password):
        raise invalid_client("the Basic credentials are incomplete or unprintable")
    return username, password
