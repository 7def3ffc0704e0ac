"""Rules on tracked files: nothing that ties the tree to one machine or to one registry."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Written in pieces, or this file would be its own first finding.
_HOSTS = (
    ("pypi", "org"), ("pypi", "python", "org"), ("pythonhosted", "org"), ("npmjs", "org"),
    ("npmjs", "com"), ("yarnpkg", "com"), ("crates", "io"), ("proxy", "golang", "org"),
    ("sum", "golang", "org"), ("maven", "org"), ("maven", "apache", "org"),
    ("deb", "debian", "org"), ("security", "debian", "org"),
)  # fmt: skip
REGISTRY = re.compile("|".join(r"\b" + r"\.".join(host) + r"\b" for host in _HOSTS), re.IGNORECASE)
# Home folders and the like, not the system's own places such as /usr/bin or /etc.
_HOMES = ("home", "Users", "root", "work", "workspace", "workspaces")
MACHINE_PATH = re.compile(r"(?<![\w./}>:~-])/(?:" + "|".join(_HOMES) + r")/[\w.-]+")
# What tools leave behind, where no version control tells it apart.
LEFT_BEHIND = {"node_modules", "__pycache__", "build", "dist"}


def tracked_files(root: Path) -> list[Path]:
    """Files under version control; without it, every file that could be."""
    if (root / ".git").exists() and shutil.which("git") is not None:
        command = ["git", "-C", str(root), "ls-files", "-z"]
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        paths = [root / name for name in listed.split("\0") if name]
    else:
        paths = [path for path in root.rglob("*") if not _is_left_behind(path.relative_to(root))]
    return sorted(path for path in paths if path.is_file())


def _is_left_behind(path: Path) -> bool:
    hidden = [part for part in path.parts[:-1] if part.startswith(".") and part != ".ci"]
    return bool(hidden) or not LEFT_BEHIND.isdisjoint(path.parts)


def ties(root: Path) -> list[str]:
    """Registry hosts and absolute machine paths in tracked text."""
    own = re.compile(re.escape(str(root)) + r"\b") if len(root.parts) > 2 else None
    return [
        f"{path.relative_to(root).as_posix()}:{number}: {found}"
        for path in tracked_files(root)
        for number, line in _lines(path)
        for pattern in (REGISTRY, MACHINE_PATH, own)
        if pattern is not None
        for found in pattern.findall(line)
    ]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    yield from enumerate(text.splitlines(), start=1)


def resolved_addresses(root: Path) -> list[str]:
    """Lock files of npm that say where a package was fetched, or lack its hash."""
    findings = []
    for path in tracked_files(root):
        if path.name != "package-lock.json":
            continue
        packages: dict[str, dict[str, Any]] = json.loads(path.read_text())["packages"]
        for name, package in packages.items():
            place = f"{path.relative_to(root).as_posix()}: {name}"
            if "resolved" in package:
                findings.append(f"{place} has a resolved address")
            if name and "integrity" not in package:
                findings.append(f"{place} has no hash")
    return findings
