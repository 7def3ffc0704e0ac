"""No secret that was minted is ever logged, stored as it is, or shown where it does not belong."""

from __future__ import annotations

import logging

import httpx2
import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from doorward.crypto import Secret
from tests.support.attacks import attack
from tests.support.factories import PASSWORD
from tests.support.house import House
from tests.support.leaks import Recorder, dump, found_in, logged
from tests.support.programs import Program, add_api, get_tokens
from tests.support.visits import arrive, authorize, form_of, go, post
from tests.support.world import CALLBACK, SCOPES, VERIFIER, World

pytestmark = pytest.mark.anyio


@attack("DOT 1735")
# size: one story, from the first sign-in to the end of the application
async def test_no_secret_leaves_its_place(
    house: House, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Every flow at DEBUG: then the log, the database and the pages are searched."""
    caplog.set_level(logging.DEBUG)
    secrets: set[str] = {PASSWORD.reveal(), VERIFIER, "wrong-password-typed"}
    await add_api(world, "urn:gifts", "gifts.read", token_format="jwt")
    known = await world.register("Ledger", scopes=(*SCOPES, "gifts.read"))
    program = Program(world, known)
    assert known.secret is not None
    secrets.add(known.secret.reveal())
    stored, second = await world.services.applications.add_secret(
        world.org.org_id, known.client_id, SYSTEM
    )
    secrets.add(second.reveal())
    assert stored.last4 == second.reveal()[-4:]
    recorder = Recorder(world)
    cookie = f"dw-{world.org.org_id}"
    async with httpx2.AsyncClient(transport=recorder, base_url=world.issuer) as browser:
        wanted = world.request(client_id=known.client_id)
        visit = await arrive(browser, wanted)
        secrets.add(browser.cookies[cookie])
        await post(
            browser, form_of(visit, "password"), username="anna", password="wrong-password-typed"
        )
        visit = await authorize(browser, wanted)
        secrets.add(browser.cookies[cookie])
        codes = [visit.parameters["code"]]
        tokens: dict[str, str] = {}
        jwt_scope = {**wanted, "scope": "openid gifts.read", "prompt": "consent"}
        visit = await arrive(browser, jwt_scope)
        visit = await post(browser, form_of(visit, "decision"), decision="allow")
        codes.append(visit.parameters["code"])
        secrets.update(codes)
        for code in codes:
            tokens = (await program.redeem(code)).json()
            secrets.update(
                tokens[n] for n in ("access_token", "refresh_token", "id_token") if n in tokens
            )
            if "refresh_token" in tokens:
                fresh = (await program.refresh(tokens["refresh_token"])).json()
                await program.refresh(tokens["refresh_token"])
                secrets.update((fresh["access_token"], fresh["refresh_token"]))
        await program.introspect(tokens["access_token"])
        await program.userinfo(tokens["access_token"])
        await program.redeem(codes[0])
        await program.refresh("dw_rt_" + "A" * 48)
        await program.revoke(tokens["access_token"])
        await program.post("oauth2/token", {"grant_type": "x"}, auth=(known.client_id, "guess"))
        for path in ("account", "account/sessions", "account/apps", "oauth2/sessions/logout"):
            await go(browser, path)
        await arrive(browser, {**wanted, "redirect_uri": "https://evil.example/"})
        await browser.get("oauth2/auth", params={**wanted, "client_secret": second.reveal()})
    await world.services.applications.set_status(
        world.org.org_id, known.client_id, ApplicationStatus.SUSPENDED, SYSTEM
    )
    assert len(secrets) >= 14
    assert found_in(logged(caplog), secrets) == []
    assert found_in(await dump(world), secrets) == []
    # A cookie, a token or a password is on no page; a code only in where it leads to.
    assert found_in("\n".join(recorder.pages), secrets) == []
    for secret in secrets:
        assert secret not in repr(Secret(secret))
    assert found_in(repr(known), secrets) == []


async def test_a_form_post_page_is_the_only_one_with_a_code(world: World) -> None:
    """And it is neither stored nor passed on."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        answer = await browser.get("oauth2/auth", params=world.request(response_mode="form_post"))
    assert "dw_ac_" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert CALLBACK in answer.text


async def test_a_wrong_secret_is_not_told_from_an_unknown_client(world: World) -> None:
    """Same status, same body: nothing says which of the two it was."""
    form = {"grant_type": "client_credentials"}
    async with world.http() as http:
        wrong = await http.post("oauth2/token", data=form, auth=(world.web.client_id, "guess"))
        unknown = await http.post("oauth2/token", data=form, auth=("app_unknown", "guess"))
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)


async def test_the_grace_pair_is_unreadable_in_the_database(world: World) -> None:
    """Sealed under the old token, of which only a hash is stored."""
    tokens = await get_tokens(world)
    fresh = (await Program(world, world.web).refresh(tokens["refresh_token"])).json()
    everything = await dump(world)
    for text in (tokens["refresh_token"], fresh["refresh_token"], fresh["access_token"]):
        assert text not in everything
        assert text[6:] not in everything
