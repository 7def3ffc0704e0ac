"""From a request to a code, below the pages."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.authorize import Authorizations, Services
from doorward.authorize.front import OAuthFront
from doorward.authorize.service import (
    Asked,
    BadReturnAddress,
    ClientNotLive,
    ConsentGone,
    UnknownClient,
    is_identity_assured,
)
from doorward.clients import ApplicationStatus
from doorward.orgs import Tenant
from doorward.protocol import (
    AuthMethod,
    Issue,
    Parameters,
    SignedIn,
    verify_return_address,
)
from doorward.sessions import FlowGone, NewFlow
from tests.support.world import BASE_URL, NOBODY, World

pytestmark = pytest.mark.anyio


def rooms(world: World) -> Authorizations:
    """The room over the services of ``world``."""
    use = world.services
    return Authorizations(
        Services(
            db=use.db,
            clock=use.clock,
            applications=use.applications,
            scopes=use.scopes,
            keys=use.keys,
            sessions=use.sessions,
            consents=use.consents,
            tokens=use.tokens,
            usage=use.usage,
        )
    )


def tenant(world: World) -> Tenant:
    """The organization as a request finds it."""
    return Tenant(world.org, world.issuer, f"/o/{world.org.org_id}", BASE_URL)


async def asked_by(world: World) -> Asked:
    """An ordinary request of the Donor Portal."""
    authorizations, params = rooms(world), Parameters(world.request(scope="openid"))
    caller = await authorizations.verify_caller(tenant(world), params, OAuthFront())
    return await authorizations.parse_request(tenant(world), caller)


async def test_a_consent_that_was_withdrawn_meanwhile_is_not_granted_again(world: World) -> None:
    """The unit finds it gone, stores no code, and leaves the flow open for another decision."""
    authorizations, use = rooms(world), world.services
    asked = await asked_by(world)
    person = SignedIn(1, world.person.account_id, world.clock.now)
    await authorizations.issue(
        tenant(world), asked, Issue(person, ("openid",)), consent=None, flow=None, visitor=NOBODY
    )
    consent = await use.consents.find(
        world.org.org_id, world.person.account_id, world.web.client_id
    )
    assert consent is not None
    await use.consents.withdraw(world.org.org_id, consent.consent_id, SYSTEM)
    browser, _ = await use.sessions.open_browser(world.org)
    new = NewFlow("/x", "/y", None, "constituent", None, None, None, None)
    flow = await use.sessions.open_flow(world.org, browser, new)
    with pytest.raises(ConsentGone):
        await authorizations.issue(
            tenant(world),
            asked,
            Issue(person, ("openid",)),
            consent=consent,
            flow=flow,
            visitor=NOBODY,
        )
    assert await use.consents.list_of_account(world.org.org_id, world.person.account_id) == []
    assert await use.sessions.get_flow(world.org.org_id, browser, flow.handle) == flow


async def test_a_flow_ends_with_its_first_answer(world: World) -> None:
    """Whether that was a code or a refusal."""
    authorizations, use = rooms(world), world.services
    asked = await asked_by(world)
    person = SignedIn(1, world.person.account_id, world.clock.now)
    browser, _ = await use.sessions.open_browser(world.org)
    new = NewFlow("/x", "/y", None, "constituent", None, None, None, None)
    flow = await use.sessions.open_flow(world.org, browser, new)
    await authorizations.refuse(flow)
    with pytest.raises(FlowGone):
        await authorizations.refuse(flow)
    with pytest.raises(FlowGone):
        await authorizations.issue(
            tenant(world),
            asked,
            Issue(person, ("openid",)),
            consent=None,
            flow=flow,
            visitor=NOBODY,
        )
    assert await use.consents.list_of_account(world.org.org_id, world.person.account_id) == []


async def test_nobody_is_a_caller_before_client_and_address_are_proved(world: World) -> None:
    """Unknown, suspended, or with an address that is not its own."""
    authorizations = rooms(world)
    good = world.request()
    for changes, refusal in (
        ({"client_id": "app_unknown"}, UnknownClient),
        ({"client_id": "1"}, UnknownClient),
        ({"redirect_uri": "https://evil.example/"}, BadReturnAddress),
    ):
        with pytest.raises(refusal):
            await authorizations.verify_caller(
                tenant(world), Parameters({**good, **changes}), OAuthFront()
            )
    await world.services.applications.set_status(
        world.org.org_id, world.web.client_id, ApplicationStatus.SUSPENDED, SYSTEM
    )
    with pytest.raises(ClientNotLive):
        await authorizations.verify_caller(tenant(world), Parameters(good), OAuthFront())


@pytest.mark.parametrize(
    ("kind", "uri", "assured"),
    [
        ("spa", "https://spa.example/cb", True),
        ("native", "https://app.example/cb", True),
        ("native", "http://127.0.0.1:5000/cb", False),
        ("native", "http://[::1]/cb", False),
        ("native", "org.example.app:/cb", False),
        ("web", "http://127.0.0.1:8765/callback", True),
    ],
)
async def test_whose_identity_is_assured(world: World, kind: str, uri: str, assured: bool) -> None:
    """A secret, or an address that nobody else can receive at."""
    method = AuthMethod.BASIC if kind == "web" else AuthMethod.NONE
    known = await world.register("App", kind=kind, auth_method=method, redirect_uris=(uri,))
    params = Parameters(world.request(client_id=known.client_id, redirect_uri=uri))
    caller = await rooms(world).verify_caller(tenant(world), params, OAuthFront())
    address = verify_return_address(params, caller.rules, issuer=world.issuer)
    assert is_identity_assured(known.application, address) is assured
