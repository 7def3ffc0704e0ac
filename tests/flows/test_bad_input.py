"""Whatever arrives, the answer is clear and never a failure of ours."""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import httpx2
import pytest

from tests.support.attacks import attack
from tests.support.programs import get_tokens
from tests.support.raw import RawAnswer, raw_request
from tests.support.visits import authorize
from tests.support.world import World

pytestmark = pytest.mark.anyio

PROGRAMS = ("oauth2/token", "oauth2/introspect", "oauth2/revoke")
FORMS = (
    "consent", "signin", "signin/accounts", "oauth2/sessions/logout", "account/sessions",
    "oauth2/sessions/logout/confirm", "account/apps", "oauth2/auth",
)  # fmt: skip
PAGES = (
    "oauth2/auth", "oauth2/auth/continue", "oauth2/auth/cancel", "consent", "signin",
    "signin/accounts", "oauth2/sessions/logout", "signedout", "account", "",
)  # fmt: skip
TYPE = {"content-type": "application/x-www-form-urlencoded"}
NASTY = (
    b"\x00", b"%00", b"%", b"%zz", b"\xff\xfe", b"%ff%fe", b"%ed%a0%80", b"+", b"%0d%0aX:y",
    "\U0001f4a5".encode(), quote("\u202eevil").encode(), b"%7f", b"[]", b"{}",
    b"'%22%3E%3Csvg/onload=alert(1)%3E",
)  # fmt: skip
NAMES = (
    "grant_type", "code", "refresh_token", "token", "client_id", "client_secret", "redirect_uri",
    "scope", "code_verifier", "resource", "state", "nonce", "flow", "csrf", "decision", "username",
    "password", "session", "id_token_hint", "post_logout_redirect_uri", "prompt", "login_hint",
    "response_type", "response_mode", "code_challenge", "max_age", "ui_locales", "lang", "theme",
)  # fmt: skip


def is_clear(answer: httpx2.Response | RawAnswer) -> bool:
    """A refusal or an answer, in a form that the caller can read."""
    status = answer.status if isinstance(answer, RawAnswer) else answer.status_code
    assert status < 500, answer.text
    assert "Traceback" not in answer.text
    return True


async def cookie_of(world: World) -> tuple[tuple[bytes, bytes], ...]:
    """The Cookie header of a browser in which Anna is signed in."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        header = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return ((b"cookie", header.encode()),)


@pytest.fixture(autouse=True)
def nothing_is_a_bug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No request of these tests may be logged as a failure."""
    with caplog.at_level(logging.ERROR):
        yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@attack("logto 1.42")
async def test_programs_send_anything(world: World) -> None:
    """Every nasty value in every field, alone and beside sound ones: JSON, 4xx or 200."""
    sound = {"grant_type": "client_credentials", "token": "x", "code": "x"}
    async with world.http(auth=world.web.basic) as http:
        for path in PROGRAMS:
            for nasty in NASTY:
                for name in NAMES[:12]:
                    rest = urlencode({n: v for n, v in sound.items() if n != name}).encode()
                    body = name.encode() + b"=" + nasty + b"&" + rest
                    answer = await http.post(path, content=body, headers=TYPE)
                    assert is_clear(answer)
                    if answer.content:
                        assert answer.headers["content-type"] == "application/json"


@attack("logto 1.42")
async def test_people_send_anything(world: World) -> None:
    """The same for pages, with and without a session, in the query and in forms."""
    base = f"/o/{world.org.org_id}/"
    form = (b"content-type", b"application/x-www-form-urlencoded")
    for cookies in ((), await cookie_of(world)):
        for nasty in NASTY:
            every = b"&".join(name.encode() + b"=" + nasty for name in NAMES)
            for text in (every, b"flow=" + nasty, nasty):
                for path in PAGES:
                    answer = await raw_request(
                        world.app, "GET", base + path, query=text, headers=cookies
                    )
                    assert is_clear(answer)
                for path in FORMS:
                    answer = await raw_request(
                        world.app, "POST", base + path, body=text, headers=(form, *cookies)
                    )
                    assert is_clear(answer)


