"""Registering, finding, changing and authenticating applications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from doorward.audit import Actor, Event, record
from doorward.clients.authentication import verify_client
from doorward.clients.change import ApplicationChange
from doorward.clients.model import (
    MAX_LIVE_SECRETS,
    Application,
    ApplicationStatus,
    AuthenticatedClient,
    NewApplication,
    StoredSecret,
)
from doorward.clients.refusals import (
    ClientIdTaken,
    LastSecret,
    NoSecrets,
    TooManySecrets,
    UnknownApplication,
    UnknownSecret,
)
from doorward.clients.registration import (
    is_client_id,
    new_client_id,
    verify_application,
    verify_chosen_client_id,
    verify_initial_status,
)
from doorward.clients.review import verify_transition
from doorward.clients.store import (
    delete_application,
    delete_secret,
    delete_secrets,
    find_application,
    insert_application,
    insert_secret,
    list_addresses,
    list_applications,
    list_organizations_of,
    lock_application,
    update_application,
)
from doorward.crypto import Random, Secret, ValueKind, digest, mint
from doorward.db import Cache, Clock, Conflict, Database, Transaction, touch_caches
from doorward.protocol import PresentedClient

__all__ = ["Applications"]

T = TypeVar("T")
_MAX_HOMES = 20
"""So many organizations may share a client id and still be found by it alone."""
# Inside the class, the name ``list`` is its own method.
_Applications = list[Application]


class Applications:
    """The applications of every organization."""

    def __init__(self, *, db: Database, clock: Clock, random: Random) -> None:
        """Keep them in ``db``, dated by ``clock``, with ids and secrets from ``random``."""
        self._db = db
        self._clock = clock
        self._random = random
        self._cache: Cache[tuple[str, str], Application] = Cache(db, self._load)
        self._homes: Cache[str, tuple[str, ...]] = Cache(db, self._load_homes)
        self._addresses: Cache[str, frozenset[str]] = Cache(db, self._load_addresses, size=1000)

    async def create(
        self, new: NewApplication, by: Actor
    ) -> tuple[Application, Secret[str] | None]:
        """Register an application; answers it and its first secret, shown this once.

        A public application has no secret. Raises ``BadApplication``, ``BadClientId``,
        ``ClientIdTaken``.
        """
        now = self._clock()
        if new.client_id is None:
            client_id = new_client_id(self._random)
        else:
            client_id = verify_chosen_client_id(new.client_id)
        application = verify_initial_status(
            verify_application(new.born(client_id, now, self._db.next_id()))
        )
        secret = None
        if not application.is_public:
            stored, secret = self._new_secret(now, None)
            application = replace(application, secrets=(stored,))

        async def change(tx: Transaction) -> Application:
            await insert_application(tx, application)
            for each in application.secrets:
                await insert_secret(tx, application.org_id, client_id, each)
            return application

        event = by.did(
            "application.created",
            application.org_id,
            ("application", client_id),
            name=application.name,
            status=application.status,
        )
        try:
            return await self._unit(change, lambda _: event), secret
        except Conflict as conflict:
            raise ClientIdTaken from conflict

    async def get(self, org_id: str, client_id: str) -> Application:
        """The application, from memory, whatever its status. Raises ``UnknownApplication``."""
        application = await self.find(org_id, client_id)
        if application is None:
            raise UnknownApplication
        return application

    async def find(self, org_id: str, client_id: str) -> Application | None:
        """The application, from memory, whatever its status; None when unknown."""
        if not is_client_id(client_id):
            return None
        return await self._cache.get((org_id, client_id))

    async def find_organizations(self, client_id: str) -> tuple[str, ...]:
        """The organizations with an application ``client_id``, from memory: mostly one."""
        if not is_client_id(client_id):
            return ()
        return await self._homes.get(client_id) or ()

    async def list_return_addresses(self, org_id: str) -> frozenset[str]:
        """Every address that a live application of ``org_id`` registered, from memory."""
        return await self._addresses.get(org_id) or frozenset()

    async def authenticate(
        self, org_id: str, presented: PresentedClient, *, any_secret_method: bool = False
    ) -> AuthenticatedClient:
        """The client, when it proves to be a live application of ``org_id``.

        ``any_secret_method``: see ``verify_client``.
        Raises ``OAuthError`` (``invalid_client``), the same whatever is wrong.
        """
        application = await self.find(org_id, presented.client_id)
        return verify_client(
            application, presented, self._clock(), any_secret_method=any_secret_method
        )

    async def update(
        self, org_id: str, client_id: str, wanted: ApplicationChange, by: Actor
    ) -> Application:
        """Change what ``wanted`` gives; an application that becomes public loses its secrets.

        Raises ``UnknownApplication``, ``BadApplication``.
        """
        now = self._clock()

        async def change(tx: Transaction) -> Application:
            before = await _lock(tx, org_id, client_id)
            after = verify_application(wanted.applied(before, now))
            await update_application(tx, after)
            if after.is_public and after.secrets:
                await delete_secrets(tx, org_id, client_id)
                after = replace(after, secrets=())
            return after

        event = by.did(
            "application.updated",
            org_id,
            ("application", client_id),
            fields=" ".join(wanted.names()),
        )
        return await self._unit(change, lambda _: event)

    async def set_status(
        self,
        org_id: str,
        client_id: str,
        status: ApplicationStatus,
        by: Actor,
        reason: str | None = None,
    ) -> Application:
        """Move the application on in its review; ``reason`` is kept in the record.

        Raises ``UnknownApplication``, ``BadTransition``.
        """
        now = self._clock()
        was: list[str] = []

        async def change(tx: Transaction) -> Application:
            before = await _lock(tx, org_id, client_id)
            was[:] = [before.status]
            after = replace(before, status=verify_transition(before.status, status), updated_at=now)
            await update_application(tx, after)
            return after

        def event(after: Application) -> Event:
            detail = {} if reason is None else {"reason": reason}
            target = ("application", client_id)
            detail |= {"was": was[0], "is": str(after.status)}
            return by.did("application.status_changed", org_id, target, **detail)

        return await self._unit(change, event)

    async def delete(self, org_id: str, client_id: str, by: Actor) -> None:
        """Remove the application and its secrets. Raises ``UnknownApplication``."""

        async def change(tx: Transaction) -> Application:
            application = await _lock(tx, org_id, client_id)
            await delete_application(tx, org_id, client_id)
            return application

        await self._unit(
            change,
            lambda gone: by.did(
                "application.deleted", org_id, ("application", client_id), name=gone.name
            ),
        )

    async def add_secret(
        self, org_id: str, client_id: str, by: Actor, expires_at: int | None = None
    ) -> tuple[StoredSecret, Secret[str]]:
        """A second secret beside the first, to switch to; it is shown this once.

        ``expires_at`` is in microseconds. Raises ``UnknownApplication``, ``NoSecrets``,
        ``TooManySecrets``.
        """
        now = self._clock()
        stored, secret = self._new_secret(now, expires_at)

        async def change(tx: Transaction) -> StoredSecret:
            application = await _lock(tx, org_id, client_id)
            if application.is_public:
                raise NoSecrets
            if len(application.live_secrets(now)) >= MAX_LIVE_SECRETS:
                raise TooManySecrets
            await insert_secret(tx, org_id, client_id, stored)
            return stored

        event = by.did(
            "secret.created", org_id, ("application", client_id), secret_id=stored.secret_id
        )
        return await self._unit(change, lambda _: event), secret

    async def revoke_secret(self, org_id: str, client_id: str, secret_id: int, by: Actor) -> None:
        """Make a secret worthless at once.

        Raises ``UnknownApplication``, ``UnknownSecret``, and ``LastSecret`` for the last live one.
        """
        now = self._clock()

        async def change(tx: Transaction) -> None:
            application = await _lock(tx, org_id, client_id)
            live = [secret.secret_id for secret in application.live_secrets(now)]
            if live == [secret_id]:
                raise LastSecret
            if not await delete_secret(tx, org_id, client_id, secret_id):
                raise UnknownSecret

        event = by.did("secret.revoked", org_id, ("application", client_id), secret_id=secret_id)
        await self._unit(change, lambda _: event)

    async def list(self, org_id: str, after: str | None, limit: int) -> _Applications:
        """Up to ``limit`` applications in the order of their client ids, after ``after``."""
        if after is not None and not is_client_id(after):
            return []
        return await list_applications(self._db, org_id, after=after or "", limit=limit)

    def _new_secret(self, now: int, expires_at: int | None) -> tuple[StoredSecret, Secret[str]]:
        secret_id = self._db.next_id()
        secret = mint(ValueKind.CLIENT_SECRET, secret_id, self._random)
        text = secret.reveal()
        return StoredSecret(secret_id, digest(text), text[-4:], now, expires_at), secret

    async def _unit(
        self, change: Callable[[Transaction], Awaitable[T]], event: Callable[[T], Event]
    ) -> T:
        now = self._clock()

        async def work(tx: Transaction) -> T:
            result = await change(tx)
            await record(tx, event(result), event_id=self._db.next_id(), now=now)
            await touch_caches(tx)
            return result

        return await self._db.unit(work)

    async def _load(self, key: tuple[str, str]) -> Application | None:
        return await find_application(self._db, *key)

    async def _load_homes(self, client_id: str) -> tuple[str, ...] | None:
        return await list_organizations_of(self._db, client_id, limit=_MAX_HOMES) or None

    async def _load_addresses(self, org_id: str) -> frozenset[str]:
        return await list_addresses(self._db, org_id)


async def _lock(tx: Transaction, org_id: str, client_id: str) -> Application:
    found = await lock_application(tx, org_id, client_id) if is_client_id(client_id) else None
    if found is None:
        raise UnknownApplication
    return found
