"""Password sign-ins at full load as part of a run: its rows, and its ratio to the hashing alone."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from bench.sign_in_load import Found, measure
from bench.subjects import Running

__all__ = ["BROWSERS", "DURING", "HASHING", "SIGN_IN", "measure_sign_ins", "ratio_of", "rows_of"]

SIGN_IN = "sign_in"
DURING = "introspection_during_sign_in"
HASHING = "argon2id"
"""The subject that hashes passwords and does nothing else."""
BROWSERS = 8
"""That many sign in at the same time."""


async def measure_sign_ins(running: Running, rounds: int, seconds: float) -> list[Found]:
    """Rounds of hashing alone and of sign-ins, in turns."""
    return [await measure(running, seconds, BROWSERS) for _ in range(rounds)]


def rows_of(found: Sequence[Found], resident_mb: float) -> list[dict[str, Any]]:
    """Rates are per second of the server's processor; times are of introspections beside them."""
    if not found:
        return []
    waits = sorted(time for each in found for time in each.loaded_ms)
    failures = sum(each.failures for each in found)
    signed_in = [each.sign_ins for each in found]
    return [
        _row(SIGN_IN, "doorward", signed_in) | {"failures": failures, "resident_mb": resident_mb},
        _row(SIGN_IN, HASHING, [each.alone for each in found]),
        _row(DURING, "doorward", [])
        | {"p50_ms": _share(waits, 0.5), "p99_ms": _share(waits, 0.99), "failures": failures},
    ]


def ratio_of(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Sign-ins as a share of what the hashing alone allows, over the paired rounds."""
    if not found:
        return []
    shares = [each.share for each in found]
    return [
        {
            "work": SIGN_IN,
            "subject": "doorward",
            "against": HASHING,
            "median": round(statistics.median(shares), 3),
            "min": round(min(shares), 3),
            "max": round(max(shares), 3),
        },
    ]


def _share(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def _row(work: str, subject: str, rates: Sequence[float]) -> dict[str, Any]:
    def rate(of: Callable[[Sequence[float]], float]) -> float | None:
        return round(of(rates), 1) if rates else None

    return {
        "work": work,
        "subject": subject,
        "requests_per_s": rate(statistics.median),
        "p50_ms": None,
        "p99_ms": None,
        "failures": 0,
        "queries_per_operation": None,
        "resident_mb": None,
        "cpu_us_per_operation": None,
        "database_cpu_us_per_operation": None,
        "least_per_s": rate(min),
        "most_per_s": rate(max),
    }
