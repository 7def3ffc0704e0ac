"""From a manifest's variables to a form, and from what was typed to values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from doorward.connectors import (
    AuthOption,
    Manifest,
    Variable,
    find_environment,
    is_visible,
    match_environment,
    verify_value,
)
from doorward.crypto import Secret
from doorward.vault.credentials_refusals import AskAdmin, NoSuchEnvironment
from doorward.vault.forms_model import (
    Field,
    Filled,
    ManagedState,
    MissingFields,
    Stored,
    UnknownOption,
)
from doorward.vault.pasting import clean, declared_in

__all__ = [
    "FORM_TYPES",
    "asked_of",
    "choose_environment",
    "fields_of",
    "fill_in",
    "find_option",
    "is_managed",
    "managed_state",
    "with_managed",
]

FORM_TYPES: Final = frozenset(
    {"api_key", "basic", "two_step", "oauth2_password", "oauth2_client_credentials", "jwt_bearer"}
)
"""Ways to connect that are a form and no visit to the platform."""


def find_option(manifest: Manifest, name: str, types: frozenset[str] | None = None) -> AuthOption:
    """The way to connect of that name; the first one where none is named.

    Raises ``UnknownOption``, also for one of another type.
    """
    for option in manifest.auth_options:
        if name in {"", option.name} and (types is None or option.type in types):
            return option
    raise UnknownOption


def choose_environment(
    manifest: Manifest, option: AuthOption, wanted: str, typed: Mapping[str, str]
) -> str:
    """The environment that was chosen, or the one of the host that was typed, or the only one.

    Raises ``NoSuchEnvironment``.
    """
    if wanted or not manifest.environments:
        if wanted and find_environment(manifest, wanted) is None:
            raise NoSuchEnvironment
        return wanted
    for each in asked_of(manifest, option):
        if each.type == "hostname" and typed.get(each.name):
            found = match_environment(manifest, clean(each, typed[each.name]))
            if found is not None:
                return found.name
    if len(manifest.environments) == 1:
        return manifest.environments[0].name
    raise NoSuchEnvironment


def asked_of(manifest: Manifest, option: AuthOption) -> tuple[Variable, ...]:
    """What a person or an administrator supplies, in the order of the form; no buttons."""
    return tuple(
        each
        for each in declared_in(manifest, option.variables).values()
        if each.source == "form" and each.type != "button"
    )


def is_managed(variable: Variable) -> bool:
    """Whether administrators may fill it in: it says so, or it is not each person's own."""
    return variable.managed or variable.scope != "user"


def managed_state(manifest: Manifest, option: AuthOption, stored: Stored) -> ManagedState:
    """What is satisfied already, and what is still to be typed."""
    asked = asked_of(manifest, option)
    required = tuple(each for each in asked if each.required and each.name not in stored.settled)
    has_managed = any(is_managed(each) for each in asked)
    if not has_managed or stored.has_failed:
        names = tuple(each.name for each in required)
        return ManagedState(
            has_managed=has_managed,
            all_required_satisfied=False,
            visible=None,
            missing=names,
            falls_back=has_managed,
        )
    open_names = tuple(each.name for each in required if not _is_filled(each, stored))
    return ManagedState(
        has_managed=True,
        all_required_satisfied=not open_names,
        visible=open_names,
        missing=open_names,
        falls_back=False,
    )


def fields_of(manifest: Manifest, option: AuthOption, stored: Stored) -> tuple[Field, ...]:
    """What the person sees: buttons and explanations, and every field that is not filled in.

    What an administrator filled in is hidden, until it has failed for this person.
    """
    declared = declared_in(manifest, option.variables).values()
    return tuple(
        Field.of(each)
        for each in declared
        if each.source == "form"
        and each.scope != "app"
        and not each.hidden
        and each.name not in stored.settled
        and (stored.has_failed or not _is_filled(each, stored))
    )


def fill_in(
    manifest: Manifest, option: AuthOption, typed: Mapping[str, str], stored: Stored
) -> Filled:
    """The values of a form: an administrator's first, then what was typed, then defaults.

    After a failure what was typed comes first. What is settled is not in it: whoever puts the plan
    together adds that. Raises ``MissingFields`` with every name that is missing, ``AskAdmin`` where
    that is for an administrator to fill in, and ``BadVariable`` for the first value that its field
    does not take.
    """
    chosen: dict[str, str] = {}
    managed: set[str] = set()
    missing: list[str] = []
    asked = [each for each in asked_of(manifest, option) if each.name not in stored.settled]
    for each in asked:
        text = clean(each, typed.get(each.name, "")) if each.scope != "app" else ""
        kept = stored.values.get(each.name) if is_managed(each) else None
        if kept is not None and not (stored.has_failed and text):
            chosen[each.name] = kept.reveal()
            managed.add(each.name)
        elif text and not each.hidden:
            chosen[each.name] = text
        elif each.default:
            chosen[each.name] = each.default
    for each in asked:
        shown = each.hidden or is_visible(each, chosen)
        if not shown:
            chosen.pop(each.name, None)
        elif each.required and each.name not in chosen:
            missing.append(each.name)
    if any(each.scope == "app" and each.name in missing for each in asked):
        raise AskAdmin
    if missing:
        raise MissingFields(tuple(missing))
    return _filled(tuple(asked), chosen, frozenset(managed), typed)


def with_managed(manifest: Manifest, option: AuthOption, own: Filled, stored: Stored) -> Filled:
    """``own`` values, and where there are none what administrators filled in."""
    values, secrets = dict(own.values), dict(own.secrets)
    declared = declared_in(manifest, option.variables)
    added = set()
    for name, value in stored.values.items():
        if name in values or name in secrets:
            continue
        added.add(name)
        if declared[name].secret:
            secrets[name] = value
        else:
            values[name] = value.reveal()
    return Filled(values, secrets, managed=frozenset(added), typed=own.typed)


def _filled(
    asked: tuple[Variable, ...],
    chosen: Mapping[str, str],
    managed: frozenset[str],
    typed: Mapping[str, str],
) -> Filled:
    values: dict[str, str] = {}
    secrets: dict[str, Secret[str]] = {}
    for each in asked:
        if each.name not in chosen:
            continue
        value = verify_value(each, chosen[each.name])
        if each.secret:
            secrets[each.name] = Secret(value)
        else:
            values[each.name] = value
    given = frozenset(chosen) - managed
    return Filled(
        values,
        secrets,
        managed=managed & frozenset(chosen),
        typed=frozenset(name for name in given if typed.get(name, "").strip()),
    )


def _is_filled(variable: Variable, stored: Stored) -> bool:
    return is_managed(variable) and variable.name in stored.values
