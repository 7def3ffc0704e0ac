"""Action links: issuing them, finding what they are bound to, and using each once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from doorward.accounts import Account, login_key
from doorward.crypto import Malformed, Random, Secret, ValueKind, digest, mint, parse_value, same
from doorward.db import Clock, Database, Row, Transaction
from doorward.recovery import store
from doorward.recovery.letters import PATHS, Issued
from doorward.recovery.model import (
    CODE_DIGITS,
    LIFETIMES,
    MOST_CODE_TRIES,
    Bound,
    Link,
    LinkGone,
    Purpose,
    TooSoon,
    WrongCode,
    plain_code,
)

__all__ = ["Links", "NewLink", "subject_of"]


@dataclass(frozen=True, slots=True)
class NewLink:
    """What a link is to be. A code for it works in the browser ``browser_id`` alone, if given."""

    org_id: str
    purpose: Purpose
    bound: Bound
    account_id: int | None = None
    browser_id: int | None = None

    @property
    def subject(self) -> str:
        """Whose links of this purpose end each other."""
        if self.account_id is not None:
            return subject_of(self.account_id)
        return f"{self.bound.account_kind} {login_key(self.bound.address)}"


def subject_of(account_id: int) -> str:
    """The ``subject`` of an account's links."""
    return f"account {account_id}"


class Links:
    """The links of every organization. Only digests are kept; the letter has the rest."""

    def __init__(self, *, db: Database, clock: Clock, random: Random, key: Secret[bytes]) -> None:
        """Keep digests in ``db``, dated by ``clock``, of links from ``random``.

        Codes are short: they are kept under ``key``, so that the rows alone do not tell them.
        """
        self._db = db
        self._clock = clock
        self._random = random
        self._key = key

    async def issue(self, tx: Transaction, new: NewLink) -> Issued:
        """A new link, which ends the older ones of its purpose and subject; told only here.

        Ways to undo something stay beside each other: a second change must not take away the way
        back from the first.
        """
        link_id, now = self._db.next_id(), self._clock()
        link = mint(ValueKind.ACTION, link_id, self._random)
        code = self._new_code()
        if new.purpose is not Purpose.UNDO:
            await tx.run(store.END_OPEN, **_whose(new), now=now)
        await tx.run(
            store.INSERT,
            **_whose(new),
            id=link_id,
            digest=digest(link.reveal()),
            account_id=new.account_id,
            browser_id=new.browser_id,
            bound=msgspec.json.encode(new.bound).decode(),
            code_digest=self._code_digest(link_id, code.reveal()),
            code_tries=0,
            created_at=now,
            expires_at=now + LIFETIMES[new.purpose],
            ended_at=None,
            used_at=None,
        )
        return Issued(PATHS[new.purpose], link, code, now + LIFETIMES[new.purpose])

    async def find(self, org_id: str, purpose: Purpose, text: str) -> Link:
        """The open link ``text`` of this purpose. Raises ``LinkGone``."""
        try:
            link_id = parse_value(text, ValueKind.ACTION)
        except Malformed as error:
            raise LinkGone from error
        row = await self._db.one(
            store.FIND, org_id=org_id, id=link_id, purpose=purpose, now=self._clock()
        )
        if row is None or not same(row[0], digest(text)):
            raise LinkGone
        return Link.from_row(row[1:])

    async def find_waiting(self, org_id: str, purpose: Purpose, account_id: int) -> Link | None:
        """The account's open link of this purpose."""
        row = await self._db.one(
            store.FIND_WAITING,
            org_id=org_id,
            purpose=purpose,
            subject=subject_of(account_id),
            now=self._clock(),
        )
        return None if row is None else Link.from_row(row)

    async def find_waiting_here(
        self, org_id: str, purpose: Purpose, browser_id: int
    ) -> Link | None:
        """The open link of this purpose that was asked for last in this browser."""
        row = await self._db.one(
            store.FIND_WAITING_HERE,
            org_id=org_id,
            purpose=purpose,
            browser=browser_id,
            now=self._clock(),
        )
        return None if row is None else Link.from_row(row)

    async def verify_code(self, link: Link, text: str) -> Link:
        """``link``, when ``text`` is its code. Raises ``WrongCode``, also after too many tries."""
        row = await self._count_try(link)
        given = self._code_digest(link.link_id, plain_code(text))
        if row is None or row[0] is None or not same(row[0], given) or link.bound.idle:
            raise WrongCode
        return link

    async def count_try(self, link: Link) -> bool:
        """Whether what belongs to ``link`` may be tried once more; counted before it is."""
        return await self._count_try(link) is not None

    async def _count_try(self, link: Link) -> Row | None:
        return await self._db.write_one(
            store.COUNT_CODE_TRY, **_this(link), now=self._clock(), most=MOST_CODE_TRIES
        )

    def verify_may_resend(self, link: Link) -> Link:
        """``link``, when its letter has had time to arrive. Raises ``TooSoon``."""
        if self._clock() < link.resend_at():
            raise TooSoon
        return link

    async def use(self, tx: Transaction, link: Link) -> None:
        """Use ``link``: one caller, once. Raises ``LinkGone``."""
        won = await tx.one(
            store.USE,
            **_this(link),
            now=self._clock(),
            one_at_a_time=int(link.purpose is not Purpose.UNDO),
        )
        if won is None or link.bound.idle:
            raise LinkGone

    async def end_of(self, tx: Transaction, account: Account, purpose: Purpose) -> int:
        """End the account's open links of this purpose; how many."""
        return await tx.run(
            store.END_OPEN,
            org_id=account.org_id,
            subject=subject_of(account.account_id),
            purpose=purpose,
            now=self._clock(),
        )

    async def end_newer(self, tx: Transaction, link: Link, account: Account) -> int:
        """End what the account was sent for the same purpose after ``link``; how many."""
        return await tx.run(
            store.END_NEWER,
            org_id=link.org_id,
            subject=subject_of(account.account_id),
            purpose=link.purpose,
            id=link.link_id,
            now=self._clock(),
        )

    def _new_code(self) -> Secret[str]:
        # Eight bytes over eight digits: no digit is likelier than another by more than 10^-11.
        number = int.from_bytes(self._random(8), "big") % 10**CODE_DIGITS
        return Secret(f"{number:0{CODE_DIGITS}}")

    def _code_digest(self, link_id: int, code: str) -> bytes:
        return hmac.new(self._key.reveal(), f"{link_id} {code}".encode(), sha256).digest()


def _whose(new: NewLink) -> dict[str, str]:
    return {"org_id": new.org_id, "subject": new.subject, "purpose": new.purpose}


def _this(link: Link) -> dict[str, str | int]:
    return {"org_id": link.org_id, "id": link.link_id, "purpose": link.purpose}
