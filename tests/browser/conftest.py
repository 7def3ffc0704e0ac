"""A real server, a real Chromium, and visitors who complain about what a person should not meet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitor import Setting, Visitor
from tests.support.server import DemoServer, running_demo

# What draws needs no process of its own: that costs a tenth of every page.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-background-networking",
]

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. It ends with the module: its event loop must not meet other tests."""
    path = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """One demo for every test that does not care what was allowed before."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        running.wait_for_sample()
        yield running


@pytest.fixture
def fresh_demo(tmp_path: Path) -> Iterator[DemoServer]:
    """A demo in which nobody has allowed anything yet."""
    with running_demo(tmp_path) as running:
        running.wait_for_sample()
        yield running


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Opens a browser for one person; at the end nobody may have complained."""
    with ExitStack() as open_visits:

        def enter(server: DemoServer, setting: Setting | None = None) -> Visitor:
            return open_visits.enter_context(Visitor(chromium, server, setting or Setting()))

        yield enter


@pytest.fixture
def visitor(visit: Visit, demo: DemoServer) -> Visitor:
    """Somebody with an ordinary browser."""
    return visit(demo)
