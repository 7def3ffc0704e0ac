"""OAuth as clients of App Connect do it: away by us, back to their page, and a JWT."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
import pytest

from doorward.audit import SYSTEM
from doorward.db import SECOND
from doorward.orgs import OrganizationChange
from doorward.vault import Status
from tests.dialects.app_connect.client import REDIRECT, Client
from tests.support.old_site import sign_staff_in
from tests.support.upstream import Fault
from tests.support.visits import authorize, form_of, go, post

pytestmark = pytest.mark.anyio

EXPIRED = {"error": "This page has expired. Start to connect again."}


def state_in(url: str) -> str:
    """The state of an authorization address, or of the address that was come back to."""
    return parse_qs(urlsplit(url).query)["state"][0]


def without(uri: str, name: str) -> str:
    """The address without one of its parameters."""
    parts = urlsplit(uri)
    kept = {n: v for n, v in parse_qs(parts.query).items() if n != name}
    return parts._replace(query=urlencode(kept, doseq=True)).geturl()


async def test_somebody_connects_by_the_organizations_registration(client: Client) -> None:
    """The JWT says who they are at the platform, and the connection is theirs alone."""
    await client.set_up()
    uri = await client.come_back("anna")
    assert len(state_in(uri)) >= 43
    answer = await client.callback(uri, who="anna")
    assert answer.status_code == 200
    body = answer.json()
    assert body["name"] == client.server.platform.user.name
    assert body["returnMessage"]["messageType"] == "success"
    claims = json.loads(urlsafe_b64decode(body["jwtToken"].split(".")[1] + "=="))
    assert (claims["id"], claims["platform"]) == ("acct-1-platform", "platform")
    rows = await client.world.services.vault.connections.list(client.org_id)
    mine = [row for row in rows if row.account_id == client.accounts["anna"].account_id]
    assert [row.status for row in mine] == [Status.ACTIVE]
    assert mine[0].credentials_id is not None
    asked = client.server.platform.token_requests[-1]
    assert asked["redirect_uri"] == REDIRECT
    assert "code_verifier" in asked


async def test_a_platform_of_basic_clients_is_asked_as_the_manifest_says(client: Client) -> None:
    """A form body, the client in the header, and an end as long as the platform said."""
    client.server.configure(client_auth="basic", lifetime_s=7200)
    await client.set_up()
    (asked,) = client.server.platform.token_requests
    assert asked["grant_type"] == "authorization_code"
    assert "client_secret" not in asked
    (row,) = await client.world.services.vault.connections.list(client.org_id)
    assert row.expires_at == client.world.clock.now + 7200 * SECOND
    assert ("GET", "/api/me") in client.server.platform.seen


async def test_what_came_back_may_be_handed_on_in_pieces(client: Client) -> None:
    """As code and state, and as an address that lacks its code."""
    await client.set_up()
    uri = await client.come_back("anna")
    params = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
    apart = await client.get("oauth-callback", who="anna", params=params)
    assert "jwtToken" in apart.json()
    uri = await client.come_back("anna")
    code = parse_qs(urlsplit(uri).query)["code"][0]
    sent = {"callbackUri": without(uri, "code"), "code": code}
    assert "jwtToken" in (await client.get("oauth-callback", who="anna", params=sent)).json()


@pytest.mark.parametrize("carrier", ["header", "bearer", "query"])
async def test_an_account_is_proved_wherever_its_token_stands(client: Client, carrier: str) -> None:
    """In the header, with Bearer before it, or in the query."""
    await client.set_up()
    uri, token = await client.come_back("anna"), client.tokens["anna"]
    given = {"callbackUri": uri}
    headers = {"header": {"x-rc-access-token": token}, "query": {}}.get(
        carrier, {"x-rc-access-token": f"Bearer {token}"}
    )
    if carrier == "query":
        given["rcAccessToken"] = token
    answer = await client.get("oauth-callback", params=given, headers=headers)
    assert "jwtToken" in answer.json()


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Missing callbackUri"),
        ({"callbackUri": ""}, "Missing callbackUri"),
        ({"callbackUri": "undefined"}, "Missing callbackUri"),
        ({"callbackUri": f"{REDIRECT}?code=x"}, "Missing platform name"),
        ({"code": "x"}, "Missing platform name"),
    ],
)
async def test_what_is_missing_is_told(client: Client, params: dict[str, str], text: str) -> None:
    """In the words of the contract, as text."""
    answer = await client.get("oauth-callback", params=params, who="anna")
    assert (answer.status_code, answer.text) == (400, text)


@pytest.mark.parametrize(
    "state",
    [
        "platform=platform",
        "platform%3Dplatform%26hostname%3Dx",
        "fillerString,platform=platform",
        "a-state-that-nobody-began",
    ],
)
async def test_a_state_that_did_not_begin_here_ends_nothing(client: Client, state: str) -> None:
    """An address that a client composed itself has no state that anybody could verify."""
    await client.set_up()
    before = len(client.server.platform.token_requests)
    uri = f"{REDIRECT}?{urlencode({'code': 'stolen', 'state': state})}"
    answer = await client.callback(uri, who="anna")
    assert (answer.status_code, answer.json()) == (400, EXPIRED)
    assert len(client.server.platform.token_requests) == before


async def test_a_platform_that_nobody_knows_is_named(client: Client) -> None:
    """As there, with the name cut to a length that fits."""
    state = "platform=" + "x" * 400
    answer = await client.callback(f"{REDIRECT}?code=x&state={quote(state)}", who="anna")
    assert answer.json() == {"error": f"Connector not found for platform: {'x' * 100}"}


async def test_somebody_elses_way_back_is_not_taken(client: Client) -> None:
    """Neither by the one whom a link was sent, nor is it lost for the one who began."""
    await client.set_up()
    await client.join("bert")
    uri = await client.come_back("bert")
    stolen = await client.callback(uri, who="anna")
    assert stolen.status_code == 400
    assert "jwtToken" not in stolen.json()
    assert "jwtToken" in (await client.callback(uri, who="bert")).json()


async def test_without_any_proof_of_who_brings_it_nothing_happens(client: Client) -> None:
    """A code and a state alone are not enough, whatever account the query names."""
    await client.set_up()
    uri = await client.come_back("anna")
    account = str(client.accounts["anna"].account_id)
    answer = await client.callback(uri)
    assert (answer.status_code, answer.text) == (400, "Missing RingCentral access token")
    spoofed = {"callbackUri": uri, "rcAccountId": account, "userEmail": "anna@example.org"}
    answer = await client.get("oauth-callback", params=spoofed)
    assert (answer.status_code, answer.text) == (400, "Missing RingCentral access token")
    bad = await client.callback(uri, headers={"x-rc-access-token": "dw_at_no"})
    assert bad.status_code == 400
    assert "jwtToken" in (await client.callback(uri, who="anna")).json()


async def test_a_browser_that_began_may_bring_it_itself(client: Client) -> None:
    """By the cookies of its flow and its sign-in; without the flow's it is another browser."""
    await client.set_up()
    asked = {"state": "platform=platform"}
    async with client.world.http() as browser:
        left = await authorize(browser, asked, at="app-connect/oauth/authorize")
        uri = f"{REDIRECT}?{urlencode(client.server.visit(left.location))}"
        flow = next(name for name in browser.cookies if "connect" in name)
        kept = browser.cookies[flow]
        browser.cookies.delete(flow)
        without_it = await browser.get("app-connect/oauth-callback", params={"callbackUri": uri})
        assert without_it.status_code == 400
        browser.cookies.set(flow, kept)
        answer = await browser.get("app-connect/oauth-callback", params={"callbackUri": uri})
    assert "jwtToken" in answer.json()
    assert "access-control-allow-origin" not in answer.headers


