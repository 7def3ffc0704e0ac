"""The set-up repeats no work, and says what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tools import bootstrap


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that the set-up would have run."""
    ran: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "run", lambda command, **_: ran.append(command))
    return ran


def as_user(monkeypatch: pytest.MonkeyPatch, number: int, *tools: str) -> None:
    """Be the user of that number, on a machine that has these tools."""
    monkeypatch.setattr(os, "geteuid", lambda: number)
    monkeypatch.setattr(shutil, "which", lambda name, **_: name if name in tools else None)


def test_without_rights_it_names_the_packages_and_the_command(
    monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    """A person who is not root reads what to type."""
    as_user(monkeypatch, 1000, "apt-get")
    with pytest.raises(bootstrap.Stop, match=r"apt-get install .* chromium fonts-noto-cjk"):
        bootstrap.install_debian(["chromium", "fonts-noto-cjk"])
    assert commands == []


def test_root_installs_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    """Root need not type anything."""
    as_user(monkeypatch, 0, "apt-get")
    bootstrap.install_debian(["chromium"])
    assert [command[:2] for command in commands] == [["apt-get", "update"], ["apt-get", "install"]]
    assert commands[-1][-1] == "chromium"


def test_another_system_is_told_the_names(
    monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    """Without apt-get nothing is tried, even as root."""
    as_user(monkeypatch, 0)
    with pytest.raises(bootstrap.Stop, match="your system's tool: chromium"):
        bootstrap.install_debian(["chromium"])
    assert commands == []


def test_nothing_missing_needs_no_rights(
    monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    """A machine that has everything is left alone."""
    as_user(monkeypatch, 1000)
    bootstrap.install_debian([])
    assert commands == []


def test_a_stamp_holds_until_a_file_changes(tmp_path: Path) -> None:
    """The same bytes are the same mark; one byte more is another."""
    pins, stamp = tmp_path / "run.txt", tmp_path / ".installed"
    pins.write_text("a==1\n")
    stamp.write_text(bootstrap.fingerprint([pins]))
    assert bootstrap.is_current(stamp, bootstrap.fingerprint([pins]))
    pins.write_text("a==2\n")
    assert not bootstrap.is_current(stamp, bootstrap.fingerprint([pins]))


def test_npm_packages_are_installed_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, commands: list[list[str]]
) -> None:
    """A folder without a lock file is left alone; one with it is installed until it changes."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    bootstrap.install_npm(tmp_path)
    assert commands == []
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    bootstrap.install_npm(tmp_path)
    bootstrap.install_npm(tmp_path)
    assert [command[:2] for command in commands] == [["npm", "ci"]]


def test_an_unknown_wish_is_refused() -> None:
    """A slip in the Makefile is told, not guessed at."""
    command = [sys.executable, str(ROOT / "tools" / "bootstrap.py"), "everything"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage:" in done.stderr
