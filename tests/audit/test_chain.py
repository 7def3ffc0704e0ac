"""The chain of the record: sealed after the fact, whole while nobody touches it."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import AuditChain, Fault, Finding, SealingWorker, Strand, parse_head, record
from doorward.audit.links import BadHead
from doorward.crypto import KeyRing, Secret
from doorward.db import Transaction, open_database
from tests.audit.conftest import ANNE, ORG, Book
from tests.support.factories import sealing_ring
from tests.support.randomness import SeededRandom

pytestmark = pytest.mark.anyio

NEW = Secret(SeededRandom(11)(32))
OLD = Secret(bytes(range(32)))


def _chain_under(book: Book, *keys: Secret[bytes]) -> AuditChain:
    return AuditChain(
        db=book.db, clock=book.clock, ring=KeyRing(keys), random=SeededRandom(len(keys) + 20)
    )


async def test_what_is_recorded_is_sealed_once_and_verifies(book: Book) -> None:
    """Two strands, each from 1 on; sealing again seals nothing."""
    await book.keep(5)
    await book.keep(3, action="connection.refreshed")
    assert await book.chain.sealer.seal_recent(0) == 8
    assert await book.chain.sealer.seal_all() == 0
    verdict = await book.chain.verifier.verify(ORG)
    assert (verdict.is_whole, verdict.waiting) == (True, 0)
    ends = {chain.strand: chain.position for chain in await book.chain.list(ORG)}
    assert ends == {Strand.MAIN: 5, Strand.BRIEF: 3}


async def test_what_waits_is_counted_and_is_no_fault(book: Book) -> None:
    """Between the change and its sealing the record is whole, and says how much is not sealed."""
    await book.keep(2)
    await book.chain.sealer.seal_all()
    await book.keep(3)
    verdict = await book.chain.verifier.verify(ORG)
    assert (verdict.is_whole, verdict.waiting) == (True, 3)


async def test_more_than_a_batch_is_sealed_in_the_order_of_time(book: Book) -> None:
    """Everything that waited while no server ran is sealed at the next start."""

    async def work(tx: Transaction) -> None:
        for number in range(250):
            event = ANNE.did("thing.done", ORG, ("thing", str(number)))
            await record(tx, event, event_id=book.db.next_id(), now=book.clock())

    await book.db.unit(work)
    assert await book.chain.sealer.seal_all() == 250
    assert await book.findings() == []
    assert [chain.position for chain in await book.chain.list(ORG)] == [250]


async def test_an_event_that_was_committed_late_is_sealed_behind_younger_ones(book: Book) -> None:
    """A slow unit costs nothing but its place."""
    late = book.db.next_id()
    await book.keep(3)
    await book.chain.sealer.seal_all()
    book.clock.advance(seconds=600)

    async def work(tx: Transaction) -> None:
        event = ANNE.did("slow.done", ORG, ("slow", "1"))
        await record(tx, event, event_id=late, now=book.clock())

    await book.db.unit(work)
    assert await book.chain.sealer.seal_all() == 1
    assert await book.findings() == []


async def test_many_sealers_seal_every_event_once(book: Book) -> None:
    """Whoever comes second finds nothing left, and nobody waits for long."""
    for org_id in ("river", "lake", "sea"):
        await book.keep(40, org_id=org_id)
    others = [_chain_under(book, OLD) for _ in range(6)]
    done = await asyncio.gather(*(each.sealer.seal_all() for each in others))
    await book.chain.sealer.seal_all()
    assert sum(done) <= 120
    for org_id in ("river", "lake", "sea"):
        assert await book.findings(org_id) == []
        assert [chain.position for chain in await book.chain.list(org_id)] == [40]


async def test_another_process_carries_the_chain_on(book: Book, database_url: str) -> None:
    """The keys of the marks are in the database, sealed: any process that may opens them."""
    await book.keep(3)
    await book.chain.sealer.seal_all()
    db = await open_database(database_url, clock=book.clock, pool_size=2)
    try:
        other = AuditChain(db=db, clock=book.clock, ring=sealing_ring(), random=SeededRandom(8))
        await book.keep(3)
        assert await other.sealer.seal_recent(0) == 3
        assert (await other.verifier.verify(ORG)).is_whole
    finally:
        await db.close()


async def test_the_worker_seals_before_it_ends(book: Book) -> None:
    """What was recorded on the way out is sealed as well."""
    worker = SealingWorker(sealer=book.chain.sealer, clock=book.clock)
    worker.start()
    await book.keep(4)
    await worker.stop()
    assert (await book.chain.verifier.verify(ORG)).waiting == 0


async def test_a_new_master_key_marks_what_comes_and_the_old_marks_stay(book: Book) -> None:
    """Each link names its key, and the keys are sealed anew with everything else."""
    await book.keep(3)
    await book.chain.sealer.seal_all()
    both = _chain_under(book, NEW, OLD)
    await book.keep(3)
    assert await both.sealer.seal_all() == 3
    assert (await both.verifier.verify(ORG)).is_whole
    assert await book.count("audit_keys") == 2
    alone = _chain_under(book, NEW)
    (finding,) = (await alone.verifier.verify(ORG)).findings
    assert (finding.position, finding.fault) == (1, Fault.UNREADABLE)


async def test_going_back_to_an_old_master_key_never_uses_an_old_mark_again(book: Book) -> None:
    """Else whoever kept a key that was replaced could write after it."""
    await book.keep(1)
    for keys in ((OLD,), (NEW, OLD), (OLD, NEW), (NEW, OLD)):
        await _chain_under(book, *keys).sealer.seal_all()
        await book.keep(1)
    assert (await _chain_under(book, NEW, OLD).verifier.verify(ORG)).is_whole
    assert await book.count("audit_keys") == 4


@pytest.mark.parametrize(
    "text", ["", "river", "river:main:1", "river:main:x:00", "river:main:1:00", "a:b:1:" + "0" * 64]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    """A head is compared only when it is one."""
    with pytest.raises(BadHead):
        parse_head(text)


async def test_a_head_reads_back_as_it_was_printed(book: Book) -> None:
    """It may be kept as text anywhere."""
    await book.keep(1)
    await book.chain.sealer.seal_all()
    (chain,) = await book.chain.list(ORG)
    assert parse_head(f" {chain.head}\n") == chain.head


async def test_a_record_is_verified_while_it_grows_and_is_shortened(book: Book) -> None:
    """Nothing that happens by the rules looks like tampering, whenever it is looked at."""
    await book.keep(300)
    await book.chain.sealer.seal_all()
    book.clock.advance(seconds=400 * 86_400)
    keep = {Strand.MAIN: 399 * 86_400, Strand.BRIEF: 1}

    async def grow() -> None:
        for _ in range(12):
            await book.keep(5)
            await book.chain.sealer.seal(ORG)

    async def look() -> list[Finding]:
        found: list[Finding] = []
        for _ in range(12):
            found += await book.findings()
        return found

    *_, gone, found = await asyncio.gather(
        grow(), grow(), book.chain.retention.let_go(ORG, keep), look()
    )
    assert (gone, found) == (300, [])
    assert await book.findings() == []
