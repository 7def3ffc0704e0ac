"""Individuals and companies, and the details that are kept with them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from doorward.accounts import (
    AccountChange,
    AccountDetails,
    AccountKind,
    Accounts,
    Address,
    BadAccount,
    Coded,
    NewAccount,
    SignInRefused,
    UnknownAccount,
    UserType,
)
from doorward.audit import SYSTEM, Actor, Audit
from doorward.crypto import Secret
from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

PERSON, STAFF = AccountKind.CONSTITUENT, AccountKind.SYSTEM
PASSWORD = Secret("correct horse battery")
ANNA = NewAccount(org_id="river", kind=PERSON, username="anna")
WORKS = NewAccount(
    org_id="river",
    kind=PERSON,
    username="works",
    name="River Works",
    user_type=UserType.COMPANY,
    password=PASSWORD,
)
HOME = Address(city="Riverbend", state_province=Coded(code="TX"), zip_code="78701")


@pytest.fixture
def accounts(db: Database) -> Accounts:
    return make_accounts(db)


async def test_a_company_has_a_name_and_may_sign_in(accounts: Accounts) -> None:
    """The names of a contact are not asked for."""
    made = await accounts.create(WORKS, SYSTEM)
    assert made.user_type is UserType.COMPANY
    assert await accounts.get("river", made.account_id) == made
    assert await accounts.verify_password("river", PERSON, "works", PASSWORD) == made
    wrong = await accounts.verify_password("river", PERSON, "works", Secret("x" * 9))
    assert isinstance(wrong, SignInRefused)
    with pytest.raises(BadAccount) as refused:
        await accounts.create(replace(WORKS, username="other", name=None), SYSTEM)
    assert refused.value.field == "name"
    change = AccountChange(name=None)
    with pytest.raises(BadAccount) as refused:
        await accounts.update("river", made.account_id, change, SYSTEM)
    assert refused.value.field == "name"


async def test_staff_are_individuals(accounts: Accounts) -> None:
    """A company never holds permissions."""
    with pytest.raises(BadAccount) as refused:
        await accounts.create(replace(WORKS, kind=STAFF), SYSTEM)
    assert refused.value.field == "user_type"


async def test_a_name_that_compares_as_a_book_is_refused(accounts: Accounts) -> None:
    """Two hundred ligatures of eighteen letters each would fit no index."""
    for field in ("name", "given_name", "family_name"):
        with pytest.raises(BadAccount) as refused:
            await accounts.create(replace(ANNA, **{field: "\ufdfa" * 200}), SYSTEM)  # type: ignore[arg-type]
        assert refused.value.field == field


async def test_details_are_kept_with_the_account_and_replaced_as_a_whole(
    accounts: Accounts,
) -> None:
    """What the new ones do not say is gone; an address keeps its number."""
    details = AccountDetails(prefix="Dr.", addresses=(HOME,))
    anna = await accounts.create(ANNA, SYSTEM, details)
    kept = await accounts.get_details("river", anna.account_id)
    assert kept.prefix == "Dr."
    assert kept.primary_address is not None
    assert kept.primary_address.address_id > 0
    after = AccountDetails(title="Treasurer", addresses=kept.addresses)
    await accounts.update("river", anna.account_id, AccountChange(), SYSTEM, after)
    assert await accounts.get_details("river", anna.account_id) == after
    await accounts.update("river", anna.account_id, AccountChange(name="Anna"), SYSTEM)
    assert await accounts.get_details("river", anna.account_id) == after


async def test_an_account_without_details_has_empty_ones(accounts: Accounts) -> None:
    """So has one of another organization, whose details nobody reads here."""
    await accounts.create(replace(ANNA, details=AccountDetails(prefix="Dr.")), SYSTEM)
    await accounts.create(replace(ANNA, org_id="lake"), SYSTEM)
    assert await accounts.get_details("lake", 1) == AccountDetails()
    assert await accounts.get_details("lake", 99) == AccountDetails()
    found = await accounts.list_details("river", [1, 99, 1, 2, 3])
    assert found == {
        1: AccountDetails(prefix="Dr."),
        99: AccountDetails(),
        2: AccountDetails(),
        3: AccountDetails(),
    }
    assert await accounts.list_details("river", []) == {}


async def test_a_refused_detail_changes_nothing_else(accounts: Accounts) -> None:
    """The account and its details are one unit."""
    anna = await accounts.create(ANNA, SYSTEM)
    with pytest.raises(BadAccount):
        await accounts.update(
            "river",
            anna.account_id,
            AccountChange(name="New"),
            SYSTEM,
            AccountDetails(primary_contact_account_id=999),
        )
    with pytest.raises(BadAccount):
        await accounts.update(
            "river",
            anna.account_id,
            AccountChange(name="New"),
            SYSTEM,
            AccountDetails(addresses=(replace_id(HOME, 12345),)),
        )
    assert await accounts.get("river", anna.account_id) == anna
    with pytest.raises(BadAccount):
        await accounts.create(
            replace(ANNA, username="bo"), SYSTEM, AccountDetails(primary_contact_account_id=999)
        )
    assert await accounts.count("river", PERSON) == 1
    with pytest.raises(UnknownAccount):
        await accounts.update("lake", 1, AccountChange(), SYSTEM, AccountDetails())


def replace_id(address: Address, address_id: int) -> Address:
    return Address(address_id=address_id, city=address.city)


async def test_a_company_s_contact_is_an_account_of_the_organization(accounts: Accounts) -> None:
    """Another organization's number is refused like one that nobody has."""
    await accounts.create(replace(ANNA, org_id="lake", account_id=77), SYSTEM)
    anna = await accounts.create(ANNA, SYSTEM)
    details = AccountDetails(primary_contact_account_id=anna.account_id)
    works = await accounts.create(WORKS, SYSTEM, details)
    assert await accounts.get_details("river", works.account_id) == details
    with pytest.raises(BadAccount) as refused:
        await accounts.update(
            "river",
            works.account_id,
            AccountChange(),
            SYSTEM,
            AccountDetails(primary_contact_account_id=77),
        )
    assert refused.value.field == "primary_contact_account_id"


