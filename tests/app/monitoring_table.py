"""The table of docs/monitoring.md, as the families themselves say it."""

from __future__ import annotations

from doorward.app.monitoring import FAMILIES

__all__ = ["families_table"]


def families_table() -> list[str]:
    """One line for each family: its name, kind and labels, and what it means."""
    lines = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for family in FAMILIES:
        own = () if family.shared else ("worker",)
        labels = ", ".join(f"`{label}`" for label in (*family.labels, *own)) or "none"
        lines.append(f"| `{family.name}` | {family.kind.value} | {labels} | {family.meaning} |")
    return lines
