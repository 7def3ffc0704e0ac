"""Fields of key forms that administrators fill in: for everybody, or for one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorward.accounts import Account
from doorward.connectors import AuthOption, Connector, ConnectorsRefusal, UnknownConnector
from doorward.console.admin.connector_desk import (
    LIST,
    ONE,
    describe,
    find_connector,
)
from doorward.console.admin.connector_view import ConnectorView, Shown, managed_field, titles_of
from doorward.console.admin.forms import Problem, parse_row_id, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.crypto import SealBroken
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission
from doorward.protocol import Parameters
from doorward.vault import ORGANIZATION, VaultRefusal

__all__ = ["ManagedFieldPages"]

_PATH: Final = f"{LIST}/managed"
_PERSON: Final = f"{LIST}/person"
_NOTICES: Final = {"managed": message("The values are saved.")}


class ManagedFieldPages:
    """``/admin/connectors/managed`` and ``…/person``."""

    def __init__(self, use: AdminServices, frame: AdminFrame, view: ConnectorView) -> None:
        """Keep values through ``use``; ``view`` shows those that are everybody's."""
        self._use = use
        self._frame = frame
        self._view = view

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        read, write = Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE
        return (
            AdminRoute("POST", _PATH, write, "connectors", self.save),
            AdminRoute("GET", _PERSON, read, "connectors", self.show_person),
            AdminRoute("POST", _PERSON, write, "connectors", self.save_person),
        )

    async def save(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep what everybody uses; what is left empty stays, what is ticked is forgotten."""
        connector, form = await find_connector(self._use, call, staff), call.form()
        option = _find_option(connector, form.get("option"))
        problem = await self._change(staff, (connector, option, ORGANIZATION), form)
        if problem is not None:
            shown = Shown(problems=[problem])
            return await self._view.page(call, staff, connector, shown)
        return self._frame.back(staff, ONE, done="managed", connector=connector.slug)

    async def show_person(self, call: Call, staff: Staff) -> ASGIApp:
        """The fields of one person. Raises ``UnknownAccount``, ``UnknownConnector``."""
        return await self._person(call, staff, await self._find(call, staff))

    async def save_person(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Keep what one person uses."""
        found, form = await self._find(call, staff), call.form()
        connector, option, account = found
        problem = await self._change(staff, (connector, option, account.account_id), form)
        if problem is not None:
            return await self._person(call, staff, found, [problem])
        return self._frame.back(
            staff,
            _PERSON,
            done="managed",
            connector=connector.slug,
            option=option.name,
            id=account.subject,
        )

    async def _find(self, call: Call, staff: Staff) -> tuple[Connector, AuthOption, Account]:
        connector = await find_connector(self._use, call, staff)
        given = call.form() if call.method == "POST" else call.query()
        option = _find_option(connector, given.get("option"))
        return connector, option, await self._use.accounts.get(staff.org_id, parse_row_id(call))

    async def _change(
        self, staff: Staff, whose: tuple[Connector, AuthOption, int], form: Parameters
    ) -> Problem | None:
        given = _named(form, "managed.")
        forgotten = _named(form, "forget.")
        kept = {name: text for name, text in given.items() if name not in forgotten}
        try:
            await self._use.connecting.managed.change(
                whose, kept, forgotten, staff.connector_author
            )
        except (VaultRefusal, ConnectorsRefusal) as refusal:
            problem = problem_of(refusal)
            return Problem(problem.sentence, f"managed.{refusal.field}" if refusal.field else None)
        return None

    async def _person(
        self,
        call: Call,
        staff: Staff,
        found: tuple[Connector, AuthOption, Account],
        problems: Sequence[Problem] = (),
    ) -> ASGIApp:
        connector, option, account = found
        locale = self._frame.locale_of(call)
        titles = titles_of(connector, option, locale)
        try:
            fields = await self._use.connecting.managed.list_for(
                connector, option, account.account_id
            )
        except SealBroken:
            fields = ()
        values: dict[str, object] = {
            "connector": describe(connector, locale),
            "option": option.name,
            "person": {
                "id": account.subject,
                "name": account.name,
                "email": account.email,
                "username": account.username,
            },
            "fields": [managed_field(each, titles) for each in fields],
            "may_write": staff.may(Permission.CONNECTORS_WRITE),
            "problems": list(problems),
        }
        page = AdminPage(
            "admin_connector_person.html",
            "connectors",
            _PERSON,
            query=(
                ("connector", connector.slug),
                ("option", option.name),
                ("id", account.subject),
            ),
            status=422 if problems else 200,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)


def _find_option(connector: Connector, name: str | None) -> AuthOption:
    """The way to connect of that name; the first where none is named."""
    for option in connector.manifest.auth_options:
        if name in {None, option.name}:
            return option
    raise UnknownConnector


def _named(form: Parameters, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): text for name, text in form.items() if name.startswith(prefix)
    }
