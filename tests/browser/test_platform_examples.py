"""The examples for Neos and Neon beside the demo, in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Setting, Visitor
from tests.support.ports import free_port
from tests.support.server import DemoServer, wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = [Setting(), Setting(javascript=False, theme="dark", width=320)]


@contextmanager
def running(name: str, demo: DemoServer) -> Iterator[str]:
    """An example with the demo's own credentials."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLES / name / "app.py"), str(demo.facts_file)],
        env={**os.environ, "PORT": str(port)},
    )
    try:
        wait_until(lambda: _is_up(url) or process.poll() is not None, f"{url} does not answer")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _is_up(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def visitor_of(visit: Visit, demo: DemoServer, setting: Setting, org_id: str, url: str) -> Visitor:
    """A person of ``org_id`` who comes to the example at ``url``."""
    visitor = visit(demo, setting)
    visitor.sample = url
    visitor.person = demo.organization(org_id).constituents[0]
    return visitor


@pytest.mark.parametrize("setting", SETTINGS, ids=["light", "dark-narrow-without-javascript"])
def test_somebody_takes_a_place_and_links_an_account(
    visit: Visit, demo: DemoServer, setting: Setting
) -> None:
    """The first scenario of the platform's document, and the way back out of it."""
    with running("neos_event_registration", demo) as url:
        guest = visitor_of(visit, demo, setting, "neos", url)
        page = guest.page
        page.goto(url)
        page.fill("#name", "Lumi")
        guest.press("#register")
        assert page.locator("#guest").inner_text() == "Lumi"
        guest.press("#link")
        guest.sign_in()
        if guest.is_asked_for_consent():  # the person before allowed it in this demo
            guest.decide("allow")
        page.wait_for_url(f"{url}/")
        assert page.locator("#username").inner_text() == "lumen"
        assert page.locator("#user-id").inner_text() == "U-1001"
        assert "Lantern (confirmed" in page.locator("#tier").inner_text()
        _judge(guest, "the linked account")
        guest.press("#unlink")
        assert page.locator("#link").is_visible()


@pytest.mark.parametrize("setting", SETTINGS, ids=["light", "dark-narrow-without-javascript"])
def test_projects_are_drawn(visit: Visit, demo: DemoServer, setting: Setting) -> None:
    """A disc and a name for each, of the person's own and of the shared ones, by region."""
    with running("neon_projects", demo) as url:
        guest = visitor_of(visit, demo, setting, "neon", url)
        page = guest.page
        page.goto(url)
        guest.press("#connect")
        guest.sign_in()
        if guest.is_asked_for_consent():  # the person before allowed it in this demo
            guest.decide("allow")
        page.wait_for_url(f"{url}/")
        regions, drawn = page.locator(".region"), page.locator(".region li")
        assert drawn.count() >= 6
        assert page.locator("circle").count() == drawn.count()
        assert 1 < regions.count() < drawn.count()
        tides = regions.filter(has_text="Tide tables")
        assert tides.locator("h2").inner_text() == "aws-ap-southeast-2"
        _judge(guest, "the picture")


def _judge(guest: Visitor, where: str) -> None:
    if guest.setting.javascript:  # the judge is a script
        guest.judge(where)
