"""An installation made by `doorward init`, and the command itself as a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.nursery import run_doorward
from tests.support.server import DemoServer, running_demo

__all__ = ["DOORWARD", "PASSWORD", "Demo", "Done", "Shell"]

PASSWORD = "correct horse battery"
DOORWARD = str(Path(sys.executable).with_name("doorward"))


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str

    def data(self) -> Any:
        """What it printed with --json."""
        return msgspec.json.decode(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs `doorward` in a folder, with these variables and no others of ours."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What the command finds in its environment."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith("DOORWARD_")}
        return {**kept, "NO_COLOR": "1", **self.variables}

    def run(self, *words: str, typed: str = "") -> Done:
        """Run one command, with `typed` on its standard input, which is no terminal."""
        done = run_doorward(words, folder=self.folder, variables=self.environment(), typed=typed)
        assert "Traceback" not in done.err, done.err
        return Done(done.status, done.out, done.err)

    def data(self, *words: str, typed: str = "") -> Any:
        """What a command that succeeds prints with --json."""
        done = self.run(*words, "--json", typed=typed)
        assert done.status == 0, done.err
        return done.data()


def installed(folder: Path, variables: Mapping[str, str]) -> Shell:
    """An installation in `folder`, and a shell whose commands use it."""
    bare = Shell(folder, variables)
    done = bare.run("init", "place", "--password-file", "-", typed=PASSWORD)
    assert done.status == 0, done.err
    return Shell(folder, {**variables, "DOORWARD_CONFIG": str(folder / "place" / "doorward.toml")})


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A folder with nothing in it."""
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """An installation on SQLite that the tests of a file share."""
    return installed(tmp_path_factory.mktemp("installation"), {})


@pytest.fixture
def either(database_url: str, tmp_path: Path) -> Shell:
    """A fresh installation on each engine."""
    return installed(tmp_path, {"DOORWARD_DATABASE_URL": database_url})


@dataclass(frozen=True)
class Demo:
    """A running demo, and a shell whose commands use its installation."""

    server: DemoServer
    folder: Path
    shell: Shell


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for every test here that needs a server to talk to."""
    place = tmp_path_factory.mktemp("demo")
    with running_demo(place) as server:
        folder = place / "data"
        variables = {
            "DOORWARD_BASE_URL": server.base_url,
            "DOORWARD_DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite'}",
            "DOORWARD_MASTER_KEY_FILE": str(folder / "master.keys"),
        }
        yield Demo(server, folder, Shell(place, variables))
