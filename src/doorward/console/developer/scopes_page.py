"""What an application may ask people for, each with a reason that they will read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.clients import Application, ClientsRefusal, UnknownApplication
from doorward.console.admin import SENSITIVITIES, Problem, problem_of
from doorward.console.api import MANAGEMENT
from doorward.console.developer.details import SAVED, saved_as
from doorward.console.developer.fields import change_of
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.console.developer.wanted import find_wanted
from doorward.http import ASGIApp, Call, Reply, message
from doorward.protocol import OPENID, Parameters
from doorward.scopes import Scope

__all__ = ["ScopePages"]

_PATH = "/developer/app/scopes"
_UNTOLD = message("Say why you need this scope, in one line.")
_SELF_EVIDENT = frozenset({OPENID, "offline_access", "offline"})


class ScopePages:
    """``/developer/app/scopes``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Choose from the catalogue of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _PATH, self.show),
            DeveloperRoute("POST", _PATH, self.save),
        )

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """Every scope of the organization, and which of them are asked for."""
        application = await self._frame.find_application(call, developer)
        wanted = await find_wanted(self._use, application)
        return await self._page(call, developer, application, _given(wanted), [])

    async def save(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep what is ticked, with its reasons."""
        application = await self._frame.find_application(call, developer)
        offered = await self._offered(developer)
        wanted = await find_wanted(self._use, application)
        given = _parse(call.form(wide=True), offered, wanted)
        problems = _untold(given, offered, wanted)
        change = change_of(wanted, given)
        if not problems and change is None:
            return self._frame.back(developer, _PATH, application, "same")
        if not problems and change is not None:
            try:
                await self._use.applications.update(
                    developer.org_id, application.client_id, change, developer.author
                )
            except UnknownApplication:
                raise
            except ClientsRefusal as refusal:
                problems = [_placed(refusal, offered)]
            else:
                return self._frame.back(developer, _PATH, application, saved_as(application))
        return await self._page(call, developer, application, given, problems)

    async def _offered(self, developer: Developer) -> list[Scope]:
        """What may be asked for here. Managing the organization is left to its staff."""
        found = await self._use.scopes.list_scopes(developer.org_id)
        offered = [each for each in found if each.name != MANAGEMENT]
        return sorted(offered, key=lambda each: (not each.is_standard, each.api or "", each.name))

    async def _page(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        given: Mapping[str, Any],
        problems: list[Problem],
    ) -> ASGIApp:
        catalogue = await self._use.scopes.catalogue(developer.org_id)
        locale = self._frame.locale_of(call)
        offered = await self._offered(developer)
        boxes = [
            {
                "key": str(number),
                "name": each.name,
                "title": each.title(locale),
                "sentence": each.sentence(
                    locale, app=application.name, org=developer.tenant.org.name
                ),
                "sensitivity": each.sensitivity,
                "sensitivity_title": SENSITIVITIES[each.sensitivity],
                "api": None if each.api is None else catalogue.apis[each.api].name,
                "asked": each.name in given["scopes"],
                "purpose": given["purposes"].get(each.name, ""),
                "optional": each.name in given["optional_scopes"],
                "needs_reason": each.name not in _SELF_EVIDENT,
                "can_be_optional": each.name != OPENID,
            }
            for number, each in enumerate(offered)
        ]
        values: dict[str, object] = {
            "boxes": boxes,
            "service": application.kind == "service",
            "live": application.is_live,
            "problems": problems,
        }
        status = 422 if problems else 200
        page = DeveloperPage("developer_scopes.html", "scopes", _PATH, status, SAVED)
        return self._frame.page(call, developer, page, values, application)


def _given(application: Application) -> dict[str, Any]:
    return {
        "scopes": application.scopes,
        "purposes": dict(application.purposes),
        "optional_scopes": application.optional_scopes,
    }


def _parse(form: Parameters, offered: list[Scope], before: Application) -> dict[str, Any]:
    """What is ticked and typed; what this page does not offer stays as it was."""
    names = [each.name for each in offered]
    ticked = [name for name in names if f"scope.{name}" in form]
    kept = [name for name in before.scopes if name in ticked or name not in names]
    scopes = (*kept, *(name for name in ticked if name not in kept))
    typed = {name: (form.get(f"purpose.{name}") or "").strip() for name in ticked}
    told = {name: before.purposes[name] for name in kept if name in before.purposes}
    purposes = {**told, **typed}
    optional = [name for name in scopes if f"optional.{name}" in form]
    return {
        "scopes": scopes,
        "purposes": {name: purposes[name] for name in scopes if purposes.get(name)},
        "optional_scopes": tuple(optional),
    }


def _untold(given: Mapping[str, Any], offered: list[Scope], before: Application) -> list[Problem]:
    """Scopes that are asked for anew without a reason."""
    return [
        Problem(_UNTOLD, f"purpose-{number}", each.name)
        for number, each in enumerate(offered)
        if each.name in given["scopes"]
        and each.name not in _SELF_EVIDENT
        and each.name not in given["purposes"]
        and (each.name not in before.scopes or each.name in before.purposes)
    ]


def _placed(refusal: ClientsRefusal, offered: list[Scope]) -> Problem:
    """The refusal beside the scope that it is about."""
    found = problem_of(refusal)
    for number, each in enumerate(offered):
        if each.name == found.about and refusal.field == "purposes":
            return Problem(found.sentence, f"purpose-{number}", each.name)
    return found
