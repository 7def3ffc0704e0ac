"""The outbox: letters are written in the unit of the change that causes them, and claimed later."""

from __future__ import annotations

from doorward.audit import SYSTEM, record
from doorward.crypto import KeyRing
from doorward.db import SECOND, Clock, Database, Transaction
from doorward.mail import store
from doorward.mail.model import (
    GIVE_UP_AFTER,
    KEPT,
    Letter,
    LetterState,
    Opened,
    WaitingLetter,
    about_link,
    back_off,
    pack_words,
)

__all__ = ["LEASE", "MOST_AN_HOUR", "Outbox"]

LEASE = 300 * SECOND
"""How long a worker that went away holds a letter: then another one tries it."""

MOST_AN_HOUR = 20
"""How many letters of an organization reach one address within an hour; the others wait."""

_HOUR = 3600 * SECOND
_DAY = 24 * _HOUR


class Outbox:
    """The letters of every organization.

    A letter is sent exactly when its change was committed. Workers claim it by a lease, so that
    it is sent once however many there are. A process that dies after the mail server took the
    letter and before that was kept leaves it to be sent again, under the same Message-ID: twice
    is possible then, never is not.
    """

    def __init__(self, *, db: Database, clock: Clock, ring: KeyRing, is_on: bool) -> None:
        """Keep letters in ``db``, dated by ``clock``, their links sealed by ``ring``.

        Where no mail is configured it is not on, and keeps nothing.
        """
        self._db = db
        self._clock = clock
        self._ring = ring
        self.is_on = is_on

    async def count_waiting(self, most: int) -> int:
        """How many letters of all organizations wait, or ``most`` where there are more."""
        row = await self._db.one(store.COUNT_WAITING, most=most)
        return 0 if row is None else int(row[0])

    async def enqueue(self, tx: Transaction, letter: Letter) -> bool:
        """Write ``letter`` in the unit ``tx`` of the change that causes it; False if mail is off.

        Call it in the same unit as the change and its audit event, and await nothing else there.
        """
        if not self.is_on:
            return False
        letter_id, now = self._db.next_id(), self._clock()
        sealed = None
        opened = Opened(
            None if letter.link is None else letter.link.reveal(),
            None if letter.code is None else letter.code.reveal(),
        )
        if opened != Opened():
            about = about_link(letter.org_id, letter_id)
            sealed = self._ring.seal(opened.sealed_text(), about=about)
        await tx.run(
            store.INSERT,
            org_id=letter.org_id,
            id=letter_id,
            template=letter.template,
            recipient=letter.recipient.address,
            locale=letter.recipient.locale,
            words=pack_words(letter),
            sealed_link=sealed,
            state=LetterState.WAITING,
            tries=0,
            last_error=None,
            created_at=now,
            next_at=now,
            claimed_by=None,
            sent_at=None,
            expires_at=now + KEPT,
        )
        return True

    async def count_of_day(self, tx: Transaction, letter: Letter) -> int:
        """How many letters like ``letter`` were written to its address within a day.

        For letters that a stranger can cause: beyond a few, nobody wants another.
        """
        row = await tx.one(
            store.COUNT_WRITTEN,
            org_id=letter.org_id,
            recipient=letter.recipient.address,
            about=letter.template,
            since=self._clock() - _DAY,
        )
        return 0 if row is None else int(row[0])

    async def count_troubled(self, org_id: str) -> int:
        """How many letters of ``org_id`` could not be sent so far, and are still tried."""
        row = await self._db.one(store.COUNT_TROUBLED, org_id=org_id)
        return 0 if row is None else int(row[0])

    # Workers

    async def find_due(self, limit: int) -> list[tuple[str, int]]:
        """Up to ``limit`` letters to be tried now, the longest due first."""
        rows = await self._db.all(store.FIND_DUE, now=self._clock(), batch=limit)
        return [(org_id, letter_id) for org_id, letter_id in rows]

    async def claim(self, org_id: str, letter_id: int, worker: int) -> WaitingLetter | None:
        """The letter, for ``worker`` alone until the lease ends; None when it is not to be had.

        Raises ``BadLetter``: nobody tries it before the lease ends.
        """
        now = self._clock()
        row = await self._db.write_one(
            store.CLAIM, org_id=org_id, letter_id=letter_id, me=worker, now=now, next=now + LEASE
        )
        return None if row is None else WaitingLetter.from_row(row)

    async def hold_back(self, letter: WaitingLetter, worker: int) -> bool:
        """Whether its address had enough letters for now: then it waits, and no try is counted.

        Workers count at the same time, so a few more may pass.
        """
        now = self._clock()
        row = await self._db.one(
            store.COUNT_RECENT,
            org_id=letter.org_id,
            recipient=letter.address,
            since=now - _HOUR,
        )
        if row is None or row[0] < MOST_AN_HOUR:
            return False
        await self._wait(letter, worker, letter.tries - 1, row[1] + _HOUR, "TooManyAtOnce")
        return True

    def open_link(self, letter: WaitingLetter) -> Opened:
        """Where its action leads, and the code that can be typed. Raises ``SealBroken``."""
        if letter.sealed_link is None:
            return Opened()
        about = about_link(letter.org_id, letter.letter_id)
        return Opened.from_text(self._ring.open(letter.sealed_link, about=about))

    def is_too_late(self, letter: WaitingLetter) -> bool:
        """Whether its link has ended, so that nobody has anything from it."""
        ends = letter.words.expires_at
        return ends is not None and ends <= self._clock()

    async def note_sent(self, letter: WaitingLetter, worker: int) -> bool:
        """Keep that it was sent, and forget what it said; False when another has it by now."""
        return await self._finish(letter, worker, LetterState.SENT, None)

    async def note_refused(self, letter: WaitingLetter, worker: int, reason: str) -> bool:
        """Keep that it can never be sent, for ``reason``, and record it."""
        return await self._finish(letter, worker, LetterState.REFUSED, reason)

    async def note_failed(self, letter: WaitingLetter, worker: int, reason: str) -> bool:
        """Try again later, or give up after a day and record it; whether it was given up."""
        now, last = self._clock(), letter.created_at + GIVE_UP_AFTER
        if now >= last:
            return await self._finish(letter, worker, LetterState.GIVEN_UP, reason)
        later = min(now + back_off(letter.tries), last)
        await self._wait(letter, worker, letter.tries, later, reason)
        return False

    async def _wait(
        self, letter: WaitingLetter, worker: int, tries: int, until: int, reason: str
    ) -> None:
        await self._db.run(
            store.PUT_OFF,
            org_id=letter.org_id,
            letter_id=letter.letter_id,
            me=worker,
            tried=tries,
            next=until,
            error=reason,
        )

    async def _finish(
        self, letter: WaitingLetter, worker: int, state: LetterState, reason: str | None
    ) -> bool:
        now = self._clock()

        async def work(tx: Transaction) -> bool:
            ended = await tx.one(
                store.FINISH,
                org_id=letter.org_id,
                letter_id=letter.letter_id,
                me=worker,
                became=state,
                error=reason,
                sent=now if state is LetterState.SENT else None,
            )
            if ended is None or reason is None:
                return ended is not None
            event = SYSTEM.did(
                f"mail.{state}",
                letter.org_id,
                ("letter", str(letter.letter_id)),
                template=str(letter.template),
                reason=reason,
                tries=letter.tries,
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)
            return True

        return await self._db.unit(work)
