"""API keys of staff."""

from __future__ import annotations

import asyncio

import pytest

from doorward.accounts import AccountChange, AccountKind, UnknownAccount
from doorward.apikeys import (
    MAX_LIVE_KEYS,
    ApiKeys,
    BadApiKey,
    BadExpiry,
    BadLabel,
    NotStaff,
    TooManyKeys,
    UnknownApiKey,
)
from doorward.audit import SYSTEM, Audit
from doorward.brakes import Braked
from doorward.crypto import ValueKind, mint
from doorward.db import SECOND, Database
from doorward.orgs import Permission
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_accounts
from tests.support.randomness import SeededRandom

pytestmark = pytest.mark.anyio

STAFF = AccountKind.SYSTEM


async def is_refused(
    keys: ApiKeys, text: str, org_id: str = "river", address: str | None = None
) -> bool:
    try:
        await keys.authenticate(org_id, text, address)
    except BadApiKey as refused:
        return str(refused) == "The API key is not valid."
    return False


async def test_a_key_calls_as_its_account(keys: ApiKeys, staff_id: int) -> None:
    """With the permissions of the account and no others."""
    key, secret = await keys.create("river", staff_id, "import job", SYSTEM)
    caller = await keys.authenticate("river", secret.reveal(), None)
    assert (caller.account.account_id, caller.key_id) == (staff_id, key.key_id)
    assert caller.may(Permission.ACCOUNTS_READ)
    assert not caller.may(Permission.ACCOUNTS_WRITE)
    assert caller.actor("192.0.2.1").id == str(staff_id)
    assert secret.reveal().startswith("dw_ak_")
    assert secret.reveal().endswith(key.last4)


