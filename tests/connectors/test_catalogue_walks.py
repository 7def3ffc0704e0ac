"""Every entry of the catalogue, walked by the engine: there, back, refreshed and used.

The platform is scripted by the manifest itself: what is shown is that nothing is missing, and that
the client proves itself in exactly one way, at the platform's own address.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import RSAKey

from doorward.connectors import (
    AuthOption,
    ClientCredentials,
    Manifest,
    Plan,
    apply_environment,
    catalogue_entries,
)
from doorward.connectors.requests import Success, TokenRequest
from doorward.crypto import Secret
from doorward.http import OutboundReply, OutboundRequest
from tests.support.upstream import Scripted, answer

pytestmark = pytest.mark.anyio

ENTRIES = catalogue_entries()
IN_BROWSER = [
    slug
    for slug, manifest in ENTRIES.items()
    if manifest.auth_options[0].type in {"oauth2_code", "identity_only"}
]
WITHOUT_VISIT = [
    slug
    for slug, manifest in ENTRIES.items()
    if manifest.auth_options[0].type
    in {"jwt_bearer", "oauth2_client_credentials", "oauth2_password", "two_step"}
]
BY_KEY = [s for s, m in ENTRIES.items() if m.auth_options[0].type in {"api_key", "basic"}]
PRIVATE_KEY = RSAKey.generate_key(2048).as_pem(private=True).decode()
REDIRECT = "https://doorward.example/callback"
CAPTURED = {
    "accounts-server": "https://accounts.zoho.eu",
    "realmId": "9130357992221046",
    "referer": "river.kommo.com",
}
"""What platforms add to the callback."""
BEGUN = "request-token-1"
"""What a visit of OAuth 1.0a began with."""
SAMPLES = {"api_domain": "https://api.captured.example", "api_host": "www.wrike.com"}


def plan_of(slug: str) -> Plan:
    """The plan of somebody who typed every example."""
    manifest = ENTRIES[slug]
    environment = manifest.environments[0] if manifest.environments else None
    option = apply_environment(manifest.auth_options[0], environment)
    values: dict[str, str] = dict(environment.values) if environment is not None else {}
    secret: dict[str, Secret[str]] = {}
    for each in (*manifest.variables, *option.variables):
        if each.source != "form" or not (each.required or each.secret):
            continue
        choice = each.options[0].const if each.options else "x1"
        if each.name == "private_key":
            secret[each.name] = Secret(PRIVATE_KEY)
        elif each.secret:
            secret[each.name] = Secret(f"typed-{each.name}")
        else:
            values[each.name] = each.default or each.example or choice
    if option.authorize is not None and option.authorize.request_token is not None:
        secret |= {"request_token": Secret(BEGUN), "request_token_secret": Secret("of-request")}
    client = ClientCredentials("client-1", (Secret("secret-of-client"),), REDIRECT)
    asks = option.type not in {"api_key", "basic"}
    return Plan(manifest, option, client if asks else None, values, secret)


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Set what stands at a dotted path."""
    *steps, last = path.split(".")
    node: Any = document
    for step in steps:
        node = node.setdefault(step, {})
    node.setdefault(last, value)


def fulfil(document: dict[str, Any], success: Success) -> None:
    if success.path is not None:
        put(document, success.path, "yes" if success.equals is None else success.equals)


def token_reply(option: AuthOption) -> OutboundReply:
    """A good answer as the platform writes it."""
    assert option.token is not None
    content = token_answer(option, option.token)
    status = option.token.success.status[0]
    if option.response.format == "form":
        return answer(urlencode(content).encode(), status)
    return answer(content, status)


def token_answer(option: AuthOption, request: TokenRequest) -> dict[str, Any]:
    """A good answer in the manifest's own shape."""
    rule = option.response
    inside: dict[str, Any] = {}
    for each in rule.captures:
        put(inside, each.path, SAMPLES.get(each.to, "https://captured.example"))
    put(inside, rule.access_token, "token-of-access")
    put(inside, rule.refresh_token, "token-of-refresh")
    if rule.expires_at is not None:
        put(inside, rule.expires_at, "2040-01-01T00:00:00Z")
    else:
        put(inside, rule.expires_in, 3_600)
    for path in rule.named.values():
        put(inside, path, "token-of-another-kind")
    whole: dict[str, Any] = inside
    for step in reversed(rule.root.split(".") if rule.root else []):
        whole = {step: whole}
    fulfil(whole, request.success)
    return whole


def signed(manifest: Manifest, callback: dict[str, str]) -> dict[str, str]:
    """The callback as a platform signs it that does."""
    if manifest.auth_options[0].callback.verify is None:
        return callback
    text = "&".join(f"{name}={value}" for name, value in sorted(callback.items()))
    return {**callback, "hmac": hmac.digest(b"secret-of-client", text.encode(), sha256).hex()}


