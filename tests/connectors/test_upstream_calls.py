"""Calls with a credential, and the end of it, against a real platform."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from doorward.connectors import Category, Choice, Grant, Plan, Upstream, UpstreamFailure, Variable
from doorward.connectors.requests import Capture, Delivery, PostConnect, Revocation
from doorward.crypto import Secret
from doorward.http import NoAnswer, OutboundRequest
from tests.support.clock import ManualClock
from tests.support.upstream import (
    API_KEY,
    LIMITED_KEY,
    SECRET,
    Fault,
    Scripted,
    UpstreamServer,
    Walk,
    answer,
    plan_of,
)

pytestmark = pytest.mark.anyio


async def test_a_session_of_its_own_is_captured_and_ends_before_the_token(
    server: UpstreamServer, upstream: Upstream, clock: ManualClock
) -> None:
    """It is begun anew after that, by the same step."""
    server.configure(after="session")
    plan = server.plan()
    grant = await Walk(upstream, server).connect(plan)
    assert grant.captures["session"] == "session-of-its-own-1234"
    assert grant.session_expires_at == clock.now + 600 * 1_000_000
    assert "session-of-its-own" not in repr(grant)
    clock.advance(seconds=700)
    again = await upstream.after_connecting(plan, grant)
    assert again.session_expires_at == clock.now + 600 * 1_000_000


async def test_a_session_that_is_the_credential_is_delivered_once_it_was_begun() -> None:
    """The steps that begin it go without; an answer's address leads the next one."""
    first = PostConnect(
        url="https://crm.example/where", captures=(Capture(path="rest", to="rest", required=True),)
    )
    second = PostConnect(
        url="{rest}login",
        params={"access_token": "{access_token}"},
        captures=(Capture(path="sid", to="sid", required=True),),
        session_ttl_s=60,
    )
    plan = plan_of(
        post_connect=(first, second),
        delivery=Delivery(name="X-Session", value="{sid}"),
        variables=(Variable(name="sid", secret=True, source="post_connect", required=False),),
    )
    scripted = Scripted(answer({"rest": "https://rest9.crm.example/e9/"}), answer({"sid": "s-1"}))
    grant = await scripted.engine().after_connecting(plan, Grant(Secret("at")))
    assert [request.url for request in scripted.sent] == [
        "https://crm.example/where",
        "https://rest9.crm.example/e9/login?access_token=at",
    ]
    assert all("X-Session" not in request.headers for request in scripted.sent)
    sent = scripted.engine().deliver(plan, grant, OutboundRequest("GET", "https://crm.example/x"))
    assert sent.headers == {"X-Session": "s-1"}


async def test_a_captured_address_leads_no_request_inside() -> None:
    """A platform that answers with an address of ours gets nothing there."""
    step = PostConnect(url="{rest}login", captures=(Capture(path="sid", to="sid"),))
    plan = plan_of(post_connect=(step,))
    for rest in ("http://127.0.0.1/", "https://127.1/", "https://[::1]:8443/", "file:///etc/"):
        scripted = Scripted()
        grant = Grant(Secret("at"), captures={"rest": rest})
        with pytest.raises(UpstreamFailure) as failed:
            await scripted.engine().after_connecting(plan, grant)
        assert not failed.value.sent
        assert scripted.sent == []


async def test_several_accounts_behind_one_token_can_be_chosen_from(
    server: UpstreamServer, upstream: Upstream
) -> None:
    """Without a choice it is the first; one that is gone is told."""
    server.configure(after="accounts")
    plan = server.plan()
    grant = await Walk(upstream, server).connect(plan)
    assert grant.captures == {"site": "site-1", "site_name": "First"}
    choices = await upstream.accounts(plan, grant)
    assert choices == (
        Choice(const="site-1", title="First"),
        Choice(const="site-2", title="Second"),
    )
    chosen = replace(plan, values={"site": "site-2"})
    assert (await upstream.after_connecting(chosen, grant)).captures["site_name"] == "Second"
    gone = replace(plan, values={"site": "site-9"})
    with pytest.raises(UpstreamFailure) as failed:
        await upstream.after_connecting(gone, grant)
    assert failed.value.category is Category.USER_ACTION


async def test_whose_account_it_is(server: UpstreamServer, upstream: Upstream) -> None:
    """Everything that the platform tells."""
    plan = server.plan()
    party = await upstream.identify(plan, await Walk(upstream, server).connect(plan))
    assert (party.account_id, party.account_name) == ("acct-1", "Ada Lovelace")
    assert (party.email, party.organization) == ("ada@platform.example", "Analytical Engines")


