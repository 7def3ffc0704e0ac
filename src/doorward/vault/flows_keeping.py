"""What a successful connect leaves behind, all of it in one unit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from doorward.audit import Actor
from doorward.connectors import Connector
from doorward.db import Conflict, Database, Transaction
from doorward.vault.connections import Connections
from doorward.vault.credentials_model import TenantCredentials
from doorward.vault.credentials_refusals import CredentialsOvertaken
from doorward.vault.credentials_rules import is_row_id
from doorward.vault.credentials_use import CredentialsInUse
from doorward.vault.model import Kept, NewConnection
from doorward.vault.refusals import UnknownConnection

__all__ = ["Also", "Keeper"]

_TRIES: Final = 4
Also = Callable[[Transaction], Awaitable[None]]
"""What else happens in the unit in which a connection is kept."""


class Keeper:
    """Keeps a connection together with what its success proves about the credentials."""

    def __init__(self, *, db: Database, connections: Connections, in_use: CredentialsInUse) -> None:
        """Keep in ``db``."""
        self._db = db
        self._connections = connections
        self._in_use = in_use

    async def verify_own(
        self, org_id: str, account_id: int, connector: Connector, reconnect_of: int | None
    ) -> bool:
        """True when what is to be renewed, if anything, is this account's, with this connector.

        Raises ``UnknownConnection``.
        """
        if reconnect_of is None:
            return True
        if not is_row_id(reconnect_of):
            raise UnknownConnection
        found = await self._connections.get(org_id, reconnect_of, account_id=account_id)
        if found.connector != connector.slug:
            raise UnknownConnection
        return True

    async def keep(
        self,
        new: NewConnection,
        connector: Connector,
        credentials: TenantCredentials | None,
        by: Actor,
        also: Also | None = None,
    ) -> Kept:
        """Keep ``new``, made with ``credentials`` (None: the connector's own client).

        ``also`` is done in the same unit, in which a pending version becomes active too. Raises
        ``CredentialsEnded`` when they were changed meanwhile, ``CredentialsOvertaken`` when
        somebody else's came first (the submission is over then), and what ``Connections.keep``
        raises.
        """
        used = 0 if new.grant is None else new.grant.secret_used

        async def work(tx: Transaction) -> Kept:
            pinned = new
            if credentials is not None:
                held = await self._in_use.hold(
                    tx, connector, (credentials, used), new.account_id, by
                )
                pinned = replace(new, credentials_id=held.credentials_id)
            if also is not None:
                await also(tx)
            return await self._connections.keep(tx, pinned, by)

        try:
            return await self._persist(work)
        except CredentialsOvertaken:
            if credentials is not None:
                await self._in_use.give_up(credentials.org_id, credentials.credentials_id, by)
            raise

    async def _persist(self, work: Callable[[Transaction], Awaitable[Kept]]) -> Kept:
        """Run ``work``, again where another unit took the same place at the same moment."""
        for attempt in range(_TRIES):
            try:
                return await self._db.unit(work)
            except Conflict:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable: the last attempt answers or raises")
