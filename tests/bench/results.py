"""Results of runs that never were, for the tests of what is made of them."""

from __future__ import annotations

from typing import Any

__all__ = ["document", "ratio", "row"]


def row(work: str, subject: str, per_s: float = 100.0, **other: object) -> dict[str, Any]:
    """One row, all of whose answers were right unless ``failures`` says otherwise."""
    return {
        "work": work,
        "subject": subject,
        "requests_per_s": per_s,
        "p50_ms": 1.0,
        "p99_ms": 2.0,
        "failures": 0,
        "queries_per_operation": None,
        "resident_mb": 50.0,
        "cpu_us_per_operation": 10.0,
        "database_cpu_us_per_operation": 0.0,
        "least_per_s": per_s / 2,
        "most_per_s": per_s * 2,
        **other,
    }


def ratio(work: str, subject: str, against: str, median: float) -> dict[str, Any]:
    """One ratio, whose rounds lay a tenth around it."""
    named = {"work": work, "subject": subject, "against": against}
    return {**named, "median": median, "min": median * 0.9, "max": median * 1.1}


def document(
    rows: list[dict[str, Any]], ratios: list[dict[str, Any]] | None = None, **other: object
) -> dict[str, Any]:
    """What a run on a machine with two cores would have written."""
    machine = {
        "cpu": "Any & All <processor>",
        "cores": 2,
        "file_system": "ext4",
        "python": "3.11",
        "node": "v22",
        "rounds": {"number": 5, "seconds": 3.0, "of": 32},
        "taken_by_others": 0.01,
        "repeated": 2,
        "doorward ready_s": 1.2,
    }
    found: dict[str, Any] = {
        "machine": machine,
        "rows": rows,
        "ratios": ratios or [],
        "cpu_ratios": [],
        "missing": [],
        "goals": [],
    }
    return {**found, **other}