@pytest.mark.parametrize("delivery", ["bearer", "header", "query", "basic", "cookie", "several"])
async def test_a_key_is_verified_before_it_is_kept(
    server: UpstreamServer, upstream: Upstream, delivery: str
) -> None:
    """A right one, one that may do little, and a wrong one."""
    server.configure(kind="key", delivery=delivery)
    plan = server.plan()
    assert (await upstream.verify(plan, None)).limited is False
    limited = replace(plan, secret_values={"api_key": Secret(LIMITED_KEY)})
    assert (await upstream.verify(limited, None)).limited is True
    wrong = replace(plan, secret_values={"api_key": Secret("wrong")})
    with pytest.raises(UpstreamFailure) as failed:
        await upstream.verify(wrong, None)
    assert (failed.value.category, failed.value.code) == (Category.DEAD_GRANT, "wrong_key")


async def test_a_key_with_a_line_break_is_not_sent(
    server: UpstreamServer, upstream: Upstream
) -> None:
    """It would end its header and begin another."""
    server.configure(kind="key")
    plan = replace(server.plan(), secret_values={"api_key": Secret("a\r\nX-Admin: 1")})
    with pytest.raises(UpstreamFailure, match="bad_value"):
        await upstream.verify(plan, None)
    assert server.platform.seen == []


async def test_choices_are_listed_for_what_was_typed(
    server: UpstreamServer, upstream: Upstream
) -> None:
    """With values that nobody keeps."""
    server.configure(kind="key")
    plan = replace(server.plan(), secret_values={})
    choices = await upstream.options(plan, "region", {"api_key": API_KEY})
    assert [(each.const, each.title) for each in choices] == [
        ("eu", "Europe"), ("us", "United States"),
    ]  # fmt: skip
    for values in ({"api_key": "wrong"}, {}, {"client_id": "x"}):
        with pytest.raises(UpstreamFailure):
            await upstream.options(plan, "region", values)
    with pytest.raises(UpstreamFailure, match="no_nothing"):
        await upstream.options(plan, "nothing", {})


@pytest.mark.parametrize(
    ("delivery", "headers", "query"),
    [
        (Delivery(), {"Authorization": "Bearer at"}, {}),
        (Delivery(value="{access_token}"), {"Authorization": "at"}, {}),
        (
            Delivery(place="basic", basic_user="{mail}/token", basic_password="{access_token}"),
            {"Authorization": "ada@crm.example/token:at"},
            {},
        ),
        (Delivery(place="query", name="key", value="{access_token}"), {}, {"key": "at"}),
        (Delivery(place="cookie", name="SID", value="{sid}"), {"Cookie": "SID=a%3B%20b%3D1"}, {}),
        (
            Delivery(name="ACCESS_TOKEN", value="{access_token}", headers={"X-For": "{mail}"}),
            {"X-For": "ada@crm.example", "ACCESS_TOKEN": "at"},
            {},
        ),
        (Delivery(place="none", user_agent="Doorward ({mail})"),
         {"User-Agent": "Doorward (ada@crm.example)"}, {}),
    ],
)  # fmt: skip
def test_a_credential_is_delivered_as_the_platform_wants_it(
    delivery: Delivery, headers: dict[str, str], query: dict[str, str]
) -> None:
    """In one place, by the names and the spelling of that platform."""
    base = plan_of(delivery=delivery)
    values, secret = {"mail": "ada@crm.example"}, {"sid": Secret("a; b=1")}
    plan = Plan(base.manifest, base.option, base.client, values, secret)
    grant = Grant(Secret("at"), Secret("rt"))
    request = OutboundRequest("GET", "https://crm.example/x")
    sent = Scripted().engine().deliver(plan, grant, request)
    assert {name: _unpacked(value) for name, value in sent.headers.items()} == headers
    assert dict(parse_qsl(urlsplit(sent.url).query)) == query


def _unpacked(value: str) -> str:
    return b64decode(value[6:]).decode() if value.startswith("Basic ") else value


@pytest.mark.parametrize(
    ("replies", "results"),
    [
        ([answer({}, 200), answer({}, 204)], ["revoked", "revoked"]),
        ([answer({}, 400), answer({}, 404)], ["already_gone", "already_gone"]),
        ([answer({}, 401), answer({}, 401)], ["already_gone", "already_gone"]),
        ([answer({}, 503), answer({}, 200)], ["failed", "revoked"]),
        ([answer({}, 403), answer({}, 200)], ["failed", "revoked"]),
        ([NoAnswer("timeout"), answer({}, 200)], ["failed", "revoked"]),
        ([answer({"error": "invalid_client"}, 401)] * 2, ["failed", "failed"]),
    ],
)
async def test_what_became_of_each_token_is_told(replies: Any, results: list[str]) -> None:
    """The refresh token first; nothing is raised, and passing troubles can be tried again."""
    rule = Revocation(url="https://crm.example/revoke", token="both")
    plan = plan_of(revoke=(rule,))
    done = await Scripted(*replies).engine().revoke(plan, access=Secret("a"), refresh=Secret("r"))
    assert [each.token for each in done.outcomes] == ["refresh", "access"]
    assert [each.result for each in done.outcomes] == results
    passing = isinstance(replies[0], NoAnswer) or replies[0].status == 503
    assert any(each.retry for each in done.outcomes) is passing


