"""V-CO: a code is good for one client, one address, one person, once, and not for long."""

from __future__ import annotations

import pytest

from doorward.protocol import AuthMethod
from tests.support.attacks import asvs, attack
from tests.support.programs import Program, error_of, get_code, get_tokens
from tests.support.spec import spec
from tests.support.visits import arrive, authorize, form_of, go, post
from tests.support.world import CALLBACK, World

pytestmark = pytest.mark.anyio


@attack("CVE-2026-16089")
@spec("RFC 6749", "4.1.3", "a code is bound to the client it was issued to")
async def test_v_co_another_client_cannot_redeem_a_code(world: World) -> None:
    """Confidential or public: refused, and the code is still its own client's."""
    code = await get_code(world)
    thief = Program(world, await world.register("Thief"))
    assert error_of(await thief.redeem(code)) == "invalid_grant"
    public = await world.register(
        "Public", kind="native", auth_method=AuthMethod.NONE, redirect_uris=("http://127.0.0.1/",)
    )
    assert error_of(await Program(world, public).redeem(code)) == "invalid_grant"
    assert (await Program(world, world.web).redeem(code)).status_code == 200


async def test_v_co_a_wrong_use_does_not_end_what_a_code_bought(world: World) -> None:
    """Only a second use that is right in everything counts as a replay."""
    code = await get_code(world)
    program = Program(world, world.web)
    tokens = (await program.redeem(code)).json()
    thief = Program(world, await world.register("Thief"))
    await thief.redeem(code)
    await program.redeem(code, code_verifier="x" * 43)
    await program.redeem(code, redirect_uri=f"{CALLBACK}/")
    assert await program.is_active(tokens["access_token"])


@attack("CVE-2026-26232")
@asvs("10.4.3")
async def test_v_co_a_code_expires(world: World) -> None:
    """After sixty seconds."""
    program = Program(world, world.web)
    code = await get_code(world)
    world.clock.advance(seconds=60)
    assert error_of(await program.redeem(code)) == "invalid_grant"
    code = await get_code(world)
    world.clock.advance(seconds=59)
    assert (await program.redeem(code)).status_code == 200


@attack("CVE-2026-26232")
@pytest.mark.parametrize("way", ["signed out", "ended from another device"])
async def test_v_co_a_sign_out_takes_unused_codes_along(world: World, way: str) -> None:
    """What was bought before stays; a code of another sign-in is as good as it was."""
    program = Program(world, world.web)
    async with world.http() as browser, world.http() as other:
        code = (await authorize(browser, world.request())).parameters["code"]
        elsewhere = (await authorize(other, world.request())).parameters["code"]
        if way == "signed out":
            visit = await go(browser, "oauth2/sessions/logout")
            await post(browser, form_of(visit, "decision"), decision="allow")
        else:
            form = (await go(other, "account/sessions")).page.form_with_button("session", "others")
            assert form is not None
            await post(other, form, session="others")
    assert error_of(await program.redeem(code)) == "invalid_grant"
    assert (await program.redeem(elsewhere)).status_code == 200


