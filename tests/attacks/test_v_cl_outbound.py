"""V-CL, requests that others make us send: every address of a manifest, against a canary.

Keycloak CVE-2026-1180 and its kin, MITREid CVE-2021-26715, Zitadel CVE-2025-67494, casdoor
CVE-2026-5469: one field that was forgotten is enough. Here all go through one client.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from doorward.connectors import (
    Category,
    DynamicOptions,
    Grant,
    OptionsRequest,
    Plan,
    Upstream,
    UpstreamFailure,
    Variable,
)
from doorward.connectors.requests import (
    Authorize,
    Identity,
    PostConnect,
    Revocation,
    TokenRequest,
    Verify,
)
from doorward.crypto import Secret
from doorward.http import Outbound
from tests.support.attacks import attack
from tests.support.canary import Canary, Internet, Names, running_canary
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom
from tests.support.upstream import SECRET, Walk, plan_of, running_upstream

pytestmark = pytest.mark.anyio

GRANT = Grant(Secret("at"), Secret("rt"))
Use = Callable[[Upstream, Plan], Awaitable[Any]]


async def _authorize(upstream: Upstream, plan: Plan) -> None:
    upstream.authorization_url(plan, state="s" * 43, challenge="c")


def _exchange(upstream: Upstream, plan: Plan) -> Awaitable[Any]:
    return upstream.exchange(plan, code="c", verifier="v", callback={})


FIELDS: dict[str, tuple[Callable[[str], dict[str, Any]], Use]] = {
    "authorize.url": (lambda url: {"authorize": Authorize(url=url)}, _authorize),
    "token.url": (lambda url: {"token": TokenRequest(url=url)}, _exchange),
    "token.url of a client": (
        lambda url: {"token": TokenRequest(url=url), "type": "oauth2_client_credentials"},
        lambda upstream, plan: upstream.obtain(plan),
    ),
    "token.url of a dry run": (
        lambda url: {"token": TokenRequest(url=url)},
        lambda upstream, plan: upstream.probe_client(plan),
    ),
    "refresh.url": (
        lambda url: {"refresh": TokenRequest(url=url)},
        lambda upstream, plan: upstream.refresh(plan, GRANT),
    ),
    "post_connect.url": (
        lambda url: {"post_connect": (PostConnect(url=url),)},
        lambda upstream, plan: upstream.after_connecting(plan, GRANT),
    ),
    "identity.url": (
        lambda url: {"identity": Identity(url=url)},
        lambda upstream, plan: upstream.identify(plan, GRANT),
    ),
    "verify.url": (
        lambda url: {"verify": Verify(url=url)},
        lambda upstream, plan: upstream.verify(plan, GRANT),
    ),
    "variables.dynamic.request.url": (
        lambda url: {"variables": (_listed(url),)},
        lambda upstream, plan: upstream.options(plan, "listed", {}),
    ),
}


def _listed(url: str) -> Variable:
    return Variable(name="listed", dynamic=DynamicOptions(request=OptionsRequest(url=url)))


def addresses(canary: Canary) -> list[str]:
    """Ways to say this machine."""
    return [
        f"http://127.0.0.1:{canary.port}/",
        f"https://127.0.0.1:{canary.port}/",
        f"https://localhost:{canary.port}/",
        f"https://[::1]:{canary.port}/",
        f"https://0.0.0.0:{canary.port}/",
        f"https://localtest.example:{canary.port}/",
        f"https://rebind.example:{canary.port}/",
        "https://169.254.169.254/latest/meta-data/",
        "https://metadata.example/computeMetadata/v1/",
    ]


@attack("CVE-2026-1180")
@pytest.mark.parametrize("field", FIELDS)
async def test_no_address_of_a_manifest_leads_inside(field: str) -> None:
    """Whatever it is for, and however it is spelt: the canary hears nothing."""
    section, use = FIELDS[field]
    names = Names(
        {
            "localhost": [["127.0.0.1", "::1"]],
            "localtest.example": [["127.0.0.1"]],
            "rebind.example": [["::ffff:127.0.0.1"]],
            "metadata.example": [["169.254.169.254"]],
            "127.0.0.1": [["127.0.0.1"]],
        }
    )
    async with running_canary() as canary:
        internet = Internet({}, inside=canary.port)
        outbound = Outbound(resolve=names, network=internet)
        upstream = Upstream(outbound, ManualClock(), SeededRandom(1))
        for url in addresses(canary):
            if field == "authorize.url" and ".example" in url:
                continue  # a name is resolved by the browser, on its own machine
            with pytest.raises(UpstreamFailure) as failed:
                await use(upstream, plan_of(**section(url)))
            assert failed.value.category is Category.FORBIDDEN_ADDRESS, url
            assert not failed.value.sent
        await outbound.close()
    assert internet.called == []
    assert canary.connections == 0


@attack("CVE-2026-1180")
async def test_no_revocation_leads_inside() -> None:
    """It is told as failed, and is not tried again."""
    async with running_canary() as canary:
        outbound = Outbound()
        upstream = Upstream(outbound, ManualClock(), SeededRandom(1))
        plan = plan_of(revoke=(Revocation(url=f"https://127.0.0.1:{canary.port}/revoke"),))
        done = await upstream.revoke(plan, access=None, refresh=Secret("rt"))
        await outbound.close()
    assert [(each.result, each.code) for each in done.outcomes] == [("failed", "forbidden_address")]
    assert not any(each.retry for each in done.outcomes)
    assert canary.connections == 0


async def test_nothing_secret_is_logged_on_the_whole_way(caplog: pytest.LogCaptureFixture) -> None:
    """DOT #1735 and its kin: with everything logged, no token, code, key or secret is there."""
    caplog.set_level(logging.DEBUG)
    with running_upstream(client_auth="query", body="query", after="session") as server:
        outbound = Outbound(allowed=[server.authority])
        upstream = Upstream(outbound, server.clock, SeededRandom(1))
        plan = server.plan()
        grant = await Walk(upstream, server).connect(plan)
        caplog.clear()  # the walk's browser logs what browsers know
        grant = await upstream.refresh(plan, grant)
        await upstream.verify(plan, grant)
        await upstream.revoke(plan, access=grant.access_token, refresh=grant.refresh_token)
        with pytest.raises(UpstreamFailure) as failed:
            await upstream.refresh(plan, replace(grant, refresh_token=Secret("up_refresh_bogus")))
        await outbound.close()
    shown = caplog.text + repr(failed.value) + str(vars(failed.value)) + repr(grant)
    for secret in (SECRET, "up_access", "up_refresh", "up_code", "session-of-its-own"):
        assert secret not in shown
