"""What a person does on the pages, over ASGI and without JavaScript."""

from __future__ import annotations

from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

from tests.support.browser_forms import Form, Page, read_page
from tests.support.factories import PASSWORD

__all__ = ["Visit", "arrive", "authorize", "form_of", "go", "post"]

_STEPS = 12


class Visit:
    """The answers that a browser met, the last of them first in mind."""

    def __init__(self, response: httpx2.Response, path: list[str]) -> None:
        self.response = response
        self.path = path
        """The paths of our own that were shown or passed."""

    @property
    def location(self) -> str:
        """Where the last redirect leads."""
        return self.response.headers["location"]

    @property
    def parameters(self) -> dict[str, str]:
        """The query of the last redirect."""
        return dict(parse_qsl(urlsplit(self.location).query))

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return read_page(self.response)


async def go(http: httpx2.AsyncClient, url: str, **options: object) -> Visit:
    """Open ``url``, which may be a path of ours, and follow our own redirects only."""
    address = urljoin(str(http.base_url), url)
    return await _follow(http, await http.get(address, **options), [])  # type: ignore[arg-type]


async def post(
    http: httpx2.AsyncClient, form: Form, *, headers: dict[str, str] | None = None, **typed: str
) -> Visit:
    """Send a form with what was typed, and follow."""
    answer = await http.post(form.action, data={**form.fields, **typed}, headers=headers or {})
    return await _follow(http, answer, [])


async def _follow(http: httpx2.AsyncClient, answer: httpx2.Response, path: list[str]) -> Visit:
    for _ in range(_STEPS):
        path.append(_path_within(str(answer.request.url)))
        if answer.status_code != 303:
            return Visit(answer, path)
        # Absolute: the client would put a bare path below its base address once more.
        target = urljoin(str(answer.request.url), answer.headers["location"])
        host = urlsplit(target).netloc
        if host != urlsplit(str(http.base_url)).netloc:
            return Visit(answer, path)
        answer = await http.get(target)
    raise AssertionError(f"too many redirects: {path}")


def _path_within(url: str) -> str:
    """The path below the organization, at the shared host or at one of its own."""
    path = urlsplit(url).path
    return path.split("/", 3)[3] if path.startswith("/o/") else path[1:]


def form_of(visit: Visit, field: str) -> Form:
    """The form of the shown page that has ``field`` or a button of that name."""
    page = visit.page
    found = page.form_with(field) or page.form_with_button(field)
    assert found is not None, f"no form with {field} at {page.url}: {page.text[:300]}"
    return found


async def arrive(
    http: httpx2.AsyncClient, params: dict[str, str], at: str = "oauth2/auth"
) -> Visit:
    """Open an authorization request and see what it asks."""
    answer = await http.get(at, params=params)
    return await _follow(http, answer, [])


async def authorize(
    http: httpx2.AsyncClient,
    params: dict[str, str],
    *,
    username: str = "anna",
    decision: str = "allow",
    at: str = "oauth2/auth",
) -> Visit:
    """Do everything that is asked until the application is reached: where, and by which pages."""
    visit = await arrive(http, params, at)
    passed = list(visit.path)
    for _ in range(_STEPS):
        if visit.response.status_code == 303:
            return Visit(visit.response, passed)
        page = visit.page
        if form := page.form_with("password"):
            visit = await post(http, form, username=username, password=PASSWORD.reveal())
        elif form := page.form_with_button("decision", decision):
            visit = await post(http, form, decision=decision)
        else:
            raise AssertionError(f"stuck at {page.url}: {page.text[:300]}")
        passed += visit.path
    raise AssertionError(f"never arrived: {passed}")
