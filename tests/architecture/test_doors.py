"""Rooms are entered by their doors; the rule can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.doors import bad_doors, trespasses
from tests.architecture.tree import ROOT

DOOR = '"""It owns one thing.\n\nIt does not own another.\nThe app calls it.\n"""\n'
GOOD = DOOR + "from doorward.orgs.model import Org\n__all__ = ['Org']\n"


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write files below the package of a small tree."""
    for name, text in files.items():
        path = root / "src" / "doorward" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_every_room_has_a_door_that_says_what_it_owns() -> None:
    """Each `__init__.py` has its three sentences and a true list of names."""
    assert bad_doors(ROOT) == []


def test_rooms_are_entered_by_their_doors_only() -> None:
    """No module imports past another room's door, save a store's tables for a join."""
    assert trespasses(ROOT) == []


@pytest.mark.parametrize(
    ("door", "fault"),
    [
        (None, "has no __init__.py"),
        ('"""Organizations."""\n__all__ = []\n', "must say what it owns"),
        (DOOR, "__all__ is missing"),
        (DOOR + "__all__ = [*other]\n", "not a plain list"),
        (DOOR + "__all__ = ['Org']\n", "names Org, which is not defined"),
    ],
)
def test_a_bad_door_is_found(tmp_path: Path, door: str | None, fault: str) -> None:
    """Each fault of a door is told with the room's name."""
    files = {"orgs/model.py": ""} | ({"orgs/__init__.py": door} if door is not None else {})
    findings = bad_doors(plant(tmp_path, files))
    assert len(findings) == 1
    assert findings[0].startswith("orgs: ")
    assert fault in findings[0]


@pytest.mark.parametrize(
    "line",
    [
        "from doorward.orgs.model import Org",
        "import doorward.orgs.service",
        "from ..orgs.service import Orgs",
        "from doorward.orgs import service",
        "def later() -> None:\n    from doorward.orgs.store import organizations",
    ],
)
def test_a_trespass_is_found(tmp_path: Path, line: str) -> None:
    """A room that reaches past a door is found, wherever the import stands."""
    files = {"orgs/__init__.py": GOOD, "token/service.py": f"{line}\n"}
    findings = trespasses(plant(tmp_path, files))
    assert len(findings) == 1
    assert findings[0].startswith("src/doorward/token/service.py:")


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("from doorward.console.account import Pages", True),
        ("from doorward.console import account", True),
        ("from doorward.console.account.web import Pages", False),
        ("from doorward.console.account import Secret", False),
        ("from doorward.console import admin", False),
    ],
)
def test_each_part_of_the_console_has_a_door_of_its_own(
    tmp_path: Path, line: str, allowed: bool
) -> None:
    """The console is a collection: one enters its parts, by their doors."""
    files = {
        "console/__init__.py": DOOR + "__all__ = []\n",
        "console/account/__init__.py": DOOR + "__all__ = ['Pages']\n",
        "console/account/web.py": "",
        "app/routes.py": f"{line}\n",
    }
    assert (trespasses(plant(tmp_path, files)) == []) is allowed


def test_a_part_of_the_console_without_a_door_is_found(tmp_path: Path) -> None:
    """Parts are rooms, and rooms have doors."""
    files = {"console/__init__.py": DOOR + "__all__ = []\n", "console/account/web.py": ""}
    assert bad_doors(plant(tmp_path, files)) == ["console.account: has no __init__.py"]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("token/service.py", "from doorward.orgs import Org"),
        ("token/service.py", "from doorward import orgs"),
        ("token/service.py", "import doorward.orgs"),
        ("token/service.py", "from doorward import __version__"),
        ("token/service.py", "from .model import Grant"),
        ("token/store.py", "from doorward.orgs.store import organizations"),
        ("token/store/codes.py", "from doorward.orgs.store import organizations"),
        ("orgs/service.py", "from doorward.orgs.model import Org"),
    ],
)
def test_an_allowed_import_is_no_trespass(tmp_path: Path, file: str, line: str) -> None:
    """Doors, a room's own files, and another store's tables for a join are open."""
    assert trespasses(plant(tmp_path, {"orgs/__init__.py": GOOD, file: f"{line}\n"})) == []
