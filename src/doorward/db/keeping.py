"""Which of many processes keeps house: one holds a lease on it, and another takes over."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from sqlalchemy import BigInteger, bindparam, or_, update

from doorward.db.clock import SECOND
from doorward.db.database import Database
from doorward.db.errors import DatabaseError
from doorward.db.ids import NODES
from doorward.db.installation import installation
from doorward.db.statements import statement

__all__ = ["Keeper"]

_LEASE: Final = 90 * SECOND
_LET_GO_S: Final = 2.0
_RENEWED: Final = 60 * SECOND
"""What is left of the lease when it is taken anew."""

_c = installation.c
_me = bindparam("me", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)
_HOLD = statement(
    update(installation)
    .where(_c.one == 1, or_(_c.keeper == _me, _c.kept_until.is_(None), _c.kept_until <= _now))
    .values(keeper=_me, kept_until=bindparam("until", type_=BigInteger))
)
_LET_GO = statement(
    update(installation).where(_c.one == 1, _c.keeper == _me).values(keeper=None, kept_until=None)
)


class Keeper:
    """This process, as one that may keep house.

    Two may do so for a moment, when one was held up for longer than its lease: whatever is done
    under it must bear that.
    """

    def __init__(self, db: Database) -> None:
        """Stand for the process that opened ``db``: by its number, as identifiers carry it."""
        self._db = db
        self._me = db.next_id() % NODES
        self._until = 0

    async def hold(self) -> bool:
        """Whether this process keeps house; takes the lease when it is nobody's."""
        now = self._db.clock()
        if self._until - now > _RENEWED:
            return True
        until = now + _LEASE
        held = await self._db.run(_HOLD, me=self._me, now=now, until=until) == 1
        self._until = until if held else 0
        return held

    async def let_go(self) -> None:
        """Leave it to another process at once."""
        if self._until:
            self._until = 0
            # A database that does not answer keeps no process from ending: the lease ends anyway.
            with suppress(DatabaseError, TimeoutError):
                async with asyncio.timeout(_LET_GO_S):
                    await self._db.run(_LET_GO, me=self._me)
