"""Inputs that are kept: a text file for each target, one input a line, bytes as Python writes them.

``corpus/`` holds inputs that reach far into a parser, ``found/`` those that once were findings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

__all__ = ["CORPUS", "FOUND", "MOST_BYTES", "keep", "read_inputs", "regressions", "render"]

_HERE = Path(__file__).parent
CORPUS = _HERE / "corpus"
FOUND = _HERE / "found"

MOST_BYTES = 4096
"""What one target's corpus has at most, so that the repository stays small."""


def read_inputs(folder: Path, name: str) -> list[bytes]:
    """The inputs of the target ``name`` that ``folder`` keeps."""
    path = folder / f"{name}.txt"
    if not path.is_file():
        return []
    lines = path.read_text(encoding="ascii").splitlines()
    return [ast.literal_eval(each) for each in lines if each.startswith("b")]


def regressions(name: str) -> list[bytes]:
    """Everything that is kept of a target."""
    return [*read_inputs(CORPUS, name), *read_inputs(FOUND, name)]


def render(data: bytes) -> str:
    """An input as a line."""
    return repr(data)


def keep(folder: Path, name: str, inputs: Iterable[bytes], *, most: int = MOST_BYTES) -> int:
    """Add ``inputs`` that are new, the short ones first, while ``most`` bytes are not reached.

    Answers how many were added.
    """
    known = read_inputs(folder, name)
    size = sum(len(render(each)) + 1 for each in known)
    lines = [render(each) for each in known]
    fresh = sorted(set(inputs) - set(known), key=lambda each: (len(each), each))
    added = 0
    for each in fresh:
        size += len(render(each)) + 1
        if size > most:
            break
        lines.append(render(each))
        added += 1
    if added:
        folder.mkdir(exist_ok=True)
        text = "".join(each + "\n" for each in lines)
        (folder / f"{name}.txt").write_text(text, encoding="ascii")
    return added
