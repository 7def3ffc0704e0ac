"""Counters: at most so many tries, whoever counts, and a wait that grows and ends."""

from __future__ import annotations

import asyncio

import pytest

from doorward.brakes import (
    Brake,
    Braked,
    Brakes,
    Rule,
    Slowed,
    Try,
    remove_expired,
    rules_of,
)
from doorward.crypto import Secret
from doorward.db import SECOND, Database, Sweeper, Transaction, open_database
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

PEPPER = Secret(b"a pepper of thirty-two bytes....")
DAY = 86_400
SLOW = Rule(3, DAY * SECOND, 30 * SECOND, 120 * SECOND, clears=True, tells=True)
NETWORK = Rule(3, 900 * SECOND, 10 * SECOND, 60 * SECOND)
WINDOW = Rule(3, 60 * SECOND)
RULES = {
    **rules_of(),
    Brake.PASSWORD_HERE: SLOW,
    Brake.PASSWORD_NETWORK: NETWORK,
    Brake.MAIL_ADDRESS: WINDOW,
}
ANNA = Try(Brake.PASSWORD_HERE, "7", account_id=7)
LINE = Try(Brake.PASSWORD_NETWORK, "192.0.2.1")
ADDRESS = Try(Brake.MAIL_ADDRESS, "anna@example.org")


@pytest.fixture
def brakes(db: Database, clock: ManualClock) -> Brakes:
    return Brakes(db=db, clock=clock, pepper=PEPPER, rules=RULES)


async def wait_of(brakes: Brakes, *tries: Try, org_id: str = "river") -> int:
    """After how many seconds the next try may follow; 0 when it was let through."""
    try:
        await brakes.admit(org_id, *tries)
    except Braked as braked:
        return braked.retry_after_s
    return 0


async def test_a_wait_follows_the_last_free_try_and_doubles_up_to_the_longest(
    brakes: Brakes, clock: ManualClock
) -> None:
    """Three are free; then one each after 30 s, 60 s, 120 s and 120 s."""
    assert [await wait_of(brakes, ANNA) for _ in range(3)] == [0, 0, 0]
    for seconds in (30, 60, 120, 120):
        assert await wait_of(brakes, ANNA) == seconds
        clock.advance(seconds=seconds - 1)
        assert await wait_of(brakes, ANNA) == 1
        clock.advance(seconds=1)
        assert await wait_of(brakes, ANNA) == 0


async def test_quiet_for_its_span_makes_a_counter_new(brakes: Brakes, clock: ManualClock) -> None:
    """A day after the last wait, all three are free again."""
    for _ in range(3):
        await brakes.admit("river", ANNA)
    clock.advance(seconds=30 + DAY)
    assert [await wait_of(brakes, ANNA) for _ in range(4)] == [0, 0, 0, 30]


async def test_a_window_closes_until_its_span_is_over(brakes: Brakes, clock: ManualClock) -> None:
    """Three in the minute since the first, whenever in it, and three again after it."""
    await brakes.admit("river", ADDRESS)
    clock.advance(seconds=50)
    assert [await wait_of(brakes, ADDRESS) for _ in range(3)] == [0, 0, 10]
    clock.advance(seconds=10)
    assert [await wait_of(brakes, ADDRESS) for _ in range(4)] == [0, 0, 0, 60]


async def test_two_hundred_tries_at_once_let_the_limit_through(
    database_url: str, db: Database, clock: ManualClock
) -> None:
    """From two pools of connections, half the tries each, with a second counter beside it."""
    other = await open_database(database_url, clock=clock, pool_size=8)
    both = [Brakes(db=each, clock=clock, pepper=PEPPER, rules=RULES) for each in (db, other)]
    here = Try(Brake.PASSWORD_ACCOUNT, "7")
    waits = await asyncio.gather(*(wait_of(both[n % 2], ANNA, here) for n in range(200)))
    await asyncio.wait_for(other.close(), 10)
    assert waits.count(0) == 3


async def test_a_refused_try_counts_nowhere(brakes: Brakes) -> None:
    """While one counter is closed, the other one beside it does not move."""
    for _ in range(3):
        await brakes.admit("river", ANNA)
    for _ in range(5):
        assert await wait_of(brakes, ANNA, LINE) == 30
    assert [await wait_of(brakes, LINE) for _ in range(4)] == [0, 0, 0, 10]


