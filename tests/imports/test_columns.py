"""Headers, rows, and what they mean."""

from __future__ import annotations

import pytest

from doorward.accounts import Coded, Named, NewAccount, UserType
from doorward.imports.columns import compose_account, match_columns
from doorward.imports.model import FileRow, RowFault
from doorward.imports.refusals import BadFile, FileFault


def compose(header: tuple[str, ...], *cells: str) -> NewAccount | RowFault:
    """What one row of a file with ``header`` describes."""
    return compose_account("river", match_columns(header), FileRow(2, cells))


def account(header: tuple[str, ...], *cells: str) -> NewAccount:
    """The same, where it describes an account."""
    composed = compose(header, *cells)
    assert isinstance(composed, NewAccount)
    return composed


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("email", "email"),
        ("E-Mail", "email"),
        ("EMAIL 1", "email"),
        ("Ｅｍａｉｌ", "email"),
        ("Login Name", "username"),
        ("user_name", "username"),
        ("First Name", "given_name"),
        ("given_name", "given_name"),
        ("LAST NAME", "family_name"),
        ("Account ID", "account_id"),
        ("姓", "family_name"),
        ("メールアドレス", "email"),
        ("Favourite colour", None),
        ("", None),
    ],
)
def test_columns_are_known_by_name_in_any_case(header: str, field: str | None) -> None:
    """Ours, Neon CRM's, and Japanese ones."""
    columns = match_columns((header, "username" if field != "username" else "email"))
    assert columns[0].field == field


def test_a_file_without_a_login_is_refused_up_front() -> None:
    """Nobody in it could ever sign in."""
    with pytest.raises(BadFile) as refused:
        match_columns(("First Name", "Last Name"))
    assert refused.value.fault is FileFault.NO_LOGIN_COLUMN


def test_two_columns_that_mean_the_same_are_refused_by_name() -> None:
    """Which of them counts is not for us to guess."""
    with pytest.raises(BadFile) as refused:
        match_columns(("Email", "E-mail address"))
    assert refused.value.fault is FileFault.SAME_COLUMN
    assert refused.value.column == "Email"


def test_the_email_address_is_the_login_where_no_user_name_is_given() -> None:
    """In the whole file, or in one row."""
    assert account(("Email",), "ann@example.org").username == "ann@example.org"
    assert account(("Email", "Username"), "ann@example.org", "").username == "ann@example.org"
    assert account(("Email", "Username"), "ann@example.org", "ann").username == "ann"


@pytest.mark.parametrize(
    ("family", "given", "name"),
    [("Lovelace", "Ada", "Ada Lovelace"), ("山田", "花子", "山田 花子"), ("", "Ada", "Ada")],
)
def test_a_full_name_is_composed_in_the_order_of_its_language(
    family: str, given: str, name: str
) -> None:
    """Where the file has none."""
    composed = account(("Email", "Last Name", "First Name"), "a@example.org", family, given)
    assert composed.name == name


@pytest.mark.parametrize(
    ("header", "cells", "fault"),
    [
        (("Email", "Name"), ("", "Nobody"), RowFault.NO_LOGIN),
        (("Email",), ("a@example.org", "more"), RowFault.TOO_MANY_CELLS),
        (("Email", "Account ID"), ("a@example.org", "seven"), RowFault.BAD_ACCOUNT_ID),
        (("Email", "Account ID"), ("a@example.org", "٧"), RowFault.BAD_ACCOUNT_ID),
        (("Email", "Account ID"), ("a@example.org", "9" * 40), RowFault.BAD_ACCOUNT_ID),
        (("Email", "Account Type"), ("a@example.org", "Robot"), RowFault.BAD_TYPE),
        (("Email", "City"), ("a@example.org", "x" * 300), RowFault.BAD_VALUE),
    ],
)
def test_a_row_that_describes_no_account_says_why(
    header: tuple[str, ...], cells: tuple[str, ...], fault: RowFault
) -> None:
    """Before anything is asked of the database."""
    assert compose(header, *cells) is fault


def test_cells_that_a_short_row_lacks_are_empty() -> None:
    """Spreadsheets leave trailing cells out."""
    assert account(("Email", "Name"), "a@example.org").name is None


def test_text_that_was_guarded_for_a_spreadsheet_is_itself_again() -> None:
    """A downloaded list of refused rows can be mended and imported."""
    assert account(("Email", "Name"), "a@example.org", "'=SUM").name == "=SUM"
    assert account(("Email", "Name"), "a@example.org", "'t Hooft").name == "'t Hooft"


def test_a_company_goes_by_its_own_name() -> None:
    """And the person in the row is its contact."""
    header = ("Account Type", "Company Name", "First Name", "Last Name", "Email 1")
    composed = account(header, "Company", "Mill Ltd", "Ada", "Lovelace", "office@example.org")
    assert (composed.user_type, composed.name) == (UserType.COMPANY, "Mill Ltd")
    assert (composed.given_name, composed.family_name) == ("Ada", "Lovelace")
    bare = account(("Company Name", "Email", "Last Name"), "Mill Ltd", "office@example.org", "")
    assert (bare.user_type, bare.name) == (UserType.COMPANY, "Mill Ltd")


def test_a_person_keeps_their_employer_and_their_address() -> None:
    """What Neon CRM exports beside the names is not lost."""
    header = ("Email 1", "First Name", "Last Name", "Company Name", "City", "State", "Phone 1")
    row = ("ada@example.org", "Ada", "Lovelace", "Mill Ltd", "Salem", "ma", "+1 555 0100")
    composed = account(header, *row)
    assert (composed.user_type, composed.name) == (UserType.INDIVIDUAL, "Ada Lovelace")
    details = composed.details
    assert details is not None
    assert details.company == Named(name="Mill Ltd")
    assert details.primary_address is not None
    assert details.primary_address.city == "Salem"
    assert details.primary_address.state_province == Coded(code="MA")
    assert details.primary_address.phone1 == "+1 555 0100"
