"""What owners do: register, name test users, hand on, remove."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from doorward.audit import SYSTEM
from doorward.clients import (
    MAX_UNAPPROVED,
    ApplicationChange,
    Applications,
    ApplicationStatus,
    BadOffer,
    BadTesters,
    Ownership,
    RegistrationClosed,
    StaffDecide,
    TooManyApplications,
    UnknownApplication,
    UnknownOffer,
    WasApproved,
    likeness,
    remove_expired,
)
from doorward.db import Database, Sweeper
from doorward.orgs import Organization, OrganizationChange, Organizations, Registration
from tests.support.clock import ManualClock
from tests.support.reviewing import DRAFT, OWNER, STAFF, STRANGER, person, staff

pytestmark = pytest.mark.anyio


async def test_people_register_where_the_organization_takes_them(
    applications: Applications, db: Database, org: Organization
) -> None:
    """Their own drafts; closed, by request and for other kinds of accounts it is refused."""
    made, _ = await applications.create(DRAFT, OWNER)
    assert (made.status, made.owner_account_id) == (ApplicationStatus.DRAFT, OWNER.account_id)
    orgs = Organizations(db=db, clock=db.clock)
    for policy in (
        Registration(mode="closed", message_en="Not now."),
        Registration(mode="by_request"),
        Registration(mode="open", who=("system",)),
    ):
        await orgs.update(org.org_id, OrganizationChange(registration=policy), SYSTEM)
        with pytest.raises(RegistrationClosed):
            await applications.create(replace(DRAFT, name="Other"), OWNER)
    own = replace(DRAFT, name="Staff's", owner_account_id=8)
    assert (await applications.create(own, staff(8)))[0].owner_account_id == 8


@pytest.mark.parametrize(
    "wanted",
    [
        {"trusted": True},
        {"client_id": "chosen-id"},
        {"status": ApplicationStatus.SUBMITTED},
        {"owner_account_id": None},
        {"owner_account_id": 102},
    ],
)
async def test_people_choose_nothing_that_is_the_staff_s(
    applications: Applications, org: Organization, wanted: dict[str, object]
) -> None:
    """V-CL: no privileged field at registration."""
    assert org.registration.welcomes("constituent")
    with pytest.raises(StaffDecide):
        await applications.create(replace(DRAFT, **wanted), OWNER)  # type: ignore[arg-type]


async def test_an_owner_has_twenty_unapproved_applications_at_most(
    applications: Applications, org: Organization
) -> None:
    """Also when thirty are registered at once."""
    assert org.is_active
    wanted = [replace(DRAFT, name=f"App {n}") for n in range(MAX_UNAPPROVED + 10)]
    made = await asyncio.gather(
        *(applications.create(each, OWNER) for each in wanted), return_exceptions=True
    )
    assert sum(isinstance(each, TooManyApplications) for each in made) == 10
    assert sum(isinstance(each, tuple) for each in made) == MAX_UNAPPROVED


async def test_an_application_is_handed_on_once(
    applications: Applications, ownership: Ownership, clock: ManualClock
) -> None:
    """To the account that it was offered to, within seven days."""
    made, _ = await applications.create(DRAFT, SYSTEM)
    with pytest.raises(UnknownApplication):
        await ownership.offer("river", made.client_id, 104, STRANGER)
    with pytest.raises(BadOffer):
        await ownership.offer("river", made.client_id, OWNER.account_id, OWNER)
    await ownership.offer("river", made.client_id, 104, OWNER)
    assert [o.client_id for o in await ownership.list_offers_to("river", 104)] == [made.client_id]
    with pytest.raises(UnknownOffer):
        await ownership.accept("river", made.client_id, STRANGER)
    answers = await asyncio.gather(
        *(ownership.accept("river", made.client_id, person(104)) for _ in range(9)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, UnknownOffer) for each in answers) == 8
    after = await applications.get("river", made.client_id)
    assert (after.owner_account_id, after.revision) == (104, 2)
    await ownership.offer("river", made.client_id, OWNER.account_id, person(104))
    clock.advance(seconds=7 * 86_400)
    with pytest.raises(UnknownOffer):
        await ownership.accept("river", made.client_id, OWNER)


async def test_a_change_that_waits_is_not_handed_on(
    applications: Applications, ownership: Ownership
) -> None:
    """What the old owner asked for is not approved in the new owner's name."""
    made, _ = await applications.create(replace(DRAFT, status=ApplicationStatus.APPROVED), SYSTEM)
    await applications.update("river", made.client_id, ApplicationChange(name="X"), OWNER)
    await ownership.offer("river", made.client_id, 104, OWNER)
    after = await ownership.accept("river", made.client_id, person(104))
    assert (after.status, after.name) == (ApplicationStatus.APPROVED, made.name)


async def test_an_owner_deletes_what_was_never_approved(
    applications: Applications, ownership: Ownership
) -> None:
    """What people may have let in is withdrawn; staff remove anything."""
    draft, _ = await applications.create(DRAFT, SYSTEM)
    live, _ = await applications.create(
        replace(DRAFT, name="Live", status=ApplicationStatus.APPROVED), SYSTEM
    )
    for by in (STRANGER, person(7)):
        with pytest.raises(UnknownApplication):
            await ownership.delete("river", draft.client_id, by)
    await ownership.delete("river", draft.client_id, OWNER)
    with pytest.raises(WasApproved):
        await ownership.delete("river", live.client_id, OWNER)
    await ownership.delete("river", live.client_id, STAFF)
    assert await ownership.list_of("river", OWNER.account_id) == []


@pytest.mark.parametrize("testers", [range(1, 22), [0], [-5], [1 << 60]])
async def test_test_users_are_few_and_accounts(
    applications: Applications, ownership: Ownership, testers: list[int]
) -> None:
    """Twenty at most, and numbers that accounts can have."""
    made, _ = await applications.create(DRAFT, SYSTEM)
    with pytest.raises(BadTesters):
        await ownership.set_testers("river", made.client_id, testers, OWNER)
    with pytest.raises(UnknownApplication):
        await ownership.set_testers("river", made.client_id, [1], STRANGER)
    after = await ownership.set_testers("river", made.client_id, [7, 7, 8], OWNER)
    assert after.testers == (7, 8)
    can = {n: after.may_be_used_by(n) for n in (7, 9, OWNER.account_id)}
    assert can == {7: True, 9: False, OWNER.account_id: True}
    assert not after.may_be_used_by(None)


async def test_offers_and_old_use_leave(
    applications: Applications, ownership: Ownership, db: Database, clock: ManualClock
) -> None:
    """An offer that nobody took goes after its week."""
    made, _ = await applications.create(DRAFT, SYSTEM)
    await ownership.offer("river", made.client_id, 104, OWNER)
    assert await remove_expired(Sweeper(db), clock.now) == 0
    clock.advance(seconds=8 * 86_400)
    assert await remove_expired(Sweeper(db), clock.now) == 1


def test_names_that_are_taken_for_each_other_have_one_likeness() -> None:
    """By letters of other scripts, digits, accents, case, width and spaces; others differ."""
    for like in ("Rivеr Trust", "R1ver Trust", "RIVER-TRUST", "Ｒｉｖｅｒ Trust", "Ríver Tru5t"):
        assert likeness(like) == likeness("River Trust"), like
    assert likeness("Barn") == likeness("Bam")
    assert likeness("★") != likeness("☆")
    assert len({likeness(name) for name in ("River Trust", "Lake Trust", "日本", "ねこ")}) == 4
