"""API v1 sessions: what they are worth, when they end, and what guessing them brings."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy import select

from doorward.accounts import AccountChange
from doorward.apikeys import (
    MAX_LIVE_SESSIONS,
    ApiKeys,
    ApiSessions,
    BadApiKey,
    BadApiSession,
    jobs,
)
from doorward.apikeys.store import api_sessions
from doorward.audit import SYSTEM, Audit
from doorward.crypto import Secret
from doorward.db import SECOND, Database, Sweeper, statement
from doorward.orgs import Permission
from tests.support.clock import ManualClock
from tests.support.factories import make_accounts, make_brakes
from tests.support.randomness import SeededRandom

pytestmark = pytest.mark.anyio

HERE, THERE = "192.0.2.1", "198.51.100.1"
MINUTE_S = 60
_ROWS = statement(select(*api_sessions.c))


@pytest.fixture
async def key(keys: ApiKeys, staff_id: int) -> str:
    _, secret = await keys.create("river", staff_id, "job", SYSTEM)
    return secret.reveal()


async def opened(sessions: ApiSessions, key: str, address: str | None = HERE) -> str:
    session_id, _ = await sessions.open("river", key, address)
    return session_id.reveal()


async def is_good(sessions: ApiSessions, text: str, address: str | None = HERE) -> bool:
    try:
        await sessions.authenticate(text, address)
    except BadApiSession:
        return False
    return True


async def test_a_session_calls_as_the_account_of_its_key(
    sessions: ApiSessions, key: str, staff_id: int, db: Database
) -> None:
    """With the permissions that the account has at every call."""
    text = await opened(sessions, key)
    assert re.fullmatch(r"T[0-9]{13}", text)
    caller = await sessions.authenticate(text, HERE)
    assert (caller.account.org_id, caller.account.account_id) == ("river", staff_id)
    assert caller.may(Permission.ACCOUNTS_READ)
    await make_accounts(db).update("river", staff_id, AccountChange(permissions=()), SYSTEM)
    assert not (await sessions.authenticate(text, HERE)).may(Permission.ACCOUNTS_READ)


async def test_only_a_good_key_opens_a_session(
    sessions: ApiSessions, keys: ApiKeys, key: str
) -> None:
    """Of this organization; the value of a session opens none."""
    text = await opened(sessions, key)
    for org_id, wrong in (("lake", key), ("river", "x"), ("river", key[:-1]), ("river", text)):
        with pytest.raises(BadApiKey):
            await sessions.open(org_id, wrong, HERE)


async def test_a_session_ends_after_half_an_hour_without_use(
    sessions: ApiSessions, key: str, clock: ManualClock
) -> None:
    """Each use lets it live on, for twelve hours in all."""
    text = await opened(sessions, key)
    start = clock.now
    while clock.now - start < 12 * 3600 * SECOND - 25 * MINUTE_S * SECOND:
        clock.advance(seconds=25 * MINUTE_S)
        assert await is_good(sessions, text)
    clock.now = start + 12 * 3600 * SECOND - 1
    assert await is_good(sessions, text)
    clock.now += 1
    assert not await is_good(sessions, text)
    idle = await opened(sessions, key)
    clock.advance(seconds=30 * MINUTE_S)
    assert not await is_good(sessions, idle)


async def test_a_busy_session_writes_once_a_minute(
    sessions: ApiSessions, key: str, clock: ManualClock, db: Database
) -> None:
    """Otherwise each call is one read."""
    text = await opened(sessions, key)
    before = db.statements_run
    await sessions.authenticate(text, HERE)
    clock.advance(seconds=MINUTE_S)
    await sessions.authenticate(text, HERE)
    assert db.statements_run - before == 2
    clock.advance(seconds=1)
    await sessions.authenticate(text, HERE)
    assert db.statements_run - before == 5


async def test_a_session_dies_with_its_key_and_with_its_account(
    sessions: ApiSessions, keys: ApiKeys, staff_id: int, db: Database, clock: ManualClock
) -> None:
    """A revoked key, an expired one, a disabled account."""
    end = clock.now + 60 * SECOND
    made = [
        await keys.create("river", staff_id, "job", SYSTEM),
        await keys.create("river", staff_id, "job", SYSTEM, end),
        await keys.create("river", staff_id, "job", SYSTEM),
    ]
    revoked, expired, other = [await opened(sessions, each[1].reveal()) for each in made]
    await keys.revoke("river", made[0][0].key_id, SYSTEM)
    assert not await is_good(sessions, revoked)
    clock.now = end - 1
    assert await is_good(sessions, expired)
    clock.now = end
    assert not await is_good(sessions, expired)
    assert await is_good(sessions, other)
    await make_accounts(db).disable("river", staff_id, SYSTEM)
    assert not await is_good(sessions, other)


async def test_a_closed_session_is_closed_once(
    sessions: ApiSessions, key: str, db: Database
) -> None:
    """Opening and closing are recorded, the identifier is not."""
    text = await opened(sessions, key)
    await sessions.close(text, THERE)
    assert not await is_good(sessions, text)
    with pytest.raises(BadApiSession):
        await sessions.close(text, HERE)
    closed, made = [each.event for each in await Audit(db=db).list("river", None, 2)]
    assert (made.action, made.address) == ("api_session.opened", HERE)
    assert (closed.action, closed.address) == ("api_session.closed", THERE)
    assert closed.target_id == made.target_id
    assert text not in str((closed, made))


async def test_a_session_belongs_to_its_organization(sessions: ApiSessions, key: str) -> None:
    """Named or not; under another one it is worth nothing, and cannot be closed."""
    text = await opened(sessions, key)
    await sessions.authenticate(text, HERE, "river")
    with pytest.raises(BadApiSession):
        await sessions.authenticate(text, HERE, "lake")
    with pytest.raises(BadApiSession):
        await sessions.close(text, HERE, "lake")
    assert await is_good(sessions, text)


async def test_the_oldest_session_of_a_key_makes_room(
    sessions: ApiSessions, keys: ApiKeys, key: str, staff_id: int
) -> None:
    """Another key's sessions are not counted."""
    _, other = await keys.create("river", staff_id, "other", SYSTEM)
    theirs = await opened(sessions, other.reveal())
    first = await opened(sessions, key)
    kept = [await opened(sessions, key) for _ in range(MAX_LIVE_SESSIONS - 1)]
    assert await is_good(sessions, first)
    last = await opened(sessions, key)
    assert not await is_good(sessions, first)
    for text in (*kept, last, theirs):
        assert await is_good(sessions, text)


