"""Connections and connectors over the API: read, changed, tried, renewed, revealed, ended."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from doorward.accounts import Account
from doorward.audit import SYSTEM
from doorward.connectors import Connector
from doorward.vault import Connection
from tests.console.api.staff import Client, Office
from tests.support.clock import ManualClock
from tests.support.connected import connect, install, running_platform
from tests.support.factories import make_account
from tests.support.upstream import ApiReply, UpstreamServer
from tests.support.upstream.switches import Fault

pytestmark = pytest.mark.anyio


class Scene:
    """One connection of a person of ``river``, and staff who may do everything."""

    def __init__(self, office: Office, client: Client, server: UpstreamServer) -> None:
        self.office, self.client, self.server = office, client, server
        self.person: Account
        self.connector: Connector
        self.connection: Connection

    @property
    def path(self) -> str:
        """Where the connection is."""
        return f"/connections/{self.connection.connection_id}"

    async def events(self) -> list[tuple[str, str]]:
        """What was recorded of connections, the oldest first, and by whom."""
        found = await self.office.services.audit.list("river", None, 100)
        kept = [each.event for each in reversed(found)]
        return [(e.action, e.actor_kind) for e in kept if e.action.startswith("connection.")]


@pytest.fixture
async def scene(office: Office, clock: ManualClock) -> Scene:
    """What each test starts from."""
    use = office.services
    made = Scene(office, await office.client(), running_platform(clock))
    made.person = await make_account(use.db, "carol", org_id="river")
    made.connector = await install(use, "river")
    made.connection = await connect(use, made.connector, made.person.account_id)
    return made


async def test_a_connection_is_shown_without_its_secrets(scene: Scene) -> None:
    """How it is and what to do, in the list and alone; nothing that opens anything."""
    shown = (await scene.client("GET", scene.path)).json()
    assert shown["status"] == "active"
    assert (shown["account_id"], shown["connector"]) == (
        scene.person.subject,
        scene.connector.slug,
    )
    assert (shown["what_is"], shown["who_mends"]) == ("This connection works.", "nobody")
    listed = await scene.client("GET", "/connections")
    assert listed.json()["items"] == [shown]
    for family in scene.server.platform.families:
        for secret in (family.refresh, *family.access):
            assert secret not in listed.text


async def test_connections_are_found_by_platform_person_and_state(scene: Scene) -> None:
    """Filters go together; a cursor belongs to its filters."""
    use = scene.office.services
    other = await install(use, "river")
    for number in range(3):
        person = await make_account(use.db, f"more{number}", org_id="river")
        await connect(use, other, person.account_id)
    await scene.client("DELETE", scene.path)

    async def found(**params: Any) -> int:
        answer = await scene.client("GET", "/connections", params=params)
        assert answer.status_code == 200, answer.text
        return len(answer.json()["items"])

    assert await found() == 4
    assert await found(connector=other.slug) == 3
    assert await found(connector=other.slug, status="disconnected") == 0
    assert await found(status="disconnected", account_id=scene.person.subject) == 1
    assert await found(account_id="0") == 0
    page = await scene.client("GET", "/connections", params={"limit": 1, "connector": other.slug})
    cursor = page.json()["next_cursor"]
    assert await found(limit=1, connector=other.slug, cursor=cursor) == 1
    for params in ({"cursor": cursor}, {"status": "expiring"}, {"account_id": "-1"}):
        answer = await scene.client("GET", "/connections", params=params)
        assert answer.status_code in {400, 422}
    odd = await scene.client("GET", "/connections?connector=%00")
    assert odd.status_code in {200, 400}


async def test_scopes_that_were_not_given_are_told(scene: Scene) -> None:
    """In the document of one connection and in the list."""
    found = (await scene.client("GET", scene.path)).json()
    assert found["missing_scopes"] == []
    (listed,) = (await scene.client("GET", "/connections")).json()["items"]
    assert listed == found


async def test_a_label_and_settings_are_kept_and_nothing_else_changes(scene: Scene) -> None:
    """Both are on record; what cannot be kept changes nothing."""
    settings = {"fields": ["a", {"b": None}], "on": True}
    answer = await scene.client("PATCH", scene.path, json={"label": "Ours", "settings": settings})
    assert (answer.json()["label"], answer.json()["settings"]) == ("Ours", settings)
    assert [action for action, _ in await scene.events()][-2:] == [
        "connection.renamed",
        "connection.settings_changed",
    ]
    before = await scene.client("GET", scene.path)
    for body in (
        {"label": "two\nlines"},
        {"label": "x" * 101},
        {"label": None},
        {"label": "New", "settings": {"x": "y" * 70_000}},
        {"settings": None},
        {"settings": [1]},
        {"status": "active"},
    ):
        assert (await scene.client("PATCH", scene.path, json=body)).status_code == 422, body
    headers = {"Content-Type": "application/json"}
    deep = b"[" * 900 + b"]" * 900
    for odd in (b'"\\ud800"', b'{"\\udfff": 1}', b"NaN", b"1e999", deep):
        content = b'{"settings": {"x": ' + odd + b"}}"
        answer = await scene.client("PATCH", scene.path, content=content, headers=headers)
        assert answer.status_code in {400, 422} or odd == deep, odd
    await scene.client("PATCH", scene.path, json={"settings": settings})
    assert (await scene.client("GET", scene.path)).json() == before.json()


async def test_disconnecting_reports_what_became_of_each_token(scene: Scene) -> None:
    """The credentials are gone here whatever the platform does, and a second time is nothing."""
    answer = await scene.client("DELETE", scene.path)
    assert answer.json()["connection"]["status"] == "disconnected"
    outcomes = {each["token"]: each["result"] for each in answer.json()["outcomes"]}
    assert outcomes == {"refresh": "unsupported", "access": "revoked"}
    assert scene.server.platform.revoked
    again = await scene.client("DELETE", scene.path)
    assert (again.status_code, again.json()["outcomes"]) == (200, [])
    for method, below in (("GET", "token"), ("POST", "refresh"), ("GET", "proxy/contacts")):
        refused = await scene.client(method, f"{scene.path}/{below}")
        assert (refused.status_code, refused.json()["code"]) == (409, "disconnected")


async def test_disconnecting_may_leave_the_platform_alone(scene: Scene) -> None:
    """When staff say so."""
    answer = await scene.client("DELETE", scene.path, params={"skip_remote": "true"})
    assert answer.json()["outcomes"] == []
    assert scene.server.platform.revoked == []


async def test_a_token_is_renewed_when_staff_ask(scene: Scene) -> None:
    """Once for each time they ask, although the token is still good."""
    answer = await scene.client("POST", f"{scene.path}/refresh")
    assert (answer.status_code, answer.json()["token_version"]) == (200, 2)
    assert scene.server.platform.refreshed == 1
    assert ("connection.refreshed", "system") in await scene.events()


async def test_a_platform_that_does_not_answer_says_when_to_come_back(scene: Scene) -> None:
    """503 with the seconds that the vault knows."""
    scene.server.platform.faults.append(Fault(kind="status", times=5, status=503, retry_after="77"))
    refused = await scene.client("POST", f"{scene.path}/refresh")
    assert (refused.status_code, refused.json()["code"]) == (503, "platform_unavailable")
    assert int(refused.headers["retry-after"]) >= 77


async def test_a_credential_is_tried_at_the_platform(scene: Scene) -> None:
    """It works, or the platform's reason why it does not."""
    works = await scene.client("POST", f"{scene.path}/test")
    assert works.json()["works"] is True
    scene.server.platform.families[-1].is_revoked = True
    broken = (await scene.client("POST", f"{scene.path}/test")).json()
    assert (broken["works"], broken["platform_status"]) == (False, 401)
    assert broken["category"]


