"""The headers and cookies of every address that the application itself lists."""

from __future__ import annotations

import re
from collections.abc import Iterable

import httpx2
import pytest

from doorward.app.application import _api_services
from doorward.app.floor import FLOOR, HSTS
from doorward.console.api.application import operations_of
from doorward.dialects.neon_crm import SIGN_OUT_PATH
from doorward.http.csp import content_security_policy, security_headers
from tests.attacks.walkers import BASE, ORIGIN, WALKERS, Side, side
from tests.support.factories import PASSWORD
from tests.support.visits import form_of, go, post
from tests.support.world import CALLBACK, World

__all__ = ["side"]

pytestmark = pytest.mark.anyio

PAGE = {name.lower(): value for name, value in security_headers(https=True).items()}
LEAST = {name.decode(): value.decode() for name, value in (*FLOOR, HSTS)}
FIXED = {"strict-transport-security", "x-content-type-options"}
PUBLIC = re.compile(
    r"/assets/|/logos/|/w/1/|/\.well-known/|/api/openapi|/schemas/|/api/(v2/)?openapi"
)
"""What is the same for everybody may be kept by anybody."""
COOKIE = re.compile(
    r"__Host-[A-Za-z0-9_-]+=[A-Za-z0-9_.~-]*; Path=/; SameSite=Lax"
    r"(; Max-Age=\d+)?; HttpOnly; Secure\Z"
)


def is_sound(answer: httpx2.Response, where: str) -> bool:
    """A page has exactly the headers of pages, all else at least those of every answer."""
    headers, shown = answer.headers, f"{where} ({answer.status_code})"
    assert answer.status_code < 500, shown
    kind = headers.get("content-type", "")
    is_page = kind.startswith("text/html")
    if is_page and "sandbox" not in headers.get("content-security-policy", ""):
        for name, value in PAGE.items():
            assert headers.get(name) == value, f"{shown}: {name} is {headers.get(name)!r}"
    else:
        for name, value in LEAST.items():
            said = headers.get(name)
            assert said is not None, f"{shown} has no {name}"
            if name in FIXED or (name == "cache-control" and not PUBLIC.search(where)):
                assert said == value, f"{shown}: {name} is {said!r}"
    for cookie in headers.get_list("set-cookie"):
        assert COOKIE.match(cookie), f"{shown}: {cookie}"
    assert not {"server", "x-powered-by"} & set(headers), shown
    return True


@pytest.mark.parametrize("who", WALKERS)
async def test_every_get_has_its_headers(side: Side, who: str) -> None:
    """Every address under an organization, by nobody, a person and staff; bare, and with more."""
    http = side.walkers[who].http
    paths = side.served.paths("GET")
    assert len(paths) > 60
    pages = 0
    for path in paths:
        if path == SIGN_OUT_PATH and who != "nobody":
            continue
        for query in ("", "?id=7&app=x&flow=x&client_id=x&connector=x&lang=ja&theme=dark"):
            answer = await http.get(f"{BASE}{path}{query}")
            assert is_sound(answer, f"GET {path}{query}")
            pages += answer.headers.get("content-type", "").startswith("text/html")
    assert pages > 10


@pytest.mark.parametrize("who", WALKERS)
async def test_every_post_and_every_wrong_method_has_its_headers(side: Side, who: str) -> None:
    """Without a body, with a body of another kind, by methods that nobody takes."""
    http = side.walkers[who].http
    for path in {route.path for route in side.served.inside}:
        for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
            if path in {"/admin/signout", SIGN_OUT_PATH} and who != "nobody":
                continue
            answer = await http.request(method, f"{BASE}{path}")
            assert is_sound(answer, f"{method} {path}")
        answer = await http.post(f"{BASE}{path}", json={"a": 1})
        assert is_sound(answer, f"POST {path} of JSON")


async def test_every_answer_of_the_api_has_its_headers(side: Side) -> None:
    """Every operation, without and with a credential, with nothing sound in it."""
    http = side.browser()
    for operation in operations_of(_api_services(side.services)):
        path = re.sub(r"\{[^}]*\}", "1", operation.path)
        for headers in ({}, {"authorization": f"Bearer {side.api_key}"}):
            where = f"{operation.method} /api{path}"
            answer = await http.request(operation.method, f"{BASE}/api{path}", headers=headers)
            assert is_sound(answer, where)
    await http.aclose()


