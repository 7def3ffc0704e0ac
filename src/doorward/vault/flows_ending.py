"""The end of a flow: the code is exchanged, the account named, and the connection kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from doorward.audit import Actor
from doorward.connectors import (
    AuthOption,
    Category,
    Grant,
    Plan,
    UpstreamFailure,
    Verified,
)
from doorward.crypto import SealBroken, Secret
from doorward.vault.credentials_plans import Planned, PlatformAccess
from doorward.vault.credentials_refusals import CredentialsEnded, CredentialsOvertaken
from doorward.vault.credentials_rules import Place
from doorward.vault.flows_beginning import VISIT_TYPES
from doorward.vault.flows_keeping import Keeper
from doorward.vault.flows_model import (
    Carried,
    Connected,
    ConnectFlow,
    Declined,
    Failed,
    Outcome,
)
from doorward.vault.forms_model import Cause, Filled, NotConnected, cause_of
from doorward.vault.forms_rules import find_option, with_managed
from doorward.vault.model import NewConnection
from doorward.vault.refusals import VaultRefusal

__all__ = ["Ending"]


class Ending:
    """What follows once a callback is known to be its flow's own."""

    def __init__(self, *, access: PlatformAccess, keeper: Keeper) -> None:
        """Ask platforms by ``access``, and keep by ``keeper``."""
        self._access = access
        self._plans = access.plans
        self._managed = access.managed
        self._upstream = access.upstream
        self._keeper = keeper

    async def conclude(
        self, place: Place, flow: ConnectFlow, carried: Carried, params: Mapping[str, str]
    ) -> Outcome:
        """Exchange what came back; the flow is used up already."""
        try:
            planned = await self._planned(place, flow, carried)
            grant, verified = await self._exchange(planned.plan, carried, params)
            return await self._kept(place, flow, planned, (grant, verified))
        except UpstreamFailure as failure:
            if failure.category is Category.DECLINED:
                return Declined(flow)
            return Failed(flow, NotConnected(_cause(failure, flow)))
        except SealBroken:
            return Failed(flow, NotConnected(Cause.CLIENT_REFUSED))
        except VaultRefusal as refusal:
            return Failed(flow, refusal)

    async def _planned(self, place: Place, flow: ConnectFlow, carried: Carried) -> Planned:
        if not place.connector.enabled:
            raise NotConnected(Cause.SWITCHED_OFF)
        option: AuthOption = find_option(place.manifest, flow.auth_option, VISIT_TYPES)
        stored = await self._managed.find(place.connector, option, flow.account_id)
        typed = {name: Secret(value) for name, value in carried.secrets.items()}
        filled = with_managed(place.manifest, option, Filled(flow.given, typed), stored)
        whose = (flow.account_id, flow.credentials_id)
        planned = await self._plans.again(place, option, filled, whose)
        planned = await self._access.settled(planned)
        begun = {name: Secret(value) for name, value in carried.request.items()}
        secrets = {**planned.plan.secret_values, **begun}
        planned = replace(planned, plan=replace(planned.plan, secret_values=secrets))
        if planned.plan.client is None:
            return planned
        # RFC 6749 4.1.3: the one that the code was asked for with.
        client = replace(planned.plan.client, redirect_uri=flow.redirect_uri)
        return replace(planned, plan=replace(planned.plan, client=client))

    async def _exchange(
        self, plan: Plan, carried: Carried, params: Mapping[str, str]
    ) -> tuple[Grant, Verified]:
        grant = await self._upstream.exchange(
            plan,
            code=params.get(plan.option.callback.code_param, ""),
            verifier=carried.verifier,
            callback=params,
            nonce=carried.nonce,
        )
        grant = await self._upstream.after_connecting(plan, grant)
        return grant, await self._upstream.verify(plan, grant)

    async def _kept(
        self,
        place: Place,
        flow: ConnectFlow,
        planned: Planned,
        brought: tuple[Grant, Verified],
    ) -> Outcome:
        grant, verified = brought
        new = NewConnection(
            org_id=flow.org_id,
            account_id=flow.account_id,
            plan=planned.kept,
            environment=flow.environment,
            grant=grant,
            party=await self._access.identify(planned.plan, grant, verified),
            connector_id=place.connector.connector_id,
            manifest_version=max(1, place.connector.version),
            reconnect_of=flow.reconnect_of,
        )
        by = Actor(kind="account", id=str(flow.account_id))
        try:
            kept = await self._keeper.keep(new, place.connector, planned.credentials, by)
        except (CredentialsEnded, CredentialsOvertaken):
            # Nobody will ever use what was granted: the platform need not keep it either.
            await self._upstream.revoke(
                planned.plan, access=grant.access_token, refresh=grant.refresh_token
            )
            raise
        return Connected(flow, kept, verified)


def _cause(failure: UpstreamFailure, flow: ConnectFlow) -> Cause:
    if failure.code in {"wrong_issuer", "wrong_nonce", "wrong_request_token", "callback_signature"}:
        return Cause.MIXED_UP
    # At a code flow the person types no credential: what is refused is the client or the visit.
    cause = cause_of(failure, by_client=True, names_host=bool(flow.given))
    return Cause.NOT_UNDERSTOOD if cause is Cause.WRONG_KEY else cause
