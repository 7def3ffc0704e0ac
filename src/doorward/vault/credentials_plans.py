"""Plans: a connector's description with all that an organization and a person add to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from doorward.connectors import (
    AuthOption,
    BadOverride,
    Category,
    ClientCredentials,
    Connector,
    Connectors,
    Grant,
    Manifest,
    Party,
    Plan,
    Upstream,
    UpstreamFailure,
    Verified,
    apply_environment,
    find_environment,
)
from doorward.crypto import SealBroken, Secret
from doorward.vault.credentials import Credentials, Opened
from doorward.vault.credentials_model import TenantCredentials
from doorward.vault.credentials_refusals import AskAdmin
from doorward.vault.credentials_rules import TAKES_CLIENT, WITH_CLIENT, Place, callback_of
from doorward.vault.forms_managed import ManagedValues
from doorward.vault.forms_model import (
    Cause,
    Filled,
    NotConnected,
    Stored,
    UnknownOption,
    cause_of,
)
from doorward.vault.forms_rules import (
    choose_environment,
    fill_in,
    find_option,
    with_managed,
)
from doorward.vault.model import Connection, Reason, Status, Tokens
from doorward.vault.pasting import declared_in
from doorward.vault.platform import Unplannable

__all__ = [
    "Planned",
    "Plans",
    "PlatformAccess",
    "Prepared",
    "put_together",
    "settled_by",
    "wants_own_client",
]

_FORBIDDEN: Final = 403
_TYPED_CLIENT: Final = frozenset({"client_id"})


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan for connecting, and the version of credentials in it (None: not an organization's).

    ``kept`` is the plan with only those values that the connection itself is to keep: what an
    administrator filled in stays where it is, and is added whenever the connection is used.
    """

    plan: Plan
    kept: Plan
    credentials: TenantCredentials | None


