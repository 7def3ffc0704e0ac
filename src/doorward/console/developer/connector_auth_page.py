"""How people connect by a connector: admin-managed credentials, and the instructions for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from doorward.connectors import (
    AuthOption,
    BadManifest,
    Connector,
    ConnectorsRefusal,
    UnknownConnector,
    write_manifest,
)
from doorward.console.admin import Problem, problem_of
from doorward.console.developer.connector_draft import problem_with
from doorward.console.developer.connector_shelf import HOME, back_to, describe, find_own, needs
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.http import ASGIApp, Call, Reply, message
from doorward.protocol import Parameters
from doorward.vault import callback_of

__all__ = ["ConnectorAuthPages"]

_PATH: Final = f"{HOME}/connector/auth"
_LANGUAGES: Final = ("en", "ja")
_OAUTH: Final = frozenset({"oauth2_code", "identity_only"})
_NO_INSTRUCTIONS: Final = message("Write in English how an administrator gets the credentials.")
_NO_OAUTH: Final = message("Only OAuth has credentials that an administrator keeps.")
_NOTICES: Final = {
    "saved": message("Saved."),
    "off_again": message(
        "The manifest is saved. The connector is off until staff have looked at it again."
    ),
}


class ConnectorAuthPages:
    """``/developer/connectors/connector/auth``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Change manifests through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _PATH, self.show),
            DeveloperRoute("POST", _PATH, self.save),
        )

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """Each way to connect, with its switch and its instructions."""
        connector = await find_own(self._use.connectors, call, developer)
        return self._page(call, developer, connector)

    async def save(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Keep the switch and the instructions of one way; or show how they will look."""
        connector = await find_own(self._use.connectors, call, developer)
        form = call.form(wide=True)
        option = _find_option(connector, form.get("option"))
        if form.get("action") == "preview":
            return self._page(call, developer, connector, form)
        problems = _wrong_with(option, form)
        if problems:
            return self._page(call, developer, connector, form, problems)
        try:
            after = await self._use.connectors.change(
                developer.org_id,
                connector.slug,
                _changed(connector, option, form),
                developer.connector_author,
                version=_version_of(form),
            )
        except UnknownConnector:
            raise
        except BadManifest as refusal:
            problems = [problem_with(fault) for fault in refusal.faults]
            return self._page(call, developer, connector, form, problems)
        except ConnectorsRefusal as refusal:
            return self._page(call, developer, connector, form, [problem_of(refusal)])
        done = "off_again" if connector.enabled and not after.enabled else "saved"
        return back_to(developer, _PATH, after, done)

    def _page(
        self,
        call: Call,
        developer: Developer,
        connector: Connector,
        form: Parameters | None = None,
        problems: Sequence[Problem] = (),
    ) -> ASGIApp:
        options = connector.manifest.auth_options
        values: dict[str, object] = {
            "connector": describe(connector, developer, self._frame.locale_of(call)),
            "forms": [_shown(each, form) for each in options if each.type in _OAUTH],
            "callback": callback_of(developer.tenant.issuer, connector.slug),
            "problems": list(problems),
        }
        page = DeveloperPage(
            "developer_connector_auth.html",
            "connectors",
            _PATH,
            status=422 if problems else 200,
            notices=_NOTICES,
            query=needs(connector),
        )
        return self._frame.page(call, developer, page, values)


def _find_option(connector: Connector, name: str | None) -> AuthOption:
    for each in connector.manifest.auth_options:
        if each.name == name:
            return each
    raise UnknownConnector


def _wrong_with(option: AuthOption, form: Parameters) -> list[Problem]:
    if option.type not in _OAUTH:
        return [Problem(_NO_OAUTH)]
    if "admin_managed" in form and not _text(form, "en"):
        return [Problem(_NO_INSTRUCTIONS, f"instructions-en-{option.name}")]
    return []


def _changed(connector: Connector, option: AuthOption, form: Parameters) -> dict[str, Any]:
    """The manifest with this way to connect as the form has it."""
    document: dict[str, Any] = json.loads(write_manifest(connector.manifest))
    changed = next(each for each in document["auth_options"] if each["name"] == option.name)
    changed["admin_managed"] = "admin_managed" in form
    texts = {each: text for each in _LANGUAGES if (text := _text(form, each))}
    changed["admin_instructions"] = texts or ""
    if changed["admin_managed"]:
        # What each organization registers itself takes the place of the platform-wide client.
        changed.pop("client_id", None)
    return document


def _shown(option: AuthOption, form: Parameters | None) -> dict[str, object]:
    kept = option.admin_instructions
    texts = {"en": kept} if isinstance(kept, str) else dict(kept)
    shown: dict[str, object] = {
        "name": option.name,
        "admin_managed": option.admin_managed,
        "texts": {each: texts.get(each, "") for each in _LANGUAGES},
        "preview": False,
    }
    if form is not None and form.get("option") == option.name:
        shown |= {
            "admin_managed": "admin_managed" in form,
            "texts": {each: _text(form, each) for each in _LANGUAGES},
            "preview": form.get("action") == "preview",
        }
    return shown


def _text(form: Parameters, language: str) -> str:
    return (form.get(f"instructions_{language}") or "").replace("\r\n", "\n").strip()


def _version_of(form: Parameters) -> int:
    given = form.get("version") or ""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
