"""Signed calls, against the examples of the standards themselves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from doorward.connectors import (
    Category,
    ClientCredentials,
    Grant,
    Plan,
    Upstream,
    UpstreamFailure,
    parse_manifest,
)
from doorward.connectors.requests import (
    Assertion,
    Delivery,
    Revocation,
    Signature,
    TokenRequest,
    Verify,
)
from doorward.connectors.upstream.signing import Keys, sign_oauth1, sign_sigv4
from doorward.crypto import Secret
from doorward.http import Outbound, OutboundRequest
from tests.support.canary import Names
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom
from tests.support.upstream import Scripted, answer, plan_of

pytestmark = pytest.mark.anyio


def test_a_call_is_signed_as_in_the_example_of_rfc_5849() -> None:
    """RFC 5849 1.2, but for the version, which is optional there and is sent here."""
    keys = Keys("dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")
    request = OutboundRequest(
        "GET", "http://photos.example.net/photos?file=vacation.jpg&size=original"
    )
    header = sign_oauth1(keys, request, method="HMAC-SHA1", at=1191242096, nonce="kllo9940pd9333jh")
    # The same values under the version are the example of OAuth Core 1.0, appendix A.5.
    assert 'oauth_signature="tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D"' in header


def test_a_form_is_signed_with_its_parameters() -> None:
    """A post whose body, query and signs that must be encoded all count."""
    keys = Keys(
        "xvz1evFS4wEEPTGEFPHBog",
        "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    )
    request = OutboundRequest(
        "POST",
        "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
    )
    nonce = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"
    header = sign_oauth1(keys, request, method="HMAC-SHA1", at=1318622958, nonce=nonce)
    assert 'oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"' in header


AWS = Keys(
    "AKIDEXAMPLE",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    region="us-east-1",
    service="service",
)
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "path", "signature"),
    [
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/?Param2=value2&Param1=value1",
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)  # fmt: skip
def test_a_call_is_signed_as_in_amazons_test_suite(method: str, path: str, signature: str) -> None:
    """Vectors get-vanilla, post-vanilla and get-vanilla-query-order-key-case."""
    request = OutboundRequest(method, f"https://example.amazonaws.com{path}")
    headers = sign_sigv4(AWS, request, at=AT)
    assert headers["Authorization"].endswith(
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )
    assert headers["X-Amz-Date"] == "20150830T123600Z"


def test_a_session_and_a_body_are_part_of_the_signature() -> None:
    """Whoever changes either has to sign anew."""
    request = OutboundRequest("POST", "https://example.amazonaws.com/", body=b"a")
    signed = {
        sign_sigv4(keys, each, at=AT)["Authorization"]
        for keys in (AWS, replace(AWS, token="session"))
        for each in (request, replace(request, body=b"b"))
    }
    assert len(signed) == 4
    assert sign_sigv4(replace(AWS, token="session"), request, at=AT)["X-Amz-Security-Token"]
    assert "X-Amz-Content-Sha256" in sign_sigv4(replace(AWS, service="s3"), request, at=AT)


def token_based(**more: str) -> Plan:
    """Like NetSuite's token-based authentication: four keys that somebody typed."""
    rule = Signature(
        kind="oauth1",
        key="{consumer_key}",
        secret="{consumer_secret}",
        token="{token_id}",
        token_secret="{token_secret}",
        realm="{account|upper|replace:-:_}",
    )
    plan = plan_of(
        type="api_key",
        token=None,
        delivery=Delivery(place="none", signature=rule),
        verify=Verify(url="https://{account}.crm.example/metadata"),
    )
    names = ("consumer_key", "consumer_secret", "token_id", "token_secret")
    secret = {name: Secret(more.get(name, f"{name}-value")) for name in names}
    return Plan(plan.manifest, plan.option, None, {"account": "td-12"}, secret)