class Plans:
    """Puts plans together, for connecting and for whatever a connection does afterwards.

    The organization's credentials are used everywhere: what was connected with a version is
    renewed and revoked with that version.
    """

    def __init__(
        self,
        *,
        connectors: Connectors,
        credentials: Credentials,
        managed: ManagedValues,
        upstream: Upstream,
    ) -> None:
        """Look connectors up in ``connectors``; ``upstream`` settles what was put together."""
        self._upstream = upstream
        self._connectors = connectors
        self._credentials = credentials
        self._managed = managed

    async def choose(self, place: Place, option: AuthOption, account_id: int) -> Opened | None:
        """What this account connects with now; None for the connector's own client, or none.

        Its own submission while that waits, else what everybody uses, else the connector's own
        client where the manifest permits that. Raises ``AskAdmin``, ``NotConnected``.
        """
        if option.type not in TAKES_CLIENT or _is_typed(place.manifest, option):
            return None
        own = await self._credentials.find_pending(place, account_id)
        chosen = own or await self._credentials.find_active(place)
        if chosen is not None:
            return self._open(chosen)
        if _wants_own(_in_environment(place, option)):
            raise AskAdmin
        return None

    def put(
        self, place: Place, option: AuthOption, filled: Filled, opened: Opened | None
    ) -> Planned:
        """The plan for connecting with what was chosen. Raises ``NotConnected``."""
        return self._planned(place, option, filled, opened)

    async def again(
        self,
        place: Place,
        option: AuthOption,
        filled: Filled,
        whose: tuple[int, int | None],
    ) -> Planned:
        """The same plan as before, when the person comes back: an account, and a version's number.

        Raises ``CredentialsEnded`` when the version is no longer theirs to use, ``NotConnected``.
        """
        account_id, credentials_id = whose
        opened: Opened | None = None
        if credentials_id is not None:
            row = await self._credentials.find_usable(place, credentials_id, account_id)
            opened = self._open(row)
        return self._planned(place, option, filled, opened)

    async def plan(self, row: Connection, tokens: Tokens) -> Plan:
        """What speaking for this connection needs. Raises ``Unplannable``."""
        connector = await self._connectors.find(row.org_id, row.connector)
        if connector is None or not connector.enabled:
            raise Unplannable(Status.BLOCKED, Reason.CONNECTOR_OFF)
        if connector.connector_id != row.connector_id:
            # Somebody took the name again, with other addresses: nothing leaves for those.
            raise Unplannable(Status.NEEDS_RECONNECT, Reason.CREDENTIALS_CHANGED)
        opened = await self._pinned(connector, row)
        try:
            option = find_option(connector.manifest, row.auth_option)
            stored = await self._managed.find(connector, option, row.account_id)
            own = Filled(row.values, tokens.secrets)
            filled = with_managed(connector.manifest, option, own, stored)
            plan = put_together(connector.manifest, option, row.environment, filled, opened)
            return await self._upstream.settle(plan)
        except UpstreamFailure as failure:
            if failure.category is Category.TRANSIENT:
                raise Unplannable(Status.DEGRADED, Reason.UNREACHABLE) from None
            raise Unplannable(Status.BLOCKED, Reason.NOT_UNDERSTOOD) from None
        except (UnknownOption, BadOverride):
            raise Unplannable(Status.BLOCKED, Reason.NOT_UNDERSTOOD) from None
        except SealBroken:
            raise Unplannable(Status.BLOCKED, Reason.UNREADABLE) from None

    async def _pinned(self, connector: Connector, row: Connection) -> Opened | None:
        if row.credentials_id is None:
            return None
        found = await self._credentials.find(row.org_id, row.credentials_id)
        gone = found is None or found.sealed is None
        if found is None or gone or found.connector_id != connector.connector_id:
            raise Unplannable(Status.NEEDS_RECONNECT, Reason.CREDENTIALS_CHANGED)
        try:
            return self._credentials.open(found)
        except SealBroken:
            raise Unplannable(Status.BLOCKED, Reason.UNREADABLE) from None

    def _open(self, row: TenantCredentials) -> Opened:
        try:
            return self._credentials.open(row)
        except SealBroken:
            raise NotConnected(Cause.CLIENT_REFUSED) from None

    def _planned(
        self, place: Place, option: AuthOption, filled: Filled, opened: Opened | None
    ) -> Planned:
        own = replace(
            filled,
            values={n: v for n, v in filled.values.items() if n not in filled.managed},
            secrets={n: v for n, v in filled.secrets.items() if n not in filled.managed},
        )
        try:
            plan = put_together(place.manifest, option, place.environment, filled, opened)
        except BadOverride:
            raise NotConnected(Cause.NOT_UNDERSTOOD) from None
        if opened is None and plan.client is not None and not plan.client.redirect_uri:
            back = _fixed_address(option) or callback_of(place.issuers[0], place.connector.slug)
            plan = replace(plan, client=replace(plan.client, redirect_uri=back))
        kept = replace(plan, values=own.values, secret_values=own.secrets)
        return Planned(plan, kept, None if opened is None else opened.credentials)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is known before the platform is asked, in the environment that is meant."""

    place: Place
    filled: Filled
    planned: Planned


@dataclass(frozen=True, slots=True)
class PlatformAccess:
    """What connecting somebody to a platform needs: plans, managed values, and the engine."""

    plans: Plans
    managed: ManagedValues
    upstream: Upstream

    async def prepare(
        self, place: Place, option: AuthOption, typed: Mapping[str, str], account_id: int
    ) -> Prepared:
        """The plan by which this account connects, from what it typed.

        Raises ``NoSuchEnvironment``, ``AskAdmin``, ``MissingFields``, ``BadVariable``,
        ``NotConnected``.
        """
        environment = choose_environment(place.manifest, option, place.environment, typed)
        place = replace(place, environment=environment)
        opened = await self.plans.choose(place, option, account_id)
        stored = await self.stored(place, option, opened, account_id)
        filled = fill_in(place.manifest, option, typed, stored)
        planned = self.plans.put(place, option, filled, opened)
        return Prepared(place, filled, await self.settled(planned))

    async def settled(self, planned: Planned) -> Planned:
        """``planned`` as the platform is asked with it. Raises ``NotConnected``."""
        try:
            return replace(planned, plan=await self.upstream.settle(planned.plan))
        except UpstreamFailure as failure:
            raise NotConnected(cause_of(failure, by_client=True, names_host=False)) from failure

    async def identify(self, plan: Plan, grant: Grant | None, verified: Verified) -> Party:
        """Whose account it is; nobody's name where the credential is good and may not say.

        Raises ``UpstreamFailure``.
        """
        try:
            return await self.upstream.identify(plan, grant)
        except UpstreamFailure as failure:
            if verified.limited and failure.status == _FORBIDDEN:
                return Party()
            raise

    async def stored(
        self, place: Place, option: AuthOption, opened: Opened | None, account_id: int
    ) -> Stored:
        """What this account need not type."""
        found = await self.managed.find(place.connector, option, account_id)
        return replace(found, settled=settled_by(place, opened))


def put_together(
    manifest: Manifest,
    option: AuthOption,
    environment: str,
    filled: Filled,
    opened: Opened | None,
) -> Plan:
    """One way to connect, with the environment's overrides and the organization's own.

    What the environment sets, nobody types over; nor what an administrator set for the
    organization. Raises ``BadOverride``.
    """
    chosen = find_environment(manifest, environment)
    whole = apply_environment(option, chosen)
    values, secrets = dict(filled.values), dict(filled.secrets)
    client: ClientCredentials | None = None
    if opened is not None:
        whole = _with_own(whole, opened.credentials)
        values |= opened.credentials.extra.values
        secrets |= opened.secrets.variables
        client = client_of(opened)
    elif _is_typed(manifest, option):
        client = _typed_client(filled)
    elif whole.type in TAKES_CLIENT and whole.client_id:
        client = ClientCredentials(client_id=whole.client_id)
    return Plan(
        manifest=manifest,
        option=whole,
        client=client,
        values=values | (chosen.values if chosen is not None else {}),
        secret_values=secrets,
    )


def _fixed_address(option: AuthOption) -> str:
    """Where the manifest has people come back; some platforms know that by a mere name."""
    fixed = option.authorize.redirect_uri if option.authorize is not None else None
    return fixed if fixed is not None and "://" in fixed else ""


def settled_by(place: Place, opened: Opened | None) -> frozenset[str]:
    """The names of what the environment and the organization's credentials say for everybody."""
    chosen = find_environment(place.manifest, place.environment)
    names = set(chosen.values) if chosen is not None else set()
    if opened is not None:
        names |= {*opened.credentials.extra.values, *opened.secrets.variables}
    return frozenset(names)