async def test_permissions_are_read_at_every_call(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """What the account gains or loses, its keys gain or lose at once."""
    _, secret = await keys.create("river", staff_id, "job", SYSTEM)
    await keys.authenticate("river", secret.reveal(), None)
    change = AccountChange(permissions=["keys.read"])
    await make_accounts(db).update("river", staff_id, change, SYSTEM)
    caller = await keys.authenticate("river", secret.reveal(), None)
    assert caller.account.permissions == {"keys.read"}


async def test_a_key_dies_with_its_account_and_lives_again_with_it(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """A disabled account calls nothing."""
    _, secret = await keys.create("river", staff_id, "job", SYSTEM)
    accounts = make_accounts(db)
    await accounts.disable("river", staff_id, SYSTEM)
    assert await is_refused(keys, secret.reveal())
    with pytest.raises(NotStaff):
        await keys.create("river", staff_id, "another", SYSTEM)
    await accounts.enable("river", staff_id, SYSTEM)
    assert not await is_refused(keys, secret.reveal())


async def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(
    keys: ApiKeys, staff_id: int
) -> None:
    """Damaged, cut, extended, of another kind, invented, or for another organization."""
    key, secret = await keys.create("river", staff_id, "job", SYSTEM)
    text = secret.reveal()
    invented = mint(ValueKind.API_KEY, key.key_id, SeededRandom(99)).reveal()
    unknown = mint(ValueKind.API_KEY, key.key_id + 1, SeededRandom(99)).reveal()
    other_kind = mint(ValueKind.ACCESS, key.key_id, SeededRandom(99)).reveal()
    for wrong in (
        "",
        "x",
        "\x00",
        "\ud800" * 54,
        text[:-1],
        text + "A",
        text.swapcase(),
        "dw_at_" + text[6:],
        invented,
        unknown,
        other_kind,
    ):
        assert await is_refused(keys, wrong), wrong
    assert await is_refused(keys, text, org_id="lake")
    for place in range(len(text)):
        flipped = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert await is_refused(keys, flipped, address=f"192.0.2.{place}"), place


async def test_a_network_that_presents_many_wrong_keys_is_slowed_down(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """Its right ones are good all the while, and cost nothing of it."""
    _, secret = await keys.create("river", staff_id, "job", SYSTEM)
    for _ in range(60):
        assert await is_refused(keys, "wrong")
    with pytest.raises(Braked) as caught:
        await keys.authenticate("river", "wrong", None)
    assert caught.value.retry_after_s == 5
    await keys.authenticate("river", secret.reveal(), None)
    before = db.statements_run
    await keys.authenticate("river", secret.reveal(), None)
    assert db.statements_run == before + 1
    assert await is_refused(keys, "wrong", address="192.0.2.9")


async def test_a_revoked_key_is_worth_nothing_at_once(keys: ApiKeys, staff_id: int) -> None:
    """It can be revoked once, and only by its own organization."""
    key, secret = await keys.create("river", staff_id, "job", SYSTEM)
    with pytest.raises(UnknownApiKey):
        await keys.revoke("lake", key.key_id, SYSTEM)
    revoked = await keys.revoke("river", key.key_id, SYSTEM)
    assert revoked.revoked_at is not None
    assert await is_refused(keys, secret.reveal())
    for unknown in (key.key_id, 1, -1, 1 << 63):
        with pytest.raises(UnknownApiKey):
            await keys.revoke("river", unknown, SYSTEM)


async def test_a_key_is_worth_nothing_from_its_expiry_on(
    keys: ApiKeys, staff_id: int, clock: ManualClock
) -> None:
    """At that microsecond; one that is past already is not made."""
    end = clock.now + 60 * SECOND
    _, secret = await keys.create("river", staff_id, "job", SYSTEM, expires_at=end)
    clock.now = end - 1
    assert not await is_refused(keys, secret.reveal())
    clock.now = end
    assert await is_refused(keys, secret.reveal())
    with pytest.raises(BadExpiry):
        await keys.create("river", staff_id, "job", SYSTEM, expires_at=end)


async def test_only_staff_hold_keys(keys: ApiKeys, db: Database) -> None:
    """A constituent, and nobody, get none."""
    anna = await make_account(db, "anna")
    with pytest.raises(NotStaff):
        await keys.create("river", anna.account_id, "job", SYSTEM)
    with pytest.raises(UnknownAccount):
        await keys.create("river", 999, "job", SYSTEM)
    with pytest.raises(UnknownAccount):
        await keys.create("lake", anna.account_id, "job", SYSTEM)


@pytest.mark.parametrize("label", ["", "a\nb", "\u202ex", "x" * 81])
async def test_a_label_is_one_honest_line(keys: ApiKeys, staff_id: int, label: str) -> None:
    """It is read by people who decide which key to revoke."""
    with pytest.raises(BadLabel):
        await keys.create("river", staff_id, label, SYSTEM)


async def test_the_last_use_is_noted_once_a_minute(
    keys: ApiKeys, staff_id: int, clock: ManualClock, db: Database
) -> None:
    """A busy key costs no write for every call."""
    _, secret = await keys.create("river", staff_id, "job", SYSTEM)
    first = clock.now
    await keys.authenticate("river", secret.reveal(), None)
    clock.advance(seconds=60)
    before = db.statements_run
    await keys.authenticate("river", secret.reveal(), None)
    assert db.statements_run - before == 1
    (key,) = await keys.list("river", staff_id, None, 9)
    assert key.last_used_at == first
    clock.advance(seconds=1)
    await keys.authenticate("river", secret.reveal(), None)
    (key,) = await keys.list("river", staff_id, None, 9)
    assert key.last_used_at == clock.now


async def test_keys_are_listed_in_pages_for_all_staff_or_for_one(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """Oldest first; an organization sees its own only."""
    bo = await make_account(db, "bo", kind=STAFF)
    lake = await make_account(db, "lena", kind=STAFF, org_id="lake")
    await keys.switch_access_on("river", bo.account_id, SYSTEM)
    await keys.switch_access_on("lake", lake.account_id, SYSTEM)
    for account_id, label in ((staff_id, "a"), (bo.account_id, "b"), (staff_id, "c")):
        await keys.create("river", account_id, label, SYSTEM)
    await keys.create("lake", lake.account_id, "d", SYSTEM)
    page = await keys.list("river", None, None, 2)
    rest = await keys.list("river", None, page[-1].key_id, 2)
    assert [key.label for key in page + rest] == ["a", "b", "c"]
    assert [key.label for key in await keys.list("river", staff_id, None, 9)] == ["a", "c"]


async def test_fifty_keys_asked_for_at_once_keep_to_the_limit(keys: ApiKeys, staff_id: int) -> None:
    """The limit holds under a race, and a revoked key makes room."""
    answers = await asyncio.gather(
        *(keys.create("river", staff_id, "job", SYSTEM) for _ in range(50)),
        return_exceptions=True,
    )
    made = [a for a in answers if not isinstance(a, BaseException)]
    assert len(made) == MAX_LIVE_KEYS
    assert sum(isinstance(a, TooManyKeys) for a in answers) == 50 - MAX_LIVE_KEYS
    await keys.revoke("river", made[0][0].key_id, SYSTEM)
    await keys.create("river", staff_id, "job", SYSTEM)


async def test_every_change_is_recorded_without_the_key(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """The record names the key by its id and label."""
    key, secret = await keys.create("river", staff_id, "job", SYSTEM)
    await keys.revoke("river", key.key_id, SYSTEM)
    revoked, created, *_ = await Audit(db=db).list("river", None, 3)
    assert (created.event.action, revoked.event.action) == ("api_key.created", "api_key.revoked")
    assert created.event.detail == {"account_id": staff_id, "label": "job"}
    assert secret.reveal() not in str((created, revoked))
