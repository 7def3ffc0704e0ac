"""The syntax of patterns: what of regular expressions a manifest may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "BadPattern",
    "Choose",
    "Node",
    "OneOf",
    "Repeat",
    "Sequence",
    "parse_pattern_syntax",
]

_LONGEST = 400
_DEEPEST = 8
_MOST_TIMES = 255
_DIGIT = (48, 57)
_CLASSES = {"d": (_DIGIT,), "w": (_DIGIT, (65, 90), (95, 95), (97, 122)), "s": ((32, 32), (9, 13))}
_QUANTITIES = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class BadPattern(ValueError):
    """Not a pattern that may be used; the text is a sentence for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of these ranges, or one that is in none of them."""

    ranges: tuple[tuple[int, int], ...]
    negated: bool = False

    def has(self, point: int) -> bool:
        """Whether the character of this code point is one."""
        return any(low <= point <= high for low, high in self.ranges) is not self.negated

    def only(self) -> str | None:
        """The one character that it can be; None where there are several."""
        if self.negated or len(self.ranges) != 1 or self.ranges[0][0] != self.ranges[0][1]:
            return None
        return chr(self.ranges[0][0])


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """Any one of several."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same again, so many times; without an upper bound where ``highest`` is None."""

    node: Node
    lowest: int
    highest: int | None


Node: TypeAlias = OneOf | Sequence | Choose | Repeat


def parse_pattern_syntax(source: str) -> Node:
    """What ``source`` says between its ``^`` and its ``$``. Raises ``BadPattern``."""
    if len(source) > _LONGEST:
        raise BadPattern(f"A pattern has at most {_LONGEST} characters.")
    ends = len(source) - len(source[:-1].rstrip("\\")) - 1 if source else 0
    if not source.startswith("^") or not source.endswith("$") or ends % 2:
        raise BadPattern("A pattern starts with ^ and ends with $: it speaks of the whole value.")
    reader = _Reader(source[1:-1])
    node = reader.sequence(0)
    if reader.takes("|"):
        raise BadPattern("Put alternatives into brackets: ^(one|other)$.")
    if not reader.is_at_end():
        raise BadPattern("A bracket is closed that was not opened.")
    return node


class _Reader:
    """A place in the text, moving on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def is_at_end(self) -> bool:
        return self._at >= len(self._text)

    def _alternatives(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise BadPattern(f"Brackets are nested more than {_DEEPEST} deep.")
        options = [self.sequence(depth)]
        while self.takes("|"):
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else Choose(tuple(options))

    def sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while not self.is_at_end() and self._text[self._at] not in "|)":
            parts.append(self._quantified(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _atom(self, depth: int) -> Node:
        character = self._next()
        if character == "(":
            if self.takes("?") and not self.takes(":"):
                raise BadPattern("Only plain brackets and (?:…) may be used.")
            inner = self._alternatives(depth + 1)
            if not self.takes(")"):
                raise BadPattern("A bracket is not closed.")
            return inner
        if character == "[":
            return self._class()
        if character == ".":
            return OneOf(((10, 10),), negated=True)
        if character == "\\":
            return OneOf(*self._escaped())
        if character in "*+?{}^$]":
            raise BadPattern(f"Write \\{character} where the sign itself is meant.")
        return _literal(character)

    def _quantified(self, node: Node) -> Node:
        quantity = self._quantity()
        if quantity is None:
            return node
        if self._quantity() is not None:
            raise BadPattern("Two quantities follow each other; put the first into brackets.")
        return Repeat(node, *quantity)

    def _quantity(self) -> tuple[int, int | None] | None:
        if self.is_at_end():
            return None
        if self._text[self._at] in _QUANTITIES:
            return _QUANTITIES[self._next()]
        return self._counted() if self.takes("{") else None

    def _counted(self) -> tuple[int, int | None]:
        inside, closed, _ = self._text[self._at :].partition("}")
        low, comma, high = inside.partition(",")
        numbers = [low, *([high] if high else [])]
        is_number = all(n.isascii() and n.isdigit() and len(n) < 4 for n in numbers)
        if not closed or not is_number:
            raise BadPattern("A count is written {2}, {2,} or {2,5}.")
        self._at += len(inside) + 1
        lowest = int(low)
        highest = int(high) if high else None if comma else lowest
        if max(lowest, highest or 0) > _MOST_TIMES or (highest is not None and highest < lowest):
            raise BadPattern(f"A count goes up to {_MOST_TIMES}, the smaller number first.")
        return lowest, highest

    def _class(self) -> OneOf:
        negated = self.takes("^")
        ranges: list[tuple[int, int]] = []
        while not self.takes("]"):
            low = self._class_member()
            if len(low) == 1 and low[0][0] == low[0][1] and self._starts_range():
                self._next()
                high = self._class_member()
                if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                    raise BadPattern("A range in [ ] goes from the smaller sign to the larger.")
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges += low
        if not ranges:
            raise BadPattern("There is nothing in [ ].")
        return OneOf(tuple(ranges), negated=negated)

    def _starts_range(self) -> bool:
        following = self._text[self._at : self._at + 2]
        return len(following) == 2 and following[0] == "-" and following[1] != "]"

    def _class_member(self) -> tuple[tuple[int, int], ...]:
        character = self._next()
        if character == "[":
            raise BadPattern("Write \\[ where the sign itself is meant.")
        if character != "\\":
            return ((ord(character), ord(character)),)
        ranges, negated = self._escaped()
        if negated:
            raise BadPattern("A negated class cannot stand in [ ].")
        return ranges

    def _escaped(self) -> tuple[tuple[tuple[int, int], ...], bool]:
        character = self._next()
        if character.lower() in _CLASSES:
            return _CLASSES[character.lower()], character.isupper()
        if character.isalnum() or not character.isascii():
            raise BadPattern(f"\\{character} cannot be used.")
        return ((ord(character), ord(character)),), False

    def _next(self) -> str:
        if self.is_at_end():
            raise BadPattern("The pattern ends too early.")
        self._at += 1
        return self._text[self._at - 1]

    def takes(self, sign: str) -> bool:
        if self.is_at_end() or self._text[self._at] != sign:
            return False
        self._at += 1
        return True


def _literal(character: str) -> OneOf:
    return OneOf(((ord(character), ord(character)),))
