"""Connecting by a form: what was typed is proved at the platform before anything of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from doorward.brakes import Brake, Brakes, Try
from doorward.connectors import (
    AuthOption,
    Choice,
    Connector,
    ConnectorAuthor,
    ConnectorDisabled,
    Grant,
    Party,
    Plan,
    UpstreamFailure,
    Variable,
    Verified,
)
from doorward.crypto import Secret
from doorward.db import Transaction
from doorward.vault.credentials_authors import keeps_connectors
from doorward.vault.credentials_plans import PlatformAccess, Prepared
from doorward.vault.credentials_refusals import AskAdmin
from doorward.vault.credentials_rules import Place
from doorward.vault.flows_keeping import Keeper
from doorward.vault.forms_managed import verified
from doorward.vault.forms_model import (
    Field,
    Filled,
    ManagedState,
    NotConnected,
    Stored,
    UnknownOption,
    cause_of,
)
from doorward.vault.forms_rules import (
    FORM_TYPES,
    asked_of,
    fields_of,
    find_option,
    is_managed,
    managed_state,
)
from doorward.vault.model import ORGANIZATION, Kept, NewConnection
from doorward.vault.pasting import clean

__all__ = ["FormConnected", "KeyForms", "Typed"]

_WITHOUT_TOKENS = frozenset({"api_key", "basic"})


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the form of ``place``'s connector."""

    place: Place
    values: Mapping[str, str] = field(repr=False)
    option: str = ""
    label: str = ""
    reconnect_of: int | None = None


@dataclass(frozen=True, slots=True)
class FormConnected:
    """A connection that was made, and whether the key may do little."""

    kept: Kept
    verified: Verified


