"""Choosing scopes from an organization's catalogue, each with the reason that people will read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from doorward.clients import Application, ClientsRefusal
from doorward.console.admin import SENSITIVITIES, Problem, problem_of
from doorward.console.api import MANAGEMENT
from doorward.http import Locale, message
from doorward.protocol import OPENID, Parameters
from doorward.scopes import Catalogue, Scope

__all__ = [
    "NOTHING_CHOSEN",
    "SELF_EVIDENT",
    "boxes_of",
    "chosen_scopes",
    "list_offered",
    "parse_choice",
    "placed",
    "untold_scopes",
]

SELF_EVIDENT: Final = frozenset({OPENID, "offline_access", "offline"})
"""Scopes whose own sentence says what they are for."""
NOTHING_CHOSEN: Final[Mapping[str, Any]] = {"scopes": (), "purposes": {}, "optional_scopes": ()}
_UNTOLD = message("Say why you need this scope, in one line.")


def list_offered(catalogue: Catalogue) -> list[Scope]:
    """What may be asked for here. Managing the organization is left to its staff."""
    offered = [each for each in catalogue.scopes.values() if each.name != MANAGEMENT]

    def place(scope: Scope) -> tuple[bool, bool, str, str]:
        return scope.name != OPENID, not scope.is_standard, scope.api or "", scope.name

    return sorted(offered, key=place)


def chosen_scopes(application: Application) -> dict[str, Any]:
    """What the application asks for, as ``parse_choice`` says it."""
    return {
        "scopes": application.scopes,
        "purposes": dict(application.purposes),
        "optional_scopes": application.optional_scopes,
    }


def parse_choice(
    form: Parameters, offered: list[Scope], before: Mapping[str, Any]
) -> dict[str, Any]:
    """What is ticked and typed; what is not ``offered`` stays as it was ``before``."""
    names = [each.name for each in offered]
    ticked = [name for name in names if f"scope.{name}" in form]
    kept = [name for name in before["scopes"] if name in ticked or name not in names]
    scopes = (*kept, *(name for name in ticked if name not in kept))
    typed = {name: (form.get(f"purpose.{name}") or "").strip() for name in ticked}
    told = {name: before["purposes"][name] for name in kept if name in before["purposes"]}
    purposes = {**told, **typed}
    optional = [name for name in scopes if f"optional.{name}" in form]
    return {
        "scopes": scopes,
        "purposes": {name: purposes[name] for name in scopes if purposes.get(name)},
        "optional_scopes": tuple(optional),
    }


def untold_scopes(
    given: Mapping[str, Any], offered: list[Scope], before: Mapping[str, Any]
) -> list[Problem]:
    """Scopes that are asked for anew without a reason."""
    return [
        Problem(_UNTOLD, f"purpose-{number}", each.name)
        for number, each in enumerate(offered)
        if each.name in given["scopes"]
        and each.name not in SELF_EVIDENT
        and each.name not in given["purposes"]
        and (each.name not in before["scopes"] or each.name in before["purposes"])
    ]


def placed(refusal: ClientsRefusal, offered: list[Scope], fields: tuple[str, ...] = ()) -> Problem:
    """The refusal beside its field: one of ``fields``, or the reason for a scope."""
    found = problem_of(refusal, fields)
    for number, each in enumerate(offered):
        if each.name == found.about and refusal.field == "purposes":
            return Problem(found.sentence, f"purpose-{number}", each.name)
    return found


def boxes_of(
    given: Mapping[str, Any], catalogue: Catalogue, locale: Locale, *, app: str, org: str
) -> list[dict[str, object]]:
    """A box for each scope that is offered, in the words of ``locale``, as ``given`` ticks it."""
    return [
        {
            "key": str(number),
            "name": each.name,
            "title": each.title(locale),
            "sentence": each.sentence(locale, app=app, org=org),
            "sensitivity": each.sensitivity,
            "sensitivity_title": SENSITIVITIES[each.sensitivity],
            "api": None if each.api is None else catalogue.apis[each.api].name,
            "asked": each.name in given["scopes"],
            "purpose": given["purposes"].get(each.name, ""),
            "optional": each.name in given["optional_scopes"],
            "needs_reason": each.name not in SELF_EVIDENT,
            "can_be_optional": each.name != OPENID,
        }
        for number, each in enumerate(list_offered(catalogue))
    ]
