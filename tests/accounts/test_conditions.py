"""Searches by condition, beside an oracle that asks the same of each account in plain Python."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.accounts import (
    Account,
    AccountDetails,
    AccountKind,
    Accounts,
    AccountStatus,
    Address,
    BadSearch,
    Coded,
    Condition,
    Named,
    NewAccount,
    Operator,
    SearchField,
    SearchWanted,
    Sort,
    UserType,
    login_key,
)
from doorward.accounts.search import NUMBERS, WORDS, verify_search
from doorward.accounts.store.searching import _count_statement, _list_statement, shape_of
from doorward.audit import SYSTEM
from doorward.db import Database
from tests.support.factories import make_accounts

pytestmark = pytest.mark.anyio

PERSON, STAFF = AccountKind.CONSTITUENT, AccountKind.SYSTEM
WORDS_USED = ("Anna", "anna%", "Ng", "STRAẞE", "鈴木", "a_b", "Works 'n' \"Co\"", "Ann")
CITIES = ("Riverbend", "Lakeside", "", "São Paulo")
Row = tuple[Account, AccountDetails]


def new_account(number: int, chance: random.Random) -> NewAccount:
    """An account with some fields blank and many equal to others'."""

    def maybe(value: str) -> str | None:
        return value if chance.random() < 0.7 else None

    company = chance.random() < 0.3
    address = Address(
        city=maybe(chance.choice(CITIES[:2])),
        state_province=chance.choice([None, Coded(code="TX"), Coded(name="Jalisco")]),
        zip_code=maybe(str(chance.randrange(3))),
        country=chance.choice([None, Named(name="Japan"), Named(id="1")]),
        phone1=maybe("+1 512 555 0100"),
    )
    return NewAccount(
        org_id="river",
        kind=PERSON,
        username=f"{chance.choice(('anna', 'Bo', '鈴木'))}{number}",
        email=maybe(f"Anna{number}@example.org"),
        name=chance.choice(WORDS_USED) if company else maybe(chance.choice(WORDS_USED)),
        given_name=maybe(chance.choice(WORDS_USED)),
        family_name=maybe(chance.choice(WORDS_USED)),
        account_id=number,
        user_type=UserType.COMPANY if company else UserType.INDIVIDUAL,
        details=AccountDetails(addresses=(address,)) if chance.random() < 0.8 else None,
    )


@dataclass
class Crowd:
    accounts: Accounts
    rows: list[Row]


@pytest.fixture
async def crowd(db: Database) -> Crowd:
    accounts = make_accounts(db)
    chance = random.Random(5)
    news = [new_account(number, chance) for number in chance.sample(range(1, 1000), 80)]
    await accounts.create_many("river", news, SYSTEM)
    for new in news[:10]:
        assert new.account_id is not None
        await accounts.disable("river", new.account_id, SYSTEM)
    others = [
        replace(news[0], kind=STAFF, user_type=UserType.INDIVIDUAL, account_id=5000),
        replace(news[1], org_id="lake"),
    ]
    for other in others:
        await accounts.create(other, SYSTEM)
    made = await accounts.list("river", PERSON, None, None, 200)
    details = await accounts.list_details("river", [each.account_id for each in made])
    return Crowd(accounts, [(each, details[each.account_id]) for each in made])


def value_of(row: Row, field: SearchField) -> Any:
    """What an account has in a field, as it is compared; None when it is blank."""
    account, details = row
    address = details.primary_address or Address()
    state, country = address.state_province or Coded(), address.country or Named()
    company = account.user_type is UserType.COMPANY
    value = {
        SearchField.FULL_NAME: account.name,
        SearchField.COMPANY_NAME: account.name if company else None,
        SearchField.CITY: address.city,
        SearchField.STATE: state.code or state.name,
        SearchField.ZIP_CODE: address.zip_code,
        SearchField.COUNTRY: country.name or country.id,
        SearchField.PHONE: address.phone1,
    }.get(field, getattr(account, field, None))
    return login_key(value) if isinstance(value, str) else value


