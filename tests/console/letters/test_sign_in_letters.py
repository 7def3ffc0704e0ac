"""The letter about a sign-in that was slowed down: to who owns the account, once a day."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountKind, Doorway
from doorward.brakes import Braked
from doorward.crypto import Secret
from doorward.mail import Parcel
from tests.console.letters.office import Office, short
from tests.mail.letters import work_off
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

DEV = "dev@example.org"


async def guess(office: Office, name: str, times: int, network: str = "192.0.2.1") -> None:
    """So many wrong passwords from one network."""
    for _ in range(times):
        try:
            await office.services.accounts.verify_password(
                "river", AccountKind.CONSTITUENT, name, Secret("wrong"), Doorway(network)
            )
        except Braked:
            return


async def told(office: Office) -> list[Parcel]:
    """What arrived since it was last asked, after the job has run."""
    known = len(office.inbox.newest())
    await office.services.sign_in_post.tell()
    await work_off(office.services.outbox, office.inbox, office.services.db)
    found = office.inbox.newest()
    return [each.parcel for each in found[: len(found) - known]]


async def test_the_owner_is_told_once_a_day(office: Office, clock: ManualClock) -> None:
    """From however many networks somebody goes on; the next day again."""
    await guess(office, "dev", 9)
    assert await told(office) == []
    await guess(office, "dev@example.org", 1)
    (letter,) = await told(office)
    assert short([letter]) == [(DEV, "sign_in_slowed")]
    assert letter.subject == "Sign-in to your account was slowed down"
    for number in range(2, 5):
        await guess(office, "dev", 10, f"192.0.2.{number}")
    assert await told(office) == []
    clock.advance(seconds=86_400 + 1)
    await guess(office, "dev", 10, "192.0.2.9")
    assert short(await told(office)) == [(DEV, "sign_in_slowed")]


async def test_every_time_is_on_record(office: Office) -> None:
    """Also those of which no letter tells."""
    for number in range(3):
        await guess(office, "dev", 10, f"192.0.2.{number}")
        await office.services.sign_in_post.tell()
    events = await office.services.audit.list("river", None, 10)
    slowed = [each for each in events if each.event.action == "account.sign_in_slowed"]
    assert [each.event.target_id for each in slowed] == [office.owner.actor.id] * 3


async def test_nobody_is_told_of_a_name_that_nobody_has(office: Office) -> None:
    """It is settled like the rest, and leaves no record."""
    await guess(office, "nobody", 10)
    assert await told(office) == []
    assert await office.services.brakes.find_slowed(9) == []


async def test_a_right_password_after_the_limit_does_not_hide_it(office: Office) -> None:
    """Who got in at last may have been somebody else."""
    await guess(office, "dev", 10)
    office.services.clock.advance(seconds=30)  # type: ignore[attr-defined]
    await office.services.accounts.verify_password(
        "river",
        AccountKind.CONSTITUENT,
        "dev",
        Secret("correct horse battery"),
        Doorway("192.0.2.1"),
    )
    assert len(await told(office)) == 1
