"""Connections are kept sealed, renewed in their place, and shown to their own account only."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from doorward.audit import SYSTEM, Audit
from doorward.connectors import Party
from doorward.connectors.requests import PostConnect
from doorward.crypto import Secret
from doorward.db import SECOND, Database
from doorward.db import statement as build
from doorward.vault import (
    MAX_SETTINGS,
    BadConnection,
    ConnectionChange,
    Connections,
    RefreshKind,
    Status,
    UnknownConnection,
)
from tests.support.clock import ManualClock
from tests.vault.samples import ORG, PERSON, grant, new_connection, party, plan

pytestmark = pytest.mark.anyio

_EVERYTHING = build(text("SELECT * FROM connections"))


async def test_what_was_kept_is_read_back(connections: Connections, clock: ManualClock) -> None:
    """The tokens, the variables and whose account it is."""
    wanted = plan(values={"region": "eu", "subdomain": "river.example.com"})
    brought = grant(captures={"api_key": "captured"}, scopes=("read", "write"))
    kept = await connections.connect(new_connection(plan=wanted, grant=brought), SYSTEM)
    assert not kept.is_reconnected
    found = await connections.get(ORG, kept.connection.connection_id, account_id=PERSON)
    assert found == kept.connection
    assert found.values == {"region": "eu", "subdomain": "river.example.com"}
    assert (found.party_id, found.party_name) == ("acct-1", "Riverbend Ledger")
    assert found.status is Status.ACTIVE
    assert found.refresh_kind is RefreshKind.ROTATING
    assert found.scopes == ("read", "write")
    held = connections.open(found)
    assert held.tokens.access == Secret("access-1")
    assert held.tokens.refresh == Secret("refresh-1")
    assert held.tokens.secrets == {"api_key": Secret("captured")}
    assert held.as_grant().expires_at == clock() + 3600 * SECOND


async def test_no_secret_stands_in_the_row(connections: Connections, db: Database) -> None:
    """Neither tokens, nor secret variables, nor what nobody declared to be open."""
    wanted = plan(secrets={"api_key": "key-of-mine", "one_time_password": "passing"})
    brought = grant(captures={"undeclared": "session-of-mine"})
    await connections.connect(new_connection(plan=wanted, grant=brought), SYSTEM)
    row = repr(await db.all(_EVERYTHING))
    for secret in ("access-1", "refresh-1", "key-of-mine", "session-of-mine", "passing"):
        assert secret not in row


async def test_a_passing_value_is_not_kept_at_all(connections: Connections) -> None:
    """A variable that is only used for connecting is not even sealed."""
    wanted = plan(secrets={"api_key": "kept", "one_time_password": "passing"})
    kept = await connections.connect(new_connection(plan=wanted, grant=None), SYSTEM)
    assert connections.open(kept.connection).tokens.secrets == {"api_key": Secret("kept")}


async def test_the_same_party_is_renewed_in_its_place(connections: Connections) -> None:
    """Its number, label and settings stay; its tokens, version and grant do not."""
    first = (await connections.connect(new_connection(label="Books"), SYSTEM)).connection
    await connections.change(*first.key, ConnectionChange(settings={"theme": "dark"}), SYSTEM)
    kept = await connections.connect(new_connection(grant=grant(2)), SYSTEM)
    assert kept.is_reconnected
    again = kept.connection
    assert again.connection_id == first.connection_id
    assert (again.label, again.settings) == ("Books", {"theme": "dark"})
    assert again.token_version == first.token_version + 1
    assert again.grant_id != first.grant_id
    assert connections.open(again).tokens.access == Secret("access-2")


@pytest.mark.parametrize(
    "other",
    [
        {"party": party("acct-2")},
        {"environment": "sandbox"},
        {"account_id": 8},
        {"org_id": "lake"},
        {"plan": plan(slug="wiki")},
        {"plan": plan(values={"subdomain": "lake.example.com"})},
    ],
    ids=lambda each: next(iter(each)),
)
async def test_anything_else_is_another_connection(
    connections: Connections, other: dict[str, Any]
) -> None:
    """Another account there or here, another environment, organization, platform or host."""
    given = {"plan": plan(values={"subdomain": "river.example.com"})}
    first = await connections.connect(new_connection(**given), SYSTEM)
    second = await connections.connect(new_connection(**{**given, **other}), SYSTEM)
    assert not second.is_reconnected
    assert second.connection.connection_id != first.connection.connection_id


async def test_reconnecting_with_another_account_makes_a_new_connection(
    connections: Connections,
) -> None:
    """Or renews the one that this account has already."""
    first = (await connections.connect(new_connection(), SYSTEM)).connection
    wanted = new_connection(party=party("acct-2"), reconnect_of=first.connection_id)
    second = await connections.connect(wanted, SYSTEM)
    assert not second.is_reconnected
    third = await connections.connect(wanted, SYSTEM)
    assert third.is_reconnected
    assert third.connection.connection_id == second.connection.connection_id
    assert (await connections.get(ORG, first.connection_id)).party_id == "acct-1"


async def test_reconnecting_renews_where_nobody_knows_the_party(connections: Connections) -> None:
    """Two keys without a name are two connections, unless one is meant to replace the other."""
    wanted = new_connection(party=Party(), grant=None)
    first = (await connections.connect(wanted, SYSTEM)).connection
    second = (await connections.connect(wanted, SYSTEM)).connection
    assert first.connection_id != second.connection_id
    renewing = new_connection(party=Party(), grant=None, reconnect_of=first.connection_id)
    third = await connections.connect(renewing, SYSTEM)
    assert third.is_reconnected
    assert third.connection.connection_id == first.connection_id


async def test_nobody_reconnects_what_is_not_theirs(connections: Connections) -> None:
    """Neither another account, nor another organization, nor with another platform."""
    first = (await connections.connect(new_connection(), SYSTEM)).connection
    for other in ({"account_id": 8}, {"org_id": "lake"}, {"plan": plan(slug="wiki")}):
        wanted = new_connection(**other, reconnect_of=first.connection_id)
        with pytest.raises(UnknownConnection):
            await connections.connect(wanted, SYSTEM)


async def test_two_callbacks_at_once_make_one_connection(connections: Connections) -> None:
    """Whoever loses renews what the winner made."""
    kept = await asyncio.gather(
        *(connections.connect(new_connection(grant=grant(n)), SYSTEM) for n in range(6))
    )
    assert len({each.connection.connection_id for each in kept}) == 1
    assert sorted(each.is_reconnected for each in kept) == [False] + [True] * 5


async def test_others_do_not_find_it(connections: Connections) -> None:
    """Another account and another organization get the same answer as for none at all."""
    kept = (await connections.connect(new_connection(), SYSTEM)).connection
    for org_id, account_id in ((ORG, 8), ("lake", PERSON)):
        with pytest.raises(UnknownConnection):
            await connections.get(org_id, kept.connection_id, account_id=account_id)
        with pytest.raises(UnknownConnection):
            await connections.change(
                org_id,
                kept.connection_id,
                ConnectionChange(label="Mine"),
                SYSTEM,
                account_id=account_id,
            )
    assert await connections.find("lake", kept.connection_id) is None


async def test_lists_go_on_where_they_ended(connections: Connections) -> None:
    """The newest first, of an account or of the whole organization, by platform and status."""
    made = [
        (await connections.connect(new_connection(party=party(f"p{n}")), SYSTEM)).connection
        for n in range(5)
    ]
    await connections.connect(new_connection(plan=plan(slug="wiki"), account_id=8), SYSTEM)
    newest = [each.connection_id for each in reversed(made)]
    page = await connections.list_of_account(ORG, PERSON, limit=3)
    rest = await connections.list_of_account(ORG, PERSON, before=page[-1].connection_id)
    assert [each.connection_id for each in page + rest] == newest
    assert len(await connections.list(ORG)) == 6
    assert [e.account_id for e in await connections.list(ORG, connector="wiki")] == [8]
    assert len(await connections.list(ORG, connector="ledger", status=Status.ACTIVE)) == 5
    assert await connections.list(ORG, status=Status.BLOCKED) == []
    assert [e.connector for e in await connections.list(ORG, account_id=8)] == ["wiki"]
    assert await connections.list(ORG, account_id=8, connector="ledger") == []
    assert await connections.list("lake") == []


async def test_a_label_is_one_plain_line(connections: Connections) -> None:
    """Nothing that forges a line of a log or hides itself; an empty one takes it away."""
    kept = (await connections.connect(new_connection(), SYSTEM)).connection
    for label in ("a\nb", "a\x00", "\u202eevil", "x" * 101):
        with pytest.raises(BadConnection):
            await connections.change(
                *kept.key, ConnectionChange(label=label), SYSTEM, account_id=PERSON
            )
    for label in ("Books", ""):
        changed = await connections.change(
            *kept.key, ConnectionChange(label=label), SYSTEM, account_id=PERSON
        )
        assert changed.label == label


async def test_a_change_is_made_whole_or_not_at_all(connections: Connections, db: Database) -> None:
    """Settings that are too large keep the label as it was; both together are both recorded."""
    row = (await connections.connect(new_connection(), SYSTEM)).connection
    large = ConnectionChange(label="Books", settings={"theme": "d" * MAX_SETTINGS})
    with pytest.raises(BadConnection) as refused:
        await connections.change(*row.key, large, SYSTEM)
    assert refused.value.field == "settings"
    assert await connections.get(*row.key) == row
    both = ConnectionChange(label="Books", settings={"theme": "dark"})
    changed = await connections.change(*row.key, both, SYSTEM)
    assert (changed.label, changed.settings) == ("Books", {"theme": "dark"})
    events = await Audit(db=db).list(ORG, None, 2)
    assert [each.event.action for each in events] == [
        "connection.settings_changed",
        "connection.renamed",
    ]
    assert await connections.change(*row.key, ConnectionChange(label=""), SYSTEM) == replace(
        changed, label=""
    )


async def test_what_a_platform_says_of_itself_is_cut_and_cleaned(connections: Connections) -> None:
    """Control characters and length of a name that somebody chose elsewhere."""
    hostile = Party(
        account_id="a\x00b" + "c" * 400, account_name="Line\nfeed\u202e", email="\x1b[31m"
    )
    kept = (await connections.connect(new_connection(party=hostile), SYSTEM)).connection
    assert kept.party_id == "a b" + "c" * 252
    assert kept.party_name == "Line feed"
    assert kept.party_email == "[31m"


async def test_a_new_name_is_kept_while_the_grant_is_the_same(
    connections: Connections, db: Database
) -> None:
    """Cleaned like the first one; an empty one changes nothing, and nothing is recorded for it."""
    row = (await connections.connect(new_connection(), SYSTEM)).connection
    await connections.set_party(row, Party(account_id="acct-1"), SYSTEM)
    assert await connections.get(ORG, row.connection_id) == row
    await connections.set_party(row, Party(account_name="New\x00 Name"), SYSTEM)
    found = await connections.get(ORG, row.connection_id)
    assert (found.party_name, found.party_email) == ("New Name", row.party_email)
    await connections.connect(new_connection(), SYSTEM)
    await connections.set_party(found, Party(account_name="Too late"), SYSTEM)
    assert (await connections.get(ORG, row.connection_id)).party_name == row.party_name
    events = await Audit(db=db).list(ORG, None, 50)
    assert [e.event.action for e in events].count("connection.identified") == 1


async def test_every_step_is_recorded(connections: Connections, db: Database) -> None:
    """With whom, and without a secret."""
    await connections.connect(new_connection(), SYSTEM)
    kept = (await connections.connect(new_connection(grant=grant(2)), SYSTEM)).connection
    await connections.change(*kept.key, ConnectionChange(label="Books"), SYSTEM, account_id=None)
    events = await Audit(db=db).list(ORG, None, 10)
    assert [each.event.action for each in events] == [
        "connection.renamed",
        "connection.reconnected",
        "connection.created",
    ]
    assert "access" not in repr(events)


async def test_a_session_ends_before_its_token(
    connections: Connections, clock: ManualClock
) -> None:
    """What is opened with a token is good for its own time; one that nobody opened has ended."""
    step = PostConnect(url="https://ledger.example.com/login", session_ttl_s=600)
    wanted = plan(post_connect=(step,))
    opened = grant(session_expires_at=clock() + 600 * SECOND)
    kept = await connections.connect(new_connection(plan=wanted, grant=opened), SYSTEM)
    assert kept.connection.expires_at == clock() + 600 * SECOND
    key = plan(type="api_key", kind="none", post_connect=(step,))
    kept = await connections.connect(new_connection(plan=key, grant=None), SYSTEM)
    assert kept.connection.refresh_kind is RefreshKind.SESSION
    assert kept.connection.expires_at == clock()
