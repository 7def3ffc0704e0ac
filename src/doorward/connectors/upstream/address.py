"""The address that a person is sent to (RFC 6749 4.1.1), in each platform's own spelling."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from doorward.connectors.grants import Category, Plan, UpstreamFailure
from doorward.connectors.requests import Authorize, ScopeRule, StateRule
from doorward.connectors.upstream.known import Known, know, redirect_uri_of
from doorward.connectors.upstream.tokens import REQUEST_TOKEN, rename

__all__ = ["Visit", "authorization_address", "missing_scopes", "scopes_asked"]

_NEVER_TOLD = frozenset({"offline_access", "offline", "openid"})
"""Scopes about the tokens themselves, which many platforms leave out of what they granted."""


@dataclass(frozen=True)
class Visit:
    """What is particular about one person's way there and back."""

    state: str
    challenge: str | None = None
    nonce: str | None = None
    reconnect: bool = False


def authorization_address(plan: Plan, rule: Authorize, visit: Visit) -> str:
    """The whole address. Raises ``UpstreamFailure`` where the manifest makes none."""
    known = know(plan)
    base, has_fragment, fragment = rule.url.partition("#")
    address = known.fill(base, "url")
    query = _query(plan, rule, visit, known)
    if rule.in_fragment:
        fragment = known.fill(fragment, "query")
        return f"{address}#{_joined(fragment, query) if fragment else query}"
    if has_fragment:
        raise UpstreamFailure(Category.MANIFEST, "fragment", sent=False)
    return _joined(address, query)


def scopes_asked(plan: Plan) -> tuple[str, ...]:
    """The scopes that the person is asked for, by which what was granted is compared."""
    rule = plan.option.authorize.scope if plan.option.authorize is not None else ScopeRule()
    known = know(plan)
    return tuple(known.fill(each, "text") for each in (*rule.default, *rule.optional))


def missing_scopes(plan: Plan, scopes: Collection[str] | None) -> tuple[str, ...]:
    """What is asked for and not among the granted ``scopes``; None where the platform is silent."""
    if scopes is None:
        return ()
    granted = {scope.lower() for scope in scopes}
    asked = (scope for scope in scopes_asked(plan) if scope not in _NEVER_TOLD)
    return tuple(scope for scope in asked if scope.lower() not in granted)


def _joined(address: str, query: str) -> str:
    if not query:
        return address
    if address.endswith(("?", "&")):
        return address + query
    return address + ("&" if "?" in address else "?") + query


def _query(plan: Plan, rule: Authorize, visit: Visit, known: Known) -> str:
    if rule.request_token is not None:
        # RFC 5849 2.2: everything else was said when the token was asked for.
        own = {"oauth_token": known.fill(f"{{{REQUEST_TOKEN}}}", "text")}
        own |= known.fill_all(rule.params, "text")
        pairs = [_pair(name, value) for name, value in own.items() if value]
        return "&".join([*pairs, *_scopes(rule, known)])
    fields = {
        "response_type": rule.response_type,
        "client_id": known.values["client_id"],
        "redirect_uri": redirect_uri_of(plan),
        "state": _state(rule.state, visit.state),
    }
    if visit.challenge is not None and rule.pkce != "off":
        fields |= {"code_challenge": visit.challenge, "code_challenge_method": "S256"}
    if visit.nonce is not None and rule.nonce:
        fields["nonce"] = visit.nonce
    fields = {name: value for name, value in fields.items() if value}
    fields = rename(fields, rule.param_names) | known.fill_all(rule.params, "text")
    if visit.reconnect and rule.prompt_on_reconnect is not None:
        fields |= rename({"prompt": rule.prompt_on_reconnect}, rule.param_names)
    pairs = [_pair(name, value) for name, value in fields.items() if value or not rule.skip_empty]
    return "&".join([*pairs, *_scopes(rule, known)])


def _state(rule: StateRule, state: str) -> str:
    """What is sent as ``state``. A platform that cuts it short would break every callback."""
    if not rule.send:
        return ""
    if rule.custom is not None:
        return rule.custom
    if not rule.min_length <= len(state) <= rule.max_length:
        raise UpstreamFailure(Category.MANIFEST, "state_length", sent=False)
    return state


def _scopes(rule: Authorize, known: Known) -> list[str]:
    scope = rule.scope
    if scope.raw is not None:
        return [known.fill(scope.raw, "query")] if scope.raw else []
    name = rule.param_names.get("scope", scope.param)
    optional = () if scope.optional_param else scope.optional
    lists = (
        (name, (*scope.default, *optional)),
        (scope.optional_param, scope.optional),
        (scope.user_param, scope.user),
    )
    return [
        f"{_quoted(param)}={_list(each, scope.separator, known)}"
        for param, each in lists
        if param and (each or (not rule.skip_empty and each is lists[0][1]))
    ]


def _list(scopes: Sequence[str], separator: str, known: Known) -> str:
    """Each scope encoded once. A plus between them is the sign itself, which reads as a space."""
    joint = separator if separator == "+" else _quoted(separator)
    return joint.join(_quoted(known.fill(each, "text")) for each in scopes)


def _pair(name: str, value: str) -> str:
    return f"{_quoted(name)}={_quoted(value)}"


def _quoted(text: str) -> str:
    return quote(text, safe="")
