"""What a connection's JWT opens: where it is carried, when it is renewed, and how it ends."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from doorward.audit import SYSTEM, Audit
from doorward.connectors import Variable
from tests.dialects.app_connect.client import KEY, Client
from tests.support.upstream import API_KEY, Fault, User

pytestmark = pytest.mark.anyio

DAY = 86_400
ASK = "Please go to Settings and authorize CRM platform"
NEEDS_JWT = (
    ("GET", "authValidation"),
    ("GET", "hostname"),
    ("POST", "unAuthorize"),
    ("GET", "user/info"),
    ("GET", "admin/managedAuth"),
    ("POST", "admin/managedAuth"),
    ("GET", "admin/settings"),
)


async def keyed(client: Client, **more: Any) -> str:
    """Anna's JWT at a platform of keys."""
    client.server.configure(kind="key", revoke="none")
    await client.connector(**more)
    answer = await client.log_in(apiKey=API_KEY)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["jwtToken"])


def is_text(answer: httpx2.Response, status: int, text: str) -> bool:
    """Whether it is a string as the platform's server sends one."""
    kind = answer.headers["content-type"]
    return (answer.status_code, answer.text, kind) == (status, text, "text/html; charset=utf-8")


async def test_the_server_says_that_it_is_there(client: Client) -> None:
    """As text, which is no page that could do anything."""
    answer = await client.get("isAlive")
    assert is_text(answer, 200, "OK")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("method", "path"), NEEDS_JWT)
async def test_without_a_jwt_it_is_asked_for(client: Client, method: str, path: str) -> None:
    """None, a bad bearer that hides a good query, and a bad query, each in its own words."""
    jwt = await keyed(client)
    more: dict[str, Any] = {"json": {}} if method == "POST" else {}
    assert is_text(await client.call(method, path, **more), 400, ASK)
    bad = await client.call(method, path, jwt="bad", params={"jwtToken": jwt}, **more)
    assert is_text(bad, 400, ASK)
    other = {"authorization": "Basic YTpi"}
    assert is_text(await client.call(method, path, headers=other, **more), 400, ASK)
    query = await client.call(method, path, params={"jwtToken": "bad"}, **more)
    assert is_text(query, 400, "Invalid JWT token")


async def test_a_jwt_may_stand_in_the_query(client: Client) -> None:
    """Older clients send it there; the header's counts first."""
    jwt = await keyed(client)
    answer = await client.get("authValidation", params={"jwtToken": jwt})
    assert answer.json()["successful"] is True
    both = await client.get("authValidation", jwt=jwt, params={"jwtToken": "bad"})
    assert both.json()["successful"] is True


@pytest.mark.parametrize("carrier", ["bearer", "query"])
async def test_a_jwt_with_seven_days_left_is_renewed_along_the_way(
    client: Client, carrier: str
) -> None:
    """Not before; any page's script may read it; and the new one is good when the old is not."""
    jwt = await keyed(client)
    sent: dict[str, Any] = {"jwt": jwt} if carrier == "bearer" else {"params": {"jwtToken": jwt}}
    early = await client.get("isAlive", **sent)
    assert "x-refreshed-jwt-token" not in early.headers
    client.world.clock.advance(seconds=7 * DAY)
    late = await client.get("isAlive", **sent)
    fresh = late.headers["x-refreshed-jwt-token"]
    assert late.headers["access-control-expose-headers"] == "x-refreshed-jwt-token"
    assert late.headers["access-control-allow-origin"] == "*"
    client.world.clock.advance(seconds=7 * DAY)
    assert is_text(await client.get("hostname", jwt=jwt), 400, ASK)
    assert (await client.get("authValidation", jwt=fresh)).json()["successful"] is True
    dead = await client.get("isAlive", jwt=jwt)
    assert "x-refreshed-jwt-token" not in dead.headers


async def test_a_preflight_allows_what_clients_send(client: Client) -> None:
    """Methods and headers of the contract; without a credential."""
    answer = await client.call("OPTIONS", "admin/managedOAuth/cache")
    assert answer.status_code == 204
    assert "DELETE" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"]
    assert {"x-rc-access-token", "authorization", "is-debug"} <= set(allowed.split(", "))
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


async def test_a_browsers_cookies_are_read_for_no_other_page(client: Client) -> None:
    """Whatever brings cookies is answered without leave to read it elsewhere."""
    answer = await client.get("isAlive", headers={"cookie": "a=b"})
    assert "access-control-allow-origin" not in answer.headers


async def test_validation_asks_the_platform(client: Client) -> None:
    """200 either way: the body says whether it works."""
    jwt = await keyed(client)
    good = await client.get("authValidation", jwt=jwt)
    assert good.json() == {
        "successful": True,
        "returnMessage": {"messageType": "success", "message": "Connected.", "ttl": 3000},
    }
    client.server.configure(kind="oauth")
    bad = await client.get("authValidation", jwt=jwt)
    assert bad.status_code == 200
    assert bad.json()["successful"] is False
    assert bad.json()["failReason"] == "CRM. API failed"
    assert bad.json()["returnMessage"]["messageType"] == "warning"