async def test_a_right_try_clears_its_own_counter_and_gives_the_network_one_back(
    brakes: Brakes, clock: ManualClock
) -> None:
    """Whoever has one password of their own does not clear what they tried of others'."""
    for _ in range(3):
        await brakes.admit("river", ANNA, LINE)
    clock.advance(seconds=30)
    await brakes.admit("river", ANNA, LINE)
    await brakes.forgive("river", ANNA, LINE)
    assert [await wait_of(brakes, ANNA) for _ in range(4)] == [0, 0, 0, 30]
    assert [await wait_of(brakes, LINE) for _ in range(2)] == [0, 20]


async def test_a_right_try_opens_a_window_that_it_closed(brakes: Brakes) -> None:
    """What is taken back was never there."""
    for _ in range(3):
        await brakes.admit("river", ADDRESS)
    await brakes.forgive("river", ADDRESS)
    assert [await wait_of(brakes, ADDRESS) for _ in range(2)] == [0, 60]


async def test_subjects_brakes_and_organizations_are_counted_apart(brakes: Brakes) -> None:
    """The same number is another's in another organization, and under another brake."""
    for _ in range(3):
        await brakes.admit("river", ANNA)
    assert await wait_of(brakes, ANNA) == 30
    assert await wait_of(brakes, ANNA, org_id="hill") == 0
    assert await wait_of(brakes, Try(Brake.PASSWORD_NETWORK, "7")) == 0
    assert await wait_of(brakes, Try(Brake.PASSWORD_HERE, "8")) == 0


@pytest.mark.parametrize("subject", ["", "\0", "\ud800", "a\0b" * 50_000, "東京\U0010ffff"])
async def test_any_subject_is_counted(brakes: Brakes, subject: str) -> None:
    """Whatever was typed, there is a row of one size for it."""
    one = Try(Brake.PASSWORD_HERE, subject)
    assert [await wait_of(brakes, one) for _ in range(4)] == [0, 0, 0, 30]


@pytest.mark.parametrize("back", [20, 45, 3600, 20 * DAY])
@pytest.mark.parametrize("one", [ANNA, ADDRESS])
async def test_a_clock_that_is_set_back_closes_for_no_longer_than_the_rule(
    brakes: Brakes, clock: ManualClock, back: int, one: Try
) -> None:
    """Neither closed until the old time comes round again, nor open for good."""
    for _ in range(3):
        await brakes.admit("river", one)
    clock.advance(seconds=-back)
    rule = RULES[one.brake]
    for _ in range(4):
        wait = await wait_of(brakes, one)
        assert wait <= rule.shut // SECOND
        clock.advance(seconds=wait)
    assert [await wait_of(brakes, one) for _ in range(20)][-1] > 0


@pytest.mark.parametrize("one", [ANNA, ADDRESS])
async def test_a_process_whose_clock_is_behind_opens_nothing(
    brakes: Brakes, clock: ManualClock, one: Try
) -> None:
    """What another closed a moment ahead of it is closed for it too, at the longest wait also."""
    for _ in range(8):
        clock.advance(seconds=await wait_of(brakes, one))
        await wait_of(brakes, one)
    while await wait_of(brakes, one) == 0:
        pass
    clock.advance(seconds=-2)
    assert await wait_of(brakes, one) > 0


async def test_a_clock_that_ran_ahead_leaves_nothing_closed_for_good(
    brakes: Brakes, clock: ManualClock
) -> None:
    """Tries that were counted in the year after next end with the first one after its return."""
    clock.advance(seconds=700 * DAY)
    for _ in range(3):
        await brakes.admit("river", ANNA, ADDRESS)
    clock.advance(seconds=-700 * DAY)
    assert [await wait_of(brakes, ANNA) for _ in range(4)] == [0, 0, 0, 30]
    assert [await wait_of(brakes, ADDRESS) for _ in range(4)] == [0, 0, 0, 60]


async def test_calls_are_spent_by_the_minute(brakes: Brakes, clock: ManualClock) -> None:
    """Each caller has its own number of them."""
    for _ in range(2):
        await brakes.spend("river", "donor-portal", 2)
    with pytest.raises(Braked) as caught:
        await brakes.spend("river", "donor-portal", 2)
    assert caught.value.retry_after_s == 60
    await brakes.spend("river", "another", 2)
    clock.advance(seconds=60)
    await brakes.spend("river", "donor-portal", 2)