async def test_fifty_sign_ins_at_once_keep_to_the_limit(
    sessions: ApiSessions, key: str, clock: ManualClock, db: Database
) -> None:
    """Each gets a session of its own; as many as may be are open in the end."""
    ids = await asyncio.gather(*(opened(sessions, key) for _ in range(50)))
    assert len(set(ids)) == 50
    assert sum([await is_good(sessions, each) for each in ids]) == MAX_LIVE_SESSIONS


async def test_sign_ins_while_the_key_is_revoked_leave_no_session(
    sessions: ApiSessions, keys: ApiKeys, staff_id: int
) -> None:
    """Whoever comes first."""
    made, secret = await keys.create("river", staff_id, "job", SYSTEM)
    answers = await asyncio.gather(
        *(opened(sessions, secret.reveal()) for _ in range(25)),
        keys.revoke("river", made.key_id, SYSTEM),
        *(opened(sessions, secret.reveal()) for _ in range(25)),
        return_exceptions=True,
    )
    refused = [each for each in answers if isinstance(each, BaseException)]
    assert all(isinstance(each, BadApiKey) for each in refused)
    for text in answers:
        assert not isinstance(text, str) or not await is_good(sessions, text)


async def test_an_identifier_that_is_taken_is_drawn_again(
    db: Database, clock: ManualClock, keys: ApiKeys, key: str
) -> None:
    """Nobody ever gets another's session; too large a number would favour some identifiers."""
    drawn = iter([7, 7, (1 << 48) - 1, 10**13 + 8])
    sessions = ApiSessions(
        db=db,
        clock=clock,
        random=lambda count: next(drawn).to_bytes(count, "big"),
        api_keys=keys,
        pepper=Secret(b"pepper"),
        brakes=make_brakes(db),
    )
    assert await opened(sessions, key) == "T0000000000007"
    assert await opened(sessions, key) == "T0000000000008"


