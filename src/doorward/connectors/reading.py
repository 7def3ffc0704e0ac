"""Reading a document that anybody may have written, before anything in it is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, NoReturn, TypeAlias

from doorward.connectors.refusals import BadManifest, Fault

__all__ = ["MAX_BYTES", "Document", "read_document"]

MAX_BYTES: Final = 262_144

_DEEPEST = 16
_MOST_NODES = 20_000
_MOST_FAULTS = 100
_LINES = frozenset("\n\r\t")
# Of scripts that have wider ones, and what joins two signs to one.
_SPACES = frozenset("\u00a0\u200d\u2003\u202f\u3000")
_OF_LINES = frozenset(
    {
        "admin_instructions",
        "description",
        "notes",
        "setup_guide",
        "summary",
        "warning",
        "xml_template",
    }
)
"""Fields that may hold several lines; all others are one."""

Document: TypeAlias = dict[str, object]


def read_document(given: bytes | str | Mapping[str, object], *, lines: bool = False) -> Document:
    """The JSON object in ``given``: at most 256 KB, no field twice, no character that hides.

    Texts are one line each, save those that describe; all may have several with ``lines``.
    Raises ``BadManifest``.
    """
    text = _text_of(given)
    try:
        read = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except BadManifest:
        raise
    except RecursionError as error:
        raise _refused("It is nested too deeply.") from error
    except ValueError as error:
        raise _refused(f"This is not JSON: {_place_of(error)}") from error
    if not isinstance(read, dict):
        raise _refused("A manifest is a JSON object.")
    faults = tuple(_unreadable(read, lines=lines))
    if faults:
        raise BadManifest(faults)
    return read


def _text_of(given: bytes | str | Mapping[str, object]) -> str:
    try:
        text = (
            given.decode()
            if isinstance(given, bytes)
            else given
            if isinstance(given, str)
            else json.dumps(given, allow_nan=False)
        )
        size = len(text) if len(text) > MAX_BYTES else len(text.encode())
    except (ValueError, TypeError, RecursionError) as error:
        raise _refused("This is not JSON in UTF-8.") from error
    if size > MAX_BYTES:
        raise _refused(f"A manifest has at most {MAX_BYTES // 1024} KB.")
    return text


def _object(pairs: list[tuple[str, object]]) -> Document:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused(f"The field {twice[:64]!r} stands twice in one object.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise _refused(f"{name} is not a number in JSON.")


def _unreadable(document: Document, *, lines: bool) -> Iterator[Fault]:
    """What in a document is too deep, too much, or not text. Ends early when there is much."""
    found = 0
    open_: list[tuple[str, object, int]] = [("", document, 0)]
    nodes = 0
    while open_ and found < _MOST_FAULTS:
        path, node, depth = open_.pop()
        nodes += 1
        if nodes > _MOST_NODES:
            yield Fault("", "The manifest has too many parts.")
            return
        if depth > _DEEPEST:
            yield Fault(path, "This is nested too deeply.")
            return
        if isinstance(node, dict):
            for name, value in node.items():
                if not _is_text(name, of_lines=False):
                    found += 1
                    yield Fault(path, "The name of a field has characters that cannot be used.")
                open_.append((f"{path}.{name}" if path else name, value, depth + 1))
        elif isinstance(node, list):
            open_ += [(f"{path}.{i}", value, depth + 1) for i, value in enumerate(node)]
        elif isinstance(node, str) and not _is_text(node, of_lines=lines or _may_have_lines(path)):
            found += 1
            yield Fault(path, "This has characters that cannot be used.")


def _may_have_lines(path: str) -> bool:
    return not _OF_LINES.isdisjoint(path.split("."))


def _is_text(text: str, *, of_lines: bool) -> bool:
    """Whether everything in ``text`` can be seen: spaces of any script, and lines if allowed."""
    return text.isprintable() or all(
        c.isprintable() or (of_lines and c in _LINES) or c in _SPACES for c in text
    )


def _place_of(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}."
    return "a number is too long."


def _refused(sentence: str) -> BadManifest:
    return BadManifest((Fault("", sentence),))
