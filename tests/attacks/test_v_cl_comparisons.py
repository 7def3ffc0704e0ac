"""V-CL: no secret or digest is compared by a comparison that stops at the first difference."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import doorward
from tests.support.attacks import attack

SOURCES = Path(doorward.__file__).parent
PUBLIC = {"http/assets.py"}
"""A digest there is part of the address of a public file."""
SENSITIVE = ("digest", "secret", "signature", "csrf", "hmac", "mac")


def comparisons(source: str) -> Iterator[str]:
    """Every ``==`` or ``!=`` of ``source`` in which a side is named like something sensitive.

    What stands in a statement of the database (`table.c.digest == bindparam(...)`) is a look-up.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = (node.left, *node.comparators)
            if any(isinstance(side, ast.Constant) for side in sides):
                continue
            names = {name_of(side) for side in sides}
            if "bindparam" not in names and any(
                word in SENSITIVE for name in names for word in name.lower().split("_")
            ):
                yield ast.unparse(node)


def name_of(node: ast.expr) -> str:
    """The last name of an expression: of ``a.b.digest`` and of ``digest(x)``, "digest"."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@attack("rauthy 0.32.1")
def test_v_cl_no_secret_is_compared_character_by_character() -> None:
    """``same`` compares digests, here and in whatever is written next."""
    found = [
        f"{path.relative_to(SOURCES)}: {each}"
        for path in SOURCES.rglob("*.py")
        if str(path.relative_to(SOURCES)) not in PUBLIC
        for each in comparisons(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("a.digest == b", True),
        ("digest(x) != stored", True),
        ("row.key_digest == given", True),
        ("table.c.digest == bindparam('digest')", False),
        ("kind == 'secret'", False),
        ("same(digest(x), stored)", False),
    ],
)
def test_the_search_finds_what_it_looks_for(source: str, is_found: bool) -> None:
    """A check that finds nothing would always pass."""
    assert bool(list(comparisons(source))) is is_found
