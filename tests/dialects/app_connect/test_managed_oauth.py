"""Admin-managed OAuth: cached, shown without its secret, proved, everybody's, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from doorward.audit import SYSTEM
from doorward.crypto import Secret
from doorward.db import statement
from doorward.orgs import Permission
from doorward.vault import CredentialsChange, Place, Submitters
from doorward.vault.store import tenant_credentials
from tests.dialects.app_connect.client import REDIRECT, Client
from tests.support.upstream import CLIENT_ID, SECRET

pytestmark = pytest.mark.anyio

PLATFORM = "?platform=platform"


async def state(client: Client, who: str) -> dict[str, Any]:
    """What this account is told."""
    answer = await client.get(f"oauthManagedAuthState{PLATFORM}", who=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def submitters(client: Client, wanted: Submitters) -> None:
    """Let more than administrators set a connector up."""
    credentials = client.world.services.connecting.credentials
    await credentials.set_submitters(client.org_id, wanted, SYSTEM)


async def place(client: Client) -> Place:
    """The connector."""
    connector = await client.world.services.connectors.get(client.org_id, "platform")
    return Place(connector, "", (client.world.issuer,))


async def test_the_whole_life_of_a_registration(client: Client) -> None:
    """Nothing, cached, proved, everybody's, taken back: and what each account is told of it."""
    await client.connector()
    assert await state(client, "ada") == {
        "isAdmin": True, "hasAccountOAuth": False, "hasPendingOAuth": False,
    }  # fmt: skip
    answer = await client.submit()
    assert (answer.status_code, answer.json()) == (200, {"successful": True})
    pending = await state(client, "ada")
    assert pending["hasPendingOAuth"] is True
    assert pending["pendingValues"] == {"clientId": CLIENT_ID, "redirectUri": REDIRECT}
    assert await state(client, "anna") == {
        "isAdmin": False, "hasAccountOAuth": False, "hasPendingOAuth": False,
    }  # fmt: skip
    jwt = await client.connect("ada")
    for who in ("ada", "anna"):
        told = await state(client, who)
        assert (told["hasAccountOAuth"], told["hasPendingOAuth"]) == (True, False)
        assert told["oauthValues"] == {"clientId": CLIENT_ID, "redirectUri": REDIRECT}
    await client.connect("anna")
    gone = await client.delete(f"admin/managedOAuth/account{PLATFORM}", who="ada")
    assert gone.json() == {"successful": True}
    assert (await state(client, "anna"))["hasAccountOAuth"] is False
    assert (await client.get("user/info", jwt=jwt)).json()["errorCode"] == "CRM_SESSION_REVOKED"


async def test_the_secret_is_in_no_answer_and_in_no_row(client: Client) -> None:
    """Neither while it waits nor afterwards, for an administrator either."""
    await client.connector()
    told = [await client.submit(), await client.get(f"oauthManagedAuthState{PLATFORM}", who="ada")]
    await client.connect("ada")
    told.append(await client.get(f"oauthManagedAuthState{PLATFORM}", who="ada"))
    rows = await client.world.services.db.all(statement(tenant_credentials.select()))
    assert len(rows) >= 1
    assert SECRET.encode() not in b"".join(bytes(str(row), "utf-8") for row in rows)
    assert all(SECRET not in each.text for each in told)


async def test_a_submission_takes_the_place_of_the_one_before(client: Client) -> None:
    """All of it: what the later one does not have is not there."""
    await client.connector()
    await client.submit(clientId="first", scopes="contacts.read")
    await client.submit(clientId="second")
    assert (await state(client, "ada"))["pendingValues"]["clientId"] == "second"
    assert "scopes" not in (await state(client, "ada"))["pendingValues"]


@pytest.mark.parametrize(
    "scopes", ["contacts.read offline_access", "contacts.read,offline_access",
               ["contacts.read", "offline_access"]],
)  # fmt: skip
async def test_scopes_come_as_text_or_as_a_list(client: Client, scopes: Any) -> None:
    """And are told as a list."""
    await client.connector()
    await client.submit(scopes=scopes)
    told = (await state(client, "ada"))["pendingValues"]["scopes"]
    assert told == ["contacts.read", "offline_access"]


async def test_what_is_empty_unknown_or_no_text_is_left_out(client: Client) -> None:
    """A client that sends its whole form is understood."""
    await client.connector()
    odd: dict[str, Any] = {
        "hostname": "", "accessTokenUri": None, "authorizationUri": "  ", "scopes": [],
        "colour": "red", "nested": {"a": 1},
    }  # fmt: skip
    assert (await client.submit(**odd)).status_code == 200
    assert set((await state(client, "ada"))["pendingValues"]) == {"clientId", "redirectUri"}


