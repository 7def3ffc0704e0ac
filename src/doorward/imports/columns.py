"""From the columns of a file to accounts: which header means what, and a row as a new account."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from doorward.accounts import AccountKind, NewAccount
from doorward.imports.model import Column, FileRow, RowFault, unguard_formula
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
    if "name" not in given:
        given["name"] = _full_name(given.get("given_name"), given.get("family_name"))
    return NewAccount(org_id=org_id, kind=AccountKind.CONSTITUENT, username=username, **given)


def _full_name(given: str | None, family: str | None) -> str | None:
    """Both names in the order of their own language; None when there is neither."""
    if given is None or family is None:
        return given or family
    wide = unicodedata.east_asian_width(family[0]) in {"W", "F"}
    return f"{family} {given}" if wide else f"{given} {family}"
