"""Authenticator apps and recovery codes, at the room's own door."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import SYSTEM
from doorward.brakes import Braked
from doorward.crypto import KeyRing, SealBroken, Secret
from doorward.db import Sweeper, Transaction
from doorward.factors import NothingPending, Standing
from doorward.factors import store as rows
from doorward.factors.jobs import remove_expired
from doorward.vault import MasterKeys
from tests.support.factories import make_account
from tests.support.second_steps import BROWSER, Phone, phone_of
from tests.support.spec import spec
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def events_of(world: World) -> list[str]:
    """What was recorded of the second step, oldest first."""
    page = await world.services.audit.list(world.org.org_id, None, 100)
    found = [each.event.action for each in page]
    wanted = ("second_step", "recovery_code")
    return [action for action in reversed(found) if action.startswith(wanted)]


async def test_nothing_counts_until_a_code_proves_it(world: World) -> None:
    """The key is the same in the browser that began, and another one in every other."""
    phone = Phone(world, world.person)
    pending = await phone.factors.begin(*phone.whose, BROWSER)
    again = await phone.factors.begin(*phone.whose, BROWSER)
    assert again.key.reveal() == pending.key.reveal()
    assert await phone.factors.find_pending(*phone.whose, BROWSER + 1) is None
    assert not await phone.factors.is_set_up(*phone.whose)
    phone.key = pending.key.reveal()
    account_id = world.person.account_id
    assert not await phone.factors.verify_code(*phone.whose, phone.code())
    wrong = await phone.factors.confirm(phone.tenant, account_id, BROWSER, "000000", phone.by)
    assert wrong is None
    with pytest.raises(NothingPending):
        await phone.factors.confirm(phone.tenant, account_id, BROWSER + 1, phone.code(), phone.by)
    codes = await phone.factors.confirm(phone.tenant, account_id, BROWSER, phone.code(), phone.by)
    assert codes is not None
    assert len(codes) == len({each.reveal() for each in codes}) == 10
    standing = await phone.factors.get_standing(*phone.whose)
    assert standing.app is not None
    assert standing.codes_left == 10
    assert await events_of(world) == ["second_step.turned_on", "recovery_codes.made"]


async def test_a_key_that_somebody_planted_elsewhere_is_not_taken_over(world: World) -> None:
    """Whoever begins in another browser gets a key of their own, and the planted one is gone."""
    phone = Phone(world, world.person)
    planted = await phone.factors.begin(*phone.whose, BROWSER + 1)
    own = await phone.factors.begin(*phone.whose, BROWSER)
    assert own.key.reveal() != planted.key.reveal()
    assert await phone.factors.find_pending(*phone.whose, BROWSER + 1) is None


async def test_a_setup_ends_after_half_an_hour(world: World) -> None:
    """And leaves no key behind."""
    phone = Phone(world, world.person)
    phone.key = (await phone.factors.begin(*phone.whose, BROWSER)).key.reveal()
    world.clock.advance(seconds=1801)
    with pytest.raises(NothingPending):
        await phone.factors.confirm(
            phone.tenant, world.person.account_id, BROWSER, phone.code(), phone.by
        )
    await remove_expired(Sweeper(world.services.db), world.clock.now)
    left = await world.services.db.all(
        rows.FIND_PENDING,
        org_id=world.org.org_id,
        account=world.person.account_id,
        browser=BROWSER,
        now=0,
    )
    assert left == []


@spec("RFC 6238", "5.2", "a code is accepted once, and one step to either side")
async def test_a_code_is_good_once_and_near_its_time(world: World) -> None:
    """Not again, not an earlier one after it, not two steps away."""
    phone = await phone_of(world)
    assert not await phone.factors.verify_code(*phone.whose, phone.code())
    world.clock.advance(seconds=90)
    for steps, good in ((2, False), (-2, False), (-1, True), (0, True), (0, False), (-1, False)):
        assert await phone.factors.verify_code(*phone.whose, phone.code(steps)) is good, steps
    assert await phone.factors.verify_code(*phone.whose, phone.code(1))
    assert not await phone.factors.verify_code(*phone.whose, phone.code(0))


@pytest.mark.parametrize("shape", ["{a}{b}", "{a} {b}", " {a}-{b} ", "{a}\u3000{b}", "wide"])
async def test_a_code_is_read_however_it_is_typed(world: World, shape: str) -> None:
    """Grouped, or in full width."""
    phone = await phone_of(world)
    code = phone.next_code()
    typed = shape.format(a=code[:3], b=code[3:])
    if shape == "wide":
        typed = code.translate({48 + n: 0xFF10 + n for n in range(10)})
    assert await phone.factors.verify_code(*phone.whose, typed)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "12345\0", "x" * 100_000])
async def test_what_is_no_code_is_refused(world: World, typed: str) -> None:
    """Whatever arrives."""
    phone = await phone_of(world)
    assert not await phone.factors.verify_code(*phone.whose, typed)
    account_id = world.person.account_id
    assert await phone.factors.use_recovery_code(phone.tenant, account_id, typed, phone.by) is None


async def test_of_fifty_equal_codes_at_once_one_wins(world: World) -> None:
    """And of fifty equal recovery codes; five of those pass the brake at most."""
    phone = await phone_of(world)
    code = phone.next_code()

    async def prove() -> bool:
        try:
            return await phone.factors.verify_code(*phone.whose, code)
        except Braked:
            return False

    async def recover() -> int | None:
        try:
            return await phone.factors.use_recovery_code(
                phone.tenant, world.person.account_id, phone.codes[0], phone.by
            )
        except Braked:
            return None

    assert (await asyncio.gather(*(prove() for _ in range(50)))).count(True) == 1
    found = await asyncio.gather(*(recover() for _ in range(50)))
    assert [each for each in found if each is not None] == [9]


async def test_wrong_codes_are_braked_and_a_right_one_is_not_counted(world: World) -> None:
    """Two hundred at once: the limit is tried, and then not even the right one."""
    phone = await phone_of(world)
    for _ in range(30):
        assert await phone.factors.verify_code(*phone.whose, phone.next_code())
    tried = 0

    async def guess(number: int) -> None:
        nonlocal tried
        try:
            await phone.factors.verify_code(*phone.whose, f"{number:06}")
            tried += 1
        except Braked:
            pass

    wrong = [n for n in range(300) if f"{n:06}" not in {phone.code(s) for s in (-1, 0, 1)}]
    await asyncio.gather(*(guess(number) for number in wrong[:200]))
    assert tried == 10
    with pytest.raises(Braked):
        await phone.factors.verify_code(*phone.whose, phone.code(1))
    other = await phone_of(
        world, await make_account(world.services.db, "ben", org_id=world.org.org_id)
    )
    assert await other.factors.verify_code(*other.whose, other.next_code())


async def test_recovery_codes_are_good_once_and_for_one_account(world: World) -> None:
    """In any case and grouping, counted down."""
    phone = await phone_of(world)
    ben = await phone_of(
        world, await make_account(world.services.db, "ben", org_id=world.org.org_id)
    )
    use, account_id = phone.factors.use_recovery_code, world.person.account_id
    assert await use(phone.tenant, account_id, ben.codes[0], phone.by) is None
    typed = phone.codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert await use(phone.tenant, account_id, typed, phone.by) == 9
    assert await use(phone.tenant, account_id, typed, phone.by) is None
    for left in range(8, -1, -1):
        assert await use(phone.tenant, account_id, phone.codes[9 - left], phone.by) == left
    assert "recovery_code.used" in await events_of(world)


async def test_new_codes_end_the_earlier_ones(world: World) -> None:
    """All of them."""
    phone = await phone_of(world)
    account_id = world.person.account_id
    codes = await phone.factors.make_codes(phone.tenant, account_id, phone.by)
    use = phone.factors.use_recovery_code
    assert await use(phone.tenant, account_id, phone.codes[0], phone.by) is None
    assert await use(phone.tenant, account_id, codes[0].reveal(), phone.by) == 9


async def test_another_app_takes_the_place_of_the_first(world: World) -> None:
    """The old one is asked until then, and the recovery codes stay."""
    phone = await phone_of(world)
    old_key, codes = phone.key, phone.codes
    await phone.set_up()
    assert phone.codes == []
    new_key = phone.key
    phone.key = old_key
    assert not await phone.factors.verify_code(*phone.whose, phone.next_code())
    phone.key = new_key
    assert await phone.factors.verify_code(*phone.whose, phone.code())
    use = phone.factors.use_recovery_code
    assert await use(phone.tenant, world.person.account_id, codes[0], phone.by) == 9


async def test_turned_off_nothing_is_left(world: World) -> None:
    """Unless another kind of second step needs the recovery codes."""
    phone = await phone_of(world)
    account_id = world.person.account_id
    assert await phone.factors.turn_off(phone.tenant, account_id, phone.by, keep_codes=True)
    assert await phone.factors.get_standing(*phone.whose) == Standing(None, 10)
    assert not await phone.factors.verify_code(*phone.whose, phone.next_code())
    assert not await phone.factors.turn_off(phone.tenant, account_id, phone.by)
    assert await phone.factors.get_standing(*phone.whose) == Standing(None, 0)


async def test_staff_reset_what_was_lost(world: World) -> None:
    """Everything at once, in the unit of whoever ends the sessions as well."""
    phone = await phone_of(world)

    async def work(tx: Transaction) -> bool:
        account = await world.services.accounts.lock(tx, *phone.whose)
        return await phone.factors.reset(tx, phone.tenant, account, phone.by)

    assert await world.services.db.unit(work)
    assert not await world.services.db.unit(work)
    assert await phone.factors.get_standing(*phone.whose) == Standing(None, 0)
    assert (await events_of(world))[-1] == "second_step.reset"


async def test_a_key_is_sealed_for_its_account_and_sealed_anew_with_the_others(
    world: World,
) -> None:
    """Moved to another row it does not open; under a new master key it is still the same."""
    phone = await phone_of(world)
    whose = {"org_id": world.org.org_id, "account": world.person.account_id}
    row = await world.services.db.one(rows.FIND_APP, **whose)
    assert row is not None
    sealed = bytes(row[3])
    assert phone.key.encode() not in sealed
    with pytest.raises(SealBroken):
        world.services.ring.open(sealed, about=b"factors|elsewhere")
    use = world.services
    old, new = Secret(bytes(range(32))), Secret(bytes(range(100, 132)))
    assert (await use.master_keys.status())[0].sealed["totp_factors"] >= 1
    moved = MasterKeys(db=use.db, clock=use.clock, ring=KeyRing((new, old)))
    progress = await moved.reencrypt(SYSTEM)
    assert progress.unreadable == 0
    row = await use.db.one(rows.FIND_APP, **whose)
    assert row is not None
    assert bytes(row[3]) != sealed
    back = MasterKeys(db=use.db, clock=use.clock, ring=KeyRing((old, new)))
    await back.reencrypt(SYSTEM)
    assert await phone.factors.verify_code(*phone.whose, phone.next_code())
