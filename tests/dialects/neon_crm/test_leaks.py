"""Secrets of the dialect: a key in an address, a session id, a code, a secret in a body."""

from __future__ import annotations

import logging

import httpx2
import pytest

from doorward.audit import SYSTEM
from tests.support.crm import make_integration, person
from tests.support.leaks import Recorder, dump, found_in, logged
from tests.support.old_site import register_site, sign_staff_in
from tests.support.visits import go
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_no_secret_of_the_dialect_leaves_its_place(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Old clients put secrets where they should not stand; we neither log nor keep them."""
    caplog.set_level(logging.DEBUG)
    site = await register_site(world)
    assert site.known.secret is not None
    secrets = {site.known.secret.reveal()}
    recorder = Recorder(world)
    async with httpx2.AsyncClient(transport=recorder, base_url=world.issuer) as browser:
        visit = await site.sign_in(browser)
        secrets.add(visit.parameters["code"])
        await site.redeem(visit.parameters["code"])
        await site.redeem(visit.parameters["code"])
        await browser.get("np/oauth/token", params=site.form(visit.parameters["code"]))
        await sign_staff_in(world, browser)
        await go(browser, site.login_url())
        await go(browser, site.login_url(redirect_uri="http://localhost/"))
        secrets.add(browser.cookies[f"dw-{world.org.org_id}"])
        await go(browser, "np/logout.do?targetUrl=x")
    integration = await make_integration(world)
    keys = world.services.api_keys
    session = await integration.session()
    rotated, fresh = await keys.regenerate(integration.org_id, integration.key_id, SYSTEM)
    assert rotated.last4 == fresh.reveal()[-4:]
    secrets |= {integration.key, fresh.reveal(), session}
    await integration.v1("account/listAccounts", params={"userSessionId": session})
    await integration.v1("common/logout", params={"userSessionId": session}, method="POST")
    await integration.v2("GET", "/accounts")
    made = await integration.v2(
        "POST",
        "/accounts",
        auth=(integration.org_id, fresh.reveal()),
        json=person("Ada", "Byron", "ada@example.org"),
    )
    assert made.status_code == 201
    assert len(secrets) == 6
    assert found_in(logged(caplog), secrets) == []
    assert found_in(await dump(world), secrets) == []
    assert found_in("\n".join(recorder.pages), secrets) == []
