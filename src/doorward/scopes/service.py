"""The catalogue, and changes to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias, TypeVar

from doorward.audit import Actor, Event, record
from doorward.db import Cache, Clock, Conflict, Database, Transaction, touch_caches
from doorward.scopes.model import (
    MANAGEMENT_SCOPE,
    STANDARD_SCOPES,
    Api,
    ApiChange,
    Catalogue,
    Scope,
    ScopeChange,
    verify_api,
    verify_scope,
)
from doorward.scopes.refusals import (
    ApiInUse,
    ApiTaken,
    ScopeInUse,
    ScopeTaken,
    StandardScope,
    UnknownApi,
    UnknownScope,
)
from doorward.scopes.store import (
    delete_api,
    delete_scope,
    find_api,
    find_scope,
    insert_api,
    insert_scope,
    is_api_in_use,
    read_catalogue,
    update_api,
    update_scope,
)

__all__ = ["CountUses", "Scopes", "seed_standard"]

T = TypeVar("T")
CountUses: TypeAlias = Callable[[Transaction, str, str], Awaitable[int]]
"""How many applications of an organization use a scope, by its name, as a unit of work sees it."""


async def seed_standard(tx: Transaction, org_id: str) -> None:
    """Give a new organization its first scopes, in the unit that creates it.

    Those of OpenID Connect, and the one that opens the management API.
    """
    for scope in (*STANDARD_SCOPES, MANAGEMENT_SCOPE):
        await insert_scope(tx, replace(scope, org_id=org_id))


class Scopes:
    """The scopes and APIs of every organization."""

    def __init__(self, *, db: Database, clock: Clock, count_uses: CountUses | None = None) -> None:
        """Keep them in ``db``; changes are dated by ``clock``.

        ``count_uses`` is asked, in the unit that deletes a scope, whether it is still in use.
        """
        self._db = db
        self._clock = clock
        self._count_uses = count_uses
        self._catalogues: Cache[str, Catalogue] = Cache(db, self._load)

    async def catalogue(self, org_id: str) -> Catalogue:
        """Every scope and API of ``org_id``, from memory; empty for an unknown organization."""
        catalogue = await self._catalogues.get(org_id)
        return catalogue if catalogue is not None else Catalogue.of((), ())

    async def list_scopes(self, org_id: str) -> list[Scope]:
        """The scopes of ``org_id`` by name."""
        return list((await self.catalogue(org_id)).scopes.values())

    async def list_apis(self, org_id: str) -> list[Api]:
        """The APIs of ``org_id`` by identifier."""
        return list((await self.catalogue(org_id)).apis.values())

    async def create_scope(self, scope: Scope, by: Actor) -> Scope:
        """Offer ``scope``. Raises ``BadScope``, ``ScopeTaken``, ``UnknownApi``."""
        verify_scope(scope)

        async def change(tx: Transaction) -> Scope:
            await _verify_api_of(tx, scope)
            await insert_scope(tx, scope)
            return scope

        event = by.did("scope.created", scope.org_id, ("scope", scope.name))
        try:
            return await self._unit(change, event)
        except Conflict as conflict:
            raise ScopeTaken from conflict

    async def update_scope(self, org_id: str, name: str, wanted: ScopeChange, by: Actor) -> Scope:
        """Change what ``wanted`` gives.

        Raises ``UnknownScope``, ``BadScope``, ``StandardScope``, ``UnknownApi``.
        """

        async def change(tx: Transaction) -> Scope:
            before = await find_scope(tx, org_id, name)
            if before is None:
                raise UnknownScope
            after = wanted.applied(before)
            await _verify_api_of(tx, after)
            await update_scope(tx, after)
            return after

        fields = " ".join(wanted.names())
        return await self._unit(
            change, by.did("scope.updated", org_id, ("scope", name), fields=fields)
        )

    async def delete_scope(self, org_id: str, name: str, by: Actor) -> None:
        """Stop offering the scope, which nobody asks for.

        Raises ``UnknownScope``, ``StandardScope``, ``ScopeInUse``.
        """
        if any(scope.name == name for scope in STANDARD_SCOPES):
            raise StandardScope

        async def change(tx: Transaction) -> None:
            if not await delete_scope(tx, org_id, name):
                raise UnknownScope
            count = 0 if self._count_uses is None else await self._count_uses(tx, org_id, name)
            if count:
                raise ScopeInUse(count)

        await self._unit(change, by.did("scope.deleted", org_id, ("scope", name)))

    async def create_api(self, api: Api, by: Actor) -> Api:
        """Protect ``api``. Raises ``BadApi``, ``ApiTaken``."""
        kept = verify_api(api)

        async def change(tx: Transaction) -> Api:
            await insert_api(tx, kept)
            return kept

        event = by.did("api.created", api.org_id, ("api", api.identifier), name=api.name)
        try:
            return await self._unit(change, event)
        except Conflict as conflict:
            raise ApiTaken from conflict

    async def update_api(self, org_id: str, identifier: str, wanted: ApiChange, by: Actor) -> Api:
        """Change what ``wanted`` gives. Raises ``UnknownApi``, ``BadApi``."""

        async def change(tx: Transaction) -> Api:
            before = await find_api(tx, org_id, identifier)
            if before is None:
                raise UnknownApi
            after = wanted.applied(before)
            await update_api(tx, after)
            return after

        fields = " ".join(wanted.names())
        return await self._unit(
            change, by.did("api.updated", org_id, ("api", identifier), fields=fields)
        )

    async def delete_api(self, org_id: str, identifier: str, by: Actor) -> None:
        """Stop protecting the API. Raises ``UnknownApi``, ``ApiInUse`` while it has scopes."""

        async def change(tx: Transaction) -> None:
            # Its row is locked first: nobody gives it a scope between the question and the end.
            if await find_api(tx, org_id, identifier) is None:
                raise UnknownApi
            if await is_api_in_use(tx, org_id, identifier):
                raise ApiInUse
            await delete_api(tx, org_id, identifier)

        await self._unit(change, by.did("api.deleted", org_id, ("api", identifier)))

    async def _unit(self, change: Callable[[Transaction], Awaitable[T]], event: Event) -> T:
        now = self._clock()

        async def work(tx: Transaction) -> T:
            result = await change(tx)
            await record(tx, event, event_id=self._db.next_id(), now=now)
            await touch_caches(tx)
            return result

        return await self._db.unit(work)

    async def _load(self, org_id: str) -> Catalogue:
        return await read_catalogue(self._db, org_id)


async def _verify_api_of(tx: Transaction, scope: Scope) -> None:
    if scope.api is not None and await find_api(tx, scope.org_id, scope.api) is None:
        raise UnknownApi(field="api")