async def test_a_token_is_read_by_permission_and_on_record(scene: Scene) -> None:
    """Who may everything else does not see it; who may reads the platform's own value."""
    answer = await scene.client("GET", f"{scene.path}/token")
    token = answer.json()
    assert token["access_token"] in scene.server.platform.families[-1].access
    assert answer.headers["cache-control"] == "no-store"
    assert scene.server.platform.families[-1].refresh not in answer.text
    assert (await scene.events())[-1] == ("connection.token_read", "account")
    several = {"connections.read", "connections.write", "connectors.read", "connectors.write"}
    others = await scene.office.client(several)
    for method, below in (("GET", "token"), ("GET", "proxy/contacts"), ("POST", "proxy/x")):
        refused = await others(method, f"{scene.path}/{below}")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")


async def test_a_token_is_as_good_as_was_asked(scene: Scene) -> None:
    """Renewed when it ends too soon, and not by asking for more than a lifetime again and again."""
    for wanted, version in ((60, 1), (3_500, 1), (86_400, 1)):
        answer = await scene.client("GET", f"{scene.path}/token", params={"min_ttl_s": str(wanted)})
        assert answer.json()["token_version"] == version, wanted
    scene.office.services.clock.advance(seconds=2_000)  # type: ignore[attr-defined]
    for _ in range(3):
        answer = await scene.client("GET", f"{scene.path}/token", params={"min_ttl_s": 2_000})
        assert answer.json()["token_version"] == 2
    for odd in ("-1", "86401", "x", "1e9", "9" * 30):
        answer = await scene.client("GET", f"{scene.path}/token?min_ttl_s={odd}")
        assert answer.status_code == 422


