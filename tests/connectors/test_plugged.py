"""What a plugin overrides it answers; its mistakes are those of a connector, never more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
import pytest

from doorward.connectors import (
    Asked,
    Category,
    Choice,
    Grant,
    License,
    OverridingOption,
    Party,
    Plan,
    PluggedUpstream,
    Plugin,
    PythonConnector,
    Revoked,
    UpstreamFailure,
    Verified,
)
from doorward.connectors.requests import TokenRequest
from doorward.crypto import Secret
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom
from tests.support.upstream import Scripted, answer, plan_of

pytestmark = pytest.mark.anyio

GRANT = Grant(Secret("at-of-the-person"), Secret("rt-of-the-person"), scopes=("read",))


class Answers(PythonConnector):
    """Says what it was made with, and fails or hangs instead where that is wanted."""

    manifest: ClassVar[Mapping[str, object]] = {}

    def __init__(self, given: Any = None) -> None:
        self.given = given
        self.asked: list[Asked] = []

    async def _said(self, asked: Asked) -> Any:
        self.asked.append(asked)
        if isinstance(self.given, Exception):
            raise self.given
        if self.given == "hang":
            await asyncio.Event().wait()
        return self.given

    async def get_overriding_oauth_option(self, asked: Asked, code: str) -> OverridingOption:
        del code
        said: OverridingOption = await self._said(asked)
        return said

    async def get_user_info(self, asked: Asked) -> Party:
        said: Party = await self._said(asked)
        return said

    async def post_save_user_info(self, asked: Asked, party: Party) -> Party:
        return replace(party, organization=f"kept from {asked.plan.manifest.name}")

    async def auth_validation(self, asked: Asked) -> Verified:
        said: Verified = await self._said(asked)
        return said

    async def check_and_refresh_access_token(self, asked: Asked, grant: Grant) -> Grant | None:
        del grant
        said: Grant | None = await self._said(asked)
        return said

    async def un_authorize(
        self, asked: Asked, access: Secret[str] | None, refresh: Secret[str] | None
    ) -> Revoked:
        del access, refresh
        said: Revoked = await self._said(asked)
        return said

    async def get_managed_auth_options(
        self, asked: Asked, variable: str, values: Mapping[str, str]
    ) -> tuple[Choice, ...]:
        del variable, values
        said: tuple[Choice, ...] = await self._said(asked)
        return said

    async def get_license_status(self, asked: Asked) -> License | None:
        said: License | None = await self._said(asked)
        return said

    async def get_user_list(self, asked: Asked) -> tuple[Party, ...] | None:
        said: tuple[Party, ...] | None = await self._said(asked)
        return said


def plugged(
    plan: Plan, connector: PythonConnector, *answers: Any, limit_s: float = 30
) -> tuple[PluggedUpstream, Scripted]:
    scripted = Scripted(*answers)
    plugins = {plan.manifest.slug: Plugin(plan.manifest, connector)}
    made = PluggedUpstream(
        scripted, ManualClock(), SeededRandom(3), plugins=plugins, limit_s=limit_s
    )
    return made, scripted


async def exchanged(plan: Plan, given: Any) -> Scripted:
    upstream, scripted = plugged(plan, Answers(given), answer({"access_token": "at"}))
    await upstream.exchange(plan, code="the-code", verifier=None, callback={})
    return scripted


async def test_an_exchange_has_what_the_plugin_adds_and_nothing_in_it_computes() -> None:
    """A value that looks like a template is sent as it is; the query is encoded once."""
    plan = plan_of(token=TokenRequest(url="https://crm.example/token?fixed=1"))
    given = OverridingOption(query={"a b": "x&{client_id}"}, headers={"X-More": "{client_secret}"})
    (sent,) = (await exchanged(plan, given)).sent
    assert sent.url == "https://crm.example/token?fixed=1&a%20b=x%26%7Bclient_id%7D"
    assert sent.headers["X-More"] == "{client_secret}"
    assert b"client_secret=the-secret-of-ours" in sent.body


@pytest.mark.parametrize("value", ["", "Own of-the-plugin"])
async def test_an_own_authorization_takes_the_place_of_the_clients(value: str) -> None:
    """An empty one leaves it out, as with App Connect."""
    plan = plan_of(token=TokenRequest(url="https://crm.example/token", client_auth="basic"))
    given = OverridingOption(headers={"Authorization": value})
    (sent,) = (await exchanged(plan, given)).sent
    assert sent.headers.get("Authorization", "") == value
    assert b"the-secret-of-ours" not in sent.body


async def test_a_refresh_keeps_what_the_plugin_left_out() -> None:
    """The old refresh token and the scopes, as where an answer does not repeat them."""
    plan = plan_of()
    upstream, scripted = plugged(plan, Answers(Grant(Secret("newer"))))
    new = await upstream.refresh(plan, GRANT)
    assert new.access_token.reveal() == "newer"
    assert new.refresh_token == GRANT.refresh_token
    assert (new.scopes, scripted.sent) == (("read",), [])


async def test_a_refresh_that_brings_nothing_is_the_end_of_the_grant() -> None:
    """App Connect's null: the person connects again."""
    plan = plan_of()
    upstream, _ = plugged(plan, Answers(None))
    with pytest.raises(UpstreamFailure) as failure:
        await upstream.refresh(plan, GRANT)
    assert failure.value.category is Category.DEAD_GRANT