async def test_everybody_with_a_connection_has_a_licence(client: Client) -> None:
    """And nobody without: 200 for each, but a bad query is a 400."""
    jwt = await keyed(client)
    good = (await client.get("licenseStatus", jwt=jwt)).json()
    assert good == {
        "isLicenseValid": True,
        "licenseStatus": "Basic",
        "licenseStatusDescription": "",
    }
    none = (await client.get("licenseStatus")).json()
    assert none["licenseStatus"] == "Invalid (Invalid user session)"
    assert is_text(
        await client.get("licenseStatus", params={"jwtToken": "x"}), 400, "Invalid JWT token"
    )
    await client.post("unAuthorize", jwt=jwt)
    gone = (await client.get("licenseStatus", jwt=jwt)).json()
    assert (gone["isLicenseValid"], gone["licenseStatus"]) == (False, "Invalid (User not found)")


async def test_after_logging_out_the_jwt_is_nobodys(client: Client) -> None:
    """The credentials are gone from the row, and every route says so in its own words."""
    jwt = await keyed(client)
    answer = await client.post("unAuthorize", jwt=jwt)
    assert answer.json() == {
        "messageType": "success",
        "message": "Logged out of The Platform",
        "ttl": 3000,
    }
    (row,) = await client.world.services.vault.connections.list(client.org_id)
    assert row.sealed is None
    for method, path in (("GET", "hostname"), ("POST", "unAuthorize")):
        assert is_text(await client.call(method, path, jwt=jwt), 400, "User not found")
    valid = (await client.get("authValidation", jwt=jwt)).json()
    assert valid["successful"] is False
    assert valid["failReason"] == "App Connect. User not found in database"
    info = (await client.post("user/refreshInfo", jwt=jwt)).json()
    assert (info["successful"], info["returnMessage"]["message"]) == (False, "User not found")
    client.world.clock.advance(seconds=8 * DAY)
    late = await client.get("isAlive", jwt=jwt)
    assert "x-refreshed-jwt-token" not in late.headers


async def test_connecting_again_ends_the_jwt_from_before(client: Client) -> None:
    """It was for another grant; the same person's settings stay with the connection."""
    old = await keyed(client)
    new = (await client.log_in(apiKey=API_KEY)).json()["jwtToken"]
    assert (await client.get("authValidation", jwt=new)).json()["successful"] is True
    assert (await client.get("authValidation", jwt=old)).json()["successful"] is False
    assert len(await client.world.services.vault.connections.list(client.org_id)) == 1


async def test_a_disabled_account_has_no_jwt(client: Client) -> None:
    """Until it is enabled again."""
    jwt = await keyed(client)
    accounts, person = client.world.services.accounts, client.world.person
    await accounts.disable(client.org_id, person.account_id, SYSTEM)
    assert (await client.get("user/info", jwt=jwt)).status_code == 401
    assert is_text(await client.get("hostname", jwt=jwt), 400, "User not found")


async def test_a_data_route_asks_the_platform_with_the_connection(client: Client) -> None:
    """Whose account it is there, without any credential in the answer."""
    jwt = await client.set_up()
    info = await client.get("user/info", jwt=jwt)
    assert info.status_code == 200
    assert info.json()["id"] == "acct-1-platform"
    assert info.json()["platform"] == "platform"
    assert "up_access" not in info.text


async def test_what_a_person_is_called_there_is_asked_again(client: Client) -> None:
    """Kept and recorded where it is another name of the same account; nothing else is touched."""
    jwt = await client.set_up()
    vault = client.world.services.vault
    answer = await client.post("user/refreshInfo", jwt=jwt)
    assert answer.json()["successful"] is True
    for family in client.server.platform.families:
        family.user = User(name="Another Name", email="another@example.org")
    assert (await client.post("user/refreshInfo", jwt=jwt)).json()["successful"] is True
    (row,) = await vault.connections.list(client.org_id)
    assert (row.party_name, row.party_email) == ("Another Name", "another@example.org")
    events = await Audit(db=client.world.services.db).list(client.org_id, None, 50)
    actions = [each.event.action for each in events]
    assert actions.count("connection.identified") == 1
    assert (await client.get("user/info", jwt=jwt)).json()["name"] == "Another Name"
    for family in client.server.platform.families:
        family.user = User(account_id="acct-9", name="Somebody Else")
    await client.post("user/refreshInfo", jwt=jwt)
    (row,) = await vault.connections.list(client.org_id)
    assert row.party_name == "Another Name"


