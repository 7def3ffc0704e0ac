"""Registering, finding, changing and authenticating applications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from doorward.audit import Actor, Event, difference, record
from doorward.brakes import Brake, Brakes, Try
from doorward.clients.authentication import verify_client
from doorward.clients.author import (
    Author,
    By,
    account_of,
    actor_of,
    is_installation,
    is_staff,
    verify_may_edit,
)
from doorward.clients.change import TOLD, ApplicationChange
from doorward.clients.editing import Edit, plan_edit
from doorward.clients.entry import verify_may_register, verify_quota, verify_welcome
from doorward.clients.model import (
    MAX_LIVE_SECRETS,
    Application,
    ApplicationStatus,
    AuthenticatedClient,
    NewApplication,
    StoredSecret,
)
from doorward.clients.moves import Move, Mover, get_locked, verify_likeness
from doorward.clients.records import PendingChange, SecretNotice
from doorward.clients.refusals import (
    ClientIdTaken,
    LastSecret,
    MayNotReview,
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
from doorward.clients.scope_users import find_scope_users
from doorward.clients.secret_uses import SecretUses
from doorward.clients.store import (
    delete_secret,
    delete_secrets,
    find_application,
    find_change,
    insert_application,
    insert_secret,
    list_addresses,
    list_applications,
    list_organizations_of,
    put_change,
    update_application,
)
from doorward.crypto import Random, Secret, ValueKind, digest, mint
from doorward.db import Cache, Clock, Conflict, Database, Memory, Transaction, touch_caches
from doorward.protocol import Parameters, PresentedClient, parse_client_credentials

__all__ = ["Applications"]

T = TypeVar("T")
_MAX_HOMES = 20
"""So many organizations may share a client id and still be found by it alone."""
_KEPT = 6_000
"""Applications in memory, of 1 KB each: one more is one statement away."""
# Inside the class, the name ``list`` is its own method.
_Applications = list[Application]


class Applications:
    """The applications of every organization."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        mover: Mover | None = None,
        secret_uses: SecretUses | None = None,
        brakes: Brakes | None = None,
    ) -> None:
        """Keep them in ``db``, dated by ``clock``, with ids and secrets from ``random``.

        Where a change is a step of a review, ``mover`` takes it; of new secrets it is told.
        ``secret_uses`` is told which secret proved a client. Whoever is not staff registers no
        faster than ``brakes`` let them; quotas are counted there as well.
        """
        self._brakes = brakes
        self._db = db
        self._clock = clock
        self._random = random
        self._mover = mover or Mover(db=db, clock=clock)
        self._secret_uses = secret_uses or SecretUses(db=db, clock=clock)
        self._cache: Cache[tuple[str, str], Application] = Cache(db, self._load, size=_KEPT)
        self._homes: Cache[str, tuple[str, ...]] = Cache(db, self._load_homes)
        self._proved: Memory[bytes, tuple[AuthenticatedClient, StoredSecret]] = Memory(db)
        self._addresses: Cache[str, frozenset[str]] = Cache(db, self._load_addresses, size=1000)

    async def create(self, new: NewApplication, by: By) -> tuple[Application, Secret[str] | None]:
        """Register an application; answers it and its first secret, shown this once.

        A public application has no secret. Whoever is not staff registers drafts of their own,
        where the organization takes them; to register an approved one is to approve it.
        Raises ``BadApplication``, ``BadClientId``, ``ClientIdTaken``, ``MayNotReview``,
        ``OwnApplication``, ``StaffDecide``, ``RegistrationClosed``, ``TooManyApplications``,
        ``Braked``.
        """
        verify_may_register(new, by)
        application, secret = self._born(new, by)
        if self._brakes is not None and isinstance(by, Author) and not is_staff(by):
            one = Try(Brake.REGISTRATION, str(by.account_id))
            await self._brakes.admit(application.org_id, one)

        async def work(tx: Transaction) -> Application:
            if not is_installation(by):
                await verify_welcome(tx, application.org_id, by)
                await verify_quota(tx, application)
                await verify_likeness(tx, application)
            await insert_application(tx, application)
            for each in application.secrets:
                await insert_secret(tx, application.org_id, application.client_id, each)
            event = actor_of(by).did(
                "application.created",
                application.org_id,
                ("application", application.client_id),
                name=application.name,
                status=application.status,
            )
            await record(tx, event, event_id=self._db.next_id(), now=application.created_at)
            return await self._mover.take(tx, None, application, Move(by, "register"))

        try:
            return await self._db.unit(work), secret
        except Conflict as conflict:
            raise ClientIdTaken from conflict

    def _born(self, new: NewApplication, by: By) -> tuple[Application, Secret[str] | None]:
        now = self._clock()
        if new.client_id is None:
            client_id = new_client_id(self._random)
        else:
            client_id = verify_chosen_client_id(new.client_id)
        born = new.born(client_id, now, self._db.next_id())
        application = verify_initial_status(verify_application(born))
        if application.status is ApplicationStatus.SUBMITTED:
            application = replace(application, submitted_at=now, submitted_by=account_of(by))
        if application.is_public:
            return application, None
        stored, secret = self._new_secret(now, None)
        return replace(application, secrets=(stored,)), secret

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
        Each proof counts where the application has a quota; without one it costs no statement.
        Raises ``OAuthError`` (``invalid_client``), the same whatever is wrong, and ``Braked``
        beyond the quota: do nothing of what it asks for then.
        """
        application, now = await self.find(org_id, presented.client_id), self._clock()
        client = verify_client(application, presented, now, any_secret_method=any_secret_method)
        if client.secret_id is not None:
            await self._count(client.application, client.secret_id, now)
        return client

    async def prove(
        self, org_id: str, authorization: str | None, form: Parameters
    ) -> AuthenticatedClient:
        """The client of a request, as ``authenticate`` proves it; also raises ``invalid_request``.

        A header that proved a client is known again, by its digest, until anything changes.
        """
        if authorization is None or form.get("client_secret") is not None:
            return await self.authenticate(org_id, parse_client_credentials(authorization, form))
        sent = digest(f"{org_id} {authorization}")
        known = await self._proved.recall(sent)
        if known is not None:
            client, secret = known
            application, now = client.application, self._clock()
            if form.get("client_id", application.client_id) == application.client_id and (
                secret.is_live(now)
            ):
                await self._count(application, secret.secret_id, now)
                return client
        version = self._proved.version
        presented = parse_client_credentials(authorization, form)
        client = await self.authenticate(org_id, presented)
        secrets = {each.secret_id: each for each in client.application.secrets}
        if client.secret_id in secrets:
            await self._proved.keep(sent, (client, secrets[client.secret_id]), version)
        return client

    async def _count(self, application: Application, secret_id: int, now: int) -> None:
        self._secret_uses.note((application.org_id, application.client_id, secret_id), now)
        quota = application.quota_a_minute
        if quota is not None and self._brakes is not None:
            await self._brakes.spend(application.org_id, application.client_id, quota)

    async def update(
        self, org_id: str, client_id: str, wanted: ApplicationChange, by: By
    ) -> Application:
        """Change what ``wanted`` gives; an application that becomes public loses its secrets.

        What the owner of a live application changes of it waits for a review (``plan_edit``): the
        application that is answered is what is live. Raises ``UnknownApplication``,
        ``BadApplication``, ``StaffDecide``, ``ClosedApplication``, ``MayNotReview``,
        ``OwnApplication``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> Application:
            before = await get_locked(tx, org_id, client_id)
            waiting = await find_change(tx, org_id, client_id)
            edit = plan_edit(before, wanted, waiting, by, now)
            event = actor_of(by).did(
                "application.updated",
                org_id,
                ("application", client_id),
                fields=" ".join(wanted.names()),
                waits=edit.waiting is not waiting,
                **difference(before, edit.after, TOLD),
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)
            return await self._keep(tx, before, edit, waiting, by)

        return await self._db.unit(work)

    async def _keep(
        self,
        tx: Transaction,
        before: Application,
        edit: Edit,
        waiting: PendingChange | None,
        by: By,
    ) -> Application:
        after = edit.after
        if edit.waiting is not None and edit.waiting is not waiting:
            wanted = edit.waiting.change.applied(after, after.updated_at)
            await verify_likeness(tx, wanted)
            await put_change(tx, after.org_id, after.client_id, edit.waiting)
            if before.status is not after.status:
                after = replace(after, queue_id=self._db.next_id())
            return await self._mover.take(tx, before, after, Move(by, "change"))
        if after.name != before.name and not is_installation(by):
            await verify_likeness(tx, after)
        await update_application(tx, after)
        if after.is_public and after.secrets:
            await delete_secrets(tx, after.org_id, after.client_id)
            after = replace(after, secrets=())
        await touch_caches(tx)
        return after

    async def set_status(
        self,
        org_id: str,
        client_id: str,
        status: ApplicationStatus,
        by: Actor,
        reason: str | None = None,
    ) -> Application:
        """Move the application on without a review, for the installation itself: seeds and tools.

        Accounts go through ``Reviews``. Raises ``MayNotReview`` for any other actor,
        ``UnknownApplication``, ``BadTransition``.
        """
        if not is_installation(by):
            raise MayNotReview

        async def work(tx: Transaction) -> Application:
            before = await get_locked(tx, org_id, client_id)
            after = replace(before, status=verify_transition(before.status, status))
            return await self._mover.take(tx, before, after, Move(by, "set_status", reason))

        return await self._db.unit(work)

    async def add_secret(
        self, org_id: str, client_id: str, by: By, expires_at: int | None = None
    ) -> tuple[StoredSecret, Secret[str]]:
        """A second secret beside the first, to switch to; it is shown this once.

        ``expires_at`` is in microseconds. Raises ``UnknownApplication``, ``NoSecrets``,
        ``TooManySecrets``.
        """
        now = self._clock()
        stored, secret = self._new_secret(now, expires_at)

        async def change(tx: Transaction) -> StoredSecret:
            application = await get_locked(tx, org_id, client_id)
            verify_may_edit(by, application)
            if application.is_public:
                raise NoSecrets
            if len(application.live_secrets(now)) >= MAX_LIVE_SECRETS:
                raise TooManySecrets
            await insert_secret(tx, org_id, client_id, stored)
            await self._mover.tell(tx, SecretNotice(application, stored, account_of(by)))
            return stored

        event = actor_of(by).did(
            "secret.created", org_id, ("application", client_id), secret_id=stored.secret_id
        )
        return await self._unit(change, event), secret

    async def revoke_secret(self, org_id: str, client_id: str, secret_id: int, by: By) -> None:
        """Make a secret worthless at once.

        Raises ``UnknownApplication``, ``UnknownSecret``, and ``LastSecret`` for the last live one.
        """
        now = self._clock()

        async def change(tx: Transaction) -> None:
            application = await get_locked(tx, org_id, client_id)
            verify_may_edit(by, application)
            live = [secret.secret_id for secret in application.live_secrets(now)]
            if live == [secret_id]:
                raise LastSecret
            if not await delete_secret(tx, org_id, client_id, secret_id):
                raise UnknownSecret

        event = actor_of(by).did(
            "secret.revoked", org_id, ("application", client_id), secret_id=secret_id
        )
        await self._unit(change, event)

    async def list(self, org_id: str, after: str | None, limit: int) -> _Applications:
        """Up to ``limit`` applications in the order of their client ids, after ``after``."""
        if after is not None and not is_client_id(after):
            return []
        return await list_applications(self._db, org_id, after=after or "", limit=limit)

    async def list_users_of(self, org_id: str, scope: str) -> _Applications:
        """The applications that have ``scope``, or ask for it in a change that waits."""
        found = [
            await self.find(org_id, client_id)
            for client_id in await find_scope_users(self._db, org_id, scope)
        ]
        return [each for each in found if each is not None]

    def _new_secret(self, now: int, expires_at: int | None) -> tuple[StoredSecret, Secret[str]]:
        secret_id = self._db.next_id()
        secret = mint(ValueKind.CLIENT_SECRET, secret_id, self._random)
        text = secret.reveal()
        return StoredSecret(secret_id, digest(text), text[-4:], now, expires_at), secret

    async def _unit(self, change: Callable[[Transaction], Awaitable[T]], event: Event) -> T:
        now = self._clock()

        async def work(tx: Transaction) -> T:
            result = await change(tx)
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)
            return result

        return await self._db.unit(work)

    async def _load(self, key: tuple[str, str]) -> Application | None:
        return await find_application(self._db, *key)

    async def _load_homes(self, client_id: str) -> tuple[str, ...] | None:
        return await list_organizations_of(self._db, client_id, limit=_MAX_HOMES) or None

    async def _load_addresses(self, org_id: str) -> frozenset[str]:
        return await list_addresses(self._db, org_id)
