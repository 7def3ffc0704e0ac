"""Every form of the address table, sent by somebody else: nothing is done and nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

import httpx2
import pytest

from doorward.db import metadata, statement
from tests.attacks.walkers import BASE, ORIGIN, Side, Walker, side
from tests.support.factories import PASSWORD, make_account
from tests.support.second_steps import phone_of
from tests.support.visits import form_of, go, post

__all__ = ["side"]

pytestmark = pytest.mark.anyio

PROGRAMS = {
    "/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/userinfo", "/np/oauth/token",
    "/connect/token",
}  # fmt: skip
"""Called by programs: no cookie is read there, so that no browser can be used against its owner."""

BEGINNINGS = {
    "/oauth2/auth", "/oauth2/sessions/logout", "/np/oauth/auth", "/connect/authorize",
}  # fmt: skip
"""Posted to by other sites by their contract (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2):
they only show what is asked, and the form on that page is one of ours."""

OTHER = "https://evil.example"

OF_BROWSER = (
    "/signin", "/consent", "/oauth2/auth/staff", "/oauth2/sessions/logout/confirm", "/invitation",
    "/signup", "/forgot", "/reset", "/email",
)  # fmt: skip
"""Where the token is the browser's own: nobody need be signed in."""

SECOND = "/signin/second"
"""Below it everything leads back to the first step, before it looks at a form, where no password
was right yet: a test of its own sends these forms once one was."""

Forgery = Callable[[str, str], tuple[dict[str, str], str | None]]
"""From the right token and one of another browser, the headers and the token of a form."""

FORGERIES: dict[str, Forgery] = {
    "without a token": lambda _own, _other: ({}, None),
    "with an empty token": lambda _own, _other: ({}, ""),
    "with another browser's token": lambda _own, other: ({}, other),
    "from another site": lambda own, _: ({"sec-fetch-site": "cross-site"}, own),
    "from a neighbour": lambda own, _: ({"sec-fetch-site": "same-site"}, own),
    "from another origin": lambda own, _: ({"origin": OTHER}, own),
    "from our name without TLS": lambda own, _: ({"origin": "http://id.example.org"}, own),
    "from nowhere without a token": lambda _own, _: ({"origin": "null"}, None),
    "from nowhere on another site": lambda own, _: (
        {"origin": "null", "sec-fetch-site": "cross-site"},
        own,
    ),
}
OURS: dict[str, Forgery] = {
    "as browsers send it": lambda own, _: (
        {"origin": ORIGIN, "sec-fetch-site": "same-origin"},
        own,
    ),
    "without a referrer": lambda own, _: ({"origin": "null"}, own),
}


def pages_of(side: Side) -> list[str]:
    """Every address that takes a form from a person's browser."""
    return [
        path
        for path in side.served.paths("POST")
        if path not in PROGRAMS | BEGINNINGS and not path.startswith(("/neonws/", SECOND))
    ]


def walker_of(side: Side, path: str) -> tuple[Walker, str, str]:
    """Who would fill the form in, its right token, and the one of somebody else's browser."""
    name, stranger = ("staff", "anna") if path.startswith("/admin") else ("anna", "staff")
    own, other = side.walkers[name], side.walkers[stranger]
    if path.startswith(OF_BROWSER):
        return own, own.browser_csrf, other.browser_csrf
    return own, own.csrf, other.csrf


async def send(
    side: Side, path: str, walker: Walker, headers: dict[str, str], csrf: str | None
) -> httpx2.Response:
    """Post to ``path`` about things that are there; with a file where one is awaited."""
    fields = {"flow": walker.flow, "decision": "confirm", "name": "x", "id": "7"}
    query = {"app": side.client_id, "connector": side.connector}
    if csrf is not None:
        fields = {"csrf": csrf, **fields, **query}
    streamed = {route.path for route in side.served.inside if route.streamed}
    url = f"{BASE}{path}"
    if path in streamed:
        files = {"file": ("x.csv", b"email\na@example.org\n", "text/csv")}
        return await walker.http.post(url, data=fields, files=files, headers=headers, params=query)
    return await walker.http.post(url, data={**fields, **query}, headers=headers)


async def fingerprint(side: Side) -> str:
    """Everything that is kept, but for when sessions were last seen."""
    rows = {}
    for table in metadata.sorted_tables:
        if table.name == "browser_sessions":
            continue
        found = await side.services.db.scan(statement(table.select()))
        rows[table.name] = sorted(map(repr, found))
    return sha256(json.dumps(rows).encode()).hexdigest()


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_form_that_is_not_ours_is_refused_and_changes_nothing(
    side: Side, forgery: str
) -> None:
    """At every address, before anything else is looked at, and nothing is kept of it."""
    before = await fingerprint(side)
    answers = {}
    for path in pages_of(side):
        walker, own, other = walker_of(side, path)
        headers, csrf = FORGERIES[forgery](own, other)
        answers[path] = (await send(side, path, walker, headers, csrf)).status_code
    assert {path: status for path, status in answers.items() if status != 403} == {}
    assert await fingerprint(side) == before


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_second_step_that_is_not_ours_is_refused(side: Side, forgery: str) -> None:
    """Behind a right password, at every address of the second step."""
    name = f"kim-{list(FORGERIES).index(forgery)}"
    await phone_of(side.world, await make_account(side.services.db, name))
    paths = [path for path in side.served.paths("POST") if path.startswith(SECOND)]
    assert len(paths) > 1
    async with side.browser() as http:
        form = form_of(await go(http, f"{BASE}/account"), "password")
        visit = await post(http, form, username=name, password=PASSWORD.reveal())
        shown = form_of(visit, "code").fields
        other = side.walkers["staff"].browser_csrf
        headers, csrf = FORGERIES[forgery](shown["csrf"], other)
        for path in paths:
            fields = {"flow": shown["flow"], "code": "000000"}
            fields |= {} if csrf is None else {"csrf": csrf}
            answer = await http.post(f"{BASE}{path}", data=fields, headers=headers)
            assert answer.status_code == 403, path


@pytest.mark.parametrize("way", OURS)
async def test_our_own_form_is_taken(side: Side, way: str) -> None:
    """The same fields with the right token get further: it is the token that was refused."""
    for path in pages_of(side):
        if path.endswith(("/signout", "/logout/confirm")):
            continue
        walker, own, other = walker_of(side, path)
        headers, csrf = OURS[way](own, other)
        answer = await send(side, path, walker, headers, csrf)
        assert answer.status_code != 403, path


async def test_who_may_be_called_by_others_reads_no_cookie(side: Side) -> None:
    """Programs' addresses answer a signed-in browser like any other."""
    for path in sorted(PROGRAMS):
        answers = set()
        for who in ("nobody", "anna", "staff"):
            answer = await side.walkers[who].http.post(f"{BASE}{path}", data={"token": "x"})
            answers.add((answer.status_code, answer.text))
            assert answer.headers.get_list("set-cookie") == []
        assert len(answers) == 1


async def test_who_may_begin_by_post_changes_nothing(side: Side) -> None:
    """Another site's form shows a page, or is refused; nobody is signed out and nothing allowed."""
    for path in sorted(BEGINNINGS):
        walker = side.walkers["anna"]
        answer = await walker.http.post(f"{BASE}{path}", headers={"origin": OTHER})
        assert answer.status_code in {200, 303, 400}
        assert (await walker.http.get(f"{BASE}/account")).status_code == 200
