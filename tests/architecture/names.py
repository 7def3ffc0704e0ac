"""Rules on names, on unfinished work, and on what the pure rules of the protocol may call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import PACKAGE, SourceFile, package_files, python_files

# A shared function belongs to the lowest room that owns its noun.
FORBIDDEN = {
    "util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "impl",
}  # fmt: skip
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
TEXT = {".py", ".html", ".css", ".js", ".po", ".sql", ".toml", ".svg", ".txt", ".json"}
CLOCK_AND_WORLD = {"now", "utcnow", "today"}
CALLS_OUT = {"open", "print", "input", "exec", "eval", "__import__"}


def forbidden_names(root: Path) -> list[str]:
    """Modules, packages and classes whose name says nothing about what they own."""
    return [
        f"{file.name}: the name {name!r} says nothing"
        for file in python_files(root, "src", "tests", "tools", "bench")
        for name, words in _names(file)
        if FORBIDDEN & words
    ]


def _names(file: SourceFile) -> Iterator[tuple[str, set[str]]]:
    """Names that a file gives to modules, packages and classes, each with its words."""
    for part in Path(file.name).with_suffix("").parts:
        yield part, set(part.lower().split("_"))
    for node in ast.walk(file.syntax):
        if isinstance(node, ast.ClassDef):
            yield node.name, set(_words(node.name))


def _words(name: str) -> list[str]:
    """Words of a CamelCase name, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def unfinished(root: Path) -> list[str]:
    """Marks of unfinished work in the package, in whatever kind of file."""
    files = sorted(path for path in (root / "src").rglob("*") if path.suffix in TEXT)
    return [
        f"{path.relative_to(root).as_posix()}:{number}: {found.group()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (found := UNFINISHED.search(line))
    ]


def impure(root: Path) -> list[str]:
    """Calls in `protocol` that read a clock or touch the world, which imports cannot show."""
    inside = f"src/{PACKAGE}/protocol/"
    return [
        f"{file.name}:{line}: {fault}"
        for file in package_files(root)
        if file.name.startswith(inside)
        for line, fault in _impure_calls(file)
    ]


def _impure_calls(file: SourceFile) -> Iterator[tuple[int, str]]:
    for node in ast.walk(file.syntax):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in CLOCK_AND_WORLD:
            yield node.lineno, f"reads a clock: {called.attr}()"
        if isinstance(called, ast.Name) and called.id in CALLS_OUT:
            yield node.lineno, f"touches the world: {called.id}()"
