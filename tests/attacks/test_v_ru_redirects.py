"""V-RU: nobody is sent to an address that was not registered, character for character."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from doorward.clients import BadApplication
from doorward.protocol import AuthMethod
from tests.support.attacks import asvs, attack
from tests.support.programs import Program, error_of, get_code
from tests.support.raw import raw_request
from tests.support.spec import spec
from tests.support.visits import arrive, authorize, form_of, post
from tests.support.world import CALLBACK, World

pytestmark = pytest.mark.anyio

GOOD = "https://good.example/cb"
LOOPBACK = "http://127.0.0.1/cb"

VARIANTS = (
    f"{GOOD}?x=1", f"{GOOD};p=1", f"{GOOD}#f", f"{GOOD}/", f"{GOOD}/../cb", f"{GOOD}/..;/x",
    f"{GOOD}/%2e%2e/x", f"{GOOD}\\x", f"{GOOD}%5cx", f"{GOOD}\t", f"{GOOD}\n", f" {GOOD}",
    "https://good.example/CB", "https://GOOD.example/cb", "HTTPS://good.example/cb",
    "https://good.example:443/cb", "https://good.example./cb", "http://good.example/cb",
    "https://good.example@evil.example/cb", "https://evil@good.example/cb",
    "https://good.example/cb@evil.example", "https://good@evil@good.example/cb",
    "https://evil.example/https://good.example/cb", "https://good.example.evil.example/cb",
    "https://xgood.example/cb", "https://good%2eexample/cb", "https://goodxexample/cb",
    "https://gооd.example/cb", "https://xn--gd-pmb.example/cb", "//good.example/cb", "/cb", "cb",
    "https:good.example/cb", "https:///good.example/cb", "https://good.example\\@evil.example/cb",
    "https://[good.example]/cb", "https://good.example/cb%00", "https://good.example/cb%0a",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x", "",
)  # fmt: skip
LOOPBACK_VARIANTS = (
    "http://localhost/cb", "http://localhost:8080/cb", "http://127.0.0.1.evil.example/cb",
    "http://127.0.0.1:80@evil.example/cb", "http://127.0.0.2/cb", "http://127.1/cb",
    "http://2130706433/cb", "http://0x7f.0.0.1/cb", "http://127.0.0.1:99999/cb",
    "http://127.0.0.1:0/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:8080/cb/x",
    "http://127.0.0.1:8080/cb?x=1", "https://127.0.0.1/cb", "http://[::1]/cb",
    "http://[::ffff:127.0.0.1]/cb", "http://127.0.0.1:8080:9090/cb", "http://127.0.0.1:+80/cb",
    "http://0.0.0.0/cb", "http://127.0.0.1%2f@evil.example/cb", "http://127.0.0.1:８０８０/cb",
)  # fmt: skip


@attack("DOT 3.4.1", "CVE-2026-7504", "CVE-2026-3872", "CVE-2019-11269", "CVE-2024-52289")
@attack("CVE-2026-9086", "CVE-2023-6134", "CVE-2019-9837")
@asvs("10.4.1")
@spec("RFC 9700", "4.1.3", "redirect URIs are compared as exact strings")
async def test_v_ru_no_variant_of_a_registered_address_is_redirected_to(world: World) -> None:
    """In every response mode and with prompt=none: a page, and no Location."""
    known = await world.register("Good", redirect_uris=(GOOD,))
    for uri in VARIANTS:
        for also in ({}, {"response_mode": "form_post"}, {"prompt": "none"}):
            async with world.http() as browser:
                wanted = world.request(client_id=known.client_id, redirect_uri=uri, **also)
                answer = await browser.get("oauth2/auth", params=wanted)
            assert answer.status_code == 400, uri
            assert "location" not in answer.headers
            assert "http-equiv" not in answer.text
            assert "data-submit" not in answer.text


@attack("CVE-2026-18211", "CVE-2024-8883")
@spec("RFC 8252", "7.3", "of a loopback address only the port is free")
async def test_v_ru_of_a_loopback_address_only_the_port_is_free(world: World) -> None:
    """Not the host, not the path, and not what merely begins like it."""
    known = await world.register(
        "Pocket", kind="native", auth_method=AuthMethod.NONE, redirect_uris=(LOOPBACK,)
    )
    async with world.http() as browser:
        for uri in LOOPBACK_VARIANTS:
            wanted = world.request(client_id=known.client_id, redirect_uri=uri)
            answer = await browser.get("oauth2/auth", params=wanted)
            assert answer.status_code == 400, uri
            assert "location" not in answer.headers
        free = world.request(client_id=known.client_id, redirect_uri="http://127.0.0.1:65535/cb")
        assert (await arrive(browser, free)).path[-1] == "signin"


async def test_v_ru_a_registered_https_address_has_no_free_port(world: World) -> None:
    """Nor has http://localhost."""
    known = await world.register("Local", redirect_uris=(GOOD, "http://localhost:3000/cb"))
    async with world.http() as browser:
        for uri in ("https://good.example:8443/cb", "http://localhost:3001/cb"):
            wanted = world.request(client_id=known.client_id, redirect_uri=uri)
            assert (await browser.get("oauth2/auth", params=wanted)).status_code == 400


