"""The template language: ``{name}`` and ``{name|filter}``, and nothing that is computed.

Each place that a text goes to has its own encoding, so that no value changes what stands around
it. ``{{`` and ``}}`` stand for the braces themselves.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

from doorward.connectors.places import (
    BadValue,
    as_header,
    as_host,
    as_json,
    as_path,
    as_query,
    as_text,
    as_xml,
)
from doorward.connectors.urls import Piece, assemble_url

__all__ = [
    "FILTERS",
    "BadTemplate",
    "BadValue",
    "Encode",
    "MissingValue",
    "Slot",
    "names_in",
    "parse_template",
    "render",
]

Encode = Literal["url", "host", "path", "query", "header", "json", "xml", "text"]
"""Where a text goes. ``url`` is a whole address, whose parts are each encoded as what they are;
``text`` is encoded by whoever sends it, once, such as a form's parameter."""

FILTERS: Final = ("lower", "upper", "urlencode", "b64", "strip_scheme", "replace")

_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_MOST_FILTERS = 4
_LONGEST_VALUE = 16_384


class BadTemplate(ValueError):
    """Not a template; the text is a sentence for whoever wrote it."""


class MissingValue(LookupError):
    """The template names something that is not known here."""

    def __init__(self, name: str) -> None:
        """Say which."""
        super().__init__(f"There is no value for {name}.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Slot:
    """One ``{name|filter}``; each filter with its arguments."""

    name: str
    filters: tuple[tuple[str, ...], ...] = ()


Part: TypeAlias = str | Slot


@lru_cache(maxsize=4_096)
def parse_template(template: str) -> tuple[Part, ...]:
    """The parts of ``template`` in order. Raises ``BadTemplate``."""
    parts: list[Part] = []
    for token in _TOKEN.findall(template):
        if token in {"{{", "}}"}:
            parts.append(token[0])
        elif token in {"{", "}"}:
            raise BadTemplate("A brace stands alone; write {{ or }} where the sign is meant.")
        elif token.startswith("{"):
            parts.append(_parse_slot(token[1:-1]))
        else:
            parts.append(token)
    return tuple(parts)


def names_in(template: str) -> tuple[str, ...]:
    """The names that ``template`` uses, each once. Raises ``BadTemplate``."""
    slots = (part for part in parse_template(template) if isinstance(part, Slot))
    return tuple(dict.fromkeys(slot.name for slot in slots))


def render(template: str, values: Mapping[str, str], *, encode: Encode) -> str:
    """``template`` with its values, each encoded for its place.

    Raises ``BadTemplate``, ``MissingValue``, and ``BadValue`` where a value cannot be written in
    its place, such as a line break in a header or a slash in a host name.
    """
    parts = parse_template(template)
    if encode == "url":
        return assemble_url([_piece(part, values) for part in parts])
    written = _PLACES[encode]
    shown = [
        part if isinstance(part, str) else written(part.name, _value_of(part, values))
        for part in parts
    ]
    return "".join(shown)


def _piece(part: Part, values: Mapping[str, str]) -> Piece:
    if isinstance(part, str):
        return Piece(part)
    return Piece(_value_of(part, values), name=part.name)


def _parse_slot(inside: str) -> Slot:
    name, *filters = inside.split("|")
    if not _NAME.match(name):
        raise BadTemplate("Between braces stands a name: letters, digits, _ and -.")
    if len(filters) > _MOST_FILTERS:
        raise BadTemplate(f"A value goes through at most {_MOST_FILTERS} filters.")
    return Slot(name, tuple(_parse_filter(each) for each in filters))


def _parse_filter(text: str) -> tuple[str, ...]:
    name, *arguments = text.split(":")
    if name not in FILTERS:
        raise BadTemplate(f"The filters are {', '.join(FILTERS)}.")
    wants = 2 if name == "replace" else 0
    if len(arguments) != wants or (wants and not arguments[0]):
        raise BadTemplate("A filter is written {name|lower} or {name|replace:from:to}.")
    return (name, *arguments)


def _value_of(slot: Slot, values: Mapping[str, str]) -> str:
    value = values.get(slot.name)
    if value is None:
        raise MissingValue(slot.name)
    for name, *arguments in slot.filters:
        if len(value) > _LONGEST_VALUE:
            raise BadValue(slot.name, "The value is too long.")
        value = _APPLY[name](value, *arguments)
    return value


def _b64(value: str) -> str:
    return base64.b64encode(value.encode("utf-8", "replace")).decode()


def _strip_scheme(value: str) -> str:
    return _SCHEME.sub("", value, count=1).rstrip("/") if _SCHEME.match(value) else value


def _urlencode(value: str) -> str:
    return quote(value, safe="", errors="replace")


_APPLY: Final[Mapping[str, Callable[..., str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "urlencode": _urlencode,
    "b64": _b64,
    "strip_scheme": _strip_scheme,
    "replace": str.replace,
}

_PLACES: Final[Mapping[Encode, Callable[[str, str], str]]] = {
    "host": as_host,
    "path": as_path,
    "query": as_query,
    "header": as_header,
    "json": as_json,
    "xml": as_xml,
    "text": as_text,
}
