"""Counting tries before their work is done, so that no two of them see the same number."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, NamedTuple

from doorward.brakes import store
from doorward.brakes.model import MOST_TRIES, Brake, Braked, Rule, Slowed, Try, rules_of
from doorward.crypto import Secret
from doorward.db import SECOND, Clock, Database, Reads, Transaction
from doorward.metrics import Counter, Family, Kind

__all__ = ["TURNED_AWAY", "Brakes"]

_KEY_BYTES = 16
_CALLS = "calls"
_MINUTE = 60 * SECOND
_REMEMBERED = 20_000
_by_key = attrgetter("key")

TURNED_AWAY: Final = Counter(
    Family(
        "doorward_brakes_hit_total",
        Kind.COUNTER,
        "Attempts that were turned away because there had been too many, by the brake.",
        ("brake",),
    ),
    (*Brake, _CALLS),
)


class _Counted(NamedTuple):
    """A try as its row counts it."""

    key: bytes
    rule: Rule
    account_id: int | None
    brake: str


class Brakes:
    """The counters of every organization.

    A subject is kept as a digest under ``pepper``: what somebody typed into the field for a name
    may have been a password, and rows stay equally small whatever is sent.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        pepper: Secret[bytes],
        rules: Mapping[Brake, Rule] | None = None,
    ) -> None:
        """Count in ``db`` by ``clock``, with the limits of ``rules``, or else ours."""
        self._db = db
        self._clock = clock
        self._pepper = pepper
        self._rules = rules_of() if rules is None else rules
        self._closed: OrderedDict[bytes, int] = OrderedDict()

    async def admit(self, org_id: str, *tries: Try) -> None:
        """Count each of ``tries``, before the work that they cost; none when one may not be.

        At most ``MOST_TRIES`` at once. Raises ``Braked``: do nothing of that work then, and
        answer alike whether the subject exists or not.
        """
        await self._count(org_id, [self._counted(org_id, each) for each in tries])

    def is_closed(self, org_id: str, one: Try) -> bool:
        """Whether this process saw the brake close, and it has not opened since.

        For work that costs nothing when it succeeds, and is counted after it failed: it reads
        memory alone, and says no of a brake that closed where this process had no part in it.
        """
        counted = self._counted(org_id, one)
        open_at, now = self._closed.get(counted.key, 0), self._clock()
        return now < open_at <= now + counted.rule.shut

    async def forgive(self, org_id: str, *tries: Try) -> None:
        """These were right: forget every try like them, or at least take them back."""
        counted, now = [self._counted(org_id, each) for each in tries], self._clock()

        async def work(tx: Transaction) -> None:
            for key, rule, *_ in sorted(counted, key=_by_key):
                if rule.clears:
                    await tx.run(store.CLEAR, org_id=org_id, id=key, now=now)
                else:
                    await tx.run(store.TAKE_BACK, org_id=org_id, id=key, most=rule.most)

        await self._db.unit(work)

    async def spend(self, org_id: str, subject: str, a_minute: int) -> None:
        """Count one call of ``subject``, who has ``a_minute`` of them. Raises ``Braked``."""
        counted = _Counted(
            self._key(org_id, _CALLS, subject), Rule(a_minute, _MINUTE), None, _CALLS
        )
        await self._count(org_id, [counted])

    # Whom to tell

    async def find_slowed(self, limit: int) -> list[Slowed]:
        """Up to ``limit`` counters that reached their limit since ``settle`` was last asked."""
        rows = await self._db.all(store.FIND_DUE, now=self._clock(), batch=limit)
        return [Slowed(org_id, bytes(key), account_id) for org_id, key, account_id in rows]

    @staticmethod
    async def settle(tx: Transaction, slowed: Slowed) -> bool:
        """Whether this unit is the one that tells of it."""
        row = await tx.one(store.SETTLE, org_id=slowed.org_id, id=slowed.key)
        return row is not None

    async def _count(self, org_id: str, counted: list[_Counted]) -> None:
        now = self._clock()
        # Who comes while a brake is closed is turned away by one read, without a write.
        await _verify_open(self._db, org_id, counted, now)

        async def work(tx: Transaction) -> list[tuple[bytes, int]]:
            opens = []
            # In one order for everybody: two units that wait for each other would never end.
            for each in sorted(counted, key=_by_key):
                open_at = await _count_one(tx, org_id, each, now)
                if open_at is None:
                    await _verify_open(tx, org_id, [each], now)
                    TURNED_AWAY.add(each.brake)
                    raise Braked(0)
                opens.append((each.key, open_at))
            return opens

        for key, open_at in await self._db.unit(work):
            if open_at > now:
                self._remember(key, open_at)

    def _remember(self, key: bytes, open_at: int) -> None:
        self._closed[key] = open_at
        self._closed.move_to_end(key)
        if len(self._closed) > _REMEMBERED:
            self._closed.popitem(last=False)

    def _counted(self, org_id: str, one: Try) -> _Counted:
        key = self._key(org_id, one.brake, one.subject)
        return _Counted(key, self._rules[one.brake], one.account_id, one.brake)

    def _key(self, org_id: str, brake: str, subject: str) -> bytes:
        about = f"{org_id}\0{brake}\0{subject}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._pepper.reveal(), about, sha256)[:_KEY_BYTES]


async def _count_one(tx: Transaction, org_id: str, counted: _Counted, now: int) -> int | None:
    """When the next try may follow, after the row counted this one; None when it is closed."""
    key, rule, account_id, _ = counted
    count = store.COUNT_IN_WINDOW if rule.is_window else store.COUNT
    is_last = rule.most == 1
    wait = rule.first if is_last else 0
    first_try: dict[str, Any] = {
        "tries": 1,
        "wait": wait,
        "open_at": now + rule.span * rule.is_window + wait if is_last else 0,
        "due_at": now if is_last and rule.tells else None,
        "expires_at": now + wait + rule.span,
    }
    row = await tx.one(
        count,
        org_id=org_id,
        id=key,
        account_id=account_id,
        **first_try,
        now=now,
        most=rule.most,
        first=rule.first,
        longest=rule.longest,
        span=rule.span,
        shut=rule.shut,
        kept=rule.kept,
        tells=int(rule.tells),
    )
    return None if row is None else int(row[0])


async def _verify_open(reads: Reads, org_id: str, counted: list[_Counted], now: int) -> bool:
    """True when every row is open. Raises ``Braked`` for the one that is closed for longest."""
    if not 0 < len(counted) <= MOST_TRIES:
        raise ValueError(f"1 to {MOST_TRIES} tries are counted at once")
    keys = {f"id_{place}": counted[place % len(counted)].key for place in range(MOST_TRIES)}
    by_key = {each.key: each for each in counted}
    wait, brake = 0, ""
    for key, open_at, expires_at in await reads.all(store.FIND, org_id=org_id, **keys):
        found = by_key[bytes(key)]
        rule = found.rule
        is_over = not now < expires_at <= now + rule.kept
        if not is_over and now < open_at <= now + rule.shut:
            wait, brake = max((wait, brake), (open_at - now, found.brake))
    if wait:
        TURNED_AWAY.add(brake)
        raise Braked(wait)
    return True