@attack("CVE-2026-9086")
@pytest.mark.parametrize("field", ["redirect_uris", "post_logout_redirect_uris"])
async def test_v_ru_dangerous_addresses_cannot_be_registered(world: World, field: str) -> None:
    """Script, data, files, plain http elsewhere, user names, fragments."""
    for uri in (
        "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///x", "http://x.example/cb",
        "https://a@x.example/", "https://x.example/#f", "https://x.example/../y", "x", "*",
        "https://*.x.example/", "com.example.app:/cb", "https://x.example\\cb",
    ):  # fmt: skip
        with pytest.raises(BadApplication):
            await world.register("Bad", **{field: (uri,)})
    for link in ("homepage_url", "privacy_url", "terms_url"):
        with pytest.raises(BadApplication):
            await world.register("Bad", **{link: "javascript:alert(1)"})


@attack("GHSA-h29v-hj44-q8cv")
async def test_v_ru_the_token_endpoint_checks_the_address_again(world: World) -> None:
    """The one of the authorization, exactly: another registered one will not do."""
    known = await world.register("Two", redirect_uris=(GOOD, f"{GOOD}2"))
    program = Program(world, known)
    code = await get_code(world, client_id=known.client_id, redirect_uri=GOOD)
    for uri in (f"{GOOD}2", f"{GOOD}/", None, "", CALLBACK):
        assert error_of(await program.redeem(code, redirect_uri=uri)) == "invalid_grant"
    assert (await program.redeem(code, redirect_uri=GOOD)).status_code == 200


@attack("CVE-2024-25715")
async def test_v_ru_no_parameter_of_ours_is_an_open_redirect(world: World) -> None:
    """next, return, continue and the like lead nowhere, before and after the sign-in."""
    evil = ("https://evil.example", "//evil.example", "/\\evil.example", "https:evil.example")
    names = ("next", "return_to", "continue", "continue_path", "callback", "url", "rd", "targetUrl")
    async with world.http() as browser:
        for target in evil:
            query = httpx2.QueryParams(dict.fromkeys(names, target))
            for path in ("signin", "account", "signedout", "oauth2/sessions/logout", ""):
                answer = await browser.get(f"{path}?{query}")
                assert "evil.example" not in answer.headers.get("location", "")
        visit = await arrive(browser, {**world.request(), "next": "https://evil.example"})
        form = form_of(visit, "password")
        extra: dict[str, Any] = dict.fromkeys(names, "https://evil.example")
        done = await post(browser, form, username="anna", password="correct horse battery", **extra)
        assert done.path[-1] == "consent"
        done = await post(browser, form_of(done, "decision"), decision="allow", **extra)
    assert done.location.startswith(CALLBACK)


async def test_v_ru_a_path_cannot_turn_into_another_host(world: World) -> None:
    """Addresses that begin with two slashes or name a host are just unknown pages."""
    for path in ("//evil.example/", "/o//evil.example", "/\\evil.example", "/o/%2f%2fevil.example"):
        answer = await raw_request(world.app, "GET", path)
        assert answer.status in {303, 400, 404}
        assert "evil.example" not in answer.headers.get("location", "")


async def test_v_ru_a_language_link_keeps_to_this_page(world: World) -> None:
    """Even where the query is hostile, every link of an error page stays here."""
    async with world.http() as browser:
        answer = await browser.get("oauth2/auth?client_id=x&base=//evil.example&lang=ja")
        for link in answer.text.split('href="')[1:]:
            assert link.startswith(("/o/", "/assets/", "?", "#")), link[:60]


async def test_v_ru_a_code_is_never_in_an_address_of_ours(world: World) -> None:
    """So that it is in no history, log or referrer of ours."""
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
        assert "dw_ac_" in visit.location
        assert all("dw_ac_" not in str(each) for each in visit.path)
