"""The worker that delivers what waits in the outbox, and the end of old letters."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from doorward.crypto import SealBroken
from doorward.db import Database, DatabaseError, Sweeper
from doorward.mail import store
from doorward.mail.carriers import Carrier, NotCarried
from doorward.mail.model import BadLetter, WaitingLetter
from doorward.mail.rendering import render_letter
from doorward.mail.service import Outbox

__all__ = ["Postman", "remove_expired"]

log = logging.getLogger("doorward")

Served = Callable[[str], Awaitable[bool]]
"""Whether an organization may act: a suspended one sends no mail."""

_LOOK_EVERY_S = 1.0
_TURN = 20
_STOP_S = 5.0


class Postman:
    """One task in each process that serves; between them they send every letter once."""

    def __init__(
        self, *, outbox: Outbox, carrier: Carrier, db: Database, is_served: Served
    ) -> None:
        """Hand letters of ``outbox`` to ``carrier``, under a number from ``db``.

        Those of an organization that is not served wait, and are given up after a day.
        """
        self._outbox = outbox
        self._carrier = carrier
        self._db = db
        self._is_served = is_served
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self) -> None:
        """Begin; call it once, inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End after the letter under way.

        One that takes too long is broken off, and tried again when its lease has ended.
        """
        if self._task is None:
            return
        self._ending.set()
        await asyncio.wait([self._task], timeout=_STOP_S)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def take_turn(self) -> int:
        """Try the letters that are due, up to twenty; how many this worker tried."""
        tried = 0
        for org_id, letter_id in await self._outbox.find_due(_TURN):
            if self._ending.is_set():
                break
            worker = self._db.next_id()
            letter = await self._claim(org_id, letter_id, worker)
            if letter is not None:
                await self._deliver(letter, worker)
                tried += 1
        return tried

    async def _claim(self, org_id: str, letter_id: int, worker: int) -> WaitingLetter | None:
        try:
            return await self._outbox.claim(org_id, letter_id, worker)
        except BadLetter as error:
            # A newer process wrote it, while this one is still there: that one sends it.
            log.error("letter %d cannot be read: %s", letter_id, error)  # noqa: TRY400 - expected
            return None

    async def _deliver(self, letter: WaitingLetter, worker: int) -> None:
        if self._outbox.is_too_late(letter):
            await self._outbox.note_refused(letter, worker, "TooLate")
            return
        if not await self._is_served(letter.org_id):
            await self._outbox.note_failed(letter, worker, "NotServed")
            return
        if await self._outbox.hold_back(letter, worker):
            return
        try:
            await self._carrier.carry(render_letter(letter, self._outbox.open_link(letter)))
        except NotCarried as error:
            log.warning("letter %d was not sent: %s", letter.letter_id, error.reason)
            note = self._outbox.note_refused if error.final else self._outbox.note_failed
            await note(letter, worker, error.reason)
        except SealBroken:
            # The link was sealed under a master key that is not set any more, or damaged.
            log.error("letter %d cannot be opened", letter.letter_id)  # noqa: TRY400 - no traceback
            await self._outbox.note_refused(letter, worker, "SealBroken")
        except Exception as error:
            log.exception("letter %d failed", letter.letter_id)
            await self._outbox.note_failed(letter, worker, type(error).__name__)
        else:
            await self._outbox.note_sent(letter, worker)

    async def _run(self) -> None:
        while not self._ending.is_set():
            try:
                busy = await self.take_turn()
            except DatabaseError as error:
                log.warning("mail waits: %s", error)
                busy = 0
            if not busy:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _LOOK_EVERY_S)


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete letters thirty days after they were written; how many rows."""
    return await sweeper.remove((store.EXPIRE,), before=now)