async def test_another_secret_is_tried_for_a_revocation_too() -> None:
    """The newest may be one that the platform does not know yet."""
    scripted = Scripted(answer({"error": "invalid_client"}, 401), answer({}, 200))
    plan = plan_of(
        secrets=("new-one", "old-one"), revoke=(Revocation(url="https://crm.example/revoke"),)
    )
    done = await scripted.engine().revoke(plan, access=None, refresh=Secret("r"))
    assert [each.result for each in done.outcomes] == ["revoked"]
    assert [b"old-one" in request.body for request in scripted.sent] == [False, True]


async def test_a_platform_that_takes_nothing_back_is_not_asked() -> None:
    """It is told as such."""
    scripted = Scripted()
    done = await scripted.engine().revoke(plan_of(), access=Secret("a"), refresh=None)
    assert [each.result for each in done.outcomes] == ["unsupported"]
    assert scripted.sent == []


@pytest.mark.parametrize(
    ("fault", "category", "sent"),
    [
        (Fault(kind="status", status=503), Category.TRANSIENT, True),
        (Fault(kind="status", status=429, retry_after="7"), Category.TRANSIENT, True),
        (Fault(kind="html", status=502), Category.TRANSIENT, True),
        (Fault(kind="html", status=200), Category.TRANSIENT, True),
        (Fault(kind="cut", after_work=True), Category.TRANSIENT, True),
        (Fault(kind="huge"), Category.TRANSIENT, True),
        (Fault(kind="drip"), Category.TRANSIENT, True),
        (Fault(kind="delay", delay_s=3), Category.TRANSIENT, True),
        (Fault(kind="error", error="invalid_grant"), Category.DEAD_GRANT, True),
    ],
    ids=str,
)
async def test_a_platform_in_trouble_is_told_from_a_grant_that_is_over(
    server: UpstreamServer, upstream: Upstream, fault: Fault, category: Category, sent: bool
) -> None:
    """A person is asked to connect again only when nothing else helps."""
    is_slow = fault.kind in {"drip", "delay"}
    platform = server.configure(timeout_s=1 if is_slow else 20)
    plan = server.plan()
    grant = await Walk(upstream, server).connect(plan)
    platform.faults.append(fault)
    with pytest.raises(UpstreamFailure) as failed:
        await upstream.refresh(plan, grant)
    assert (failed.value.category, failed.value.sent) == (category, sent)
    assert failed.value.retry_after_s == (7 if fault.retry_after else None)
    if not fault.after_work:
        await upstream.refresh(plan, grant)


async def test_a_rotated_token_that_is_used_again_ends_everything(
    server: UpstreamServer, upstream: Upstream
) -> None:
    """The platform is as strict as the strictest, and counts; with a grace it forgives."""
    for grace_s, reused in ((0, 1), (30, 0)):
        platform = server.configure(grace_s=grace_s)
        plan = server.plan()
        first = await Walk(upstream, server).connect(plan)
        second = await upstream.refresh(plan, first)
        if grace_s:
            await upstream.refresh(plan, first)
        else:
            for grant in (first, second):
                with pytest.raises(UpstreamFailure) as failed:
                    await upstream.refresh(plan, grant)
                assert failed.value.category is Category.DEAD_GRANT
        assert platform.reused == reused


async def test_a_secret_that_was_rotated_at_the_platform_is_found(
    server: UpstreamServer, upstream: Upstream
) -> None:
    """The older one still opens until the newer one is known there."""
    platform = server.configure(client_auth="basic")
    plan = server.plan()
    grant = await Walk(upstream, server).connect(plan)
    assert plan.client is not None
    both = replace(plan.client, secrets=(Secret("a-newer-secret"), Secret(SECRET)))
    assert (await upstream.refresh(replace(plan, client=both), grant)).secret_used == 1
    platform.secrets = {"a-newer-secret"}
    grant = replace(grant, refresh_token=Secret(platform.families[-1].refresh))
    assert (await upstream.refresh(replace(plan, client=both), grant)).secret_used == 0
