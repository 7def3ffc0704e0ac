"""The outbox: with its change or not at all, once, in time, and nothing left to read."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from doorward.audit import Audit
from doorward.crypto import Secret
from doorward.db import Database, Sweeper, Transaction, metadata, open_database, statement
from doorward.mail import LetterState, NotCarried, Parcel, Postman, Recipient, remove_expired
from tests.mail.letters import LINK, Hands, always, make_letter, make_outbox, rows, send, work_off
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR
LEASE_S = 300


async def dump(db: Database) -> str:
    """Everything that is in the database, also as text of its bytes."""
    found = []
    for table in metadata.sorted_tables:
        for row in await db.scan(statement(table.select())):
            found += [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row]
    return "\n".join(found)


async def test_a_letter_leaves_when_its_change_was_kept(db: Database) -> None:
    """Once, however often the worker looks."""
    outbox, hands = make_outbox(db), Hands()
    await send(outbox, db, make_letter())
    await work_off(outbox, hands, db)
    await work_off(outbox, hands, db)
    (parcel,) = hands.carried
    assert (parcel.address, parcel.sender, parcel.links) == (
        "bo@example.org",
        "River Trust",
        (LINK,),
    )


async def test_a_change_that_was_rolled_back_sends_nothing(db: Database) -> None:
    """The letter goes the way of its unit."""
    outbox, hands = make_outbox(db), Hands()

    async def work(tx: Transaction) -> None:
        assert await outbox.enqueue(tx, make_letter())
        raise LookupError

    with pytest.raises(LookupError):
        await db.unit(work)
    await work_off(outbox, hands, db)
    assert hands.carried == []
    assert await rows(db) == []


async def test_where_mail_is_off_nothing_is_kept(db: Database) -> None:
    """And whoever causes a letter is told so."""
    outbox = make_outbox(db, is_on=False)
    assert await db.unit(lambda tx: outbox.enqueue(tx, make_letter())) is False
    assert await rows(db) == []


async def test_the_database_alone_reveals_no_link(db: Database) -> None:
    """While the letter waits its link is sealed; then it is gone, with what the letter said."""
    outbox = make_outbox(db)
    await send(outbox, db, make_letter(values={"app": "Tally"}, quote="Between us"))
    (waiting,) = await rows(db)
    assert waiting["sealed_link"] is not None
    assert "dw_iv_" not in await dump(db)
    await work_off(outbox, Hands(), db)
    (sent,) = await rows(db)
    assert (sent["state"], sent["words"], sent["sealed_link"]) == (LetterState.SENT, None, None)
    assert sent["sent_at"] == db.clock()
    assert "Between us" not in await dump(db)


async def test_a_sealed_link_opens_in_its_own_row_only(db: Database) -> None:
    """Whoever can write into the database cannot make a letter carry another's link."""
    outbox, hands = make_outbox(db), Hands()
    await send(outbox, db, make_letter(), make_letter("eve@example.org", link=Secret("https://e/")))
    first, second = await rows(db)
    swap = statement(
        metadata.tables["mail_outbox"]
        .update()
        .where(metadata.tables["mail_outbox"].c.id == second["id"])
        .values(sealed_link=first["sealed_link"])
    )
    await db.run(swap)
    await work_off(outbox, hands, db)
    assert [each.address for each in hands.carried] == ["bo@example.org"]
    assert [each["state"] for each in await rows(db)] == [LetterState.SENT, LetterState.REFUSED]
    events = await Audit(db=db).list("river", None, 5)
    assert [each.event.action for each in events] == ["mail.refused"]


async def test_two_workers_race_and_every_letter_is_sent_once(
    db: Database, database_url: str, clock: ManualClock
) -> None:
    """Each with its own connections, on one outbox."""
    other_db = await open_database(database_url, clock=clock, pool_size=4)
    mine, theirs, hands = make_outbox(db), make_outbox(other_db), Hands()
    await send(mine, db, *(make_letter(f"p{number}@example.org") for number in range(60)))
    await asyncio.gather(
        *(work_off(mine, hands, db) for _ in range(2)),
        *(work_off(theirs, hands, other_db) for _ in range(2)),
    )
    await other_db.close()
    assert sorted(each.address for each in hands.carried) == sorted(
        f"p{number}@example.org" for number in range(60)
    )
    assert {each["state"] for each in await rows(db)} == {LetterState.SENT}


