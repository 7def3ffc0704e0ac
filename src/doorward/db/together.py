"""What many callers ask for in the same moment, asked for together. Nothing is remembered.

Who was answered together asks again together, if they are let: a group that leaves at once takes
only those who came while another was away, so that the callers stay split, each half waiting for
the other. So after a group of several the next waits for a few turns of the event loop, in which
the answers are sent and the next questions are read. That is work which has to be done anyway,
and where nothing comes a turn is over in a few microseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, bindparam

from doorward.db.database import Database, Reads
from doorward.db.figures import BATCHES

__all__ = ["SIZES", "TURNS", "Together", "among", "numbers", "rows_together"]

A = TypeVar("A")
B = TypeVar("B")

SIZES: Final = (1, 4, 16, 32)
"""How many rows a statement may ask for: few texts, so that each stays prepared."""
TURNS: Final = 4
"""How many turns of the event loop it takes from an answer to the caller's next question.

Its task goes on and the answer is sent, the next request arrives, its task begins, and asks.
"""


class Together(Generic[A, B]):
    """Does for many callers at once what ``work`` does for several.

    Who asks in the same turn of the event loop goes together; so does who has to wait because
    enough is under way. Everybody's work begins after they asked, so that nobody is answered with
    what was true before: unlike a cache, it needs no invalidation. Of a database that is near
    (SQLite) everybody asks alone: there is no way to share, and units share their commit anyway.
    """

    def __init__(
        self,
        db: Database,
        work: Callable[[Sequence[A]], Awaitable[Sequence[B]]],
        *,
        at_once: int = 2,
    ) -> None:
        """``work`` answers for each of at most 32 in their order, or for none of them.

        ``at_once`` is how many may be under way: more where each waits long, for a disk.
        """
        self._is_shared = db.is_far
        self._work = work
        self._at_once = at_once
        self._waiting: list[tuple[A, asyncio.Future[B]]] = []
        self._under_way = 0
        self._is_leaving = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, one: A) -> B:
        """What ``work`` answers for ``one``. Raises what it raises for that one."""
        if not self._is_shared:
            return (await self._work([one]))[0]
        loop = asyncio.get_running_loop()
        future: asyncio.Future[B] = loop.create_future()
        self._waiting.append((one, future))
        if not self._is_leaving and self._under_way < self._at_once:
            self._is_leaving = True
            loop.call_soon(self._leave)
        return await future

    def _leave(self) -> None:
        self._is_leaving = False
        while self._waiting and self._under_way < self._at_once:
            group, self._waiting = self._waiting[: SIZES[-1]], self._waiting[SIZES[-1] :]
            self._under_way += 1
            task = asyncio.get_running_loop().create_task(self._travel(group))
            # A loop holds its tasks weakly.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _travel(self, group: Sequence[tuple[A, asyncio.Future[B]]]) -> None:
        try:
            # Whoever went away meanwhile is not asked for.
            wanted = [each for each in group if not each[1].done()]
            if wanted:
                BATCHES.observe(len(wanted))
                await self._answer(wanted)
        finally:
            self._under_way -= 1
            if not self._is_leaving:
                self._is_leaving = True
                self._leave_later(TURNS if len(group) > 1 or self._waiting else 0)

    def _leave_later(self, turns: int) -> None:
        if turns and len(self._waiting) < SIZES[-1]:
            asyncio.get_running_loop().call_soon(self._leave_later, turns - 1)
        else:
            self._leave()

    async def _answer(self, group: Sequence[tuple[A, asyncio.Future[B]]]) -> None:
        try:
            answers = await self._work([one for one, _ in group])
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            if len(group) == 1:
                _settle(group[0][1], error)
            else:
                # What one of them asked may be the reason: nobody fails for somebody else.
                for each in group:
                    await self._answer([each])
            return
        for (_, future), answer in zip(group, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _settle(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def rows_together(
    db: Database,
    find: Callable[[Reads, str, Sequence[int]], Awaitable[Mapping[int, B]]],
) -> Together[tuple[str, int], B | None]:
    """Rows by organization and number; ``find`` reads several of one organization."""

    async def work(wanted: Sequence[tuple[str, int]]) -> list[B | None]:
        of_org: dict[str, dict[int, None]] = {}
        for org_id, number in wanted:
            of_org.setdefault(org_id, {})[number] = None
        found = {org_id: await find(db, org_id, list(ids)) for org_id, ids in of_org.items()}
        return [found[org_id].get(number) for org_id, number in wanted]

    return Together(db, work)


def among(column: ColumnElement[int], size: int) -> ColumnElement[bool]:
    """Whether ``column`` is one of the ``size`` numbers that ``numbers`` spells."""
    return column.in_([bindparam(f"among_{n}", type_=BigInteger) for n in range(size)])


def numbers(wanted: Sequence[int]) -> tuple[int, dict[str, int]]:
    """The size of the statement to take, and its parameters: the last number fills it up."""
    size = next(each for each in SIZES if each >= len(wanted))
    filled = [*wanted, *[wanted[-1]] * (size - len(wanted))]
    return size, {f"among_{n}": number for n, number in enumerate(filled)}
