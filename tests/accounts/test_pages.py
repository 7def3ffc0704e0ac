"""Pages by number and totals, which read the counts of blocks and never the accounts themselves."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from doorward.accounts import (
    Account,
    AccountChange,
    AccountKind,
    Accounts,
    BadSearch,
    NewAccount,
    PageWanted,
    UserType,
)
from doorward.accounts.store import account_blocks
from doorward.accounts.store.blocks import SHIFTS
from doorward.accounts.store.pages import page_statement, start_statement
from doorward.audit import SYSTEM
from doorward.db import Database, statement
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

PERSON, STAFF = AccountKind.CONSTITUENT, AccountKind.SYSTEM
COMPANY, INDIVIDUAL = UserType.COMPANY, UserType.INDIVIDUAL
_SEED = random.Random(20)


@pytest.fixture
def accounts(db: Database) -> Accounts:
    return make_accounts(db)


async def fill(accounts: Accounts, numbers: list[int], kind: AccountKind = PERSON) -> list[Account]:
    """Accounts of these numbers, every third a company; in the order of their numbers."""
    news = [
        NewAccount(
            org_id="river",
            kind=kind,
            username=f"{kind}{number}",
            name=f"Name {number}",
            given_name="Anna" if number % 2 else "Bo",
            family_name="Strauß" if number % 5 else "Ng",
            email=f"{kind}{number}@example.org",
            account_id=number,
            user_type=COMPANY if kind is PERSON and number % 3 == 0 else INDIVIDUAL,
        )
        for number in numbers
    ]
    made: list[Account] = []
    for start in range(0, len(news), 100):
        outcomes = await accounts.create_many("river", news[start : start + 100], SYSTEM)
        made += [each for each in outcomes if isinstance(each, Account)]
    assert len(made) == len(news)
    return sorted(made, key=lambda each: each.account_id)


def sparse_numbers() -> list[int]:
    """Numbers that lie alone, close together, and at the edges of blocks of every level."""
    edges = {1, (1 << 53) - 1}
    for shift in SHIFTS:
        edges |= {(1 << shift) - 1, 1 << shift, (1 << shift) + 1, 15 << shift, 17 << shift}
    many = {_SEED.randrange(1, 1 << _SEED.randrange(8, 53)) for _ in range(150)}
    return sorted(edges | many | set(range(5000, 5400)))


async def test_every_page_by_number_is_that_part_of_the_whole_list(accounts: Accounts) -> None:
    """Of both types or one, for pages of several sizes, however the numbers lie."""
    made = await fill(accounts, sparse_numbers())
    await fill(accounts, [2000, 7000, 1 << 40], STAFF)
    for user_type in (None, COMPANY, INDIVIDUAL):
        whole = [each for each in made if user_type in {None, each.user_type}]
        for size in (1, 7, 200):
            pages = range((len(whole) + size - 1) // size)
            some = pages if size > 1 else sorted(_SEED.sample(pages, 40))
            for number in some:
                wanted = PageWanted(user_type=user_type, page=number, page_size=size)
                page = await accounts.page("river", PERSON, wanted)
                assert page.accounts == whole[number * size : (number + 1) * size]
                assert page.total == len(whole)
        beyond = PageWanted(user_type=user_type, page=len(whole), page_size=1)
        page = await accounts.page("river", PERSON, beyond)
        assert (page.accounts, page.total) == ([], len(whole))
        assert await accounts.count("river", PERSON, user_type) == len(whole)
    assert await accounts.count("river", STAFF) == 3


async def test_filters_of_a_page_compare_names_folded_and_whole(accounts: Accounts) -> None:
    """All that are given must be equal."""
    made = await fill(accounts, list(range(1, 120)))

    async def found(**wanted: object) -> tuple[list[int], int]:
        page = await accounts.page("river", PERSON, PageWanted(**wanted))  # type: ignore[arg-type]
        return [each.account_id for each in page.accounts], page.total

    odd = [each.account_id for each in made if each.account_id % 2]
    assert await found(given_name=" ＡNNA ", page_size=200) == (odd, len(odd))
    assert await found(given_name="anna", page=2, page_size=10) == (odd[20:30], len(odd))
    assert await found(given_name="ann") == ([], 0)
    both = [n for n in odd if n % 5]
    assert await found(given_name="Anna", family_name="STRAUSS", page_size=200) == (both, len(both))
    typed = [n for n in both if n % 3 == 0]
    assert await found(
        given_name="Anna", family_name="strauss", user_type=COMPANY, page_size=200
    ) == (typed, len(typed))
    assert await found(email="CONSTITUENT7@example.org") == ([7], 1)
    assert await found(email="constituent7@example.org", given_name="bo") == ([], 0)
    assert await found(email="constituent7@example.org", page=1) == ([], 1)
    for odd_text in ("\x00", "%", "\ud800", "x" * 9000, "anna' OR 1=1"):
        assert await found(email=odd_text) == ([], 0)
    assert (await accounts.page("lake", PERSON, PageWanted(given_name="anna"))).total == 0


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (PageWanted(page=-1), "page"),
        (PageWanted(page=1 << 62), "page"),
        (PageWanted(page_size=0), "page_size"),
        (PageWanted(page_size=201), "page_size"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    accounts: Accounts, wanted: PageWanted, field: str
) -> None:
    """By name."""
    with pytest.raises(BadSearch) as refused:
        await accounts.page("river", PERSON, wanted)
    assert refused.value.field == field


async def test_an_empty_organization_has_one_empty_page(accounts: Accounts) -> None:
    """And no accounts of any type."""
    page = await accounts.page("river", PERSON, PageWanted())
    assert (page.accounts, page.total) == ([], 0)
    assert await accounts.count("river", PERSON, COMPANY) == 0


_BY_SHIFT = statement(
    select(
        account_blocks.c.shift,
        func.sum(account_blocks.c.individuals),
        func.sum(account_blocks.c.companies),
        func.min(account_blocks.c.individuals),
    )
    .where(account_blocks.c.org_id == "river", account_blocks.c.kind == "constituent")
    .group_by(account_blocks.c.shift)
)


async def test_counts_are_exact_on_every_level_whoever_writes_at_once(
    accounts: Accounts, db: Database
) -> None:
    """Creations, batches, refusals and changes of type run together; then all levels agree."""
    made = await fill(accounts, list(range(200, 320)))

    async def changed(account: Account) -> None:
        other = INDIVIDUAL if account.user_type is COMPANY else COMPANY
        change = AccountChange(user_type=other)
        await accounts.update("river", account.account_id, change, SYSTEM)

    new = NewAccount(org_id="river", kind=PERSON, username="x", name="X")
    await asyncio.gather(
        *(changed(each) for each in made[:40]),
        *(accounts.create(replace(new, username=f"s{n}"), SYSTEM) for n in range(20)),
        *(
            accounts.create_many(
                "river",
                [
                    replace(new, username=f"b{n}", user_type=COMPANY, account_id=n << 20)
                    for n in range(start, start + 10)
                ],
                SYSTEM,
            )
            for start in (1, 6, 11, 16)
        ),
        return_exceptions=False,
    )
    whole = []
    after: int | None = None
    while page := await accounts.list("river", PERSON, None, after, 100):
        whole += page
        after = page[-1].account_id
    companies = sum(each.user_type is COMPANY for each in whole)
    rows = await db.all(_BY_SHIFT)
    assert {row[0] for row in rows} == set(SHIFTS)
    for _, individuals, counted, least in rows:
        assert (individuals, counted) == (len(whole) - companies, companies)
        assert least >= 0
    assert len(whole) == 120 + 20 + 25


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_no_page_reads_more_than_its_blocks_and_its_rows(db: Database, engine: str) -> None:
    """Each level is a range of the blocks' own key, and the rows a range of one index."""
    raw = db._reader.raw  # type: ignore[attr-defined]

    def plan(text: str) -> list[str]:
        names = dict.fromkeys(re.findall(r":(\w+)", text), 0)
        return [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + text, names)]

    for user_type in (None, COMPANY):
        steps = plan(start_statement(user_type).for_sqlite()[0])
        reads = [step for step in steps if "account_blocks" in step]
        assert len(reads) == len(SHIFTS)
        for step in reads:
            assert re.match(
                r"SEARCH account_blocks USING PRIMARY KEY \(org_id=\? AND kind=\? AND shift=\?",
                step,
            )
    for filters in (
        (),
        ("user_type",),
        ("given_key",),
        ("family_key",),
        ("given_key", "user_type"),
    ):
        steps = plan(page_statement(filters).for_sqlite()[0])
        assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in steps), steps
        assert any("COVERING INDEX" in step for step in steps), steps