async def test_answers_reach_whoever_asked() -> None:
    """Whose account it is goes through both of its methods."""
    plan, party = plan_of(), Party("1", "Ada")
    connector = Answers(party)
    upstream, _ = plugged(plan, connector)
    assert await upstream.identify(plan, GRANT) == replace(party, organization="kept from CRM")
    assert (connector.asked[0].plan, connector.asked[0].grant) == (plan, GRANT)
    connector.given = Verified(limited=True)
    assert await upstream.verify(plan, GRANT) == Verified(limited=True)
    connector.given = (Choice(const="eu", title={"en": "Europe"}),)
    assert await upstream.options(plan, "region", {}) == connector.given
    connector.given = License(is_valid=True)
    assert await upstream.license(plan, GRANT) == connector.given
    connector.given = (party,)
    assert await upstream.users(plan, GRANT) == connector.given
    connector.given = None
    assert (await upstream.license(plan, GRANT), await upstream.users(plan, GRANT)) == (None, None)


async def test_what_a_plugin_does_not_override_is_the_engines() -> None:
    """And what nobody offers is not offered."""
    plan = plan_of()
    upstream, scripted = plugged(plan, PythonConnector(), answer({"access_token": "newer"}))
    assert (await upstream.refresh(plan, GRANT)).access_token.reveal() == "newer"
    assert len(scripted.sent) == 1
    assert (await upstream.license(plan, GRANT), await upstream.users(plan, GRANT)) == (None, None)
    assert await upstream.verify(plan, GRANT) == Verified(checked=False)


async def test_a_manifest_of_somebody_else_never_reaches_a_plugin() -> None:
    """The slug alone says nothing: anybody may have registered it before."""
    plan = plan_of()
    connector = Answers(Grant(Secret("of-the-plugin")))
    upstream, _ = plugged(plan, connector, answer({"access_token": "of-the-engine"}))
    theirs = replace(plan, manifest=msgspec.structs.replace(plan.manifest))
    assert (await upstream.refresh(theirs, GRANT)).access_token.reveal() == "of-the-engine"
    assert connector.asked == []


