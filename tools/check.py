"""Run every quick check, a few at a time, and print what fails: what `make check` runs."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
QUICK_TESTS = ("tests/architecture", "tests/protocol")
NOT_ASKED = 3
HANDS = 3
"""Two that work, and one that waits for answers from elsewhere."""
TYPED = ("src", "tests", "tools", "bench", "fuzz", "chaos", "failover", "soak", "examples")


@dataclass(frozen=True)
class Check:
    """One check: its name and the command that exits with 0 when all is well."""

    name: str
    command: tuple[str, ...]
    unknown: int | None = None
    """The exit status by which it says that it could not find out."""


@dataclass(frozen=True)
class Outcome:
    """What a check said, and how long it took in seconds."""

    check: Check
    status: int
    output: str
    seconds: float

    @property
    def word(self) -> str:
        """``ok``, ``FAILED``, or ``UNKNOWN`` where the check itself does not know."""
        if self.status == 0:
            return "ok"
        return "UNKNOWN" if self.status == self.check.unknown else "FAILED"


def checks() -> list[Check]:
    """The checks, slowest first so that two hands finish early."""
    tests = [folder for folder in QUICK_TESTS if (ROOT / folder).is_dir()]
    typed = [folder for folder in TYPED if any((ROOT / folder).glob("**/*.py"))]
    return [
        Check("types", (str(BIN / "mypy"), "--no-error-summary", *typed)),
        Check("audit", (sys.executable, str(ROOT / "tools" / "audit.py")), unknown=NOT_ASKED),
        Check("tests", (sys.executable, "-m", "pytest", "--quiet", *tests)),
        Check("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
        Check("lint", (str(BIN / "ruff"), "check", "--quiet", "--output-format=concise", ".")),
        Check("imports", (str(BIN / "lint-imports"), "--no-cache")),
    ]


def perform(check: Check) -> Outcome:
    """Run one check to its end."""
    start = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(check, done.returncode, done.stdout, time.monotonic() - start)


def main() -> int:
    """Run all the checks, or those named; the exit status is 1 when one failed."""
    wanted = set(sys.argv[1:])
    chosen = [check for check in checks() if not wanted or check.name in wanted]
    with ThreadPoolExecutor(max_workers=HANDS) as hands:
        outcomes = list(hands.map(perform, chosen))
    for outcome in outcomes:
        if outcome.word != "ok":
            print(f"--- {outcome.check.name} ---\n{outcome.output.rstrip()}\n")
    for outcome in outcomes:
        print(f"{outcome.check.name:8} {outcome.word:7} {outcome.seconds:5.1f} s")
    return 1 if any(outcome.word == "FAILED" for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
