"""What an application may ask people for, each with a reason that they will read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.clients import Application, ClientsRefusal, UnknownApplication
from doorward.console.admin import Problem
from doorward.console.developer.details import SAVED, saved_as
from doorward.console.developer.fields import change_of
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.console.developer.scope_choice import (
    boxes_of,
    chosen_scopes,
    list_offered,
    parse_choice,
    placed,
    untold_scopes,
)
from doorward.http import ASGIApp, Call, Reply

__all__ = ["ScopePages"]

_PATH = "/developer/app/scopes"


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
        wanted = await self._use.reviews.find_wanted(application)
        return await self._page(call, developer, application, chosen_scopes(wanted), [])

    async def save(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep what is ticked, or say which scope lacks its reason."""
        application = await self._frame.find_application(call, developer)
        catalogue = await self._use.scopes.catalogue(developer.org_id)
        offered = list_offered(catalogue)
        wanted = await self._use.reviews.find_wanted(application)
        before = chosen_scopes(wanted)
        given = parse_choice(call.form(wide=True), offered, before)
        problems = untold_scopes(given, offered, before)
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
                problems = [placed(refusal, offered)]
            else:
                return self._frame.back(developer, _PATH, application, saved_as(application))
        return await self._page(call, developer, application, given, problems)

    async def _page(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        given: Mapping[str, Any],
        problems: list[Problem],
    ) -> ASGIApp:
        catalogue = await self._use.scopes.catalogue(developer.org_id)
        boxes = boxes_of(
            given,
            catalogue,
            self._frame.locale_of(call),
            app=application.name,
            org=developer.tenant.org.name,
        )
        values: dict[str, object] = {
            "boxes": boxes,
            "service": application.kind == "service",
            "live": application.is_live,
            "problems": problems,
        }
        status = 422 if problems else 200
        page = DeveloperPage("developer_scopes.html", "scopes", _PATH, status, SAVED)
        return self._frame.page(call, developer, page, values, application)
