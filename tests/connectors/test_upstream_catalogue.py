"""Every connector of the catalogue, as far as one can go without the platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from joserfc.jwk import RSAKey

from doorward.connectors import (
    AuthOption,
    ClientCredentials,
    Environment,
    Grant,
    Manifest,
    Plan,
    Upstream,
    UpstreamFailure,
    Variable,
    apply_environment,
    parse_manifest,
    write_manifest,
)
from doorward.connectors.entries import catalogue_entries
from doorward.crypto import Secret
from doorward.http import OutboundRequest
from tests.connectors.test_upstream_walk import SINGLE
from tests.support.upstream import PRIVATE_KEY, Scripted, Switches, answer, manifest_for

pytestmark = pytest.mark.anyio

VERIFIER = "v" * 43
RSA_KEY = RSAKey.generate_key(2048)
SAMPLES = {
    "account_host": "acme.kommo.com",
    "accounts_server": "https://accounts.zoho.eu",
    "realm_id": "1234567890",
}
"""Of variables that nobody types, and so have no example."""


def ways() -> Iterator[tuple[Manifest, AuthOption, Environment | None]]:
    """Each way to connect, in each environment."""
    for manifest in catalogue_entries().values():
        for option in manifest.auth_options:
            for environment in manifest.environments or (None,):
                yield manifest, option, environment


def sample(variable: Variable) -> str:
    """A value that the variable can have."""
    if variable.options:
        return variable.options[0].const
    if variable.name in SAMPLES:
        return SAMPLES[variable.name]
    plain = "https://www.crm.example" if variable.type == "url" else "value-1"
    return variable.example or variable.default or plain


def plan_of_way(manifest: Manifest, option: AuthOption, environment: Environment | None) -> Plan:
    declared = (*manifest.variables, *option.variables)
    typed = [each for each in declared if each.type != "button"]
    here = environment.values if environment is not None else {}
    token = option.token
    key = PRIVATE_KEY if token is not None and token.assertion.alg == "ES256" else RSA_KEY
    pem = key.as_pem(private=True).decode()
    return Plan(
        manifest,
        apply_environment(option, environment),
        ClientCredentials(
            "client-1", (Secret("secret-1"),), "https://door.example/cb", Secret(pem)
        ),
        {each.name: sample(each) for each in typed if not each.secret} | dict(here),
        {each.name: Secret(sample(each)) for each in typed if each.secret},
    )


async def first_tokens(engine: Upstream, plan: Plan) -> Grant:
    """By a code, or without a visit."""
    if plan.option.authorize is None:
        return await engine.obtain(plan)
    captured = {each.path: plan.values[each.to] for each in plan.option.callback.capture}
    return await engine.exchange(
        plan,
        code="c",
        verifier=VERIFIER,
        callback={**captured, "code": "c", "oauth_token": "begun"},
    )


@pytest.mark.parametrize(
    ("manifest", "option", "environment"),
    list(ways()),
    ids=lambda each: getattr(each, "slug", None) or getattr(each, "name", "-"),
)
async def test_every_way_to_connect_can_be_begun_and_used(
    manifest: Manifest, option: AuthOption, environment: Environment | None
) -> None:
    """Its addresses, its token request and its delivery can all be put together."""
    plan = plan_of_way(manifest, option, environment)
    scripted = Scripted(answer({}, 503))
    engine = scripted.engine()
    if plan.option.authorize is not None and plan.option.authorize.request_token is not None:
        begun = {"request_token": Secret("begun"), "request_token_secret": Secret("of-it")}
        plan = replace(plan, secret_values={**plan.secret_values, **begun})
    if plan.option.authorize is not None:
        lengths = plan.option.authorize.state
        state = "s" * max(lengths.min_length, min(43, lengths.max_length))
        address = engine.authorization_url(plan, state=state, challenge="c" * 43)
        assert address.startswith("https://")
    if plan.option.token is not None:
        signed = plan.option.callback.verify is not None
        with pytest.raises(UpstreamFailure, match="callback_signature" if signed else "http_503"):
            await first_tokens(engine, plan)
    after = (each for step in plan.option.post_connect for each in step.captures)
    wanted = [each.to for each in (*plan.option.response.captures, *after)]
    captures = {to: "https://www.crm.example" if "url" in to else "value" for to in wanted}
    named = dict.fromkeys(plan.option.response.named, Secret("second"))
    grant = Grant(Secret("at"), Secret("rt"), captures=captures, named=named)
    if plan.option.type != "identity_only":
        call = OutboundRequest("GET", "https://www.crm.example/x")
        sent = engine.deliver(plan, grant, call)
        is_there = sent.headers or sent.url != call.url
        assert is_there or plan.option.delivery.place == "none"


@pytest.mark.parametrize("switches", SINGLE, ids=str)
def test_the_manifests_of_the_tests_are_manifests(switches: dict[str, object]) -> None:
    """What the tests connect by is what anybody could write."""
    manifest = manifest_for(Switches(**switches), "http://127.0.0.1:8400")  # type: ignore[arg-type]
    assert parse_manifest(write_manifest(manifest)) == manifest
