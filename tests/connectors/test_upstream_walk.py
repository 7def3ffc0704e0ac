"""From the manifest to a connection and its end, on platforms of every kind."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.connectors import Category, Upstream, UpstreamFailure
from doorward.http import Outbound
from tests.support.randomness import SeededRandom
from tests.support.upstream import Switches, UpstreamServer, Walk

SINGLE: list[dict[str, Any]] = [
    {},
    {"response_type": "auth_code"},
    {"response_type": None},
    {"in_fragment": True},
    {"renamed": True},
    {"renamed": True, "client_auth": "query"},
    {"scope_separator": ","},
    {"scope_separator": "+"},
    {"scope_style": "none", "scopes": ()},
    {"scope_style": "raw", "scope_separator": ","},
    {"scopes": ("identity[email]", "https://www.platform.example/auth/x", "urn:a:b", "a&b=c")},
    {"optional_scopes": ("extra.read", "extra.write")},
    {"user_scopes": ("chat:write", "search:read")},
    {"granted": ("contacts.read",)},
    {"pkce": "required"},
    {"pkce": "off"},
    {"state": "long"},
    {"state": "short"},
    {"state": "custom"},
    {"state": "none"},
    {"extra_params": (("access_type", "offline"), ("prompt", "consent"))},
    {"registered_name": "Name-Of-Ours-1"},
    {"code_param": "auth_code"},
    {"signed_callback": "hex"},
    {"signed_callback": "base64"},
    {"tenant_in_callback": True},
    {"issuer": True},
    {"client_auth": "basic"},
    {"client_auth": "query"},
    {"client_auth": "none"},
    {"client_auth": "custom"},
    {"client_auth": "key_as_user"},
    {"client_auth": "client_secret_jwt"},
    {"client_auth": "private_key_jwt"},
    {"refresh_auth": "basic"},
    {"client_auth": "basic", "refresh_auth": "post"},
    {"body": "json"},
    {"body": "query", "client_auth": "basic"},
    {"body": "query", "client_auth": "query"},
    {"body": "multipart"},
    {"body": "xml"},
    {"grant_type": "web_server"},
    {"redirect_uri_in_exchange": False},
    {"echo_state": True},
    {"refresh": "reusable"},
    {"refresh": "reusable", "repeats_refresh_token": False},
    {"refresh": "access_token"},
    {"refresh": "code_only"},
    {"refresh_elsewhere": True},
    {"refresh_wants_redirect": True},
    {"refresh_wants_scope": True},
    {"answer": "form"},
    {"answer": "form", "says_its_type": False},
    {"answer": "xml"},
    {"says_its_type": False},
    {"enveloped": True},
    {"success_status": 201},
    {"errors_in_200": True},
    {"errors_in_200": True, "answer": "form"},
    {"own_error_words": True},
    {"expiry": "string"},
    {"expiry": "ms"},
    {"expiry": "iso"},
    {"expiry": "epoch"},
    {"expiry": "epoch_ms"},
    {"expiry": "zero"},
    {"expiry": "none"},
    {"expiry": "jwt"},
    {"repeats_expiry": False},
    {"base_in_answer": True},
    {"identity": "token"},
    {"identity": "id_token"},
    {"identity": "none"},
    {"after": "session"},
    {"after": "accounts"},
    {"revoke": "basic_json"},
    {"revoke": "bearer"},
    {"revoke": "delete"},
    {"revoke": "query"},
    {"delivery": "scheme"},
    {"delivery": "header"},
    {"delivery": "query"},
    {"delivery": "basic"},
    {"delivery": "cookie"},
    {"delivery": "several"},
    {"version_header": True, "agent_header": True},
    {"kind": "client_credentials"},
    {"kind": "password"},
    {"kind": "two_step", "client_auth": "none"},
    {"kind": "jwt_bearer", "client_auth": "none"},
]
"""One quirk at a time, and those that only come together."""


async def live(server: UpstreamServer, switches: dict[str, Any]) -> None:
    """Connect, see whose it is, refresh twice, use it, and end it; all of it must work."""
    platform = server.configure(**switches)
    outbound = Outbound(allowed=[server.authority])
    upstream = Upstream(outbound, server.clock, SeededRandom(5))
    try:
        plan = server.plan()
        grant = await Walk(upstream, server).connect(plan)
        assert (await upstream.verify(plan, grant)).checked
        if platform.switches.identity != "none":
            party = await upstream.identify(plan, grant)
            assert party.account_id == "acct-1"
        before = grant.access_token.reveal()
        for _ in range(2):
            server.clock.advance(seconds=60)
            grant = await upstream.refresh(plan, grant)
            await upstream.verify(plan, grant)
        if platform.switches.refresh != "code_only":
            assert grant.access_token.reveal() != before
        _verify_end(server, grant.expires_at)
        done = await upstream.revoke(plan, access=grant.access_token, refresh=grant.refresh_token)
        assert not any(each.retry for each in done.outcomes)
        assert (platform.reused, platform.refusals) == (0, [])
        assert {each.result for each in done.outcomes} <= {"revoked", "unsupported", "already_gone"}
        assert platform.revoked or grant.refresh_token is None
        if platform.revoked:
            with pytest.raises(UpstreamFailure):
                await upstream.verify(plan, grant)
    finally:
        await outbound.close()


def _verify_end(server: UpstreamServer, expires_at: int | None) -> None:
    switches = server.platform.switches
    if switches.expiry in {"zero", "none"}:
        assert expires_at is None
    elif switches.refresh != "code_only" or switches.expiry != "jwt":
        assert expires_at == server.clock.now + switches.lifetime_s * 1_000_000


@pytest.mark.parametrize("switches", SINGLE, ids=str)
def test_a_connection_lives_on_a_platform_with_one_quirk(
    one_server: UpstreamServer, switches: dict[str, Any]
) -> None:
    """Each row of what platforms do, alone."""
    anyio.run(live, one_server, switches)


_COMBINED = {
    "renamed": st.booleans(),
    "scope_separator": st.sampled_from([" ", ",", "+"]),
    "optional_scopes": st.sampled_from([(), ("extra.read", "extra.write")]),
    "pkce": st.sampled_from(["required", "on", "off"]),
    "state": st.sampled_from(["plain", "long", "short", "custom"]),
    "response_type": st.sampled_from(["code", "auth_code", None]),
    "extra_params": st.sampled_from([(), (("prompt", "consent"),)]),
    "code_param": st.sampled_from(["code", "tenant_code"]),
    "signed_callback": st.sampled_from(["", "hex", "base64"]),
    "tenant_in_callback": st.booleans(),
    "client_auth": st.sampled_from(
        ["basic", "post", "query", "none", "custom", "key_as_user", "private_key_jwt"]
    ),
    "refresh_auth": st.sampled_from([None, "basic", "post"]),
    "body": st.sampled_from(["form", "json", "multipart"]),
    "echo_state": st.booleans(),
    "refresh": st.sampled_from(["rotating", "reusable", "access_token", "code_only"]),
    "refresh_elsewhere": st.booleans(),
    "refresh_wants_redirect": st.booleans(),
    "refresh_wants_scope": st.booleans(),
    "answer": st.sampled_from(["json", "xml"]),
    "enveloped": st.booleans(),
    "errors_in_200": st.booleans(),
    "own_error_words": st.booleans(),
    "success_status": st.sampled_from([200, 201]),
    "expiry": st.sampled_from(["seconds", "string", "ms", "iso", "epoch", "epoch_ms", "zero"]),
    "repeats_refresh_token": st.booleans(),
    "repeats_expiry": st.booleans(),
    "base_in_answer": st.booleans(),
    "after": st.sampled_from(["nothing", "session", "accounts"]),
    "revoke": st.sampled_from(["basic_json", "bearer", "delete"]),
    "delivery": st.sampled_from(["bearer", "scheme", "header", "query", "basic", "several"]),
    "version_header": st.booleans(),
}


@given(st.fixed_dictionaries({}, optional=_COMBINED))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_connection_lives_on_a_platform_with_any_quirks_together(
    one_server: UpstreamServer, switches: dict[str, Any]
) -> None:
    """No two quirks are in each other's way."""
    anyio.run(live, one_server, switches)