PLAIN: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: lambda value, wanted: value == wanted[0],
    Operator.CONTAIN: lambda value, wanted: wanted[0] in value,
    Operator.LESS_THAN: lambda value, wanted: value < wanted[0],
    Operator.GREATER_THAN: lambda value, wanted: value > wanted[0],
    Operator.LESS_AND_EQUAL: lambda value, wanted: value <= wanted[0],
    Operator.GREATER_AND_EQUAL: lambda value, wanted: value >= wanted[0],
    Operator.IN_RANGE: lambda value, wanted: value in wanted,
}


def meets(row: Row, condition: Condition) -> bool:
    """Whether an account meets a condition."""
    value = value_of(row, condition.field)
    word = condition.operator.value
    if word in {"BLANK", "NOT_BLANK"}:
        return (value is None) == (word == "BLANK")
    wanted = [login_key(x) if isinstance(x, str) else x for x in condition.values]
    plain = PLAIN[Operator(word.removeprefix("NOT_"))]
    return (value is not None and plain(value, wanted)) != word.startswith("NOT_")


def expected(crowd: Crowd, conditions: list[Condition], sort: Sort) -> list[int]:
    """The numbers of those who meet all conditions, in order."""
    rows = [row for row in crowd.rows if all(meets(row, each) for each in conditions)]

    def compare(one: Row, other: Row) -> int:
        first, second = value_of(one, sort.field), value_of(other, sort.field)
        if first != second:
            less = first is None or (second is not None and first < second)
            return 1 if less == sort.descending else -1
        return one[0].account_id - other[0].account_id

    return [row[0].account_id for row in sorted(rows, key=cmp_to_key(compare))]


def values_for(field: SearchField) -> st.SearchStrategy[int | str]:
    if field in NUMBERS:
        return st.integers(-5, 1000)
    if field in WORDS:
        return st.sampled_from([*sorted(WORDS[field]), "other"])
    return st.sampled_from([*WORDS_USED, *filter(None, CITIES), "1", "TX", "n", "@", "jalisco"])


@st.composite
def conditions_made(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(SearchField))
    operator = draw(st.sampled_from(Operator))
    least, most = (0, 0) if "BLANK" in operator else (1, 5 if "RANGE" in operator else 1)
    values = draw(st.lists(values_for(field), min_size=least, max_size=most))
    return Condition(field, operator, tuple(values))


def fits(condition: Condition) -> bool:
    try:
        verify_search([condition])
    except BadSearch:
        return False
    return True


SOME = st.lists(conditions_made().filter(fits), max_size=3)
SORTS = st.builds(Sort, st.sampled_from(SearchField), st.booleans())
CASES = [
    SearchWanted(conditions=tuple(each), sort=sort)
    for each, sort in zip(
        [[Condition(f, o)] for f in SearchField for o in (Operator.BLANK, Operator.NOT_BLANK)],
        [Sort(f, d) for f in SearchField for d in (True, False)],
        strict=True,
    )
]


