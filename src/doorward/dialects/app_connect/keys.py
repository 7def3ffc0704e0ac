"""The handlers of connecting by a form, and of what administrators fill in for others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from doorward.accounts import UnknownAccount
from doorward.connectors import AuthOption, BadVariable, Connector
from doorward.db import find_row_id
from doorward.dialects.app_connect.calls import AppCall, text_values
from doorward.dialects.app_connect.documents import field_document, is_oauth
from doorward.dialects.app_connect.errors import NoJwt, Said
from doorward.dialects.app_connect.replies import object_reply, return_message, text_reply
from doorward.dialects.app_connect.rooms import Handler, Rooms, declared, place_of
from doorward.http import Reply
from doorward.vault import (
    ORGANIZATION,
    ManagedField,
    MissingFields,
    NotConnected,
    Typed,
    UnknownOption,
)

__all__ = ["Keys"]

_KEY_NAMES: Final = ("apiKey", "api_key")


class Keys:
    """API keys and other things that are typed, and their managed fields."""

    def __init__(self, rooms: Rooms) -> None:
        """Answer from ``rooms``."""
        self._use = rooms

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """Each handler by its method and address."""
        return {
            ("POST", "/apiKeyLogin"): self.login,
            ("GET", "/apiKeyManagedAuthState"): self.state,
            ("GET", "/admin/managedAuth"): self.show,
            ("POST", "/admin/managedAuth"): self.change,
            ("POST", "/admin/managedAuth/options"): self.options,
        }

    async def login(self, app: AppCall) -> Reply:
        """``POST /apiKeyLogin``: prove what was typed at the platform, and keep it.

        Whose it is is said by the access token alone: ids in the body are not looked at.
        """
        platform = app.platform()
        caller = await self._use.callers.get_caller(app)
        connector = await self._use.get_connector(app.org_id, platform)
        typed = Typed(place_of(self._use, app.tenant, connector), _typed_values(app, connector))
        try:
            done = await self._use.connecting.forms.connect(typed, caller.author)
        except MissingFields as missing:
            message = return_message(
                missing.sentence, "warning", missingRequiredFieldConsts=list(missing.names)
            )
            return object_reply({"returnMessage": message}, 400)
        except (NotConnected, BadVariable) as refusal:
            where = "" if refusal.field is None else f"{refusal.field}: "
            message = return_message(f"{where}{refusal.sentence}", "warning", ttl=5000)
            return object_reply({"returnMessage": message}, 400)
        row, name = done.kept.connection, connector.manifest.name
        text = f"Connected to {name}."
        if done.verified.limited:
            text = f"Connected to {name}, but some permissions are missing."
        return object_reply(
            {
                "jwtToken": await self._use.callers.issue(row, caller.client_id),
                "name": row.party_name or name,
                "returnMessage": return_message(
                    text, "warning" if done.verified.limited else "success"
                ),
            }
        )

    async def state(self, app: AppCall) -> Reply:
        """``GET /apiKeyManagedAuthState``: what of the form this account still has to fill in."""
        platform = app.platform()
        author = await self._use.callers.get_account(app)
        connector = await self._use.get_connector(app.org_id, platform)
        try:
            place = place_of(self._use, app.tenant, connector)
            state = await self._use.connecting.forms.state(place, "", author.account_id)
        except UnknownOption:
            return object_reply(_state(has_managed=False, satisfied=False, visible=None))
        return object_reply(
            _state(
                has_managed=state.has_managed,
                satisfied=state.all_required_satisfied,
                visible=state.visible,
                missing=state.missing,
                falls_back=state.falls_back,
            )
        )

    async def show(self, app: AppCall) -> Reply:
        """``GET /admin/managedAuth``: what is filled in, and for whom; secrets only as there."""
        connector, option = await self._whose(app)
        await self._use.callers.get_admin(app)
        managed = [each for each in declared(connector.manifest, option).values() if each.managed]
        return object_reply(
            {
                "hasManagedAuth": bool(managed),
                "fields": [field_document(each) for each in managed],
                "orgFields": [field_document(e) for e in managed if e.scope == "account"],
                "userFields": [field_document(e) for e in managed if e.scope != "account"],
                "orgValues": await self._values(connector, option, ORGANIZATION),
                "userValues": await self._of_people(connector, option),
            }
        )

    async def change(self, app: AppCall) -> Reply:
        """``POST /admin/managedAuth``: fill in for the organization, or for one account."""
        connector, option = await self._whose(app)
        admin = await self._use.callers.get_admin(app)
        account_id = await self._find_target(app)
        remove = app.body.get("fieldsToRemove")
        names = [n for n in remove if isinstance(n, str)] if isinstance(remove, list) else []
        await self._use.connecting.managed.change(
            (connector, option, account_id), text_values(app.object("values")), names, admin
        )
        return text_reply("Shared authentication updated")

    async def options(self, app: AppCall) -> Reply:
        """``POST /admin/managedAuth/options``: the platform's own choices for a user's field."""
        platform = app.platform()
        await self._use.callers.get_admin(app)
        connector = await self._use.get_connector(app.org_id, platform)
        option = _form_option(connector)
        name = app.text("fieldConst")
        if not name:
            raise Said(400, "Missing managed auth field")
        known = declared(connector.manifest, option)
        field = known.get(name)
        if field is None or not field.managed or field.scope != "user" or field.dynamic is None:
            sentence = f'Managed auth field "{name[:100]}" is not a dynamic user field'
            raise Said(400, {"error": sentence})
        given = text_values(app.object("accountValues"))
        typed = {n: v for n, v in given.items() if n in known and known[n].scope == "account"}
        choices = await self._use.connecting.forms.options(connector, option.name, name, typed)
        return object_reply([{"value": each.const, "label": each.title} for each in choices])

    async def _whose(self, app: AppCall) -> tuple[Connector, AuthOption]:
        """The connector of the JWT, or the one that is named. Raises ``Said``."""
        platform = app.find_platform()
        try:
            platform = (await self._use.callers.get_session(app)).connector.slug
        except NoJwt:
            if not platform:
                raise
        connector = await self._use.get_connector(app.org_id, platform)
        return connector, _form_option(connector)

    async def _find_target(self, app: AppCall) -> int:
        """Whose values they are: an account of the organization, or everybody's."""
        scope, given = app.text("scope"), app.body.get("rcExtensionId")
        if scope == "org":
            return ORGANIZATION
        text = str(given) if isinstance(given, str | int) else ""
        account_id = find_row_id(text)
        if scope != "user" or account_id in {None, ORGANIZATION}:
            raise Said(400, {"error": "Say whose values these are: scope and rcExtensionId."})
        try:
            account = await self._use.accounts.get(app.org_id, account_id)
        except UnknownAccount as unknown:
            raise Said(400, {"error": "There is no such account."}) from unknown
        return account.account_id

    async def _values(
        self, connector: Connector, option: AuthOption, account_id: int
    ) -> dict[str, object]:
        found = await self._use.connecting.managed.list_for(connector, option, account_id)
        return _shown(found)

    async def _of_people(self, connector: Connector, option: AuthOption) -> list[object]:
        people: list[object] = []
        for account_id in await self._use.connecting.managed.list_accounts(connector):
            try:
                account = await self._use.accounts.get(connector.org_id, account_id)
            except UnknownAccount:
                continue
            people.append(
                {
                    "rcExtensionId": str(account_id),
                    "rcUserName": account.name or account.username,
                    "fields": await self._values(connector, option, account_id),
                }
            )
        return people


