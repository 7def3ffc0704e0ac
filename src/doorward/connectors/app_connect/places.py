"""Where a platform is: its one address, one for each region, or one for each customer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from doorward.connectors.app_connect.nodes import Node
from doorward.connectors.model import Environment, Override, Variable
from doorward.connectors.places import is_host
from doorward.connectors.urls import is_base_url

__all__ = ["Places", "read_places"]

_WORD = re.compile(r"[^A-Za-z0-9]+")
_TYPES = frozenset({"dynamic", "fixed", "selectable"})
_PATHS = {
    "auth.oauth.authUrl": "authorize.url",
    "auth.oauth.clientId": "client_id",
    "auth.oauth.customState": "authorize.state.custom",
    "auth.oauth.redirectUri": "authorize.redirect_uri",
    "auth.oauth.scope": "authorize.scope.raw",
    "auth.oauth.accessTokenUri": "token.url",
}
"""What an override can set of what we keep; others are about pages that are not ours."""
_ANY_HOST = r"^[a-z0-9.-]{1,253}$"


@dataclass
class Places:
    """What was read: environments by name, and the host name that people give, if they do."""

    environments: dict[str, Environment] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()


def read_places(platform: Node) -> Places:
    """The environments of ``platform``, with what each overrides."""
    places = Places()
    environment = platform.child("environment")
    if environment is not None:
        kind = environment.text("type", required=True)
        if kind and kind not in _TYPES:
            environment.fault("type", "This is one of: dynamic, fixed, selectable.")
        elif kind == "fixed":
            _add_address(places, environment, "url", "")
        elif kind == "selectable":
            if not environment.children("selections"):
                environment.fault("selections", "There is nothing to choose from.")
            for selection in environment.children("selections"):
                _add_address(places, selection, "const", selection.text("name", longest=100))
        elif kind == "dynamic":
            places.variables = (_hostname(environment),)
    for override in platform.children("override"):
        _add_override(places, override)
    return places


def _add_address(places: Places, node: Node, name: str, title: str) -> None:
    address = node.text(name, required=True)
    if not address:
        return
    if not is_base_url(address):
        node.fault(name, "This is not the address of a site, such as https://example.com.")
        return
    host = urlsplit(address).hostname or ""
    places.environments[_name_of(host)] = Environment(
        name=_name_of(host),
        title=title or host,
        values={"hostname": host},
        match_hostname=_pattern_of(host),
    )


def _hostname(environment: Node) -> Variable:
    """The host that people copy from their browser; a wildcard in it becomes a pattern."""
    wildcard = environment.text("urlIdentifier", longest=253).lower()
    steps = environment.fields.get("instructions")
    lines = [each for each in steps if isinstance(each, str)] if isinstance(steps, list) else []
    return Variable(
        name="hostname",
        title="Address of your account",
        description="\n".join(lines)[:2_000],
        type="hostname",
        pattern=_pattern_of(_host_in(wildcard)) if _host_in(wildcard) else _ANY_HOST,
        required=False,
        ui={"urlIdentifier": wildcard} if wildcard else {},
    )


def _add_override(places: Places, override: Node) -> None:
    trigger = override.text("triggerType", required=True)
    value = override.text("triggerValue", required=True, longest=253)
    if not trigger or not value:
        return
    if trigger not in {"hostname", "meta"}:
        override.fault("triggerType", "This is one of: hostname, meta.")
        return
    name = _name_of(value)
    known = places.environments.get(name)
    is_host_name = trigger == "hostname" and _host_in(value.lower()) != ""
    places.environments[name] = Environment(
        name=name,
        title=known.title if known is not None else value,
        values=dict(known.values) if known is not None else _values(trigger, value),
        overrides=_overrides(override),
        match_hostname=_pattern_of(value.lower()) if is_host_name else None,
    )


def _values(trigger: str, value: str) -> dict[str, str]:
    return {"hostname": value.lower()} if trigger == "hostname" and is_host(value) else {}


def _overrides(override: Node) -> tuple[Override, ...]:
    found = []
    for each in override.children("overrideObjects"):
        path = _PATHS.get(each.text("path", required=True))
        if path is not None:
            found.append(Override(path=path, value=each.text("value", required=True)))
    return tuple(found)


def _name_of(text: str) -> str:
    name = _WORD.sub("-", text).strip("-").lower()[:60]
    return name if name[:1].isalpha() else f"at-{name}"[:60].rstrip("-")


def _host_in(text: str) -> str:
    """The host of a wildcard such as ``*.example.com`` or ``https://*.example.com/*``."""
    host = text.rpartition("://")[2].partition("/")[0]
    return host if is_host(host.replace("*", "x")) else ""


def _pattern_of(wildcard: str) -> str:
    host = _host_in(wildcard)
    if host.startswith("*."):
        return r"^[a-z0-9-]+(\.[a-z0-9-]+)*" + re.escape(host[1:]).replace(r"\-", "-") + "$"
    parts = (re.escape(part).replace(r"\-", "-") for part in host.split("*"))
    return "^" + "[a-z0-9.-]*".join(parts) + "$"
