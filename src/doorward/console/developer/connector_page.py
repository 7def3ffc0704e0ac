"""One connector of the person's: what it is, its manifest, its switch, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorward.connectors import (
    BadManifest,
    Connector,
    ConnectorsRefusal,
    UnknownConnector,
    warnings_of,
)
from doorward.console.admin import Problem, problem_of
from doorward.console.developer.connector_shelf import HOME, back_to, describe, find_own, needs
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.manifest_form import (
    FIELD,
    TypedManifest,
    find_written,
    pretty,
    receive_manifest,
    told_faults,
)
from doorward.console.developer.manifest_lines import place_faults
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.http import ASGIApp, Call, Reply, message
from doorward.vault import callback_of

__all__ = ["ConnectorPages"]

_ONE: Final = f"{HOME}/connector"
_MANIFEST: Final = f"{_ONE}/manifest"
_REMOVE: Final = f"{_ONE}/remove"
_TEMPLATES: Final = {
    _ONE: "developer_connector.html",
    _MANIFEST: "developer_connector_manifest.html",
    _REMOVE: "developer_connector_remove.html",
}
_NOTICES: Final = {
    "registered": message("The connector is registered. It is off until staff switch it on."),
    "on": message("The connector is on: people can connect by it."),
    "off": message("The connector is off: nobody can connect by it."),
    "changed": message("The manifest is saved."),
    "off_again": message(
        "The manifest is saved. The connector is off until staff have looked at it again."
    ),
}


class ConnectorPages:
    """``/developer/connectors/connector`` and what is below it."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Change connectors through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _ONE, self.show),
            DeveloperRoute("POST", f"{_ONE}/switch", self.switch),
            DeveloperRoute("GET", _MANIFEST, self.edit),
            DeveloperRoute("POST", _MANIFEST, self.save, streamed=True),
            DeveloperRoute("GET", _REMOVE, self.ask_to_remove),
            DeveloperRoute("POST", _REMOVE, self.remove),
        )

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """Its state, its ways to connect, and what should not stay as it is."""
        connector = await find_own(self._use.connectors, call, developer)
        return self._overview(call, developer, connector)

    async def switch(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """On or off, by whoever keeps connectors; the version that was looked at."""
        connector, form = await find_own(self._use.connectors, call, developer), call.form()
        on, seen = form.get("enabled") == "on", form.get("version") or ""
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
        keeper, by = self._use.connectors, developer.connector_author
        try:
            if on:
                await keeper.enable(developer.org_id, connector.slug, by, version=version)
            else:
                await keeper.disable(developer.org_id, connector.slug, by)
        except UnknownConnector:
            raise
        except ConnectorsRefusal as refusal:
            return self._overview(call, developer, connector, [problem_of(refusal)])
        return back_to(developer, _ONE, connector, "on" if on else "off")

    async def edit(self, call: Call, developer: Developer) -> ASGIApp:
        """The manifest, to be changed."""
        connector = await find_own(self._use.connectors, call, developer)
        typed = TypedManifest(text=pretty(connector.manifest), version=connector.version)
        return self._editor(call, developer, connector, typed)

    async def save(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep the manifest as a new version; or say what is wrong, by line."""
        connector = await find_own(self._use.connectors, call, developer)
        typed = await receive_manifest(self._frame, call, developer)
        if typed.problems:
            return self._editor(call, developer, connector, typed)
        written = await find_written(typed)
        if isinstance(written, TypedManifest):
            return self._editor(call, developer, connector, written)
        try:
            after = await self._use.connectors.change(
                developer.org_id,
                connector.slug,
                written,
                developer.connector_author,
                version=typed.version,
            )
        except UnknownConnector:
            raise
        except BadManifest as refusal:
            return self._editor(call, developer, connector, told_faults(typed, refusal.faults))
        except ConnectorsRefusal as refusal:
            problem = Problem(problem_of(refusal).sentence, FIELD)
            told = TypedManifest(text=typed.text, version=typed.version, problems=(problem,))
            return self._editor(call, developer, connector, told)
        done = "off_again" if connector.enabled and not after.enabled else "changed"
        return back_to(developer, _ONE, after, done)

    async def ask_to_remove(self, call: Call, developer: Developer) -> ASGIApp:
        """What removing means."""
        connector = await find_own(self._use.connectors, call, developer)
        return self._page(call, developer, connector, _REMOVE, {"problems": []})

    async def remove(self, call: Call, developer: Developer) -> Reply:
        """Remove it."""
        connector = await find_own(self._use.connectors, call, developer)
        await self._use.connectors.remove(
            developer.org_id, connector.slug, developer.connector_author
        )
        return back_to(developer, HOME, None, "removed")

    def _overview(
        self,
        call: Call,
        developer: Developer,
        connector: Connector,
        problems: Sequence[Problem] = (),
    ) -> ASGIApp:
        warnings = place_faults("", warnings_of(connector.manifest))
        values: dict[str, object] = {
            "callback": callback_of(developer.tenant.issuer, connector.slug),
            "warnings": warnings,
            "docs_url": connector.manifest.docs_url,
            "problems": list(problems),
        }
        return self._page(call, developer, connector, _ONE, values)

    def _editor(
        self, call: Call, developer: Developer, connector: Connector, typed: TypedManifest
    ) -> ASGIApp:
        values: dict[str, object] = {"typed": typed, "problems": list(typed.problems)}
        return self._page(call, developer, connector, _MANIFEST, values)

    def _page(
        self,
        call: Call,
        developer: Developer,
        connector: Connector,
        path: str,
        values: dict[str, object],
    ) -> ASGIApp:
        shown = {**values, "connector": describe(connector, developer, self._frame.locale_of(call))}
        page = DeveloperPage(
            _TEMPLATES[path],
            "connectors",
            path,
            status=422 if values["problems"] else 200,
            notices=_NOTICES,
            query=needs(connector),
        )
        return self._frame.page(call, developer, page, shown)
