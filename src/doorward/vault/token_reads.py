"""Reading a credential for somebody: allowed by a permission, and always on the record."""

from __future__ import annotations

from doorward.audit import Actor, record
from doorward.db import Clock, Database, Transaction
from doorward.vault.model import Held
from doorward.vault.refresh import Refresher

__all__ = ["TokenReads"]


class TokenReads:
    """Hands out credentials to people and programs, and records each time to whom."""

    def __init__(self, *, db: Database, clock: Clock, refresher: Refresher) -> None:
        """Record in ``db`` what ``refresher`` hands out."""
        self._db = db
        self._clock = clock
        self._refresher = refresher

    async def read(self, org_id: str, connection_id: int, by: Actor, *, min_ttl_s: int = 0) -> Held:
        """The connection with a good token. It is recorded before it is answered.

        Raises what ``Refresher.get_token`` does.
        """
        held = await self._refresher.get_token(org_id, connection_id, min_ttl_s=min_ttl_s)
        row = held.connection

        async def work(tx: Transaction) -> None:
            event = by.did(
                "connection.token_read",
                org_id,
                row.target,
                connector=row.connector,
                account=row.account_id,
                version=row.token_version,
            )
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)
        return held
