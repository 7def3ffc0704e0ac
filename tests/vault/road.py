"""The whole road to a connection: a real platform, registered connectors, and the vault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from doorward.audit import SYSTEM
from doorward.connectors import (
    AuthOption,
    Connector,
    ConnectorAuthor,
    Connectors,
    Manifest,
    Upstream,
    write_manifest,
)
from doorward.crypto import Secret
from doorward.db import Database
from doorward.http import Outbound
from doorward.vault import Connection
from doorward.vault.credentials_model import Submission
from doorward.vault.credentials_plans import Plans, PlatformAccess
from doorward.vault.credentials_rules import Place
from doorward.vault.flows import ConnectFlows
from doorward.vault.flows_model import (
    Begun,
    Connected,
    Outcome,
    Returned,
    Wanted,
    flow_cookie_name,
)
from doorward.vault.forms import KeyForms
from doorward.vault.forms_managed import ManagedValues
from tests.support.clock import ManualClock
from tests.support.factories import make_brakes, sealing_ring
from tests.support.randomness import SeededRandom
from tests.support.upstream import UpstreamServer
from tests.support.upstream.platform import CLIENT_ID, SECRET
from tests.vault.crm import ADMIN, PERSON, Desk

__all__ = ["Browser", "Road", "build_road"]

ORG = "river"


@dataclass
class Browser:
    """A browser with its cookies, and who is signed in there."""

    author: ConnectorAuthor = PERSON
    session_id: int = 501
    cookies: dict[str, str] = field(default_factory=dict)

    def take(self, begun: Begun) -> None:
        """Keep the cookie of a flow."""
        self.cookies[flow_cookie_name(begun.flow_id, https=True)] = begun.cookie.reveal()


@dataclass(frozen=True)
class Road:
    """Every service between a person and a platform."""

    db: Database
    clock: ManualClock
    server: UpstreamServer
    desk: Desk
    connectors: Connectors
    plans: Plans
    access: PlatformAccess
    managed: ManagedValues
    flows: ConnectFlows
    forms: KeyForms

    async def register(
        self, slug: str = "platform", *, org_id: str = ORG, **more: Any
    ) -> Connector:
        """A connector for the platform as it is, switched on; ``more`` changes its option."""
        manifest = self.server.manifest(slug)
        option = msgspec.structs.replace(_plain(manifest.auth_options[0]), **more)
        manifest = msgspec.structs.replace(manifest, auth_options=(option,))
        return await self.install(manifest, org_id=org_id)

    async def install(self, manifest: Manifest, *, org_id: str = ORG) -> Connector:
        """A connector with this manifest, switched on."""
        await self.connectors.register(org_id, write_manifest(manifest), SYSTEM)
        return await self.connectors.enable(org_id, manifest.slug, SYSTEM, version=1)

    def place(self, connector: Connector, environment: str = "") -> Place:
        """The connector under the organization's two addresses."""
        issuers = (
            f"https://id.example.org/o/{connector.org_id}",
            f"https://{connector.org_id}.example.org",
        )
        return Place(connector, environment, issuers)

    async def set_up(self, connector: Connector, browser: Browser | None = None) -> None:
        """The organization's own client at the platform, proved by an administrator."""
        await self.submit(connector)
        outcome = await self.connect(connector, browser or Browser(ADMIN, 401))
        assert isinstance(outcome, Connected), outcome

    async def submit(self, connector: Connector, **more: Any) -> None:
        """The credentials that the platform knows, typed by an administrator."""
        given: dict[str, Any] = {
            "client_id": CLIENT_ID,
            "client_secret": Secret(SECRET),
            **more,
        }
        await self.desk.credentials.submit(self.place(connector), Submission(**given), ADMIN)

    async def begin(self, connector: Connector, browser: Browser, **more: Any) -> Begun:
        """Leave for the platform."""
        wanted = Wanted(
            place=self.place(connector),
            account_id=browser.author.account_id,
            session_id=browser.session_id,
            **more,
        )
        begun = await self.flows.begin(wanted)
        browser.take(begun)
        return begun

    async def finish(
        self,
        connector: Connector,
        browser: Browser,
        params: Mapping[str, str],
        *,
        issuer: int = 0,
    ) -> Outcome:
        """Come back to the connector's callback."""
        place = self.place(connector)
        if issuer:
            place = replace(place, issuers=place.issuers[::-1])
        returned = Returned(
            place=place,
            params=params,
            cookies=browser.cookies,
            account_id=browser.author.account_id,
            session_id=browser.session_id,
        )
        return await self.flows.finish(returned)

    async def connect(self, connector: Connector, browser: Browser, **more: Any) -> Outcome:
        """There and back."""
        begun = await self.begin(connector, browser, **more)
        return await self.finish(connector, browser, self.server.visit(begun.url))

    async def connections(self, org_id: str = ORG) -> list[Connection]:
        """What the organization's people have connected, the oldest first."""
        return list(reversed(await self.desk.connections.list(org_id)))


def _plain(option: AuthOption) -> AuthOption:
    """``option`` without what only other kinds of clients send."""
    token, refresh = option.token, option.refresh
    if token is not None and token.client_auth != "custom":
        token = msgspec.structs.replace(token, auth_headers={})
    if refresh is not None and refresh.client_auth != "custom":
        refresh = msgspec.structs.replace(refresh, auth_headers={})
    return msgspec.structs.replace(option, token=token, refresh=refresh)


@asynccontextmanager
async def build_road(
    db: Database, clock: ManualClock, server: UpstreamServer
) -> AsyncIterator[Road]:
    """Every service, which may speak with ``server``."""
    ring, random = sealing_ring(), SeededRandom(11)
    desk = Desk.over(db, clock)
    connectors = Connectors(db=db, clock=clock)
    outbound = Outbound(allowed=(server.authority,))
    managed = ManagedValues(db=db, clock=clock, ring=ring)
    upstream = Upstream(outbound, clock, random)
    plans = Plans(
        connectors=connectors, credentials=desk.credentials, managed=managed, upstream=upstream
    )
    access = PlatformAccess(plans, managed, upstream)
    flows = ConnectFlows(
        db=db, clock=clock, random=random, ring=ring, access=access, keeper=desk.keeper
    )
    forms = KeyForms(access=access, keeper=desk.keeper, brakes=make_brakes(db))
    yield Road(db, clock, server, desk, connectors, plans, access, managed, flows, forms)
    await outbound.close()
