"""Accounts: their numbers, names and changes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from doorward.accounts import (
    Account,
    AccountChange,
    AccountIdTaken,
    AccountKind,
    Accounts,
    BadAccount,
    EmailTaken,
    NewAccount,
    UnknownAccount,
    UsernameTaken,
)
from doorward.audit import SYSTEM, Audit
from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_accounts

pytestmark = pytest.mark.anyio

PERSON, STAFF = AccountKind.CONSTITUENT, AccountKind.SYSTEM
ANNA = NewAccount(org_id="river", kind=PERSON, username="Anna", email="Anna@Example.org")


@pytest.fixture
def accounts(db: Database) -> Accounts:
    return make_accounts(db)


async def test_an_account_comes_back_as_it_was_created(
    accounts: Accounts, clock: ManualClock
) -> None:
    """Every field is kept, and the times are the clock's."""
    new = NewAccount(
        org_id="river",
        kind=STAFF,
        username="鈴木",
        email="suzuki@例え.jp",
        email_verified=True,
        name="鈴木 一郎",
        given_name="一郎",
        family_name="鈴木",
        locale="ja-JP",
        picture_url="https://example.org/p.png",
        permissions={"accounts.read", "audit.read"},
    )
    made = await accounts.create(new, SYSTEM)
    assert await accounts.get("river", made.account_id) == made
    assert made.permissions == {"accounts.read", "audit.read"}
    assert (made.name, made.locale, made.email_verified) == ("鈴木 一郎", "ja-JP", True)
    assert made.created_at == clock.now
    assert made.password_changed_at is None
    assert made.is_active


async def test_fifty_created_at_once_get_fifty_numbers(accounts: Accounts) -> None:
    """The counter gives each its own, and leaves no gap when all succeed."""
    made = await asyncio.gather(
        *(
            accounts.create(NewAccount(org_id="river", kind=PERSON, username=f"u{n}"), SYSTEM)
            for n in range(50)
        )
    )
    assert sorted(a.account_id for a in made) == list(range(1, 51))


async def test_organizations_number_their_accounts_apart(accounts: Accounts) -> None:
    """The first account of each is its number one, and nobody reads another's."""
    await accounts.create(ANNA, SYSTEM)
    other = await accounts.create(replace(ANNA, org_id="lake"), SYSTEM)
    assert other.account_id == 1
    assert (await accounts.get("lake", 1)).org_id == "lake"
    await accounts.create(replace(ANNA, username="bo", email=None), SYSTEM)
    with pytest.raises(UnknownAccount):
        await accounts.get("lake", 2)
    with pytest.raises(UnknownAccount):
        await accounts.update("lake", 2, AccountChange(name="x"), SYSTEM)


async def test_the_counter_continues_after_an_imported_number(accounts: Accounts) -> None:
    """An import may choose, above or below the counter; no number is given twice."""
    assert (await accounts.create(replace(ANNA, account_id=1001), SYSTEM)).account_id == 1001
    bo = await accounts.create(NewAccount(org_id="river", kind=PERSON, username="bo"), SYSTEM)
    low = NewAccount(org_id="river", kind=PERSON, username="cy", account_id=7)
    await accounts.create(low, SYSTEM)
    di = await accounts.create(NewAccount(org_id="river", kind=PERSON, username="di"), SYSTEM)
    assert (bo.account_id, di.account_id) == (1002, 1003)
    with pytest.raises(AccountIdTaken):
        await accounts.create(replace(low, username="ed", account_id=1001), SYSTEM)
    for impossible in (0, -1, 1 << 53):
        with pytest.raises(BadAccount):
            await accounts.create(replace(low, username="ed", account_id=impossible), SYSTEM)


async def test_names_and_addresses_are_taken_however_they_are_spelled(accounts: Accounts) -> None:
    """Case, full-width letters and compatibility forms make no new name; the kind does."""
    await accounts.create(ANNA, SYSTEM)
    for username in ("anna", "ANNA", "ＡＮＮＡ"):
        with pytest.raises(UsernameTaken):
            await accounts.create(replace(ANNA, username=username, email=None), SYSTEM)
    with pytest.raises(EmailTaken):
        await accounts.create(replace(ANNA, username="bo", email="ANNA@example.ORG"), SYSTEM)
    staff = await accounts.create(replace(ANNA, kind=STAFF), SYSTEM)
    assert staff.account_id == 2


async def test_fifty_who_want_one_name_at_once_leave_one(accounts: Accounts) -> None:
    """The others are told that the name is taken."""
    answers = await asyncio.gather(
        *(accounts.create(replace(ANNA, email=None), SYSTEM) for _ in range(50)),
        return_exceptions=True,
    )
    assert sum(isinstance(a, Account) for a in answers) == 1
    assert sum(isinstance(a, UsernameTaken) for a in answers) == 49


