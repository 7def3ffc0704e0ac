"""For which APIs an access token is good (RFC 8707)."""

from __future__ import annotations

from doorward.protocol import ErrorCode, OAuthError
from doorward.scopes import Api, Catalogue

__all__ = ["choose_audience"]


def choose_audience(
    catalogue: Catalogue,
    scopes: tuple[str, ...],
    *,
    asked: tuple[str, ...],
    allowed: tuple[str, ...],
) -> tuple[Api, ...]:
    """The APIs that ``scopes`` belong to, narrowed to the ``asked`` resources.

    ``allowed`` are the resources of the authorization; without any, every API of the scopes is.
    Raises ``invalid_target`` for a resource beyond them (RFC 8707 2.2).
    """
    apis = catalogue.audience_of(scopes)
    if allowed:
        apis = tuple(api for api in apis if api.identifier in allowed)
    known = {api.identifier for api in apis}
    for resource in asked:
        if resource not in known:
            raise OAuthError(
                ErrorCode.INVALID_TARGET, "The resource is not part of what was allowed."
            )
    if asked:
        apis = tuple(api for api in apis if api.identifier in asked)
    return apis
