"""Files become rows that wait, and staff stop, resume and look."""

from __future__ import annotations

import csv

import pytest

from doorward.accounts import AccountKind
from doorward.audit import Actor, Audit
from doorward.db import Database
from doorward.http import render_csv_line
from doorward.imports import (
    MAX_ROWS,
    BadFile,
    FileFault,
    Imports,
    ImportState,
    ImportWorker,
    RowFault,
    TooManyImports,
    UnknownImport,
    remove_expired,
    render_refused_row,
)
from tests.imports.files import count_rows, csv_file, people
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_accounts

pytestmark = pytest.mark.anyio

STAFF = Actor(kind="account", id="7", address="192.0.2.1")
DAY = 86_400


async def finish(imports: Imports, db: Database) -> None:
    """Let one worker do everything that there is to do."""
    worker = ImportWorker(imports=imports, db=db)
    while await worker.take_turn():
        pass


async def actions(db: Database) -> list[str]:
    """What was recorded about imports, oldest first."""
    events = [each.event.action for each in await Audit(db=db).list("river", None, 500)]
    return [action for action in reversed(events) if action.startswith("import.")]


async def test_every_row_of_a_file_becomes_an_account(imports: Imports, db: Database) -> None:
    """With what it says, and as the work of who began it."""
    begun = await imports.begin("river", people(123), "donors.csv", STAFF)
    assert (begun.state, begun.total, begun.done) == (ImportState.WAITING, 123, 0)
    await finish(imports, db)
    done = await imports.get("river", begun.import_id)
    assert (done.state, done.done, done.created, done.refused) == (ImportState.DONE, 123, 123, 0)
    account = await make_accounts(db).find_by_login(
        "river", AccountKind.CONSTITUENT, "person123@example.org"
    )
    assert account is not None
    assert (account.name, account.email_verified) == ("Person Number 123", False)
    assert account.password_changed_at is None
    assert await actions(db) == ["import.begun", "import.finished"]


async def test_no_row_waits_any_more_when_an_import_is_done(imports: Imports, db: Database) -> None:
    """What was read of people leaves with its chunk."""
    await imports.begin("river", people(120), "donors.csv", STAFF)
    assert await count_rows(db, "import_chunks") == 3
    await finish(imports, db)
    assert await count_rows(db, "import_chunks") == 0


async def test_rows_that_cannot_be_are_kept_with_their_line_and_reason(
    imports: Imports, db: Database
) -> None:
    """And take nothing from the rows around them."""
    await make_account(db, "anna")
    text = (
        "Email,Login Name,First Name,Account ID,Colour\n"
        "a@example.org,,Ada,500,red\n"
        "anna@example.org,other,Anna,,\n"
        "b@example.org,Anna,Anna,,\n"
        "not an address,bob,Bob,,\n"
        ",,Nobody,,\n"
        "c@example.org,two words,,,\n"
        f"d@example.org,,{'x' * 300},,\n"
        "A@EXAMPLE.ORG,again,,,\n"
        "e@example.org,,,500,\n"
        "f@example.org,,,0,\n"
        "g@example.org,,Gus,,,more\n"
        "h\0@example.org,,,,\n"
        "i@example.org,,Ida,,\n"
    )
    begun = await imports.begin("river", csv_file(text), "x.csv", STAFF)
    assert begun.ignored == ("Colour",)
    await finish(imports, db)
    done = await imports.get("river", begun.import_id)
    assert (done.created, done.refused, done.total) == (2, 11, 13)
    refused = await imports.list_refused("river", begun.import_id, after=0, limit=50)
    assert [(each.line, each.fault) for each in refused] == [
        (3, RowFault.EMAIL_TAKEN),
        (4, RowFault.USERNAME_TAKEN),
        (5, RowFault.BAD_EMAIL),
        (6, RowFault.NO_LOGIN),
        (7, RowFault.BAD_USERNAME),
        (8, RowFault.BAD_NAME),
        (9, RowFault.EMAIL_TAKEN),
        (10, RowFault.ACCOUNT_ID_TAKEN),
        (11, RowFault.BAD_ACCOUNT_ID),
        (12, RowFault.TOO_MANY_CELLS),
        (13, RowFault.BAD_EMAIL),
    ]
    assert refused[0].cells == ("anna@example.org", "other", "Anna", "", "")
    assert (await make_accounts(db).get("river", 500)).username == "a@example.org"


async def test_refused_rows_are_listed_page_by_page(imports: Imports, db: Database) -> None:
    """However many there are, and none twice."""
    text = "Email\n" + "nobody\n" * 130
    begun = await imports.begin("river", csv_file(text), "x.csv", STAFF)
    await finish(imports, db)
    lines, after = list[int](), 0
    while page := await imports.list_refused("river", begun.import_id, after=after, limit=40):
        lines += [each.line for each in page]
        after = page[-1].refusal_id
    assert lines == list(range(2, 132))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "＝", "＠"])