async def test_a_person_is_found_by_user_name_or_address(accounts: Accounts) -> None:
    """Spelled anyhow; the kinds do not mix."""
    anna = await accounts.create(ANNA, SYSTEM)
    for identifier in ("anna", " ANNA ", "ａｎｎａ", "anna@example.org", "ANNA@EXAMPLE.ORG"):
        assert await accounts.find_by_login("river", PERSON, identifier) == anna
    for identifier in ("bo", "", "an", "anna\x00", "\ud800", "x" * 9000):
        assert await accounts.find_by_login("river", PERSON, identifier) is None
    assert await accounts.find_by_login("river", STAFF, "anna") is None
    assert await accounts.find_by_login("lake", PERSON, "anna") is None


async def test_nobody_takes_the_address_of_another_as_a_user_name(accounts: Accounts) -> None:
    """A user name that is an address must be the account's own, now and after a change."""
    with pytest.raises(BadAccount):
        await accounts.create(replace(ANNA, username="bo@example.org"), SYSTEM)
    anna = await accounts.create(replace(ANNA, username="ANNA@example.org"), SYSTEM)
    change = AccountChange(email="new@example.org")
    with pytest.raises(BadAccount):
        await accounts.update("river", anna.account_id, change, SYSTEM)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "two words"}, "username"),
        ({"username": "a\u200ba" + "\u202e"}, "username"),
        ({"username": "x" * 129}, "username"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b\r\nBcc: c@d"}, "email"),
        ({"email": "a b@c.d"}, "email"),
        ({"name": "a\nb"}, "name"),
        ({"name": "\u202egnp"}, "name"),
        ({"family_name": ""}, "family_name"),
        ({"locale": "<en>"}, "locale"),
        ({"picture_url": "javascript:alert(1)"}, "picture_url"),
        ({"permissions": ("accounts.read",)}, "permissions"),
        ({"kind": STAFF, "permissions": ("everything",)}, "permissions"),
    ],
)
async def test_a_field_that_could_deceive_is_refused_by_name(
    accounts: Accounts, wrong: dict[str, str], field: str
) -> None:
    """The refusal says which field it is about."""
    with pytest.raises(BadAccount) as refused:
        await accounts.create(replace(ANNA, **wrong), SYSTEM)  # type: ignore[arg-type]
    assert refused.value.field == field


async def test_a_change_keeps_what_it_does_not_name(accounts: Accounts, clock: ManualClock) -> None:
    """A new address is unverified; the same address in other letters stays verified."""
    anna = await accounts.create(replace(ANNA, email_verified=True, name="Anna"), SYSTEM)
    clock.advance(seconds=1)
    same = await accounts.update(
        "river", anna.account_id, AccountChange(email="anna@example.org"), SYSTEM
    )
    assert same == replace(anna, email="anna@example.org", updated_at=clock.now)
    moved = await accounts.update(
        "river", anna.account_id, AccountChange(email="a@b.example", name=None), SYSTEM
    )
    assert (moved.email, moved.email_verified, moved.name) == ("a@b.example", False, None)
    assert await accounts.get("river", anna.account_id) == moved
    bo = await make_account(accounts._db, "bo")
    with pytest.raises(EmailTaken):
        await accounts.update("river", bo.account_id, AccountChange(email="A@B.example"), SYSTEM)
    with pytest.raises(UsernameTaken):
        await accounts.update("river", bo.account_id, AccountChange(username="ANNA"), SYSTEM)


async def test_changes_of_different_fields_at_once_all_stay(accounts: Accounts) -> None:
    """Two people who change different things do not undo each other."""
    anna = await accounts.create(ANNA, SYSTEM)
    changes = [
        AccountChange(name="A"),
        AccountChange(given_name="B"),
        AccountChange(family_name="C"),
        AccountChange(locale="ja"),
    ]
    await asyncio.gather(
        *(accounts.update("river", anna.account_id, change, SYSTEM) for change in changes)
    )
    after = await accounts.get("river", anna.account_id)
    assert (after.name, after.given_name, after.family_name, after.locale) == ("A", "B", "C", "ja")


async def test_every_change_is_recorded_and_no_change_is_not(
    accounts: Accounts, db: Database
) -> None:
    """The record says who was changed and which fields; disabling twice is told once."""
    anna = await accounts.create(ANNA, SYSTEM)
    await accounts.update("river", anna.account_id, AccountChange(name="A", locale="en"), SYSTEM)
    await accounts.disable("river", anna.account_id, SYSTEM)
    await accounts.disable("river", anna.account_id, SYSTEM)
    await accounts.enable("river", anna.account_id, SYSTEM)
    events = [e.event for e in reversed(await Audit(db=db).list("river", None, 10))]
    assert [e.action for e in events] == [
        "account.created",
        "account.updated",
        "account.disabled",
        "account.enabled",
    ]
    assert events[1].detail == {
        "fields": "name locale",
        "was_locale": "",
        "now_locale": "en",
        "kind": "constituent",
    }
    assert {e.target_id for e in events} == {"1"}
