"""API access: the switch of a staff account, without which it holds no keys."""

from __future__ import annotations

import asyncio

import pytest

from doorward.accounts import AccountKind, UnknownAccount
from doorward.apikeys import (
    ApiAccessOff,
    ApiKeys,
    ApiSessions,
    BadApiKey,
    BadApiSession,
    NotStaff,
    TooManyKeys,
    UnknownApiKey,
)
from doorward.audit import SYSTEM, Audit
from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_accounts

pytestmark = pytest.mark.anyio


async def test_without_access_there_are_no_keys(keys: ApiKeys, db: Database) -> None:
    """It is off until somebody switches it on, and for one account at a time."""
    sam = await make_account(db, "sam", kind=AccountKind.SYSTEM)
    other = await make_account(db, "olga", kind=AccountKind.SYSTEM)
    assert not await keys.has_access("river", sam.account_id)
    with pytest.raises(ApiAccessOff):
        await keys.create("river", sam.account_id, "job", SYSTEM)
    await keys.switch_access_on("river", sam.account_id, SYSTEM)
    assert await keys.has_access("river", sam.account_id)
    assert not await keys.has_access("river", other.account_id)
    assert not await keys.has_access("lake", sam.account_id)
    await keys.create("river", sam.account_id, "job", SYSTEM)


async def test_only_active_staff_get_access(keys: ApiKeys, db: Database) -> None:
    """A constituent, a disabled member of staff, and nobody, do not."""
    anna = await make_account(db, "anna")
    sam = await make_account(db, "sam", kind=AccountKind.SYSTEM)
    await make_accounts(db).disable("river", sam.account_id, SYSTEM)
    for account in (anna, sam):
        with pytest.raises(NotStaff):
            await keys.switch_access_on("river", account.account_id, SYSTEM)
    for org_id, account_id in (("river", 999), ("lake", sam.account_id)):
        with pytest.raises(UnknownAccount):
            await keys.switch_access_on(org_id, account_id, SYSTEM)
        with pytest.raises(UnknownAccount):
            await keys.switch_access_off(org_id, account_id, SYSTEM)
    for impossible in (-1, 1 << 70):
        assert not await keys.has_access("river", impossible)


async def test_switching_off_ends_every_key_and_session_for_good(
    keys: ApiKeys, sessions: ApiSessions, staff_id: int, db: Database
) -> None:
    """Switching on again brings none of them back, and nobody else's are touched."""
    bo = await make_account(db, "bo", kind=AccountKind.SYSTEM)
    await keys.switch_access_on("river", bo.account_id, SYSTEM)
    _, theirs = await keys.create("river", bo.account_id, "theirs", SYSTEM)
    made = [await keys.create("river", staff_id, "job", SYSTEM) for _ in range(3)]
    session_id, _ = await sessions.open("river", made[0][1].reveal(), None)
    await keys.switch_access_off("river", staff_id, SYSTEM)
    await keys.switch_access_on("river", staff_id, SYSTEM)
    for key, secret in made:
        with pytest.raises(BadApiKey):
            await keys.authenticate("river", secret.reveal(), None)
        with pytest.raises(UnknownApiKey):
            await keys.regenerate("river", key.key_id, SYSTEM)
    with pytest.raises(BadApiSession):
        await sessions.authenticate(session_id.reveal(), None)
    await keys.authenticate("river", theirs.reveal(), None)


async def test_the_switch_is_recorded_once_for_each_change(
    keys: ApiKeys, staff_id: int, db: Database
) -> None:
    """Switching to where it stands already is no change."""
    await keys.create("river", staff_id, "job", SYSTEM)
    await keys.switch_access_on("river", staff_id, SYSTEM)
    await keys.switch_access_off("river", staff_id, SYSTEM)
    await keys.switch_access_off("river", staff_id, SYSTEM)
    events = [each.event for each in await Audit(db=db).list("river", None, 9)]
    assert [each.action for each in events] == [
        "api_access.switched_off",
        "api_key.revoked",
        "api_key.created",
        "api_access.switched_on",
        "account.created",
    ]
    assert (events[0].target_kind, events[0].target_id) == ("account", str(staff_id))


async def test_fifty_keys_asked_for_while_access_is_switched_off(
    keys: ApiKeys, staff_id: int, clock: ManualClock
) -> None:
    """Whoever comes first, in the end no key is live."""
    answers = await asyncio.gather(
        *(keys.create("river", staff_id, "job", SYSTEM) for _ in range(25)),
        keys.switch_access_off("river", staff_id, SYSTEM),
        *(keys.create("river", staff_id, "job", SYSTEM) for _ in range(25)),
        return_exceptions=True,
    )
    refused = [each for each in answers if isinstance(each, BaseException)]
    # Before the switch an account may have twenty-five.
    assert all(isinstance(each, ApiAccessOff | TooManyKeys) for each in refused)
    assert not await keys.has_access("river", staff_id)
    listed = await keys.list("river", staff_id, None, 200)
    assert len(listed) == 50 - len(refused)
    assert not any(key.is_live(clock.now) for key in listed)
