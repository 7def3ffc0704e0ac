"""From the columns of a file to accounts: which header means what, and a row as a new account."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from doorward.accounts import (
    AccountKind,
    AccountsRefusal,
    NewAccount,
    UserType,
    full_name,
    parse_details,
)
from doorward.http import unguard_formula
from doorward.imports.model import Column, FileRow, RowFault
from doorward.imports.refusals import BadFile, FileFault

__all__ = ["compose_account", "count_known", "match_columns"]

# Ours, Neon CRM's export, and what Japanese spreadsheets say; compared without case and signs.
_NAMES: dict[str, tuple[str, ...]] = {
    "username": ("username", "login name", "login", "user id", "ユーザー名", "ログイン名"),
    "email": ("email", "email 1", "email address", "mail", "メールアドレス", "メール"),
    "name": ("name", "full name", "display name", "氏名", "名前", "お名前"),
    "given_name": ("given name", "first name", "名"),
    "family_name": ("family name", "last name", "surname", "姓", "苗字"),
    "locale": ("locale", "language", "preferred language", "言語"),
    "account_id": ("account id", "アカウントid"),
    "user_type": ("user type", "account type", "アカウント種別"),
    "company": ("company name", "company", "organization name", "会社名", "団体名"),
    "prefix": ("prefix", "敬称"),
    "middle_name": ("middle name",),
    "suffix": ("suffix",),
    "salutation": ("salutation",),
    "preferred_name": ("preferred name",),
    "title": ("job title", "役職"),
    "department": ("department", "部署"),
    "email2": ("email 2",),
    "email3": ("email 3",),
    "url": ("website", "url"),
    "address_line1": ("address line 1", "address", "address 1", "住所"),
    "address_line2": ("address line 2", "address 2"),
    "city": ("city", "市区町村"),
    "state": ("state", "state province", "province", "都道府県"),
    "zip_code": ("zip code", "zip", "postal code", "postcode", "郵便番号"),
    "country": ("country", "国"),
    "phone1": ("phone", "phone 1", "phone number", "電話番号"),
}
_DETAILS = frozenset(
    {
        "prefix",
        "middle_name",
        "suffix",
        "salutation",
        "preferred_name",
        "title",
        "department",
        "email2",
        "email3",
        "url",
    }
)
_ADDRESS = frozenset(
    {"address_line1", "address_line2", "city", "zip_code", "phone1", "state", "country"}
)
_USER_TYPES = {
    "individual": UserType.INDIVIDUAL,
    "個人": UserType.INDIVIDUAL,
    "company": UserType.COMPANY,
    "organization": UserType.COMPANY,
    "法人": UserType.COMPANY,
}
_LONGEST_HEADER = 200


def _folded(header: str) -> str:
    text = unicodedata.normalize("NFKC", unguard_formula(header)).casefold()
    return "".join(each for each in text if each.isalnum())


_FIELDS = {_folded(name): field for field, names in _NAMES.items() for name in names}


def count_known(header: Sequence[str]) -> int:
    """How many cells of ``header`` are columns that we know."""
    return sum(_folded(cell) in _FIELDS for cell in header)


def match_columns(header: Sequence[str]) -> tuple[Column, ...]:
    """What each column fills. Raises ``BadFile`` when nobody could sign in, or two mean the same.

    A user name may be absent: then the e-mail address is what people sign in with.
    """
    columns = tuple(Column(cell[:_LONGEST_HEADER], _FIELDS.get(_folded(cell))) for cell in header)
    counts = Counter(each.field for each in columns if each.field is not None)
    if not counts.keys() & {"email", "username"}:
        raise BadFile(FileFault.NO_LOGIN_COLUMN)
    for each in columns:
        if each.field is not None and counts[each.field] > 1:
            raise BadFile(FileFault.SAME_COLUMN, column=each.header)
    return columns


def compose_account(org_id: str, columns: Sequence[Column], row: FileRow) -> NewAccount | RowFault:
    """The account that ``row`` describes, unverified, or why it describes none."""
    if any(row.cells[len(columns) :]):
        return RowFault.TOO_MANY_CELLS
    given: dict[str, Any] = {
        column.field: unguard_formula(cell)
        for column, cell in zip(columns, row.cells, strict=False)
        if column.field is not None and cell
    }
    email = given.get("email")
    username = given.pop("username", None) or email
    if username is None:
        return RowFault.NO_LOGIN
    if "account_id" in given:
        digits = given["account_id"]
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
            return RowFault.BAD_ACCOUNT_ID
        given["account_id"] = int(digits)
    if "user_type" in given:
        user_type = _USER_TYPES.get(_folded(given["user_type"]))
        if user_type is None:
            return RowFault.BAD_TYPE
        given["user_type"] = user_type
    try:
        return _composed(org_id, username, given)
    except AccountsRefusal:
        return RowFault.BAD_VALUE


def _composed(org_id: str, username: str, given: dict[str, Any]) -> NewAccount:
    details: dict[str, Any] = {name: given.pop(name) for name in _DETAILS & given.keys()}
    address: dict[str, Any] = {name: given.pop(name) for name in _ADDRESS & given.keys()}
    if address:
        details["addresses"] = [_address(address)]
    company = given.pop("company", None)
    people = given.keys() & {"name", "given_name", "family_name"}
    if company is not None and "user_type" not in given and not people:
        given["user_type"] = UserType.COMPANY
    if given.get("user_type") is UserType.COMPANY:
        given["name"] = company or given.get("name")
    elif company is not None:
        details["company"] = {"name": company}
    if "name" not in given:
        given["name"] = full_name(given.get("given_name"), given.get("family_name"))
    return NewAccount(
        org_id=org_id,
        kind=AccountKind.CONSTITUENT,
        username=username,
        details=parse_details(details) if details else None,
        **given,
    )


def _address(cells: dict[str, Any]) -> dict[str, Any]:
    """The one address of a row. A state of up to three letters is a code."""
    address = {**cells, "is_primary_address": True}
    state = address.pop("state", None)
    if state is not None:
        is_code = state.isascii() and state.isalpha() and len(state) <= 3
        address["state_province"] = {"code": state.upper()} if is_code else {"name": state}
    if "country" in address:
        address["country"] = {"name": address["country"]}
    return address
