"""The written record is true: the map, the decisions, the fragments, and the pinned files."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture import documents
from tests.architecture.tree import ROOT


def test_every_path_on_the_map_exists_and_every_room_is_on_it() -> None:
    """A reader who follows a flow finds each file."""
    assert documents.map_faults(ROOT) == []


def test_decisions_are_numbered_and_complete() -> None:
    """Each record tells context, decision, alternatives and consequences."""
    assert documents.decision_faults(ROOT) == []


def test_fragments_say_what_kind_of_change_they_are() -> None:
    """The changelog can be put together from the names alone."""
    assert documents.fragment_faults(ROOT) == []


def test_links_and_pictures_of_the_documents_lead_somewhere() -> None:
    """And no picture is kept that nobody sees."""
    assert documents.link_faults(ROOT) == []


@pytest.mark.parametrize("name", ["run", "dev"])
def test_the_pins_are_complete_for_every_python_and_machine(name: str) -> None:
    """A file compiled on one Python installs on all that are supported."""
    assert documents.lock_faults(ROOT, name) == []


def test_the_developers_pins_are_those_of_the_server_and_more() -> None:
    """Tests run with the very versions that the server ships with."""
    assert documents.pins(ROOT, "run").items() <= documents.pins(ROOT, "dev").items()


def test_every_declared_dependency_is_pinned_within_its_bounds() -> None:
    """What pyproject.toml declares and what is compiled from it do not drift apart."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    groups = project["dependency-groups"]
    wanted = {
        "run": [
            *project["project"]["dependencies"],
            *chain.from_iterable(extras.values()),
            *groups["build"],
        ],
        "dev": groups["dev"],
        "peers": groups["peers"],
        "node": groups["node"],
    }
    for name, requirements in wanted.items():
        pinned = documents.pins(ROOT, name)
        for requirement in map(Requirement, requirements):
            assert pinned[canonicalize_name(requirement.name)] in requirement.specifier


@pytest.mark.parametrize("name", ["run", "dev", "peers", "node"])
def test_every_pin_has_hashes_and_no_file_names_an_index(name: str) -> None:
    """Pip is held to the bytes that were compiled, wherever it fetches them."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    assert entries
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "index-url" not in text
    assert "find-links" not in text


def test_every_declared_dependency_has_its_reason() -> None:
    """The record of dependencies names each one that pyproject.toml declares."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    record = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    declared = [
        *project["project"]["dependencies"],
        *chain.from_iterable(project["project"]["optional-dependencies"].values()),
        *chain.from_iterable(project["dependency-groups"].values()),
    ]
    names = {Requirement(line).name for line in declared}
    assert sorted(name for name in names if f"`{name}`" not in record) == []


def test_a_wrong_map_is_found(tmp_path: Path) -> None:
    """A path that is gone and a room that no flow names are both told."""
    (tmp_path / "src/doorward/orgs").mkdir(parents=True)
    (tmp_path / "src/doorward/orgs/model.py").touch()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/map.md").write_text(
        "1. `token/web.py`, at `/oauth2/token`\n2. `docs/map.md`\n"
    )
    assert documents.map_faults(tmp_path) == [
        "token/web.py does not exist",
        "the room orgs is not on the map",
    ]


def test_a_wrong_decision_is_found(tmp_path: Path) -> None:
    """A gap in the numbers and a missing part are both told."""
    folder = tmp_path / "docs" / "decisions"
    folder.mkdir(parents=True)
    (folder / "0002-rows.md").write_text("## Context\n## Decision\n## Consequences\n")
    assert documents.decision_faults(tmp_path) == [
        "0002-rows.md: should be number 0001",
        "0002-rows.md: lacks '## Alternatives'",
    ]


def test_a_wrong_fragment_is_found(tmp_path: Path) -> None:
    """A fragment whose name has no kind is told; a good one is not."""
    folder = tmp_path / "changes"
    folder.mkdir()
    for name in ("README.md", "first-release.added.md", "news.md"):
        (folder / name).touch()
    assert len(documents.fragment_faults(tmp_path)) == 1


def test_a_missing_pin_is_found(tmp_path: Path) -> None:
    """A requirement of an installed package that the file leaves out is told."""
    folder = tmp_path / "requirements"
    folder.mkdir()
    (folder / "run.txt").write_text("jinja2==3.1.6 \\\n    --hash=sha256:00\n")
    (fault,) = documents.lock_faults(tmp_path, "run")
    assert fault.startswith("jinja2 needs MarkupSafe")


def test_a_wrong_link_is_found(tmp_path: Path) -> None:
    """A page or picture that is gone, and a picture that no document shows, are all told."""
    images = tmp_path / "docs" / "images"
    images.mkdir(parents=True)
    (images / "seen.png").touch()
    (images / "unseen.png").touch()
    (tmp_path / "README.md").write_text(
        '[a](docs/gone.md#part) [b](https://b.example/) [c](#c) <img src="docs/images/seen.png">'
    )
    (tmp_path / "docs" / "page.md").write_text('<source srcset="images/lost.png">')
    assert documents.link_faults(tmp_path) == [
        "README.md: gone.md is not there",
        "docs/page.md: lost.png is not there",
        "unseen.png is in no document",
    ]