async def test_an_exception_is_told_by_its_kind_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Its text may hold what it was about: a credential."""
    plan = plan_of()
    upstream, _ = plugged(plan, Answers(RuntimeError("at-of-the-person is broken")))
    with caplog.at_level(logging.DEBUG), pytest.raises(UpstreamFailure) as failure:
        await upstream.identify(plan, GRANT)
    assert (failure.value.category, failure.value.code) == (Category.MANIFEST, "plugin_error")
    assert failure.value.__suppress_context__
    assert "RuntimeError" in caplog.text
    assert "at-of-the-person" not in caplog.text + failure.value.detail + str(failure.value)


async def test_a_failure_that_the_plugin_names_is_passed_on() -> None:
    """It knows best what the platform meant."""
    plan = plan_of()
    named = UpstreamFailure(Category.USER_ACTION, "consent")
    upstream, _ = plugged(plan, Answers(named))
    with pytest.raises(UpstreamFailure) as failure:
        await upstream.verify(plan, GRANT)
    assert failure.value is named


async def test_a_plugin_that_hangs_is_given_up() -> None:
    """Whoever waits is told to try later, and revoking is tried again."""
    plan = plan_of()
    upstream, _ = plugged(plan, Answers("hang"), limit_s=0.01)
    with pytest.raises(UpstreamFailure) as failure:
        await upstream.identify(plan, GRANT)
    assert (failure.value.category, failure.value.code) == (Category.TRANSIENT, "plugin_timeout")
    revoked = await upstream.revoke(plan, access=GRANT.access_token, refresh=GRANT.refresh_token)
    assert [(each.token, each.result, each.retry) for each in revoked.outcomes] == [
        ("refresh", "failed", True),
        ("access", "failed", True),
    ]


async def test_a_revocation_that_raises_is_an_outcome() -> None:
    """What fails there is told, not raised: tokens are forgotten all the same."""
    plan = plan_of()
    upstream, _ = plugged(plan, Answers(KeyError("x")))
    revoked = await upstream.revoke(plan, access=GRANT.access_token, refresh=None)
    ((token, result, retry),) = [(e.token, e.result, e.retry) for e in revoked.outcomes]
    assert (token, result, retry) == ("access", "failed", False)


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("refresh", "a token"),
        ("refresh", Grant(Secret(""))),
        ("refresh", Grant("bare")),  # type: ignore[arg-type]
        ("refresh", Grant(Secret("a"), expires_at="soon")),  # type: ignore[arg-type]
        ("refresh", Grant(Secret("a"), expires_at=-1)),
        ("refresh", Grant(Secret("a"), scopes="read")),  # type: ignore[arg-type]
        ("refresh", Grant(Secret("a"), captures={"x": 1})),  # type: ignore[dict-item]
        ("refresh", Grant(Secret("a"), party="Ada")),  # type: ignore[arg-type]
        ("identify", None),
        ("identify", Party(account_id=7)),  # type: ignore[arg-type]
        ("identify", Party("a\0b")),
        ("identify", Party("a", "\ud800")),
        ("identify", Party("a" * 256)),
        ("verify", True),
        ("verify", Verified(checked="yes")),  # type: ignore[arg-type]
        ("options", None),
        ("options", (Choice(const="a"), "b")),
        ("options", (Choice(const="a", title=3),)),  # type: ignore[arg-type]
        ("license", License(is_valid="yes")),  # type: ignore[arg-type]
        ("users", [Party("1")]),
        ("exchange", None),
        ("exchange", OverridingOption(headers={"X": "a\r\nb: c"})),
        ("exchange", OverridingOption(query={"x": 1})),  # type: ignore[dict-item]
    ],
)
async def test_nonsense_is_not_believed(method: str, given: Any) -> None:
    """Nothing of it is kept or sent, on either engine of database."""
    plan = plan_of()
    upstream, scripted = plugged(plan, Answers(given))
    asking: Mapping[str, Callable[[], Awaitable[object]]] = {
        "refresh": lambda: upstream.refresh(plan, GRANT),
        "identify": lambda: upstream.identify(plan, GRANT),
        "verify": lambda: upstream.verify(plan, GRANT),
        "options": lambda: upstream.options(plan, "region", {}),
        "license": lambda: upstream.license(plan, GRANT),
        "users": lambda: upstream.users(plan, GRANT),
        "exchange": lambda: upstream.exchange(plan, code="c", verifier=None, callback={}),
    }
    with pytest.raises(UpstreamFailure) as failure:
        await asking[method]()
    assert (failure.value.category, failure.value.code) == (Category.MANIFEST, "plugin_nonsense")
    assert scripted.sent == []