def ways_to_prove(request: OutboundRequest) -> int:
    """In how many places the client's secret stands."""
    secret = "secret-of-client"
    sent = [urlsplit(request.url).query, (request.body or b"").decode()]
    headers = dict(request.headers)
    found = sum(secret in each for each in sent)
    return found + sum(
        secret in value or name.lower() == "authorization" for name, value in headers.items()
    )


@pytest.mark.parametrize("slug", IN_BROWSER)
async def test_people_get_there_and_back_and_are_refreshed(slug: str) -> None:
    """The address, the exchange, and what comes after it, with nothing missing."""
    plan = plan_of(slug)
    option = plan.option
    assert option.authorize is not None
    assert option.token is not None
    scripted = Scripted(token_reply(option))
    engine = scripted.engine()
    challenge = "c" * 43
    address = engine.authorization_url(plan, state="s" * 43, challenge=challenge)
    parts = urlsplit(address)
    assert parts.scheme == "https"
    asked = parse_qs(parts.query or parts.fragment.partition("?")[2])
    client_id = option.authorize.param_names.get("client_id") or "client_id"
    begun = option.authorize.request_token
    assert asked["oauth_token" if begun else client_id] == [BEGUN if begun else "client-1"]
    assert ("code_challenge" in asked) is (option.authorize.pkce != "off")
    assert "responseType" not in asked
    callback = {each.path: CAPTURED[each.path] for each in option.callback.capture}
    callback |= {"oauth_token": BEGUN} if begun else {}
    callback = signed(plan.manifest, {"code": "code-1", "state": "s" * 43, **callback})
    grant = await engine.exchange(plan, code="code-1", verifier="v" * 43, callback=callback)
    assert grant.access_token.reveal() == "token-of-access"
    (exchange,) = scripted.sent
    assert ways_to_prove(exchange) == 1, exchange
    assert urlsplit(exchange.url).scheme == "https"
    if option.refresh_policy.kind in {"none", "relogin"}:
        return
    scripted.answers.append(token_reply(option))
    refreshed = await engine.refresh(plan, grant)
    assert refreshed.captures.keys() >= grant.captures.keys()
    assert ways_to_prove(scripted.sent[-1]) == 1


@pytest.mark.parametrize("slug", WITHOUT_VISIT)
async def test_tokens_are_had_without_a_visit(slug: str) -> None:
    """By the client's own credentials, a login, or a signed assertion."""
    plan = plan_of(slug)
    assert plan.option.token is not None
    scripted = Scripted(token_reply(plan.option))
    grant = await scripted.engine().obtain(plan)
    assert grant.access_token.reveal() == "token-of-access"
    (request,) = scripted.sent
    assert ways_to_prove(request) <= 1
    assert "typed-password" not in request.url


@pytest.mark.parametrize("slug", [*WITHOUT_VISIT, *BY_KEY, *IN_BROWSER])
async def test_the_credential_goes_into_calls(slug: str) -> None:
    """Once everything that answers bring is there, each call can be made."""
    plan = plan_of(slug)
    scripted = Scripted()
    captures = [
        *plan.option.callback.capture,
        *plan.option.response.captures,
        *(each for step in plan.option.post_connect for each in step.captures),
    ]
    brought = {each.to: SAMPLES.get(each.to, "https://captured.example") for each in captures}
    filled = replace(plan, values={**plan.values, **brought, "dc": "us1"})
    call = OutboundRequest("GET", "https://api.example/contacts")
    if plan.option.delivery.signature is not None:
        header = scripted.engine().deliver(filled, None, call).headers["Authorization"]
        assert "_signature=" in header
        assert "_secret" not in header
        return
    if plan.option.type in {"api_key", "basic"}:
        sent = scripted.engine().deliver(filled, None, call)
        typed = [f"typed-{v.name}" for v in plan.option.variables if v.secret]
        shown = json.dumps([*sent.headers.values(), parse_qs(urlsplit(sent.url).query)])
        assert "Basic" in shown or all(each in shown for each in typed)
        return
    grant = await _granted(filled)
    sent = scripted.engine().deliver(filled, grant, call)
    if plan.option.delivery.place != "none":
        assert sent.headers or sent.url != call.url
    names = [name.lower() for name in sent.headers]
    assert len(names) == len(set(names))


async def _granted(plan: Plan) -> Any:
    assert plan.option.token is not None
    scripted = Scripted(token_reply(plan.option))
    if plan.option.authorize is None:
        return await scripted.engine().obtain(plan)
    callback = {each.path: CAPTURED[each.path] for each in plan.option.callback.capture}
    callback |= {"oauth_token": BEGUN} if plan.option.authorize.request_token else {}
    callback = signed(plan.manifest, {"code": "c", "state": "s", **callback})
    return await scripted.engine().exchange(plan, code="c", verifier="v" * 43, callback=callback)
