"""The connect pages before people, links and parameters that are not what they should be."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM, Actor
from doorward.vault import NewConnectSession
from tests.support.factories import PASSWORD, make_account
from tests.support.visits import Visit, form_of, go, post
from tests.support.world import CALLBACK, World
from tests.vault.samples import new_connection

pytestmark = pytest.mark.anyio

SLUG = "hubspot"
ADDRESSES = ("/connect", "/connect/start", "/connect/done", "/connect/failed", "/connect/session")
BAD = ("%00", "%0d%0a", "9" * 40, "-1", "%F0%9F%9A%AA", "..%2f..", "%3Cscript%3E")
NAMES = ("connector", "option", "environment", "reconnect", "within", "connection", "session")


@pytest.fixture
async def connector(world: World) -> str:
    """A platform of the catalogue that is on."""
    await world.services.connectors.enable(world.org.org_id, SLUG, SYSTEM)
    return SLUG


async def _enter(world: World, http: httpx2.AsyncClient, path: str) -> Visit:
    """Come to a page as Anna, by way of the sign-in form."""
    asked = await go(http, f"{world.issuer}{path}")
    return await post(http, form_of(asked, "password"), username="anna", password=PASSWORD.reveal())


async def _link(world: World, slug: str) -> tuple[str, int]:
    """What an application's server gives Anna, who lets it act for her."""
    person, application = world.person, world.web.application
    by = Actor(kind="account", id=str(person.account_id))
    whose = (world.org.org_id, person.account_id, application.client_id)
    await world.services.db.unit(
        lambda tx: world.services.consents.allow(tx, whose, ("openid",), by)
    )
    new = NewConnectSession(account_id=person.account_id, connectors=(slug,), return_url=CALLBACK)
    session, value = await world.services.connecting.sessions.create(application, new, SYSTEM)
    return value.reveal(), session.id


@pytest.mark.parametrize("path", ADDRESSES)
async def test_bad_parameters_are_pages_and_no_mishaps_of_ours(
    world: World, connector: str, path: str
) -> None:
    """Whatever stands in an address, the answer is a page with a status below 500."""
    async with world.http() as http:
        await _enter(world, http, "/connect")
        for name in NAMES:
            for value in BAD:
                known = "" if name == "connector" else f"&connector={connector}"
                answer = await http.get(f"{world.issuer}{path}?{name}={value}{known}")
                assert answer.status_code < 500, (name, value)


async def test_a_form_of_another_page_changes_nothing(world: World, connector: str) -> None:
    """Without the token of this sign-in nobody leaves for a platform."""
    async with world.http() as http:
        await _enter(world, http, "/connect")
        address = f"{world.issuer}/connect/start?connector={connector}"
        for form in ({}, {"csrf": "x"}):
            answer = await http.post(address, data={**form, "action": "connect"})
            assert answer.status_code == 403


async def test_another_persons_connection_is_not_there(world: World) -> None:
    """It is neither shown, renamed nor ended."""
    other = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    new = new_connection(org_id=world.org.org_id, account_id=other.account_id)
    kept = await world.services.vault.connections.connect(new, SYSTEM)
    number = str(kept.connection.connection_id)
    async with world.http() as http:
        shown = await _enter(world, http, "/account/connections")
        assert shown.response.status_code == 200
        token = await _token(world, http)
        for part in ("rename", "ask", "disconnect"):
            form = {"csrf": token, "part": part, "connection": number, "label": "mine"}
            answer = await http.post(f"{world.issuer}/account/connections", data=form)
            assert answer.status_code == 404
        done = await http.get(f"{world.issuer}/connect/done?connection={number}")
        assert done.status_code == 404
    row = await world.services.vault.connections.get(
        world.org.org_id, kept.connection.connection_id
    )
    assert row.is_connected
    assert row.label != "mine"


