"""Connecting over a platform's own page: away with a state, and back with a code, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec

from doorward.audit import SYSTEM, Actor, record
from doorward.connectors import AuthOption, Connector, ConnectorDisabled, UpstreamFailure
from doorward.crypto import (
    KeyRing,
    Malformed,
    Random,
    SealBroken,
    ValueKind,
    digest,
    mint,
    parse_value,
    same,
)
from doorward.db import SECOND, Clock, Database, Transaction
from doorward.protocol import challenge_of
from doorward.vault.connect_sessions_model import ConnectSessionOver
from doorward.vault.credentials_plans import Planned, PlatformAccess
from doorward.vault.credentials_refusals import NoSuchEnvironment
from doorward.vault.credentials_rules import Place
from doorward.vault.flows_beginning import (
    VISIT_TYPES,
    is_recognised_by_cookie,
    mint_state,
    mint_text,
    verify_return_path,
    verify_starts_here,
)
from doorward.vault.flows_ending import Ending
from doorward.vault.flows_keeping import Keeper
from doorward.vault.flows_model import (
    FLOW_FOR,
    Begun,
    Carried,
    ConnectFlow,
    FlowOfAnotherBrowser,
    FlowOfAnotherConnector,
    FlowOfAnotherPerson,
    FlowOver,
    FlowRefusal,
    Outcome,
    Returned,
    Wanted,
    flow_cookie_name,
)
from doorward.vault.forms_model import NotConnected, cause_of
from doorward.vault.forms_rules import find_option
from doorward.vault.sealing import about
from doorward.vault.store import flows as store

__all__ = ["ConnectFlows"]

_MOST_AT_ONCE: Final = 10
_MOST_NOTED: Final = 10_000
_TABLE: Final = "connect_flows"
_COOKIE: Final = ("__Host-dw-connect-", "dw-connect-")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Carried).decode


class ConnectFlows:
    """Flows under way. What a callback brings is believed only for who began, where they began."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        random: Random,
        ring: KeyRing,
        access: PlatformAccess,
        keeper: Keeper,
    ) -> None:
        """Speak with platforms by ``access``; ``keeper`` keeps what came of it."""
        self._db = db
        self._clock = clock
        self._random = random
        self._ring = ring
        self._access = access
        self._keeper = keeper
        self._noted: set[tuple[int, str]] = set()
        self._ending = Ending(access=access, keeper=keeper)

    async def begin(self, wanted: Wanted) -> Begun:
        """Remember a flow for ten minutes, and say where the person goes and with which cookie.

        Raises ``ConnectorDisabled``, ``UnknownOption``, ``MissingFields``, ``BadVariable``,
        ``NoSuchEnvironment``, ``AskAdmin``, ``StartElsewhere``, ``NotConnected``,
        ``BadConnection``, ``UnknownConnection``, ``ConnectSessionOver``, ``ConnectorNotAllowed``.
        """
        place = wanted.place
        if not place.connector.enabled:
            raise ConnectorDisabled
        return_to = self._verify_way_back(wanted)
        await self._keeper.verify_own(
            place.org_id, wanted.account_id, place.connector, wanted.reconnect_of
        )
        option = find_option(place.manifest, wanted.option, VISIT_TYPES)
        ready = await self._access.prepare(place, option, wanted.typed, wanted.account_id)
        place, planned = ready.place, ready.planned
        client = planned.plan.client
        redirect_uri = "" if client is None else client.redirect_uri
        verify_starts_here(place, redirect_uri)
        return await self._remember(replace(wanted, place=place), planned, return_to, redirect_uri)

    async def find(self, org_id: str, state: str) -> ConnectFlow | None:
        """The flow of a state, for whoever has to know which connector it belongs to.

        Nothing is proved by it: ``finish`` does that.
        """
        return await store.find_flow_by_state(self._db, org_id, digest(state))

    async def finish(self, returned: Returned) -> Outcome:
        """What came of the flow that a callback belongs to. It is used up by being asked for.

        Raises ``FlowOver``, ``FlowOfAnotherBrowser``, ``FlowOfAnotherPerson``, which change
        nothing; ``FlowOfAnotherConnector``, which ends the flow.
        """
        flow = await self._get(returned)
        try:
            _verify_person(flow, returned)
        except FlowRefusal as refusal:
            await self._note(flow, refusal, returned)
            raise
        is_another = not _is_of(flow, returned.place.connector)
        now = self._clock()

        async def work(tx: Transaction) -> ConnectFlow | None:
            return await store.consume_flow(tx, flow.org_id, flow.flow_id, now=now)

        used = await self._db.unit(work)
        if used is None:
            raise FlowOver
        if is_another:
            another = FlowOfAnotherConnector()
            await self._note(used, another, returned)
            raise another
        try:
            place = replace(returned.place, environment=used.environment)
            carried = self._open(used)
        except (NoSuchEnvironment, SealBroken) as error:
            raise FlowOver from error
        return await self._ending.conclude(place, used, carried, _plain(returned.params))

    async def find_beginner(self, returned: Returned) -> int | None:
        """The sign-in that began the flow that a callback belongs to, in this very browser.

        None where there is no such flow, and for any other browser. Nothing is changed.
        """
        try:
            flow = await self._get(returned)
        except FlowOver:
            return None
        return flow.session_id if _has_cookie(flow, returned) else None

    async def _remember(
        self, wanted: Wanted, planned: Planned, return_to: str, redirect_uri: str
    ) -> Begun:
        place, option, now = wanted.place, planned.plan.option, self._clock()
        state, carried = mint_state(option, self._random), self._carry(planned)
        planned, carried = await self._with_request_token(planned, state, carried)
        url = self._authorization_url(planned, state, carried, wanted)
        number, within = self._db.next_id(), wanted.connect_session
        cookie = mint(ValueKind.CONNECT_FLOW, number, self._random)
        flow = ConnectFlow(
            org_id=place.org_id,
            flow_id=number,
            state_digest=digest(state),
            cookie_digest=digest(cookie.reveal()),
            connector=place.connector.slug,
            connector_id=place.connector.connector_id,
            auth_option=option.name,
            environment=place.environment,
            account_id=wanted.account_id,
            session_id=wanted.session_id,
            credentials_id=(
                None if planned.credentials is None else planned.credentials.credentials_id
            ),
            connect_session_id=None if within is None else within.id,
            redirect_uri=redirect_uri,
            given=planned.kept.values,
            return_to=return_to,
            reconnect_of=wanted.reconnect_of,
            sealed=self._ring.seal(
                _encode(carried), about=about(place.org_id, _TABLE, number, "sealed")
            ),
            created_at=now,
            expires_at=now + FLOW_FOR,
        )

        async def work(tx: Transaction) -> None:
            if is_recognised_by_cookie(option):
                # Nothing but the cookie tells two of them apart: the later one counts.
                await store.drop_flows_of(tx, flow.org_id, flow.session_id, flow.connector)
            await store.insert_flow(tx, flow)
            await store.drop_oldest_flows(tx, flow.org_id, flow.session_id, kept=_MOST_AT_ONCE)

        await self._db.unit(work)
        return Begun(number, url, cookie, max_age_s=FLOW_FOR // SECOND)

    def _verify_way_back(self, wanted: Wanted) -> str:
        """Where the person goes afterwards. Raises ``BadConnection``, or the session's refusals."""
        within = wanted.connect_session
        if within is None:
            return verify_return_path(wanted.return_to)
        if not within.is_open_to(wanted.account_id, wanted.session_id, self._clock()):
            raise ConnectSessionOver
        within.verify_allows(wanted.place.connector.slug)
        return within.return_url

    def _carry(self, planned: Planned) -> Carried:
        rule = planned.plan.option.authorize
        with_pkce = rule is None or rule.pkce != "off"
        return Carried(
            verifier=mint_text(self._random) if with_pkce else None,
            nonce=mint_text(self._random) if rule is not None and rule.nonce else None,
            secrets={n: each.reveal() for n, each in planned.kept.secret_values.items()},
        )

    async def _with_request_token(
        self, planned: Planned, state: str, carried: Carried
    ) -> tuple[Planned, Carried]:
        """The same with what a visit of OAuth 1.0a begins with; the connection does not keep it."""
        try:
            begun = await self._access.upstream.request_token(planned.plan, state=state)
        except UpstreamFailure as failure:
            raise NotConnected(cause_of(failure, by_client=True, names_host=True)) from failure
        if not begun:
            return planned, carried
        plan = replace(planned.plan, secret_values={**planned.plan.secret_values, **begun})
        request = {name: each.reveal() for name, each in begun.items()}
        return replace(planned, plan=plan), msgspec.structs.replace(carried, request=request)

    def _authorization_url(
        self, planned: Planned, state: str, carried: Carried, wanted: Wanted
    ) -> str:
        challenge = None if carried.verifier is None else challenge_of(carried.verifier)
        try:
            return self._access.upstream.authorization_url(
                planned.plan,
                state=state,
                challenge=challenge,
                nonce=carried.nonce,
                reconnect=wanted.reconnect_of is not None,
            )
        except UpstreamFailure as failure:
            raise NotConnected(cause_of(failure, by_client=True, names_host=True)) from failure

    async def _get(self, returned: Returned) -> ConnectFlow:
        """The flow that the callback speaks of. Raises ``FlowOver``."""
        place, params = returned.place, returned.params
        state = params.get("state", "")
        if state:
            found = await store.find_flow_by_state(self._db, place.org_id, digest(state))
            if found is not None:
                if found.expires_at <= self._clock():
                    raise FlowOver
                return found
        for number in _numbers_in(returned):
            found = await store.find_flow(self._db, place.org_id, number)
            if found is not None and self._is_by_cookie(found, returned, state):
                return found
        raise FlowOver

    def _is_by_cookie(self, flow: ConnectFlow, returned: Returned, state: str) -> bool:
        """Whether the platform of this flow brings no state of ours, and the cookie is the one."""
        if not _is_of(flow, returned.place.connector) or flow.expires_at <= self._clock():
            return False
        option = _option_of(returned.place, flow)
        if option is None or option.authorize is None or not is_recognised_by_cookie(option):
            return False
        custom = option.authorize.state.custom
        return state in {"", custom} and _has_cookie(flow, returned)

    def _open(self, flow: ConnectFlow) -> Carried:
        place = about(flow.org_id, _TABLE, flow.flow_id, "sealed")
        return _decode(self._ring.open(flow.sealed, about=place))

    async def _note(self, flow: ConnectFlow, refusal: FlowRefusal, returned: Returned) -> None:
        """Record what looks like an attack: who was there, and whose flow it was.

        Once for each flow and reason: whoever tries again and again fills no record.
        """
        if (flow.flow_id, refusal.reason) in self._noted:
            return
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted.add((flow.flow_id, refusal.reason))
        by = (
            SYSTEM
            if returned.account_id is None
            else Actor(kind="account", id=str(returned.account_id))
        )
        event = by.did(
            "connect_flow.refused",
            flow.org_id,
            ("account", str(flow.account_id)),
            reason=refusal.reason,
            connector=flow.connector,
            arrived_at=returned.place.connector.slug,
        )

        async def work(tx: Transaction) -> None:
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)


