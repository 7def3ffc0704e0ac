"""An organization always has somebody who may do everything."""

from __future__ import annotations

import asyncio

import pytest

from doorward.accounts import Account, AccountChange, AccountKind, Accounts, LastOwner, NewAccount
from doorward.audit import SYSTEM, Actor
from doorward.db import Database
from doorward.orgs import ROLES, Permission, Role, find_role
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

STAFF = Actor(kind="account", id="99")
LESS = AccountChange(permissions=ROLES[Role.ADMINISTRATOR])


@pytest.fixture
def accounts(db: Database) -> Accounts:
    """The people of every organization."""
    return make_accounts(db)


async def owner(accounts: Accounts, name: str) -> Account:
    new = NewAccount(
        org_id="river", kind=AccountKind.SYSTEM, username=name, permissions=frozenset(Permission)
    )
    return await accounts.create(new, SYSTEM)


async def test_the_last_owner_stays_an_owner(accounts: Accounts) -> None:
    """Neither demoted nor disabled; with a second one, the first may go."""
    anne = await owner(accounts, "anne")
    for _ in range(2):
        with pytest.raises(LastOwner):
            await accounts.update("river", anne.account_id, LESS, STAFF)
        with pytest.raises(LastOwner):
            await accounts.disable("river", anne.account_id, STAFF)
    bo = await owner(accounts, "bo")
    await accounts.disable("river", anne.account_id, STAFF)
    with pytest.raises(LastOwner):
        await accounts.update("river", bo.account_id, LESS, STAFF)
    await accounts.update("river", anne.account_id, LESS, STAFF)
    assert (await accounts.update("river", bo.account_id, AccountChange(name="B"), STAFF)).is_owner


async def test_whoever_runs_the_installation_may_do_even_that(accounts: Accounts) -> None:
    """An organization whose only owner has gone is helped from outside."""
    anne = await owner(accounts, "anne")
    assert not (await accounts.disable("river", anne.account_id, SYSTEM)).is_active


async def test_owners_who_demote_each_other_at_once_leave_one(accounts: Accounts) -> None:
    """Whoever comes last is refused, however they come together."""
    found = [await owner(accounts, f"owner{number}") for number in range(6)]

    async def go(account: Account) -> bool:
        try:
            if account.account_id % 2:
                await accounts.update("river", account.account_id, LESS, STAFF)
            else:
                await accounts.disable("river", account.account_id, STAFF)
        except LastOwner:
            return False
        return True

    gone = await asyncio.gather(*(go(each) for each in found))
    left = [await accounts.get("river", each.account_id) for each in found]
    assert [each.is_owner for each in left].count(True) == 1
    assert gone.count(False) == 1


def test_each_role_is_known_again_by_what_it_may_do() -> None:
    """No two are the same, and each but the owner's holds less than an owner."""
    for role, permissions in ROLES.items():
        assert find_role(permissions) is role
        assert (permissions == frozenset(Permission)) is (role is Role.OWNER)
    assert find_role({Permission.KEYS_READ}) is None
    assert not ROLES[Role.READ_ONLY] & {each for each in Permission if "write" in each}
