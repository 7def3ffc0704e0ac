"""Every page that a link leads to, in a real browser: none asks another host for anything."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urldefrag, urlsplit

import pytest
from playwright.sync_api import Error, Response

from doorward.console.admin.model import SECTIONS
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.server import DemoServer

MOST = 140
ENDS = ("/signout", "/signedout", "/logout", "/logout.do", "/download", ".csv", ".json", ".jsonl")
"""What ends the visit, or is a file and no page."""


def _links(visitor: Visitor) -> Iterator[str]:
    """The addresses of ours on the page that is shown."""
    own = visitor.riverbend.issuer
    for link in visitor.page.locator("a[href]").evaluate_all("them => them.map(a => a.href)"):
        url = urldefrag(link).url
        path = urlsplit(url).path
        if url.startswith(own) and not path.endswith(ENDS) and "export" not in url:
            yield url


def _kind(url: str) -> tuple[str, tuple[str, ...]]:
    """Pages of one kind have one path and the same parameters: one of them is enough."""
    parts = urlsplit(url)
    return parts.path, tuple(sorted(name for name, _ in parse_qsl(parts.query)))


def _open(visitor: Visitor, url: str) -> Response | None:
    """The page at ``url``; None for a file, which is kept and shows nothing."""
    try:
        answer = visitor.page.goto(url)
    except Error as error:
        if "Download is starting" not in error.message:
            raise
        return None
    assert answer is not None
    return answer


def walk(visitor: Visitor, *starts: str) -> set[str]:
    """Follow every link from ``starts`` once for each kind of page; the paths that were seen.

    The visitor complains about a request to another host, and about what the policy refused.
    """
    waiting = [f"{visitor.riverbend.issuer}{start}" for start in starts]
    met = set(map(_kind, waiting))
    paths: set[str] = set()
    while waiting and len(paths) < MOST:
        answer = _open(visitor, waiting.pop(0))
        if answer is None:
            continue
        assert answer.status < 500
        paths.add(urlsplit(visitor.page.url).path.partition("/o/riverbend")[2])
        for url in _links(visitor):
            if _kind(url) not in met:
                met.add(_kind(url))
                waiting.append(url)
    return paths


@pytest.mark.parametrize("who", ["staff", "anybody"])
def test_no_page_asks_another_host_for_anything(visit: Visit, demo: DemoServer, who: str) -> None:
    """Pictures, styles, scripts, preloads: the demo's people see pages of its own host alone."""
    visitor = visit(demo)
    if who == "staff":
        visitor.person = visitor.riverbend.staff[0]
        visitor.page.goto(f"{visitor.riverbend.issuer}/admin")
        visitor.sign_in()
        paths = walk(visitor, *(section.path for section in SECTIONS), "/developer", "/account")
        assert {section.path for section in SECTIONS} <= paths
        assert len(paths) > 30
        return
    visitor.page.goto(f"{visitor.riverbend.issuer}/account")
    visitor.sign_in()
    paths = walk(visitor, "/account", "/developer", "/connect", "/signin", "/forgot", "/nothing")
    assert len(paths) > 10
