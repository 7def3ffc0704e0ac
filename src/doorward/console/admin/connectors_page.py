"""The catalogue of connectors: found, switched on and off, and who may set them up."""

from __future__ import annotations

from typing import Final

from doorward.connectors import Connector, ConnectorsRefusal, UnknownConnector
from doorward.console.admin.connector_desk import LIST, ONE, describe, find_connector
from doorward.console.admin.connector_words import SUBMITTERS, in_words
from doorward.console.admin.forms import Problem, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.http import ASGIApp, Call, Locale, Reply, message
from doorward.orgs import Permission
from doorward.vault import Submitters

__all__ = ["ConnectorListPages"]

_POLICY: Final = f"{LIST}/policy"
_PAGE_SIZE: Final = 30
_SHOW: Final = {
    "": message("All"),
    "on": message("Switched on"),
    "registered": message("Registered by developers"),
}
_NOTICES: Final = {
    "on": message("The connector is on: people can connect by it."),
    "off": message("The connector is off: nobody can connect by it."),
    "policy": message("Saved."),
}


class ConnectorListPages:
    """``/admin/connectors`` and the forms on it."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Switch connectors of ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE
        return (
            AdminRoute("GET", LIST, read, "connectors", self.show),
            AdminRoute("POST", f"{LIST}/switch", write, "connectors", self.switch),
            AdminRoute("POST", _POLICY, write, "connectors", self.set_policy),
        )

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """What a search finds, a page at a time."""
        return await self._page(call, staff)

    async def switch(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """On or off: a registered one in the version that was looked at."""
        connector, form = await find_connector(self._use, call, staff), call.form()
        on, seen = form.get("enabled") == "on", form.get("version") or ""
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
        by = staff.connector_author
        try:
            if on:
                await self._use.connectors.enable(staff.org_id, connector.slug, by, version=version)
            else:
                await self._use.connectors.disable(staff.org_id, connector.slug, by)
        except UnknownConnector:
            raise
        except ConnectorsRefusal as refusal:
            return await self._page(call, staff, [problem_of(refusal)])
        done = "on" if on else "off"
        return self._frame.back(staff, ONE, done=done, connector=connector.slug)

    async def set_policy(self, call: Call, staff: Staff) -> Reply:
        """Who may give credentials where there are none."""
        given = call.form().get("submitters")
        chosen = next((each for each in Submitters if each == given), Submitters.ADMINS_ONLY)
        await self._use.connecting.credentials.set_submitters(
            staff.org_id, chosen, staff.connector_author
        )
        return self._frame.back(staff, LIST, done="policy")

    async def _page(
        self, call: Call, staff: Staff, problems: list[Problem] | None = None
    ) -> ASGIApp:
        query = call.query()
        locale = self._frame.locale_of(call)
        wanted, show = (query.get("q") or "").strip()[:100], query.get("show") or ""
        after = query.get("after") or ""
        found = [
            each
            for each in await self._all(staff)
            if _is_shown(each, show) and _matches(each, wanted, locale) and each.slug > after
        ]
        submitters = await self._use.connecting.credentials.find_submitters(staff.org_id)
        values: dict[str, object] = {
            "connectors": [describe(each, locale) for each in found[:_PAGE_SIZE]],
            "more": found[_PAGE_SIZE - 1].slug if len(found) > _PAGE_SIZE else None,
            "q": wanted,
            "show": show if show in _SHOW else "",
            "shows": list(_SHOW.items()),
            "after": after,
            "policies": list(SUBMITTERS.items()),
            "submitters": submitters,
            "may_write": staff.may(Permission.CONNECTORS_WRITE),
            "problems": problems or [],
        }
        kept = tuple((name, query[name]) for name in ("q", "show", "after") if name in query)
        page = AdminPage(
            "admin_connectors.html",
            "connectors",
            LIST,
            query=kept,
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)

    async def _all(self, staff: Staff) -> list[Connector]:
        """The catalogue and what was registered, by slug."""
        known = {each.slug: each for each in await self._use.connectors.list_for(staff.org_id)}
        for each in self._use.connectors.entries_for(staff.org_id):
            known.setdefault(each.slug, each)
        return [known[slug] for slug in sorted(known)]


def _is_shown(connector: Connector, show: str) -> bool:
    if show == "on":
        return connector.enabled
    return show != "registered" or connector.origin == "registered"


def _matches(connector: Connector, wanted: str, locale: Locale) -> bool:
    """Whether each word of a search stands in the name, the identifier, or what it is for."""
    manifest = connector.manifest
    text = " ".join(
        (manifest.slug, manifest.name, in_words(manifest.summary, locale), *manifest.categories)
    ).casefold()
    return all(word in text for word in wanted.casefold().split())
