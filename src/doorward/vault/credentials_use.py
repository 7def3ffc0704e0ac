"""Tenant credentials while they are used: whose turn it is, and what a success proves."""

from __future__ import annotations

from dataclasses import replace

from doorward.audit import SYSTEM, Actor, record
from doorward.connectors import Connector, Manifest
from doorward.crypto import KeyRing
from doorward.db import Clock, Database, Transaction
from doorward.vault.connections import Connections
from doorward.vault.credentials_changes import ends_sessions
from doorward.vault.credentials_model import CredentialsState, TenantCredentials
from doorward.vault.credentials_records import event_of, lock_active
from doorward.vault.credentials_refusals import CredentialsEnded, CredentialsOvertaken
from doorward.vault.credentials_rules import Checked, find_client_option
from doorward.vault.credentials_secrets import SecretBox, has_settled, settled
from doorward.vault.store import credentials as store

__all__ = ["CredentialsInUse"]


class CredentialsInUse:
    """What happens to a version because somebody connected, or a token was renewed, by it."""

    def __init__(
        self, *, db: Database, clock: Clock, ring: KeyRing, connections: Connections
    ) -> None:
        """Keep what is learnt in ``db``; the secrets are sealed by ``ring``."""
        self._db = db
        self._clock = clock
        self._box = SecretBox(ring)
        self._connections = connections

    async def hold(
        self,
        tx: Transaction,
        connector: Connector,
        used: tuple[TenantCredentials, int],
        account_id: int,
        by: Actor,
    ) -> TenantCredentials:
        """In the unit of a connection that was made with ``used``: a version, and which secret.

        Nobody changes the version until the unit ends. One that is pending becomes active here,
        by its submitter's first success. Raises ``CredentialsEnded`` when it may no longer be
        used, ``CredentialsOvertaken`` when somebody else's became active since it was submitted,
        and ``Conflict`` when that happens at this moment.
        """
        before, secret_used = used
        row = await store.lock_credentials(tx, before.org_id, before.credentials_id)
        now = self._clock()
        if row is None or not row.is_usable_by(account_id, now):
            raise CredentialsEnded
        if row.connector_id != connector.connector_id or row.connector != connector.slug:
            raise CredentialsEnded
        if row.state is CredentialsState.PENDING:
            row = await self._activate(tx, connector.manifest, row, by)
        return await self._settle(tx, row, secret_used, by)

    async def worked(self, org_id: str, credentials_id: int, secret_used: int) -> None:
        """Learn from a renewal: once the newest secret has worked, those before it go."""
        seen = await store.find_credentials(self._db, org_id, credentials_id)
        if seen is None or self._is_settled(seen):
            return

        async def work(tx: Transaction) -> None:
            row = await store.lock_credentials(tx, org_id, credentials_id)
            # Another secret may have been put in front since the renewal began.
            if row is not None and row.sealed == seen.sealed:
                await self._settle(tx, row, secret_used, SYSTEM)

        await self._db.unit(work)

    async def give_up(self, org_id: str, credentials_id: int, by: Actor) -> None:
        """End a submission that was overtaken, so that its submitter uses what everybody does."""

        async def work(tx: Transaction) -> None:
            row = await store.lock_credentials(tx, org_id, credentials_id)
            if row is not None and row.state is CredentialsState.PENDING:
                over = replace(
                    row,
                    state=CredentialsState.SUPERSEDED,
                    expires_at=None,
                    ended_at=self._clock(),
                )
                await store.replace_credentials(tx, over)
                await self._record(tx, by, "superseded", over)

        await self._db.unit(work)

    async def _activate(
        self, tx: Transaction, manifest: Manifest, row: TenantCredentials, by: Actor
    ) -> TenantCredentials:
        active = await lock_active(tx, row.slot)
        if (None if active is None else active.credentials_id) != row.replaces:
            raise CredentialsOvertaken
        now = self._clock()
        if active is not None:
            await self._step_down(tx, manifest, (active, row), by)
        risen = replace(row, state=CredentialsState.ACTIVE, expires_at=None, activated_at=now)
        await store.replace_credentials(tx, risen)
        await self._record(tx, by, "active", risen)
        return risen

    async def _step_down(
        self,
        tx: Transaction,
        manifest: Manifest,
        change: tuple[TenantCredentials, TenantCredentials],
        by: Actor,
    ) -> None:
        """Let the active version make room; its connections end unless it is the same client."""
        old, new = change
        gone = replace(old, state=CredentialsState.SUPERSEDED, ended_at=self._clock())
        await store.replace_credentials(tx, gone)
        ended = 0
        if ends_sessions(find_client_option(manifest), old, _as_checked(new)):
            ended = await self._connections.end_of_credentials(
                tx, old.org_id, old.credentials_id, by
            )
        else:
            await store.repin_connections(tx, old.org_id, old.credentials_id, new.credentials_id)
            await self._connections.resume_of_credentials(tx, old.org_id, new.credentials_id)
        await self._record(tx, by, "superseded", gone, successor=new.credentials_id, ended=ended)

    async def _settle(
        self, tx: Transaction, row: TenantCredentials, secret_used: int, by: Actor
    ) -> TenantCredentials:
        if self._is_settled(row):
            return row
        before = self._box.open(row)
        if before.client and not 0 <= secret_used < len(before.client):
            # The secret that worked is gone since: nothing is known of those that are there.
            return row
        after = settled(before, secret_used)
        proved = replace(
            row,
            sealed=self._box.seal(after, row.org_id, row.credentials_id),
            verified_at=row.verified_at or self._clock(),
        )
        await store.replace_credentials(tx, proved)
        if len(after.client) < len(before.client):
            await self._record(
                tx,
                by,
                "secret_settled",
                proved,
                dropped=self._box.fingerprint(before.client[-1].value),
            )
        return proved

    def _is_settled(self, row: TenantCredentials) -> bool:
        return row.verified_at is not None and has_settled(self._box.open(row))

    async def _record(
        self, tx: Transaction, by: Actor, verb: str, row: TenantCredentials, **detail: str | int
    ) -> None:
        event = event_of(by, verb, row, **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _as_checked(row: TenantCredentials) -> Checked:
    return Checked(
        client_id=row.client_id,
        redirect_uri=row.redirect_uri,
        extra=row.extra,
        label=row.label,
        client_secret=None,
        private_key=None,
        secret_values={},
    )
