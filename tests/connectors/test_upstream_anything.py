"""Whatever a platform answers and whoever types what: a value, or a failure with a name."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.connectors import Grant, Party, Plan, Upstream, UpstreamFailure, Variable
from doorward.connectors.requests import (
    Authorize,
    Callback,
    CallbackSignature,
    Capture,
    Delivery,
    Expiry,
    Identity,
    PostConnect,
    ResponseMap,
    Revocation,
    ScopeRule,
    Success,
    TokenRequest,
)
from doorward.crypto import Secret
from doorward.http import OutboundReply, OutboundRequest
from tests.support.upstream import Scripted, plan_of

GRANT = Grant(Secret("at"), Secret("rt"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**30), 10**400, 2**63, 0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e308, 5e-324, 1.5e18])
    | st.text(max_size=20)
    | st.sampled_from(
        ["at", "9" * 5_000, "2026-99-99T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01"]
    )
)
FIELDS = st.sampled_from(
    ["access_token", "refresh_token", "expires_in", "expires_at", "refresh_expires_in", "scope",
     "id_token", "error", "error_description", "suberror", "code", "data", "items", "id", "ok",
     "token_type", "name", "email", "base"]
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
)
NAMED = st.lists(st.fixed_dictionaries({"id": SCALARS, "name": SCALARS}), max_size=3)
ANSWERS = JSON | st.fixed_dictionaries(
    {"access_token": st.just("at") | SCALARS},
    optional={
        "expires_in": SCALARS,
        "expires_at": SCALARS,
        "refresh_expires_in": SCALARS,
        "scope": JSON,
        "error": JSON,
        "error_description": SCALARS,
        "items": NAMED | JSON,
        "data": st.dictionaries(FIELDS, SCALARS, max_size=4) | JSON,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "retry-after": st.text(max_size=30),
        "content-type": st.sampled_from(["application/json", "text/plain", "text/html", "x", ""]),
    },
)
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 403, 404, 410, 429, 500, 503])

PLAN = plan_of(
    secrets=("first-secret", "second-secret"),
    authorize=Authorize(url="https://crm.example/go", nonce=True),
    response=ResponseMap(
        root="",
        expires_at="expires_at",
        expires_unit="iso",
        refresh_expires_in="refresh_expires_in",
        captures=(Capture(path="data.base", to="base"), Capture(path="id_token.sub", to="sub")),
        named={"second": "data.access_token"},
    ),
    expiry=Expiry(zero_is_never=True),
    identity=Identity(url="https://crm.example/me", root="data", organization="items.0.name"),
    post_connect=(
        PostConnect(
            url="https://crm.example/after",
            accounts="items",
            captures=(Capture(path="id", to="site"), Capture(path="name", to="label")),
        ),
    ),
    revoke=(Revocation(url="https://crm.example/revoke", token="both"),),
)


async def everything(engine: Upstream) -> None:
    """Each method once; what it raises must be an ``UpstreamFailure``."""
    callback = {"code": "c"}
    lengths = [(0, 0)]
    for use in (
        lambda: engine.exchange(PLAN, code="c", verifier="v", callback=callback, nonce="n"),
        lambda: engine.refresh(PLAN, GRANT),
        lambda: engine.after_connecting(PLAN, GRANT),
        lambda: engine.accounts(PLAN, GRANT),
        lambda: engine.identify(PLAN, GRANT),
        lambda: engine.probe_client(PLAN),
    ):
        try:
            found: Any = await use()
        except UpstreamFailure as failure:
            lengths.append((len(failure.detail), len(failure.code)))
            continue
        if isinstance(found, Grant):
            assert found.access_token.reveal()
            assert found.expires_at is None or abs(found.expires_at) < 1 << 63
            assert found.refresh_expires_at is None or abs(found.refresh_expires_at) < 1 << 63
        if isinstance(found, Party):
            assert max(map(len, (found.account_id, found.account_name, found.email))) <= 255
    assert all(detail <= 200 and code <= 64 for detail, code in lengths)
    await engine.revoke(PLAN, access=Secret("at"), refresh=Secret("rt"))


@given(ANSWERS, HEADERS, STATUSES)
@settings(max_examples=150, deadline=None)
def test_any_answer_is_a_grant_or_a_failure(
    content: Any, headers: dict[str, str], status: int
) -> None:
    """Numbers beyond every range, lists where objects were promised, dates that are none."""
    body = json.dumps(content).encode()
    reply = OutboundReply(status, tuple(headers.items()), body)
    scripted = Scripted(*[reply] * 40)
    anyio.run(everything, scripted.engine())


@given(
    st.dictionaries(
        st.sampled_from(["code", "state", "error", "error_description", "iss", "hmac", "realm"])
        | st.text(max_size=8),
        st.text(max_size=30),
        max_size=6,
    )
)
def test_any_callback_is_exchanged_or_refused(callback: dict[str, str]) -> None:
    """Nobody signs by chance, so nothing is asked of the platform."""
    plan = plan_of(
        callback=Callback(
            verify=CallbackSignature(),
            check_issuer="https://crm.example",
            capture=(Capture(path="realm", to="realm"),),
        )
    )
    scripted = Scripted()

    async def exchange() -> None:
        try:
            await scripted.engine().exchange(plan, code="c", verifier="v", callback=callback)
        except UpstreamFailure:
            return
        raise AssertionError("believed")

    anyio.run(exchange)
    assert scripted.sent == []


TEMPLATES = Authorize(
    url="https://{host}.crm.example/{path}/go",
    params={"hint": "{hint}"},
    scope=ScopeRule(default=("read:{hint}",)),
)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_values_lead_to_the_platform_or_nowhere(host: str, path: str, hint: str) -> None:
    """Whatever people type, the host ends as the manifest says, and nothing is added."""
    base = plan_of(authorize=TEMPLATES)
    plan = Plan(base.manifest, base.option, base.client, {"host": host, "path": path, "hint": hint})
    try:
        address = Scripted().engine().authorization_url(plan, state="s" * 43)
    except UpstreamFailure:
        return
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.hostname.endswith(".crm.example")
    assert (parts.scheme, parts.port, parts.fragment) == ("https", None, "")
    assert parts.path.count("/") == 2
    assert parts.query.count("&") == (5 if hint else 4)


@given(st.text(max_size=40), st.sampled_from(["header", "query", "cookie", "basic"]))
def test_any_key_is_delivered_whole_or_not_at_all(key: str, place: Any) -> None:
    """No part of it becomes a header, a cookie or a parameter of its own."""
    delivery = Delivery(
        place=place, name="X-Key", value="{key}", basic_user="{key}", basic_password="{key}"
    )
    base = plan_of(type="api_key", token=None, delivery=delivery, variables=(Variable(name="key"),))
    plan = Plan(base.manifest, base.option, None, {}, {"key": Secret(key)})
    try:
        call = OutboundRequest("GET", "https://crm.example/x")
        sent = Scripted().engine().deliver(plan, None, call)
    except UpstreamFailure:
        return
    for value in sent.headers.values():
        assert value.isascii()
        assert value.isprintable() or not value
        assert place != "cookie" or ";" not in value


@given(st.sampled_from(["form", "json", "multipart", "query", "xml"]), st.text(max_size=40))
def test_any_secret_is_sent_as_one_value(body: Any, secret: str) -> None:
    """In every kind of body."""
    token = TokenRequest(
        url="https://crm.example/token",
        body=body,
        xml_template="<a><s>{client_secret}</s></a>" if body == "xml" else "",
        success=Success(),
    )
    plan = plan_of(secrets=(secret,), token=token, type="oauth2_client_credentials")
    scripted = Scripted(OutboundReply(503, (), b""))

    async def obtain() -> None:
        try:
            await scripted.engine().obtain(plan)
        except UpstreamFailure:
            return

    anyio.run(obtain)
    for request in scripted.sent:
        if body == "json":
            assert json.loads(request.body).get("client_secret", "") == secret
        if body == "xml":
            assert request.body.count(b"<") == 4
