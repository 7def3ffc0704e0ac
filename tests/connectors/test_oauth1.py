"""What a manifest of OAuth 1.0a must say; and the statement by which a GitHub App has its token."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from doorward.connectors import (
    BadManifest,
    ClientCredentials,
    Plan,
    UpstreamFailure,
    catalogue_entries,
    parse_manifest,
)
from doorward.crypto import Secret
from tests.support.clock import ManualClock
from tests.support.upstream import Scripted, answer

pytestmark = pytest.mark.anyio

BASE = "https://boards.example"
SIGNED = {"client_auth": "oauth1"}
GRANTED = b"oauth_token=at&oauth_token_secret=of-at"


def document(**changes: Any) -> dict[str, Any]:
    """A platform of OAuth 1.0a, with other sections in its way to connect."""
    option: dict[str, Any] = {
        "name": "main",
        "type": "oauth2_code",
        "authorize": {
            "url": f"{BASE}/authorize",
            "request_token": {"url": f"{BASE}/request", **SIGNED},
        },
        "callback": {"code_param": "oauth_verifier"},
        "token": {"url": f"{BASE}/access", **SIGNED},
        "response": {"format": "form", "access_token": "oauth_token"},
        "refresh_policy": {"kind": "none"},
    }
    return {"slug": "boards", "name": "Boards", "auth_options": [{**option, **changes}]}


def plan_with(*secrets: str) -> Plan:
    """A plan of its client, once a request token is there."""
    manifest = parse_manifest(document())
    client = ClientCredentials("key", tuple(map(Secret, secrets)), "https://id.example/cb?a=b")
    begun = {"request_token": Secret("rt"), "request_token_secret": Secret("of-rt")}
    return Plan(manifest, manifest.auth_options[0], client, secret_values=begun)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"token": {"url": f"{BASE}/access"}}, "token.client_auth"),
        ({"authorize": {"url": f"{BASE}/authorize"}}, "token.client_auth"),
        (
            {"authorize": {"url": f"{BASE}/a", "request_token": {"url": f"{BASE}/request"}}},
            "authorize.request_token.client_auth",
        ),
        (
            {"authorize": {"url": f"{BASE}/a", "request_token": SIGNED}},
            "authorize.request_token.url",
        ),
        (
            {"refresh": SIGNED, "refresh_policy": {"kind": "rotating"}},
            "refresh.client_auth",
        ),
        ({"variables": [{"name": "request_token"}]}, "variables.0.name"),
    ],
)
def test_a_visit_is_signed_from_its_first_request_to_its_last(
    changes: dict[str, Any], path: str
) -> None:
    """And nothing that belongs to OAuth 2.0 is in between."""
    with pytest.raises(BadManifest) as refusal:
        parse_manifest(document(**changes))
    assert f"auth_options.0.{path}" in {fault.path for fault in refusal.value.faults}


async def test_an_older_secret_is_tried_where_the_newer_is_refused() -> None:
    """As for every other client, and nothing of the standard's own parameters is sent."""
    scripted = Scripted(answer(b"bad", 401, content_type="text/plain"), answer(GRANTED))
    plan = plan_with("newest", "older")
    grant = await scripted.engine().exchange(
        plan, code="v", verifier="p" * 43, callback={"oauth_token": "rt", "oauth_verifier": "v"}
    )
    assert (grant.access_token.reveal(), grant.secret_used) == ("at", 1)
    first, second = scripted.sent
    assert first.headers["Authorization"] != second.headers["Authorization"]
    assert all(each.body == b"" and 'oauth_verifier="v"' in each.headers["Authorization"]
               for each in scripted.sent)  # fmt: skip


async def test_state_stands_behind_the_callbacks_own_query() -> None:
    """Encoded once for the address, and once more for the header."""
    told = b"oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=true"
    scripted = Scripted(answer(told))
    begun = await scripted.engine().request_token(plan_with("secret"), state="s&t")
    assert {name: each.reveal() for name, each in begun.items()} == {
        "request_token": "a",
        "request_token_secret": "b",
    }
    header = scripted.sent[0].headers["Authorization"]
    assert 'oauth_callback="https%3A%2F%2Fid.example%2Fcb%3Fa%3Db%26state%3Ds%2526t"' in header


@pytest.mark.parametrize(
    "told",
    [b"", b"oauth_token=a&oauth_token_secret=b", b"oauth_token=a&oauth_callback_confirmed=true",
     b"oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false", b"\xff\x00", b"{}"],
)  # fmt: skip
async def test_what_is_no_request_token_begins_no_visit(told: bytes) -> None:
    """A platform that confirms no callback speaks the version that was unsafe."""
    with pytest.raises(UpstreamFailure):
        await Scripted(answer(told)).engine().request_token(plan_with("secret"), state="s")


@pytest.mark.parametrize("given", [{}, {"oauth_token": ""}, {"oauth_token": "other"}])
async def test_only_the_visits_own_token_is_exchanged(given: dict[str, str]) -> None:
    """Nothing is sent for any other."""
    scripted = Scripted(answer(GRANTED))
    callback = {**given, "oauth_verifier": "v"}
    with pytest.raises(UpstreamFailure, match="wrong_request_token"):
        await scripted.engine().exchange(
            plan_with("secret"), code="v", verifier=None, callback=callback
        )
    assert scripted.sent == []


async def test_a_github_app_has_its_token_by_a_statement_in_a_header() -> None:
    """RS256, of the app, for less than ten minutes; and no parameter beside it."""
    key, clock = RSAKey.generate_key(2048), ManualClock()
    manifest = catalogue_entries()["github-app"]
    secrets = {"private_key": Secret(key.as_pem(private=True).decode())}
    client = ClientCredentials("Iv1.client", (), "https://id.example/cb")
    plan = Plan(manifest, manifest.auth_options[0], client, {"installation_id": "42"}, secrets)
    told = {"token": "ghs_one-hour", "expires_at": "2040-01-01T00:00:00Z"}
    scripted = Scripted(answer(told, 201))
    grant = await scripted.engine(clock).obtain(plan)
    assert grant.access_token.reveal() == "ghs_one-hour"
    assert grant.expires_at == 2_208_988_800_000_000
    (sent,) = scripted.sent
    assert (sent.method, sent.url) == (
        "POST",
        "https://api.github.com/app/installations/42/access_tokens",
    )
    assert sent.body in {b"", b"{}"}
    statement = jwt.decode(sent.headers["Authorization"].removeprefix("Bearer "), key)
    assert statement.header["alg"] == "RS256"
    claims, now = statement.claims, clock.now // 1_000_000
    assert (claims["iss"], claims["iat"]) == ("Iv1.client", now)
    assert claims["exp"] <= now + 600
    with pytest.raises(UpstreamFailure):
        await scripted.engine().obtain(replace(plan, secret_values={}))
