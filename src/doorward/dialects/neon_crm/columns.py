"""Columns of the platform's searches: what each is called, reads, and can be compared with."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from doorward.accounts import (
    Account,
    AccountDetails,
    Address,
    Condition,
    Operator,
    SearchField,
    UserType,
)
from doorward.db import SECOND
from doorward.dialects.neon_crm.wire import instant

__all__ = [
    "CUSTOM_FIELD",
    "OUTPUT",
    "SEARCH",
    "BadValue",
    "Column",
    "SearchKind",
    "conditions_of",
    "custom_value",
    "find_output",
    "operators_of",
]

CUSTOM_FIELD: Final = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
"""What names a custom field: its number."""
_DAY = dt.timedelta(days=1)
_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)

Read = Callable[[Account, AccountDetails], str | None]


class BadValue(ValueError):
    """The value cannot be compared with the field."""


class SearchKind(Enum):
    """How the values of a field are written."""

    TEXT = "text"
    NUMBER = "number"
    TYPE = "type"
    MOMENT = "moment"


_ORDER = (
    Operator.LESS_THAN,
    Operator.GREATER_THAN,
    Operator.LESS_AND_EQUAL,
    Operator.GREATER_AND_EQUAL,
)
_SOME = (Operator.IN_RANGE, Operator.NOT_IN_RANGE)
_SAME = (Operator.EQUAL, Operator.NOT_EQUAL, Operator.BLANK, Operator.NOT_BLANK)
_OPERATORS: Final = {
    SearchKind.TEXT: (*_SAME, *_ORDER, *_SOME, Operator.CONTAIN, Operator.NOT_CONTAIN),
    SearchKind.NUMBER: (*_SAME, *_ORDER, *_SOME),
    SearchKind.TYPE: (*_SAME, *_SOME),
    # Any day is a span of moments: that one is not in it cannot be said by one comparison.
    SearchKind.MOMENT: (Operator.EQUAL, Operator.BLANK, Operator.NOT_BLANK, *_ORDER),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One output column. ``field`` is what it sorts by; without one it cannot be sorted by."""

    name: str
    read: Read
    field: SearchField | None = None


def _address(read: Callable[[Address], str | None]) -> Read:
    def read_primary(_account: Account, details: AccountDetails) -> str | None:
        address = details.primary_address
        return None if address is None else read(address)

    return read_primary


def _detail(name: str) -> Read:
    return lambda _account, details: getattr(details, name)


def _state(address: Address) -> str | None:
    state = address.state_province
    return None if state is None else state.code or state.name


def _day(details: AccountDetails) -> str | None:
    dob = details.dob
    return None if dob is None else f"{dob.year:04}-{dob.month:02}-{dob.day:02}"


def _is_company(account: Account) -> bool:
    return account.user_type is UserType.COMPANY


def _company(account: Account, details: AccountDetails) -> str | None:
    if _is_company(account):
        return account.name
    return None if details.company is None else details.company.name


_SEARCHES: Final = (
    ("Account ID", SearchField.ACCOUNT_ID, SearchKind.NUMBER),
    ("Account Type", SearchField.USER_TYPE, SearchKind.TYPE),
    ("First Name", SearchField.GIVEN_NAME, SearchKind.TEXT),
    ("Last Name", SearchField.FAMILY_NAME, SearchKind.TEXT),
    ("Full Name (F)", SearchField.FULL_NAME, SearchKind.TEXT),
    ("Company Name", SearchField.COMPANY_NAME, SearchKind.TEXT),
    ("Organization Name", SearchField.COMPANY_NAME, SearchKind.TEXT),
    ("Email", SearchField.EMAIL, SearchKind.TEXT),
    ("Email 1", SearchField.EMAIL, SearchKind.TEXT),
    ("Account Login Name", SearchField.USERNAME, SearchKind.TEXT),
    ("City", SearchField.CITY, SearchKind.TEXT),
    ("State/Province", SearchField.STATE, SearchKind.TEXT),
    ("Zip Code", SearchField.ZIP_CODE, SearchKind.TEXT),
    ("Country", SearchField.COUNTRY, SearchKind.TEXT),
    ("Phone", SearchField.PHONE, SearchKind.TEXT),
    ("Account Created Date", SearchField.CREATED_AT, SearchKind.MOMENT),
    ("Account Created Date/Time", SearchField.CREATED_AT, SearchKind.MOMENT),
    ("Account Last Modified Date", SearchField.UPDATED_AT, SearchKind.MOMENT),
    ("Account Last Modified Date/Time", SearchField.UPDATED_AT, SearchKind.MOMENT),
)
SEARCH: Final = {name.casefold(): (name, field, kind) for name, field, kind in _SEARCHES}
"""What may be asked for, by its name folded."""