async def test_an_applications_link_leads_its_person_to_the_one_connector(
    world: World, connector: str
) -> None:
    """Who has to sign in first comes back to the link, and its value leaves the address."""
    value, number = await _link(world, connector)
    async with world.http() as http:
        arrived = await _enter(world, http, f"/connect/session?session={value}")
        address = urlsplit(str(arrived.response.url))
        assert address.path.endswith("/connect/start")
        assert dict(parse_qsl(address.query)) == {"connector": connector, "within": str(number)}
        assert "Donor Portal" in arrived.page.text
        failed = await go(http, f"{world.issuer}/connect/failed?reason=declined&{address.query}")
        back = next(each for each in failed.page.links if each.startswith(CALLBACK))
        told = dict(parse_qsl(urlsplit(back).query))
        assert told["result"] == "declined"
        assert told["connect_session"] == str(number)


async def test_a_link_opens_for_nobody_else_and_for_no_other_connector(
    world: World, connector: str
) -> None:
    """Somebody else is told that it is not for them; Anna that it is for another platform."""
    value, number = await _link(world, connector)
    await make_account(world.services.db, "ben", org_id=world.org.org_id)
    async with world.http() as http:
        asked = await go(http, f"{world.issuer}/connect/session?session={value}")
        form = form_of(asked, "password")
        arrived = await post(http, form, username="ben", password=PASSWORD.reveal())
        assert arrived.response.status_code == 410
        # Back to where it came from, and nothing of what would have come of it.
        origin = CALLBACK.removesuffix("/callback")
        assert [each for each in arrived.page.links if each.startswith(origin)] == [origin]
        unknown = await go(http, f"{world.issuer}/connect/session?session=none")
        assert not any(each.startswith(origin) for each in unknown.page.links)
        mine = f"{world.issuer}/account/connections"
        assert mine in unknown.page.links
        guessed = await go(http, f"{world.issuer}/connect?within={number}")
        assert guessed.response.status_code == 410
        assert not any(each.startswith(origin) for each in guessed.page.links)
    async with world.http() as http:
        await _enter(world, http, f"/connect/session?session={value}")
        other = await http.get(f"{world.issuer}/connect/start?connector=other&within={number}")
        assert other.status_code == 403
        world.clock.advance(seconds=1_801)
        late = await go(http, f"{world.issuer}/connect?within={number}")
        assert late.response.status_code == 410
        assert origin in late.page.links


async def test_a_callback_of_nobody_is_told_to_begin_again(world: World, connector: str) -> None:
    """Signed in or not; and a connector that is not there has no callback."""
    async with world.http() as http:
        address = f"{world.issuer}/connect/callback/{connector}?code=stolen&state=guessed"
        answer = await http.get(address)
        assert answer.status_code == 303
        assert "stolen" not in answer.headers["location"]
        assert "reason=connect_flow_over" in answer.headers["location"]
        assert (await go(http, answer.headers["location"])).response.status_code == 410
        for slug in ("nobody", "..%2fhubspot", ""):
            missing = await http.get(f"{world.issuer}/connect/callback/{slug}?code=x")
            assert missing.status_code == 404
        assert (await http.post(address)).status_code == 405


async def test_staff_are_meant_only_where_the_address_says_so(world: World, connector: str) -> None:
    """With both signed in, pages are the constituent's unless they say otherwise."""
    org_id = world.org.org_id
    await make_account(world.services.db, "grace", org_id=org_id, kind=AccountKind.SYSTEM)
    async with world.http() as http:
        await _enter(world, http, "/connect")
        asked = await go(http, f"{world.issuer}/connect?sign_in=staff")
        form = form_of(asked, "password")
        arrived = await post(http, form, username="grace", password=PASSWORD.reveal())
        assert str(arrived.response.url).endswith("/connect?sign_in=staff")
        mine = await go(http, f"{world.issuer}/connect/start?connector={connector}")
        assert "Anna Example" in mine.page.text
        theirs = await go(http, f"{world.issuer}/connect/start?connector={connector}&sign_in=staff")
        assert "Grace Example" in theirs.page.text


async def _token(world: World, http: httpx2.AsyncClient) -> str:
    """The token of this sign-in's forms."""
    page = (await go(http, f"{world.issuer}/account/sessions")).page
    return next(form.fields["csrf"] for form in page.forms if "csrf" in form.fields)
