"""Every statement of the package: those that are kept by name, and those made by shape.

A statement is made at import and kept by a name of its module, or by a function that keeps one for
each shape (``cache`` or ``lru_cache``). Nothing else may make one, so whoever reads both kinds has
read them all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.architecture.tree import PACKAGE, SourceFile, package_files

FIRST = frozenset({"db.statements.Statement"})
"""What every other maker calls, or calls something that does."""

KEEPING = {"cache", "lru_cache"}

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Mention:
    """A name, the piece of its module's top level around it, and whether it is called there."""

    name: ast.Name
    top: ast.stmt
    is_called: bool


@dataclass(frozen=True)
class Module:
    """One module of the package."""

    file: SourceFile

    @cached_property
    def name(self) -> str:
        """Its dotted name without the package's: ``tokens.store``."""
        path = self.file.path.relative_to(self.file.root / "src" / PACKAGE).with_suffix("")
        return ".".join(part for part in path.parts if part != "__init__")

    @property
    def is_store(self) -> bool:
        """Whether statements may be made here."""
        return not {"store", "db"}.isdisjoint(self.name.split("."))

    @cached_property
    def homes(self) -> Mapping[str, str]:
        """Names taken from other modules of the package, and what they are called there."""
        return {
            alias.asname or alias.name: f"{(node.module or '')[len(PACKAGE) + 1 :]}.{alias.name}"
            for node in ast.walk(self.file.syntax)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}.")
            for alias in node.names
        }

    @cached_property
    def mentions(self) -> Mapping[str, list[Mention]]:
        """Mentions of what it defines or takes from the package, by the name at home."""
        own = {node.name for node in self.file.syntax.body if isinstance(node, Function)}
        at_home = {**self.homes, **{name: f"{self.name}.{name}" for name in own}}
        found: dict[str, list[Mention]] = {}
        for top in self.file.syntax.body:
            called = {id(node.func) for node in ast.walk(top) if isinstance(node, ast.Call)}
            for node in ast.walk(top):
                if isinstance(node, ast.Name) and node.id in at_home:
                    mention = Mention(node, top, id(node) in called)
                    found.setdefault(at_home[node.id], []).append(mention)
        return found


class House:
    """All modules, in which a name is followed to where it is defined."""

    def __init__(self, root: Path) -> None:
        """Read the package below ``root``."""
        self._modules = {module.name: module for module in map(Module, package_files(root))}

    def mentions_of(self, names: AbstractSet[str]) -> Iterator[tuple[Module, Mention]]:
        """Mentions of functions and classes of these dotted names."""
        last = {name.rpartition(".")[2] for name in names}
        for module in self._modules.values():
            # Most modules name none of them: they need not be parsed.
            if not any(name in module.file.text for name in last):
                continue
            for name, mentions in module.mentions.items():
                if name.rpartition(".")[2] in last and self._home(name) in names:
                    yield from ((module, mention) for mention in mentions)

    def _home(self, name: str) -> str:
        module, _, own = name.rpartition(".")
        if module not in self._modules:
            return name
        there = self._modules[module].homes.get(own, name)
        return there if there == name else self._home(there)


@dataclass(frozen=True)
class Making:
    """Who makes statements."""

    shapes: frozenset[str]
    """Functions that keep a statement for each shape, by module and name."""
    names: frozenset[str]
    """Names that keep one, or something with one, by module and name."""
    faults: tuple[str, ...]
    """Where statements may come to be that nobody reads."""


def making(root: Path) -> Making:
    """Follow who makes statements through the package below ``root``."""
    house = House(root)
    makers, shapes = set(FIRST), set[str]()
    grown = True
    while grown:
        before = len(makers) + len(shapes)
        for module, mention in house.mentions_of(makers):
            if module.is_store and mention.is_called and isinstance(mention.top, Function):
                kind = shapes if _keeps(mention.top) else makers
                kind.add(f"{module.name}.{mention.top.name}")
        grown = len(makers) + len(shapes) > before
    faults = [
        f"{module.file.name}:{mention.name.lineno}: {mention.name.id} {fault}"
        for module, mention in house.mentions_of(makers)
        if (fault := _fault(module, mention)) is not None
    ]
    names = {
        f"{module.name}.{name}"
        for module, mention in house.mentions_of(makers)
        if mention.is_called
        for name in names_given(mention.top)
    }
    return Making(frozenset(shapes), frozenset(names), tuple(faults))


def names_given(node: ast.stmt) -> Iterator[str]:
    """Names to which a statement of Python gives a value."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    for target in targets:
        yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def _keeps(function: Function) -> bool:
    marks = [mark.func if isinstance(mark, ast.Call) else mark for mark in function.decorator_list]
    return any(isinstance(mark, ast.Name) and mark.id in KEEPING for mark in marks)


def _fault(module: Module, mention: Mention) -> str | None:
    if not mention.is_called:
        # As an annotation a class is only spoken of.
        is_spoken_of = mention.name.id[:1].isupper()
        return None if is_spoken_of else "is handed on, so that nobody sees what it makes"
    if not module.is_store:
        return "is called outside of a store"
    if isinstance(mention.top, ast.AsyncFunctionDef):
        return "is called while a request is served"
    if isinstance(mention.top, ast.Assign | ast.AnnAssign | Function):
        return None
    return "makes what no name keeps"