async def test_a_refused_row_cannot_run_in_a_spreadsheet(
    imports: Imports, db: Database, sign: str
) -> None:
    """Text of a stranger is downloaded by staff: it must stay text (OWASP, CSV injection)."""
    text = f'Email,Notes\n"{sign}HYPERLINK(""x"")",x\n'
    begun = await imports.begin("river", csv_file(text), "x.csv", STAFF)
    await finish(imports, db)
    (refused,) = await imports.list_refused("river", begun.import_id, after=0, limit=2)
    (cells,) = csv.reader([render_csv_line(render_refused_row(refused, "why"))])
    assert not any(cell.startswith(tuple("=+-@\t＝＋－＠")) for cell in cells)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", FileFault.EMPTY),
        ("Email\n", FileFault.NO_ROWS),
        ("First Name\nAda\n", FileFault.NO_LOGIN_COLUMN),
        ("Email,Mail\na@example.org,\n", FileFault.SAME_COLUMN),
        ('Email\na@example.org\n"b@example.org\n', FileFault.QUOTE),
        ("Email\n" + "a\n" * (MAX_ROWS + 1), FileFault.TOO_MANY_ROWS),
    ],
)
async def test_nothing_is_kept_of_a_file_that_is_refused(
    imports: Imports, db: Database, text: str, fault: FileFault
) -> None:
    """Also where the fault shows only after rows that were read."""
    with pytest.raises(BadFile) as refused:
        await imports.begin("river", csv_file(text), "x.csv", STAFF)
    assert refused.value.fault is fault
    assert await count_rows(db, "imports") == await count_rows(db, "import_chunks") == 0
    assert await actions(db) == []


async def test_an_import_stops_at_once_and_carries_on_where_it_was(
    imports: Imports, db: Database
) -> None:
    """Nothing more is made until it is resumed, and then every row once."""
    begun = await imports.begin("river", people(180), "x.csv", STAFF)
    held = await imports.claim(1)
    assert held is not None
    assert await imports.perform_chunk(held, 1)
    stopped = await imports.stop("river", begun.import_id, STAFF)
    assert (stopped.state, stopped.done) == (ImportState.STOPPED, 50)
    assert not await imports.perform_chunk(held, 1)
    await finish(imports, db)
    assert (await imports.get("river", begun.import_id)).done == 50
    await imports.resume("river", begun.import_id, STAFF)
    await finish(imports, db)
    done = await imports.get("river", begun.import_id)
    assert (done.state, done.created) == (ImportState.DONE, 180)
    assert await actions(db) == [
        "import.begun", "import.stopped", "import.resumed", "import.finished",
    ]  # fmt: skip


async def test_stopping_or_resuming_what_has_ended_changes_nothing(
    imports: Imports, db: Database
) -> None:
    """A second click, or a page that was open for long."""
    begun = await imports.begin("river", people(3), "x.csv", STAFF)
    await finish(imports, db)
    assert (await imports.stop("river", begun.import_id, STAFF)).state is ImportState.DONE
    assert (await imports.resume("river", begun.import_id, STAFF)).state is ImportState.DONE
    assert await actions(db) == ["import.begun", "import.finished"]


async def test_an_import_is_another_organizations_secret(imports: Imports, db: Database) -> None:
    """Its number alone opens nothing."""
    begun = await imports.begin("river", people(3), "x.csv", STAFF)
    for act in (
        imports.get("lake", begun.import_id),
        imports.stop("lake", begun.import_id, STAFF),
        imports.resume("lake", begun.import_id, STAFF),
    ):
        with pytest.raises(UnknownImport):
            await act
    assert await imports.list_newest("lake") == []
    assert await imports.list_refused("lake", begun.import_id, after=0, limit=9) == []
    assert (await imports.get("river", begun.import_id)).state is ImportState.WAITING


async def test_an_organization_has_so_many_unfinished_imports_and_no_more(
    imports: Imports, db: Database
) -> None:
    """Each keeps a file's rows."""
    for _ in range(20):
        await imports.begin("river", people(1), "x.csv", STAFF)
    with pytest.raises(TooManyImports):
        await imports.begin("river", people(1), "x.csv", STAFF)
    await imports.begin("lake", people(1), "x.csv", STAFF)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("donors.csv", "donors.csv"),
        ("C:\\Users\\me\\donors.csv", "donors.csv"),
        ("../../etc/pass\0wd\u202e", "pass wd"),
        ("", "file.csv"),
    ],
)
async def test_a_file_name_is_kept_as_it_may_be_shown(
    imports: Imports, name: str, shown: str
) -> None:
    """It is a stranger's text like any other."""
    begun = await imports.begin("river", people(1), name, STAFF)
    assert begun.file_name == shown


async def test_an_import_expires_whole_thirty_days_after_its_last_change(
    imports: Imports, db: Database, clock: ManualClock
) -> None:
    """Refused rows hold people's data, and so do those of an import that stays stopped."""
    ended = await imports.begin("river", csv_file("Email\nnobody\na@example.org\n"), "x", STAFF)
    await finish(imports, db)
    stopped = await imports.begin("river", people(60), "x.csv", STAFF)
    await imports.stop("river", stopped.import_id, STAFF)
    clock.advance(seconds=29 * DAY)
    assert await remove_expired(db, imports, clock()) == 0
    assert (await imports.get("river", ended.import_id)).refused == 1
    clock.advance(seconds=2 * DAY)
    assert await remove_expired(db, imports, clock()) == 2
    for table in ("imports", "import_chunks", "import_refusals"):
        assert await count_rows(db, table) == 0
