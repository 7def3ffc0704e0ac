"""Refusals of Neon's API: one object with a code, a sentence, and the number of the request."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from doorward.brakes import Braked
from doorward.db import Conflict, Overloaded, Unavailable, Unrepresentable
from doorward.http import NO_STORE, Call, Reply
from doorward.protocol import ErrorCode, OAuthError, Refusal, bearer_challenge

__all__ = ["ApiError", "api_reply", "error_of", "error_reply", "find_request_id", "too_large"]

_JSON = (b"content-type", b"application/json")
_REALM: Final = "Neon API"
_SAFE_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z", re.ASCII)
_SOON = ((b"retry-after", b"1"),)

_SENTENCES: Final = {
    400: "The request cannot be read.",
    401: "The credential is unknown, expired or revoked.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The request is too large.",
    415: "Send the body as application/json.",
    423: "Somebody else is changing the same thing. Try again.",
    429: "There are too many requests. Try again later.",
    500: "Something went wrong on our side.",
    503: "The server is busy. Try again in a moment.",
}

_STORAGE: Final = ((Conflict, 423), (Overloaded, 503), (Unavailable, 503), (Unrepresentable, 400))
"""What storage refuses. After the first three the request may be sent again as it is."""


class ApiError(Exception):
    """A refusal in the words of the platform; ``code`` is empty where it has none.

    ``missing_scope`` is told by the challenge of RFC 6750 as well.
    """

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        code: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
        missing_scope: str | None = None,
    ) -> None:
        """Refuse with ``status``, by its usual sentence or a more exact one."""
        self.status = status
        self.message = message or _SENTENCES[status]
        self.code = code
        self.headers = headers
        self.missing_scope = missing_scope
        super().__init__(f"{status}: {self.message}")


def error_of(error: Exception) -> ApiError | None:
    """What a known refusal becomes; None for a bug."""
    match error:
        case ApiError():
            return error
        case Braked():
            return ApiError(429, headers=((b"retry-after", str(error.retry_after_s).encode()),))
        case Refusal():
            message = error.sentence
            if error.field is not None and error.status == 422:
                message = f"{message} ({error.field})"
            return ApiError(error.status, message, code=error.code.upper())
        case OAuthError():
            return ApiError(error.status, error.description)
    status = next((status for kind, status in _STORAGE if isinstance(error, kind)), None)
    if status is None:
        return None
    return ApiError(status, headers=() if status == 400 else _SOON)


def api_reply(content: object, *, status: int = 200) -> Reply:
    """``content`` as JSON that nobody stores: it is about people."""
    return Reply(status, msgspec.json.encode(content), (_JSON, *NO_STORE))


def error_reply(error: ApiError, request_id: str | None) -> Reply:
    """The object that clients expect, with what its status asks for."""
    content: dict[str, object] = {"code": error.code, "message": error.message}
    if request_id is not None:
        content = {"request_id": request_id, **content}
    reply = api_reply(content, status=error.status)
    reply.headers = (*reply.headers, *_challenge(error), *error.headers)
    return reply


def too_large() -> Reply:
    """The refusal of a body that is not read to its end."""
    return error_reply(ApiError(413), None)


def find_request_id(call: Call) -> str | None:
    """The caller's own number for the request, when it can be repeated to others."""
    number = call.header(b"x-request-id")
    return number if number is not None and _SAFE_NUMBER.match(number) else None


def _challenge(error: ApiError) -> tuple[tuple[bytes, bytes], ...]:
    if error.missing_scope is not None:
        told = OAuthError(ErrorCode.INSUFFICIENT_SCOPE, "The credential lacks a scope.")
    elif error.status == 401:
        told = OAuthError(ErrorCode.INVALID_TOKEN, "The credential is not valid.")
    else:
        return ()
    challenge = bearer_challenge(_REALM, told, scope=error.missing_scope)
    return ((b"www-authenticate", challenge.encode("latin-1")),)
