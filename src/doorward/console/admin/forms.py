"""What is typed into the console's forms, and what is said when it cannot be kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from doorward.accounts import UnknownAccount, WeakPassword
from doorward.console.admin.refusals import REFUSALS
from doorward.db import find_row_id
from doorward.http import Call, message
from doorward.protocol import Parameters, Refusal

__all__ = [
    "LOCALHOST",
    "Problem",
    "in_unit",
    "parse_number",
    "parse_row_id",
    "problem_of",
    "split_lines",
    "typed_texts",
]

LOCALHOST = message("Write 127.0.0.1 instead of localhost.")

_NUMBER = re.compile(r"\d{1,6}(\.\d{1,3})?\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the sentence (a msgid), its field, and the very text it is about.

    ``given`` fill the sentence's placeholders.
    """

    sentence: str
    field: str | None = None
    about: str | None = None
    given: Mapping[str, object] = dataclass_field(default_factory=dict)


def problem_of(refusal: Refusal, fields: tuple[str, ...] = ()) -> Problem:
    """``refusal`` beside its field, where the page has that one of ``fields``."""
    sentence = refusal.sentence
    if sentence not in REFUSALS:
        # Nobody translated it; a brace in it would be taken for a placeholder.
        sentence = sentence.replace("{", "{{").replace("}", "}}")
    field = refusal.field if refusal.field in fields else None
    if isinstance(refusal, WeakPassword):
        return Problem(refusal.msgid, field, given=refusal.given)
    return Problem(sentence, field, getattr(refusal, "about", None))


def parse_row_id(call: Call) -> int:
    """The account that a page is about, by ``id`` in its address or its form.

    Raises ``UnknownAccount`` for what is no such number.
    """
    given = call.form() if call.method == "POST" else call.query()
    account_id = find_row_id(given.get("id"))
    if account_id is None:
        raise UnknownAccount
    return account_id


def parse_number(text: str) -> float | None:
    """A count with up to three decimals, in whichever width it was typed; None for others."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return float(plain) if plain.isascii() and _NUMBER.match(plain) else None


def in_unit(seconds: int, unit: int) -> str:
    """A time as ``parse_number`` reads it, in a unit of so many seconds."""
    return f"{seconds / unit:.3f}".rstrip("0").rstrip(".")


def split_lines(text: str | None) -> tuple[str, ...]:
    """The lines that are not empty, without the spaces around them."""
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def typed_texts(form: Parameters, *names: str) -> dict[str, str]:
    """What was typed into the fields ``names``, to be shown again."""
    return {name: form.get(name) or "" for name in names}
