"""The table of docs/brakes.md is that of the code."""

from __future__ import annotations

import re

from doorward.brakes import parse_rule, rules_of
from tests.architecture.tree import ROOT

_ROW = re.compile(r"\| `(\w+)` \| [^|]+ \| ([^|]+) \|")


def test_the_documented_limits_are_those_in_force() -> None:
    """Each brake is there, in its order, with the limit that a setting would write the same way."""
    rules = rules_of()
    rows = _ROW.findall((ROOT / "docs" / "brakes.md").read_text(encoding="utf-8"))
    assert [name for name, _ in rows] == [*rules]
    for (_, limit), (brake, rule) in zip(rows, rules.items(), strict=True):
        assert parse_rule(brake, limit.strip()) == rule
