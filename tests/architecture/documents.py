"""Rules on the written record: map, decisions, fragments, links and pictures, pinned files."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import PACKAGE, rooms

IN_BACKTICKS = re.compile(r"`([^`\s]+)`")
DECISION = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
DECISION_PARTS = ("## Context", "## Decision", "## Alternatives", "## Consequences")
FRAGMENT = re.compile(r"[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md")
LINK = re.compile(r"""\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)\"""")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
MACHINES = ("x86_64", "aarch64")


def map_faults(root: Path) -> list[str]:
    """Paths in docs/map.md that do not exist, and rooms that no flow passes through."""
    text = (root / "docs" / "map.md").read_text(encoding="utf-8")
    paths = {path for path in IN_BACKTICKS.findall(text) if "/" in path and "://" not in path}
    inside = {path for path in paths if not path.startswith("/")}
    missing = [f"{path} does not exist" for path in sorted(inside) if not _exists(root, path)]
    named = {path.split("/")[0] for path in inside}
    unnamed = [f"the room {room} is not on the map" for room in rooms(root) if room not in named]
    return missing + unnamed


def _exists(root: Path, path: str) -> bool:
    """A path of the map starts at the root, or at the package to spare the reader its prefix."""
    return (root / path).exists() or (root / "src" / PACKAGE / path).exists()


def decision_faults(root: Path) -> list[str]:
    """Decision records with a wrong name, a wrong number, or a part missing."""
    faults = []
    records = sorted((root / "docs" / "decisions").glob("*.md"))
    for expected, path in enumerate(records, start=1):
        named = DECISION.fullmatch(path.name)
        if named is None or int(named.group(1)) != expected:
            faults.append(f"{path.name}: should be number {expected:04}")
        text = path.read_text(encoding="utf-8")
        faults += [f"{path.name}: lacks {part!r}" for part in DECISION_PARTS if part not in text]
    return faults


def fragment_faults(root: Path) -> list[str]:
    """Changelog fragments whose name does not say what kind of change they are."""
    return [
        f"changes/{path.name}: the name must be like short-title.added.md"
        for path in sorted((root / "changes").iterdir())
        if path.name != "README.md" and not FRAGMENT.fullmatch(path.name)
    ]


def link_faults(root: Path) -> list[str]:
    """Links and pictures of the documents that lead nowhere, and pictures that none shows."""
    linked = set()
    for document in _documents(root):
        for found in LINK.finditer(document.read_text(encoding="utf-8")):
            target = (found[1] or found[2]).partition("#")[0]
            if target and ":" not in target:
                linked.add((document.relative_to(root), (document.parent / target).resolve()))
    missing = [f"{name}: {path.name} is not there" for name, path in linked if not path.exists()]
    shown = {path for _, path in linked}
    pictures = (root / "docs" / "images").glob("*")
    unseen = [f"{each.name} is in no document" for each in pictures if each.resolve() not in shown]
    return sorted(missing + unseen)


def _documents(root: Path) -> list[Path]:
    return [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/*/*.md")]


def pins(root: Path, name: str) -> dict[str, str]:
    """Versions that requirements/{name}.txt pins, by canonical package name."""
    text = (root / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {canonicalize_name(package): version for package, version in PIN.findall(text)}


def lock_faults(root: Path, name: str) -> list[str]:
    """Requirements that some supported Python or machine has, and the file does not pin.

    The file is compiled on one Python; a package may ask for more on another. The installed
    packages' own metadata tells.
    """
    pinned = pins(root, name)
    faults = set()
    for package in pinned:
        try:
            wanted = metadata.requires(package) or []
        except metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, wanted):
            needed = canonicalize_name(requirement.name)
            if needed not in pinned and _applies(requirement):
                faults.add(f"{package} needs {requirement}, which {name}.txt does not pin")
    return sorted(faults)


def _applies(requirement: Requirement) -> bool:
    """Whether a requirement holds somewhere, with no extra asked for."""
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate(
            {
                "python_version": python,
                "python_full_version": f"{python}.0",
                "platform_machine": machine,
                "extra": "",
            },
        )
        for python in PYTHONS
        for machine in MACHINES
    )
