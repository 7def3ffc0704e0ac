"""Every fuzz target over what is kept of it, and over a few hundred inputs more."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.corpus import CORPUS, FOUND, MOST_BYTES, keep, read_inputs, regressions, render
from fuzz.mutation import mutated
from fuzz.target import SLOW_S, Target, judge
from fuzz.targets import TARGETS

BY_NAME = {target.name: target for target in TARGETS}
DEAR = {"requests.any", "proving.setup"}
CHEAP = [name for name in BY_NAME if name not in DEAR]
MANY, FEW = 100, 30


def _is_fine(target: Target, data: bytes) -> bool:
    found = judge(target, data)
    assert found is None, f"{found.place}\n{render(found.data)}\n{found.story}"
    return True


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_kept_is_answered(name: str) -> None:
    """Corpus and former findings: an answer or a refusal, and nothing else."""
    for data in regressions(name):
        assert _is_fine(BY_NAME[name], data)


@pytest.mark.parametrize("name", BY_NAME)
def test_whatever_arrives_is_answered(name: str) -> None:
    """Kept inputs with a few changes, and bytes of any kind."""
    target, kept = BY_NAME[name], regressions(name)
    words = [word.encode() for word in target.words]
    near = st.integers(0, 1 << 32).map(
        lambda seed: mutated(Random(seed), kept, words, target.longest)
    )

    @settings(max_examples=MANY if name in CHEAP else FEW, database=None)
    @given(st.one_of(near, st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
    def run(data: bytes) -> None:
        assert _is_fine(target, data)

    run()


@pytest.mark.parametrize("name", CHEAP)
def test_a_long_input_costs_no_more_than_its_length(name: str) -> None:
    """Each kept input again and again, to what a form may hold: none is slow by its square."""
    for data in regressions(name)[:4]:
        if data:
            assert _is_fine(BY_NAME[name], (data * (64 * 1024 // len(data)))[: 64 * 1024])


def test_a_bug_is_a_finding() -> None:
    """Another exception than those that are answers, with the line that raised it."""

    def faulty(data: bytes) -> None:
        if data == b"x":
            raise ZeroDivisionError
        raise ValueError

    target = Target("faulty", faulty, (ValueError,))
    found = judge(target, b"x")
    assert found is not None
    assert found.place.startswith("ZeroDivisionError")
    assert judge(target, b"y") is None


def test_an_input_that_keeps_the_server_busy_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of the process's own work count, not those for which it waited."""
    moments = iter([0.0, SLOW_S + 1, 10.0, 10.0])
    monkeypatch.setattr("fuzz.target.time.process_time", lambda: next(moments))
    target = Target("slow", len)
    found = judge(target, b"x")
    assert found is not None
    assert found.place == "slow"
    assert judge(target, b"x") is None


def test_every_target_has_a_corpus_and_every_corpus_a_target() -> None:
    """A few kilobytes each, and inputs of nothing that is gone."""
    for folder in (CORPUS, FOUND):
        assert {path.stem for path in folder.glob("*.txt")} <= set(BY_NAME)
    for name in BY_NAME:
        assert read_inputs(CORPUS, name), name
        assert sum(len(render(data)) for data in read_inputs(CORPUS, name)) <= 2 * MOST_BYTES


def test_what_is_kept_reads_back(tmp_path: Path) -> None:
    """Any bytes stand on one line each, the short ones first, until there is enough."""
    inputs = [bytes(range(256)), b"\r\n\x00", b"'\"\\", b"long" * 300]
    assert keep(tmp_path, "some", inputs, most=1200) == 3
    assert read_inputs(tmp_path, "some") == [inputs[1], inputs[2], inputs[0]]
    assert keep(tmp_path, "some", inputs[:2], most=1200) == 0
