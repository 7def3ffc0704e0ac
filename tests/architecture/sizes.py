"""Rule: functions up to 50 lines and six arguments, files up to 400 lines.

An exception is a comment `# size: reason`: on or right above the function's first line, or, for a
whole file, before its first statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import SourceFile, python_files

FUNCTION_LINES = 50
ARGUMENTS = 6
FILE_LINES = 400
MARK = "size:"
REASON_WORDS = 3
FOLDERS = ("src", "tests", "tools", "bench", "fuzz", "chaos", "failover", "soak", "examples")

type_of_function = ast.FunctionDef | ast.AsyncFunctionDef


def oversized(root: Path) -> list[str]:
    """What is too large in any of our folders, and exceptions that give no reason."""
    return [
        f"{file.name}:{line}: {fault}"
        for file in python_files(root, *FOLDERS)
        for line, fault in _faults(file)
    ]


def _faults(file: SourceFile) -> Iterator[tuple[int, str]]:
    for line, comment in file.comments.items():
        reason = comment.removeprefix(MARK).split()
        if comment.startswith(MARK) and len(reason) < REASON_WORDS:
            yield line, "a size comment must give its reason"
    length = len(file.text.splitlines())
    if length > FILE_LINES and not _file_is_excused(file):
        yield 1, f"the file has {length} lines, more than {FILE_LINES}"
    for node in ast.walk(file.syntax):
        if isinstance(node, type_of_function) and not _is_excused(file, node):
            yield from _function_faults(file, node)


def _function_faults(file: SourceFile, node: type_of_function) -> Iterator[tuple[int, str]]:
    assert node.end_lineno is not None
    length = node.end_lineno - node.lineno + 1
    if length > FUNCTION_LINES:
        yield node.lineno, f"{node.name} has {length} lines, more than {FUNCTION_LINES}"
    # A test's arguments are the fixtures that it asks for.
    count = arguments(node)
    if count > ARGUMENTS and not file.name.startswith("tests/"):
        yield node.lineno, f"{node.name} takes {count} arguments, more than {ARGUMENTS}"


def arguments(node: type_of_function) -> int:
    """Number of a function's arguments: self, cls, * and ** are not counted."""
    listed = [*node.args.posonlyargs, *node.args.args]
    if listed and listed[0].arg in {"self", "cls"}:
        listed = listed[1:]
    return len(listed) + len(node.args.kwonlyargs)


def _is_excused(file: SourceFile, node: type_of_function) -> bool:
    first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    lines = range(first - 1, node.body[0].lineno)
    return any(file.comments.get(line, "").startswith(MARK) for line in lines)


def _file_is_excused(file: SourceFile) -> bool:
    body = file.syntax.body
    has_docstring = ast.get_docstring(file.syntax) is not None
    statements = body[1:] if has_docstring else body
    first = statements[0].lineno if statements else 1
    return any(comment.startswith(MARK) for line, comment in file.comments.items() if line < first)
