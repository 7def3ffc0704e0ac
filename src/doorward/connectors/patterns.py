"""Patterns of variables: a small part of regular expressions, matched in linear time.

Whoever writes a manifest must not be able to keep the server busy, so a pattern never reaches
``re``. It becomes an automaton of bounded size; each character is looked at once in each state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from doorward.connectors.automata import Automaton, build
from doorward.connectors.pattern_syntax import (
    BadPattern,
    Choose,
    Node,
    OneOf,
    Repeat,
    Sequence,
    parse_pattern_syntax,
)

__all__ = ["BadPattern", "Pattern", "parse_pattern"]

_LONGEST = 1_024
_MOST_ENDINGS = 400
_SCHEME = "https://"
_ENDS_HOST = "/\\?#@:"
_DOMAIN = re.compile(r"(.*\.)?[a-z0-9-]+\.[a-z][a-z0-9-]*[a-z0-9]\Z")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern. It always speaks of the whole text."""

    source: str
    root: Node
    automaton: Automaton

    def matches(self, text: str) -> bool:
        """Whether all of ``text`` is as the pattern has it; longer texts than 1024 never are."""
        return len(text) <= _LONGEST and self.automaton.accepts(text)

    def is_closed(self) -> bool:
        """Whether every host that matches lies within a domain that the pattern spells out.

        What is in front of the domain ends with a dot: ``evil-example.com`` is no ``example.com``.
        After ``https://`` there is nothing but the host.
        """
        host = _behind_scheme(self.root)
        if _may_have(host, _ENDS_HOST):
            return False
        endings, is_whole = _endings(host)
        return all(_is_closed(ending, is_whole=is_whole) for ending in endings)


@lru_cache(maxsize=1_024)
def parse_pattern(source: str) -> Pattern:
    """The pattern ``source``, anchored as ``^…$``. Raises ``BadPattern``."""
    root = parse_pattern_syntax(source)
    return Pattern(source=source, root=root, automaton=build(root))


def _is_closed(ending: str, *, is_whole: bool) -> bool:
    if not is_whole:
        # Something unknown stands before it: what is spelt out counts from its first dot.
        _, _, ending = ending.partition(".")
    return _DOMAIN.match(ending) is not None


def _behind_scheme(root: Node) -> Node:
    if not isinstance(root, Sequence):
        return root
    front = "".join(_only(part) or " " for part in root.parts[: len(_SCHEME)])
    return Sequence(root.parts[len(_SCHEME) :]) if front == _SCHEME else root


def _only(node: Node) -> str | None:
    return node.only() if isinstance(node, OneOf) else None


def _may_have(node: Node, signs: str) -> bool:
    match node:
        case OneOf():
            return any(node.has(ord(sign)) for sign in signs)
        case Sequence():
            return any(_may_have(part, signs) for part in node.parts)
        case Choose():
            return any(_may_have(option, signs) for option in node.options)
        case Repeat():
            return _may_have(node.node, signs)


def _endings(node: Node) -> tuple[frozenset[str], bool]:
    """How texts that match can end, and whether these are the texts themselves."""
    match node:
        case OneOf():
            only = node.only()
            return (frozenset({only}), True) if only is not None else (frozenset({""}), False)
        case Choose():
            found = [_endings(option) for option in node.options]
            return frozenset().union(*(f for f, _ in found)), all(whole for _, whole in found)
        case Repeat(lowest=0, highest=1):
            inner, whole = _endings(node.node)
            return (inner | {""}, True) if whole else (frozenset({""}), False)
        case Repeat():
            return frozenset({""}), False
        case Sequence():
            return _endings_of_sequence(node)


def _endings_of_sequence(node: Sequence) -> tuple[frozenset[str], bool]:
    known: frozenset[str] = frozenset({""})
    for part in reversed(node.parts):
        front, whole = _endings(part)
        if len(front) * len(known) > _MOST_ENDINGS:
            return known, False
        known = frozenset(a + b for a, b in product(front, known))
        if not whole:
            return known, False
    return known, True
