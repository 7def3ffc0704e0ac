"""API keys, and the fields of forms that administrators fill in once for others."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import pytest

from doorward.connectors import Variable
from doorward.db import statement
from doorward.vault.store import connections, managed_values
from tests.dialects.app_connect.client import KEY, Client
from tests.support.upstream import API_KEY, LIMITED_KEY

pytestmark = pytest.mark.anyio

PLATFORM = "?platform=platform"
TENANT = Variable(name="tenant", managed=True, scope="account")
OWN_KEY = Variable(name="api_key", secret=True, managed=True, scope="user")
PLAIN = Variable(name="nickname")


async def keyed(client: Client, *variables: Variable) -> None:
    """A platform of keys, whose form has these fields."""
    client.server.configure(kind="key", revoke="none")
    given = variables or (KEY,)
    if all(each.name != "api_key" for each in given):
        given = (*given, KEY)
    await client.connector(variables=given)


async def state(client: Client, who: str = "anna") -> dict[str, Any]:
    """What of the form is still to be filled in."""
    answer = await client.get(f"apiKeyManagedAuthState{PLATFORM}", who=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def fill(client: Client, scope: str = "org", **body: Any) -> httpx2.Response:
    """Fill in for the organization, or for Anna."""
    if scope == "user":
        body.setdefault("rcExtensionId", str(client.accounts["anna"].account_id))
        body.setdefault("rcUserName", "whatever")
    return await client.post(f"admin/managedAuth{PLATFORM}", {"scope": scope, **body}, who="ada")


def seen(state: dict[str, Any]) -> tuple[Any, ...]:
    """The state, short: managed, satisfied, visible, missing, falls back."""
    return tuple(
        state[name]
        for name in (
            "hasManagedAuth",
            "allRequiredFieldsSatisfied",
            "visibleFieldConsts",
            "missingRequiredFieldConsts",
            "fallbackToManualAuth",
        )
    )


# Logging in


async def test_a_key_that_works_is_kept_and_answered_with_a_jwt(client: Client) -> None:
    """The platform was asked with it; the row has it sealed, and no answer repeats it."""
    await keyed(client)
    answer = await client.log_in(apiKey=API_KEY)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"jwtToken", "name", "returnMessage"}
    assert body["returnMessage"] == {
        "messageType": "success", "message": "Connected to The Platform.", "ttl": 3000,
    }  # fmt: skip
    (row,) = await client.world.services.vault.connections.list(client.org_id)
    assert row.account_id == client.accounts["anna"].account_id
    kept = repr(await client.world.services.db.all(statement(connections.select())))
    assert API_KEY not in kept + answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"apiKey": API_KEY},
        {"additionalInfo": {"api_key": API_KEY}},
        {"apiKey": "wrong", "additionalInfo": {"api_key": API_KEY}},
        {"apiKey": f"  {API_KEY}\n"},
        {"apiKey": API_KEY, "additionalInfo": {"unknown": "x", "nested": {"a": 1}}},
    ],
)
async def test_a_key_stands_at_the_top_or_in_the_form(client: Client, body: dict[str, Any]) -> None:
    """The form's own field counts before the bare key; what the form does not have is nothing."""
    await keyed(client)
    assert (await client.log_in(**body)).status_code == 200


async def test_a_key_that_does_not_work_is_a_message(client: Client) -> None:
    """400, with a message and nothing else; nothing is kept."""
    await keyed(client)
    answer = await client.log_in(apiKey="wrong")
    assert answer.status_code == 400
    assert set(answer.json()) == {"returnMessage"}
    assert answer.json()["returnMessage"]["messageType"] == "warning"
    assert await client.world.services.vault.connections.list(client.org_id) == []


async def test_a_key_that_may_do_little_is_told_so(client: Client) -> None:
    """It works, and the person reads that it lacks permissions."""
    client.server.configure(kind="key", revoke="none")
    await client.connector(variables=(KEY,), identity=None)
    answer = await client.log_in(apiKey=LIMITED_KEY)
    assert answer.status_code == 200
    assert answer.json()["returnMessage"]["messageType"] == "warning"


async def test_what_is_required_and_missing_is_named_before_anything_is_sent(
    client: Client,
) -> None:
    """The contract's message, with the names; the platform is not asked."""
    await keyed(client, PLAIN, KEY)
    before = len(client.server.platform.seen)
    answer = await client.log_in(additionalInfo={"nickname": " "})
    assert answer.status_code == 400
    assert answer.json()["returnMessage"] == {
        "messageType": "warning",
        "message": "Missing required authentication fields.",
        "ttl": 3000,
        "missingRequiredFieldConsts": ["nickname", "api_key"],
    }
    assert len(client.server.platform.seen) == before