@attack("CVE-2026-4282")
async def test_v_co_no_value_passes_for_one_of_another_kind(world: World) -> None:
    """A code as a token, a token as a code, a cookie, a flow or a secret as anything."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
        code = visit.parameters["code"]
        cookie = browser.cookies[f"dw-{world.org.org_id}"]
        visit = await arrive(browser, world.request(prompt="consent"))
        flow = form_of(visit, "decision").fields["flow"]
        for wrong in (code, tokens["access_token"], cookie):
            assert (await browser.get("consent", params={"flow": wrong})).status_code == 410
    assert world.web.secret is not None
    values = {
        "code": code, "access": tokens["access_token"], "refresh": tokens["refresh_token"],
        "cookie": cookie, "flow": flow, "secret": world.web.secret.reveal(),
        "id": tokens["id_token"],
    }  # fmt: skip
    for name, value in values.items():
        if name != "code":
            assert error_of(await program.redeem(value)) == "invalid_grant"
        if name != "refresh":
            assert error_of(await program.refresh(value)) == "invalid_grant"
        if name != "access":
            assert error_of(await program.userinfo(value), 401) == "invalid_token"
        if name not in {"access", "refresh"}:
            assert not await program.is_active(value)
        if name != "cookie":
            async with world.http(cookies={f"dw-{world.org.org_id}": value}) as thief:
                assert (await arrive(thief, world.request())).path[-1] == "signin"
    assert (await program.redeem(code)).status_code == 200


@attack("CVE-2022-39222")
@spec("RFC 9700", "4.7", "a flow is finished in the browser that began it")
async def test_v_co_a_flow_cannot_be_finished_in_another_browser(world: World) -> None:
    """Neither its pages, nor what follows them, nor their buttons."""
    async with world.http() as attacker, world.http() as victim:
        await authorize(victim, world.request(scope="openid"))
        await authorize(attacker, world.request(scope="openid"))
        visit = await arrive(attacker, world.request())
        form = form_of(visit, "decision")
        flow = form.fields["flow"]
        for path in ("consent", "oauth2/auth/continue", "oauth2/auth/cancel", "signin",
                     "signin/accounts"):  # fmt: skip
            seen = await victim.get(path, params={"flow": flow})
            assert seen.status_code == 410
            assert "location" not in seen.headers
            assert "/oauth2/auth?" not in seen.text
        own = form_of(await arrive(victim, world.request()), "decision").fields["csrf"]
        data = {"flow": flow, "decision": "allow", "csrf": own}
        assert (await victim.post("consent", data=data)).status_code == 410
        assert "code" in (await post(attacker, form, decision="allow")).parameters


@attack("CVE-2026-7571")
async def test_v_co_what_was_decided_cannot_be_changed_by_the_form(world: World) -> None:
    """The form carries a flow and a decision; scopes and addresses in it are ignored."""
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        visit = await arrive(browser, world.request(scope="openid email"))
        done = await post(
            browser,
            form_of(visit, "decision"),
            decision="allow",
            scope="openid profile email offline_access",
            redirect_uri="https://evil.example/",
            client_id="app_other",
            account_id="2",
            state="changed",
        )
    assert done.location.startswith(CALLBACK)
    assert done.parameters["state"] == "the state"
    tokens = (await Program(world, world.web).redeem(done.parameters["code"])).json()
    assert tokens["scope"] == "openid email"


async def test_v_co_an_answer_can_only_follow_the_page(world: World) -> None:
    """A flow that stands at the sign-in cannot be answered as if consent had been asked."""
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        form = form_of(visit, "password")
        data = {"flow": form.fields["flow"], "csrf": form.fields["csrf"], "decision": "allow"}
        answer = await browser.post("consent", data=data)
        assert answer.status_code == 303
        assert "code=" not in answer.headers["location"]
        assert (await go(browser, answer.headers["location"])).path[-1] == "signin"


async def test_v_co_a_damaged_code_is_unknown(world: World) -> None:
    """Cut, longer, another letter, another case, spaces."""
    program = Program(world, world.web)
    code = await get_code(world)
    flipped = code[:30] + ("A" if code[30] != "A" else "B") + code[31:]
    for text in (code[:-1], code + "A", flipped, code.lower(), f" {code}", f"{code} ", code[6:]):
        assert error_of(await program.redeem(text)) == "invalid_grant"
    assert error_of(await program.redeem("")) == "invalid_request"
    assert (await program.redeem(code)).status_code == 200


@attack("CVE-2023-48228", "CVE-2024-23647", "porchlight")
@asvs("10.4.6")
async def test_v_co_pkce_attacks(world: World) -> None:
    """V-PK in short: the table is in tests/flows/test_pkce.py."""
    program = Program(world, world.web)
    code = await get_code(world)
    for verifier in (None, "y" * 43):
        assert error_of(await program.redeem(code, code_verifier=verifier)) == "invalid_grant"
    stripped = await get_code(world, code_challenge=None, code_challenge_method=None)
    assert error_of(await program.redeem(stripped)) == "invalid_grant"