async def test_nothing_is_lent_of_a_connector_that_is_off(scene: Scene) -> None:
    """Neither its token nor a call; when it is on again, both are there."""
    slug = f"/connectors/{scene.connector.slug}"
    off = await scene.client("PUT", f"{slug}/enabled", json={"enabled": False})
    assert off.json()["enabled"] is False
    for below in ("token", "proxy/contacts"):
        refused = await scene.client("GET", f"{scene.path}/{below}")
        assert (refused.status_code, refused.json()["code"]) == (409, "blocked")
    stale = await scene.client("PUT", f"{slug}/enabled", json={"enabled": True, "version": 9})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_connector")
    on = await scene.client("PUT", f"{slug}/enabled", json={"enabled": True, "version": 1})
    assert on.json()["enabled"] is True
    assert (await scene.client("GET", f"{scene.path}/token")).status_code == 200


async def test_a_call_reaches_the_platform_as_it_is_spelt(scene: Scene) -> None:
    """Path, query, body and answer, byte for byte, with the credential and without ours."""
    platform = scene.server.platform
    headers = (("content-type", "image/gif"), ("set-cookie", "a=b"), ("cache-control", "public"))
    platform.api_replies.append(ApiReply(404, headers, b"GIF\x00\xff"))
    answer = await scene.client(
        "POST",
        f"{scene.path}/proxy/a%2Fb/%E6%97%A5?x=1&x=2&y=%20+",
        content=bytes(range(256)),
        headers={"Content-Type": "application/octet-stream", "X-Note": "n"},
    )
    assert (answer.status_code, answer.content) == (404, b"GIF\x00\xff")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["doorward-answer-from"] == "platform"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert "set-cookie" not in answer.headers
    call = platform.calls[-1]
    assert call.target == "/api/things/a%2Fb/%E6%97%A5?x=1&x=2&y=%20+"
    assert (call.method, call.body) == ("POST", bytes(range(256)))
    assert call.header("x-note") == "n"
    assert call.header("authorization").removeprefix("Bearer ") in platform.families[-1].access
    assert "dw_" not in str(call.headers)
    assert (await scene.events())[-1] == ("connection.called", "account")


async def test_a_callers_key_never_goes_to_the_platform(scene: Scene) -> None:
    """In whichever of our two headers it came."""
    key = scene.client.headers["Authorization"].removeprefix("Bearer ")
    stranger = scene.office.holding(None)
    answer = await stranger("GET", f"{scene.path}/proxy/x", headers={"X-API-Key": key})
    assert answer.status_code == 200
    assert key not in str(scene.server.platform.calls[-1].headers)


@pytest.mark.parametrize(
    "below",
    [
        "proxy/..%2fme", "proxy/%2e%2e/me", "proxy/%252e%252e%252fme", "proxy///evil.example/x",
        "proxy/http://169.254.169.254/latest", "proxy/https://evil.example/x", "proxy/..%5cme",
        "proxy/a%00b", "proxy/%c0%ae%c0%ae/me",
    ],
)  # fmt: skip
async def test_calls_do_not_leave_the_platforms_api(scene: Scene, below: str) -> None:
    """Refused before anything is sent, however it is spelt."""
    answer = await scene.client("GET", f"{scene.path}/{below}")
    assert (answer.status_code, answer.json()["code"]) == (403, "call_forbidden")
    assert "doorward-answer-from" not in answer.headers
    assert scene.server.platform.calls == []


