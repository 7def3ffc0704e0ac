"""Master keys are known again at every start, and replaced while everything goes on."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import bindparam, insert, text

from doorward.audit import SYSTEM, AuditChain
from doorward.crypto import KeyRing, Secret
from doorward.db import Database, metadata
from doorward.db import statement as build
from doorward.keys import Keys
from doorward.orgs import NewOrganization
from doorward.vault import (
    Connections,
    KeyInUse,
    MasterKeys,
    Progress,
    UnknownKey,
    UnknownMasterKey,
    about,
    store,
)
from tests.support.clock import ManualClock
from tests.support.factories import premade_keys, sealing_ring
from tests.support.randomness import SeededRandom
from tests.support.world import make_services
from tests.vault.conftest import Bench, make_vault
from tests.vault.samples import ORG, new_connection, party

pytestmark = pytest.mark.anyio

OLD = Secret(bytes(range(32)))
NEW = Secret(SeededRandom(11)(32))
BOTH = KeyRing((NEW, OLD))
_DAMAGE = build(text("UPDATE vault_keys SET canary = fingerprint"))
_MANAGED = build(
    insert(store.managed_values).values(
        {column.name: bindparam(column.name) for column in store.managed_values.c}
    )
)
_READ_MANAGED = build(text("SELECT sealed FROM managed_values"))
_COUNT = build(text("SELECT count(*) FROM vault_keys"))


def master_keys(db: Database, ring: KeyRing) -> MasterKeys:
    """The service over ``ring``."""
    return MasterKeys(db=db, clock=db.clock, ring=ring)


async def test_the_same_keys_open_the_same_database(db: Database) -> None:
    """At the first start, at every other, and at two starts at once."""
    await asyncio.gather(*(master_keys(db, sealing_ring()).verify() for _ in range(4)))
    await master_keys(db, sealing_ring()).verify()
    assert await db.one(_COUNT) == (1,)


async def test_another_key_does_not_start(db: Database) -> None:
    """The key that is missing is named; nothing is sealed under the wrong one."""
    await master_keys(db, sealing_ring()).verify()
    with pytest.raises(UnknownMasterKey, match=f"{sealing_ring().current.hex()}, which is not set"):
        await master_keys(db, KeyRing((NEW,))).verify()
    assert await db.one(_COUNT) == (1,)
    await master_keys(db, BOTH).verify()
    assert await db.one(_COUNT) == (2,)


async def test_a_damaged_mark_does_not_start(db: Database) -> None:
    """Who can write the mark cannot make another key pass for ours."""
    await master_keys(db, sealing_ring()).verify()
    await db.run(_DAMAGE)
    with pytest.raises(UnknownMasterKey, match="damaged"):
        await master_keys(db, sealing_ring()).verify()


async def test_everything_is_sealed_again(db: Database, clock: ManualClock) -> None:
    """Connections and signing keys open under the new key alone, which is then enough."""
    old, new = (Connections(db=db, clock=clock, ring=r) for r in (sealing_ring(), KeyRing((NEW,))))
    await master_keys(db, sealing_ring()).verify()
    rows = [
        (await old.connect(new_connection(party=party(f"p{n}")), SYSTEM)).connection
        for n in range(230)
    ]
    keys = Keys(db=db, clock=clock, ring=sealing_ring(), generate=premade_keys())
    await keys.ensure(ORG, by=SYSTEM)
    both = master_keys(db, BOTH)
    await both.verify()
    told: list[Progress] = []
    before = {each.fingerprint: each for each in await both.status()}
    assert before[sealing_ring().current.hex()].sealed["connections"] == 230
    with pytest.raises(KeyInUse):
        await both.retire(sealing_ring().current.hex(), SYSTEM)
    done = await both.reencrypt(SYSTEM, told.append)
    assert (done.overtaken, done.unreadable) == (0, 0)
    assert [each.done for each in told if each.place == "connections"] == [100, 200, 230]
    for row in rows[::50]:
        assert new.open(await new.get(ORG, row.connection_id)).tokens.access == Secret("access-1")
    await Keys(db=db, clock=clock, ring=KeyRing((NEW,))).signer(ORG, "ES256")
    (current, gone) = await both.status()
    assert (current.fingerprint, current.is_current) == (BOTH.current.hex(), True)
    assert current.total == done.done
    assert (gone.is_set, gone.total) == (True, 0)
    assert (await both.reencrypt(SYSTEM)).done == 0
    await both.retire(gone.fingerprint, SYSTEM)
    await master_keys(db, KeyRing((NEW,))).verify()


def test_every_place_that_keeps_something_sealed_is_known() -> None:
    """A table with a sealed column is walked, unless its rows live for a day at most."""
    sealed = {name for name, table in metadata.tables.items() if "sealed" in table.c}
    # The latter is there whenever another test has loaded the management API.
    passing = {"connect_flows", "idempotency_keys"}
    assert {place.name for place in store.PLACES} == sealed - passing


async def test_what_administrators_keep_is_sealed_again(db: Database, clock: ManualClock) -> None:
    """Bound to exactly what the rooms bind it to."""
    old, new = sealing_ring(), KeyRing((NEW,))
    row = {"org_id": ORG, "connector": "wiki", "connector_id": 5, "account_id": 7}
    place = about(ORG, "managed_values", "wiki:5:7:api_key", "sealed")
    sealed = old.seal(b"kept", about=place)
    await db.run(_MANAGED, **row, name="api_key", sealed=sealed, changed_at=clock())
    assert (await master_keys(db, BOTH).reencrypt(SYSTEM)).done == 1
    found = await db.one(_READ_MANAGED)
    assert found is not None
    assert new.open(bytes(found[0]), about=place) == b"kept"


async def test_the_key_in_use_is_not_retired(db: Database) -> None:
    """Nor one that nobody knows."""
    keys = master_keys(db, sealing_ring())
    await keys.verify()
    with pytest.raises(KeyInUse):
        await keys.retire(sealing_ring().current.hex(), SYSTEM)
    with pytest.raises(UnknownKey):
        await keys.retire("00" * 8, SYSTEM)


async def test_it_goes_on_where_it_was_stopped(bench: Bench) -> None:
    """A value that cannot be opened is told, and holds nothing up."""
    rows = [await bench.connect(party=party(f"p{n}")) for n in range(3)]
    lost = Connections(db=bench.db, clock=bench.clock, ring=KeyRing((NEW,)))
    await lost.connect(new_connection(party=party("lost")), SYSTEM)
    third = KeyRing((Secret(SeededRandom(12)(32)), OLD))
    done = await master_keys(bench.db, third).reencrypt(SYSTEM)
    assert (done.done, done.unreadable) == (3, 1)
    again = await master_keys(bench.db, third).reencrypt(SYSTEM)
    assert (again.done, again.unreadable) == (0, 1)
    opened = Connections(db=bench.db, clock=bench.clock, ring=third)
    held = opened.open(await opened.get(ORG, rows[0].connection_id))
    assert held.tokens.access == Secret("access-1")


async def test_renewals_go_on_while_everything_is_sealed_again(bench: Bench) -> None:
    """Neither loses what the other wrote."""
    bench.platform.rotates = False
    rows = [await bench.connect(party=party(f"p{n}")) for n in range(120)]
    vault = make_vault(
        bench.db, bench.clock, bench.platform, bench.planner, bench.spill_folder, ring=BOTH
    )
    bench.clock.advance(seconds=3600)
    sealing = asyncio.ensure_future(master_keys(bench.db, BOTH).reencrypt(SYSTEM))
    held = await asyncio.gather(
        *(vault.refresher.get_token(ORG, row.connection_id) for row in rows)
    )
    done = await sealing
    assert done.done + done.overtaken <= 120
    opened = Connections(db=bench.db, clock=bench.clock, ring=KeyRing((NEW,)))
    for each in held:
        row = await opened.get(ORG, each.connection.connection_id)
        assert opened.open(row).tokens == each.tokens
    counts = await master_keys(bench.db, BOTH).status()
    assert [each.total for each in counts] == [120, 0]


SHORT_LIVED = {"connect_flows", "idempotency_keys", "mail_outbox"}
"""What is sealed for a day or so, and not sealed again."""


def test_every_place_where_something_is_sealed_is_sealed_again() -> None:
    """A table with a column of sealed values is walked, or lives so short that it need not be."""
    sealing = {
        table.name
        for table in metadata.tables.values()
        if any("sealed" in column.name for column in table.columns)
    }
    assert sealing - SHORT_LIVED == {place.name for place in store.PLACES}


async def test_keys_are_replaced_while_everything_goes_on(db: Database, clock: ManualClock) -> None:
    """Signing keys rotate and events are sealed at the same time; nothing is lost or unreadable."""
    old = make_services(db, clock)
    orgs = [f"river-{number}" for number in range(6)]
    for org_id in orgs:
        await old.organizations.create(NewOrganization(org_id=org_id, name=org_id), SYSTEM)
        await old.keys.ensure(org_id)
    await old.audit_chain.sealer.seal_all()
    both = KeyRing((NEW, Secret(bytes(range(32)))))
    new = master_keys(db, both)
    keys = Keys(db=db, clock=clock, ring=both)
    chain = AuditChain(db=db, clock=clock, ring=both, random=SeededRandom(5))
    await new.verify()

    async def work(org_id: str) -> None:
        for _ in range(3):
            await keys.rotate(org_id, "ES256", SYSTEM, although_unseen=True)
            await keys.signer(org_id, "ES256")
            await chain.sealer.seal(org_id)

    working = asyncio.gather(*map(work, orgs))
    progress = await new.reencrypt(SYSTEM)
    await working
    again = await new.reencrypt(SYSTEM)
    assert (progress.unreadable, again.unreadable) == (0, 0)
    (standing, *rest) = await new.status()
    assert standing.is_current
    assert [each.total for each in rest] == [0]
    alone = KeyRing((NEW,))
    fresh = AuditChain(db=db, clock=clock, ring=alone, random=SeededRandom(6))
    for org_id in orgs:
        assert (await fresh.verifier.verify(org_id)).is_whole
        await Keys(db=db, clock=clock, ring=alone).signer(org_id, "RS256")