async def test_a_way_back_is_taken_once(client: Client) -> None:
    """The second time it is over, and the platform is not asked."""
    await client.set_up()
    uri = await client.come_back("anna")
    assert (await client.callback(uri, who="anna")).status_code == 200
    assert (await client.callback(uri, who="anna")).json() == EXPIRED


@pytest.mark.parametrize(
    "place",
    [
        "https://client.example/elsewhere",
        "https://evil.example/embeddable/redirect.html",
        "http://client.example/embeddable/redirect.html",
    ],
)
async def test_the_way_back_must_be_the_one_that_was_asked_for(client: Client, place: str) -> None:
    """Another page is where another platform's answers arrive."""
    await client.set_up()
    uri = await client.come_back("anna")
    moved = f"{place}?{urlsplit(uri).query}"
    answer = await client.callback(moved, who="anna")
    assert answer.json() == {"error": "Redirected path should match configured path."}
    assert "jwtToken" in (await client.callback(uri, who="anna")).json()


async def test_a_code_of_another_visit_is_not_redeemed(client: Client) -> None:
    """A stolen code in a flow of one's own: the challenge was another one."""
    await client.set_up()
    stolen = parse_qs(urlsplit(await client.come_back("ada")).query)["code"][0]
    await client.join("bert")
    mine = await client.come_back("bert")
    uri = f"{without(mine, 'code')}&code={stolen}"
    answer = await client.callback(uri, who="bert")
    assert answer.status_code == 400
    assert "jwtToken" not in answer.json()


async def test_what_the_query_says_of_addresses_is_not_looked_at(client: Client) -> None:
    """The code goes to the manifest's token endpoint, whatever ``tokenUrl`` is."""
    await client.set_up()
    sent = {
        "callbackUri": await client.come_back("anna"),
        "tokenUrl": "https://evil.example/token",
        "apiUrl": "https://evil.example/",
        "hostname": "evil.example",
        "username": "root",
        "proxyId": "x",
    }
    answer = await client.get("oauth-callback", params=sent, who="anna")
    assert "jwtToken" in answer.json()


