"""What was kept long enough goes from the front, and the rest verifies as before."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM, Audit, Fault, Strand
from tests.audit.conftest import ORG, Book

pytestmark = pytest.mark.anyio

DAY = 86_400
KEEP = {Strand.MAIN: 400 * DAY, Strand.BRIEF: 30 * DAY}


async def test_old_events_go_and_what_stays_verifies(book: Book) -> None:
    """Whole beginnings of a chain, in batches; the checkpoint says where it begins now."""
    await book.keep(250)
    await book.chain.sealer.seal_all()
    book.clock.advance(seconds=401 * DAY)
    await book.keep(5)
    await book.chain.sealer.seal_all()
    assert await book.chain.retention.let_go(ORG, KEEP) == 250
    (chain,) = await book.chain.list(ORG)
    assert (chain.first_position, chain.position, chain.removed_at) == (251, 255, book.clock())
    assert await book.findings() == []
    assert (await book.count("audit_links"), await book.count("audit_events")) == (5, 5)
    await book.keep(1)
    await book.chain.sealer.seal_all()
    assert await book.findings() == []


async def test_renewals_of_connections_go_sooner(book: Book) -> None:
    """There are many of them, and they are in a strand of their own."""
    await book.keep(3)
    await book.keep(3, action="connection.refreshed")
    await book.chain.sealer.seal_all()
    book.clock.advance(seconds=31 * DAY)
    assert await book.chain.retention.let_go(ORG, KEEP) == 3
    kept = await Audit(db=book.db).list(ORG, None, 10)
    assert {each.event.action for each in kept} == {"thing.done"}
    assert await book.findings() == []
    await book.keep(2, action="connection.refreshed")
    await book.chain.sealer.seal_all()
    assert await book.findings() == []


async def test_what_is_not_sealed_or_does_not_verify_is_not_removed(book: Book) -> None:
    """Retention never takes the proof of a change along."""
    await book.keep(6)
    await book.chain.sealer.seal_all()
    await book.tamper("UPDATE audit_events SET actor_id = '8' WHERE target_id = '2'")
    book.clock.advance(seconds=401 * DAY)
    await book.keep(1)
    assert await book.chain.retention.let_go(ORG, KEEP) == 2
    assert await book.count("audit_events") == 5
    (found,) = await book.findings()
    assert (found.fault, found.position) == (Fault.ALTERED, 3)


async def test_an_event_that_comes_back_after_it_was_let_go_is_a_stranger(book: Book) -> None:
    """Its link is gone: it was never sealed, as far as the chain knows."""
    await book.keep(2)
    await book.chain.sealer.seal_all()
    book.clock.advance(seconds=401 * DAY)
    await book.keep(1)
    await book.chain.sealer.seal_all()
    await book.chain.retention.let_go(ORG, KEEP)
    await book.tamper(
        "INSERT INTO audit_events (org_id, event_id, at, actor_kind, actor_id, action,"
        " target_kind, target_id, detail)"
        " VALUES ('river', 5, 1, 'account', '7', 'a.b', 'x', '1', '{}')"
    )
    assert [each.fault for each in await book.findings()] == [Fault.INSERTED]


async def test_a_head_from_before_the_kept_part_is_no_complaint(book: Book) -> None:
    """It cannot be compared any more; the last one that was let go still can."""
    await book.keep(3)
    await book.chain.sealer.seal_all()
    (chain,) = await book.chain.list(ORG)
    await book.keep_one(SYSTEM.did("thing.done", ORG, ("thing", "x")))
    await book.chain.sealer.seal_all()
    (last,) = await book.chain.list(ORG)
    book.clock.advance(seconds=401 * DAY)
    await book.keep(1)
    await book.chain.sealer.seal_all()
    await book.chain.retention.let_go(ORG, KEEP)
    verdict = await book.chain.verifier.verify(ORG, [chain.head, last.head])
    assert verdict.is_whole
