"""Rule: a room is entered by its door, and the door says what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import PACKAGE, SourceFile, package_files, room_of, rooms

STATEMENTS = 3
END_OF_STATEMENT = re.compile(r"[.;:](?=\s|$)")


@dataclass(frozen=True)
class Import:
    """One imported thing: dotted `module`, the `name` taken from it if any, and the line."""

    module: str
    name: str | None
    line: int


def bad_doors(root: Path) -> list[str]:
    """What is wrong with the rooms' `__init__.py` files."""
    findings = []
    for room in rooms(root):
        path = root / "src" / PACKAGE / room / "__init__.py"
        if not path.is_file():
            findings.append(f"{room}: has no __init__.py")
            continue
        findings += [f"{room}: {fault}" for fault in _door_faults(SourceFile(root, path))]
    return findings


def _door_faults(door: SourceFile) -> Iterator[str]:
    docstring = ast.get_docstring(door.syntax) or ""
    if len(END_OF_STATEMENT.findall(docstring)) < STATEMENTS:
        yield "the docstring must say what it owns, what it does not, and who calls it"
    names = exported(door)
    if names is None:
        yield "__all__ is missing or is not a plain list of names"
        return
    for name in sorted(names - _bound(door)):
        yield f"__all__ names {name}, which is not defined here"


def exported(door: SourceFile) -> set[str] | None:
    """Names in the door's `__all__`, or None where there is no plain list."""
    for node in door.syntax.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            assert isinstance(node, ast.Assign)
            return _literal_names(node.value)
    return None


def _literal_names(value: ast.expr) -> set[str] | None:
    try:
        names = ast.literal_eval(value)
    except ValueError:
        return None
    if not isinstance(names, list | tuple):
        return None
    return {str(name) for name in names}


def _bound(door: SourceFile) -> set[str]:
    """Names that the door's top level binds."""
    found: set[str] = set()
    for node in door.syntax.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return found


def trespasses(root: Path) -> list[str]:
    """Imports that reach into another room past its door.

    One is allowed: a `store.py` may take tables from another room's `store`, for a join.
    """
    doors: dict[str, set[str]] = {}
    for room in rooms(root):
        path = root / "src" / PACKAGE / room / "__init__.py"
        names = exported(SourceFile(root, path)) if path.is_file() else None
        doors[room] = names or set()
    return [
        f"{file.name}:{found.line}: {fault}"
        for file in package_files(root)
        for found in imports(file)
        if (fault := _trespass(file, found, doors)) is not None
    ]


def _trespass(file: SourceFile, found: Import, doors: dict[str, set[str]]) -> str | None:
    package, *way = found.module.split(".")
    if package == PACKAGE and not way and found.name in doors:
        way = [found.name]
    if package != PACKAGE or not way or way[0] == room_of(file):
        return None
    room, inner = way[0], way[1:]
    if inner:
        if inner == ["store"] and file.path.name == "store.py":
            return None
        return f"imports {found.module} past the door of {room}"
    if len(found.module.split(".")) > 1 and found.name and found.name not in doors.get(room, set()):
        return f"imports {found.name}, which is not in __all__ of {room}"
    return None


def imports(file: SourceFile) -> Iterator[Import]:
    """Every import of a file, relative ones resolved, wherever in the file it stands."""
    package = [PACKAGE, *file.path.relative_to(file.root / "src" / PACKAGE).parent.parts]
    for node in ast.walk(file.syntax):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, None, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from (Import(module, alias.name, node.lineno) for alias in node.names)