async def test_each_parameter_of_an_authorization_may_be_nasty(world: World) -> None:
    """One at a time, so that nothing hides behind another refusal."""
    path = f"/o/{world.org.org_id}/oauth2/auth"
    cookies = await cookie_of(world)
    hints = ("prompt", "login_hint", "id_token_hint", "ui_locales", "max_age", "resource", "lang")
    for name in (*world.request(), *hints):
        rest = urlencode({n: v for n, v in world.request().items() if n != name}).encode()
        for nasty in NASTY:
            query = rest + b"&" + name.encode() + b"=" + nasty
            answer = await raw_request(world.app, "GET", path, query=query, headers=cookies)
            assert is_clear(answer)
            assert "\n" not in answer.headers.get("location", "")


async def test_megabytes_are_refused(world: World) -> None:
    """One long value, many fields, a long query."""
    many = "&".join(f"a{n}=1" for n in range(5000)).encode()
    async with world.http() as http:
        for path in (*PROGRAMS, *FORMS):
            for body in (b"token=" + b"x" * 1_000_000, b"token=" + b"x" * 9_000, many):
                answer = await http.post(path, content=body, headers=TYPE)
                assert is_clear(answer)
                assert answer.status_code in {400, 401, 410, 413, 303}
    for path in PAGES:
        address = f"/o/{world.org.org_id}/{path}"
        long = await raw_request(world.app, "GET", address, query=b"state=" + b"x" * 100_000)
        assert is_clear(long)


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", "", "\xff"]
)
async def test_other_content_types_are_refused(world: World, kind: str) -> None:
    """With an answer that names the right one."""
    headers = [(b"content-type", kind.encode("latin-1"))]
    async with world.http(auth=world.web.basic) as http:
        for path in PROGRAMS:
            answer = await http.post(
                path, content=b"grant_type=client_credentials&token=x", headers=headers
            )
            assert answer.status_code == 400
            assert "application/x-www-form-urlencoded" in answer.json()["error_description"]
        for path in FORMS:
            assert is_clear(await http.post(path, content=b"{}", headers=headers))


async def test_the_charset_of_a_form_may_be_said(world: World) -> None:
    """application/x-www-form-urlencoded;charset=UTF-8, in any case."""
    kind = {"content-type": "Application/X-WWW-Form-urlencoded; Charset=UTF-8"}
    async with world.http(auth=world.web.basic) as http:
        answer = await http.post("oauth2/introspect", content=b"token=x", headers=kind)
    assert answer.json() == {"active": False}


async def test_other_methods_are_refused(world: World) -> None:
    """405 with what is allowed."""
    async with world.http() as http:
        for path in PROGRAMS:
            for method in ("GET", "PUT", "DELETE", "PATCH", "TRACE", "FOO"):
                answer = await http.request(method, path)
                assert answer.status_code == 405
                assert "POST" in answer.headers["allow"]


async def test_credentials_may_be_anything(world: World) -> None:
    """Headers that are not Basic, not base64, not UTF-8, empty, or there twice."""
    odd = (
        b"", b"Basic", b"Basic ", b"Basic !!!", b"Basic /////w==", b"Basic OjA=", b"Basic AA==",
        b"Digest x", b"Bearer x", b"\xff\xfe", b"Basic " + b"QQ" * 40_000, b"basic " + b"YTpi",
        b"Basic JTAwOiUwMA==", b"Basic \xe3\x81\x82",
    )  # fmt: skip
    body = b"grant_type=client_credentials&token=x"
    async with world.http() as http:
        for value in odd:
            headers = [(b"authorization", value), (b"content-type", TYPE["content-type"].encode())]
            for path in PROGRAMS:
                answer = await http.post(path, content=body, headers=headers)
                assert is_clear(answer)
                assert answer.json()["error"] in {"invalid_client", "invalid_request"}
            answer = await http.get("userinfo", headers=[(b"authorization", value)])
            assert is_clear(answer)
            assert answer.status_code in {400, 401}
        twice = [(b"authorization", b"Basic eDp5"), (b"authorization", b"Basic eDp6")]
        for name in (b"content-type", b"cookie", b"host", b"origin", b"content-length"):
            both = [*twice, (name, b"one"), (name, b"two")]
            assert is_clear(await http.request("POST", "oauth2/token", headers=both))
            assert is_clear(await http.request("POST", "consent", headers=both))


