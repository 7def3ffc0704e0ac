"""Tenant credentials: submitted, proved by a first connection, used by everybody, replaced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from doorward.audit import record
from doorward.connectors import By, Connector, ConnectorAuthor
from doorward.crypto import KeyRing, Secret
from doorward.db import Clock, Database, Transaction
from doorward.vault.connections import Connections
from doorward.vault.credentials_authors import actor_of, keeps_connectors
from doorward.vault.credentials_changes import ends_sessions, merge_change
from doorward.vault.credentials_model import (
    PENDING_FOR,
    Affected,
    Changed,
    CredentialsChange,
    CredentialsState,
    SecretHint,
    Secrets,
    Submission,
    Submitters,
    TenantCredentials,
)
from doorward.vault.credentials_records import born, event_of, lock_active
from doorward.vault.credentials_refusals import (
    BadCredentials,
    CredentialsEnded,
    MayNotSubmit,
    UnknownCredentials,
)
from doorward.vault.credentials_rules import (
    Checked,
    Place,
    Terms,
    find_client_option,
    is_row_id,
    verify_chosen,
    verify_complete,
    verify_secret,
    verify_submission,
)
from doorward.vault.credentials_secrets import (
    SecretBox,
    first_secrets,
    merged_secrets,
    with_newest,
)
from doorward.vault.store import credentials as store

__all__ = ["Credentials", "Opened"]

_END: Final = (1 << 63) - 1
# Inside the class, the name ``list`` is its own method.
_Versions = list[TenantCredentials]


@dataclass(frozen=True, slots=True)
class Opened:
    """A version with its secrets in the open: never shown, never logged."""

    credentials: TenantCredentials
    secrets: Secrets


class Credentials:
    """The credentials that organizations registered with platforms themselves.

    Secrets are written and used; nothing here answers one to whoever asks.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        ring: KeyRing,
        connections: Connections,
        allowed: frozenset[str] = frozenset(),
    ) -> None:
        """Keep them in ``db``, sealed by ``ring``.

        ``connections`` end with their version; ``allowed`` are private targets (``host:port``)
        that this installation may send requests to.
        """
        self._db = db
        self._clock = clock
        self._box = SecretBox(ring)
        self._connections = connections
        self._allowed = allowed

    # Reading

    async def get(self, org_id: str, credentials_id: int) -> TenantCredentials:
        """The version of that number, in whatever state. Raises ``UnknownCredentials``."""
        found = await self.find(org_id, credentials_id)
        if found is None:
            raise UnknownCredentials
        return found

    async def find(self, org_id: str, credentials_id: int) -> TenantCredentials | None:
        """The version of that number, in whatever state."""
        if not is_row_id(credentials_id):
            return None
        return await store.find_credentials(self._db, org_id, credentials_id)

    async def find_usable(
        self, place: Place, credentials_id: int, account_id: int
    ) -> TenantCredentials:
        """The version of that number, which this account may connect with now.

        Raises ``CredentialsEnded``.
        """
        found = await self.find(place.org_id, credentials_id)
        if found is None or found.slot != place.slot:
            raise CredentialsEnded
        if not found.is_usable_by(account_id, self._clock()):
            raise CredentialsEnded
        return found

    async def find_active(self, place: Place) -> TenantCredentials | None:
        """The version that everybody in the organization uses."""
        return await store.find_active(self._db, place.slot)

    async def find_pending(self, place: Place, account_id: int) -> TenantCredentials | None:
        """What this account submitted and has not proved yet, while it waits."""
        found = await store.find_pending(self._db, place.slot, account_id)
        return found if found and found.is_usable_by(account_id, self._clock()) else None

    async def list(
        self, connector: Connector, *, before: int | None = None, limit: int = 50
    ) -> _Versions:
        """A page of versions in any state and environment, the newest first."""
        before = _END if before is None else before
        whose = (connector.org_id, connector.slug, connector.connector_id)
        return await store.list_credentials(self._db, whose, before=before, limit=limit)

    def hints(self, credentials: TenantCredentials) -> tuple[SecretHint, ...]:
        """What staff may know of its client secrets. Raises ``SealBroken``."""
        return self._box.hints(credentials)

    def open(self, credentials: TenantCredentials) -> Opened:
        """The version with its secrets, for whoever speaks with the platform by it."""
        return Opened(credentials, self._box.open(credentials))

    async def affected(self, place: Place) -> Affected:
        """Whom an edit of the active version would have connect again: shown before it is done."""
        active = await self.find_active(place)
        if active is None:
            return Affected(0, 0)
        return await store.count_affected(self._db, place.org_id, active.credentials_id)

    async def find_submitters(self, org_id: str) -> Submitters:
        """Who may supply credentials where there are none."""
        return await store.find_submitters(self._db, org_id)

    async def may_submit(self, place: Place, by: ConnectorAuthor) -> bool:
        """Whether the form for credentials is for this account to see."""
        if keeps_connectors(by):
            return True
        submitters = await self.find_submitters(place.org_id)
        return submitters is Submitters.FIRST_USER and await self.find_active(place) is None

    # Submitting

    async def set_submitters(self, org_id: str, submitters: Submitters, by: By) -> None:
        """Decide who may supply credentials. Raises ``MayNotSubmit``."""
        _verify_keeps(by)

        async def work(tx: Transaction) -> None:
            await store.set_submitters(tx, org_id, submitters)
            event = actor_of(by).did(
                "connect_policy.changed", org_id, ("organization", org_id), submitters=submitters
            )
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)

    async def submit(
        self, place: Place, given: Submission, by: ConnectorAuthor
    ) -> TenantCredentials:
        """Keep a submission for 24 hours, for its submitter to prove by connecting.

        It takes the place of an earlier one of the same account, and changes nothing for anybody
        else. Raises ``MayNotSubmit``, ``NotForCredentials``, ``NoSuchEnvironment``,
        ``BadCredentials`` and ``BadVariable``.
        """
        if not await self.may_submit(place, by):
            raise MayNotSubmit
        verify_chosen(place)
        checked = verify_submission(place.manifest, given, self.terms(place, by))
        now, number = self._clock(), self._db.next_id()
        secrets = first_secrets(checked, now)
        verify_complete(place.manifest, find_client_option(place.manifest), secrets)

        async def work(tx: Transaction) -> TenantCredentials:
            active = await store.find_active(tx, place.slot)
            if active is not None and not keeps_connectors(by):
                raise MayNotSubmit
            new = replace(
                born(place, checked, number, now),
                sealed=self._box.seal(secrets, place.org_id, number),
                submitted_by=by.account_id,
                replaces=None if active is None else active.credentials_id,
                expires_at=now + PENDING_FOR,
            )
            await store.keep_pending(tx, new)
            await self._record(tx, by, "pending", new, secret=self._mark_of(checked))
            return new

        return await self._db.unit(work)

    async def withdraw(self, place: Place, by: ConnectorAuthor) -> bool:
        """Forget what this account submitted and has not proved; whether there was anything."""

        async def work(tx: Transaction) -> bool:
            waiting = await store.find_pending(tx, place.slot, by.account_id)
            if waiting is None:
                return False
            await store.drop_pending(tx, place.slot, by.account_id)
            await self._record(tx, by, "withdrawn", waiting)
            return True

        return await self._db.unit(work)

    # Changing what is active

    async def change(self, place: Place, change: CredentialsChange, by: By) -> Changed:
        """Edit the active version.

        Another client, host, redirect URI or fewer scopes make a new version at once, and end the
        connections of the old one in the same unit; anything else changes it where it stands.
        Raises ``MayNotSubmit``, ``UnknownCredentials``, ``SecretNeeded``, ``BadCredentials``.
        """
        _verify_keeps(by)
        option = find_client_option(place.manifest)
        number = self._db.next_id()

        async def work(tx: Transaction) -> Changed:
            active = await self._lock_active(tx, place)
            wanted, moves = merge_change(place.manifest, active, change)
            kept = Secrets() if moves else self._box.open(active)
            checked = verify_submission(
                place.manifest, wanted, self.terms(place, by), frozenset(kept.variables)
            )
            secrets = merged_secrets(kept, checked, self._clock())
            verify_complete(place.manifest, option, secrets)
            if ends_sessions(option, active, checked):
                return await self._supersede(tx, place, active, (checked, secrets, number), by)
            same = replace(
                active,
                label=checked.label,
                extra=checked.extra,
                sealed=self._box.seal(secrets, active.org_id, active.credentials_id),
            )
            await store.replace_credentials(tx, same)
            await self._record(tx, by, "changed", same, secret=self._mark_of(checked))
            if checked.client_secret or checked.private_key or checked.secret_values:
                await self._resume(tx, same)
            return Changed(same, ended=0)

        return await self._db.unit(work)

    async def rotate(self, place: Place, secret: Secret[str], by: By) -> TenantCredentials:
        """Put ``secret`` before the one in use, which stays until the new one has worked.

        Nobody has to connect again. Raises ``MayNotSubmit``, ``UnknownCredentials``,
        ``BadCredentials``.
        """
        _verify_keeps(by)
        new = verify_secret(secret)

        async def work(tx: Transaction) -> TenantCredentials:
            active = await self._lock_active(tx, place)
            secrets = self._box.open(active)
            if not secrets.client:
                raise BadCredentials("This client has no secret.", field="client_secret")
            both = with_newest(secrets, new, self._clock())
            after = replace(
                active, sealed=self._box.seal(both, active.org_id, active.credentials_id)
            )
            await store.replace_credentials(tx, after)
            await self._record(
                tx,
                by,
                "rotated",
                after,
                before=self._box.fingerprint(secrets.client[0].value),
                secret=self._box.fingerprint(new),
            )
            await self._resume(tx, after)
            return after

        return await self._db.unit(work)

    async def revoke(self, place: Place, by: By) -> int:
        """Delete the active version, its secrets and the caller's own submission.

        Nobody connects by it any more. How many connections ended. Raises ``MayNotSubmit``,
        ``UnknownCredentials``.
        """
        _verify_keeps(by)

        async def work(tx: Transaction) -> int:
            active = await self._lock_active(tx, place)
            gone = replace(
                active, state=CredentialsState.REVOKED, sealed=None, ended_at=self._clock()
            )
            await store.replace_credentials(tx, gone)
            if isinstance(by, ConnectorAuthor):
                await store.drop_pending(tx, place.slot, by.account_id)
            ended = await self._connections.end_of_credentials(
                tx, gone.org_id, gone.credentials_id, actor_of(by)
            )
            await self._record(tx, by, "revoked", gone, ended=ended)
            return ended

        return await self._db.unit(work)

    def terms(self, place: Place, by: By) -> Terms:
        """What is allowed to ``by`` in this place."""
        return Terms(place.issuers, may_manage=keeps_connectors(by), allowed=self._allowed)

    def _mark_of(self, checked: Checked) -> str:
        return self._box.fingerprint(checked.client_secret or checked.private_key)

    async def _lock_active(self, tx: Transaction, place: Place) -> TenantCredentials:
        active = await lock_active(tx, place.slot)
        if active is None:
            raise UnknownCredentials
        return active

    async def _supersede(
        self,
        tx: Transaction,
        place: Place,
        active: TenantCredentials,
        new: tuple[Checked, Secrets, int],
        by: By,
    ) -> Changed:
        checked, secrets, number = new
        now = self._clock()
        # First the old one leaves its place: at most one version is active at any moment.
        old = replace(active, state=CredentialsState.SUPERSEDED, ended_at=now)
        await store.replace_credentials(tx, old)
        successor = replace(
            born(place, checked, number, now),
            state=CredentialsState.ACTIVE,
            sealed=self._box.seal(secrets, place.org_id, number),
            submitted_by=by.account_id if isinstance(by, ConnectorAuthor) else active.submitted_by,
            replaces=active.credentials_id,
            activated_at=now,
        )
        await store.insert_credentials(tx, successor)
        ended = await self._connections.end_of_credentials(
            tx, old.org_id, old.credentials_id, actor_of(by)
        )
        await self._record(tx, by, "superseded", old, successor=number, ended=ended)
        await self._record(tx, by, "active", successor, secret=self._mark_of(checked))
        return Changed(successor, ended)

    async def _resume(self, tx: Transaction, credentials: TenantCredentials) -> None:
        """What the platform refused because of the secret is tried again."""
        await self._connections.resume_of_credentials(
            tx, credentials.org_id, credentials.credentials_id
        )

    async def _record(
        self, tx: Transaction, by: By, verb: str, row: TenantCredentials, **detail: str | int
    ) -> None:
        event = event_of(actor_of(by), verb, row, **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


def _verify_keeps(by: By) -> bool:
    if not keeps_connectors(by):
        raise MayNotSubmit
    return True
