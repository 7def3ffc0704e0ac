"""A connection to a real platform, and calls for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from doorward.audit import SYSTEM
from doorward.connectors import Connector, Manifest, write_manifest
from doorward.connectors.requests import Delivery
from doorward.http import Outbound
from doorward.vault import (
    ApiCall,
    ApiReply,
    Connected,
    Connection,
    Outside,
    Proxy,
    Tuning,
    Vault,
    build_vault,
)
from tests.support.factories import sealing_ring
from tests.support.randomness import SeededRandom
from tests.vault.road import Browser, Road

__all__ = ["Caller", "open_caller"]


@dataclass
class Caller:
    """A vault with a proxy, and one connection of a person."""

    road: Road
    vault: Vault
    proxy: Proxy
    connection: Connection
    slept: list[float] = field(default_factory=list)

    async def call(self, wanted: str = "/x", **more: Any) -> ApiReply:
        """One call for the connection."""
        method = more.pop("method", "GET")
        key = self.connection.key
        return await self.proxy.call(*key, ApiCall(method, wanted, **more))

    @property
    def platform(self) -> Any:
        """What the platform saw."""
        return self.road.server.platform

    async def change(self, **proxy: Any) -> None:
        """The connector with another rule of calls."""
        connector = await self.road.connectors.get("river", "platform")
        rule = msgspec.structs.replace(connector.manifest.proxy, **proxy)
        await self._install(connector, msgspec.structs.replace(connector.manifest, proxy=rule))

    async def become(self, kind: Literal["identity_only"]) -> None:
        """The connector with another kind of way to connect, which opens no API."""
        connector = await self.road.connectors.get("river", "platform")
        option = msgspec.structs.replace(
            connector.manifest.auth_options[0], type=kind, delivery=Delivery()
        )
        manifest = msgspec.structs.replace(connector.manifest, auth_options=(option,))
        await self._install(connector, manifest)

    async def _install(self, connector: Connector, manifest: Manifest) -> None:
        changed = await self.road.connectors.change(
            "river", "platform", write_manifest(manifest), SYSTEM, version=connector.version
        )
        await self.road.connectors.enable("river", "platform", SYSTEM, version=changed.version)


async def open_caller(road: Road, folder: Path) -> AsyncIterator[Caller]:
    """Somebody who has connected."""
    ring, random, slept = sealing_ring(), SeededRandom(3), []
    vault = build_vault(
        db=road.db,
        ring=ring,
        random=random,
        outside=Outside(road.access.upstream, road.plans, watch=road.desk.in_use),
        tuning=Tuning(spill_folder=folder / "spills"),
    )
    connector = await road.register()
    await road.set_up(connector)
    outcome = await road.connect(connector, Browser())
    assert isinstance(outcome, Connected)
    outbound = Outbound(allowed=(road.server.authority,))

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    proxy = Proxy(
        refresher=vault.refresher,
        planner=road.plans,
        deliverer=road.access.upstream,
        outbound=outbound,
        clock=road.clock,
        sleep=sleep,
    )
    yield Caller(road, vault, proxy, outcome.kept.connection, slept)
    await vault.refresher.close()
    await outbound.close()
