"""The page about the API names what is served, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from doorward.dialects.neon import API_OPERATIONS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "neon-api.md"
ROW = re.compile(r"^\| ([A-Z, ]+) \| `(/[^`]*)` \| (.*) \|$", re.MULTILINE)


def test_the_page_names_every_operation_and_its_scope() -> None:
    """As the table of operations has them."""
    told = {
        (method, path): scope
        for methods, path, scope in ROW.findall(PAGE.read_text())
        for method in methods.split(", ")
    }
    assert set(told) == {(each.method, each.path) for each in API_OPERATIONS}
    for each in API_OPERATIONS:
        if len(each.scopes) == 1:
            assert told[each.method, each.path] == f"`{each.scopes[0]}`"
        elif not each.scopes:
            assert told[each.method, each.path] == "any of the API"
