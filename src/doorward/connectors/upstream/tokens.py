"""Token requests as bytes: parameters by their names there, and the client proved in one way."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from doorward.connectors.grants import Category, Plan, UpstreamFailure
from doorward.connectors.requests import TokenRequest
from doorward.connectors.upstream.assertions import (
    claims_of,
    filled,
    sign_with_key,
    sign_with_secret,
)
from doorward.connectors.upstream.known import Known
from doorward.connectors.upstream.sending import Parcel, encode_fields, identity_of
from doorward.connectors.upstream.signing import Keys, sign_oauth1
from doorward.crypto import Random, Secret
from doorward.http import OutboundRequest

__all__ = [
    "REQUEST_TOKEN",
    "REQUEST_TOKEN_SECRET",
    "Ask",
    "basic",
    "build_token_request",
    "rename",
]

REQUEST_TOKEN, REQUEST_TOKEN_SECRET = "request_token", "request_token_secret"
"""Names under which a plan has what a visit of OAuth 1.0a was begun with."""

_SECOND = 1_000_000

_BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Ask:
    """What is asked for: the rule of the manifest, and the standard's parameters by its names."""

    plan: Plan
    rule: TokenRequest
    known: Known
    params: Mapping[str, str] = field(repr=False)


@dataclass
class _Draft:
    """A token request while it is put together. ``fields`` have the standard's names."""

    ask: Ask
    parcel: Parcel
    fields: dict[str, str]
    known: Known
    secret: Secret[str] | None
    now: int
    random: Random
    in_query: tuple[str, ...] = ()
    signs: Mapping[str, str] | None = None
    """What goes into the header of a request that is signed; None for all others."""


def build_token_request(
    ask: Ask, secret: Secret[str] | None, *, now: int, random: Random
) -> OutboundRequest:
    """The request, with ``secret`` as the client's. Raises ``UpstreamFailure``."""
    rule = ask.rule
    known = ask.known.plus_secret({"client_secret": secret.reveal() if secret else ""})
    known = known.plus_secret({k: v for k, v in ask.params.items() if k in _SECRET_PARAMS})
    parcel = Parcel(rule.method, known.fill(rule.url, "url"))
    draft = _Draft(ask, parcel, dict(ask.params), known, secret, now, random)
    if ask.plan.client is not None or ask.plan.option.client_id:
        _PROVE[rule.client_auth](draft)
    for name, value in known.fill_all(rule.headers, "header").items():
        parcel.set_header(name, value)
    parcel.set_header("Accept", "application/json", over=False)
    _fill_body(draft, _named_there(draft))
    request = parcel.sealed(timeout_s=rule.timeout_s, max_bytes=rule.max_bytes)
    return request if draft.signs is None else _signed(draft, draft.signs, request)


def rename(fields: Mapping[str, str], names: Mapping[str, str | None]) -> dict[str, str]:
    """``fields`` by the names that the platform gives them, without those that it does not want."""
    renamed = ((names.get(name, name), value) for name, value in fields.items())
    return {name: value for name, value in renamed if name is not None}


def basic(user: str, password: str, scheme: str = "Basic") -> str:
    """RFC 7617 2; some platforms call it by another name."""
    return f"{scheme} {b64encode(f'{user}:{password}'.encode()).decode()}"


_SECRET_PARAMS = frozenset(
    {"assertion", "code", "code_verifier", "password", "refresh_token", "access_token"}
)


def _named_there(draft: _Draft) -> dict[str, str]:
    """All fields by the platform's names; what the manifest says itself comes over the rest."""
    rule = draft.ask.rule
    fields = rename(draft.fields, rule.param_names)
    fields |= draft.known.fill_all(rule.params, "text")
    if rule.skip_empty:
        return {name: value for name, value in fields.items() if value}
    return fields