async def test_a_worker_that_dies_while_sending_leaves_the_letter_to_another(
    db: Database, clock: ManualClock
) -> None:
    """After the lease; under the same number, so that a second copy can be told."""
    outbox, hands = make_outbox(db), Hands(asyncio.CancelledError())  # type: ignore[arg-type]
    await send(outbox, db, make_letter())
    with pytest.raises(asyncio.CancelledError):
        await work_off(outbox, hands, db)
    clock.advance(seconds=LEASE_S - 1)
    await work_off(outbox, hands, db)
    assert hands.carried == []
    clock.advance(seconds=1)
    await work_off(outbox, hands, db)
    assert [each.letter_id for each in hands.carried] == [(await rows(db))[0]["id"]]


async def test_a_worker_whose_lease_ended_changes_nothing_any_more(
    db: Database, clock: ManualClock
) -> None:
    """The letter is the other's by then."""
    outbox = make_outbox(db)
    await send(outbox, db, make_letter())
    ((org_id, letter_id),) = await outbox.find_due(5)
    slow = await outbox.claim(org_id, letter_id, 1)
    assert slow is not None
    assert await outbox.claim(org_id, letter_id, 2) is None
    clock.advance(seconds=LEASE_S)
    assert await outbox.claim(org_id, letter_id, 2) is not None
    assert not await outbox.note_sent(slow, 1)
    await outbox.note_failed(slow, 1, "late")
    (row,) = await rows(db)
    assert (row["state"], row["claimed_by"], row["last_error"]) == (LetterState.WAITING, 2, None)


async def test_a_letter_is_tried_at_longer_and_longer_intervals_and_given_up_after_a_day(
    db: Database, clock: ManualClock
) -> None:
    """From a minute to an hour; the end is recorded, without the address."""
    outbox, begun = make_outbox(db), clock()
    hands = Hands(*(NotCarried("ConnectionRefusedError") for _ in range(100)))
    await send(outbox, db, make_letter())
    tried = []
    while (await rows(db))[0]["state"] == LetterState.WAITING:
        tried.append((clock() - begun) // 1_000_000)
        await work_off(outbox, hands, db)
        assert await outbox.count_troubled("river") == ((await rows(db))[0]["state"] == "waiting")
        clock.now = max(clock.now, (await rows(db))[0]["next_at"])
    waits = [after - before for before, after in pairwise(tried)]
    assert waits[:7] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE, 32 * MINUTE, HOUR]
    assert set(waits[7:-1]) == {HOUR}
    assert tried[-1] == DAY
    (row,) = await rows(db)
    assert (row["state"], row["words"], row["sealed_link"]) == (LetterState.GIVEN_UP, None, None)
    (event,) = await Audit(db=db).list("river", None, 5)
    assert event.event.action == "mail.given_up"
    assert event.event.detail == {
        "template": "invitation",
        "reason": "ConnectionRefusedError",
        "tries": len(tried),
    }


async def test_what_is_refused_for_good_is_not_tried_again(
    db: Database, clock: ManualClock
) -> None:
    """One event says so."""
    outbox, hands = make_outbox(db), Hands(NotCarried("RecipientRefused 550", final=True))
    await send(outbox, db, make_letter())
    await work_off(outbox, hands, db)
    clock.advance(seconds=2 * DAY)
    await work_off(outbox, hands, db)
    assert hands.carried == []
    (event,) = await Audit(db=db).list("river", None, 5)
    assert (event.event.action, event.event.detail["reason"]) == (
        "mail.refused",
        "RecipientRefused 550",
    )


async def test_a_bug_in_one_letter_holds_up_no_other(db: Database) -> None:
    """It waits, and the next one leaves."""
    outbox, hands = make_outbox(db), Hands(RuntimeError("a bug"))
    await send(outbox, db, make_letter("a@example.org"), make_letter("b@example.org"))
    await work_off(outbox, hands, db)
    assert [each.address for each in hands.carried] == ["b@example.org"]
    assert (await rows(db))[0]["last_error"] == "RuntimeError"


@pytest.mark.parametrize(("column", "value"), [("template", "of_tomorrow"), ("words", "{}")])
async def test_a_letter_of_a_newer_version_waits_for_that_version(
    db: Database, clock: ManualClock, column: str, value: str
) -> None:
    """While processes are replaced one by one, the older ones go on with what they know."""
    outbox, hands = make_outbox(db), Hands()
    await send(outbox, db, make_letter("new@example.org"), make_letter("old@example.org"))
    letter, _ = await rows(db)
    table = metadata.tables["mail_outbox"]
    change = table.update().where(table.c.id == letter["id"])
    await db.run(statement(change.values({column: value})))
    await work_off(outbox, hands, db)
    assert [each.address for each in hands.carried] == ["old@example.org"]
    await db.run(statement(change.values({column: letter[column]})))
    clock.advance(seconds=LEASE_S)
    await work_off(outbox, hands, db)
    assert [each.address for each in hands.carried] == ["old@example.org", "new@example.org"]


