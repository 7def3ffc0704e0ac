"""Connections: what connecting brought is kept, found, listed and called by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from doorward.audit import Actor, is_plain_line, record
from doorward.connectors import Party
from doorward.crypto import KeyRing
from doorward.db import SECOND, Clock, Conflict, Database, Transaction
from doorward.vault import store
from doorward.vault.model import (
    MAX_CONNECTIONS,
    Connection,
    ConnectionChange,
    Held,
    Kept,
    NewConnection,
    Reason,
    Status,
    Tokens,
    pack_json,
)
from doorward.vault.notices import note_ended_of, note_mended
from doorward.vault.refusals import (
    BadConnection,
    Disconnected,
    TooManyConnections,
    UnknownConnection,
)
from doorward.vault.sealing import Sealer
from doorward.vault.terms import (
    find_due_at,
    find_keepalive_s,
    find_party_key,
    find_refresh_kind,
    find_skew_s,
    plain_text,
    tokens_of,
)

__all__ = ["MAX_PAGE", "MAX_SETTINGS", "Connections"]

MAX_PAGE: Final = 200
_END: Final = (1 << 63) - 1
_LABEL: Final = 100
_PARTY_ID: Final = 255
MAX_SETTINGS: Final = 65_536
_TRIES: Final = 3
# Inside the class, the name ``list`` is its own method.
_Page = list[Connection]


class Connections:
    """The connections of every organization's accounts.

    It keeps and shows them, and never renews a credential: ``Refresher`` does.
    """

    def __init__(self, *, db: Database, clock: Clock, ring: KeyRing) -> None:
        """Keep connections in ``db``, dated by ``clock``, their secrets sealed by ``ring``."""
        self._db = db
        self._clock = clock
        self._sealer = Sealer(ring)

    async def connect(self, new: NewConnection, by: Actor) -> Kept:
        """Keep what connecting brought, in a unit of its own. Raises as ``keep``."""

        async def work(tx: Transaction) -> Kept:
            return await self.keep(tx, new, by)

        for attempt in range(_TRIES):
            try:
                return await self._db.unit(work)
            except Conflict:
                # The same account of the platform was connected at this moment: renew that one.
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable: the last attempt answers or raises")

    async def keep(self, tx: Transaction, new: NewConnection, by: Actor) -> Kept:
        """The same in the unit ``tx``, with whatever else connecting changes.

        A connection of the same account to the same account of the platform is renewed under its
        number, with its label and settings; so is ``reconnect_of`` unless the platform says that
        it is another account. Raises ``UnknownConnection``, ``TooManyConnections``,
        ``BadConnection``; ``Conflict`` when the same account is being connected at this moment.
        """
        fresh = self._born(new)
        old = await self._find_old(tx, new, fresh)
        if old is None:
            if await store.count_of_account(tx, new.org_id, new.account_id) >= MAX_CONNECTIONS:
                raise TooManyConnections
            kept = self._sealed(fresh, new)
            await store.insert_connection(tx, kept)
        else:
            kept = self._sealed(_in_place_of(old, fresh, new), new)
            await store.replace_connection(tx, kept)
        action = "connection.created" if old is None else "connection.reconnected"
        await self._record(tx, by, action, kept, account=kept.account_id)
        return Kept(kept, is_reconnected=old is not None)

    async def find(self, org_id: str, connection_id: int) -> Connection | None:
        """The connection of that number, disconnected ones included."""
        return await store.find(self._db, org_id, connection_id)

    async def get(
        self, org_id: str, connection_id: int, *, account_id: int | None = None
    ) -> Connection:
        """The connection; with ``account_id``, only that account's own.

        Raises ``UnknownConnection``.
        """
        found = await store.find(self._db, org_id, connection_id)
        if found is None or account_id not in {None, found.account_id}:
            raise UnknownConnection
        return found

    async def list_of_account(
        self, org_id: str, account_id: int, *, before: int | None = None, limit: int = MAX_PAGE
    ) -> _Page:
        """A page of what the account holds, the newest first, older than ``before``."""
        before = _END if before is None else before
        return await store.list_of_account(
            self._db, org_id, account_id, before=before, limit=min(limit, MAX_PAGE)
        )

    async def list(
        self,
        org_id: str,
        *,
        before: int | None = None,
        limit: int = MAX_PAGE,
        connector: str | None = None,
        status: Status | None = None,
        account_id: int | None = None,
    ) -> _Page:
        """A page of the organization's connections, the newest first, older than ``before``."""
        wanted = store.ListWanted(
            before=_END if before is None else before,
            limit=min(limit, MAX_PAGE),
            connector=connector,
            status=status,
            account_id=account_id,
        )
        return await store.list_connections(self._db, org_id, wanted)

    async def count_by_status(self, org_id: str) -> dict[Status, int]:
        """How many of the organization's connections have each status; those that none has are out.

        ``EXPIRING`` is among the active ones: it is no status of a row.
        """
        return await store.count_by_status(self._db, org_id)

    async def change(
        self,
        org_id: str,
        connection_id: int,
        change: ConnectionChange,
        by: Actor,
        *,
        account_id: int | None = None,
    ) -> Connection:
        """Make the whole ``change`` or none of it; with ``account_id``, only to its own.

        Raises ``UnknownConnection``, ``BadConnection``.
        """
        _verify_change(change)
        label, settings = change.label, change.settings

        async def work(tx: Transaction) -> Connection:
            row = await _lock_own(tx, org_id, connection_id, account_id)
            if label is not None:
                row = await store.rename(tx, row, label)
                await self._record(tx, by, "connection.renamed", row)
            if settings is not None:
                row = await store.set_settings(tx, row, settings)
                await self._record(tx, by, "connection.settings_changed", row)
            return row

        return await self._db.unit(work)

    async def set_party(self, row: Connection, party: Party, by: Actor) -> None:
        """Keep what the platform calls the account of ``row`` by now; nothing, if it is gone."""
        name = plain_text(party.account_name or party.organization, _PARTY_ID) or row.party_name
        email = plain_text(party.email, _PARTY_ID) or row.party_email
        if (name, email) == (row.party_name, row.party_email):
            return

        async def work(tx: Transaction) -> None:
            changed = await store.set_party(tx, row, name=name, email=email)
            if changed is not None:
                await self._record(tx, by, "connection.identified", changed)

        await self._db.unit(work)

    def open(self, connection: Connection) -> Held:
        """The connection with its secrets. Raises ``Disconnected``, ``SealBroken``."""
        if connection.sealed is None:
            raise Disconnected
        return Held(connection, self._sealer.open_connection(connection))

    async def count_of_credentials(self, org_id: str, credentials_id: int) -> int:
        """How many connections would have to be connected again if these credentials went."""
        return await store.count_of_credentials(self._db, org_id, credentials_id)

    async def end_of_credentials(
        self, tx: Transaction, org_id: str, credentials_id: int, by: Actor
    ) -> int:
        """In the unit in which these credentials end: their connections must be renewed.

        How many those are.
        """
        now = self._clock()
        how = (Status.NEEDS_RECONNECT, str(Reason.CREDENTIALS_CHANGED))
        ended = await store.block_of_credentials(tx, org_id, credentials_id, *how, now=now)
        await note_ended_of(tx, org_id, credentials_id, now)
        await self._record_each(
            tx, by, "connection.needs_reconnect", org_id, ended, reason="credentials_changed"
        )
        return len(ended)

    async def resume_of_credentials(self, tx: Transaction, org_id: str, credentials_id: int) -> int:
        """In the unit in which a client's secret was mended: blocked connections try again.

        How many those are.
        """
        now = self._clock()
        resumed = await store.resume_of_credentials(tx, org_id, credentials_id, now=now)
        await note_mended(tx, org_id, credentials_id)
        return len(resumed)

    async def _find_old(
        self, tx: Transaction, new: NewConnection, fresh: Connection
    ) -> Connection | None:
        """The connection whose place ``fresh`` takes, locked."""
        if new.reconnect_of is not None:
            meant = await _lock_own(tx, new.org_id, new.reconnect_of, new.account_id)
            if meant.connector != fresh.connector:
                raise UnknownConnection
            if _is_same_party(meant, fresh):
                return meant
        if fresh.party_key is None:
            return None
        return await store.find_by_party(tx, fresh)

    def _born(self, new: NewConnection) -> Connection:
        """The connection as if it were the first, without what is sealed."""
        now, number = self._clock(), self._db.next_id()
        values, tokens = tokens_of(new.plan, new.grant, now)
        grant, plan = new.grant, new.plan
        if len(pack_json(values)) > MAX_SETTINGS:
            raise BadConnection("The platform's answer is too large to be kept.")
        return Connection(
            org_id=new.org_id,
            connection_id=number,
            account_id=new.account_id,
            connector=plan.manifest.slug,
            connector_id=new.connector_id,
            auth_option=plan.option.name,
            environment=new.environment,
            credentials_id=new.credentials_id,
            label=plain_text(new.label, _LABEL),
            party_key=find_party_key(plan, new.party),
            party_id=plain_text(new.party.account_id, _PARTY_ID),
            party_name=plain_text(
                new.party.account_name or new.party.organization or "", _PARTY_ID
            ),
            party_email=plain_text(new.party.email, _PARTY_ID),
            values=values,
            sealed=None,
            token_version=1,
            grant_id=number,
            token_type="Bearer" if grant is None else plain_text(grant.token_type, _LABEL),
            status=Status.ACTIVE,
            reason=None,
            since=now,
            scopes=None if grant is None else _scopes_of(grant.scopes),
            expires_at=tokens.until,
            refresh_expires_at=None if grant is None else grant.refresh_expires_at,
            lifetime_s=_lifetime_of(new, tokens, now),
            refresh_kind=find_refresh_kind(plan, tokens),
            skew_s=find_skew_s(plan),
            keepalive_s=find_keepalive_s(plan),
            next_refresh_at=None,
            retry_at=None,
            failures=0,
            last_used_at=None,
            last_refreshed_at=None,
            lease_owner=None,
            lease_until=None,
            manifest_version=new.manifest_version,
            created_at=now,
            settings={},
        )

    def _sealed(self, row: Connection, new: NewConnection) -> Connection:
        """``row`` with its secrets, bound to its number, and the time of its first renewal."""
        now = self._clock()
        _values, tokens = tokens_of(new.plan, new.grant, now)
        sealed = self._sealer.seal_tokens(
            tokens, row.org_id, row.connection_id, table="connections"
        )
        whole = replace(row, sealed=sealed)
        return replace(whole, next_refresh_at=find_due_at(whole, now))

    async def _record(
        self, tx: Transaction, by: Actor, action: str, row: Connection, **detail: str | int
    ) -> None:
        event = by.did(action, row.org_id, row.target, connector=row.connector, **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())

    async def _record_each(
        self,
        tx: Transaction,
        by: Actor,
        action: str,
        org_id: str,
        numbers: Sequence[int],
        **detail: str,
    ) -> None:
        for number in numbers:
            event = by.did(action, org_id, ("connection", str(number)), **detail)
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _verify_change(change: ConnectionChange) -> bool:
    if change.label and not is_plain_line(change.label, _LABEL):
        raise BadConnection(
            f"A label is one line of at most {_LABEL} visible characters.", field="label"
        )
    if change.settings is not None and len(pack_json(change.settings)) > MAX_SETTINGS:
        raise BadConnection("The settings are too large.", field="settings")
    return True