async def test_headers_and_what_is_permitted_are_asked_of_the_platform(scene: Scene) -> None:
    """The length of an answer without its body is not told; nobody asks without a credential."""
    for method in ("HEAD", "OPTIONS"):
        answer = await scene.client(method, f"{scene.path}/proxy/contacts")
        assert (answer.status_code, answer.headers["doorward-answer-from"]) == (200, "platform")
        assert ("content-length" in answer.headers) is (method == "OPTIONS")
        stranger = await scene.office.holding(None)(method, f"{scene.path}/proxy/contacts")
        assert stranger.status_code == 401
    assert [each.method for each in scene.server.platform.calls] == ["HEAD", "OPTIONS"]


async def test_a_call_that_is_not_one_is_refused(scene: Scene) -> None:
    """Other methods, a header that is there twice, too large a body, an unknown connection."""
    for method in ("TRACE", "CONNECT"):
        assert (await scene.client(method, f"{scene.path}/proxy/x")).status_code == 405
    twice = [("X-Note", "1"), ("X-Note", "2"), *scene.client.headers.items()]
    stranger = scene.office.holding(None)
    transport = httpx2.ASGITransport(app=stranger.app)
    async with httpx2.AsyncClient(transport=transport) as client:
        url = f"http://127.0.0.1:8400/o/river/api{scene.path}/proxy/x"
        answer = await client.get(url, headers=twice)
    assert (answer.status_code, answer.json()["code"]) == (400, "repeated_header")
    big = await scene.client("POST", f"{scene.path}/proxy/x", content=b"x" * 1_000_001)
    assert (big.status_code, big.json()["code"]) == (413, "too_large")
    nowhere = await scene.client("GET", "/connections/77/proxy/x")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "unknown_connection")
    assert (await scene.client("GET", f"{scene.path}/proxy")).status_code == 404
    assert scene.server.platform.calls == []


async def test_a_platforms_word_on_when_to_come_back_is_in_seconds(scene: Scene) -> None:
    """As RFC 9110 has it, whatever the platform's header looked like."""
    scene.server.platform.api_replies.append(ApiReply(429, (("retry-after", "90.5"),), b"slow"))
    answer = await scene.client("POST", f"{scene.path}/proxy/x")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "91")


async def test_connectors_are_the_catalogue_and_what_was_registered(scene: Scene) -> None:
    """Each once, with its manifest alone; those that are on can be asked for."""
    catalogue = scene.office.services.connectors.catalogue()
    listed = (await scene.client("GET", "/connectors", params={"limit": 200})).json()["items"]
    slugs = [each["slug"] for each in listed]
    assert slugs == sorted(set(slugs))
    on = (await scene.client("GET", "/connectors", params={"enabled": "true"})).json()["items"]
    assert [each["slug"] for each in on] == [scene.connector.slug]
    entry = catalogue[0].slug
    shown = (await scene.client("GET", f"/connectors/{entry}")).json()
    assert (shown["origin"], shown["enabled"]) == ("catalogue", False)
    assert shown["manifest"]["slug"] == entry
    path = f"/connectors/{entry}/enabled"
    assert (await scene.client("PUT", path, json={"enabled": True})).json()["enabled"] is True
    assert (await scene.client("GET", f"/connectors/{entry}")).json()["enabled"] is True
    for slug in ("%00", "nobody", "..%2f", "A" * 150):
        assert (await scene.client("GET", f"/connectors/{slug}")).status_code == 404
    await scene.office.services.connectors.disable("river", entry, SYSTEM)


async def test_reading_a_fresh_token_costs_three_statements(scene: Scene) -> None:
    """Who calls, the connection, and the record; everything else is known from memory."""
    database = scene.office.services.db
    await scene.client("GET", f"{scene.path}/token")
    before = database.statements_run
    assert (await scene.client("GET", f"{scene.path}/token")).status_code == 200
    # On SQLite each turn of the loop that uses caches looks at their version first.
    looks = 1 if type(database).__name__.startswith("Sqlite") else 0
    assert database.statements_run - before == 3 + looks
