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


# These two are only collections: each folder in them is a room with a door of its own.
WINGS = ("console", "dialects")


def doors(root: Path) -> dict[str, Path]:
    """Every room's `__init__.py`, by the room's dotted name; it need not exist."""
    package = root / "src" / PACKAGE
    found = {room: package / room / "__init__.py" for room in rooms(root)}
    for wing in WINGS:
        below = sorted({path.parent for path in (package / wing).glob("*/*.py")})
        found |= {f"{wing}.{folder.name}": folder / "__init__.py" for folder in below}
    return found


def bad_doors(root: Path) -> list[str]:
    """What is wrong with the rooms' `__init__.py` files."""
    findings = []
    for room, path in doors(root).items():
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

    One is allowed: a `store.py`, or a file of a folder `store`, may take tables from another
    room's `store`, for a join.
    """
    shown: dict[str, set[str]] = {}
    for room, path in doors(root).items():
        names = exported(SourceFile(root, path)) if path.is_file() else None
        shown[room] = names or set()
    return [
        f"{file.name}:{found.line}: {fault}"
        for file in package_files(root)
        for found in imports(file)
        if (fault := _trespass(file, found, shown)) is not None
    ]


def _trespass(file: SourceFile, found: Import, shown: dict[str, set[str]]) -> str | None:
    package, *way = found.module.split(".")
    name = found.name
    if name is not None and ".".join([*way, name]) in shown:
        # `from doorward import orgs` and `from doorward.console import account` name a room.
        way, name = [*way, name], None
    if package != PACKAGE or not way or way[0] == room_of(file):
        return None
    depth = 2 if ".".join(way[:2]) in shown else 1
    room, inner = ".".join(way[:depth]), way[depth:]
    if inner:
        if inner == ["store"] and "store" in {file.path.stem, file.path.parent.name}:
            return None
        return f"imports {found.module} past the door of {room}"
    if name is not None and name not in shown.get(room, set()):
        return f"imports {name}, which is not in __all__ of {room}"
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