def client_of(opened: Opened) -> ClientCredentials:
    """The registration as the engine uses it, its secrets the newest first."""
    row, secrets = opened.credentials, opened.secrets
    return ClientCredentials(
        client_id=row.client_id,
        secrets=secrets.newest_first,
        redirect_uri=row.redirect_uri,
        private_key=secrets.private_key,
    )


def _with_own(option: AuthOption, row: TenantCredentials) -> AuthOption:
    """``option`` with the addresses and scopes that the organization's registration has."""
    extra, authorize, token = row.extra, option.authorize, option.token
    if authorize is not None:
        scope = authorize.scope
        if extra.scopes is not None:
            scope = msgspec.structs.replace(scope, default=extra.scopes, optional=(), raw=None)
        authorize = msgspec.structs.replace(
            authorize,
            url=extra.authorization_url or authorize.url,
            scope=scope,
            # The registration's own word counts: the manifest's is one that it may have chosen.
            redirect_uri=None,
        )
    if token is not None and extra.token_url:
        token = msgspec.structs.replace(token, url=extra.token_url)
    return msgspec.structs.replace(option, authorize=authorize, token=token)


def wants_own_client(manifest: Manifest, option: AuthOption) -> bool:
    """Whether nothing can be connected without a client of the organization's own."""
    if option.type not in TAKES_CLIENT or _is_typed(manifest, option):
        return False
    return _wants_own(option)


def _wants_own(option: AuthOption) -> bool:
    if option.admin_managed or option.client_id:
        return option.admin_managed
    if option.type == "oauth2_password":
        # A login that names its client itself, or none, works without.
        return option.token is not None and option.token.client_auth != "none"
    return option.type in WITH_CLIENT


def _in_environment(place: Place, option: AuthOption) -> AuthOption:
    try:
        return apply_environment(option, find_environment(place.manifest, place.environment))
    except BadOverride:
        raise NotConnected(Cause.NOT_UNDERSTOOD) from None


def _is_typed(manifest: Manifest, option: AuthOption) -> bool:
    """Whether the client itself is what the person types, as for a client of their own."""
    return any(
        each.name in _TYPED_CLIENT and each.source == "form"
        for each in declared_in(manifest, option.variables).values()
    )


def _typed_client(filled: Filled) -> ClientCredentials:
    secret = filled.secrets.get("client_secret")
    key: Secret[str] | None = filled.secrets.get("private_key")
    client_id = filled.values.get("client_id", "")
    if not client_id and "client_id" in filled.secrets:
        client_id = filled.secrets["client_id"].reveal()
    return ClientCredentials(
        client_id=client_id,
        secrets=() if secret is None else (secret,),
        private_key=key,
    )
