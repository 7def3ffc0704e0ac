"""What is made of measured rounds: percentiles, medians, ratios of paired rounds."""

from __future__ import annotations

import json
from pathlib import Path

from bench.load import Round
from bench.measure import Measured, Missing
from bench.results import Results, document_of, paired, write_document
from bench.sign_in_load import Found


def _measured(*rates: int, cpu_us: float = 10.0, failures: int = 0) -> Measured:
    """Rounds of one second with as many operations as ``rates`` say, of 1 ms, 2 ms, and so on."""
    rounds = [
        Round(1.0, [1_000_000 * (n + 1) for n in range(rate)], rate, failures) for rate in rates
    ]
    cpu = [cpu_us * (n + 1) for n in range(len(rates))]
    return Measured(rounds, [0.5] * len(rates), [0.0] * len(rates), cpu, [1.0] * len(rates), 60.0)


def test_percentiles_are_of_all_rounds_together() -> None:
    """Half of all operations took at most p50; the highest share is the slowest of all."""
    measured = _measured(100, 100)
    assert measured.percentile_ms(0.5) == 51.0
    assert measured.percentile_ms(0.99) == 100.0
    assert measured.percentile_ms(1.0) == 100.0
    assert Measured([Round(1.0)]).percentile_ms(0.5) is None


def test_a_rate_of_nothing_gives_no_ratio() -> None:
    """A round in which a peer answered nothing rightly is no division by zero."""
    assert paired([4.0, 6.0], [2.0, 0.0]) == [2.0]


def test_ratios_are_of_rounds_with_the_same_number() -> None:
    """The median over the pairs, not the ratio of the medians."""
    figures = {"refresh": {"doorward": _measured(10, 30, 20), "peer": _measured(10, 10, 40)}}
    document = document_of(Results({"cores": 2}, figures))
    (found,) = document["ratios"]
    assert (found["subject"], found["against"]) == ("doorward", "peer")
    assert (found["median"], found["min"], found["max"]) == (1.0, 0.5, 3.0)
    assert document["rows"][0]["requests_per_s"] == 20
    assert (document["rows"][0]["least_per_s"], document["rows"][0]["most_per_s"]) == (10, 30)


def test_ours_are_compared_both_ways_and_by_what_they_cost() -> None:
    """PostgreSQL is held against SQLite, and two processes against one."""
    figures = {"refresh": {"doorward": _measured(20), "doorward-2": _measured(10, cpu_us=12.0)}}
    document = document_of(Results({"cores": 2}, figures))
    assert [(each["subject"], each["median"]) for each in document["ratios"]] == [
        ("doorward", 2.0),
        ("doorward-2", 0.5),
    ]
    assert {each["subject"]: each["median"] for each in document["cpu_ratios"]} == {
        "doorward": 0.833,
        "doorward-2": 1.2,
    }


def test_the_document_says_what_is_missing_and_which_goals_were_met(tmp_path: Path) -> None:
    """It is JSON, and holds all that the tables and the picture need."""
    missing = [Missing("", "oidc-provider", "NotReady: no node")]
    figures = {"jwks": {"doorward": _measured(10)}}
    document = document_of(Results({"cores": 2}, figures, missing=missing))
    write_document(document, tmp_path / "deep" / "results.json")
    assert json.loads((tmp_path / "deep" / "results.json").read_text()) == document
    goals = {(each["work"], each["verdict"]): each["note"] for each in document["goals"]}
    assert goals["jwks", "not measured"] == "oidc-provider: NotReady: no node"


def test_sign_ins_are_held_against_the_hashing_alone_of_the_same_round() -> None:
    """And whoever introspects meanwhile is told with all the time that it took."""
    found = [
        Found(alone=100.0, sign_ins=rate, busy=1.0, quiet_ms=[1.0], loaded_ms=[wait], failures=0)
        for rate, wait in ((95.0, 10.0), (85.0, 60.0), (90.0, 20.0))
    ]
    document = document_of(Results({"cores": 2}, {}, sign_ins=found))
    (share,) = document["ratios"]
    assert (share["against"], share["median"], share["min"], share["max"]) == (
        "argon2id",
        0.9,
        0.85,
        0.95,
    )
    verdicts = {each["work"]: each["verdict"] for each in document["goals"] if each["work"]}
    assert verdicts == {"sign_in": "met", "introspection_during_sign_in": "missed"}