def _plain(params: Mapping[str, str]) -> dict[str, str]:
    """What of ``params`` can be written anywhere: lone surrogates in them are replaced."""
    return {
        name.encode("utf-8", "replace").decode(): value.encode("utf-8", "replace").decode()
        for name, value in params.items()
    }


def _verify_person(flow: ConnectFlow, returned: Returned) -> bool:
    """True for who began it, where they began. Raises the refusal that says what is wrong.

    A program cannot have the browser's cookie: it acts for the account, and has the state.
    """
    if returned.by_token:
        if flow.account_id != returned.account_id:
            raise FlowOfAnotherPerson
        return True
    if not _has_cookie(flow, returned):
        raise FlowOfAnotherBrowser
    if (flow.account_id, flow.session_id) != (returned.account_id, returned.session_id):
        raise FlowOfAnotherPerson
    return True


def _is_of(flow: ConnectFlow, connector: Connector) -> bool:
    return (flow.connector, flow.connector_id) == (connector.slug, connector.connector_id)


def _has_cookie(flow: ConnectFlow, returned: Returned) -> bool:
    for https in (True, False):
        value = returned.cookies.get(flow_cookie_name(flow.flow_id, https=https))
        if value is not None and same(digest(value), flow.cookie_digest):
            return True
    return False


def _numbers_in(returned: Returned) -> list[int]:
    """The flows whose cookies this browser has, the latest first."""
    numbers = set()
    for name, value in returned.cookies.items():
        if name.startswith(_COOKIE):
            try:
                numbers.add(parse_value(value, ValueKind.CONNECT_FLOW))
            except Malformed:
                continue
    return sorted(numbers, reverse=True)[:_MOST_AT_ONCE]


def _option_of(place: Place, flow: ConnectFlow) -> AuthOption | None:
    return next((o for o in place.manifest.auth_options if o.name == flow.auth_option), None)