@pytest.mark.parametrize(
    "values",
    [
        {"clientId": ""},
        {"clientId": None},
        {"clientSecret": ""},
        {"redirectUri": "https://evil.example/"},
        {"authorizationUri": "http://169.254.169.254/"},
        {"accessTokenUri": "https://127.0.0.1/token"},
        {"accessTokenUri": "file:///etc/passwd"},
        {"clientId": "a\x00b"},
        {"clientSecret": "a\nb"},
        {"clientId": "x" * 5_000},
    ],
)
async def test_what_cannot_be_is_refused(client: Client, values: dict[str, Any]) -> None:
    """400 with a sentence that repeats nothing of it; nothing waits."""
    await client.connector()
    answer = await client.submit(**values)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
    assert SECRET not in answer.text
    assert (await state(client, "ada"))["hasPendingOAuth"] is False


async def test_a_submission_waits_for_a_day(client: Client) -> None:
    """Then it is not there any more."""
    await client.connector()
    await client.submit()
    client.world.clock.advance(seconds=24 * 3600 - 1)
    await client.join("ada", Permission.CONNECTORS_WRITE)
    assert (await state(client, "ada"))["hasPendingOAuth"] is True
    client.world.clock.advance(seconds=1)
    assert (await state(client, "ada"))["hasPendingOAuth"] is False


async def test_a_submission_can_be_withdrawn(client: Client) -> None:
    """Again and again: there may be nothing."""
    await client.connector()
    await client.submit()
    for _ in range(2):
        answer = await client.delete(f"admin/managedOAuth/cache{PLATFORM}", who="ada")
        assert (answer.status_code, answer.json()) == (200, {"successful": True})
    assert (await state(client, "ada"))["hasPendingOAuth"] is False
    again = await client.delete(f"admin/managedOAuth/account{PLATFORM}", who="ada")
    assert again.json() == {"successful": True}


async def test_nobody_connects_by_what_waits_but_its_submitter(client: Client) -> None:
    """Others are led to the page on which they can ask an administrator."""
    await client.connector()
    await client.submit()
    with pytest.raises(AssertionError, match=r"connect/start\?connector=platform"):
        await client.visit("anna")
    assert "jwtToken" in (await client.callback(await client.come_back("ada"), who="ada")).json()
    assert await client.connect("anna")


async def test_what_is_proved_counts_before_what_waits_for_everybody_else(client: Client) -> None:
    """A new submission changes nothing for others until it is proved."""
    await client.set_up()
    await client.submit(clientId="another")
    told = await state(client, "anna")
    assert told["oauthValues"]["clientId"] == CLIENT_ID
    assert await client.connect("anna")


async def test_editing_ends_everybodys_session(client: Client) -> None:
    """What App Connect's documentation promises: other credentials, and all connect again."""
    hers = await client.set_up()
    mine = await client.connect("anna")
    client.server.platform.secrets.add("another-secret")
    services = client.world.services

    change = CredentialsChange(client_id="other", client_secret=Secret("s"))
    await services.connecting.credentials.change(await place(client), change, SYSTEM)
    for jwt in (hers, mine):
        assert (await client.get("user/info", jwt=jwt)).status_code == 401
        assert (await client.get("hostname", jwt=jwt)).text == "User not found"
        assert (await client.post("unAuthorize", jwt=jwt)).text == "User not found"


async def test_rotating_the_secret_ends_nothing(client: Client) -> None:
    """The same client with a new secret is the same client."""
    jwt = await client.set_up()
    client.server.platform.secrets.add("a-newer-secret")
    credentials = client.world.services.connecting.credentials
    await credentials.rotate(await place(client), Secret("a-newer-secret"), SYSTEM)
    client.world.clock.advance(seconds=2 * 3600)
    assert (await client.get("user/info", jwt=jwt)).status_code == 200


async def test_without_a_name_the_only_connector_is_meant(client: Client) -> None:
    """As there, where what waits is the account's; with two, one has to be named."""
    await client.connector()
    values = {"values": {"clientId": CLIENT_ID, "clientSecret": SECRET, "redirectUri": REDIRECT}}
    assert (await client.post("admin/managedOAuth/cache", values, who="ada")).status_code == 200
    assert (await state(client, "ada"))["hasPendingOAuth"] is True
    assert (await client.delete("admin/managedOAuth/cache", who="ada")).status_code == 200
    await client.connector("second")
    answer = await client.post("admin/managedOAuth/cache", values, who="ada")
    assert (answer.status_code, answer.text) == (400, "Missing platform name")
    reset = await client.delete("admin/managedOAuth/account", who="ada")
    assert (reset.status_code, reset.text) == (400, "Missing platform name")


async def test_an_organization_may_let_the_first_person_set_it_up(client: Client) -> None:
    """The seed's words; with what is there already, only administrators change it."""
    await client.connector()
    assert (await client.submit("anna")).status_code == 403
    await submitters(client, Submitters.FIRST_USER)
    assert (await client.submit("anna")).status_code == 200
    assert await client.connect("anna")
    assert (await client.submit("anna")).status_code == 403


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("oauthManagedAuthState", "Missing platform name"),
        (f"oauthManagedAuthState{PLATFORM}", "Missing RingCentral access token"),
    ],
)
async def test_the_state_wants_a_platform_and_an_account(
    client: Client, path: str, text: str
) -> None:
    """In this order."""
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (400, text)
