"""Reading CSV as spreadsheets write it: records with their line numbers, or ``BadFile``.

Whatever bytes arrive, a record is read as a strict reader would read it or the file is refused
with the line where the reading ended. Nothing is guessed inside a file.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO

from doorward.imports.refusals import BadFile, FileFault

__all__ = ["CsvFile", "Record", "detect_encoding", "read_csv"]

_PIECE = 64 * 1024
_LONGEST_RECORD = 64 * 1024
_DELIMITERS = ",;\t"
_WIDE = re.compile(r"[^\x00-\x7f]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_BESIDE_LATIN = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]|[^\x00-\x7f](?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the physical line on which it begins (from 1), and its cells, trimmed."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file whose header was read; ``records`` reads on from there, once. Close it after use."""

    header: tuple[str, ...]
    records: Generator[Record, None, None]

    def close(self) -> None:
        """Read no further, and leave the source to its owner."""
        self.records.close()


def detect_encoding(source: BinaryIO) -> str:
    """``utf-8-sig`` or ``cp932``, whichever reads ``source`` whole. Raises ``BadFile``.

    Shift_JIS is taken only where the result looks like Japanese: text of Western Europe in its
    own encoding would often pass, and turn into other letters.
    """
    as_utf8 = _unreadable_line(source, "utf-8-sig")
    if as_utf8 is None:
        return "utf-8-sig"
    as_japanese = _unreadable_line(source, "cp932")
    if as_japanese is None:
        if _is_japanese(source):
            return "cp932"
        raise BadFile(FileFault.ENCODING, line=as_utf8)
    # The encoding that reads further is the one that was meant.
    raise BadFile(FileFault.ENCODING, line=max(as_utf8, as_japanese))


def read_csv(
    source: BinaryIO, encoding: str, count_known: Callable[[tuple[str, ...]], int]
) -> CsvFile:
    """Open ``source``, whose text is ``encoding``, and read its header. Raises ``BadFile``.

    Comma, semicolon or tab separates cells: the one with which ``count_known`` knows the most
    columns of the header.
    """
    headers = [(each, _header(source, encoding, each)) for each in _DELIMITERS]
    found = [(each, header) for each, header in headers if isinstance(header, tuple)]
    if not found:
        # With none of them is there a header: all say why, and the comma's reason is as good.
        raise headers[0][1] if isinstance(headers[0][1], BadFile) else BadFile(FileFault.EMPTY)
    delimiter, _ = max(found, key=lambda pair: count_known(pair[1]))
    records = _records(source, encoding, delimiter)
    return CsvFile(next(records).cells, records)


def _header(source: BinaryIO, encoding: str, delimiter: str) -> tuple[str, ...] | BadFile | None:
    try:
        with closing(_records(source, encoding, delimiter)) as records:
            first = next(records, None)
    except BadFile as fault:
        return fault
    return None if first is None else first.cells


def _records(source: BinaryIO, encoding: str, delimiter: str) -> Generator[Record, None, None]:
    """Every record with something in it. Raises ``BadFile``."""
    source.seek(0)
    text = TextIOWrapper(source, encoding=encoding, newline="")
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        while True:
            lines.begin_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise BadFile(FileFault.QUOTE, line=lines.began_at) from error
            trimmed = tuple(cell.strip() for cell in cells)
            if any(trimmed):
                yield Record(lines.began_at, trimmed)
    finally:
        # The file belongs to the caller, who may read it again.
        text.detach()


class _Lines:
    """Physical lines of a file, which end a record that grows too long."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self._number = 0
        self._characters = 0
        self.began_at = 1

    def begin_record(self) -> None:
        self._characters = 0
        self.began_at = self._number + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_RECORD + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self._characters += len(line)
        if self._characters > _LONGEST_RECORD:
            raise BadFile(FileFault.LONG_RECORD, line=self.began_at)
        return line


def _pieces(source: BinaryIO, encoding: str, errors: str = "strict") -> Iterator[str]:
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    while piece := source.read(_PIECE):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _unreadable_line(source: BinaryIO, encoding: str) -> int | None:
    """The line that is not ``encoding``; None when the file is readable to its end."""
    line = 1
    try:
        for text in _pieces(source, encoding):
            line += text.count("\n")
    except UnicodeDecodeError as error:
        return line + error.object[: error.start].count(b"\n")
    return None


def _is_japanese(source: BinaryIO) -> bool:
    """Whether bytes that are valid Shift_JIS were meant to be.

    Not where a letter of its own use stands in for a byte that it does not have, where most wide
    letters stand beside Latin ones, or where UTF-8 reads more letters than it misses.
    """
    wide = beside = 0
    for text in _pieces(source, "cp932"):
        if _PRIVATE.search(text):
            return False
        wide += len(_WIDE.findall(text))
        beside += len(_BESIDE_LATIN.findall(text))
    if 2 * beside > wide:
        return False
    missed = letters = 0
    for text in _pieces(source, "utf-8", "replace"):
        missed += text.count("\ufffd")
        letters += len(_WIDE.findall(text))
    return letters - missed <= missed
