"""Environments: the regions and editions of a platform, and what each of them sets."""

from __future__ import annotations

from typing import Any

import msgspec

from doorward.connectors.model import AuthOption, Environment, Manifest, Override
from doorward.connectors.patterns import parse_pattern

__all__ = ["BadOverride", "apply_environment", "find_environment", "is_for", "match_environment"]

_SETTABLE = frozenset(
    {
        "authorize",
        "callback",
        "client_id",
        "delivery",
        "expiry",
        "identity",
        "post_connect",
        "refresh",
        "refresh_policy",
        "response",
        "revoke",
        "token",
        "verify",
    }
)


class BadOverride(ValueError):
    """An override names nothing, or sets what cannot be there; the text is a sentence."""


def find_environment(manifest: Manifest, name: str) -> Environment | None:
    """The environment of this name."""
    return next((each for each in manifest.environments if each.name == name), None)


def match_environment(manifest: Manifest, hostname: str) -> Environment | None:
    """The first environment whose ``match_hostname`` is this host's."""
    host = hostname.lower().rstrip(".")
    for each in manifest.environments:
        if each.match_hostname is not None and parse_pattern(each.match_hostname).matches(host):
            return each
    return None


def apply_environment(option: AuthOption, environment: Environment | None) -> AuthOption:
    """``option`` as it is in ``environment``. Raises ``BadOverride``.

    A path that starts with an option's name and a colon (``oauth:token.url``) is for that option
    alone; others are for every option that has the section.
    """
    if environment is None or not environment.overrides:
        return option
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(option))
    for override in environment.overrides:
        if is_for(override, option):
            _set(document, override.path.rpartition(":")[2], override)
    try:
        return msgspec.convert(document, AuthOption)
    except msgspec.ValidationError as error:
        raise BadOverride("An override does not fit the field that it sets.") from error


def is_for(override: Override, option: AuthOption) -> bool:
    """Whether ``override`` sets something of ``option``. Raises ``BadOverride``."""
    whose, colon, path = override.path.rpartition(":")
    section = path.partition(".")[0]
    if section not in _SETTABLE:
        raise BadOverride(f"Nothing at {path} can be set by an environment.")
    return whose == option.name if colon else getattr(option, section) is not None


def _set(document: dict[str, Any], path: str, override: Override) -> None:
    *steps, last = path.split(".")
    node: Any = document
    for step in steps:
        node = _child(node, step, path)
    if isinstance(node, list):
        node[_index(node, last, path)] = override.value
    elif isinstance(node, dict):
        value = override.value
        node[last] = list(value) if isinstance(value, tuple) else value
    else:
        raise BadOverride(f"There is nothing at {path} to be set.")


def _child(node: object, step: str, path: str) -> object:
    if isinstance(node, list):
        return node[_index(node, step, path)]
    if isinstance(node, dict) and node.get(step) is not None:
        return node[step]
    raise BadOverride(f"There is nothing at {path} to be set.")


def _index(node: list[object], step: str, path: str) -> int:
    if not (step.isascii() and step.isdigit() and len(step) < 4 and int(step) < len(node)):
        raise BadOverride(f"There is nothing at {path} to be set.")
    return int(step)
