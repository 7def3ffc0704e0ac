"""CSV as spreadsheets write it, and whatever else may arrive."""

from __future__ import annotations

import csv
from contextlib import closing
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.imports.columns import count_known
from doorward.imports.reader import Record, detect_encoding, read_csv
from doorward.imports.refusals import BadFile, FileFault
from tests.imports.files import csv_file


def read(source: BytesIO) -> tuple[tuple[str, ...], list[Record]]:
    """The header and the records of a file."""
    with closing(read_csv(source, detect_encoding(source), count_known)) as file:
        return file.header, list(file.records)


def fault_of(source: BytesIO) -> tuple[FileFault, int | None]:
    """Why a file is refused, and where."""
    with pytest.raises(BadFile) as refused:
        read(source)
    return refused.value.fault, refused.value.line


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_common_separator_and_line_end_is_read(delimiter: str, end: str) -> None:
    """Spreadsheets differ by country and by system."""
    rows = (("Email", "Last Name"), ("a@example.org", "Abe"), ("b@example.org", "Baba"))
    header, records = read(csv_file(end.join(delimiter.join(row) for row in rows)))
    assert header == rows[0]
    assert [record.cells for record in records] == list(rows[1:])


def test_a_separator_is_told_by_the_columns_that_are_known() -> None:
    """A comma inside a name of a column does not make a semicolon file a comma file."""
    header, _ = read(csv_file("Email;Last Name;Notes, remarks\na@example.org;Abe;x\n"))
    assert header == ("Email", "Last Name", "Notes, remarks")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_japanese_is_read_in_each_encoding_that_spreadsheets_write(encoding: str) -> None:
    """Excel in Japan writes Shift_JIS, or UTF-8 with a mark in front."""
    header, records = read(csv_file("メールアドレス,姓,名\na@example.org,髙橋,花子\n", encoding))
    assert header == ("メールアドレス", "姓", "名")
    assert records == [Record(2, ("a@example.org", "髙橋", "花子"))]


def test_western_text_in_its_own_encoding_is_refused_and_not_turned_into_kanji() -> None:
    """Windows-1252 is often valid Shift_JIS by chance."""
    source = csv_file("Email,First Name\na@example.org,Renée\nb@example.org,Zoée\n", "cp1252")
    assert "馥" in source.getvalue().decode("cp932")
    assert fault_of(source) == (FileFault.ENCODING, 2)


def test_lines_are_counted_through_quoted_breaks() -> None:
    """The number that staff are told is the one that their editor shows."""
    _, records = read(csv_file('Email,Name\na@example.org,"A\nB"\n\nc@example.org,C\n'))
    assert [record.line for record in records] == [2, 5]
    assert records[0].cells[1] == "A\nB"


def test_rows_without_anything_in_them_are_no_rows() -> None:
    """Spreadsheets leave them at the end."""
    _, records = read(csv_file("Email,Name\n,\n \t,  \na@example.org,\n,,,\n"))
    assert [record.line for record in records] == [4]


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("", FileFault.EMPTY, None),
        ("\n\n  \n", FileFault.EMPTY, None),
        ('Email,Name\na@example.org,"A\nb@example.org,B\n', FileFault.QUOTE, 2),
        ('Email,Name\na@example.org,"A"B\n', FileFault.QUOTE, 2),
        ("Email,Name\na@example.org," + "x" * 70_000, FileFault.LONG_RECORD, 2),
        ('Email,Name\na@example.org,A\nb@example.org,"' + "y\n" * 40_000, FileFault.LONG_RECORD, 3),
    ],
)
def test_a_broken_file_is_refused_with_its_line(
    text: str, fault: FileFault, line: int | None
) -> None:
    """Nothing is guessed: a quotation mark that is missing would swallow people."""
    assert fault_of(csv_file(text)) == (fault, line)


def test_bytes_that_are_no_text_are_refused_with_the_line_up_to_which_they_were() -> None:
    """A picture, or one bad byte in a long file."""
    good = b"Email,Name\n" + b"a@example.org,\xc3\xa9\n" * 9
    for bad in (b"\xff", b"\xc3", b"\x80"):
        source = BytesIO(good + b"b@example.org," + bad + b"\n")
        assert fault_of(source) == (FileFault.ENCODING, 11)
    assert fault_of(BytesIO(b"\x89PNG\r\n\x1a\n\xff\xff\xff"))[0] is FileFault.ENCODING


@given(st.binary(max_size=400) | st.text('ab,;\t"\n\r\0é髙', max_size=80).map(str.encode))
def test_whatever_arrives_is_records_or_a_refusal(body: bytes) -> None:
    """Rows with rising line numbers within the file, or ``BadFile``."""
    source = BytesIO(body)
    try:
        _, records = read(source)
    except BadFile as refused:
        lines = [1] if refused.line is None else [refused.line]
        records = []
    else:
        lines = [record.line for record in records]
    assert lines == sorted(set(lines))
    assert all(line >= 1 for line in lines)
    assert all(any(record.cells) for record in records)
    assert not source.closed


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=2)
        .map(lambda cells: [cell.strip() for cell in cells])
        .filter(any),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_a_spreadsheet_writes_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    """Whatever the cells hold: quotes, separators, line breaks."""
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["Email", "Name"], *rows])
    _, records = read(csv_file(text.getvalue()))
    assert [list(record.cells) for record in records] == rows
