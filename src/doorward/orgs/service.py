"""Creating, finding, changing and suspending organizations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields, replace

from doorward.audit import Actor, difference, record
from doorward.db import Cache, Clock, Conflict, Database, Reads, Transaction, touch_caches
from doorward.orgs.model import (
    BadHost,
    BadOrgId,
    HostTaken,
    NewOrganization,
    Organization,
    OrganizationChange,
    OrganizationSuspended,
    OrgIdTaken,
    OrgStatus,
    Policy,
    UnknownOrganization,
    parse_host,
    parse_org_id,
)
from doorward.orgs.store import (
    find_host_owner,
    find_organization,
    insert_organization,
    list_organizations,
    lock_organization,
    replace_hosts,
    update_organization,
)

__all__ = ["Founder", "Organizations"]

Founder = Callable[[Transaction, str], Awaitable[None]]
"""Gives a new organization, by its id, what another room owes it, in the unit of its creation."""

_TOLD = (
    "name",
    "default_locale",
    "accent",
    "support_url",
    "privacy_url",
    "terms_url",
    "hosts",
    "dialects",
)
_LIFETIMES = tuple(each.name for each in fields(Policy))

# Inside the class, the name ``list`` is its own method.
_Organizations = list[Organization]


class Organizations:
    """The tenants of this installation."""

    def __init__(self, *, db: Database, clock: Clock, founders: Sequence[Founder] = ()) -> None:
        """Keep them in ``db``, dated by ``clock``; each ``founders`` runs for every new one."""
        self._db = db
        self._clock = clock
        self._founders = tuple(founders)
        self._by_id: Cache[str, Organization] = Cache(db, self._load)
        self._by_host: Cache[str, str] = Cache(db, self._load_owner)

    async def create(self, new: NewOrganization, by: Actor) -> Organization:
        """Create an organization with everything that its founders give it.

        Raises ``BadOrgId``, ``BadOrganization``, ``BadPolicy``, ``BadHost``, ``OrgIdTaken``,
        ``HostTaken``.
        """
        now = self._clock()
        organization = new.born(now)

        async def work(tx: Transaction) -> None:
            await insert_organization(tx, organization)
            for found in self._founders:
                await found(tx, organization.org_id)
            event = by.did(
                "organization.created",
                organization.org_id,
                ("organization", organization.org_id),
                name=organization.name,
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)

        try:
            await self._db.unit(work)
        except Conflict as conflict:
            if await find_organization(self._db, organization.org_id) is not None:
                raise OrgIdTaken from conflict
            raise HostTaken from conflict
        return organization

    async def get(self, org_id: str) -> Organization:
        """The organization that a request is for.

        Raises ``UnknownOrganization``, and ``OrganizationSuspended`` for a suspended one.
        """
        organization = await self._by_id.get(org_id)
        if organization is None:
            raise UnknownOrganization
        if not organization.is_active:
            raise OrganizationSuspended
        return organization

    async def find(self, org_id: str) -> Organization | None:
        """The organization ``org_id`` whatever its status, for operators; None when unknown."""
        return await self._by_id.get(org_id)

    @staticmethod
    async def find_within(reads: Reads, org_id: str) -> Organization | None:
        """The organization ``org_id`` as the unit of work ``reads`` sees it."""
        return await find_organization(reads, org_id)

    async def find_by_host(self, host: str) -> Organization | None:
        """The organization that answers under ``host`` (without port), or None.

        Raises ``OrganizationSuspended`` for a suspended one.
        """
        try:
            org_id = await self._by_host.get(parse_host(host))
        except BadHost:
            return None
        return None if org_id is None else await self.get(org_id)

    async def update(self, org_id: str, change: OrganizationChange, by: Actor) -> Organization:
        """Change what ``change`` gives, suspended or not.

        Raises ``UnknownOrganization``, ``BadOrganization``, ``BadPolicy``, ``BadHost``,
        ``HostTaken``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> Organization:
            before = await _lock(tx, org_id)
            after = change.applied(before, now)
            await update_organization(tx, after)
            if after.hosts != before.hosts:
                await replace_hosts(tx, after)
            event = by.did(
                "organization.updated",
                org_id,
                ("organization", org_id),
                fields=" ".join(change.names()),
                **difference(before, after, _TOLD),
                **difference(before.policy, after.policy, _LIFETIMES),
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)
            return after

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            raise HostTaken from conflict

    async def suspend(self, org_id: str, by: Actor) -> Organization:
        """Stop serving the organization. Raises ``UnknownOrganization``."""
        return await self._set_status(org_id, OrgStatus.SUSPENDED, "organization.suspended", by)

    async def resume(self, org_id: str, by: Actor) -> Organization:
        """Serve the organization again. Raises ``UnknownOrganization``."""
        return await self._set_status(org_id, OrgStatus.ACTIVE, "organization.resumed", by)

    async def list(self, after: str | None, limit: int) -> _Organizations:
        """Up to ``limit`` organizations in the order of their ids, after the id ``after``."""
        return await list_organizations(self._db, after=after or "", limit=limit)

    async def _set_status(
        self, org_id: str, status: OrgStatus, action: str, by: Actor
    ) -> Organization:
        now = self._clock()

        async def work(tx: Transaction) -> Organization:
            before = await _lock(tx, org_id)
            if before.status is status:
                return before
            after = replace(before, status=status, updated_at=now)
            await update_organization(tx, after)
            event = by.did(action, org_id, ("organization", org_id))
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)
            return after

        return await self._db.unit(work)

    async def _load(self, org_id: str) -> Organization | None:
        try:
            return await find_organization(self._db, parse_org_id(org_id))
        except BadOrgId:
            # It comes from an address: nothing odd reaches the database.
            return None

    async def _load_owner(self, host: str) -> str | None:
        return await find_host_owner(self._db, host)


async def _lock(tx: Transaction, org_id: str) -> Organization:
    try:
        organization = await lock_organization(tx, parse_org_id(org_id))
    except BadOrgId as bad:
        raise UnknownOrganization from bad
    if organization is None:
        raise UnknownOrganization
    return organization
