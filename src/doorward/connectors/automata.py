"""Automata: a pattern as states that are all followed at once, so that no text takes long."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.connectors.pattern_syntax import BadPattern, Choose, Node, OneOf, Repeat, Sequence

__all__ = ["Automaton", "build"]

_MOST_STATES = 600
_NOTHING = OneOf(())


@dataclass(frozen=True, slots=True)
class Automaton:
    """For each state what it takes, and the states that then wait. State 0 is the end."""

    first: frozenset[int]
    moves: tuple[tuple[OneOf, frozenset[int]], ...]

    def accepts(self, text: str) -> bool:
        """Whether ``text`` leads to the end: at most one step for each state and character."""
        states = self.first
        for character in text:
            point = ord(character)
            reached: set[int] = set()
            for state in states:
                takes, after = self.moves[state]
                if takes.has(point):
                    reached |= after
            if not reached:
                return False
            states = frozenset(reached)
        return 0 in states


def build(root: Node) -> Automaton:
    """The automaton of ``root``. Raises ``BadPattern`` when it would be too large."""
    if _size(root) > _MOST_STATES:
        raise BadPattern("The pattern is too large: its counts multiply.")
    builder = _Builder()
    first = builder.before(root, 0)
    moves = tuple(
        (takes or _NOTHING, builder.waiting(after) if takes else frozenset())
        for takes, after in builder.states
    )
    return Automaton(first=builder.waiting([first]), moves=moves)


def _size(node: Node) -> int:
    """How many states the node takes at most."""
    match node:
        case OneOf():
            return 1
        case Sequence():
            return 1 + sum(_size(part) for part in node.parts)
        case Choose():
            return 1 + sum(_size(option) for option in node.options)
        case Repeat():
            return 1 + (_size(node.node) + 1) * max(node.lowest + 1, node.highest or 0)


class _Builder:
    """Builds from the end to the front, so that each state knows what follows it.

    A state takes a character, or is a fork: then it takes none and is passed through.
    """

    def __init__(self) -> None:
        self.states: list[tuple[OneOf | None, list[int]]] = [(None, [])]

    def before(self, node: Node, after: int) -> int:
        """The state in front of ``node`` when ``after`` comes behind it."""
        match node:
            case OneOf():
                return self._add(node, [after])
            case Sequence():
                for part in reversed(node.parts):
                    after = self.before(part, after)
                return after
            case Choose():
                return self._add(None, [self.before(each, after) for each in node.options])
            case Repeat():
                return self._repeated(node, after)

    def waiting(self, states: list[int]) -> frozenset[int]:
        """The states reached from ``states`` through forks: those that take, and the end."""
        seen, open_ = set(states), list(states)
        while open_:
            takes, after = self.states[open_.pop()]
            if takes is None:
                fresh = set(after) - seen
                seen |= fresh
                open_ += fresh
        return frozenset(each for each in seen if each == 0 or self.states[each][0] is not None)

    def _repeated(self, node: Repeat, after: int) -> int:
        front = after
        if node.highest is None:
            front = self._add(None, [after])
            self.states[front][1].append(self.before(node.node, front))
        else:
            for _ in range(node.highest - node.lowest):
                front = self._add(None, [self.before(node.node, front), after])
        for _ in range(node.lowest):
            front = self.before(node.node, front)
        return front

    def _add(self, takes: OneOf | None, after: list[int]) -> int:
        self.states.append((takes, after))
        return len(self.states) - 1