async def misfit(server: UpstreamServer, switches: dict[str, Any]) -> UpstreamFailure:
    """What becomes of a connection by a manifest that knows nothing of ``switches``."""
    server.configure(**switches)
    outbound = Outbound(allowed=[server.authority])
    upstream = Upstream(outbound, server.clock, SeededRandom(5))
    try:
        plan = server.plan(fits=Switches())
        grant = await Walk(upstream, server).connect(plan)
        await upstream.identify(plan, grant)
        await upstream.refresh(plan, grant)
    except UpstreamFailure as failure:
        return failure
    finally:
        await outbound.close()
    raise AssertionError("it worked")


@pytest.mark.parametrize(
    ("switches", "category"),
    [
        ({"client_auth": "basic"}, Category.CONFIGURATION),
        ({"client_auth": "query"}, Category.CONFIGURATION),
        ({"client_auth": "custom"}, Category.CONFIGURATION),
        ({"client_auth": "private_key_jwt"}, Category.CONFIGURATION),
        ({"refresh_auth": "basic"}, Category.CONFIGURATION),
        ({"body": "json"}, Category.MANIFEST),
        ({"body": "query"}, Category.MANIFEST),
        ({"body": "multipart"}, Category.MANIFEST),
        ({"grant_type": "web_server"}, Category.MANIFEST),
        ({"redirect_uri_in_exchange": False}, Category.MANIFEST),
        ({"echo_state": True}, Category.MANIFEST),
        ({"refresh_elsewhere": True}, Category.MANIFEST),
        ({"refresh_wants_redirect": True}, Category.MANIFEST),
        ({"refresh_wants_scope": True}, Category.CONFIGURATION),
        ({"refresh": "access_token"}, Category.DEAD_GRANT),
        ({"refresh": "code_only"}, Category.MANIFEST),
        ({"answer": "xml"}, Category.MANIFEST),
        ({"enveloped": True}, Category.MANIFEST),
        ({"code_param": "auth_code"}, Category.MANIFEST),
        ({"delivery": "header"}, Category.DEAD_GRANT),
        ({"version_header": True}, Category.MANIFEST),
        ({"agent_header": True}, Category.USER_ACTION),
    ],
    ids=str,
)
def test_a_quirk_that_the_manifest_does_not_say_fails_in_its_category(
    one_server: UpstreamServer, switches: dict[str, Any], category: Category
) -> None:
    """Whoever must mend it is told, and nobody else."""
    failure = anyio.run(misfit, one_server, switches)
    assert failure.category is category, (failure, failure.detail)