async def test_a_letter_whose_link_has_ended_is_not_sent(db: Database, clock: ManualClock) -> None:
    """It would only lead to a page that says so."""
    outbox, hands = make_outbox(db), Hands(NotCarried("TimeoutError"))
    await send(outbox, db, make_letter(expires_at=clock() + MINUTE * 1_000_000))
    await work_off(outbox, hands, db)
    clock.advance(seconds=MINUTE)
    await work_off(outbox, hands, db)
    assert hands.carried == []
    assert (await rows(db))[0]["state"] == LetterState.REFUSED


async def test_one_address_is_not_flooded(db: Database, clock: ManualClock) -> None:
    """Twenty letters within an hour, the rest an hour later; nobody else waits for that."""
    outbox, hands = make_outbox(db), Hands()
    await send(outbox, db, *(make_letter() for _ in range(23)), make_letter("cy@example.org"))
    await work_off(outbox, hands, db)
    sent = [each.address for each in hands.carried]
    assert (sent.count("bo@example.org"), sent.count("cy@example.org")) == (20, 1)
    assert {each["tries"] for each in await rows(db)} == {0, 1}
    clock.advance(seconds=HOUR - 1)
    await work_off(outbox, hands, db)
    assert len(hands.carried) == 21
    clock.advance(seconds=1)
    await work_off(outbox, hands, db)
    assert len(hands.carried) == 24


async def test_another_organizations_letters_do_not_count(db: Database) -> None:
    """One tenant cannot keep another from writing to somebody."""
    outbox, hands = make_outbox(db), Hands()
    await send(outbox, db, *(make_letter() for _ in range(20)), make_letter(org_id="lake"))
    await work_off(outbox, hands, db)
    assert [each.org_id for each in hands.carried].count("lake") == 1


async def test_a_suspended_organization_sends_nothing(db: Database, clock: ManualClock) -> None:
    """Its letters wait for a day; everybody else's leave."""
    outbox, hands, served = make_outbox(db), Hands(), {"lake"}

    async def is_served(org_id: str) -> bool:
        return org_id in served

    await send(outbox, db, make_letter(), make_letter(org_id="lake"))
    await work_off(outbox, hands, db, is_served)
    assert [each.org_id for each in hands.carried] == ["lake"]
    served.add("river")
    clock.advance(seconds=MINUTE)
    await work_off(outbox, hands, db, is_served)
    assert [each.org_id for each in hands.carried] == ["lake", "river"]


async def test_letters_are_forgotten_after_thirty_days(db: Database, clock: ManualClock) -> None:
    """Also one that never left, with everything in it."""
    outbox = make_outbox(db)
    await send(outbox, db, make_letter(), make_letter())
    clock.advance(seconds=30 * DAY)
    assert await remove_expired(Sweeper(db), clock()) == 0
    clock.advance(seconds=1)
    assert await remove_expired(Sweeper(db), clock()) == 2
    assert await rows(db) == []


class _Slow(Hands):
    """Hands that take their time."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.free = asyncio.Event()

    async def carry(self, parcel: Parcel) -> None:
        self.begun.set()
        await self.free.wait()
        await super().carry(parcel)


async def test_a_worker_that_ends_in_good_order_finishes_its_letter(db: Database) -> None:
    """And leaves the others to the next one."""
    outbox, hands = make_outbox(db), _Slow()
    await send(outbox, db, *(make_letter(f"p{number}@example.org") for number in range(5)))
    postman = Postman(outbox=outbox, carrier=hands, db=db, is_served=always)
    postman.start()
    await hands.begun.wait()
    ending = asyncio.get_running_loop().create_task(postman.stop())
    await asyncio.sleep(0)
    hands.free.set()
    await ending
    states = [each["state"] for each in await rows(db)]
    assert states.count(LetterState.SENT) == len(hands.carried) == 1
    assert len(await outbox.find_due(10)) == 4


async def test_a_name_may_hold_anything(db: Database) -> None:
    """A NUL in it is JSON by the time it is stored, and a space by the time it is read."""
    outbox, hands = make_outbox(db), Hands()
    odd = Recipient("bo@example.org", "en", name="Bo\x00\r\nBcc: all@example.org")
    await send(outbox, db, make_letter(recipient=odd))
    await work_off(outbox, hands, db)
    assert hands.carried[0].text.startswith("Hello,")