class KeyForms:
    """Forms of connectors: shown, filled in, proved, and kept as a connection."""

    def __init__(self, *, access: PlatformAccess, keeper: Keeper, brakes: Brakes) -> None:
        """Prove by ``access`` as often as ``brakes`` let somebody try, and keep by ``keeper``."""
        self._brakes = brakes
        self._access = access
        self._keeper = keeper

    async def fields(self, place: Place, option: str, account_id: int) -> tuple[Field, ...]:
        """What this account sees: what an administrator filled in is not there.

        Raises ``UnknownOption``, ``NotConnected``.
        """
        way = find_option(place.manifest, option)
        return fields_of(place.manifest, way, await self._stored(place, way, account_id))

    async def state(self, place: Place, option: str, account_id: int) -> ManagedState:
        """What is satisfied for this account, and what is missing.

        Raises ``UnknownOption``, ``NotConnected``.
        """
        way = find_option(place.manifest, option, FORM_TYPES)
        return managed_state(place.manifest, way, await self._stored(place, way, account_id))

    async def options(
        self, connector: Connector, option: str, name: str, typed: Mapping[str, str]
    ) -> tuple[Choice, ...]:
        """The choices of a field, by what was typed so far and the organization's own values.

        Nothing of it is kept. Raises ``UnknownOption``, ``NotConnected``; ``ConnectorDisabled``.
        """
        if not connector.enabled:
            raise ConnectorDisabled
        way = find_option(connector.manifest, option)
        asked = {each.name: each for each in asked_of(connector.manifest, way)}
        if name not in asked:
            raise UnknownOption
        needs = _needs_of(asked[name])
        stored = await self._access.managed.find(connector, way, ORGANIZATION)
        values = {n: each.reveal() for n, each in stored.values.items() if n in needs}
        for each in asked.values():
            text = clean(each, typed.get(each.name, ""))
            if text and each.name in needs:
                values[each.name] = text
        plan = Plan(manifest=connector.manifest, option=way)
        try:
            return await self._access.upstream.options(plan, name, values)
        except UpstreamFailure as failure:
            raise _not_connected(failure, way, Filled(values, {}, typed=needs)) from failure

    async def connect(self, typed: Typed, by: ConnectorAuthor) -> FormConnected:
        """Prove what was typed, then keep it as a connection of ``by``'s account.

        Where managed values did not let this account in, it is shown the whole form from then on.
        Raises ``ConnectorDisabled``, ``UnknownOption``, ``MissingFields``, ``BadVariable``
        or ``Braked`` before anything is sent; ``NotConnected`` with the cause; ``AskAdmin``,
        ``NoSuchEnvironment``, ``UnknownConnection``, and what ``Keeper.keep`` raises.
        """
        connector = typed.place.connector
        if not connector.enabled:
            raise ConnectorDisabled
        option = find_option(connector.manifest, typed.option, FORM_TYPES)
        await self._keeper.verify_own(
            connector.org_id, by.account_id, connector, typed.reconnect_of
        )
        ready = await self._access.prepare(typed.place, option, typed.values, by.account_id)
        filled = ready.filled
        tried = Try(Brake.FORM_KEYS, f"{connector.slug} {by.account_id}")
        await self._brakes.admit(connector.org_id, tried)
        try:
            grant, party, result = await self._prove(ready.planned.plan)
        except UpstreamFailure as failure:
            if filled.managed:
                await self._access.managed.note_failure(connector, by.account_id)
            raise _not_connected(failure, option, filled) from failure
        await self._brakes.forgive(connector.org_id, tried)
        return await self._kept(typed, ready, (grant, party, result), by)

    async def _stored(self, place: Place, option: AuthOption, account_id: int) -> Stored:
        try:
            opened = await self._access.plans.choose(place, option, account_id)
        except AskAdmin:
            # The form can be looked at before anybody can connect by it.
            opened = None
        return await self._access.stored(place, option, opened, account_id)

    async def _prove(self, plan: Plan) -> tuple[Grant | None, Party, Verified]:
        upstream = self._access.upstream
        grant: Grant | None = None
        if plan.option.type not in _WITHOUT_TOKENS:
            grant = await upstream.obtain(plan)
        result = await upstream.verify(plan, grant)
        if plan.option.post_connect:
            grant = await upstream.after_connecting(plan, grant or Grant(Secret("")))
        return grant, await self._access.identify(plan, grant, result), result

    async def _kept(
        self,
        typed: Typed,
        ready: Prepared,
        brought: tuple[Grant | None, Party, Verified],
        by: ConnectorAuthor,
    ) -> FormConnected:
        grant, party, result = brought
        place, planned, filled = ready.place, ready.planned, ready.filled
        connector, option = place.connector, planned.plan.option
        new = NewConnection(
            org_id=place.org_id,
            account_id=by.account_id,
            plan=planned.kept,
            environment=place.environment,
            grant=grant,
            party=party,
            connector_id=connector.connector_id,
            manifest_version=max(1, connector.version),
            label=typed.label,
            reconnect_of=typed.reconnect_of,
        )

        async def also(tx: Transaction) -> None:
            if keeps_connectors(by):
                await self._keep_for_others(tx, (connector, option), filled, by)
            await self._access.managed.clear_failure(tx, connector, by.account_id)

        kept = await self._keeper.keep(new, connector, planned.credentials, by.actor, also)
        return FormConnected(kept, result)

    async def _keep_for_others(
        self,
        tx: Transaction,
        whose: tuple[Connector, AuthOption],
        filled: Filled,
        by: ConnectorAuthor,
    ) -> None:
        """What an administrator typed into managed fields holds for others, now that it works."""
        connector, option = whose
        given = filled.all()
        managed = {
            each.name: each
            for each in asked_of(connector.manifest, option)
            if is_managed(each) and each.name in filled.typed
        }
        for account_id, scope in ((ORGANIZATION, "account"), (by.account_id, "user")):
            values = {n: given[n] for n, each in managed.items() if each.scope == scope}
            if values:
                kept = verified(connector, option, account_id, values)
                place = (connector, option, account_id)
                await self._access.managed.put(tx, place, kept, by)


def _needs_of(variable: Variable) -> frozenset[str]:
    return frozenset(variable.dynamic.needs if variable.dynamic is not None else ())


def _not_connected(failure: UpstreamFailure, option: AuthOption, filled: Filled) -> NotConnected:
    hosts = {each.name for each in option.variables if each.type in {"hostname", "url"}}
    return NotConnected(cause_of(failure, by_client=False, names_host=bool(hosts & filled.typed)))
