"""The dashboard and the alerts ask for numbers that exist, by labels and values that they have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doorward.app.monitoring import FAMILIES
from doorward.brakes import Brake
from doorward.metrics import Kind

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "ops" / "grafana-dashboard.json"
ALERTS = ROOT / "ops" / "prometheus-alerts.yaml"

OF_PROMETHEUS = frozenset({"job", "instance"})
"""Labels that Prometheus itself adds to what it read."""

VALUES: dict[str, set[str]] = {
    "status": {"none", "1xx", "2xx", "3xx", "4xx", "5xx"},
    "state": {"used", "idle", "given_up"},
    "outcome": {"failed"},
    "brake": set(Brake),
}
"""What a label may be compared with."""

NAME = re.compile(r"\b(?:doorward|process)_[a-z_]+\b|\bup\b")
SELECTOR = re.compile(r"\b([a-z_]+)\{([^}]*)\}")
MATCHER = re.compile(r'([a-z_]+)(=~|=|!=|!~)"([^"]*)"')
GROUPS = re.compile(r"\bby \(([^)]*)\)")


def series() -> dict[str, frozenset[str]]:
    """The labels of every series, by its name."""
    found: dict[str, frozenset[str]] = {"up": OF_PROMETHEUS}
    for family in FAMILIES:
        labels = frozenset(family.labels) | OF_PROMETHEUS
        labels |= frozenset() if family.shared else {"worker"}
        if family.kind is Kind.HISTOGRAM:
            found[f"{family.name}_bucket"] = labels | {"le"}
            found[f"{family.name}_sum"] = found[f"{family.name}_count"] = labels
        else:
            found[family.name] = labels
    return found


def faults(query: str) -> Iterator[str]:
    """What is wrong in a query."""
    known = series()
    names = NAME.findall(query)
    if not names:
        yield "it asks for nothing"
    yield from (f"{name} does not exist" for name in names if name not in known)
    yield from (f"{name} is of any job" for name in names if f"{name}{{job=" not in query)
    for name, matchers in SELECTOR.findall(query):
        for label, how, value in MATCHER.findall(matchers):
            if label not in known.get(name, frozenset()):
                yield f"{name} has no {label}"
            elif how == "=" and label in VALUES and value not in VALUES[label]:
                yield f"{label} is never {value}"
    have = {label for name in names for label in known.get(name, frozenset())}
    for group in GROUPS.findall(query):
        yield from (f"nothing has {each}" for each in group.split(", ") if each not in have)


def dashboard() -> dict[str, Any]:
    """The file, as Grafana reads it."""
    read: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return read


def queries() -> list[str]:
    """Every query of both files."""
    shown = [t["expr"] for panel in dashboard()["panels"] for t in panel.get("targets", ())]
    lines = ALERTS.read_text(encoding="utf-8").splitlines()
    alerts = [line.split("expr: ", 1)[1] for line in lines if line.strip().startswith("expr: ")]
    assert len(shown) > 20
    assert len(alerts) == sum("- alert: " in line for line in lines) > 10
    return [*shown, *alerts]


def test_every_query_asks_for_what_exists() -> None:
    """A name that is spelled wrong shows an empty panel, and an alert that never comes."""
    assert [(query, list(faults(query))) for query in queries() if any(faults(query))] == []


def test_every_number_is_shown() -> None:
    """What nobody looks at need not be counted."""
    every = " ".join(queries())
    unseen = {"process_start_time_seconds"}
    assert {f.name for f in FAMILIES if f.name not in every} == unseen


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ('rate(doorward_tokens_total{job="d"}[5m])', "doorward_tokens_total does not exist"),
        ('doorward_http_request_duration_seconds{job="d"}', "does not exist"),
        ('doorward_workers{job="d",route="/"}', "doorward_workers has no route"),
        ('doorward_http_requests_total{job="d",status="500"}', "status is never 500"),
        ('sum by (path) (doorward_http_requests_total{job="d"})', "nothing has path"),
        ("doorward_workers", "doorward_workers is of any job"),
        ("1 + 1", "it asks for nothing"),
    ],
)
def test_a_query_that_cannot_work_is_found(query: str, fault: str) -> None:
    """So that the test above can fail."""
    assert any(fault in each for each in faults(query))


def test_the_panels_are_whole() -> None:
    """Each has a number and a place of its own, a unit, and a word on what it shows."""
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
    assert len(set(places)) == len(panels)
    for panel in panels:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        if panel["type"] != "row":
            assert panel["description"]
            assert panel["fieldConfig"]["defaults"]["unit"]
