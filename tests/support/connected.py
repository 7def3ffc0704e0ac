"""A platform, and what people have connected to it without going there."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache
from typing import Any

import msgspec

from doorward.app import Services
from doorward.audit import SYSTEM
from doorward.connectors import Connector, Grant, Party, Plan, write_manifest
from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.vault import Connection, NewConnection
from tests.support.clock import ManualClock
from tests.support.upstream import CLIENT_ID, UpstreamServer, running_upstream
from tests.support.upstream.platform import Family

__all__ = ["connect", "install", "running_platform"]

_SWITCHES: dict[str, Any] = {"client_auth": "none", "revoke": "bearer"}
"""A platform that asks nothing of a client: its secret is nowhere in a manifest."""


@cache
def _platform() -> UpstreamServer:
    """One for the whole run: it takes longer to start than a test lasts."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running_upstream(**_SWITCHES))


def running_platform(clock: ManualClock) -> UpstreamServer:
    """The platform, with nothing remembered, at the time of ``clock``."""
    server = _platform()
    server.clock = clock
    server.configure(**_SWITCHES)
    return server


async def install(use: Services, org_id: str, **proxy: Any) -> Connector:
    """A connector of the organization's own for the platform, switched on."""
    server = _platform()
    manifest = server.manifest(f"c{use.db.next_id()}")
    option = msgspec.structs.replace(manifest.auth_options[0], client_id=CLIENT_ID)
    rule = msgspec.structs.replace(manifest.proxy, **proxy)
    manifest = msgspec.structs.replace(manifest, auth_options=(option,), proxy=rule)
    made = await use.connectors.register(org_id, write_manifest(manifest), SYSTEM)
    return await use.connectors.enable(org_id, made.slug, SYSTEM, version=made.version)


async def connect(use: Services, connector: Connector, account_id: int) -> Connection:
    """The account's connection, which the platform knows."""
    platform = _platform().platform
    family = Family(platform.user, platform.switches.scopes)
    family.refresh = platform.mint("refresh")
    platform.families.append(family)
    answer = platform.token_answer(family, first=True)
    option = connector.manifest.auth_options[0]
    grant = Grant(
        access_token=Secret(answer["access_token"]),
        refresh_token=Secret(answer["refresh_token"]),
        expires_at=use.clock() + 3_600 * SECOND,
        lifetime_s=3_600,
        scopes=platform.switches.scopes,
    )
    new = NewConnection(
        org_id=connector.org_id,
        account_id=account_id,
        plan=Plan(connector.manifest, option),
        environment="",
        grant=grant,
        party=Party(account_id=f"acct-{use.db.next_id()}", account_name="Ada"),
        connector_id=connector.connector_id,
        manifest_version=connector.version,
    )
    kept = await use.vault.connections.connect(new, SYSTEM)
    return kept.connection
