"""The person's connectors, and new ones: from a form, or from a manifest."""

from __future__ import annotations

from collections.abc import Sequence

from doorward.connectors import BadManifest, Connector, ConnectorsRefusal, Written
from doorward.console.admin import Problem, problem_of, typed_texts
from doorward.console.developer.connector_draft import (
    TEXTS,
    problems_of,
    wanted_manifest,
    wrong_with,
)
from doorward.console.developer.connector_shelf import HOME, back_to, describe, list_own
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.manifest_form import (
    FIELD,
    TypedManifest,
    find_written,
    receive_manifest,
    told_faults,
)
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.console.developer.welcome import may_register_connectors
from doorward.http import ASGIApp, Call, Reply, message
from doorward.vault import callback_of

__all__ = ["ConnectorListPages"]

_NEW = f"{HOME}/new"
_IMPORT = f"{HOME}/import"
_ONE = f"{HOME}/connector"
_NOTICES = {"removed": message("The connector is removed.")}
_NEW_TEXTS = {"key_header": "Authorization", "key_value": "Bearer {api_key}", "auth": "oauth"}


class ConnectorListPages:
    """``/developer/connectors``, ``…/new`` and ``…/import``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Register with ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", HOME, self.show),
            DeveloperRoute("GET", _NEW, self.ask),
            DeveloperRoute("POST", _NEW, self.create),
            DeveloperRoute("GET", _IMPORT, self.ask_for_manifest),
            DeveloperRoute("POST", _IMPORT, self.take_manifest, streamed=True),
        )

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """What the person registered."""
        locale = self._frame.locale_of(call)
        found = await list_own(self._use.connectors, developer)
        values: dict[str, object] = {
            "connectors": [describe(each, developer, locale) for each in found],
            "may_register": may_register_connectors(developer),
        }
        page = DeveloperPage("developer_connectors.html", "connectors", HOME, notices=_NOTICES)
        return self._frame.page(call, developer, page, values)

    async def ask(self, call: Call, developer: Developer) -> ASGIApp:
        """The empty form."""
        return self._form(call, developer, {**dict.fromkeys(TEXTS, ""), **_NEW_TEXTS})

    async def create(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Register what the form describes, or show the instructions as they will look."""
        form = call.form(wide=True)
        typed, managed = typed_texts(form, *TEXTS), "admin_managed" in form
        if form.get("action") == "preview":
            return self._form(call, developer, typed, managed=managed, preview=True)
        problems = wrong_with(form)
        if not problems:
            made = await self._register(developer, wanted_manifest(form))
            if isinstance(made, Connector):
                return back_to(developer, _ONE, made, "registered")
            problems = (
                problems_of(made.faults)
                if isinstance(made, BadManifest)
                else [_about_slug(problem_of(made))]
            )
        return self._form(call, developer, typed, problems, managed=managed)

    async def ask_for_manifest(self, call: Call, developer: Developer) -> ASGIApp:
        """The form for a manifest that is there already."""
        return self._import(call, developer, TypedManifest())

    async def take_manifest(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Register a manifest in our format or App Connect's; or say what is wrong, by line."""
        typed = await receive_manifest(self._frame, call, developer)
        if typed.problems:
            return self._import(call, developer, typed)
        written = await find_written(typed)
        if isinstance(written, TypedManifest):
            return self._import(call, developer, written)
        made = await self._register(developer, written)
        if isinstance(made, Connector):
            return back_to(developer, _ONE, made, "registered")
        if isinstance(made, BadManifest):
            return self._import(call, developer, told_faults(typed, made.faults))
        problem = problem_of(made)
        told = TypedManifest(text=typed.text, problems=(Problem(problem.sentence, FIELD),))
        return self._import(call, developer, told)

    async def _register(
        self, developer: Developer, written: Written
    ) -> Connector | ConnectorsRefusal:
        try:
            return await self._use.connectors.register(
                developer.org_id, written, developer.connector_author
            )
        except ConnectorsRefusal as refusal:
            return refusal

    def _form(
        self,
        call: Call,
        developer: Developer,
        typed: dict[str, str],
        problems: Sequence[Problem] = (),
        *,
        managed: bool = False,
        preview: bool = False,
    ) -> ASGIApp:
        values: dict[str, object] = {
            "form_values": typed,
            "admin_managed": managed,
            "preview": preview,
            "may_register": may_register_connectors(developer),
            "callback": callback_of(developer.tenant.issuer, ""),
            "problems": list(problems),
        }
        status = 422 if problems else 200
        page = DeveloperPage("developer_connector_new.html", "connectors", _NEW, status)
        return self._frame.page(call, developer, page, values)

    def _import(self, call: Call, developer: Developer, typed: TypedManifest) -> ASGIApp:
        values: dict[str, object] = {
            "typed": typed,
            "may_register": may_register_connectors(developer),
            "problems": list(typed.problems),
        }
        status = 422 if typed.problems else 200
        page = DeveloperPage("developer_connector_import.html", "connectors", _IMPORT, status)
        return self._frame.page(call, developer, page, values)


def _about_slug(problem: Problem) -> Problem:
    return Problem(problem.sentence, "slug", problem.about)
