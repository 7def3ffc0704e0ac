"""Pages, cursors and filters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from doorward.audit import SYSTEM
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.refusals import BadCursor
from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.orgs import OPERATORS
from tests.console.api.staff import Client, Office
from tests.console.api.things import filled, things_of
from tests.support.attacks import attack
from tests.support.clock import ManualClock
from tests.support.factories import make_account

pytestmark = pytest.mark.anyio


async def walk(client: Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every item, one page after the other."""
    items: list[dict[str, Any]] = []
    cursor = None
    for _ in range(500):
        query = {**params, **({} if cursor is None else {"cursor": cursor})}
        answer = await client("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= params.get("limit", 50)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
    raise AssertionError("the list does not end")


async def test_every_list_can_be_walked_one_by_one(office: Office) -> None:
    """Page by page each item comes once, and the same ones as on a single page."""
    await office.services.keys.ensure(OPERATORS)
    things = await things_of(office, OPERATORS)
    await things_of(office, OPERATORS)
    client = await office.client(org_id=OPERATORS)
    lists = [each for each in office.operations if each.operation_id.startswith("list_")]
    assert len(lists) == 18
    for operation in lists:
        path = filled(operation, things)
        # The key that calls is used meanwhile, and says so.
        whole, single = [
            [{k: v for k, v in item.items() if k != "last_used_at"} for item in items]
            for items in (await walk(client, path, limit=200), await walk(client, path, limit=1))
        ]
        assert whole == single, operation
        assert whole, operation


async def test_accounts_are_found_by_kind_and_prefix(office: Office) -> None:
    """Constituents unless staff are asked for; user name, e-mail address or name."""
    db = office.services.db
    for name in ("cora", "corin", "dora"):
        await make_account(db, name)
    client = await office.client()
    found = await walk(client, "/accounts", prefix="COR", limit=1)
    assert [each["username"] for each in found] == ["cora", "corin"]
    staff = await walk(client, "/accounts", kind="system")
    assert all(each["kind"] == "system" for each in staff)
    assert staff


@attack("CVE-2026-33504")
async def test_a_cursor_serves_only_its_own_list(office: Office) -> None:
    """Another list, other filters, another organization, or one character changed: 400."""
    for name in ("cora", "corin", "dora"):
        await make_account(office.services.db, name)
        await make_account(office.services.db, name, org_id="lake")
    ours, theirs = await office.client(), await office.client(org_id="lake")
    query = {"prefix": "cor", "limit": "1"}
    page = await ours("GET", "/accounts", params=query)
    cursor = page.json()["next_cursor"]
    assert cursor is not None
    assert (await ours("GET", "/accounts", params={**query, "cursor": cursor})).is_success
    wrong = [
        (ours, "/accounts", {**query, "prefix": "co", "cursor": cursor}),
        (ours, "/accounts", {"cursor": cursor}),
        (ours, "/accounts", {**query, "kind": "system", "cursor": cursor}),
        (ours, "/consents", {"cursor": cursor}),
        (theirs, "/accounts", {**query, "cursor": cursor}),
    ]
    for place in range(len(cursor)):
        other = "A" if cursor[place] != "A" else "B"
        changed = cursor[:place] + other + cursor[place + 1 :]
        wrong.append((ours, "/accounts", {**query, "cursor": changed}))
    junk = ("", "x", "=", "ä", cursor + "A", cursor + "=", "!" + cursor, cursor[:-1])
    wrong += [(ours, "/accounts", {**query, "cursor": each}) for each in junk]
    for client, path, params in wrong:
        answer = await client("GET", path, params=params)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), params


@attack("CVE-2026-33504")
def test_a_cursor_is_bound_to_its_key() -> None:
    """An installation does not believe another one's cursors."""
    place = Place("river", "list_accounts", b"{}")
    ours, theirs = Cursors(Secret(b"a" * 32)), Cursors(Secret(b"b" * 32))
    assert ours.parse(place, ours.render(place, 7)) == 7
    assert ours.parse(place, ours.render(place, "ä")) == "ä"
    with pytest.raises(BadCursor):
        theirs.parse(place, ours.render(place, 7))


async def test_a_query_that_cannot_be_meant_is_refused(office: Office) -> None:
    """A mistyped filter would otherwise answer with everything."""
    client = await office.client()
    for query in ("limit=0", "limit=201", "limit=x", "knd=system", "kind=other"):
        answer = await client("GET", f"/accounts?{query}")
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == query.partition("=")[0]


async def test_a_parameter_that_is_sent_twice_is_refused(office: Office) -> None:
    """Nobody guesses which of them was meant."""
    answer = await (await office.client())("GET", "/accounts?kind=system&kind=constituent")
    assert (answer.status_code, answer.json()["code"]) == (400, "repeated_parameter")


async def test_events_are_filtered_by_action_and_time(office: Office, clock: ManualClock) -> None:
    """Newest first, from a moment and up to one."""
    client = await office.client()
    use = office.services
    clock.advance(seconds=3600)
    start = clock.now
    person = await make_account(use.db, "early")
    clock.advance(seconds=60)
    await use.accounts.disable("river", person.account_id, SYSTEM)
    clock.advance(seconds=60)
    await use.accounts.enable("river", person.account_id, SYSTEM)

    def at(seconds: int) -> str:
        return datetime.fromtimestamp(start // SECOND + seconds, UTC).isoformat()

    events = await walk(client, "/audit-events", since=at(0), limit=1)
    actions = [each["action"] for each in events]
    assert actions == ["account.enabled", "account.disabled", "account.created"]
    found = await walk(client, "/audit-events", action="account.disabled")
    assert [each["target_id"] for each in found] == [person.subject]
    found = await walk(client, "/audit-events", since=at(30), until=at(90))
    assert [each["action"] for each in found] == ["account.disabled"]
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert (await client("GET", "/audit-events", params={"until": moment})).is_success
        assert (await client("GET", "/audit-events", params={"since": moment})).is_success


async def test_consents_and_keys_are_listed_for_one_account(office: Office) -> None:
    """The filter names an account of the organization, or there is no such thing."""
    things = await things_of(office, "river")
    await things_of(office, "river")
    client = await office.client()
    mine = await walk(client, "/consents", account_id=things["account_id"])
    assert [each["consent_id"] for each in mine] == [things["consent_id"]]
    assert len(await walk(client, "/consents")) == 2
    for path in ("/consents", "/api-keys"):
        answer = await client("GET", path, params={"account_id": "5000"})
        assert answer.status_code == 404
