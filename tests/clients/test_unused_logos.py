"""A logo that nothing refers to leaves after a day; every other one stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from doorward import orgs
from doorward.audit import SYSTEM, Actor
from doorward.clients import (
    ApplicationChange,
    Applications,
    ApplicationStatus,
    Logos,
    Reviews,
    UnknownLogo,
    UnusedLogos,
)
from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.pictures import picture
from tests.support.reviewing import DRAFT, OWNER, REVIEWER

pytestmark = pytest.mark.anyio

DAY = 86_400
COLOURS = ("#111111", "#222222", "#333333", "#444444")


@pytest.fixture
def logos(db: Database, clock: ManualClock) -> Iterator[Logos]:
    """The service."""
    made = Logos(db=db, clock=clock)
    yield made
    made.close()


async def keep(logos: Logos, colour: str = COLOURS[0], org_id: str = "river") -> str:
    """A picture that somebody sent. Answers its key."""
    by = Actor("account", "101")
    return (await logos.keep(org_id, picture(size=(8, 8), colour=colour), by)).key


async def is_there(logos: Logos, key: str, org_id: str = "river") -> bool:
    """Whether the logo can be shown."""
    try:
        await logos.get(org_id, key)
    except UnknownLogo:
        return False
    return True


async def test_what_nobody_uses_leaves_after_a_day(
    logos: Logos, db: Database, clock: ManualClock
) -> None:
    """Not before; and where it was sent once more, a day after that."""
    first, second = await keep(logos), await keep(logos, COLOURS[1])
    sweeper = UnusedLogos(db)
    clock.advance(seconds=DAY - 1)
    assert await sweeper.remove_some(clock.now) == 0
    assert await keep(logos, COLOURS[1]) == second
    clock.advance(seconds=2)
    assert await sweeper.remove_some(clock.now) == 1
    assert (await is_there(logos, first), await is_there(logos, second)) == (False, True)
    clock.advance(seconds=DAY)
    assert await sweeper.remove_some(clock.now) == 1
    assert await keep(logos) == first
    assert await is_there(logos, first)


async def test_what_is_referred_to_stays(
    applications: Applications,
    reviews: Reviews,
    logos: Logos,
    db: Database,
    clock: ManualClock,
    org: orgs.Organization,
) -> None:
    """By an application, by a change that waits, and by what was approved last."""
    live, wanted, unused, elsewhere = [await keep(logos, each) for each in COLOURS]
    await keep(logos, COLOURS[0], "brook")
    new = replace(DRAFT, logo=live, status=ApplicationStatus.APPROVED)
    made, _ = await applications.create(new, SYSTEM)
    await applications.create(replace(DRAFT, org_id="brook", name="X", logo=elsewhere), SYSTEM)
    await applications.update("river", made.client_id, ApplicationChange(logo=wanted), OWNER)
    clock.advance(seconds=DAY + 1)
    sweeper = UnusedLogos(db)
    assert await sweeper.remove_some(clock.now) == 3
    left = [await is_there(logos, each) for each in (live, wanted, unused, elsewhere)]
    assert left == [True, True, False, False]
    assert not await is_there(logos, live, "brook")
    waiting = await applications.get("river", made.client_id)
    await reviews.approve("river", made.client_id, REVIEWER, revision=waiting.revision)
    clock.advance(seconds=1)
    assert await sweeper.remove_some(clock.now) == 1
    assert (await is_there(logos, live), await is_there(logos, wanted)) == (False, True)


async def test_a_logo_of_what_was_approved_stays_while_another_one_is_live(
    applications: Applications, logos: Logos, db: Database, clock: ManualClock
) -> None:
    """The review shows both side by side."""
    approved, newer = await keep(logos), await keep(logos, COLOURS[1])
    new = replace(DRAFT, owner_account_id=None, logo=approved, status=ApplicationStatus.APPROVED)
    made, _ = await applications.create(new, SYSTEM)
    await applications.update("river", made.client_id, ApplicationChange(logo=newer), SYSTEM)
    clock.advance(seconds=DAY + 1)
    assert await UnusedLogos(db).remove_some(clock.now) == 0
    assert await is_there(logos, approved)


async def test_many_leave_a_few_at_a_time(logos: Logos, db: Database, clock: ManualClock) -> None:
    """A walk looks at each once, goes on where it ended, and begins again."""
    for number in range(60):
        by = Actor("account", str(number))
        await logos.keep("river", picture(size=(4, 4), colour=f"#0000{number:02x}"), by)
    clock.advance(seconds=DAY + 1)
    sweeper = UnusedLogos(db)
    assert [await sweeper.remove_some(clock.now) for _ in range(3)] == [50, 10, 0]
