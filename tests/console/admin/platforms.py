"""A platform for the staff's pages: registered, switched on, with people connected to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from doorward.audit import SYSTEM, Actor
from doorward.connectors import Connector, Party, Plan
from doorward.crypto import Secret
from doorward.db import Transaction
from doorward.vault import Connection, NewConnection, Place, TenantCredentials
from tests.support.world import World
from tests.vault.samples import grant

__all__ = ["SECRET", "acme", "activate", "connect", "get_active", "manifest", "place_of"]

SECRET = "s3cret-of-the-client"


def manifest(slug: str = "acme-crm", **more: Any) -> dict[str, Any]:
    """A platform with admin-managed OAuth, and with keys of which administrators fill in parts."""
    return {
        "slug": slug,
        "name": "Acme CRM",
        "auth_options": [
            {
                "name": "oauth",
                "type": "oauth2_code",
                "admin_managed": True,
                "admin_instructions": {
                    "en": "# Steps\n\n1. Open the [portal](https://acme.example)\n<script>x</script>",
                    "ja": "# 手順",
                },
                "authorize": {
                    "url": "https://acme.example/authorize",
                    "scope": {"default": ["read", "write"]},
                },
                "token": {"url": "https://acme.example/token"},
            },
            {
                "name": "key",
                "type": "api_key",
                "variables": [
                    {"name": "api_key", "title": "API key", "secret": True, "managed": True,
                     "scope": "account"},
                    {"name": "region", "managed": True, "scope": "account", "required": False},
                    {"name": "seat", "title": {"en": "Seat", "ja": "席"}, "managed": True},
                ],
                "delivery": {"name": "X-Key", "value": "{api_key}"},
            },
        ],
        **more,
    }  # fmt: skip


async def acme(world: World, slug: str = "acme-crm", **more: Any) -> Connector:
    """The connector, registered by the installation and on."""
    connectors, org_id = world.services.connectors, world.org.org_id
    await connectors.register(org_id, manifest(slug, **more), SYSTEM)
    return await connectors.enable(org_id, slug, SYSTEM, version=1)


def place_of(world: World, connector: Connector) -> Place:
    """The connector under the organization's address."""
    return Place(connector, "", (world.issuer,))


async def get_active(world: World, connector: Connector) -> TenantCredentials:
    """What everybody uses."""
    credentials = world.services.connecting.credentials
    found = await credentials.find_active(place_of(world, connector))
    assert found is not None
    return found


async def activate(world: World, connector: Connector, account_id: int) -> TenantCredentials:
    """What this account submitted, proved by its first connection."""
    use, place = world.services, place_of(world, connector)
    waiting = await use.connecting.credentials.find_pending(place, account_id)
    assert waiting is not None
    by = Actor(kind="account", id=str(account_id))

    async def work(tx: Transaction) -> TenantCredentials:
        return await use.connecting.in_use.hold(tx, connector, (waiting, 0), account_id, by)

    return await use.db.unit(work)


async def connect(world: World, connector: Connector, number: int = 1, **more: Any) -> Connection:
    """Somebody's connection: by OAuth, or by the key ``api_key`` where ``by_key``."""
    by_key, account_id = more.pop("by_key", False), more.pop("account_id", 7)
    option = connector.manifest.auth_options[1 if by_key else 0]
    secrets = {"api_key": Secret(f"key-{number}")} if by_key else {}
    new = NewConnection(
        org_id=world.org.org_id,
        account_id=account_id,
        plan=Plan(manifest=connector.manifest, option=option, secret_values=secrets),
        environment="",
        connector_id=connector.connector_id,
        grant=None if by_key else replace(grant(number), expires_at=world.clock() + 3_600_000_000),
        party=Party(account_id=f"acct-{number}", account_name=f"Company {number}"),
        **more,
    )
    return (await world.services.vault.connections.connect(new, SYSTEM)).connection
