"""Deleting an account: asked for, put off, carried out to the last row."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from doorward.accounts import AccountIdTaken, AccountKind, NewAccount, UnknownAccount
from doorward.audit import SYSTEM
from doorward.belongings import DeletionState, DeletionUnderWay, LastOfStaff, NoDeletion
from doorward.connectors import Category, UpstreamFailure
from doorward.db import Database
from doorward.mail import Inbox, render_letter
from doorward.orgs import NewOrganization, OrgId, Permission, Policy
from doorward.projects import BadPersonalKey
from tests.belongings.leaver import GRACE_S, Leaver, leaver_of, rows_of
from tests.support.clock import ManualClock
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.passkeys import tenant_at
from tests.support.programs import Program
from tests.support.world import World, make_services

pytestmark = pytest.mark.anyio


async def ask(leaver: Leaver) -> None:
    """What the page does."""
    use = leaver.world.services
    await use.deletions.ask(leaver.tenant, leaver.account.account_id, leaver.by)


async def test_after_the_grace_everything_is_erased(world: World) -> None:
    """Row by row, and what was handed out is worth nothing."""
    leaver = await leaver_of(world)
    before = await rows_of(leaver)
    assert {"sessions", "consents", "connections", "personal_keys", "passkeys"} <= set(before)
    assert {"totp_factors", "recovery_codes", "applications", "projects"} <= set(before)
    await ask(leaver)
    await leaver.erase()
    use, program = world.services, Program(world, world.web)
    assert await rows_of(leaver) == {}
    assert not await program.is_active(leaver.tokens["access_token"])
    assert (await program.refresh(leaver.tokens["refresh_token"])).status_code == 400
    with pytest.raises(BadPersonalKey):
        await use.personal_keys.authenticate(world.org.org_id, leaver.key.reveal(), None)
    with pytest.raises(UnknownAccount):
        await use.accounts.get(*leaver.whose)
    assert await use.deletions.find(*leaver.whose) is None
    names = [each.name for each in await use.applications.list(world.org.org_id, None, 50)]
    assert "Her approved" in names
    assert "Her draft" not in names


async def test_the_platform_is_asked_to_forget(world: World) -> None:
    """What was connected is ended by the vault, which goes on asking where nobody answers."""
    leaver = await leaver_of(world)
    await ask(leaver)
    await leaver.erase()
    events = await world.services.audit.list(world.org.org_id, None, 100)
    ended = [each.event for each in events if each.event.action == "connection.disconnected"]
    assert [each.detail["remote"] for each in ended] == ["asked"]


async def test_the_number_never_comes_back_and_the_names_are_free(world: World) -> None:
    """Whoever takes the name is somebody else; the record says nothing of who it was."""
    leaver = await leaver_of(world)
    use, org_id = world.services, world.org.org_id
    await ask(leaver)
    await leaver.erase()
    another = await make_account(use.db, "anna", org_id=org_id)
    assert another.account_id > leaver.account.account_id
    chosen = NewAccount(
        org_id, AccountKind.CONSTITUENT, "zoe", account_id=leaver.account.account_id
    )
    with pytest.raises(AccountIdTaken):
        await use.accounts.create(chosen, SYSTEM)
    for spell in (use.accounts.enable, use.accounts.disable):
        with pytest.raises(UnknownAccount):
            await spell(org_id, leaver.account.account_id, SYSTEM)
    assert await use.accounts.count(org_id, AccountKind.CONSTITUENT) == 1
    events = await use.audit.list(org_id, None, 200)
    said = json.dumps([[each.event.target_id, dict(each.event.detail)] for each in events])
    assert "anna" not in said
    assert "account.belongings_erased" in [each.event.action for each in events]


async def test_until_then_nothing_is_lost(world: World) -> None:
    """Cancelled, everything is as it was; a second before the time, nothing is erased."""
    leaver = await leaver_of(world)
    before, use = await rows_of(leaver), world.services
    await ask(leaver)
    await leaver.erase(wait_s=GRACE_S - 70)
    assert await rows_of(leaver) == before
    await use.deletions.cancel(leaver.tenant, leaver.account.account_id, leaver.by)
    await leaver.erase()
    assert await rows_of(leaver) == before
    with pytest.raises(NoDeletion):
        await use.deletions.cancel(leaver.tenant, leaver.account.account_id, leaver.by)


async def test_asking_twice_puts_nothing_off(world: World) -> None:
    """The first date stands."""
    leaver = await leaver_of(world)
    use, number = world.services, leaver.account.account_id
    first = await use.deletions.ask(leaver.tenant, number, leaver.by)
    world.clock.advance(seconds=86_400)
    assert await use.deletions.schedule(leaver.tenant, number, SYSTEM) == first


async def test_where_staff_decide_a_person_only_asks(house: House) -> None:
    """Nothing happens until staff agree; then the grace begins."""
    world = await house.new_world(Policy(deletion="staff"))
    tenant, number, use = tenant_at(world.org), world.person.account_id, world.services
    asked = await use.deletions.ask(tenant, number, SYSTEM)
    assert (asked.state, asked.due_at) == (DeletionState.ASKED, None)
    world.clock.advance(seconds=100 * 86_400)
    await use.eraser.erase_due()
    assert (await use.deletions.list_of_org(tenant.org_id)) == [asked]
    agreed = await use.deletions.schedule(tenant, number, SYSTEM)
    assert agreed.due_at == world.clock() + GRACE_S * 1_000_000


async def test_a_cancel_beside_the_job_ends_one_way(world: World) -> None:
    """Either the account is kept whole, or it is gone and says so."""
    use, org_id = world.services, world.org.org_id
    tenant = tenant_at(world.org)
    people = [await make_account(use.db, f"p{n}", org_id=org_id) for n in range(6)]
    for person in people:
        await use.deletions.ask(tenant, person.account_id, SYSTEM)
    world.clock.advance(seconds=GRACE_S)

    async def cancel(number: int) -> bool:
        try:
            await use.deletions.cancel(tenant, number, SYSTEM)
        except (DeletionUnderWay, UnknownAccount):
            return False
        return True

    kept, _, _ = await asyncio.gather(
        asyncio.gather(*(cancel(each.account_id) for each in people)),
        use.eraser.erase_due(),
        use.eraser.erase_due(),
    )
    for person, is_kept in zip(people, kept, strict=True):
        found = await use.accounts.find_within(use.db, org_id, person.account_id)
        assert (found is not None) is is_kept
        assert (await use.deletions.find(org_id, person.account_id) is None) is is_kept


async def test_the_last_of_the_staff_cannot_leave(world: World) -> None:
    """Or nobody could look after people; with a colleague it can be done."""
    use, tenant = world.services, tenant_at(world.org)
    held = (Permission.ACCOUNTS_WRITE.value,)
    sam = await make_account(
        use.db, "sam", org_id=tenant.org_id, kind=AccountKind.SYSTEM, permissions=held
    )
    with pytest.raises(LastOfStaff):
        await use.deletions.ask(tenant, sam.account_id, SYSTEM)
    await make_account(
        use.db, "kim", org_id=tenant.org_id, kind=AccountKind.SYSTEM, permissions=held
    )
    assert (await use.deletions.ask(tenant, sam.account_id, SYSTEM)).due_at is not None


async def test_what_cannot_be_erased_now_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And holds up nobody else."""
    leaver = await leaver_of(world)
    use = world.services
    ben = await make_account(use.db, "ben", org_id=world.org.org_id)
    await ask(leaver)
    await use.deletions.ask(leaver.tenant, ben.account_id, SYSTEM)

    async def broken(*_: object, **__: object) -> None:
        raise UpstreamFailure(Category.MANIFEST)

    with monkeypatch.context() as patched:
        patched.setattr(type(use.vault.deauthorizer), "disconnect", broken)
        await leaver.erase()
    assert await rows_of(leaver) != {}
    assert await use.deletions.find(world.org.org_id, ben.account_id) is None
    world.clock.advance(seconds=601)
    await use.eraser.erase_due()
    assert await rows_of(leaver) == {}


