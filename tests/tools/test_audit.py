"""What `make check` says of advisories: clean, vulnerable or not known, never one for another."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tools import audit, check

CLEAN: dict[str, Any] = {"name": "a", "version": "1", "vulns": []}
SILENT: dict[str, Any] = {"name": "b", "skip_reason": "nobody answered"}
KNOWN: dict[str, Any] = {
    "name": "c",
    "version": "2",
    "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}],
}


@pytest.mark.parametrize(
    ("packages", "status", "says"),
    [
        ([CLEAN, CLEAN], audit.CLEAN, "no advisory about any of 2 packages"),
        ([CLEAN, KNOWN], audit.VULNERABLE, "c 2: CVE-1, corrected in 3"),
        ([CLEAN, SILENT], audit.NOT_ASKED, "could not be asked about 1 of 2 packages"),
        ([SILENT], audit.NOT_ASKED, "could not be asked about 1 of 1 packages"),
        ([], audit.NOT_ASKED, "could not be asked about any of the packages"),
        ([SILENT, KNOWN], audit.VULNERABLE, "could not be asked about 1"),
    ],
)
def test_silence_is_not_taken_for_a_clean_answer(
    packages: list[dict[str, Any]], status: int, says: str
) -> None:
    """Only an answer about every package is clean; an advisory counts whatever else is silent."""
    report = audit.read_report({"dependencies": packages})
    assert report.status == status
    assert says in "\n".join(report.lines())


@pytest.mark.parametrize("failure", ["slow", "broken"])
def test_a_service_that_does_not_answer_is_not_known(
    monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """It hangs, or what comes back is no report."""

    def run(command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        if failure == "slow":
            raise subprocess.TimeoutExpired(command, more["timeout"])
        return subprocess.CompletedProcess(command, 1, "", "no route to host")

    monkeypatch.setattr("tools.audit.subprocess.run", run)
    report = audit.ask()
    assert report.status == audit.NOT_ASKED
    assert report.lines()


@pytest.mark.parametrize(
    ("status", "word", "passes"), [(0, "ok", True), (1, "FAILED", False), (3, "UNKNOWN", True)]
)
def test_the_checks_tell_what_is_not_known_apart(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    word: str,
    passes: bool,
) -> None:
    """It has a word of its own and its sentence, and does not stop those who have no network."""
    command = ("sh", "-c", f"echo the sentence; exit {status}")
    monkeypatch.setattr(check, "checks", lambda: [check.Check("audit", command, unknown=3)])
    monkeypatch.setattr("tools.check.sys.argv", ["check.py"])
    assert (check.main() == 0) is passes
    told = capsys.readouterr().out
    assert f"audit    {word}" in told
    assert ("the sentence" in told) is (word != "ok")