async def check(crowd: Crowd, wanted: SearchWanted) -> None:
    want = expected(crowd, list(wanted.conditions), wanted.sort)
    for size in (7, 200):
        found: list[int] = []
        for number in range(len(want) // size + 1):
            page = await crowd.accounts.search(
                "river", PERSON, replace(wanted, page=number, page_size=size)
            )
            assert page.total == len(want), wanted
            found += [each.account_id for each in page.accounts]
        assert found == want, wanted


async def test_every_search_finds_what_the_oracle_finds(crowd: Crowd) -> None:
    """Any conditions together, in any order, on pages of any size."""
    drawn: list[SearchWanted] = list(CASES)

    @given(st.lists(st.builds(SearchWanted, SOME, SORTS), min_size=4, max_size=4))
    def draw(some: list[SearchWanted]) -> None:
        drawn.extend(some)

    await asyncio.to_thread(draw)
    for wanted in drawn:
        await check(crowd, wanted)


@pytest.mark.parametrize("operator", Operator)
async def test_every_operator_agrees_with_the_oracle_on_every_field(
    crowd: Crowd, operator: Operator
) -> None:
    """With values that somebody has."""
    for field in SearchField:
        present = [x for row in crowd.rows if (x := value_of(row, field)) is not None]
        values = () if "BLANK" in operator else tuple(present[: 3 if "RANGE" in operator else 1])
        condition = Condition(field, operator, values)
        if fits(condition):
            await check(crowd, SearchWanted(conditions=(condition,)))


@pytest.mark.parametrize(
    "condition",
    [
        Condition(SearchField.EMAIL, Operator.EQUAL),
        Condition(SearchField.EMAIL, Operator.EQUAL, ("a", "b")),
        Condition(SearchField.EMAIL, Operator.BLANK, ("a",)),
        Condition(SearchField.EMAIL, Operator.EQUAL, ("",)),
        Condition(SearchField.EMAIL, Operator.EQUAL, ("\x00",)),
        Condition(SearchField.EMAIL, Operator.EQUAL, ("\ud800",)),
        Condition(SearchField.EMAIL, Operator.EQUAL, ("x" * 321,)),
        Condition(SearchField.EMAIL, Operator.EQUAL, (7,)),
        Condition(SearchField.EMAIL, Operator.IN_RANGE, ()),
        Condition(SearchField.EMAIL, Operator.IN_RANGE, ("a",) * 501),
        Condition(SearchField.ACCOUNT_ID, Operator.EQUAL, ("7",)),
        Condition(SearchField.ACCOUNT_ID, Operator.EQUAL, (1 << 63,)),
        Condition(SearchField.ACCOUNT_ID, Operator.CONTAIN, (7,)),
        Condition(SearchField.STATUS, Operator.LESS_THAN, ("active",)),
    ],
)
async def test_a_condition_that_means_nothing_is_refused_by_name(
    db: Database, condition: Condition
) -> None:
    """The refusal's field is the condition's."""
    with pytest.raises(BadSearch) as refused:
        await make_accounts(db).search("river", PERSON, SearchWanted(conditions=(condition,)))
    assert refused.value.field == condition.field


async def test_more_conditions_than_anybody_asks_are_refused(db: Database) -> None:
    """Twenty are enough."""
    condition = Condition(SearchField.EMAIL, Operator.BLANK)
    with pytest.raises(BadSearch):
        await make_accounts(db).search("river", PERSON, SearchWanted(conditions=(condition,) * 21))


async def test_statements_are_kept_by_their_shape_and_not_without_end() -> None:
    """A thousand searches with other values, or a few more values, are one statement."""
    before = _count_statement.cache_info().currsize
    for number in range(1000):
        values = tuple(range(number, number + 5 + number % 4))
        shape, params = shape_of([Condition(SearchField.ACCOUNT_ID, Operator.IN_RANGE, values)])
        assert set(params.values()) == set(values)
        _count_statement(shape)
    assert _count_statement.cache_info().currsize <= before + 1
    assert _count_statement.cache_info().maxsize == _list_statement.cache_info().maxsize == 256


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("field", "index"),
    [
        (SearchField.ACCOUNT_ID, "PRIMARY KEY"),
        (SearchField.EMAIL, "email"),
        (SearchField.USERNAME, "username"),
        (SearchField.GIVEN_NAME, "accounts_by_given"),
        (SearchField.FAMILY_NAME, "accounts_by_family"),
        (SearchField.FULL_NAME, "accounts_by_name"),
        (SearchField.COMPANY_NAME, "accounts_by_name"),
        (SearchField.CITY, "account_details_by_city"),
        (SearchField.ZIP_CODE, "account_details_by_zip"),
        (SearchField.PHONE, "account_details_by_phone"),
    ],
)
async def test_an_equal_value_is_found_in_an_index(
    db: Database, engine: str, field: SearchField, index: str
) -> None:
    """The count and the page read those who have it, not all who are there."""
    raw = db._reader.raw  # type: ignore[attr-defined]
    shape = ((field, Operator.EQUAL, 1),)
    for made in (_count_statement(shape), _list_statement(shape, Sort())):
        text, _ = made.for_sqlite()
        names = dict.fromkeys(re.findall(r":(\w+)", text), 0)
        plan = [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + text, names)]
        assert re.search(index, plan[0]) or "sqlite_autoindex" in plan[0], plan
        assert "_key=?" in plan[0] or "account_id=?" in plan[0], plan


def test_the_status_is_one_of_its_words() -> None:
    """So that a condition about it is compared with words."""
    assert WORDS[SearchField.STATUS] == {str(each) for each in AccountStatus}
