"""The handlers of a connection that is there: whether it works, whose it is, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import Final

from doorward.connectors import Connector, Grant, Plan, UpstreamFailure, Verified
from doorward.crypto import SealBroken
from doorward.dialects.app_connect.callers import Session, is_admin, user_id_of
from doorward.dialects.app_connect.calls import AppCall
from doorward.dialects.app_connect.documents import interfaces_of, manifest_document
from doorward.dialects.app_connect.errors import (
    EXPIRED,
    OVER,
    NoJwt,
    Said,
    SessionRevoked,
    UserNotFound,
    find_said,
)
from doorward.dialects.app_connect.replies import object_reply, return_message, text_reply
from doorward.dialects.app_connect.rooms import Asking, Handler, Rooms, find_host, option_of
from doorward.http import Reply
from doorward.vault import Status, Unplannable, VaultRefusal

__all__ = ["People"]

_LONGEST_HASHED: Final = 200
_NOT_GOOD: Final = frozenset({Status.NEEDS_RECONNECT, Status.BLOCKED, Status.DISCONNECTED})
_NOT_CONNECTED: Final = "Invalid (Connect to get license status)"
_NOT_WORKING: Final = (*OVER, UpstreamFailure, Unplannable, SealBroken, VaultRefusal)


class People:
    """What is asked with a connection's JWT, and what anybody may ask."""

    def __init__(self, rooms: Rooms) -> None:
        """Answer from ``rooms``."""
        self._use = rooms
        self._asking = Asking(rooms)

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """Each handler by its method and address."""
        return {
            ("GET", "/isAlive"): self.is_alive,
            ("GET", "/implementedInterfaces"): self.interfaces,
            ("GET", "/crmManifest"): self.manifest,
            ("GET", "/userInfoHash"): self.hashed,
            ("GET", "/authValidation"): self.validate,
            ("GET", "/licenseStatus"): self.license,
            ("GET", "/hostname"): self.hostname,
            ("POST", "/unAuthorize"): self.unauthorize,
            ("POST", "/user/refreshInfo"): self.refresh_info,
            ("GET", "/user/info"): self.info,
            ("GET", "/ringcentral/oauth/callback"): self.admin_callback,
        }

    # Without a credential

    async def is_alive(self, _app: AppCall) -> Reply:
        """``GET /isAlive``."""
        return text_reply("OK")

    async def interfaces(self, app: AppCall) -> Reply:
        """``GET /implementedInterfaces``: what this server does for a platform."""
        platform = app.query.get("platform")
        if platform is None:
            raise Said(400, "Please provide platform.")
        connector = await self._use.get_connector(app.org_id, platform)
        plan = _unfilled(connector)
        kind = await self._use.upstream.auth_type(plan)
        is_own = partial(self._use.upstream.is_overridden, plan)
        return object_reply(interfaces_of(connector, kind, is_own))

    async def manifest(self, app: AppCall) -> Reply:
        """``GET /crmManifest``: the manifest of a platform that is switched on."""
        name = app.query.get("platformName") or ""
        connector = await self._use.connectors.find(app.org_id, name)
        if connector is None or not connector.enabled:
            raise Said(400, "Platform not found")
        return object_reply(manifest_document(app.tenant, connector, app.tenant.org.name))

    async def hashed(self, app: AppCall) -> Reply:
        """``GET /userInfoHash``: the same id is the same hash, within one organization."""
        names = ("extensionId", "accountId")
        return object_reply({name: self._hash(app, app.query.get(name) or "") for name in names})

    def _hash(self, app: AppCall, value: str) -> str:
        key = f"{app.org_id}:{self._use.hash_key.reveal().hex()}"
        return sha256(f"{value[:_LONGEST_HASHED]}:{key}".encode()).hexdigest()

    # With a JWT

    async def validate(self, app: AppCall) -> Reply:
        """``GET /authValidation``: whether the platform still takes the credentials."""
        try:
            session = await self._use.callers.get_session(app)
        except UserNotFound:
            return _failed(EXPIRED, reason="App Connect. User not found in database")
        try:
            verified = await self._verify(session)
        except OVER:
            return _failed(EXPIRED, reason="CRM. API failed")
        except _NOT_WORKING as error:
            return _failed(_sentence(error), reason="CRM. API failed")
        message = return_message(_how(verified), "warning" if verified.limited else "success")
        return object_reply({"successful": True, "returnMessage": message})

    async def license(self, app: AppCall) -> Reply:
        """``GET /licenseStatus``: as the connector says; else whoever is connected has one."""
        try:
            session = await self._use.callers.get_session(app)
        except NoJwt:
            return _license("Invalid (Invalid user session)")
        except UserNotFound:
            return _license("Invalid (User not found)")
        if session.connection.status in _NOT_GOOD:
            return _license(_NOT_CONNECTED)
        return await self._licensed(session)

    async def _licensed(self, session: Session) -> Reply:
        upstream = self._use.upstream
        if not upstream.is_overridden(_unfilled(session.connector), "get_license_status"):
            return _license("Basic", is_valid=True)
        try:
            known = await self._asking.ask(session.connection, upstream.license)
        except _NOT_WORKING:
            return _license(_NOT_CONNECTED)
        if known is None:
            return _license("Basic", is_valid=True)
        status = known.status or ("Basic" if known.is_valid else "Invalid")
        return _license(status, known.description, is_valid=known.is_valid)

    async def hostname(self, app: AppCall) -> Reply:
        """``GET /hostname``: the host of the person's account on the platform."""
        session = await self._use.callers.get_session(app)
        return text_reply(find_host(session.connector, session.connection.values))

    async def unauthorize(self, app: AppCall) -> Reply:
        """``POST /unAuthorize``: the credentials are forgotten and taken back; the JWT ends."""
        session = await self._use.callers.get_session(app)
        row, name = session.connection, session.connector.manifest.name
        report = await self._use.vault.deauthorizer.disconnect(
            row.org_id, row.connection_id, session.author.actor, account_id=row.account_id
        )
        if any(each.result == "failed" for each in report.outcomes):
            text = f"Logged out of {name}. The platform did not confirm it yet."
            return object_reply(return_message(text, "warning", ttl=5000))
        return object_reply(return_message(f"Logged out of {name}"))

    async def refresh_info(self, app: AppCall) -> Reply:
        """``POST /user/refreshInfo``: ask the platform once more whose account it is."""
        try:
            session = await self._use.callers.get_session(app)
        except (NoJwt, UserNotFound):
            return _failed("User not found")
        row = session.connection
        try:
            party = await self._asking.ask(row, self._use.upstream.identify_again)
        except OVER:
            return _failed(EXPIRED)
        except _NOT_WORKING as error:
            return _failed(_sentence(error))
        if party.account_id in {"", row.party_id}:
            await self._use.vault.connections.set_party(row, party, session.author.actor)
        message = return_message("User information is up to date.")
        return object_reply({"successful": True, "returnMessage": message})

    async def info(self, app: AppCall) -> Reply:
        """``GET /user/info``, a data route: whose account it is, as the platform says now.

        Raises ``SessionRevoked`` where the connection is over for good.
        """
        try:
            session = await self._use.callers.get_session(app)
            party = await self._asking.ask(session.connection, self._use.upstream.identify)
        except (UserNotFound, *OVER) as over:
            raise SessionRevoked from over
        row = session.connection
        return object_reply(
            {
                "id": user_id_of(row),
                "platform": row.connector,
                "name": party.account_name or row.party_name,
                "email": party.email or row.party_email,
                "organization": party.organization,
                "hostname": find_host(session.connector, row.values),
            }
        )

    async def admin_callback(self, app: AppCall) -> Reply:
        """``GET /ringcentral/oauth/callback``: nothing is kept, since nothing is needed.

        There it brings tokens by which the server asks who is an administrator. Here accounts are
        our own, and what they may do is read at each call: the code is neither exchanged nor
        stored, and the answer says whether the connection's own account is an administrator.
        """
        refusal = Said(400, "Invalid request")
        try:
            session = await self._use.callers.get_session(app)
        except Said as said:
            raise refusal from said
        if app.query.get("code") is None or not is_admin(session.author):
            raise refusal
        return object_reply({"successful": True})

    async def _verify(self, session: Session) -> Verified:
        async def question(plan: Plan, grant: Grant | None) -> Verified:
            return await self._use.upstream.verify(plan, grant)

        return await self._asking.ask(session.connection, question)


def _unfilled(connector: Connector) -> Plan:
    """The way to connect, before anybody does."""
    return Plan(connector.manifest, option_of(connector.manifest))


def _how(verified: Verified) -> str:
    return "Connected, but some permissions are missing." if verified.limited else "Connected."


def _failed(message: str, *, reason: str = "") -> Reply:
    body: dict[str, object] = {
        "successful": False,
        "returnMessage": return_message(message, "warning", ttl=5000),
    }
    return object_reply(body | ({"failReason": reason} if reason else {}))


def _license(status: str, description: str = "", *, is_valid: bool = False) -> Reply:
    return object_reply(
        {
            "isLicenseValid": is_valid,
            "licenseStatus": status,
            "licenseStatusDescription": description,
        }
    )


def _sentence(error: Exception) -> str:
    said = find_said(error)
    body = said.body if said is not None else ""
    return str(body["error"]) if isinstance(body, Mapping) and "error" in body else EXPIRED