def _fill_body(draft: _Draft, fields: dict[str, str]) -> None:
    rule, parcel = draft.ask.rule, draft.parcel
    for each in draft.in_query:
        name = rule.param_names.get(each, each)
        if name is not None and name in fields:
            parcel.query[name] = fields.pop(name)
    if rule.method == "GET" or rule.body == "query":
        parcel.query |= fields
        return
    if rule.body == "xml":
        known = draft.known.plus(draft.fields)
        parcel.body = known.fill(rule.xml_template, "xml").encode()
        kind = "application/xml"
    else:
        parcel.body, kind = encode_fields(fields, rule.body, draft.random)
    parcel.set_header("Content-Type", kind, over=False)


def _revealed(draft: _Draft) -> str:
    return draft.secret.reveal() if draft.secret is not None else ""


def _by_basic(draft: _Draft) -> None:
    """RFC 6749 2.3.1, without its form-encoding: few platforms undo that (a filter can add it)."""
    rule, known = draft.ask.rule, draft.known
    user, password = known.fill(rule.basic_user, "text"), known.fill(rule.basic_password, "text")
    draft.parcel.set_header("Authorization", basic(user, password))


def _by_post(draft: _Draft) -> None:
    draft.fields["client_id"] = draft.known.values["client_id"]
    draft.fields["client_secret"] = _revealed(draft)


def _by_query(draft: _Draft) -> None:
    _by_post(draft)
    draft.in_query = ("client_id", "client_secret")


def _by_none(draft: _Draft) -> None:
    draft.fields["client_id"] = draft.known.values["client_id"]


def _by_custom(draft: _Draft) -> None:
    for name, value in draft.known.fill_all(draft.ask.rule.auth_headers, "header").items():
        draft.parcel.set_header(name, value)


def _by_secret_jwt(draft: _Draft) -> None:
    if draft.secret is None:
        raise UpstreamFailure(Category.CONFIGURATION, "no_secret", sent=False)
    rule = filled(draft.ask.rule.assertion, draft.known)
    _assert(draft, sign_with_secret(rule, draft.secret, _claims(draft)))


def _by_key_jwt(draft: _Draft) -> None:
    rule = filled(draft.ask.rule.assertion, draft.known)
    _assert(draft, sign_with_key(rule, draft.ask.plan, _claims(draft)))


def _by_certificate(draft: _Draft) -> None:
    """RFC 8705 2: the client id in the body, and the certificate in TLS."""
    _by_none(draft)
    draft.parcel.identity = identity_of(draft.ask.plan)


def _by_signature(draft: _Draft) -> None:
    """RFC 5849: its parameters stand in the header that signs the request, not in the body."""
    draft.signs, draft.fields = draft.fields, {}


def _signed(draft: _Draft, signs: Mapping[str, str], request: OutboundRequest) -> OutboundRequest:
    """``request`` under the client's secret, and that of the request token once there is one."""
    own = draft.ask.plan.secret_values
    token, token_secret = (
        own[name].reveal() if name in own else "" for name in (REQUEST_TOKEN, REQUEST_TOKEN_SECRET)
    )
    keys = Keys(draft.known.values["client_id"], _revealed(draft), token, token_secret)
    header = sign_oauth1(
        keys,
        request,
        method=draft.ask.rule.signature_method,
        at=draft.now // _SECOND,
        nonce=draft.random(16).hex(),
        more=signs,
    )
    return replace(request, headers={**request.headers, "Authorization": header})


def _claims(draft: _Draft) -> dict[str, object]:
    rule, url = draft.ask.rule.assertion, draft.parcel.url
    return claims_of(rule, draft.known, url=url, now=draft.now, random=draft.random)


def _assert(draft: _Draft, assertion: str) -> None:
    draft.fields |= {
        "client_id": draft.known.values["client_id"],
        "client_assertion_type": _BEARER_ASSERTION,
        "client_assertion": assertion,
    }


_PROVE: Mapping[str, Callable[[_Draft], None]] = {
    "basic": _by_basic,
    "post": _by_post,
    "query": _by_query,
    "none": _by_none,
    "custom": _by_custom,
    "client_secret_jwt": _by_secret_jwt,
    "private_key_jwt": _by_key_jwt,
    "tls_client_auth": _by_certificate,
    "oauth1": _by_signature,
}
"""Exactly one way each: a platform may refuse a client that proves itself twice."""