async def test_a_client_that_may_act_no_more_has_no_jwt(client: Client) -> None:
    """Taking the application away ends it, and allowing it anew does not bring it back."""
    jwt = await keyed(client)
    consents, account = client.world.services.consents, client.world.person.account_id
    for each in await consents.list_of_account(client.org_id, account):
        await consents.withdraw(client.org_id, each.consent_id, SYSTEM)
    assert is_text(await client.get("hostname", jwt=jwt), 400, "User not found")
    client.tokens["anna"] = await client.token("anna")
    assert is_text(await client.get("hostname", jwt=jwt), 400, "User not found")
    fresh = await client.post("session", {"platform": "platform"}, who="anna")
    assert (await client.get("hostname", jwt=fresh.json()["jwtToken"])).status_code == 200


async def test_of_many_ways_back_at_once_one_is_answered(client: Client) -> None:
    """And the platform is asked for tokens once."""
    await client.set_up()
    uri = await client.come_back("anna")
    before = len(client.server.platform.token_requests)
    answers = await asyncio.gather(*(client.callback(uri, who="anna") for _ in range(12)))
    assert sorted(each.status_code for each in answers) == [200] + [400] * 11
    assert len(client.server.platform.token_requests) == before + 1


async def test_a_data_route_renews_and_says_when_the_session_is_over(client: Client) -> None:
    """A token that ended is renewed; a grant that ended is 401; a platform that is down is not."""
    jwt = await client.set_up()
    client.world.clock.advance(seconds=2 * 3600)
    assert (await client.get("user/info", jwt=jwt)).status_code == 200
    for family in client.server.platform.families:
        family.is_revoked = True
    over = await client.get("user/info", jwt=jwt)
    assert over.status_code == 401
    assert over.json()["errorCode"] == "CRM_SESSION_REVOKED"
    assert over.json()["successful"] is False
    assert over.json()["returnMessage"]["message"] == (
        "User session expired. Please connect again."
    )
    refreshed = (await client.post("user/refreshInfo", jwt=jwt)).json()
    assert refreshed["returnMessage"]["message"] == "User session expired. Please connect again."
    licence = (await client.get("licenseStatus", jwt=jwt)).json()
    assert licence["licenseStatus"] == "Invalid (Connect to get license status)"


async def test_a_platform_that_is_down_ends_no_session(client: Client) -> None:
    """What may pass is an error, and neither a 401 nor a logout."""
    jwt = await client.set_up()
    client.world.clock.advance(seconds=2 * 3600)
    client.server.platform.faults.extend([Fault(kind="status")] * 9)
    answer = await client.get("user/info", jwt=jwt)
    assert answer.status_code == 400
    assert "error" in answer.json()
    client.server.platform.faults.clear()
    client.world.clock.advance(seconds=3600)
    assert (await client.get("user/info", jwt=jwt)).status_code == 200


async def test_the_host_is_the_one_that_was_typed(client: Client) -> None:
    """As text, as it is kept; else that of the platform's API; never one from a parameter."""
    host = Variable(name="site", type="hostname", pattern=r"^[a-z]+\.example\.com$")
    client.server.configure(kind="key", revoke="none")
    await client.connector(variables=(host, KEY))
    typed = {"apiKey": API_KEY, "hostname": "https://ACME.example.com/"}
    jwt = (await client.log_in(**typed)).json()["jwtToken"]
    assert is_text(await client.get("hostname?hostname=evil", jwt=jwt), 200, "acme.example.com")
    other = await client.connector("other", variables=(KEY,))
    body = {"platform": "other", "apiKey": API_KEY}
    plain = (await client.post("apiKeyLogin", body, who="anna")).json()["jwtToken"]
    api = urlsplit(other.manifest.proxy.base_url).hostname or ""
    assert is_text(await client.get("hostname", jwt=plain), 200, api)


async def test_a_hash_is_the_same_for_the_same_id_and_another_elsewhere(client: Client) -> None:
    """64 hexadecimal digits each, which nobody can make without the key."""
    ask = {"extensionId": "12", "accountId": "12"}
    first = (await client.get("userInfoHash", params=ask)).json()
    assert first["extensionId"] == first["accountId"]
    assert len(first["extensionId"]) == 64
    again = (await client.get("userInfoHash", params={**ask, "accountId": "13"})).json()
    assert again["extensionId"] == first["extensionId"] != again["accountId"]


async def test_the_administrators_callback_believes_permissions_alone(client: Client) -> None:
    """Nothing is exchanged: the connection's own account is one, or it is not."""
    mine, hers = await keyed(client), (await client.log_in("ada", apiKey=API_KEY)).json()
    path = "ringcentral/oauth/callback"
    for jwt in ("", "bad", mine):
        assert is_text(
            await client.get(path, jwt=jwt, params={"code": "x"}), 400, "Invalid request"
        )
    assert is_text(await client.get(path, jwt=hers["jwtToken"]), 400, "Invalid request")
    good = await client.get(path, jwt=hers["jwtToken"], params={"code": "x"})
    assert good.json() == {"successful": True}
