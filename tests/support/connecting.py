"""A Doorward that people connect by: served on loopback, beside the platforms that it may call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import uvicorn

from doorward.accounts import Account, AccountKind
from doorward.app import Services, build_app
from doorward.audit import SYSTEM, Actor
from doorward.connectors import (
    AuthOption,
    Connector,
    Environment,
    Manifest,
    Variable,
    write_manifest,
)
from doorward.db import open_database
from doorward.mail import Inbox
from doorward.orgs import NewOrganization, OrgId, Permission
from doorward.vault import NewConnectSession
from tests.support.clock import ManualClock
from tests.support.factories import PASSWORD, make_account
from tests.support.ports import free_port
from tests.support.server import DemoServer, wait_until
from tests.support.upstream import UpstreamServer, running_upstream
from tests.support.world import make_services, register

__all__ = ["ORG", "ConnectSite", "running_site"]

ORG = "riverbend"
T = TypeVar("T")


@dataclass
class ConnectSite:
    """What a test turns: the services, the platforms, and what arrived by mail."""

    url: str
    clock: ManualClock
    inbox: Inbox
    oauth: UpstreamServer
    keyed: UpstreamServer
    database_url: str
    plugins: tuple[str, ...] = ()
    more_allowed: tuple[str, ...] = ()
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    found: list[Services] = field(default_factory=list)
    people: dict[str, Account] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        """Everything behind it."""
        return self.found[0]

    @property
    def issuer(self) -> str:
        """The organization's address."""
        return f"{self.url}/o/{ORG}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` where the services live."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def install(self, manifest: Manifest) -> Connector:
        """A connector with this manifest, switched on."""

        async def work() -> Connector:
            connectors = self.services.connectors
            await connectors.register(ORG, write_manifest(manifest), SYSTEM)
            return await connectors.enable(ORG, manifest.slug, SYSTEM, version=1)

        return self.run(work())

    def install_oauth(self, slug: str, name: str, **more: Any) -> Connector:
        """A platform that people sign in at; ``more`` changes its ways to connect."""
        given = {"admin_managed": True, "variables": (), **more}
        return self.install(_manifest(self.oauth, slug, name, **given))

    def install_key(
        self, slug: str, name: str, *, more_variables: tuple[Variable, ...] = (), **more: Any
    ) -> Connector:
        """A platform that gives people keys; ``more_variables`` are asked for beside them."""
        whole = self.keyed.manifest(slug)
        variables = (
            tuple(
                msgspec.structs.replace(each, title={"en": "API key", "ja": "APIキー"}, **_HELP)
                for each in whole.auth_options[0].variables
                if each.name == "api_key"
            )
            + more_variables
        )
        return self.install(_manifest(self.keyed, slug, name, variables=variables, **more))

    def link(self, name: str, return_url: str, *slugs: str) -> str:
        """What an application's server gives ``name``, who lets it act for them."""

        async def work() -> str:
            known = await register(self.services, ORG, "Tally", redirect_uris=(return_url,))
            account_id = self.people[name].account_id
            by = Actor(kind="account", id=str(account_id))
            whose = (ORG, account_id, known.client_id)
            await self.services.db.unit(
                lambda tx: self.services.consents.allow(tx, whose, ("openid",), by)
            )
            new = NewConnectSession(account_id, slugs, return_url)
            sessions = self.services.connecting.sessions
            _, value = await sessions.create(known.application, new, SYSTEM)
            return f"{self.issuer}/connect/session?session={value.reveal()}"

        return self.run(work())

    def as_demo(self) -> DemoServer:
        """The same for visitors, who know a server by its facts."""
        people = {
            kind: [
                {
                    "account_id": str(each.account_id),
                    "username": name,
                    "password": PASSWORD.reveal(),
                    "email": each.email,
                }
                for name, each in self.people.items()
                if each.kind is known
            ]
            for kind, known in (
                ("staff", AccountKind.SYSTEM),
                ("constituents", AccountKind.CONSTITUENT),
            )
        }
        org = {"issuer": self.issuer, "applications": [], **people}
        return DemoServer(
            process=cast("Any", None),
            log=Path(),
            base_url=self.url,
            sample_url=self.oauth.url,
            facts={"organizations": {ORG: org}},
        )


