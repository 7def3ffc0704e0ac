"""What can be asked about accounts: pages by number, lists by place, and searches by condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from doorward.accounts.keys import login_key
from doorward.accounts.model import Account, AccountStatus, UserType
from doorward.accounts.refusals import BadSearch
from doorward.audit import is_plain_line

__all__ = [
    "MAX_PAGE_SIZE",
    "AccountPage",
    "Condition",
    "ListWanted",
    "Operator",
    "PageWanted",
    "SearchField",
    "SearchWanted",
    "Sort",
    "verify_search",
    "verify_window",
]

MAX_PAGE_SIZE: Final = 200
_MAX_PAGE: Final = 1 << 40
_MAX_CONDITIONS: Final = 20
_MAX_VALUES: Final = 500
_MAX_NUMBER: Final = (1 << 63) - 1
_LONGEST: Final = 320


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of accounts, and how many there are on all pages together."""

    accounts: list[Account]
    total: int


@dataclass(frozen=True, slots=True)
class PageWanted:
    """Which page, counted from 0, of the accounts that have all of these, compared folded."""

    user_type: UserType | None = None
    email: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    page: int = 0
    page_size: int = 50


@dataclass(frozen=True, slots=True)
class ListWanted:
    """Which accounts, and from where: after one account, or before one, but not both.

    With a ``query``, those whose user name, e-mail address, full or company name, family or given
    name begins with it, in this order.
    """

    query: str | None = None
    status: AccountStatus | None = None
    user_type: UserType | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 100


class SearchField(StrEnum):
    """What conditions and sorting may be about. Times are microseconds."""

    ACCOUNT_ID = "account_id"
    USERNAME = "username"
    EMAIL = "email"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    FULL_NAME = "full_name"
    COMPANY_NAME = "company_name"
    USER_TYPE = "user_type"
    STATUS = "status"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    CITY = "city"
    STATE = "state"
    ZIP_CODE = "zip_code"
    COUNTRY = "country"
    PHONE = "phone"


class Operator(StrEnum):
    """How a condition compares. What a negated one matches is all that the plain one does not.

    ``IN_RANGE`` asks for one of several values. Text is compared folded, in the order of its code
    points; a blank field is equal to nothing, and neither less nor greater.
    """

    EQUAL = "EQUAL"
    NOT_EQUAL = "NOT_EQUAL"
    BLANK = "BLANK"
    NOT_BLANK = "NOT_BLANK"
    CONTAIN = "CONTAIN"
    NOT_CONTAIN = "NOT_CONTAIN"
    LESS_THAN = "LESS_THAN"
    GREATER_THAN = "GREATER_THAN"
    LESS_AND_EQUAL = "LESS_AND_EQUAL"
    GREATER_AND_EQUAL = "GREATER_AND_EQUAL"
    IN_RANGE = "IN_RANGE"
    NOT_IN_RANGE = "NOT_IN_RANGE"


NUMBERS: Final = {SearchField.ACCOUNT_ID, SearchField.CREATED_AT, SearchField.UPDATED_AT}
"""Fields that hold whole numbers."""

WORDS: Final = {
    SearchField.USER_TYPE: frozenset(str(each) for each in UserType),
    SearchField.STATUS: frozenset(str(each) for each in AccountStatus),
}
"""Fields that hold one of a few words, which have no order."""

NEVER_BLANK: Final = {*NUMBERS, *WORDS, SearchField.USERNAME}
"""Fields that every account has."""

_WITHOUT_VALUE: Final = {Operator.BLANK, Operator.NOT_BLANK}
_WITH_SEVERAL: Final = {Operator.IN_RANGE, Operator.NOT_IN_RANGE}
_CONTAINING: Final = {Operator.CONTAIN, Operator.NOT_CONTAIN}
_ORDERING: Final = {
    Operator.LESS_THAN,
    Operator.GREATER_THAN,
    Operator.LESS_AND_EQUAL,
    Operator.GREATER_AND_EQUAL,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must be true of an account."""

    field: SearchField
    operator: Operator
    values: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of a search; accounts that are equal in it stand in the order of their numbers."""

    field: SearchField = SearchField.ACCOUNT_ID
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SearchWanted:
    """Which page, counted from 0, of the accounts that meet every condition."""

    conditions: Sequence[Condition] = ()
    sort: Sort = Sort()
    page: int = 0
    page_size: int = 50


def verify_window(page: int, page_size: int) -> int:
    """How many accounts come before the page. Raises ``BadSearch``."""
    if not 0 <= page < _MAX_PAGE:
        raise BadSearch("Pages are counted from 0.", field="page")
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        raise BadSearch(f"A page holds 1 to {MAX_PAGE_SIZE} accounts.", field="page_size")
    return page * page_size


def verify_search(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """``conditions`` with their texts folded; those that are always true are left out.

    Raises ``BadSearch``, whose field is the condition's.
    """
    if len(conditions) > _MAX_CONDITIONS:
        raise BadSearch(f"A search has up to {_MAX_CONDITIONS} conditions.", field="conditions")
    verified = map(_verify_condition, conditions)
    always = Operator.NOT_BLANK
    return tuple(
        each for each in verified if each.operator is not always or each.field not in NEVER_BLANK
    )


def _verify_condition(condition: Condition) -> Condition:
    field, operator, values = condition.field, condition.operator, condition.values
    least, most = (0, 0) if operator in _WITHOUT_VALUE else (1, 1)
    if operator in _WITH_SEVERAL:
        most = _MAX_VALUES
    if not least <= len(values) <= most:
        raise BadSearch("The operator asks for another number of values.", field=field)
    unfit = _CONTAINING if field in NUMBERS else _ORDERING if field in WORDS else set[Operator]()
    if operator in unfit:
        raise BadSearch("The field cannot be compared in this way.", field=field)
    return Condition(field, operator, tuple(_verify_value(field, value) for value in values))


def _verify_value(field: SearchField, value: int | str) -> int | str:
    if field in NUMBERS:
        if not isinstance(value, int) or not -_MAX_NUMBER <= value <= _MAX_NUMBER:
            raise BadSearch("The value is not a whole number.", field=field)
        return value
    if not isinstance(value, str) or not is_plain_line(value, _LONGEST):
        raise BadSearch(f"The value is not one line of up to {_LONGEST} characters.", field=field)
    return login_key(value)
