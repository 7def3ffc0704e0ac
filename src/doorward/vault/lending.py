"""What programs get of a connection: its token, or calls made with it. Each is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorward.audit import Actor, Event, record_uses
from doorward.connectors import Connectors
from doorward.db import Clock, Database, Together
from doorward.vault.model import Connection, Held, Reason
from doorward.vault.proxy import ApiCall, ApiReply, Checked, Proxy
from doorward.vault.refresh import Refresher
from doorward.vault.refusals import Blocked, NeedsReconnect

__all__ = ["Lender"]

_COMMITS: Final = 4


class Lender:
    """Lends credentials to whoever was found to be allowed; who that is decides the caller.

    Nothing is lent that is not on record before: whoever reads the log misses no use.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        connectors: Connectors,
        refresher: Refresher,
        proxy: Proxy,
    ) -> None:
        """Take credentials from ``refresher``, and have ``proxy`` make calls."""
        self._db = db
        self._clock = clock
        self._connectors = connectors
        self._refresher = refresher
        self._proxy = proxy
        self._events: Together[Event, None] = Together(db, self._keep, at_once=_COMMITS)

    async def read_token(
        self, org_id: str, connection_id: int, by: Actor, *, min_ttl_s: int = 0
    ) -> Held:
        """The connection with a token that is good for ``min_ttl_s`` more seconds.

        One statement reads, one records, each perhaps for others as well; a connector that is on
        is known from memory. Raises as
        ``Refresher.get_token``, and ``Blocked`` when the connector is switched off.
        """
        held = await self._refresher.get_token(org_id, connection_id, min_ttl_s=min_ttl_s)
        await self._verify_on(held.connection)
        await self._record(by, "connection.token_read", held.connection)
        return held

    async def renew(self, org_id: str, connection_id: int, seen_version: int) -> Held:
        """The connection with a newer token than that of ``seen_version``. Raises the same."""
        return await self._refresher.get_token(org_id, connection_id, seen_version=seen_version)

    async def call(self, row: Connection, call: ApiCall, by: Actor) -> ApiReply:
        """Make ``call`` for the connection. Raises as ``Proxy.call``."""
        await self._record(by, "connection.called", row, method=call.method)
        return await self._proxy.call(*row.key, call)

    async def check(self, org_id: str, connection_id: int) -> Checked:
        """Whether the platform takes the credential now. Raises as ``Refresher.get_token``."""
        return await self._proxy.check(org_id, connection_id)

    async def _verify_on(self, row: Connection) -> bool:
        connector = await self._connectors.find(row.org_id, row.connector)
        if connector is None or not connector.enabled:
            raise Blocked(str(Reason.CONNECTOR_OFF))
        if connector.connector_id != row.connector_id:
            # Somebody took the name again: what was connected was connected to another one.
            raise NeedsReconnect(str(Reason.CREDENTIALS_CHANGED))
        return True

    async def _record(self, by: Actor, action: str, row: Connection, **detail: str) -> None:
        await self._events.do(
            by.did(
                action,
                row.org_id,
                row.target,
                connector=row.connector,
                account=row.account_id,
                **detail,
            )
        )

    async def _keep(self, events: Sequence[Event]) -> list[None]:
        await record_uses(self._db, events, now=self._clock())
        return [None] * len(events)