_HELP: dict[str, Any] = {
    "description": {
        "en": "You find it in your settings there, under API access.",
        "ja": "設定の「API」にあります。",
    },
    "help_url": "https://docs.example/api-keys",
}


def _manifest(
    server: UpstreamServer,
    slug: str,
    name: str,
    *,
    environments: tuple[Environment, ...] = (),
    options: tuple[AuthOption, ...] = (),
    **more: Any,
) -> Manifest:
    """A connector for ``server``; ``options`` are further ways to connect."""
    whole = server.manifest(slug)
    option = msgspec.structs.replace(_plain(whole.auth_options[0]), **more)
    summary = {"en": "Contacts, gifts and events.", "ja": "連絡先、寄付、イベント。"}
    return msgspec.structs.replace(
        whole,
        name=name,
        summary=summary,
        environments=environments,
        auth_options=(option, *options),
    )


def _plain(option: AuthOption) -> AuthOption:
    """``option`` without what only other kinds of clients send."""
    found = {}
    for name in ("token", "refresh"):
        request = getattr(option, name)
        if request is not None and request.client_auth != "custom":
            found[name] = msgspec.structs.replace(request, auth_headers={})
    return msgspec.structs.replace(option, **found)


async def _seed(site: ConnectSite) -> None:
    services = site.services
    await services.organizations.create(
        NewOrganization(org_id=OrgId(ORG), name="Riverbend Trust"), SYSTEM
    )
    await services.keys.ensure(ORG)
    keeps = (
        str(Permission.CONNECTORS_WRITE),
        str(Permission.CONNECTORS_READ),
        str(Permission.CONNECTIONS_READ),
        str(Permission.CONNECTIONS_WRITE),
        str(Permission.CONNECTIONS_REVEAL),
    )
    for name, kind, permissions in (
        ("anna", AccountKind.CONSTITUENT, ()),
        ("ben", AccountKind.CONSTITUENT, ()),
        ("grace", AccountKind.SYSTEM, keeps),
    ):
        site.people[name] = await make_account(
            services.db, name, org_id=ORG, kind=kind, permissions=permissions
        )


async def _serve(site: ConnectSite, port: int, ready: threading.Event, stop: asyncio.Event) -> None:
    db = await open_database(site.database_url, clock=site.clock, pool_size=4)
    allowed = (site.oauth.authority, site.keyed.authority, *site.more_allowed)
    services = make_services(
        db,
        site.clock,
        carrier=site.inbox,
        allowed=allowed,
        base_url=site.url,
        plugins=site.plugins,
    )
    site.found.append(services)
    await _seed(site)
    config = uvicorn.Config(
        build_app(site.services), port=port, log_config=None, log_level="critical", ws="none"
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    ready.set()
    await stop.wait()
    server.should_exit = True
    await serving
    # Passwords are the tests' own, for all of them.
    services.logos.close()
    await services.outbound.close()
    await db.close()


@contextmanager
def running_site(
    database_url: str,
    *,
    plugins: Callable[[ConnectSite], tuple[str, ...]] | None = None,
    more_allowed: tuple[str, ...] = (),
) -> Iterator[ConnectSite]:
    """Serve it for the length of a block, on a database whose schema is up to date.

    ``plugins`` makes connectors in Python for its platforms, and names them; ``more_allowed`` are
    further private targets that it may call.
    """
    with ExitStack() as stack:
        clock, port = ManualClock(), free_port()
        site = ConnectSite(
            url=f"http://127.0.0.1:{port}",
            clock=clock,
            inbox=Inbox(clock=clock),
            oauth=stack.enter_context(running_upstream(clock)),
            keyed=stack.enter_context(running_upstream(clock, kind="key")),
            database_url=database_url,
            more_allowed=more_allowed,
        )
        if plugins is not None:
            site.plugins = plugins(site)
        ready, stop = threading.Event(), asyncio.Event()
        work = _serve(site, port, ready, stop)
        thread = threading.Thread(target=site.loop.run_until_complete, args=(work,), daemon=True)
        thread.start()
        try:
            wait_until(ready.is_set, "the site does not start", seconds=20)
            yield site
        finally:
            site.loop.call_soon_threadsafe(stop.set)
            thread.join(15)
            site.loop.close()