async def test_cookies_may_be_anything(world: World) -> None:
    """Another kind of value, a damaged one, many of them."""
    tokens = await get_tokens(world)
    name = f"dw-{world.org.org_id}"
    async with world.http() as browser:
        await authorize(browser, world.request())
        good = browser.cookies[name]
    values = ("", "x", good[:-1], good + "A", good.upper(), tokens["access_token"], '"quoted"', "é")
    for value in values:
        header = f"{name}={value}; {name}; ;;=; dw_lang=xx; dw_theme=\x01; {name}={good}x".encode()
        async with world.http() as browser:
            answer = await browser.get(
                "oauth2/auth", params=world.request(), headers=[(b"cookie", header)]
            )
            assert is_clear(answer)
            assert "code=" not in answer.headers.get("location", "")


@attack("CVE-2026-9793", "CVE-2025-59420")
async def test_id_tokens_of_any_shape_are_no_hint(world: World) -> None:
    """Headers and payloads that are lists, numbers, nested, or of unknown algorithms."""

    def part(text: str) -> str:
        return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    heads = (
        "[]", "1", "null", '"x"', "{}", '{"alg":"none"}', '{"alg":["RS256"]}', '{"alg":{}}',
        '{"alg":"RS256","kid":1}', '{"alg":"RS256","kid":["a"]}', '{"alg":"RS256","crit":["x"]}',
        '{"alg":"RS256","b64":false,"crit":["b64"]}', '{"alg":"HS256"}', '{"alg":"ES256"}',
        '{"alg":"RS256","jwk":{"kty":"oct","k":"AA"}}', '{"alg":1}', '{"alg":null}', "{",
        '{"alg":"RS256","typ":1}', '{"alg":"RS256","x5u":"http://127.0.0.1/"}',
    )  # fmt: skip
    bodies = ("{}", "[]", '{"iss":1}', '{"sub":"1","aud":"x","iss":"y"}', "\x00")
    async with world.http() as browser:
        for head in heads:
            for body in bodies:
                for sign in ("", "AA", "!", "A" * 342):
                    hint = f"{part(head)}.{part(body)}.{sign}"
                    for path in ("oauth2/auth", "oauth2/sessions/logout"):
                        params = {**world.request(prompt="none"), "id_token_hint": hint}
                        assert is_clear(await browser.get(path, params=params))
        answer = await browser.post(
            "oauth2/introspect",
            data={"token": f"{part('{}')}.{part('{}')}.x"},
            auth=world.web.basic,
        )
        assert answer.json() == {"active": False}


@pytest.mark.parametrize("path", ["oauth2/token", "oauth2/introspect", "oauth2/revoke", "userinfo"])
async def test_two_authorization_headers_are_refused(world: World, path: str) -> None:
    """Whichever a proxy looked at, the other is not believed."""
    twice = ((b"authorization", b"Bearer a"), (b"authorization", b"Basic b"))
    form = (b"content-type", b"application/x-www-form-urlencoded")
    answer = await raw_request(
        world.app, "POST", f"/o/{world.org.org_id}/{path}", headers=(form, *twice)
    )
    assert answer.status == 400
    assert "invalid_request" in answer.text


async def test_a_body_that_is_too_large_is_told_so(world: World) -> None:
    """413 with a sentence, and the connection is not used again."""
    form = ((b"content-type", b"application/x-www-form-urlencoded"),)
    answer = await raw_request(
        world.app, "POST", f"/o/{world.org.org_id}/oauth2/token", body=b"a" * 70_000, headers=form
    )
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert "too large" in answer.text
