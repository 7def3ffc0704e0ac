"""A creation that is sent again is not done again (draft-ietf-httpapi-idempotency-key-header).

The answer is kept for a day, sealed: it may hold a secret that is shown once. A request that was
refused changed nothing and frees its key. One whose outcome nobody knows (the process died, the
database went away) keeps it, so that a retry never creates a second thing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from doorward.console.api.model import StaffCall
from doorward.console.api.refusals import (
    BadIdempotencyKey,
    IdempotencyInFlight,
    IdempotencyMismatch,
)
from doorward.console.api.store import (
    StoredAnswer,
    answer_request,
    begin_request,
    find_request,
    forget_request,
)
from doorward.crypto import KeyRing, SealBroken, digest, same
from doorward.db import SECOND, Clock, Conflict, Database, Overloaded, Unrepresentable
from doorward.protocol import OAuthError, Refusal

__all__ = ["Idempotency"]

_KEPT: Final = 86_400 * SECOND
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}\Z")
_REFUSED: Final = (
    Refusal,
    OAuthError,
    RequestValidationError,
    HTTPException,
    Unrepresentable,
    Conflict,
    Overloaded,
)
"""After these nothing was changed."""

Handler = Callable[[Request], Awaitable[Response]]


class Kept(msgspec.Struct, frozen=True):
    """An answer as it is sealed."""

    content_type: str
    body: bytes


class Idempotency:
    """Remembers the answers of creations."""

    def __init__(self, *, db: Database, clock: Clock, ring: KeyRing) -> None:
        """Keep answers in ``db``, dated by ``clock``, sealed under ``ring``."""
        self._db = db
        self._clock = clock
        self._ring = ring

    async def perform(
        self, call: StaffCall, text: str, request: Request, handle: Handler
    ) -> Response:
        """The answer of ``handle``, or the one that it gave before under the key ``text``.

        Raises ``BadIdempotencyKey``, ``IdempotencyMismatch``, ``IdempotencyInFlight``, and
        whatever ``handle`` raises.
        """
        if not _KEY.match(text):
            raise BadIdempotencyKey
        key = (str(call.org_id), call.account.account_id, digest(text))
        asked = await _request_digest(request)
        row_id, now = self._db.next_id(), self._clock()
        try:
            await begin_request(self._db, row_id, key, asked, now=now, expires_at=now + _KEPT)
        except Conflict as conflict:
            stored = await find_request(self._db, key)
            if stored is None:
                # The first request was refused in this very moment, and freed the key.
                raise IdempotencyInFlight from conflict
            return self._replay(call, stored, asked)
        return await self._first(call, row_id, request, handle)

    async def _first(
        self, call: StaffCall, row_id: int, request: Request, handle: Handler
    ) -> Response:
        try:
            response = await handle(request)
        except _REFUSED:
            await forget_request(self._db, call.org_id, row_id)
            raise
        kept = Kept(response.headers.get("content-type", ""), bytes(response.body))
        sealed = self._ring.seal(msgspec.msgpack.encode(kept), about=_about(call, row_id))
        await answer_request(
            self._db, call.org_id, row_id, status=response.status_code, sealed=sealed
        )
        return response

    def _replay(self, call: StaffCall, stored: StoredAnswer, asked: bytes) -> Response:
        if not same(stored.request_digest, asked):
            raise IdempotencyMismatch
        if stored.status is None or stored.sealed is None:
            raise IdempotencyInFlight
        try:
            opened = self._ring.open(stored.sealed, about=_about(call, stored.row_id))
        except SealBroken as broken:
            # Its master key was taken out of the ring: it was done, and cannot be told again.
            raise IdempotencyInFlight from broken
        kept = msgspec.msgpack.decode(opened, type=Kept)
        headers = {"Idempotency-Replayed": "true"}
        if kept.content_type:
            headers["Content-Type"] = kept.content_type
        return Response(kept.body, stored.status, headers)


def _about(call: StaffCall, row_id: int) -> bytes:
    return f"idempotency:{call.org_id}:{call.account.account_id}:{row_id}".encode()


async def _request_digest(request: Request) -> bytes:
    """What was asked: method, path, query and body."""
    parts = (
        request.method,
        request.scope["path"],
        bytes(request.scope["query_string"]),
        await request.body(),
    )
    return sha256(msgspec.msgpack.encode(parts)).digest()
