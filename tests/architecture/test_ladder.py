"""The import contracts hold, and each of them can break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, ROOT, rooms

# Run in a process of its own: the linter configures logging and the import path as it likes.
LINT = (
    "import sys; from importlinter.cli import lint_imports as lint; sys.exit(lint(no_cache=True))"
)


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of a tree; its own package comes before the installed one."""
    environment = dict(os.environ, PYTHONPATH=str(root / "src"), COLUMNS="200")
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write(root: Path, files: dict[str, str]) -> None:
    """Write package files, each folder a package; a contract names `protocol`, so it is there."""
    package = root / "src" / PACKAGE
    for name, text in {"protocol/scope.py": "", **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", root)


def test_the_package_keeps_its_five_contracts() -> None:
    """Every import in the package goes the way that the contracts allow."""
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "5 kept, 0 broken" in done.stdout


BREAKS = [
    pytest.param({"orgs/model.py": "import doorward.token\n", "token/web.py": ""}, "The ladder"),
    pytest.param(
        {"token/web.py": "import doorward.userinfo\n", "userinfo/web.py": ""}, "The ladder"
    ),
    pytest.param({"sidedoor/model.py": ""}, "The ladder"),
    pytest.param(
        {"orgs/model.py": "import doorward.orgs.store\n", "orgs/store.py": ""}, "The four"
    ),
    pytest.param({"orgs/web.py": "import doorward.orgs.jobs\n", "orgs/jobs.py": ""}, "The four"),
    pytest.param({"protocol/pkce.py": "import time\n"}, "protocol: no I/O"),
    pytest.param({"protocol/pkce.py": "from secrets import token_bytes\n"}, "protocol: no I/O"),
    pytest.param({"orgs/service.py": "from sqlalchemy import select\n"}, "SQL only"),
    pytest.param({"cli/shell.py": "import sqlite3\n"}, "SQL only"),
    pytest.param({"orgs/service.py": "from starlette.requests import Request\n"}, "Starlette only"),
    pytest.param({"cli/shell.py": "import fastapi\n"}, "Starlette only"),
]


@pytest.mark.parametrize(("files", "contract"), BREAKS)
def test_each_contract_breaks_on_what_it_forbids(
    tmp_path: Path, files: dict[str, str], contract: str
) -> None:
    """One forbidden import in a small tree breaks exactly the contract that forbids it."""
    write(tmp_path, files)
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert len(broken) == 1
    assert broken[0].startswith(contract)


def test_what_the_contracts_allow_is_allowed(tmp_path: Path) -> None:
    """SQL in a store, Starlette in a web file, and imports that go down the ladder."""
    files = {
        "orgs/store.py": "import sqlalchemy\n",
        "orgs/web.py": "import starlette\nimport doorward.orgs.store\n",
        "db/sqlite.py": "import sqlite3\nimport sqlalchemy\n",
        "console/admin/pages.py": "import fastapi\nimport doorward.orgs\n",
    }
    write(tmp_path, files)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout


def test_every_room_has_its_row() -> None:
    """The ladder names every room, and names it once."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    rows = contracts["contracts"][0]["layers"]
    listed = [room.strip(" ()") for row in rows for room in row.split("|")]
    assert len(listed) == len(set(listed))
    assert set(rooms(ROOT)) <= set(listed)
