"""A source tree as the architecture tests see it: files, their syntax trees and their comments."""

from __future__ import annotations

import ast
import io
import os
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "doorward"


@dataclass(frozen=True)
class SourceFile:
    """One Python file below `root`; `name` is its path as a person writes it."""

    root: Path
    path: Path

    @property
    def name(self) -> str:
        """Path relative to the root, with forward slashes."""
        return self.path.relative_to(self.root).as_posix()

    @cached_property
    def text(self) -> str:
        """What the file holds."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def syntax(self) -> ast.Module:
        """The file's syntax tree."""
        return ast.parse(self.text, filename=self.name)

    @cached_property
    def comments(self) -> dict[int, str]:
        """Comments by line number, without their mark."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {
            token.start[0]: token.string.lstrip("# ").strip()
            for token in tokens
            if token.type == tokenize.COMMENT
        }


def python_files(root: Path, *folders: str) -> list[SourceFile]:
    """Python files in these folders of `root`, in order; npm's and caches are left out."""
    found = []
    for folder in folders:
        for place, below, names in os.walk(root / folder):
            below[:] = [name for name in below if name not in {"node_modules", "__pycache__"}]
            found += [Path(place, name) for name in names if name.endswith(".py")]
    return [SourceFile(root, path) for path in sorted(found)]


def package_files(root: Path) -> list[SourceFile]:
    """Python files of the package in `root`/src."""
    return python_files(root, f"src/{PACKAGE}")


def rooms(root: Path) -> list[str]:
    """Names of the package's rooms: the folders right below it that hold Python."""
    package = root / "src" / PACKAGE
    if not package.is_dir():
        return []
    return sorted(
        folder.name for folder in package.iterdir() if folder.is_dir() and any(folder.rglob("*.py"))
    )


def room_of(file: SourceFile) -> str | None:
    """Room that a package file belongs to; None for files right below the package."""
    parts = file.path.relative_to(file.root / "src" / PACKAGE).parts
    return parts[0] if len(parts) > 1 else None
