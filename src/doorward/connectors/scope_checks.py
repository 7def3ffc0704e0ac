"""What is sent beside the standard's own parameters of an authorization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

from doorward.connectors.model import AuthOption
from doorward.connectors.refusals import Fault
from doorward.connectors.requests import ScopeRule

__all__ = ["RESERVED", "scope_faults"]

RESERVED: Final = frozenset(
    {
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "state",
    }
)
"""Parameters of an authorization that have fields of their own, or are none of a manifest's."""

_MISSPELT: Final = {"responsetype": "response_type", "clientid": "client_id"}
_HIDDEN: Final = frozenset("#\\<>\"'`^")


def scope_faults(option: AuthOption) -> Iterator[Fault]:
    """Parameters that would replace or misspell the standard's own, and bad scopes."""
    if option.authorize is None:
        return
    for name in option.authorize.params:
        yield from _parameter_faults(f"authorize.params.{name}", name)
    rule = option.authorize.scope
    if rule.raw is not None:
        yield from _raw_faults(rule.raw)
    yield from _listed_faults(rule)


def _parameter_faults(path: str, name: str) -> Iterator[Fault]:
    if name in RESERVED:
        yield Fault(path, f"{name} has a field of its own, or is not the manifest's to set.")
    elif name.lower() in _MISSPELT:
        yield Fault(path, f"The standard spells this {_MISSPELT[name.lower()]}.")


def _raw_faults(raw: str) -> Iterator[Fault]:
    path = "authorize.scope.raw"
    if not raw.isascii() or not _HIDDEN.isdisjoint(raw):
        yield Fault(path, "A query fragment has no quotes, # or other scripts in it.")
    for name, _ in parse_qsl(raw, keep_blank_values=True, max_num_fields=100):
        yield from _parameter_faults(path, name)


def _listed_faults(rule: ScopeRule) -> Iterator[Fault]:
    lists = (("default", rule.default), ("optional", rule.optional), ("user", rule.user))
    for name, scopes in lists:
        path = f"authorize.scope.{name}"
        if len(set(scopes)) < len(scopes):
            yield Fault(path, "A scope stands there twice.")
        if any(not scope or " " in scope for scope in scopes):
            yield Fault(path, "Each scope is one entry of the list, without spaces.")
        if scopes and rule.raw is not None:
            yield Fault(path, "Either raw says which scopes are asked for, or the lists do.")
    if rule.default and rule.param is None:
        yield Fault("authorize.scope.default", "These are never sent: param is null.")
    if rule.optional and rule.optional_param is None:
        yield Fault("authorize.scope.optional_param", "optional needs the name of its parameter.")