async def test_a_key_that_signs_is_verified_and_delivered() -> None:
    """Each call has a nonce of its own, and no secret stands in it."""
    scripted = Scripted(answer({}), answer({}))
    engine = scripted.engine()
    plan = token_based()
    assert (await engine.verify(plan, None)).checked
    await engine.verify(plan, None)
    first, second = (request.headers["Authorization"] for request in scripted.sent)
    assert first.startswith('OAuth realm="TD_12", oauth_consumer_key="consumer_key-value", ')
    assert 'oauth_signature_method="HMAC-SHA256"' in first
    nonces = {re.findall(r'oauth_nonce="(\w+)"', header)[0] for header in (first, second)}
    assert len(nonces) == 2
    assert "secret" not in unquote(first)


async def test_without_its_keys_nothing_is_signed() -> None:
    """An empty key would sign as well, and be refused later and elsewhere."""
    scripted = Scripted()
    with pytest.raises(UpstreamFailure, match="no_signing_key") as failed:
        await scripted.engine().verify(token_based(consumer_secret=""), None)
    assert failed.value.category is Category.CONFIGURATION
    assert scripted.sent == []


def test_a_call_carries_our_credential_in_the_place_of_its_own() -> None:
    """Whoever calls through us does not choose who calls; the rest stays to the byte."""
    plan = plan_of(delivery=Delivery(headers={"X-Version": "2"}))
    call = OutboundRequest(
        "PUT",
        "https://api.crm.example/a%2Fb?c=d",
        {"authorization": "Bearer mine", "X-Other": "1"},
        b"body",
        timeout_s=7,
    )
    sent = Scripted().engine().deliver(plan, Grant(Secret("at")), call)
    assert sent.headers == {"X-Other": "1", "X-Version": "2", "Authorization": "Bearer at"}
    assert (sent.method, sent.url, sent.body, sent.timeout_s) == (
        "PUT", call.url, b"body", 7,
    )  # fmt: skip
    in_query = plan_of(delivery=Delivery(place="query", name="key", value="{access_token}"))
    sent = Scripted().engine().deliver(in_query, Grant(Secret("a&t")), call)
    assert sent.url == "https://api.crm.example/a%2Fb?c=d&key=a%26t"
    own = OutboundRequest("GET", "https://api.crm.example/?key=mine&c=%20&%6Bey=mine&d")
    sent = Scripted().engine().deliver(in_query, Grant(Secret("at")), own)
    assert sent.url == "https://api.crm.example/?c=%20&d&key=at"


def test_a_signature_is_part_of_a_manifest() -> None:
    """Its templates are checked like all others."""
    document = {
        "doorward": 1,
        "slug": "erp",
        "name": "ERP",
        "auth_options": [
            {
                "name": "tokens",
                "type": "api_key",
                "delivery": {
                    "place": "none",
                    "signature": {"kind": "oauth1", "key": "{key}", "secret": "{secret}"},
                },
                "variables": [{"name": "key"}, {"name": "secret", "secret": True}],
            }
        ],
    }
    signature = parse_manifest(document).auth_options[0].delivery.signature
    assert signature is not None
    assert signature.method == "HMAC-SHA256"


def keyed(option: dict[str, Any], private_key: str | None) -> Plan:
    plan = plan_of(**option)
    secret = Secret(private_key) if private_key is not None else None
    client = ClientCredentials("client-1", (Secret("s" * 32),), "", secret)
    return Plan(plan.manifest, plan.option, client, {"user": "ada@crm.example", "kid": "key-7"})


RULE = Assertion(
    key_id="{kid}",
    audience="https://login.crm.example",
    claims={"sub": "{user}", "scope": "a b"},
    lifetime_s=60,
)


