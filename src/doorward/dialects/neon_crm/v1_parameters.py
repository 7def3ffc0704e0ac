"""Parameters of API v1: from the query and a form, their names in any case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from doorward.dialects.neon_crm.v1_envelopes import V1Error
from doorward.http import Call

__all__ = ["V1Parameters", "parse_v1_parameters"]

_FORM: Final = "application/x-www-form-urlencoded"
_MOST: Final = 1000
_LONGEST: Final = 8 * 1024
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class V1Parameters:
    """Every parameter in its order; names in lower case."""

    pairs: tuple[tuple[str, str], ...]

    def find(self, name: str) -> str | None:
        """The value of ``name``, None when it is blank. Raises ``V1Error`` for several."""
        values = {value for key, value in self.pairs if key == name.lower()}
        if len(values) > 1:
            raise V1Error(400, f"The parameter {name} is given more than once.")
        return next(iter(values), "").strip() or None

    def number(self, name: str, least: int, most: int, otherwise: int) -> int:
        """A whole number. Raises ``V1Error``."""
        text = self.find(name)
        if text is None:
            return otherwise
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 17 else -1
        if not least <= value <= most:
            raise V1Error(400, f"{name} is a number between {least} and {most}.")
        return value

    def within(self, prefix: str) -> Iterator[tuple[str, str]]:
        """The parameters below ``prefix``, in order, their names without it."""
        for key, value in self.pairs:
            if key.startswith(prefix.lower()):
                yield key.removeprefix(prefix.lower()), value.strip()


def parse_v1_parameters(call: Call) -> V1Parameters:
    """Everything that the query and a form body say. Raises ``V1Error``."""
    parts = [bytes(call.scope["query_string"])]
    if call.body:
        kind = (call.header(b"content-type") or _FORM).partition(";")[0].strip().lower()
        if kind != _FORM:
            raise V1Error(415, f"Send the body as {_FORM}.")
        parts.append(call.body)
    pairs: list[tuple[str, str]] = []
    for part in parts:
        try:
            text = part.decode("utf-8")
            pairs += parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST)
        except ValueError as error:
            raise V1Error(400, "The parameters cannot be read.") from error
    for name, value in pairs:
        if len(value) > _LONGEST or _BAD.search(value) or _BAD.search(name):
            raise V1Error(400, "A parameter cannot be read.")
    return V1Parameters(tuple((name.strip().lower(), value) for name, value in pairs))
