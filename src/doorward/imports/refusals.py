"""What this room refuses: a whole file, or to find an import."""

from __future__ import annotations

from enum import StrEnum

from doorward.protocol import Refusal

__all__ = ["BadFile", "FileFault", "ImportsRefusal", "TooManyImports", "UnknownImport"]


class ImportsRefusal(Refusal):
    """Base of what this room refuses."""


class UnknownImport(ImportsRefusal):
    """The organization has no import of this id."""

    code = "unknown_import"
    status = 404
    sentence = "There is no such import."


class TooManyImports(ImportsRefusal):
    """The organization has as many unfinished imports as it may have."""

    code = "too_many_imports"
    status = 409
    sentence = "Other imports are still waiting. Let one of them finish first."


class FileFault(StrEnum):
    """Why a file is not taken at all."""

    NO_FILE = "no_file"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    NO_ROWS = "no_rows"
    TOO_MANY_ROWS = "too_many_rows"
    ENCODING = "encoding"
    QUOTE = "quote"
    LONG_RECORD = "long_record"
    NO_LOGIN_COLUMN = "no_login_column"
    SAME_COLUMN = "same_column"


_SENTENCES = {
    FileFault.NO_FILE: "No file was sent.",
    FileFault.TOO_LARGE: "The file is larger than 50 MB.",
    FileFault.EMPTY: "The file is empty.",
    FileFault.NO_ROWS: "The file has a header and no rows.",
    FileFault.TOO_MANY_ROWS: "The file has more than 100,000 rows.",
    FileFault.ENCODING: "The text is neither UTF-8 nor Shift_JIS.",
    FileFault.QUOTE: "A quotation mark is missing or out of place.",
    FileFault.LONG_RECORD: "The row is too long; a quotation mark may be missing.",
    FileFault.NO_LOGIN_COLUMN: "The file needs a column for the e-mail address or the user name.",
    FileFault.SAME_COLUMN: "Two columns mean the same.",
}


class BadFile(ImportsRefusal):
    """The file cannot be imported: why, and where in it."""

    code = "bad_file"
    status = 422
    field = "file"

    def __init__(self, fault: FileFault, *, line: int | None = None, column: str = "") -> None:
        """Refuse for ``fault``, at the physical ``line`` or the ``column`` where it was seen."""
        place = "" if line is None else f"Line {line}: "
        super().__init__(place + _SENTENCES[fault])
        self.fault = fault
        self.line = line
        self.column = column
