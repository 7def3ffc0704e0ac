"""Nothing about a person is forgotten: every table is told and erased, or it is said why not."""

from __future__ import annotations

import re

import doorward.app  # noqa: F401 - every table is known once every room is there
from doorward.belongings.store import ERASED, LEFT, OTHERWISE, SECTIONS
from doorward.db import metadata

NUMBERS_OF_ACCOUNTS = re.compile(
    r"(.*_)?account_id\Z|owner_id\Z|personal_of\Z|invited_by\Z|granted_by\Z"
)
SECRET = re.compile(r"digest|sealed|hash|secret|public_key|credential_id|handle|subject|password")
SETTLED = {"action_links", "brakes", "passkey_holders"}


def columns_of_accounts() -> set[str]:
    """Every column that holds the number of an account, with its table."""
    return {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if NUMBERS_OF_ACCOUNTS.match(column.name)
    }


def test_every_table_about_a_person_is_erased_or_it_is_said_why_not() -> None:
    """A new table with an account's number in it fails here until somebody has decided."""
    erased = {f"{kept.table.name}.{kept.account.name}" for kept in (*ERASED, *OTHERWISE)}
    assert not erased & set(LEFT)
    assert erased | set(LEFT) == columns_of_accounts()
    assert all(LEFT.values())


def test_no_secret_is_told() -> None:
    """Of each table only columns are named that hold none."""
    for section in SECTIONS:
        for column in section.columns:
            told = f"{section.name}.{column}"
            assert not SECRET.search(column) or told == "own_organization.handle", told


def test_what_is_told_has_a_name_of_its_own() -> None:
    """In one document, two sections of one name would hide each other."""
    names = [section.name for section in SECTIONS]
    assert len(set(names)) == len(names)