async def test_a_value_that_cannot_be_is_named_by_its_field(client: Client) -> None:
    """And not repeated."""
    await keyed(client, Variable(name="nickname", pattern="^[a-z]{1,9}$"), KEY)
    answer = await client.log_in(apiKey=API_KEY, additionalInfo={"nickname": "<b>NO</b>"})
    assert answer.status_code == 400
    assert answer.json()["returnMessage"]["message"].startswith("nickname: ")
    assert "NO" not in answer.text


async def test_logging_in_needs_a_platform_and_an_account(client: Client) -> None:
    """Ids in the body are nobody's."""
    await keyed(client)
    none = await client.post("apiKeyLogin", {"apiKey": API_KEY}, who="anna")
    assert (none.status_code, none.text) == (400, "Missing platform name")
    unknown = await client.log_in(platform="nowhere", apiKey=API_KEY)
    assert unknown.json() == {"error": "Connector not found for platform: nowhere"}
    account = client.accounts["anna"].account_id
    spoofed = {"rcAccountId": account, "rcExtensionId": account, "userEmail": "anna@example.org"}
    body = {"platform": "platform", "apiKey": API_KEY, **spoofed}
    answer = await client.post("apiKeyLogin", body)
    assert (answer.status_code, answer.text) == (400, "Missing RingCentral access token")
    body["rcAccessToken"] = client.tokens["anna"]
    assert (await client.post("apiKeyLogin", body)).status_code == 200
    body["rcAccessToken"] = client.tokens["ada"]
    mine = await client.post("apiKeyLogin", body, who="anna")
    assert mine.status_code == 200
    rows = await client.world.services.vault.connections.list(client.org_id)
    assert {row.account_id for row in rows} == {account}


async def test_a_platform_of_visits_has_no_key(client: Client) -> None:
    """It is an error, and no crash."""
    await client.connector()
    assert (await client.log_in(apiKey=API_KEY)).status_code == 400
    assert seen(await state(client)) == (False, False, None, [], False)


# The state of a form


@pytest.mark.parametrize(
    ("variables", "filled", "expected"),
    [
        ((KEY, PLAIN), {}, (False, False, None, ["api_key", "nickname"], False)),
        ((TENANT, OWN_KEY), {}, (True, False, ["tenant", "api_key"], ["tenant", "api_key"], False)),
        ((TENANT, OWN_KEY), {"org"}, (True, False, ["api_key"], ["api_key"], False)),
        ((TENANT, OWN_KEY), {"org", "user"}, (True, True, [], [], False)),
        ((TENANT, KEY), {"org"}, (True, False, ["api_key"], ["api_key"], False)),
    ],
)
async def test_the_form_shows_what_nobody_filled_in(
    client: Client, variables: Any, filled: set[str], expected: tuple[Any, ...]
) -> None:
    """The matrix of the contract."""
    await keyed(client, *variables)
    if "org" in filled:
        assert (await fill(client, values={"tenant": "acme"})).status_code == 200
    if "user" in filled:
        assert (await fill(client, "user", values={"api_key": API_KEY})).status_code == 200
    assert seen(await state(client)) == expected


async def test_with_everything_filled_in_a_person_logs_in_with_nothing(client: Client) -> None:
    """And for somebody else the key is still to be typed."""
    await keyed(client, TENANT, OWN_KEY)
    await fill(client, values={"tenant": "acme"})
    await fill(client, "user", values={"api_key": API_KEY})
    assert (await client.log_in()).status_code == 200
    await client.join("bert")
    answer = await client.log_in("bert")
    assert answer.json()["returnMessage"]["missingRequiredFieldConsts"] == ["api_key"]


async def test_what_is_stored_counts_before_what_is_typed(client: Client) -> None:
    """Until it has failed for this person: then what they type counts, and the form is whole."""
    await keyed(client, TENANT, OWN_KEY)
    await fill(client, values={"tenant": "acme"})
    await fill(client, "user", values={"api_key": API_KEY})
    assert (await client.log_in(apiKey="wrong")).status_code == 200
    await fill(client, "user", values={"api_key": "stale"})
    assert (await client.log_in(apiKey=API_KEY)).status_code == 400
    assert seen(await state(client)) == (True, False, None, ["tenant", "api_key"], True)
    assert (await client.log_in(apiKey=API_KEY)).status_code == 200
    assert (await state(client))["fallbackToManualAuth"] is False
    assert (await state(client))["allRequiredFieldsSatisfied"] is True


