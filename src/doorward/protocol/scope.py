"""Scope values (RFC 6749 3.3)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import lru_cache

from doorward.protocol.errors import ErrorCode, OAuthError

__all__ = ["OFFLINE_SCOPES", "OPENID", "parse_scope", "render_scope", "verify_scope_within"]

OPENID = "openid"
OFFLINE_SCOPES = frozenset({"offline_access", "offline"})
"""OpenID Connect's name, and the short one that some platforms use for the same."""

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+\Z")
_MAX = 100


@lru_cache(maxsize=256)
def parse_scope(text: str | None) -> tuple[str, ...]:
    """The scope names of ``text`` in their order, each once. Raises ``invalid_scope``."""
    if text is None:
        return ()
    names = tuple(dict.fromkeys(text.split(" ")))
    names = tuple(name for name in names if name)
    if len(names) > _MAX or not all(_TOKEN.match(name) for name in names):
        raise OAuthError(ErrorCode.INVALID_SCOPE, "The scope is malformed.")
    return names


def render_scope(names: Iterable[str]) -> str:
    """The names as one parameter."""
    return " ".join(names)


def verify_scope_within(names: tuple[str, ...], allowed: Container[str]) -> tuple[str, ...]:
    """``names``, when every one is in ``allowed``. Raises ``invalid_scope`` naming the first."""
    for name in names:
        if name not in allowed:
            raise OAuthError(
                ErrorCode.INVALID_SCOPE, f"The scope {name} is not allowed for this application."
            )
    return names