async def test_a_person_who_declines_is_not_connected(client: Client) -> None:
    """The platform's error is an error of the contract, in our words."""
    await client.set_up()
    client.server.platform.denies = "access_denied"
    answer = await client.callback(await client.come_back("anna"), who="anna")
    assert answer.status_code == 400
    assert answer.json() == {"error": "The resource owner denied the request."}


async def test_a_platform_that_refuses_the_exchange_is_an_error(client: Client) -> None:
    """400, nothing of the platform's answer, and no connection."""
    await client.set_up()
    client.server.platform.faults.append(Fault(kind="status", status=500))
    answer = await client.callback(await client.come_back("anna"), who="anna")
    assert answer.status_code == 400
    assert answer.json() == {"error": "The platform cannot be reached now. Try again in a moment."}
    rows = await client.world.services.vault.connections.list(client.org_id)
    assert len(rows) == 1


async def test_an_account_that_cannot_be_used_is_a_message_and_no_error(client: Client) -> None:
    """200 without a JWT, as where the platform's user cannot be read."""
    await client.set_up()
    uri = await client.come_back("anna")
    connectors = client.world.services.connectors
    await connectors.disable(client.org_id, "platform", SYSTEM)
    answer = await client.callback(uri, who="anna")
    assert answer.status_code == 200
    assert set(answer.json()) == {"returnMessage"}
    assert answer.json()["returnMessage"]["messageType"] == "danger"


async def test_our_own_callback_begins_on_our_own_page(client: Client) -> None:
    """Where the client does not take part, a person reads first what is going to happen."""
    await client.set_up()
    await client.connector("other", redirect=None)
    at = "app-connect/oauth/authorize"
    async with client.world.http() as browser:
        await authorize(browser, {"state": "platform=platform"}, at=at)
        answer = await browser.get(at, params={"state": "platform=other"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/o/{client.org_id}/connect/start?connector=other"
    assert not any("connect" in each for each in answer.headers.get_list("set-cookie"))


async def test_a_registration_with_our_own_callback_begins_there_too(client: Client) -> None:
    """What was registered at the platform decides, whatever page the manifest names."""
    await client.set_up()
    ours = f"{client.world.issuer}/connect/callback/platform"
    assert (await client.submit(redirectUri=ours)).status_code == 200
    assert (await client.visit("anna")).startswith(client.server.url)
    async with client.world.http() as browser:
        await sign_staff_in(client.world, browser, "ada")
        at = "app-connect/oauth/authorize"
        answer = await browser.get(at, params={"state": "platform=platform"})
    assert answer.headers["location"] == f"/o/{client.org_id}/connect/start?connector=platform"


async def test_a_connection_of_our_own_pages_has_its_jwt_by_the_account(client: Client) -> None:
    """For who holds the connection, and for nobody else."""
    await client.set_up()
    mine = await client.post("session", {"platform": "platform"}, who="ada")
    assert (await client.get("authValidation", jwt=mine.json()["jwtToken"])).json()["successful"]
    other = await client.post("session", {"platform": "platform"}, who="anna")
    assert (other.status_code, other.text) == (400, "User not found")
    nobody = await client.post("session", {"platform": "platform"})
    assert (nobody.status_code, nobody.text) == (400, "Missing RingCentral access token")


async def test_somebody_connects_on_our_own_page_and_the_client_has_a_jwt(client: Client) -> None:
    """The client's address leads to the page, the platform back to our callback."""
    await client.connector(redirect=None)
    ours = f"{client.world.issuer}/connect/callback/platform"
    assert (await client.submit(redirectUri=ours)).status_code == 200
    async with client.world.http() as browser:
        await sign_staff_in(client.world, browser, "ada")
        at = "app-connect/oauth/authorize"
        led = await browser.get(at, params={"state": "platform=platform"})
        page = await go(browser, led.headers["location"])
        leaving = await post(browser, form_of(page, "action"))
        (away,) = {each for each in leaving.page.links if each.startswith(client.server.url)}
        back = await browser.get(ours, params=client.server.visit(away))
    assert back.status_code == 303
    jwt = (await client.post("session", {"platform": "platform"}, who="ada")).json()["jwtToken"]
    assert (await client.get("user/info", jwt=jwt)).status_code == 200


@pytest.mark.parametrize("state", ["", "platform=", "platform=nowhere", "platform=../x", "\x00"])
async def test_an_address_that_names_no_platform_is_a_page(client: Client, state: str) -> None:
    """For people, who see a sentence."""
    async with client.world.http() as browser:
        answer = await browser.get("app-connect/oauth/authorize", params={"state": state})
    assert answer.status_code == 400
    assert "text/html" in answer.headers["content-type"]


async def test_an_address_begins_where_the_organization_speaks_it(client: Client) -> None:
    """Without the dialect there is neither an address nor a server."""
    change = OrganizationChange(dialects=("neos",))
    await client.world.services.organizations.update(client.org_id, change, SYSTEM)
    for path in ("isAlive", "oauth/authorize?state=platform%3Dplatform"):
        answer: httpx2.Response = await client.get(path)
        assert answer.status_code == 404