async def test_what_is_mounted_and_what_belongs_to_nobody_has_its_headers(side: Side) -> None:
    """Assets, logos, the platforms' APIs, the bare installation, and what is not there."""
    http = side.browser()
    mounts = (*side.served.mounts_inside, *side.served.mounts_outside)
    places = [f"{BASE}{mount}{rest}" for mount in mounts for rest in ("", "/x", "/x/y?a=b")]
    places += [f"{ORIGIN}{mount}{rest}" for mount in mounts for rest in ("", "/x")]
    places += [f"{ORIGIN}{route.path}" for route in side.served.outside]
    places += [ORIGIN, f"{ORIGIN}/", f"{ORIGIN}/x", f"{ORIGIN}/o/nobody/signin", f"{BASE}/%00"]
    for place in places:
        for method in ("GET", "POST"):
            answer = await http.request(method, place)
            assert is_sound(answer, f"{method} {place.removeprefix(ORIGIN)}")
    await http.aclose()


async def test_every_asset_has_its_headers(side: Side) -> None:
    """Each file by the address that a page gives it."""
    http = side.browser()
    page = (await go(http, f"{BASE}/signin")).response.text
    files = set(re.findall(r'(?:href|src)="([^"]*/assets/[^"]+)"', page))
    assert files
    for file in files:
        answer = await http.get(f"{ORIGIN}{file}")
        assert answer.status_code == 200
        assert is_sound(answer, f"GET {file}")
        assert "immutable" in answer.headers["cache-control"] or "max-age" in str(answer.headers)
    await http.aclose()


def form_actions(policies: Iterable[str]) -> set[str]:
    """What the policies say of where forms may lead, the rest of each being the usual one."""
    usual = content_security_policy().removesuffix("'self'")
    assert all(policy.startswith(usual) for policy in policies)
    return {policy.removeprefix(usual) for policy in policies}


async def test_a_form_leads_to_the_application_that_asked_and_nowhere_else(side: Side) -> None:
    """From the sign-in on, and again on the consent page."""
    http, policies = side.browser(), set()
    parameters = World.request(side.world)
    visit = await go(http, f"{BASE}/oauth2/auth?{httpx2.QueryParams(parameters)}")
    policies.add(visit.response.headers["content-security-policy"])
    form = form_of(visit, "password")
    visit = await post(http, form, username="anna", password=PASSWORD.reveal())
    assert visit.page.form_with_button("decision", "allow") is not None
    policies.add(visit.response.headers["content-security-policy"])
    origin = CALLBACK.removesuffix("/callback")
    assert form_actions(policies) == {f"'self' {origin}"}
    await http.aclose()


async def test_every_cookie_is_bound_to_this_very_host(side: Side) -> None:
    """``__Host-``, Secure, HttpOnly and SameSite, on all that a browser is given to keep."""
    http = side.walkers["anna"].http
    chosen = await http.get(f"{BASE}/account?lang=ja&theme=dark")
    kept = [*side.walkers["anna"].received, *chosen.headers.get_list("set-cookie")]
    names = {cookie.partition("=")[0] for cookie in kept}
    assert {"__Host-dw-river", "__Host-dw_lang", "__Host-dw_theme"} <= names
    assert [cookie for cookie in kept if not COOKIE.match(cookie)] == []
    again = await http.get(f"{BASE}/account")
    assert again.headers["content-language"] == "ja"


async def test_without_tls_nothing_is_promised_about_it(world: World) -> None:
    """A browser ignores HSTS there, and would not keep a cookie that is Secure."""
    async with world.http() as http:
        for path in ("signin", "oauth2/token", ".well-known/jwks.json"):
            answer = await http.get(f"{world.issuer}/{path}?lang=ja")
            assert "strict-transport-security" not in answer.headers
            for cookie in answer.headers.get_list("set-cookie"):
                assert "Secure" not in cookie
                assert not cookie.startswith("__Host-")