_COLUMNS: Final = (
    Column("Account ID", lambda a, _: a.subject, SearchField.ACCOUNT_ID),
    Column(
        "Account Type",
        lambda a, _: "Company" if _is_company(a) else "Individual",
        SearchField.USER_TYPE,
    ),
    Column("First Name", lambda a, _: a.given_name, SearchField.GIVEN_NAME),
    Column("Last Name", lambda a, _: a.family_name, SearchField.FAMILY_NAME),
    Column("Full Name (F)", lambda a, _: a.name, SearchField.FULL_NAME),
    Column("Company Name", _company, SearchField.COMPANY_NAME),
    Column("Organization Name", _company, SearchField.COMPANY_NAME),
    Column("Email", lambda a, _: a.email, SearchField.EMAIL),
    Column("Email 1", lambda a, _: a.email, SearchField.EMAIL),
    Column("Email 2", _detail("email2")),
    Column("Email 3", _detail("email3")),
    Column("Account Login Name", lambda a, _: a.username, SearchField.USERNAME),
    Column("Prefix", _detail("prefix")),
    Column("Middle Name", _detail("middle_name")),
    Column("Suffix", _detail("suffix")),
    Column("Salutation", _detail("salutation")),
    Column("Preferred Name", _detail("preferred_name")),
    Column("Gender", lambda _, d: None if d.gender is None else d.gender.name or d.gender.code),
    Column("Birthdate", lambda _, d: _day(d)),
    Column("Job Title", _detail("title")),
    Column("Department", _detail("department")),
    Column("URL", _detail("url")),
    Column("Source", lambda _, d: None if d.source is None else d.source.name),
    Column("Deceased", lambda _, d: "Yes" if d.deceased else "No"),
    Column("Address Line 1", _address(lambda each: each.address_line1)),
    Column("Address Line 2", _address(lambda each: each.address_line2)),
    Column("Address Line 3", _address(lambda each: each.address_line3)),
    Column("Address Line 4", _address(lambda each: each.address_line4)),
    Column("City", _address(lambda each: each.city), SearchField.CITY),
    Column("State/Province", _address(_state), SearchField.STATE),
    Column("County", _address(lambda each: each.county)),
    Column("Zip Code", _address(lambda each: each.zip_code), SearchField.ZIP_CODE),
    Column(
        "Country",
        _address(lambda each: None if each.country is None else each.country.name),
        SearchField.COUNTRY,
    ),
    Column("Phone 1 Number", _address(lambda each: each.phone1), SearchField.PHONE),
    Column("Phone 1 Type", _address(lambda each: each.phone1_type)),
    Column("Phone 2 Number", _address(lambda each: each.phone2)),
    Column("Phone 3 Number", _address(lambda each: each.phone3)),
    Column("Fax Number", _address(lambda each: each.fax)),
    Column("Account Current Membership Status", _detail("account_current_membership_status")),
    Column("Account Created Date", lambda a, _: instant(a.created_at)[:10], SearchField.CREATED_AT),
    Column("Account Created Date/Time", lambda a, _: instant(a.created_at), SearchField.CREATED_AT),
    Column(
        "Account Last Modified Date",
        lambda a, _: instant(a.updated_at)[:10],
        SearchField.UPDATED_AT,
    ),
    Column(
        "Account Last Modified Date/Time",
        lambda a, _: instant(a.updated_at),
        SearchField.UPDATED_AT,
    ),
)
OUTPUT: Final = {column.name.casefold(): column for column in _COLUMNS}
"""What may be read, by its name folded."""


def operators_of(kind: SearchKind) -> tuple[Operator, ...]:
    """How values of ``kind`` can be compared."""
    return _OPERATORS[kind]


def find_output(name: str) -> Column | None:
    """The column ``name``, or the custom field whose number it is; None when there is none."""
    if CUSTOM_FIELD.match(name):
        return Column(name, lambda _, details: custom_value(details, name))
    return OUTPUT.get(name.casefold())


def custom_value(details: AccountDetails, field_id: str) -> str | None:
    """What the account has in the custom field ``field_id``, several options joined."""
    for field in details.account_custom_fields:
        if field.id == field_id:
            chosen = [option.name or option.id or "" for option in field.option_values]
            return "|".join(chosen) if chosen else field.value
    return None


def conditions_of(
    field: SearchField, kind: SearchKind, operator: Operator, values: Sequence[str]
) -> tuple[Condition, ...]:
    """What the room of accounts is asked. Raises ``BadValue``."""
    if operator in {Operator.BLANK, Operator.NOT_BLANK}:
        return (Condition(field, operator),)
    if kind is SearchKind.MOMENT:
        return _within(field, operator, values[0])
    parse = _PARSERS[kind]
    return (Condition(field, operator, tuple(parse(value) for value in values)),)


def _number(text: str) -> int:
    if not CUSTOM_FIELD.match(text):
        raise BadValue
    return int(text)


def _type(text: str) -> str:
    word = text.strip().lower()
    return {"organization": "company"}.get(word, word)


_PARSERS: Final[dict[SearchKind, Callable[[str], int | str]]] = {
    SearchKind.TEXT: str,
    SearchKind.NUMBER: _number,
    SearchKind.TYPE: _type,
}


def _within(field: SearchField, operator: Operator, text: str) -> tuple[Condition, ...]:
    """A comparison with a day, or with a moment, as one with the span that it is."""
    start, end = _span(text)
    least = Condition(field, Operator.GREATER_AND_EQUAL, (start,))
    most = Condition(field, Operator.LESS_THAN, (end,))
    return {
        Operator.EQUAL: (least, most),
        Operator.GREATER_AND_EQUAL: (least,),
        Operator.LESS_AND_EQUAL: (most,),
        Operator.LESS_THAN: (Condition(field, Operator.LESS_THAN, (start,)),),
        Operator.GREATER_THAN: (Condition(field, Operator.GREATER_AND_EQUAL, (end,)),),
    }[operator]


def _span(text: str) -> tuple[int, int]:
    """From which microsecond up to which other one the day or the second ``text`` lasts."""
    try:
        at = dt.datetime.fromisoformat(text)
        at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at
        start = (at - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise BadValue from error
    length = _DAY // _MICROSECOND if _DATE.match(text) else SECOND
    return start, start + length
