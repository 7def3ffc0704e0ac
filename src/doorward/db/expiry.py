"""Rows whose time is over leave in small batches: no lock is held for long, no request waits.

Each batch is found before anything is locked, and deleted as one range of an index in a short
transaction of its own. How many rows that is follows from how long the last ones took.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, Column, Table, bindparam, case, delete, func, select, tuple_

from doorward.db.database import Database
from doorward.db.ids import oldest_id_at
from doorward.db.keeping import Keeper
from doorward.db.pace import Pace
from doorward.db.statements import Statement, statement

__all__ = ["Expiry", "Sweeper", "expires_by_id", "expires_by_time"]

Place: TypeAlias = tuple[Any, ...]

_WINDOW: Final = 4096
"""Rows that one look may pass over."""
_PASSED_OVER: Final = 16_384
"""Where so many rows lie side by side of which none is over, those after them are younger still."""
_AGAIN_S: Final = 3600.0
"""So often a table is looked at from its beginning, for what lives longer than its neighbours."""
_SHARE: Final = 200
"""A walk through everything is not repeated before so many times as long as it took."""
_BELOW: Final[Mapping[type, object]] = {str: "", bytes: b""}
"""What no key of a type is less than; numbers are not negative."""
_before = bindparam("before", type_=BigInteger)
_most = bindparam("most", type_=BigInteger)


@dataclass(frozen=True, slots=True, eq=False)
class Expiry:
    """How the rows of one table leave: in the order of an index, which is read from ``start``."""

    table: str
    look: Statement
    remove: Statement
    start: Place
    walks: bool
    """Whether rows that are not over lie between those that are."""


def expires_by_id(table: Table) -> Expiry:
    """Rows leave in the order of their time-ordered ``id``, once ``expires_at`` has passed.

    For tables that are written so often that an index on ``expires_at`` would cost too much. Rows
    that live longer than their neighbours are passed over, and found when the table is walked
    through as a whole. It works across organizations on purpose: all rows expire in one order.
    """
    key, ends = table.c.id, table.c.expires_at
    since, upto = _bind("since_0", key), _bind("upto_0", key)
    within = (
        select(key, ends)
        .where(key > since, key < bindparam("end", type_=BigInteger))
        .order_by(key)
        .limit(_most)
        .subquery()
    )
    over = func.sum(case((within.c.expires_at < _before, 1), else_=0))
    return Expiry(
        table.name,
        statement(select(func.max(within.c.id), over, func.count()).select_from(within)),
        statement(delete(table).where(key > since, key <= upto, ends < _before)),
        (-1,),
        walks=True,
    )


def expires_by_time(table: Table, *order: Column[Any]) -> Expiry:
    """Rows leave in the order of ``order``, whose first column says until when they are kept.

    An index begins with it; with the others it names one row. Unless they are given, they are
    ``expires_at`` and ``id``.
    """
    keys = order or (table.c.expires_at, table.c.id)
    ends = keys[0]
    since = [_bind(f"since_{n}", key) for n, key in enumerate(keys)]
    upto = [_bind(f"upto_{n}", key) for n, key in enumerate(keys)]
    # The plain comparisons say the same of the first column: they are what planners understand.
    after = (ends >= since[0], ends < _before, tuple_(*keys) > tuple_(*since))
    return Expiry(
        table.name,
        statement(select(*keys).where(*after).order_by(*keys).limit(_most)),
        statement(delete(table).where(*after, ends <= upto[0], tuple_(*keys) <= tuple_(*upto))),
        tuple(_BELOW.get(key.type.python_type, -1) for key in keys),
        walks=False,
    )


def _bind(name: str, key: Column[Any]) -> Any:
    return bindparam(name, type_=key.type)


@dataclass(slots=True)
class _Course:
    """How far one table was cleared, and how quickly that goes."""

    place: Place
    pace: Pace = field(default_factory=Pace)
    looked_s: float = 0.0
    """How long looking took since it was begun at the beginning."""
    whole_at: float = 0.0
    """When it is time to begin at the beginning again."""


class Sweeper:
    """Deletes what is over, a little at a time, and remembers how far it came.

    What is forgotten when its process ends is only where to look first.
    """

    def __init__(
        self,
        db: Database,
        *,
        keeper: Keeper | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Sweep ``db``, as long as ``keeper`` says that this is for this process to do."""
        self.db = db
        self._keeper = keeper
        self._timer = timer
        self._courses: dict[Expiry, _Course] = {}

    async def remove(self, expiries: Iterable[Expiry], *, before: int) -> int:
        """Delete every row of these whose time ended before ``before``; how many rows."""
        return sum([await self._clear(each, before) for each in expiries])

    async def may_go_on(self) -> bool:
        """Whether it is still this process that sweeps."""
        return self._keeper is None or await self._keeper.hold()

    async def _clear(self, expiry: Expiry, before: int) -> int:
        course = self._courses.setdefault(expiry, _Course(expiry.start))
        began = self._timer()
        is_whole = began >= course.whole_at
        if is_whole or (not expiry.walks and course.place[0] >= before):
            course.place, course.looked_s = expiry.start, 0.0
        if expiry.walks:
            gone, ended = await self._walk(expiry, course, before, is_whole=is_whole)
        else:
            gone, ended = await self._follow(expiry, course, before)
        if is_whole and ended:
            course.whole_at = began + max(_AGAIN_S, course.looked_s * _SHARE)
        return gone

    async def _follow(self, expiry: Expiry, course: _Course, before: int) -> tuple[int, bool]:
        """Delete along an index in which whatever is over lies side by side."""
        gone = 0
        while await self.may_go_on():
            size = course.pace.size
            page = await self.db.scan(
                expiry.look, **_named("since", course.place), before=before, most=size
            )
            if page:
                gone += await self._delete(expiry, course, page[-1], before)
            if len(page) < size:
                return gone, True
            await course.pace.rest()
        return gone, False

    async def _walk(
        self, expiry: Expiry, course: _Course, before: int, *, is_whole: bool
    ) -> tuple[int, bool]:
        """Delete along the identifiers, passing over what lives longer.

        Unless it ``is_whole``, a walk ends where nothing has been over for a while.
        """
        gone = passed_over = 0
        place, window = course.place, course.pace.size
        end = oldest_id_at(before)
        while await self.may_go_on():
            began = self._timer()
            seen = await self.db.scan(
                expiry.look, **_named("since", place), before=before, end=end, most=window
            )
            looked_s = self._timer() - began
            course.looked_s += looked_s
            last, over, passed = seen[0]
            if passed and over > course.pace.size:
                # Looked at again, in parts that one batch can hold.
                window = course.pace.size
                continue
            if passed and over:
                course.place, passed_over = place, 0
                gone += await self._delete(expiry, course, (last,), before)
            else:
                passed_over += passed
            if passed < window or (passed_over >= _PASSED_OVER and not is_whole):
                return gone, True
            place = (last,)
            window = min(window * 2, _WINDOW) if over * 2 < course.pace.size else window
            await course.pace.rest(looked_s)
        return gone, False

    async def _delete(self, expiry: Expiry, course: _Course, upto: Place, before: int) -> int:
        """Delete what is over from where the course is up to ``upto``, and go there."""
        params = {**_named("since", course.place), **_named("upto", upto), "before": before}
        gone = await course.pace.run(self.db, lambda tx: tx.run(expiry.remove, **params))
        course.place = upto
        return gone


def _named(name: str, place: Place) -> dict[str, Any]:
    return {f"{name}_{n}": value for n, value in enumerate(place)}
