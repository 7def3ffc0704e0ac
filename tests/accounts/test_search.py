"""Lists of accounts, and finding people by the beginning of a name."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from doorward.accounts import (
    AccountChange,
    AccountKind,
    Accounts,
    AccountStatus,
    ListWanted,
    NewAccount,
    UserType,
)
from doorward.accounts.keys import prefix_end
from doorward.accounts.store.listing import KEYS, list_statement
from doorward.audit import SYSTEM
from doorward.db import Database
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

PERSON, STAFF = AccountKind.CONSTITUENT, AccountKind.SYSTEM


@pytest.fixture
def accounts(db: Database) -> Accounts:
    return make_accounts(db)


async def add(
    accounts: Accounts, username: str, email: str | None = None, name: str | None = None
) -> None:
    new = NewAccount(org_id="river", kind=PERSON, username=username, email=email, name=name)
    await accounts.create(new, SYSTEM)


async def all_pages(accounts: Accounts, query: str | None, limit: int) -> list[str]:
    found: list[str] = []
    after = None
    while page := await accounts.list("river", PERSON, query, after, limit):
        assert len(page) <= limit
        found += [account.username for account in page]
        after = page[-1].account_id
    return found


async def test_accounts_of_a_kind_are_listed_in_the_order_of_their_numbers(
    accounts: Accounts,
) -> None:
    """Pages follow each other without a gap, and staff are not among constituents."""
    for n in range(7):
        await add(accounts, f"u{n}")
    await accounts.create(NewAccount(org_id="river", kind=STAFF, username="staff"), SYSTEM)
    await accounts.create(NewAccount(org_id="lake", kind=PERSON, username="lake"), SYSTEM)
    assert await all_pages(accounts, None, 3) == [f"u{n}" for n in range(7)]
    assert await all_pages(accounts, "  ", 3) == [f"u{n}" for n in range(7)]
    assert [a.username for a in await accounts.list("river", STAFF, None, None, 9)] == ["staff"]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_people_are_found_once_by_the_beginning_of_any_key(
    accounts: Accounts, limit: int
) -> None:
    """By user name, then by address, then by name, each person once, on pages of any size."""
    await add(accounts, "anna", "anna@example.org", "Anna A")
    await add(accounts, "Ansel", None, "Zed")
    await add(accounts, "bo", "an-other@example.org", "Ann Bo")
    await add(accounts, "cy", "cy@example.org", "ANDREW Cy")
    await add(accounts, "di", "di@example.org", "Andrew Cy")
    await add(accounts, "ed", None, None)
    await add(accounts, "joan", "joan@example.org", "Joan")
    found = await all_pages(accounts, "ＡＮ", limit)
    assert found == ["anna", "Ansel", "bo", "cy", "di"]


async def walked(
    accounts: Accounts, wanted: ListWanted, *, back: bool, start: int | None = None
) -> list[int]:
    """Every account in one direction, page after page, in the order in which they stand."""
    found: list[int] = []
    place = start
    while True:
        here = replace(wanted, before=place) if back else replace(wanted, after=place)
        page = [each.account_id for each in await accounts.browse("river", PERSON, here)]
        if not page:
            return found
        assert len(page) <= wanted.limit
        found = [*page, *found] if back else [*found, *page]
        place = page[0] if back else page[-1]


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("query", [None, "an", "Ｓ"])
async def test_a_list_is_the_same_in_both_directions(
    accounts: Accounts, query: str | None, limit: int
) -> None:
    """With each filter: what is walked forwards is walked backwards from its end."""
    first, last = ("Anna", "Bo", "Ann", None), ("Sand", "Anders", None, "Ng", "stone")
    for n in range(40):
        new = NewAccount(
            org_id="river",
            kind=PERSON,
            username=f"{'an' if n % 3 else 's'}{n}",
            email=f"{'an' if n % 2 else 'x'}{n}@example.org",
            name="Ann Arbor" if n % 7 == 0 else None,
            given_name=first[n % 4],
            family_name=last[n % 5],
        )
        if n % 7 == 0:
            new = replace(new, user_type=UserType.COMPANY)
        made = await accounts.create(new, SYSTEM)
        if n % 4 == 0:
            await accounts.disable("river", made.account_id, SYSTEM)
    plain = ListWanted(query=query, limit=limit)
    for wanted in (
        plain,
        replace(plain, status=AccountStatus.DISABLED),
        replace(plain, user_type=UserType.COMPANY),
        replace(plain, status=AccountStatus.ACTIVE, user_type=UserType.INDIVIDUAL),
    ):
        forwards = await walked(accounts, wanted, back=False)
        assert len(forwards) == len(set(forwards)) > 1
        for number in forwards:
            account = await accounts.get("river", number)
            assert wanted.status in {None, account.status}
            assert wanted.user_type in {None, account.user_type}
        end = forwards[-1]
        assert await walked(accounts, wanted, back=True, start=end) == forwards[:-1]
        middle = forwards[len(forwards) // 2]
        before = await accounts.browse("river", PERSON, replace(wanted, before=middle, limit=2))
        at = forwards.index(middle)
        assert [each.account_id for each in before] == forwards[max(0, at - 2) : at]


async def test_people_are_found_by_their_names_and_companies_by_theirs(
    accounts: Accounts,
) -> None:
    """By full name first, then by family name, then by given name."""
    for username, name, family, given in (
        ("u1", None, None, "River"),
        ("u2", None, "Rivers", "Anna"),
        ("u3", "River Works", None, None),
        ("u4", "Anna Driver", "Driver", "Anna"),
    ):
        new = NewAccount(
            org_id="river",
            kind=PERSON,
            username=username,
            name=name,
            family_name=family,
            given_name=given,
        )
        await accounts.create(new, SYSTEM)
    assert await all_pages(accounts, "river", 2) == ["u3", "u2", "u1"]


async def test_a_prefix_is_text_and_never_a_pattern(accounts: Accounts) -> None:
    """Wildcards of SQL find only themselves, and odd input finds nothing."""
    await add(accounts, "anna")
    await add(accounts, "a%b")
    await add(accounts, "鈴木", None, "鈴木 一郎")
    assert await all_pages(accounts, "a%", 5) == ["a%b"]
    assert await all_pages(accounts, "_nna", 5) == []
    assert await all_pages(accounts, "鈴", 5) == ["鈴木"]
    assert await all_pages(accounts, "鈴木 一", 5) == ["鈴木"]
    for odd in ("%", "\x00", "\ud800", "\U0010ffff", "x" * 999, "'"):
        assert await all_pages(accounts, odd, 5) == []


async def test_a_search_after_somebody_who_no_longer_matches_ends(accounts: Accounts) -> None:
    """A place that no longer exists is not guessed."""
    await add(accounts, "anna")
    await add(accounts, "ansel")
    await accounts.update("river", 1, AccountChange(username="zoe"), SYSTEM)
    assert await accounts.list("river", PERSON, "an", 1, 5) == []
    assert await accounts.list("river", PERSON, "an", 999, 5) == []
    assert await accounts.list("river", STAFF, "an", 2, 5) == []


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("ab", "ac"),
        ("a\U0010ffff", "b"),
        ("\ud7ff", "\ue000"),
        ("\U0010ffff", None),
        ("z", "{"),
    ],
)
async def test_the_end_of_a_prefix_is_the_first_text_after_it(prefix: str, end: str | None) -> None:
    """By code point, skipping what cannot be encoded."""
    assert prefix_end(prefix) == end


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_no_search_reads_more_of_a_table_than_it_answers(db: Database) -> None:
    """Each is a range of one index in the order of that index: no scan and no sort."""
    raw = db._reader.raw  # type: ignore[attr-defined]
    every = [
        (key, list_statement(filters, key, back))
        for key in (None, *KEYS)
        for filters in ((), ("status",), ("user_type",))
        for back in (False, True)
    ]
    for key, search in every:
        text, _ = search.for_sqlite()
        names = dict.fromkeys(re.findall(r":(\w+)", text), 0)
        plan = " ".join(row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + text, names))
        assert plan.startswith("SEARCH accounts USING INDEX"), plan
        assert "TEMP B-TREE" not in plan
        assert "org_id=? AND kind=? AND" in plan
        assert key is None or f"{key}<?)" in plan or f"{key},account_id)<(?,?)" in plan, plan