async def test_people_are_told_by_mail(db: Database, clock: ManualClock) -> None:
    """Scheduled, kept and done, in their language; opening the link changes nothing."""
    use = make_services(db, clock, carrier=Inbox(clock=clock))
    org = await use.organizations.create(NewOrganization(OrgId("river"), "River Trust"), SYSTEM)
    anna = await make_account(db, "anna", org_id="river")
    tenant = tenant_at(org)
    await use.deletions.ask(tenant, anna.account_id, SYSTEM)
    await use.deletions.cancel(tenant, anna.account_id, SYSTEM)
    await use.deletions.ask(tenant, anna.account_id, SYSTEM)
    clock.advance(seconds=GRACE_S)
    await use.eraser.erase_due()
    subjects = []
    for org_id, letter_id in await use.outbox.find_due(10):
        letter = await use.outbox.claim(org_id, letter_id, 1)
        assert letter is not None
        opened = use.outbox.open_link(letter)
        assert opened.link in {None, "https://id.river.example/o/river/account/delete"}
        parcel = render_letter(letter, opened)
        assert parcel.address == "anna@example.org"
        subjects.append(parcel.subject)
        assert "アカウント" in render_letter(replace(letter, locale="ja"), opened).text
    assert "Your account is kept" in subjects
    assert "Your account is deleted" in subjects
    assert "Your account will be deleted" in subjects
