"""What one way to connect must fulfil, as it is in one environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from doorward.connectors.header_checks import header_faults
from doorward.connectors.model import AuthOption, Environment, Manifest
from doorward.connectors.names import TOKEN_TYPES, names_of
from doorward.connectors.refusals import Fault
from doorward.connectors.requests import Callback, Delivery, Proxy, ResponseMap
from doorward.connectors.scope_checks import scope_faults
from doorward.connectors.slots import templates_in
from doorward.connectors.template_checks import template_faults
from doorward.connectors.url_checks import url_faults
from doorward.connectors.variable_checks import kept_name_faults

__all__ = ["option_faults"]

_WITH_BROWSER: Final = frozenset({"oauth2_code", "identity_only"})
_SENDS_NOTHING: Final = frozenset({"identity_only"})


def option_faults(
    manifest: Manifest, option: AuthOption, environment: Environment | None
) -> Iterator[Fault]:
    """Everything that is wrong with ``option``; paths start below it, or at ``proxy``."""
    yield from _section_faults(option)
    yield from _request_faults(option)
    yield from _policy_faults(option)
    yield from _kept_faults(option)
    yield from scope_faults(option)
    yield from header_faults(option)
    names = names_of(manifest, option, environment)
    unused = _unused_of_delivery(option.delivery)
    found = [each for each in templates_in(option, "") if each.path not in unused]
    yield from template_faults(found, names)
    yield from url_faults(found, names, option)
    if manifest.proxy != Proxy() and option.type not in _SENDS_NOTHING:
        proxied = list(templates_in(manifest.proxy, "proxy"))
        yield from template_faults(proxied, names)
        yield from url_faults(proxied, names, option)


def _unused_of_delivery(delivery: Delivery) -> frozenset[str]:
    """Templates that have a usual value and are not sent from this place."""
    is_basic = delivery.place == "basic"
    value = () if delivery.place in {"cookie", "header", "query"} else ("value",)
    basic = () if is_basic else ("basic_user", "basic_password")
    return frozenset(f"delivery.{name}" for name in (*value, *basic))


def _section_faults(option: AuthOption) -> Iterator[Fault]:
    in_browser = option.type in _WITH_BROWSER
    if in_browser and option.authorize is None:
        yield Fault("authorize", f"{option.type} needs to know where people are sent.")
    if not in_browser and option.authorize is not None:
        yield Fault("authorize", f"{option.type} sends nobody anywhere.")
    if not in_browser and option.callback != Callback():
        yield Fault("callback", f"With {option.type} nobody comes back.")
    if option.type == "basic" and option.delivery.place != "basic":
        yield Fault("delivery.place", "basic is sent as basic.")
    if option.type in TOKEN_TYPES:
        if option.token is None:
            yield Fault("token", f"{option.type} needs to know where tokens are asked for.")
        elif not option.token.url:
            yield Fault("token.url", "This is missing.")
        return
    unused = {"token": None, "refresh": None, "response": ResponseMap(), "client_id": ""}
    for name, usual in unused.items():
        if getattr(option, name) != usual:
            yield Fault(name, f"{option.type} asks for no tokens.")


def _request_faults(option: AuthOption) -> Iterator[Fault]:
    yield from _signed_faults(option)
    first = option.authorize.request_token if option.authorize is not None else None
    requests = (
        ("token", option.token),
        ("refresh", option.refresh),
        ("authorize.request_token", first),
    )
    for name, request in requests:
        if request is None:
            continue
        if request.body == "xml" and not request.xml_template:
            yield Fault(f"{name}.xml_template", "An XML body needs its template.")
        if request.body != "xml" and request.xml_template:
            yield Fault(f"{name}.xml_template", "Only an XML body has a template.")
        if request.client_auth == "custom" and not request.auth_headers:
            yield Fault(f"{name}.auth_headers", "custom sends these headers; there are none.")
        if request.client_auth != "custom" and request.auth_headers:
            yield Fault(f"{name}.auth_headers", "Only client_auth custom sends these.")
    for i, revocation in enumerate(option.revoke):
        if revocation.client_auth == "custom" and not revocation.auth_headers:
            yield Fault(f"revoke.{i}.auth_headers", "custom sends these headers; there are none.")


def _signed_faults(option: AuthOption) -> Iterator[Fault]:
    """A visit of OAuth 1.0a is signed from its first request to its last, and nothing else is."""
    first = option.authorize.request_token if option.authorize is not None else None
    is_signed = option.token is not None and option.token.client_auth == "oauth1"
    if first is not None and not first.url:
        yield Fault("authorize.request_token.url", "This is missing.")
    if first is not None and first.client_auth != "oauth1":
        yield Fault("authorize.request_token.client_auth", "A visit with it is signed: oauth1.")
    if first is not None and not is_signed:
        yield Fault("token.client_auth", "A visit with authorize.request_token is signed: oauth1.")
    if first is None and is_signed:
        yield Fault("token.client_auth", "oauth1 needs authorize.request_token.")
    if option.refresh is not None and option.refresh.client_auth == "oauth1":
        yield Fault("refresh.client_auth", "Tokens of OAuth 1.0a are not refreshed.")


def _kept_faults(option: AuthOption) -> Iterator[Fault]:
    """Captures and named tokens under names that are taken."""
    lists = [
        ("callback.capture", option.callback.capture),
        ("response.captures", option.response.captures),
        *((f"post_connect.{i}.captures", s.captures) for i, s in enumerate(option.post_connect)),
    ]
    if option.identity is not None:
        lists.append(("identity.captures", option.identity.captures))
    for path, captures in lists:
        for i, each in enumerate(captures):
            yield from kept_name_faults(f"{path}.{i}.to", each.to)
    for name in option.response.named:
        yield from kept_name_faults(f"response.named.{name[:64]}", name)


def _policy_faults(option: AuthOption) -> Iterator[Fault]:
    policy = option.refresh_policy
    if policy.kind == "none" and option.refresh is not None:
        yield Fault("refresh", "Nothing is refreshed here: refresh_policy.kind is none.")
    idle, keep = policy.idle_expiry_days, policy.keepalive_days
    if idle is not None and keep is not None and keep >= idle:
        yield Fault("refresh_policy.keepalive_days", "This comes too late: after idle_expiry_days.")
    state = option.authorize.state if option.authorize is not None else None
    if state is not None and state.min_length > state.max_length:
        yield Fault("authorize.state.min_length", "This is more than max_length.")
    if state is not None and state.custom is not None and not state.send:
        yield Fault("authorize.state.custom", "It is never sent: send is false.")
