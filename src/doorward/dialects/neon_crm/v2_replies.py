"""Answers of API v2: JSON, and errors as an array of codes and messages."""

from __future__ import annotations

from typing import Final

import msgspec

from doorward.accounts import BadSearch, UnknownAccount
from doorward.brakes import Braked
from doorward.dialects.neon_crm.wire import camel
from doorward.http import NO_STORE, Reply
from doorward.protocol import Refusal

__all__ = ["V2Error", "error_reply", "refusal_error", "v2_reply"]

_JSON = (b"content-type", b"application/json")
_CHALLENGE = (b"www-authenticate", b'Basic realm="Neon CRM API", charset="UTF-8"')

MESSAGES: Final = {
    "1": "Unexpected System error occurred.",
    "10": "Api key is required.",
    "12": "OrgId is required.",
    "13": "Api key is invalid.",
    "14": "OrgId is invalid.",
    "15": "OAuth access token is invalid.",
    "21": "Sort column is invalid.",
    "22": "Search key is required.",
    "23": "Search key is invalid.",
    "24": "Search value is required.",
    "25": "Search value is invalid.",
    "26": "Output field id or name is invalid.",
    "29": "Search operator is required.",
    "30": "Search criteria is empty.",
    "403": "The API user does not have the permission for this.",
    "404": "There is nothing at this address.",
    "405": "This address does not take this method.",
    "413": "The request is too large.",
    "415": "Send the body as application/json.",
    "429": "There are too many requests. Try again later.",
    "503": "The server is busy. Try again in a moment.",
}
"""What each code says. Where the platform has no code for it, the code is the HTTP status."""

_STATUSES: Final = {
    **dict.fromkeys(("10", "12", "13", "14", "15"), 401),
    **dict.fromkeys(("21", "22", "23", "24", "25", "26", "29", "30"), 400),
    "1": 500,
}


class V2Error(Exception):
    """A refusal in the words of API v2."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        """Refuse with ``code``, by its usual message or a more exact one."""
        self.code = code
        self.status = _STATUSES.get(code) or int(code)
        self.message = message or MESSAGES[code]
        self.headers = headers
        super().__init__(f"{code}: {self.message}")


def refusal_error(refusal: Refusal) -> V2Error:
    """What a room refused, as the platform would say it."""
    if isinstance(refusal, UnknownAccount):
        return V2Error("404", refusal.sentence)
    if isinstance(refusal, Braked):
        wait = str(refusal.retry_after_s).encode()
        return V2Error("429", headers=((b"retry-after", wait),))
    if isinstance(refusal, BadSearch):
        return V2Error("25")
    status = 400 if refusal.status == 422 else refusal.status
    field = ".".join(map(camel, refusal.field.split("."))) if refusal.field else None
    message = refusal.sentence if field is None else f"{refusal.sentence} ({field})"
    return V2Error(str(status), message)


def v2_reply(
    content: object, *, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Reply:
    """``content`` as JSON that nobody stores: it is about people."""
    return Reply(status, msgspec.json.encode(content), (_JSON, *NO_STORE, *headers))


def error_reply(error: V2Error) -> Reply:
    """The array that clients expect, with what its status asks for."""
    challenge = (_CHALLENGE,) if error.status == 401 else ()
    content = [{"code": error.code, "message": error.message}]
    return v2_reply(content, status=error.status, headers=(*challenge, *error.headers))