async def test_who_is_slowed_is_told_of_once(brakes: Brakes, db: Database) -> None:
    """The third try is noted with its account; one unit settles it, and the others learn so."""
    for _ in range(2):
        await brakes.admit("river", ANNA)
    assert await brakes.find_slowed(9) == []
    await brakes.admit("river", ANNA)
    (slowed,) = await brakes.find_slowed(9)
    assert (slowed.org_id, slowed.account_id) == ("river", 7)

    async def settle(tx: Transaction) -> bool:
        return await brakes.settle(tx, slowed)

    assert await db.unit(settle)
    assert not await db.unit(settle)
    assert await brakes.find_slowed(9) == []


async def test_who_got_in_at_last_is_told_of_too(brakes: Brakes, db: Database) -> None:
    """The right try clears what was counted, and not that somebody is to hear of it."""
    for _ in range(3):
        await brakes.admit("river", ANNA)
    await brakes.forgive("river", ANNA)
    assert await remove_expired(Sweeper(db), db.clock() + 1) == 0
    assert [each.account_id for each in await brakes.find_slowed(9)] == [7]


async def test_a_cleared_counter_leaves_with_the_next_sweep(brakes: Brakes, db: Database) -> None:
    """Whoever signs in at once leaves nothing behind."""
    await brakes.admit("river", ANNA)
    await brakes.forgive("river", ANNA)
    assert await remove_expired(Sweeper(db), db.clock() + 1) == 1


async def test_an_unknown_name_is_noted_the_same_way(brakes: Brakes) -> None:
    """The rows differ in whose they are alone, so that counting costs the same."""
    for _ in range(3):
        await brakes.admit("river", Try(Brake.PASSWORD_HERE, "nobody"))
    found = await brakes.find_slowed(9)
    assert [type(each) for each in found] == [Slowed]
    assert found[0].account_id is None


@pytest.fixture
async def stored(db: Database, brakes: Brakes) -> Database:
    """A database with two counters, of which one ends within the minute."""
    await brakes.admit("river", ANNA, ADDRESS)
    return db


async def test_counters_leave_when_they_are_over(stored: Database, clock: ManualClock) -> None:
    """The window goes after its minute, the other after its day."""
    assert await remove_expired(Sweeper(stored), clock()) == 0
    clock.advance(seconds=61)
    assert await remove_expired(Sweeper(stored), clock()) == 1
    clock.advance(seconds=DAY)
    assert await remove_expired(Sweeper(stored), clock()) == 1


async def test_there_are_never_more_than_so_many(stored: Database, clock: ManualClock) -> None:
    """Of too many, those that end first go."""
    assert await remove_expired(Sweeper(stored), clock(), most_rows=2) == 0
    assert await remove_expired(Sweeper(stored), clock(), most_rows=1) == 1
    assert await remove_expired(Sweeper(stored), clock(), most_rows=0) == 1


@pytest.mark.parametrize("number", [0, 5])
async def test_one_attempt_stands_under_one_to_four_counters(brakes: Brakes, number: int) -> None:
    """The statement that looks at them has four places."""
    with pytest.raises(ValueError, match="1 to 4"):
        await brakes.admit("river", *[LINE] * number)


def test_limits_are_read_as_they_are_written() -> None:
    """Both kinds, and what a right try does stays as it was."""
    rules = rules_of(["password_here: 5 in 2h then 10s to 1m", "mail_address:2 in 1d"])
    slow = Rule(5, 7200 * SECOND, 10 * SECOND, 60 * SECOND, clears=True, tells=True)
    assert rules[Brake.PASSWORD_HERE] == slow
    assert rules[Brake.MAIL_ADDRESS] == Rule(2, 86_400 * SECOND)
    assert rules[Brake.SIGN_UP_NETWORK] == rules_of()[Brake.SIGN_UP_NETWORK]


@pytest.mark.parametrize(
    "changed",
    [
        "nothing: 5 in 1h",
        "link: 0 in 1h",
        "link: 5 in 0s",
        "link: 5 in 31d",
        "link: 5 in 1h then 2m to 1m",
        "link: 5 per hour",
        "link: 5 in 1h then",
        "link",
        "",
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused(changed: str) -> None:
    """No brake of that name, nothing at all allowed, waits that shrink."""
    with pytest.raises(ValueError, match=r"brake|limit"):
        rules_of([changed])
