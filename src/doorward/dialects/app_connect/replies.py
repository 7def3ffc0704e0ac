"""Answers as clients of the platform read them: strings as HTML, everything else as JSON."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from doorward.dialects.app_connect.errors import Said
from doorward.http import NO_STORE, Reply

__all__ = ["object_reply", "return_message", "said_reply", "text_reply"]

_GUARDS: Final = (
    *NO_STORE,
    (b"x-content-type-options", b"nosniff"),
    # A string is sent as a page there. As a page, it may do nothing here.
    (b"content-security-policy", b"default-src 'none'; sandbox; frame-ancestors 'none'"),
)
_encode = msgspec.json.Encoder().encode

Kind = Literal["success", "info", "warning", "danger", "error"]


def text_reply(text: str, status: int = 200) -> Reply:
    """A string, as the platform's server sends it."""
    return Reply(status, text.encode(), ((b"content-type", b"text/html; charset=utf-8"), *_GUARDS))


def object_reply(content: object, status: int = 200) -> Reply:
    """An object or a list."""
    kind = (b"content-type", b"application/json; charset=utf-8")
    return Reply(status, _encode(content), (kind, *_GUARDS))


def said_reply(said: Said) -> Reply:
    """What was said instead of an answer."""
    if isinstance(said.body, str):
        return text_reply(said.body, said.status)
    reply = object_reply(said.body, said.status)
    if said.retry_after_s is not None:
        reply.headers = (*reply.headers, (b"retry-after", str(said.retry_after_s).encode()))
    return reply


def return_message(
    message: str, kind: Kind = "success", *, ttl: int = 3000, **more: object
) -> dict[str, object]:
    """What a client shows its user, for ``ttl`` milliseconds."""
    return {"messageType": kind, "message": message, "ttl": ttl, **more}
