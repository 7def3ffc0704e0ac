"""The record of what was done."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from doorward.audit import Actor, Audit, Event, EventFilter, difference, is_plain_line, record
from doorward.db import Database, Transaction
from doorward.db import statement as build
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ANNE = Actor(kind="account", id="7", address="192.0.2.1")


async def keep(db: Database, *events: Event) -> None:
    async def work(tx: Transaction) -> None:
        for event in events:
            await record(tx, event, event_id=db.next_id(), now=db.clock())

    await db.unit(work)


async def test_events_are_listed_newest_first_with_who_what_when_and_where(
    db: Database, clock: ManualClock
) -> None:
    """An event comes back as it was recorded, and the newest comes first."""
    first = ANNE.did("account.created", "river", ("account", "8"), username="bo", verified=False)
    await keep(db, first)
    clock.advance(seconds=1)
    await keep(db, ANNE.did("account.disabled", "river", ("account", "8")))
    newest, oldest = await Audit(db=db).list("river", None, 10)
    assert oldest.event == first
    assert oldest.event.detail == {"username": "bo", "verified": False}
    assert newest.event.action == "account.disabled"
    assert newest.at == clock.now == oldest.at + 1_000_000


async def test_a_list_continues_before_an_event_and_can_keep_one_action(db: Database) -> None:
    """Pages follow each other without a gap, and a filter keeps only its action."""
    await keep(db, *(ANNE.did(f"thing.{n % 2}", "river", ("thing", str(n))) for n in range(6)))
    audit = Audit(db=db)
    page = await audit.list("river", None, 4)
    rest = await audit.list("river", page[-1].event_id, 4)
    assert [e.event.target_id for e in page + rest] == ["5", "4", "3", "2", "1", "0"]
    ones = await audit.list("river", None, 10, action="thing.1")
    assert [e.event.target_id for e in ones] == ["5", "3", "1"]


async def test_events_are_found_by_who_what_to_what_and_when(
    db: Database, clock: ManualClock
) -> None:
    """Each part of a filter alone, and all of them together; a day has a beginning and an end."""
    bo = Actor(kind="client", id="bo")
    start = clock.now
    for number in range(8):
        clock.advance(seconds=10)
        who = ANNE if number % 2 else bo
        await keep(db, who.did(f"thing.{number % 4}", "river", ("thing", str(number // 4))))
    audit = Audit(db=db)

    async def found(wanted: EventFilter) -> list[int]:
        events = await audit.search("river", wanted, None, 20)
        return [(each.at - start) // 10_000_000 for each in events]

    assert await found(EventFilter(actor="bo")) == [7, 5, 3, 1]
    assert await found(EventFilter(target="1")) == [8, 7, 6, 5]
    assert await found(EventFilter(action="thing.2")) == [7, 3]
    since, until = start + 30_000_000, start + 60_000_000
    assert await found(EventFilter(since=since, until=until)) == [5, 4, 3]
    both = EventFilter(actor="7", action="thing.3", target="0", since=start, until=until)
    assert await found(both) == [4]
    assert [len(page) async for page in audit.walk("river", EventFilter(actor="bo"))] == [4]


async def test_what_is_recorded_with_every_call_is_found_by_its_action(db: Database) -> None:
    """It pays for no search by who and to what; with its action it is found by those as well."""
    for action in ("thing.done", "connection.called"):
        await keep(db, ANNE.did(action, "river", ("x", "1")), ANNE.did(action, "river", ("x", "2")))
    audit = Audit(db=db)
    found = await audit.search("river", EventFilter(actor="7", target="1"), None, 9)
    assert [each.event.action for each in found] == ["thing.done"]
    called = EventFilter(actor="7", target="1", action="connection.called")
    assert len(await audit.search("river", called, None, 9)) == 1
    assert len(await audit.list("river", None, 9)) == 4


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["actor", "target"])
async def test_a_search_is_answered_from_an_index(db: Database, name: str) -> None:
    """By who and to what, without a look at anything else."""
    column = f"{name}_id"
    plan = build(
        text(
            f"EXPLAIN QUERY PLAN SELECT * FROM audit_events WHERE org_id = 'river'"
            f" AND {column} = '7' AND event_id < 9 AND action NOT IN"
            " ('connection.called', 'connection.refreshed', 'connection.token_read')"
            " ORDER BY event_id DESC"
        )
    )
    steps = " ".join(str(row[3]) for row in await db.all(plan))
    assert f"audit_events_by_{name}" in steps
    assert "TEMP B-TREE" not in steps


def test_a_difference_says_how_it_was_and_how_it_is() -> None:
    """Only of what is asked for, and long values are cut; of sets, what came and went."""
    before = SimpleNamespace(name="River", email="a", hosts=("a", "c"), may=frozenset("x"), same=1)
    after = SimpleNamespace(name="y" * 300, email="b", hosts=("b", "c"), may=frozenset(), same=1)
    assert difference(before, after, ("name", "hosts", "may", "same")) == {
        "was_name": "River",
        "now_name": "y" * 119 + "…",
        "added_hosts": "b",
        "removed_hosts": "a",
        "removed_may": "x",
    }


async def test_an_organization_reads_only_its_own_events(db: Database) -> None:
    """Another organization's events are never listed."""
    await keep(db, ANNE.did("a.b", "river", ("x", "1")), ANNE.did("a.b", "lake", ("x", "2")))
    assert [e.event.target_id for e in await Audit(db=db).list("lake", None, 10)] == ["2"]


async def test_an_event_of_a_unit_that_fails_is_not_kept(db: Database) -> None:
    """The event stands or falls with the change that it describes."""

    async def work(tx: Transaction) -> None:
        await record(
            tx, ANNE.did("a.b", "river", ("x", "1")), event_id=db.next_id(), now=db.clock()
        )
        raise LookupError

    with pytest.raises(LookupError):
        await db.unit(work)
    assert await Audit(db=db).list("river", None, 10) == []


async def test_a_bearer_value_in_a_detail_is_masked_and_long_text_is_cut(db: Database) -> None:
    """Even a careless caller writes no secret into the record, nor something unreadable."""
    careless = ANNE.did(
        "a.b", "river", ("x", "1"), said="it was dw_ak_" + "A" * 48, long="z" * 900, odd="a\x00b"
    )
    await keep(db, careless)
    (kept,) = await Audit(db=db).list("river", None, 1)
    assert kept.event.detail["said"] == "it was dw_ak_•••"
    assert kept.event.detail["long"] == "z" * 499 + "…"
    assert kept.event.detail["odd"] == "a b"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Riverbend Trust", True),
        ("川辺の会 🌊", True),
        ("", False),
        ("   ", False),
        ("two\nlines", False),
        ("bell\x07", False),
        ("nul\x00", False),
        ("\u202egnp.exe", False),
        ("\u2066x", False),
        ("line\u2028separator", False),
        ("\ud800", False),
        ("x" * 41, False),
    ],
)
async def test_a_plain_line_has_nothing_that_forges_or_disguises(text: str, plain: bool) -> None:
    """Names that people see are one honest line."""
    assert is_plain_line(text, 40) is plain
