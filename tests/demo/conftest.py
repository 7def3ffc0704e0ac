"""One demo for the tests that only look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.server import DemoServer, running_demo


@dataclass(frozen=True)
class Demo:
    """A running demo and the folder of its data."""

    server: DemoServer
    data: Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """It runs for all of them."""
    folder = tmp_path_factory.mktemp("demo")
    with running_demo(folder) as server:
        yield Demo(server, folder / "data")
