"""Where in the text of a manifest each of its fields stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from doorward.connectors import Fault
from doorward.console.manifest_words import Worded, word_fault

__all__ = ["PlacedFault", "lines_of", "place_faults"]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_SYNTAX: Final = re.compile(r"line (\d{1,7}), column \d")
_DEEPEST: Final = 20
_SHOWN: Final = 160


@dataclass(frozen=True, slots=True)
class PlacedFault:
    """What is wrong, on which line of the text (from 1, or None), and what stands there."""

    path: str
    worded: Worded
    line: int | None
    excerpt: str


@dataclass(slots=True)
class _Level:
    """An object or a list that is open: the field, or the number, that comes next."""

    is_object: bool
    step: str = ""
    number: int = 0
    awaits_name: bool = True

    def name(self) -> str:
        return self.step if self.is_object else str(self.number)


def lines_of(text: str) -> dict[str, int]:
    """The line of each field in sound JSON, by its dotted path; levels below the twentieth not."""
    found: dict[str, int] = {}
    open_: list[_Level] = []
    line, seen = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen = token.start()
        part, level = token[0], open_[-1] if open_ else None
        if part == "," and level is not None:
            level.number += 1
            level.awaits_name = True
        elif part in "]}":
            open_ = open_[:-1]
        elif level is not None and level.is_object and level.awaits_name and part[0] == '"':
            level.step, level.awaits_name = _unquoted(part), False
            _note(found, open_, line)
        elif part != ":":
            if level is not None and not level.is_object:
                _note(found, open_, line)
            if part in "[{":
                open_.append(_Level(part == "{"))
    return found


def place_faults(text: str, faults: Iterable[Fault]) -> list[PlacedFault]:
    """Each fault at its line: that of its field, or of the nearest one around it."""
    faults = list(faults)
    lines = lines_of(text) if any(fault.path for fault in faults) else {}
    shown = text.split("\n")
    placed = []
    for fault in faults:
        line = _line_of(lines, fault)
        excerpt = shown[line - 1].strip()[:_SHOWN] if line and line <= len(shown) else ""
        placed.append(PlacedFault(fault.path, word_fault(fault.sentence), line, excerpt))
    return placed


def _note(found: dict[str, int], open_: list[_Level], line: int) -> None:
    if len(open_) <= _DEEPEST:
        found.setdefault(".".join(level.name() for level in open_), line)


def _unquoted(part: str) -> str:
    try:
        return str(json.loads(part))
    except ValueError:
        return part[1:-1]


def _line_of(lines: Mapping[str, int], fault: Fault) -> int | None:
    path = fault.path
    while path:
        if path in lines:
            return lines[path]
        path = path.rpartition(".")[0]
    # What is no JSON at all says its place in words.
    said = _SYNTAX.search(fault.sentence)
    return int(said[1]) if said else None
