"""The handlers of an organization's own registration with a platform, and of its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from doorward.connectors import Connector, match_environment
from doorward.crypto import Secret
from doorward.dialects.app_connect.callers import is_admin
from doorward.dialects.app_connect.calls import AppCall
from doorward.dialects.app_connect.documents import is_oauth
from doorward.dialects.app_connect.errors import NoPlatform, NotAdmin, Said
from doorward.dialects.app_connect.replies import object_reply, text_reply
from doorward.dialects.app_connect.rooms import Handler, Rooms, declared, option_of, place_of
from doorward.http import Reply
from doorward.orgs import Tenant
from doorward.vault import Place, Submission, TenantCredentials, UnknownCredentials

__all__ = ["Managed"]

_TOKEN_URL: Final = "token_url"  # noqa: S105 - the name of a variable


class Managed:
    """Admin-managed OAuth: submitted, proved by connecting, used by everybody, taken back."""

    def __init__(self, rooms: Rooms) -> None:
        """Answer from ``rooms``."""
        self._use = rooms

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """Each handler by its method and address."""
        return {
            ("GET", "/oauthManagedAuthState"): self.state,
            ("POST", "/admin/managedOAuth/cache"): self.submit,
            ("DELETE", "/admin/managedOAuth/cache"): self.withdraw,
            ("DELETE", "/admin/managedOAuth/account"): self.reset,
            ("GET", "/admin/settings"): self.settings,
            ("POST", "/admin/settings"): self.set_settings,
        }

    async def state(self, app: AppCall) -> Reply:
        """``GET /oauthManagedAuthState``: what there is; secrets are never answered."""
        platform = app.platform()
        author = await self._use.callers.get_account(app)
        connector = await self._use.get_connector(app.org_id, platform)
        credentials, admin = self._use.connecting.credentials, is_admin(author)
        state: dict[str, object] = {"isAdmin": admin}
        active = pending = None
        for place in _places(self._use, app.tenant, connector):
            active = active or await credentials.find_active(place)
            pending = pending or await credentials.find_pending(place, author.account_id)
        state["hasAccountOAuth"] = active is not None
        state["hasPendingOAuth"] = pending is not None and admin
        if active is not None:
            state["oauthValues"] = _values_of(connector, active)
        if pending is not None and admin:
            state["pendingValues"] = _values_of(connector, pending)
        return object_reply(state)

    async def submit(self, app: AppCall) -> Reply:
        """``POST /admin/managedOAuth/cache``: wait for a first connection that proves them."""
        # An organization may let the first person who needs a connector set it up.
        try:
            author = await self._use.callers.get_account(app)
        except Said as said:
            raise NotAdmin from said
        connector = await self._get_connector(app)
        values = app.object("values")
        place = _place_for(self._use, app, connector, values)
        if not await self._use.connecting.credentials.may_submit(place, author):
            raise NotAdmin
        given = _submission(connector, values)
        await self._use.connecting.credentials.submit(place, given, author)
        return object_reply({"successful": True})

    async def withdraw(self, app: AppCall) -> Reply:
        """``DELETE /admin/managedOAuth/cache``: forget what was submitted and not proved."""
        admin = await self._use.callers.get_admin(app)
        connector = await self._get_connector(app)
        for place in _places(self._use, app.tenant, connector):
            await self._use.connecting.credentials.withdraw(place, admin)
        return object_reply({"successful": True})

    async def reset(self, app: AppCall) -> Reply:
        """``DELETE /admin/managedOAuth/account``: what everybody uses, and what waits.

        Everybody's connection by it ends, and with it their JWT.
        """
        admin = await self._use.callers.get_admin(app)
        connector = await self._use.get_connector(app.org_id, app.platform())
        for place in _places(self._use, app.tenant, connector):
            await self._use.connecting.credentials.withdraw(place, admin)
            try:
                await self._use.connecting.credentials.revoke(place, admin)
            except UnknownCredentials:
                continue
        return object_reply({"successful": True})

    async def settings(self, app: AppCall) -> Reply:
        """``GET /admin/settings``."""
        await self._use.callers.get_session(app)
        await self._use.callers.get_admin(app)
        return object_reply(await self._use.settings.find(app.org_id))

    async def set_settings(self, app: AppCall) -> Reply:
        """``POST /admin/settings``: ``adminSettings`` in the place of all that was set."""
        admin = await self._use.callers.get_admin(app)
        if not isinstance(app.body.get("adminSettings"), dict):
            raise Said(400, {"error": "Send an object as adminSettings."})
        await self._use.settings.replace(app.org_id, app.object("adminSettings"), admin)
        return text_reply("Admin settings updated")

    async def _get_connector(self, app: AppCall) -> Connector:
        """The one that is named; where none is, the only one that takes credentials."""
        if app.find_platform():
            return await self._use.get_connector(app.org_id, app.platform())
        enabled = await self._use.connectors.list_for(app.org_id, enabled_only=True)
        fitting = [e for e in enabled if is_oauth(option_of(e.manifest))]
        if len(fitting) != 1:
            raise NoPlatform
        return fitting[0]


def _places(rooms: Rooms, tenant: Tenant, connector: Connector) -> tuple[Place, ...]:
    """The connector in each of its environments: clients of the platform know but one."""
    names = [each.name for each in connector.manifest.environments] or [""]
    return tuple(place_of(rooms, tenant, connector, name) for name in names)


def _place_for(
    rooms: Rooms, app: AppCall, connector: Connector, values: Mapping[str, Any]
) -> Place:
    """The environment that was named, or that of the host, or the only one."""
    manifest = connector.manifest
    environment = str(values.get("environment") or "")[:100]
    found = match_environment(manifest, str(values.get("hostname") or ""))
    if not environment and found is not None:
        environment = found.name
    if not environment and len(manifest.environments) == 1:
        environment = manifest.environments[0].name
    return place_of(rooms, app.tenant, connector, environment)


def _submission(connector: Connector, values: Mapping[str, Any]) -> Submission:
    """What was typed; what is empty, unknown or no text is not there. Raises ``Said``."""
    text = {n: v.strip() for n, v in values.items() if isinstance(v, str) and v.strip()}
    if "clientId" not in text:
        raise Said(400, {"error": "Enter the client id."})
    secret = text.get("clientSecret")
    own = _own_values(connector, text)
    return Submission(
        client_id=text["clientId"],
        client_secret=None if secret is None else Secret(secret),
        redirect_uri=text.get("redirectUri", ""),
        scopes=_scopes(values.get("scopes")),
        authorization_url=text.get("authorizationUri", ""),
        token_url="" if _TOKEN_URL in own else text.get("accessTokenUri", ""),
        values=own,
    )


def _own_values(connector: Connector, text: Mapping[str, str]) -> dict[str, str]:
    """The host and the token address, where the manifest has fields for them."""
    own = {}
    for each in declared(connector.manifest, option_of(connector.manifest)).values():
        if each.scope != "account" or each.source != "form":
            continue
        if each.name == _TOKEN_URL and "accessTokenUri" in text:
            own[each.name] = text["accessTokenUri"]
        elif each.type == "hostname" and "hostname" in text:
            own[each.name] = text["hostname"]
        elif each.name in text:
            own[each.name] = text[each.name]
    return own


def _scopes(given: object) -> tuple[str, ...] | None:
    """Scopes as a list, or as text with blanks or commas between them."""
    if isinstance(given, str):
        given = given.replace(",", " ").split()
    if not isinstance(given, list):
        return None
    return tuple(each for each in given if isinstance(each, str) and each) or None


def _values_of(connector: Connector, row: TenantCredentials) -> dict[str, object]:
    """What may be read again: everything but the secret."""
    extra = row.extra
    known = declared(connector.manifest, option_of(connector.manifest))
    hosts = [value for n, value in extra.values.items() if n in known and n != _TOKEN_URL]
    values: dict[str, object] = {
        "clientId": row.client_id,
        "redirectUri": row.redirect_uri,
        "accessTokenUri": extra.token_url or extra.values.get(_TOKEN_URL, ""),
        "authorizationUri": extra.authorization_url,
        "scopes": list(extra.scopes or ()),
        "hostname": hosts[0] if hosts else "",
    }
    return {name: value for name, value in values.items() if value}