async def _lock_own(
    tx: Transaction, org_id: str, connection_id: int, account_id: int | None
) -> Connection:
    found = await store.lock(tx, org_id, connection_id)
    if found is None or account_id not in {None, found.account_id}:
        raise UnknownConnection
    return found


def _is_same_party(old: Connection, fresh: Connection) -> bool:
    """Whether nothing says that they are different accounts of the platform."""
    if old.environment != fresh.environment:
        return False
    return None in {old.party_key, fresh.party_key} or old.party_key == fresh.party_key


def _in_place_of(old: Connection, fresh: Connection, new: NewConnection) -> Connection:
    """``fresh`` under the number of ``old``, with what people gave it."""
    return replace(
        fresh,
        connection_id=old.connection_id,
        created_at=old.created_at,
        label=fresh.label if new.label else old.label,
        settings=old.settings,
        token_version=old.token_version + 1,
        last_used_at=old.last_used_at,
        party_key=fresh.party_key or old.party_key,
        party_id=fresh.party_id or old.party_id,
        party_name=fresh.party_name or old.party_name,
        party_email=fresh.party_email or old.party_email,
    )


def _scopes_of(scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if scopes is None:
        return None
    return tuple(each for scope in scopes if (each := plain_text(scope, _PARTY_ID)))


def _lifetime_of(new: NewConnection, tokens: Tokens, now: int) -> int | None:
    if new.grant is not None and new.grant.lifetime_s is not None:
        return max(1, new.grant.lifetime_s)
    return None if tokens.until is None else max(1, (tokens.until - now) // SECOND)
