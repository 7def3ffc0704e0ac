"""Ask an advisory service about every package that a server runs on: part of `make check`.

The exit status is 0 when it knows of nothing, 1 when it knows of something, and 3 when it could not
be asked about all of them, which is not the same as knowing of nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "requirements" / "run.txt"
CLEAN, VULNERABLE, NOT_ASKED = 0, 1, 3
PATIENCE_S = 40
"""In all: `make check` is to take less than a minute."""
ANSWER_S = 5


@dataclass(frozen=True)
class Report:
    """What is known: packages with advisories, those without, and those that nobody spoke of."""

    advisories: tuple[str, ...]
    clean: int
    silent: int

    @property
    def status(self) -> int:
        """The exit status."""
        if self.advisories:
            return VULNERABLE
        return NOT_ASKED if self.silent or not self.clean else CLEAN

    def lines(self) -> list[str]:
        """What to print."""
        told = list(self.advisories)
        if self.silent or not self.clean:
            asked = self.clean + self.silent
            told.append(
                f"the advisory service could not be asked about {self.silent or 'any'}"
                f" of {asked or 'the'} packages: nothing is known of these"
            )
        elif not told:
            told.append(f"no advisory about any of {self.clean} packages")
        return told


def read_report(document: dict[str, Any]) -> Report:
    """A report from pip-audit's JSON."""
    advisories: list[str] = []
    clean = silent = 0
    for package in document["dependencies"]:
        if "skip_reason" in package:
            silent += 1
        elif package["vulns"]:
            advisories += [_line(package, each) for each in package["vulns"]]
        else:
            clean += 1
    return Report(tuple(advisories), clean, silent)


def _line(package: dict[str, Any], advisory: dict[str, Any]) -> str:
    fixed = ", ".join(advisory["fix_versions"]) or "nothing yet"
    return f"{package['name']} {package['version']}: {advisory['id']}, corrected in {fixed}"


def ask() -> Report:
    """Ask, for as long as there is patience. No answer at all is a report of silence."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--format=json"]
    command += ["--disable-pip", f"--timeout={ANSWER_S}", f"--requirement={PINS}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        return read_report(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return Report((), 0, 0)


def main() -> int:
    """Print what is known, and say by the exit status which it is."""
    report = ask()
    print("\n".join(report.lines()))
    return report.status


if __name__ == "__main__":
    sys.exit(main())
