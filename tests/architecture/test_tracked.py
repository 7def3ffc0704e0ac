"""Tracked files name no registry and no machine; the rule can fail."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tracked import resolved_addresses, ties, tracked_files
from tests.architecture.tree import ROOT


# Put together here, or this file would be a finding itself.
def host(name: str) -> str:
    return f"{name}.org"


def folder(name: str) -> str:
    return f"/{name}/checkout"


def test_tracked_files_tie_the_tree_to_no_machine_and_no_registry() -> None:
    """No registry's host name and no absolute machine path is under version control."""
    assert ties(ROOT) == []


def test_npm_lock_files_name_no_address() -> None:
    """Packages of npm are pinned by their hashes alone."""
    assert resolved_addresses(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://" + host("pypi") + "/simple",
        '"resolved": "https://registry.' + host("npmjs") + '/x.tgz"',
        'path = "' + folder("home") + '"',
        "see " + folder("root"),
    ],
)
def test_a_tie_is_found(tmp_path: Path, line: str) -> None:
    """Hosts and home folders are found in any kind of text."""
    (tmp_path / "notes.md").write_text(f"first\n{line}\n")
    findings = ties(tmp_path)
    assert len(findings) == 1
    assert findings[0].startswith("notes.md:2: ")


def test_the_folder_of_the_checkout_is_found(tmp_path: Path) -> None:
    """The path of this very checkout is a machine path, wherever it is."""
    (tmp_path / "settings.toml").write_text(f'folder = "{tmp_path}"\n')
    assert len(ties(tmp_path)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "https://app.example.com/home/start",
        "/usr/bin/chromium",
        "{base}/home/x",
        "src/doorward/work/x",
    ],
)
def test_an_ordinary_path_is_no_tie(tmp_path: Path, line: str) -> None:
    """Addresses, the system's places and relative paths may be written."""
    (tmp_path / "notes.md").write_text(f"{line}\n")
    assert ties(tmp_path) == []


@pytest.mark.skipif(
    shutil.which("git") is None,
    reason="an unpacked archive needs no git; the next test is about it",
)
def test_only_tracked_files_count(tmp_path: Path) -> None:
    """What version control ignores or has not been given is nobody's business."""
    for command in (["init", "-q"], ["add", "kept.md"]):
        (tmp_path / "kept.md").touch()
        (tmp_path / "loose.md").touch()
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert [path.name for path in tracked_files(tmp_path)] == ["kept.md"]


def test_without_version_control_what_tools_leave_behind_does_not_count(tmp_path: Path) -> None:
    """An unpacked archive that has been used is judged like a fresh one."""
    for name in (".mypy_cache/x.json", "bench/node/node_modules/a/a.js", ".ci/run", "src/a.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.touch()
    assert [path.name for path in tracked_files(tmp_path)] == ["run", "a.py"]


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        ({"integrity": "sha512-x", "resolved": "somewhere"}, "has a resolved address"),
        ({"version": "1.0.0"}, "has no hash"),
    ],
)
def test_a_bad_lock_file_is_found(tmp_path: Path, package: dict[str, str], fault: str) -> None:
    """An address and a missing hash are both told with the package's name."""
    lock = {"packages": {"": {"name": "x"}, "node_modules/a": package}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    findings = resolved_addresses(tmp_path)
    assert findings == [f"package-lock.json: node_modules/a {fault}"]
