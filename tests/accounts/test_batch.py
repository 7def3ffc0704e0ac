"""Many accounts in one unit: each has its own outcome, and all together one record."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from doorward.accounts import (
    Account,
    AccountDetails,
    AccountIdTaken,
    AccountKind,
    Accounts,
    Address,
    BadAccount,
    EmailTaken,
    NewAccount,
    UsernameTaken,
    UserType,
)
from doorward.audit import SYSTEM, Audit
from doorward.crypto import Secret
from doorward.db import Database
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

PERSON = AccountKind.CONSTITUENT


@pytest.fixture
def accounts(db: Database) -> Accounts:
    return make_accounts(db)


def person(name: str, /, **more: object) -> NewAccount:
    return replace(NewAccount(org_id="river", kind=PERSON, username=name), **more)  # type: ignore[arg-type]


async def test_a_batch_is_kept_in_its_order_with_numbers_that_follow(accounts: Accounts) -> None:
    """Each comes back as a single creation would have kept it."""
    news = [
        person("anna", email="anna@example.org", given_name="Anna"),
        person("works", name="Works", user_type=UserType.COMPANY),
        person("cy", details=AccountDetails(prefix="Dr.", addresses=(Address(city="Lakeside"),))),
    ]
    made = await accounts.create_many("river", news, SYSTEM)
    assert [each.account_id for each in made if isinstance(each, Account)] == [1, 2, 3]
    for each in made:
        assert isinstance(each, Account)
        assert await accounts.get("river", each.account_id) == each
    details = await accounts.get_details("river", 3)
    assert details.prefix == "Dr."
    assert details.primary_address is not None
    assert details.primary_address.address_id > 0
    assert await accounts.count("river", PERSON, UserType.COMPANY) == 1
    single = await accounts.create(person("di"), SYSTEM)
    assert single.account_id == 4


async def test_the_refusal_of_one_takes_nothing_from_the_others(accounts: Accounts) -> None:
    """Names and addresses may be taken by people from before or from the same batch."""
    await accounts.create(person("anna", email="anna@example.org"), SYSTEM)
    news = [
        person("bo"),
        person("ANNA"),
        person("cy", email="ANNA@example.org"),
        person("bo"),
        person("di", account_id=1),
        person("two words"),
        person("ed", details=AccountDetails(prefix="\x00")),
        person("fy", details=AccountDetails(primary_contact_account_id=999)),
        person("gy", password=Secret("correct horse")),
        replace(person("hy"), org_id="lake"),
        person("iy", account_id=50),
        person("jy"),
    ]
    outcomes = await accounts.create_many("river", news, SYSTEM)
    kinds = [type(each) for each in outcomes]
    assert kinds == [
        Account,
        UsernameTaken,
        EmailTaken,
        UsernameTaken,
        AccountIdTaken,
        BadAccount,
        BadAccount,
        BadAccount,
        BadAccount,
        BadAccount,
        Account,
        Account,
    ]
    fields = [each.field for each in outcomes if isinstance(each, BadAccount)]
    assert fields == ["username", "prefix", "primary_contact_account_id", "password", "org_id"]
    kept = [each.username for each in await accounts.list("river", PERSON, None, None, 99)]
    assert sorted(kept) == ["anna", "bo", "iy", "jy"]
    assert await accounts.count("river", PERSON) == 4
    assert await accounts.count("lake", PERSON) == 0


async def test_a_batch_is_recorded_once(accounts: Accounts, db: Database) -> None:
    """With how many there were; a batch of which nothing was kept, not at all."""
    await accounts.create_many("river", [person(f"u{n}") for n in range(7)], SYSTEM)
    await accounts.create_many("river", [person("u1")], SYSTEM)
    await accounts.create_many("river", [], SYSTEM)
    events = [each.event for each in await Audit(db=db).list("river", None, 9)]
    assert [each.action for each in events] == ["accounts.created"]
    assert events[0].detail == {"count": 7, "first": 1, "last": 7}


async def test_more_than_a_hundred_are_refused(accounts: Accounts) -> None:
    """Whoever has more calls again, and others have their turn meanwhile."""
    with pytest.raises(BadAccount):
        await accounts.create_many("river", [person(f"u{n}") for n in range(101)], SYSTEM)
    assert await accounts.count("river", PERSON) == 0


async def test_batches_at_once_share_no_number_and_no_name(accounts: Accounts) -> None:
    """Of ten batches with the same twenty names, each name is kept once and counted once."""
    news = [person(f"u{n}") for n in range(20)]
    every = await asyncio.gather(
        *(accounts.create_many("river", news, SYSTEM) for _ in range(10)),
        *(accounts.create(person(f"single{n}"), SYSTEM) for n in range(10)),
    )
    kept = [
        each
        for outcome in every
        for each in (outcome if isinstance(outcome, list) else [outcome])
        if isinstance(each, Account)
    ]
    assert len({each.account_id for each in kept}) == len(kept) == 30
    assert await accounts.count("river", PERSON) == 30
    assert len(await accounts.list("river", PERSON, None, None, 99)) == 30
