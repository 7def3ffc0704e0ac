"""Connectors of organizations: those of the catalogue that are on, and those they registered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from doorward.audit import record
from doorward.connectors.author import (
    By,
    ConnectorAuthor,
    account_of,
    actor_of,
    is_keeper,
    verify_keeper,
    verify_may_change,
)
from doorward.connectors.entries import catalogue_entries
from doorward.connectors.limits import SLUG
from doorward.connectors.manifests import parse_manifest
from doorward.connectors.model import Manifest
from doorward.connectors.plugin_loading import Plugin
from doorward.connectors.refusals import (
    BadManifest,
    ConnectorDisabled,
    Fault,
    RegistrationOfConnectorsClosed,
    SlugTaken,
    StaleConnector,
    TooManyConnectors,
    UnknownConnector,
)
from doorward.connectors.registered import Connector
from doorward.connectors.store import (
    count_owned,
    count_registered,
    delete_connector,
    find_row,
    insert_connector,
    list_rows,
    lock_registration,
    lock_row,
    update_connector,
)
from doorward.db import Cache, Clock, Conflict, Database, Row, Transaction, touch_caches
from doorward.orgs import Registration

__all__ = ["MAX_OF_ACCOUNT", "MAX_OF_ORGANIZATION", "Connectors", "Written"]

T = TypeVar("T")
Written: TypeAlias = bytes | str | Mapping[str, object]
"""A manifest as somebody wrote it."""

MAX_OF_ACCOUNT = 20
MAX_OF_ORGANIZATION = 200

_NO_PLUGINS: Mapping[str, Plugin] = MappingProxyType({})
_SLUG = re.compile(SLUG.removesuffix("$") + r"\Z")


class Connectors:
    """The connectors of every organization.

    A change by an owner who does not keep connectors switches the connector off: what the staff
    looked at is not what would be there afterwards.
    """

    def __init__(
        self, *, db: Database, clock: Clock, plugins: Mapping[str, Plugin] = _NO_PLUGINS
    ) -> None:
        """Keep them in ``db``; changes are dated by ``clock``. ``plugins`` are by their slugs."""
        self._plugins = plugins
        self._db = db
        self._clock = clock
        # Manifests may be large: fewer are kept than clients or scopes.
        self._kept: Cache[tuple[str, str], Connector] = Cache(db, self._load, size=1_000)

    def catalogue(self) -> tuple[Manifest, ...]:
        """Every manifest that comes with Doorward, by slug."""
        return tuple(catalogue_entries().values())

    def entries_for(self, org_id: str) -> tuple[Connector, ...]:
        """The catalogue and the plugins as ``org_id`` has them before it switches one on."""
        slugs = sorted({*catalogue_entries(), *self._plugins})
        found = (self._entry(org_id, slug, enabled=False) for slug in slugs)
        return tuple(each for each in found if each is not None)

    async def find(self, org_id: str, slug: str) -> Connector | None:
        """The connector ``slug``, whether it is on or not, from memory where possible."""
        return await self._kept.get((org_id, slug)) if _SLUG.match(slug) else None

    async def get(self, org_id: str, slug: str) -> Connector:
        """The same. Raises ``UnknownConnector``."""
        found = await self.find(org_id, slug)
        if found is None:
            raise UnknownConnector
        return found

    async def get_enabled(self, org_id: str, slug: str) -> Connector:
        """The connector, which is on. Raises ``UnknownConnector``, ``ConnectorDisabled``."""
        found = await self.get(org_id, slug)
        if not found.enabled:
            raise ConnectorDisabled
        return found

    async def list_for(self, org_id: str, *, enabled_only: bool = False) -> list[Connector]:
        """What was registered, and what was ever switched on of the catalogue, by slug.

        What nobody switched on is in ``catalogue`` alone.
        """
        found = (self._connector_of(row) for row in await list_rows(self._db, org_id))
        return [each for each in found if each is not None and each.enabled >= enabled_only]

    async def register(self, org_id: str, written: Written, by: By) -> Connector:
        """Keep a new manifest, switched off. Its owner is the account that asks.

        Raises ``BadManifest``, ``SlugTaken``, ``TooManyConnectors``,
        ``RegistrationOfConnectorsClosed``.
        """
        manifest = await _parsed(written)
        if manifest.slug in catalogue_entries() or manifest.slug in self._plugins:
            raise SlugTaken
        now = self._clock()
        connector = Connector(
            org_id=org_id,
            slug=manifest.slug,
            connector_id=self._db.next_id(),
            manifest=manifest,
            origin="registered",
            version=1,
            owner_account_id=account_of(by),
            created_at=now,
            changed_at=now,
        )

        async def change(tx: Transaction) -> Connector:
            await _verify_welcome(tx, org_id, by)
            await insert_connector(tx, connector)
            return connector

        try:
            return await self._unit("connector.registered", org_id, manifest.slug, by, change)
        except Conflict as conflict:
            raise SlugTaken from conflict

    async def change(
        self, org_id: str, slug: str, written: Written, by: By, *, version: int
    ) -> Connector:
        """Replace the manifest of a registered connector, of which ``version`` was looked at.

        Raises ``BadManifest``, ``UnknownConnector``, ``StaleConnector``.
        """
        manifest = await _parsed(written)
        if manifest.slug != slug:
            raise BadManifest((Fault("slug", "The slug of a connector never changes."),))

        async def change(tx: Transaction) -> Connector:
            before = await _get_registered(tx, org_id, slug)
            verify_may_change(by, before.owner_account_id)
            if before.version != version:
                raise StaleConnector
            after = replace(
                before,
                manifest=manifest,
                version=version + 1,
                enabled=before.enabled and is_keeper(by),
                changed_at=self._clock(),
            )
            await update_connector(tx, after)
            return after

        return await self._unit("connector.changed", org_id, slug, by, change)

    async def remove(self, org_id: str, slug: str, by: By) -> None:
        """Remove a registered connector. Raises ``UnknownConnector``."""

        async def change(tx: Transaction) -> Connector:
            before = await _get_registered(tx, org_id, slug)
            verify_may_change(by, before.owner_account_id)
            await delete_connector(tx, org_id, slug)
            return before

        await self._unit("connector.removed", org_id, slug, by, change)

    async def enable(
        self, org_id: str, slug: str, by: By, *, version: int | None = None
    ) -> Connector:
        """Let people connect by it: a registered one in the ``version`` that was looked at.

        Raises ``UnknownConnector``, ``StaleConnector``, ``MayNotKeepConnector``.
        """
        return await self._switch(org_id, slug, by, enabled=True, version=version)

    async def disable(self, org_id: str, slug: str, by: By) -> Connector:
        """Let nobody connect by it any more. Raises ``UnknownConnector``, ``MayNotKeepConnector``.

        What is connected already is the vault's.
        """
        return await self._switch(org_id, slug, by, enabled=False, version=None)

    async def _switch(
        self, org_id: str, slug: str, by: By, *, enabled: bool, version: int | None
    ) -> Connector:
        verify_keeper(by)

        async def change(tx: Transaction) -> Connector:
            # One at a time: two that switch on the same entry would insert it twice.
            await lock_registration(tx, org_id)
            row = await lock_row(tx, org_id, slug) if _SLUG.match(slug) else None
            before = (
                self._connector_of(row)
                if row is not None
                else self._entry(org_id, slug, enabled=False)
            )
            if before is None:
                raise UnknownConnector
            if enabled and before.origin == "registered" and before.version != version:
                raise StaleConnector
            after = replace(before, enabled=enabled, changed_at=self._clock())
            if row is None:
                await insert_connector(tx, replace(after, created_at=after.changed_at))
            else:
                await update_connector(tx, after)
            return after

        action = "connector.enabled" if enabled else "connector.disabled"
        return await self._unit(action, org_id, slug, by, change)

    async def _unit(
        self,
        action: str,
        org_id: str,
        slug: str,
        by: By,
        change: Callable[[Transaction], Awaitable[Connector]],
    ) -> Connector:
        now = self._clock()

        async def work(tx: Transaction) -> Connector:
            result = await change(tx)
            event = actor_of(by).did(
                action,
                org_id,
                ("connector", slug),
                name=result.manifest.name,
                version=result.version,
                enabled=int(result.enabled),
            )
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)
            return result

        return await self._db.unit(work)

    async def _load(self, key: tuple[str, str]) -> Connector | None:
        org_id, slug = key
        row = await find_row(self._db, org_id, slug)
        if row is not None:
            return self._connector_of(row)
        return self._entry(org_id, slug, enabled=False)

    def _connector_of(self, row: Row) -> Connector | None:
        """The connector of a row; None where no file and no plugin is behind it any more."""
        if row[4] == "registered":
            return Connector.from_row(row)
        found = self._entry(row[0], row[1], enabled=bool(row[6]))
        # Who switched on the one did not switch on the other, which has the same slug by chance.
        return found if found is not None and found.origin == row[4] else None

    def _entry(self, org_id: str, slug: str, *, enabled: bool) -> Connector | None:
        """What the catalogue or a plugin has under this slug."""
        plugin, manifest = self._plugins.get(slug), catalogue_entries().get(slug)
        if plugin is not None:
            return Connector.of_catalogue(org_id, plugin.manifest, enabled=enabled, origin="plugin")
        return Connector.of_catalogue(org_id, manifest, enabled=enabled) if manifest else None


async def _parsed(written: Written) -> Manifest:
    """The manifest, parsed beside the loop: a large one takes a while."""
    return await asyncio.to_thread(parse_manifest, written)


async def _verify_welcome(tx: Transaction, org_id: str, by: By) -> bool:
    """True when the organization takes one more connector, from ``by``."""
    policy = await lock_registration(tx, org_id)
    if not is_keeper(by):
        welcomed = (
            policy is not None
            and isinstance(by, ConnectorAuthor)
            and Registration.from_json(policy).welcomes(by.kind)
        )
        if not welcomed:
            raise RegistrationOfConnectorsClosed
    owner = account_of(by)
    if owner is not None and await count_owned(tx, org_id, owner) >= MAX_OF_ACCOUNT:
        raise TooManyConnectors
    if await count_registered(tx, org_id) >= MAX_OF_ORGANIZATION:
        raise TooManyConnectors
    return True


async def _get_registered(tx: Transaction, org_id: str, slug: str) -> Connector:
    row = await lock_row(tx, org_id, slug) if _SLUG.match(slug) else None
    if row is None or row[4] != "registered":
        raise UnknownConnector
    return Connector.from_row(row)