async def test_who_made_and_who_changed_an_account_is_kept(
    accounts: Accounts, clock: ManualClock
) -> None:
    """In words, beside the times."""
    bo = Actor(kind="account", id="7")
    anna = await accounts.create(ANNA, SYSTEM)
    assert (anna.created_by, anna.updated_by) == ("system doorward", "system doorward")
    for change in (
        accounts.update("river", 1, AccountChange(name="A"), bo),
        accounts.disable("river", 1, Actor(kind="cli", id="root")),
        accounts.set_password("river", 1, PASSWORD, bo),
    ):
        clock.advance(seconds=1)
        changed = await change
        assert await accounts.get("river", 1) == changed
        assert (changed.created_by, changed.updated_at) == ("system doorward", clock.now)
        assert changed.updated_by in {"account 7", "cli root"}


async def test_the_record_of_a_change_says_that_it_was_about_details(
    accounts: Accounts, db: Database
) -> None:
    """Which field, and never what was written in it."""
    await accounts.create(ANNA, SYSTEM)
    change = AccountChange(name="A")
    await accounts.update("river", 1, change, SYSTEM, AccountDetails(prefix="Sir"))
    newest = (await Audit(db=db).list("river", None, 1))[0].event
    assert newest.detail == {"fields": "name details", "kind": "constituent"}


async def test_a_type_that_changes_at_once_in_many_hands_is_counted_once(
    accounts: Accounts,
) -> None:
    """Fifty changes back and forth leave as many of each type as there are."""
    await accounts.create(replace(ANNA, name="Anna"), SYSTEM)
    await accounts.create(WORKS, SYSTEM)
    types = [UserType.COMPANY, UserType.INDIVIDUAL] * 25
    await asyncio.gather(
        *(accounts.update("river", 1, AccountChange(user_type=each), SYSTEM) for each in types)
    )
    company = (await accounts.get("river", 1)).user_type is UserType.COMPANY
    assert await accounts.count("river", PERSON, UserType.COMPANY) == 1 + company
    assert await accounts.count("river", PERSON, UserType.INDIVIDUAL) == 1 - company
    assert await accounts.count("river", PERSON) == 2
