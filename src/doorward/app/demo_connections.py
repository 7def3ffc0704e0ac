"""What the people of Riverbend can connect: platforms that this very demo speaks as.

Every request goes over HTTP to the demo's own address, as it would to anybody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from doorward.app.assembly import Services
from doorward.app.demo_model import PEOPLE, DemoApplication
from doorward.audit import Actor
from doorward.connectors import (
    Connector,
    load_app_connect,
    write_manifest,
)
from doorward.crypto import Secret
from doorward.protocol import AuthMethod
from doorward.vault import (
    ORGANIZATION,
    CredentialsChange,
    Place,
    Submission,
    TenantCredentials,
    callback_of,
)

__all__ = ["CONNECTORS", "HOME", "IN_NEON", "IN_NEOS", "IN_RIVERBEND", "seed_connectors"]

HOME = "riverbend"
"""The organization whose people connect."""

_LANTERN = "lantern-crm"
_READ_PROJECTS = "urn:neoncloud:projects:read"


def _callback(slug: str) -> str:
    return callback_of(f"/o/{HOME}", slug)


_MEMBERS = DemoApplication(
    "member-linking",
    "Member Linking",
    AuthMethod.POST,
    "Riverbend",
    "https://riverbend.example",
    description="Riverbend's own registration for its connector of constituents.",
    returns=(_callback("neon-crm-constituent"),),
)
_WORLDS = DemoApplication(
    "riverbend-worlds",
    "Riverbend",
    AuthMethod.POST,
    "Riverbend",
    "https://riverbend.example",
    description="Riverbend's registration for its connector of Neos.",
    returns=(_callback("neos"),),
)
_DATABASES = DemoApplication(
    "riverbend-databases",
    "Riverbend",
    AuthMethod.POST,
    "Riverbend",
    "https://riverbend.example",
    scopes=(*PEOPLE, _READ_PROJECTS),
    description="Riverbend's registration for its connector of Neon.",
    returns=(_callback("neon-postgres"),),
)
_LANTERN_CLIENT = DemoApplication(
    "lantern-client",
    "Lantern CRM",
    AuthMethod.BASIC,
    "Riverbend",
    "https://riverbend.example",
    scopes=(*PEOPLE, _READ_PROJECTS),
    description="For whoever sets up the connector Lantern CRM of Riverbend.",
    returns=(_callback(_LANTERN),),
)

IN_RIVERBEND = (_MEMBERS,)
IN_NEOS = (_WORLDS,)
IN_NEON = (_DATABASES, _LANTERN_CLIENT)


_INSTRUCTIONS: Final = {
    "en": (
        "The demo registered an application for this at Neon. Its client ID is "
        f"`{_LANTERN_CLIENT.client_id}`; its secret stands in the demo's facts file."
    ),
    "ja": (
        "このデモは Neon にアプリケーションを登録済みです。クライアント ID は "
        f"`{_LANTERN_CLIENT.client_id}` で、シークレットはデモの facts ファイルにあります。"
    ),
}


@dataclass(frozen=True)
class DemoConnector:
    """One connector of Riverbend. ``paths`` are values of its manifest, as paths of the demo."""

    slug: str
    type: Literal["oauth", "admin_managed", "api_key"]
    paths: Mapping[str, str] = field(default_factory=dict)
    client: tuple[str, DemoApplication] | None = None
    """The organization that its own registration is in, and the registration."""
    scopes: tuple[str, ...] | None = None

    def values(self, base_url: str) -> dict[str, str]:
        """The same in the demo at ``base_url``."""
        return {name: f"{base_url}{path}" for name, path in self.paths.items()}


CONNECTORS = (
    DemoConnector("neon-crm", "api_key", {"api_url": f"/o/{HOME}"}),
    DemoConnector(
        "neon-crm-constituent",
        "oauth",
        {"site_url": f"/o/{HOME}", "token_base": f"/o/{HOME}"},
        (HOME, _MEMBERS),
    ),
    DemoConnector(
        "neos",
        "oauth",
        {"oauth_url": "/o/neos", "token_base": "/o/neos"},
        ("neos", _WORLDS),
        _WORLDS.scopes,
    ),
    DemoConnector(
        "neon-postgres",
        "oauth",
        {"oauth_url": "/o/neon", "api_url": "/o/neon/api/v2"},
        ("neon", _DATABASES),
        _DATABASES.scopes,
    ),
    DemoConnector(_LANTERN, "admin_managed"),
)


async def seed_connectors(use: Services, secrets: Mapping[str, str], by: Actor) -> None:
    """Switch them on and point them at the demo; what somebody changed or deleted stays so.

    ``secrets`` are client secrets by ``organization/client id``. Raises ``SealBroken``.
    """
    known = {each.slug: each for each in await use.connectors.list_for(HOME)}
    await _lantern(use, known.get(_LANTERN), by)
    for each in CONNECTORS:
        connector = known.get(each.slug)
        if connector is None:
            connector = await use.connectors.enable(HOME, each.slug, by, version=1)
        if each.client is not None:
            org_id, application = each.client
            secret = Secret(secrets[f"{org_id}/{application.client_id}"])
            await _register(use, connector, each, secret, by)
        elif each.paths:
            await _point(use, connector, each, by)


async def _lantern(use: Services, known: Connector | None, by: Actor) -> None:
    """The connector that a developer of Riverbend would have registered."""
    manifest = _lantern_manifest(use.settings.base_url)
    if known is None:
        await use.connectors.register(HOME, manifest, by)
    elif f"{use.settings.base_url}/" not in write_manifest(known.manifest):
        await use.connectors.change(HOME, _LANTERN, manifest, by, version=known.version)


def _lantern_manifest(base_url: str) -> dict[str, object]:
    """An App Connect manifest read in, and beside it what that format has no word for."""
    there = f"{base_url}/o/neon"
    oauth = {
        "authUrl": f"{there}/oauth2/auth",
        "accessTokenUri": f"{there}/oauth2/token",
        "clientId": "",
        "scope": f"scope={' '.join(_LANTERN_CLIENT.scopes)}",
    }
    platform = {"displayName": "Lantern CRM", "auth": {"type": "oauth", "oauth": oauth}}
    (loaded,) = load_app_connect({"platforms": {_LANTERN: platform}})
    manifest: dict[str, Any] = msgspec.json.decode(write_manifest(loaded))
    manifest["summary"] = {"en": "Contacts and calls", "ja": "連絡先と通話"}
    manifest["proxy"] = {"base_url": f"{there}/api/v2"}
    manifest["auth_options"][0] |= {
        "admin_instructions": _INSTRUCTIONS,
        "identity": {"url": f"{there}/api/v2/users/me"},
        "revoke": [{"url": f"{there}/oauth2/revoke", "client_auth": "basic", "token": "both"}],
    }
    return manifest


async def _register(
    use: Services, connector: Connector, demo: DemoConnector, secret: Secret[str], by: Actor
) -> None:
    """Put the demo's own registration in place, and have it follow port and secret."""
    credentials, base_url = use.connecting.credentials, use.settings.base_url
    place = Place(connector, "", (f"{base_url}/o/{HOME}",))
    values = demo.values(base_url)
    client_id = demo.client[1].client_id if demo.client is not None else ""
    active = await credentials.find_active(place)
    if active is None:
        if not await credentials.list(connector, limit=1):
            given = Submission(client_id, secret, scopes=demo.scopes, values=values)
            await use.connecting.providing.provide(place, given, by)
    elif active.client_id == client_id and not _is_true(use, active, values, secret):
        change = CredentialsChange(
            client_secret=secret, values=values, redirect_uri=callback_of(*_at(place))
        )
        await credentials.change(place, change, by)


def _at(place: Place) -> tuple[str, str]:
    return place.issuers[0], place.connector.slug


def _is_true(
    use: Services, active: TenantCredentials, values: Mapping[str, str], secret: Secret[str]
) -> bool:
    """Whether the registration is for this port and has this secret."""
    kept = use.connecting.credentials.open(active).secrets.newest_first
    return active.extra.values == values and secret in kept


async def _point(use: Services, connector: Connector, demo: DemoConnector, by: Actor) -> None:
    """What an administrator would fill in for everybody."""
    option, managed = connector.manifest.auth_options[0], use.connecting.managed
    values = demo.values(use.settings.base_url)
    known = {each.name: each.value for each in await managed.list_for(connector, option)}
    if {name: known.get(name) for name in values} != values:
        await managed.change((connector, option, ORGANIZATION), values, (), by)
