"""One connector as staff see it: its switch, its credentials, what administrators fill in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from doorward.connectors import AuthOption, ClientProbe, Connector, Variable, write_manifest
from doorward.console.admin.connector_desk import (
    ONE,
    describe,
    find_place,
    name_of,
    needs,
    takes_client,
)
from doorward.console.admin.connector_words import PROBES, STATES, in_words
from doorward.console.admin.forms import Problem
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminServices, Staff
from doorward.crypto import SealBroken
from doorward.http import ASGIApp, Call, Locale, message
from doorward.orgs import Permission
from doorward.vault import (
    ManagedField,
    Place,
    SecretHint,
    TenantCredentials,
    callback_of,
    find_client_option,
)

__all__ = ["ConnectorView", "Shown", "account_variables", "managed_field", "titles_of"]

_HISTORY: Final = 20
_KEYED: Final = frozenset({"private_key_jwt", "tls_client_auth"})
_NOTICES: Final = {
    "on": message("The connector is on: people can connect by it."),
    "off": message("The connector is off: nobody can connect by it."),
    "submitted": message("The credentials are kept. Connect once yourself to put them to use."),
    "changed": message("The credentials are saved. Everybody stays connected."),
    "replaced": message("The credentials are replaced. People are asked to connect again."),
    "rotated": message("The new secret is tried first. The old one stays until it has worked."),
    "revoked": message("The credentials are deleted. Nobody connects by them any more."),
    "withdrawn": message("Your submission is forgotten."),
    "managed": message("The values are saved."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form of the page brought back: texts again (never a secret), faults, a hint."""

    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    probe: ClientProbe | None = None


class ConnectorView:
    """Renders ``/admin/connectors/connector``."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Read from ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    async def page(
        self, call: Call, staff: Staff, connector: Connector, shown: Shown | None = None
    ) -> ASGIApp:
        """The page, with what a form on it brought back. Raises ``NoSuchEnvironment``."""
        shown = shown or Shown()
        place, locale = find_place(call, staff, connector), self._frame.locale_of(call)
        values: dict[str, object] = {
            "connector": describe(connector, locale),
            "environment": place.environment,
            "environments": [
                (each.name, in_words(each.title, locale) or each.name)
                for each in connector.manifest.environments
            ],
            "manifest": _manifest_of(connector) if connector.origin == "registered" else None,
            "setup_guide": in_words(connector.manifest.setup_guide, locale),
            "credentials": await self._credentials(staff, place, shown, locale),
            "managed": await self._managed(connector, locale),
            "owner": await name_of(self._use, staff, connector.owner_account_id or 0)
            if connector.origin == "registered"
            else None,
            "may_write": staff.may(Permission.CONNECTORS_WRITE),
            "may_see_connections": staff.may(Permission.CONNECTIONS_READ),
            "problems": list(shown.problems),
        }
        page = AdminPage(
            "admin_connector.html",
            "connectors",
            ONE,
            query=needs(place),
            status=422 if shown.problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)

    async def _credentials(
        self, staff: Staff, place: Place, shown: Shown, locale: Locale
    ) -> dict[str, object] | None:
        """Everything about the organization's registration; None where there is no such thing."""
        if not takes_client(place.connector):
            return None
        service = self._use.connecting.credentials
        option = find_client_option(place.manifest)
        active = await service.find_active(place)
        pending = await service.find_pending(place, staff.account.account_id)
        fixed = option.authorize.redirect_uri if option.authorize is not None else None
        auth = option.token.client_auth if option.token is not None else "none"
        history = await service.list(place.connector, limit=_HISTORY)
        return {
            "instructions": in_words(option.admin_instructions, locale),
            "redirect_uri": fixed or callback_of(place.issuers[0], place.connector.slug),
            "active": None if active is None else self._version(active),
            "pending": None if pending is None else self._version(pending),
            "history": [
                {**self._version(each), "by": await name_of(self._use, staff, each.submitted_by)}
                for each in history
            ],
            "wants_secret": auth not in {"none", *_KEYED},
            "wants_key": auth in _KEYED,
            "usual_scopes": " ".join(
                option.authorize.scope.default if option.authorize is not None else ()
            ),
            "variables": [
                _field(each, locale, shown.typed) for each in account_variables(place, option)
            ],
            "typed": {
                name: shown.typed.get(name, "")
                for name in ("client_id", "label", "scopes", "authorization_url", "token_url")
            },
            "probe": None if shown.probe is None else PROBES[shown.probe],
            "again": bool(shown.typed),
            "affected": await service.affected(place),
            "own_client": bool(option.client_id) and not option.admin_managed,
        }

    def _version(self, row: TenantCredentials) -> dict[str, object]:
        try:
            hints = self._use.connecting.credentials.hints(row) if row.sealed else ()
            readable = True
        except SealBroken:
            hints, readable = tuple[SecretHint, ...](), False
        return {
            "id": str(row.credentials_id),
            "state": STATES[row.state],
            "environment": row.environment,
            "label": row.label,
            "client_id": row.client_id,
            "redirect_uri": row.redirect_uri,
            "scopes": None if row.extra.scopes is None else " ".join(row.extra.scopes),
            "authorization_url": row.extra.authorization_url,
            "token_url": row.extra.token_url,
            "values": dict(row.extra.values),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "verified_at": row.verified_at,
            "ended_at": row.ended_at,
            "secrets": hints,
            "readable": readable,
        }

    async def _managed(self, connector: Connector, locale: Locale) -> list[dict[str, object]]:
        """What administrators fill in for everybody, by each way to connect."""
        found = []
        for option in connector.manifest.auth_options:
            try:
                fields = await self._use.connecting.managed.list_for(connector, option)
            except SealBroken:
                fields = ()
            for_one = any(
                each.managed and each.scope == "user"
                for each in (*connector.manifest.variables, *option.variables)
            )
            if fields or for_one:
                titles = titles_of(connector, option, locale)
                found.append(
                    {
                        "option": option.name,
                        "fields": [managed_field(each, titles) for each in fields],
                        "for_one": for_one,
                    }
                )
        return found


def _manifest_of(connector: Connector) -> str:
    """What somebody registered, to be read before it is switched on."""
    return json.dumps(json.loads(write_manifest(connector.manifest)), indent=2, ensure_ascii=False)


def account_variables(place: Place, option: AuthOption) -> list[Variable]:
    """The variables of the organization and of its application, such as its host."""
    return [
        each
        for each in (*place.manifest.variables, *option.variables)
        if each.scope != "user" and each.source == "form" and each.type != "button"
    ]


def _field(variable: Variable, locale: Locale, typed: Mapping[str, str]) -> dict[str, object]:
    return {
        "name": f"value.{variable.name}",
        "plain": variable.name,
        "title": in_words(variable.title, locale) or variable.name,
        "hint": in_words(variable.description, locale) or variable.example,
        "value": "" if variable.secret else typed.get(f"value.{variable.name}", ""),
        "required": variable.required and not variable.managed and variable.default is None,
        "secret": variable.secret,
    }


def titles_of(connector: Connector, option: AuthOption, locale: Locale) -> dict[str, str]:
    """What the fields of one way to connect are called."""
    every = (*connector.manifest.variables, *option.variables)
    return {each.name: in_words(each.title, locale) or each.name for each in every}


def managed_field(each: ManagedField, titles: Mapping[str, str]) -> dict[str, object]:
    """A field as forms and lists show it."""
    return {
        "name": each.name,
        "title": titles[each.name],
        "secret": each.is_secret,
        "has_value": each.has_value,
        "value": each.value,
    }