async def test_what_a_person_types_is_kept_for_nobody_else(client: Client) -> None:
    """An administrator's is, once it has worked."""
    await keyed(client, TENANT, KEY)
    await client.log_in(apiKey=API_KEY, additionalInfo={"tenant": "mine"})
    assert (await state(client))["missingRequiredFieldConsts"] == ["tenant", "api_key"]
    bad = await client.log_in("ada", apiKey="wrong", additionalInfo={"tenant": "acme"})
    assert bad.status_code == 400
    assert (await state(client))["missingRequiredFieldConsts"] == ["tenant", "api_key"]
    await client.log_in("ada", apiKey=API_KEY, additionalInfo={"tenant": "acme"})
    assert (await state(client))["missingRequiredFieldConsts"] == ["api_key"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("apiKeyManagedAuthState", "Missing platform name"),
        (f"apiKeyManagedAuthState{PLATFORM}", "Missing RingCentral access token"),
    ],
)
async def test_the_state_wants_a_platform_and_an_account(
    client: Client, path: str, text: str
) -> None:
    """In this order."""
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (400, text)


# What administrators fill in


async def test_administrators_see_what_is_there_and_no_secret(client: Client) -> None:
    """By a JWT or by the platform's name; open values are shown, secrets only as there."""
    await keyed(client, TENANT, OWN_KEY)
    await fill(client, values={"tenant": "acme"})
    text = await fill(client, "user", values={"api_key": API_KEY})
    assert (text.status_code, text.text) == (200, "Shared authentication updated")
    jwt = (await client.log_in("anna")).json()["jwtToken"]
    carriers: tuple[dict[str, Any], ...] = ({"jwt": jwt}, {"params": {"platform": "platform"}})
    for more in carriers:
        answer = await client.get("admin/managedAuth", who="ada", **more)
        told = answer.json()
        assert told["hasManagedAuth"] is True
        assert [each["const"] for each in told["orgFields"]] == ["tenant"]
        assert [each["const"] for each in told["userFields"]] == ["api_key"]
        assert [each["const"] for each in told["fields"]] == ["tenant", "api_key"]
        assert told["orgValues"] == {"tenant": {"hasValue": True, "value": "acme"}}
        assert told["userValues"] == [
            {
                "rcExtensionId": str(client.accounts["anna"].account_id),
                "rcUserName": "Anna Example",
                "fields": {"api_key": {"hasValue": True, "value": ""}},
            }
        ]
        assert API_KEY not in answer.text
    rows = repr(await client.world.services.db.all(statement(managed_values.select())))
    assert "acme" not in rows
    assert API_KEY not in rows


async def test_values_are_added_and_removed_one_by_one(client: Client) -> None:
    """What is in neither list stays."""
    other = msgspec.structs.replace(TENANT, name="region")
    await keyed(client, TENANT, other)
    await fill(client, values={"tenant": "acme"})
    await fill(client, values={"region": "eu"})
    assert (await state(client))["missingRequiredFieldConsts"] == ["api_key"]
    await fill(client, fieldsToRemove=["tenant", 7, "unknown"])
    assert (await state(client))["missingRequiredFieldConsts"] == ["tenant", "api_key"]


@pytest.mark.parametrize(
    "body",
    [
        {"scope": "world", "values": {"tenant": "x"}},
        {"scope": "user", "values": {"api_key": "x"}, "rcExtensionId": "0"},
        {"scope": "user", "values": {"api_key": "x"}, "rcExtensionId": "999999999999"},
        {"scope": "user", "values": {"api_key": "x"}, "rcExtensionId": "9" * 40},
        {"scope": "user", "values": {"api_key": "x"}, "rcExtensionId": "٣"},
        {"scope": "user", "values": {"api_key": "x"}, "rcExtensionId": None},
        {"scope": "org", "values": {"nobody": "x"}},
        {"scope": "org", "values": {"api_key": "x"}},
        {"scope": "org", "values": {"tenant": "a\x00b"}},
        {"scope": "org", "values": {f"v{i}": "x" for i in range(150)}},
        {},
    ],
)
async def test_what_cannot_be_filled_in_is_refused(client: Client, body: dict[str, Any]) -> None:
    """An odd scope, nobody's number, a field of the other scope: 400, and nothing is kept."""
    await keyed(client, TENANT, OWN_KEY)
    answer = await client.post(f"admin/managedAuth{PLATFORM}", body, who="ada")
    assert answer.status_code == 400
    assert (await state(client))["missingRequiredFieldConsts"] == ["tenant", "api_key"]