async def test_the_table_alone_reveals_no_identifier(
    db: Database, clock: ManualClock, keys: ApiKeys, key: str, sessions: ApiSessions
) -> None:
    """Under another pepper the same identifier has another hash."""
    text = await opened(sessions, key)
    other = ApiSessions(
        db=db,
        clock=clock,
        random=SeededRandom(1),
        api_keys=keys,
        pepper=Secret(b"another"),
        brakes=make_brakes(db),
    )
    assert not await is_good(other, text)
    (row,) = await db.all(_ROWS)
    assert text not in str(row)


@pytest.mark.parametrize(
    "text",
    ["", "T", "T123", "t1356492402097", "T13564924020971", " T1356492402097", "T1356492402097\n",
     "T١٢٣٤٥٦٧٨٩٠١٢٣", "T135649240209\x00", "\ud800" * 14, "T" + "1" * 1_000_000],
)  # fmt: skip
async def test_what_cannot_be_an_identifier_is_none(
    sessions: ApiSessions, key: str, db: Database, text: str
) -> None:
    """Without a look-up, and without being taken for a guess."""
    await opened(sessions, key)
    before = db.statements_run
    for _ in range(30):
        assert not await is_good(sessions, text)
    assert db.statements_run == before


async def test_who_guesses_is_not_listened_to_for_a_minute(
    sessions: ApiSessions, key: str, db: Database, clock: ManualClock
) -> None:
    """Not even with a good identifier; others are."""
    text = await opened(sessions, key)
    for number in range(20):
        assert not await is_good(sessions, f"T{number:013}", THERE)
    before = db.statements_run
    assert not await is_good(sessions, text, THERE)
    assert db.statements_run == before
    assert await is_good(sessions, text, HERE)
    clock.advance(seconds=60)
    assert await is_good(sessions, text, THERE)


async def test_who_comes_back_with_an_ended_session_is_no_guesser(
    sessions: ApiSessions, key: str
) -> None:
    """A program with thirty workers has thirty of them after a pause."""
    ids = [await opened(sessions, key) for _ in range(MAX_LIVE_SESSIONS + 10)]
    for text in ids[:10] * 3:
        assert not await is_good(sessions, text)
    assert await is_good(sessions, ids[-1])


async def test_while_many_guess_sessions_open_only_from_where_they_were_opened(
    sessions: ApiSessions, key: str, clock: ManualClock
) -> None:
    """A hit from elsewhere would be worth nothing; the rightful program notices nothing."""
    text = await opened(sessions, key)
    for number in range(600):
        await is_good(sessions, f"T{number:013}", f"203.0.113.{number % 100}")
    assert not await is_good(sessions, text, THERE)
    assert await is_good(sessions, text, HERE)
    clock.advance(seconds=60)
    assert await is_good(sessions, text, THERE)


async def test_ended_sessions_leave_a_day_later(
    sessions: ApiSessions, key: str, clock: ManualClock, db: Database
) -> None:
    """Housekeeping removes them, and no others."""
    await opened(sessions, key)
    clock.advance(seconds=86_400)
    text = await opened(sessions, key)
    clock.advance(seconds=29 * 60)
    assert await jobs.remove_expired(Sweeper(db), clock.now) == 0
    assert await is_good(sessions, text)
    clock.advance(seconds=2 * 60)
    assert await jobs.remove_expired(Sweeper(db), clock.now) == 1
    assert await is_good(sessions, text)