@pytest.mark.parametrize(
    ("key", "algorithm", "asked"),
    [
        (ECKey.generate_key("P-256"), "ES256", None),
        (ECKey.generate_key("P-384"), "ES384", None),
        (OKPKey.generate_key("Ed25519"), "EdDSA", None),
        (RSAKey.generate_key(2048), "RS256", None),
        (RSAKey.generate_key(2048), "PS256", "PS256"),
    ],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_an_assertion_is_the_grant(key: Any, algorithm: str, asked: Any) -> None:
    """RFC 7523 3: who, for whom, by whom, for how long, and once; by the kind of key."""
    rule = msgspec.structs.replace(RULE, alg=asked)
    token = TokenRequest(url="https://crm.example/token", client_auth="none", assertion=rule)
    plan = keyed({"type": "jwt_bearer", "token": token}, key.as_pem(private=True).decode())
    scripted = Scripted(answer({"access_token": "at"}), answer({"access_token": "at"}))
    clock = ManualClock()
    for _ in range(2):
        await scripted.engine(clock).obtain(plan)
    sent = dict(parse_qsl(scripted.sent[0].body.decode()))
    assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    token_read = jwt.decode(sent["assertion"], key, algorithms=[algorithm])
    assert token_read.header == {"alg": algorithm, "typ": "JWT", "kid": "key-7"}
    claims = token_read.claims
    now = clock.now // 1_000_000
    assert (claims["iss"], claims["sub"]) == ("client-1", "ada@crm.example")
    assert (claims["aud"], claims["scope"]) == ("https://login.crm.example", "a b")
    assert (claims["iat"], claims["exp"]) == (now, now + 60)
    assert len(claims["jti"]) == 32


@pytest.mark.parametrize("pem", [None, "", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
async def test_a_key_that_is_none_is_the_administrators_to_mend(pem: str | None) -> None:
    """Nothing is sent, and nothing of it is repeated."""
    token = TokenRequest(url="https://crm.example/token", client_auth="private_key_jwt")
    scripted = Scripted()
    with pytest.raises(UpstreamFailure) as failed:
        await scripted.engine().obtain(keyed({"type": "two_step", "token": token}, pem))
    assert failed.value.category is Category.CONFIGURATION
    assert "AAAA" not in str(vars(failed.value))
    assert scripted.sent == []


async def test_a_short_secret_signs_as_well() -> None:
    """How long it is, the platform decided."""
    token = TokenRequest(url="https://crm.example/token", client_auth="client_secret_jwt")
    plan = plan_of(secrets=("short",), type="two_step", token=token)
    scripted = Scripted(answer({"access_token": "at"}))
    await scripted.engine().obtain(plan)
    assert b"client_assertion=" in scripted.sent[0].body
    assert b"short" not in scripted.sent[0].body


async def test_a_certificate_is_shown_where_the_platform_asks_for_it() -> None:
    """RFC 8705: at the token endpoint the client id alone stands beside it."""
    token = TokenRequest(url="https://crm.example/token", client_auth="tls_client_auth")
    option = {
        "token": token,
        "delivery": Delivery(client_certificate=True),
        "verify": Verify(url="https://crm.example/me"),
        "revoke": (Revocation(url="https://crm.example/revoke", client_auth="none"),),
    }
    plan = keyed(option, "the key and its certificates")
    scripted = Scripted(answer({"access_token": "at"}), answer({}), answer({}))
    engine = scripted.engine()
    grant = await engine.refresh(plan, Grant(Secret("a"), Secret("rt")))
    await engine.verify(plan, grant)
    await engine.revoke(plan, access=None, refresh=Secret("rt"))
    call = engine.deliver(plan, grant, OutboundRequest("GET", "https://crm.example/x"))
    for request in (*scripted.sent, call):
        assert request.identity == Secret("the key and its certificates")
    fields = dict(parse_qsl(scripted.sent[0].body.decode()))
    assert fields == {"grant_type": "refresh_token", "refresh_token": "rt", "client_id": "client-1"}
    with pytest.raises(UpstreamFailure, match="no_certificate"):
        await engine.refresh(keyed(option, None), grant)


async def test_a_certificate_that_is_none_is_the_administrators_to_mend() -> None:
    """The real client refuses it before it connects."""
    token = TokenRequest(url="https://crm.example/token", client_auth="tls_client_auth")
    outbound = Outbound(resolve=Names({}))
    engine = Upstream(outbound, ManualClock(), SeededRandom(1))
    with pytest.raises(UpstreamFailure, match="forbidden_certificate") as failed:
        await engine.obtain(keyed({"type": "two_step", "token": token}, "no PEM"))
    assert (failed.value.category, failed.value.sent) == (Category.CONFIGURATION, False)
    await outbound.close()
