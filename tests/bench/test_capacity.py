"""What the documents promise of scale is what the figures multiply to."""

from __future__ import annotations

from bench.capacity import COSTS, capacity_table, costs_table, kept_table
from doorward.app import placements
from tests.architecture.tree import ROOT

_SCALE = (ROOT / "docs/scale.md").read_text(encoding="utf-8")


def test_the_tables_of_scale_are_multiplied_right() -> None:
    """Each stands in the documents as the program prints it."""
    for table in (costs_table(), capacity_table(), kept_table()):
        assert table in _SCALE


def test_the_mix_is_a_hundred_requests() -> None:
    """Or what is said of a request on average would be wrong."""
    assert sum(cost.per_hundred * cost.requests for cost in COSTS.values()) == 100


def test_the_documents_name_the_tables_that_are_whole_on_every_node() -> None:
    """They are the exceptions, and there are few of them."""
    whole = [each.table for each in placements() if not each.is_spread]
    assert 0 < len(whole) < 6
    assert [table for table in whole if f"| `{table}`" not in _SCALE.replace(", `", " | `")] == []