def _form_option(connector: Connector) -> AuthOption:
    """The form that the connector has. Raises ``UnknownOption``."""
    for option in connector.manifest.auth_options:
        if not is_oauth(option):
            return option
    raise UnknownOption


def _typed_values(app: AppCall, connector: Connector) -> dict[str, str]:
    """What was typed, by our names: a bare key and a bare host belong to some field."""
    option = _form_option(connector)
    known = declared(connector.manifest, option)
    typed = text_values(app.object("additionalInfo"))
    key, host = app.text("apiKey"), app.text("hostname")
    secrets = (each.name for each in known.values() if each.secret and each.source == "form")
    field = next((n for n in (*_KEY_NAMES, *secrets) if n in known), None)
    if key and field is not None and not typed.get(field):
        typed[field] = key
    for each in known.values():
        if host and each.type == "hostname" and not typed.get(each.name):
            typed[each.name] = host
    return typed


def _state(
    *,
    has_managed: bool,
    satisfied: bool,
    visible: Iterable[str] | None,
    missing: Iterable[str] = (),
    falls_back: bool = False,
) -> dict[str, object]:
    return {
        "hasManagedAuth": has_managed,
        "allRequiredFieldsSatisfied": satisfied,
        "visibleFieldConsts": None if visible is None else list(visible),
        "missingRequiredFieldConsts": list(missing),
        "fallbackToManualAuth": falls_back,
    }


def _shown(fields: Iterable[ManagedField]) -> dict[str, object]:
    return {e.name: {"hasValue": e.has_value, "value": e.value} for e in fields if e.has_value}
