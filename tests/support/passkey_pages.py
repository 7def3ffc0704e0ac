"""A person's browser with a device in it, at the pages of an organization's own host."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin

import httpx2

from doorward.accounts import Account
from doorward.audit import SYSTEM
from doorward.orgs import OrganizationChange, Tenant
from doorward.sessions import Session
from tests.support.authenticator import HONEST, Authenticator, Lie
from tests.support.factories import PASSWORD
from tests.support.passkeys import Bench
from tests.support.visits import Visit, form_of, go, post
from tests.support.world import World

__all__ = ["CHROME", "Keyring", "keyring_of"]

PORT = 8400
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


@dataclass
class Keyring:
    """``account``'s device, and browsers at ``home``."""

    world: World
    home: str
    account: Account
    device: Authenticator = field(default_factory=lambda: Authenticator(""))

    def browser(self, **options: Any) -> httpx2.AsyncClient:
        """Another browser of the same person."""
        transport = httpx2.ASGITransport(app=self.world.app)
        headers = {"user-agent": CHROME, **options.pop("headers", {})}
        return httpx2.AsyncClient(
            transport=transport, base_url=self.home, headers=headers, **options
        )

    @property
    def tenant(self) -> Tenant:
        """The organization as this host shows it."""
        return Tenant(self.world.org, self.home, "", self.home)

    async def plant(self) -> None:
        """Give ``account`` a passkey on the device, past every page."""
        bench = Bench(self.world.services.passkeys, self.tenant, self.account, self.device)
        await bench.enrol()

    async def sign_in(self, http: httpx2.AsyncClient, **typed: str) -> Visit:
        """By the password."""
        form = form_of(await go(http, "signin"), "password")
        form.fields |= {**typed, "username": self.account.username}
        return await post(http, form, password=PASSWORD.reveal())

    async def options(self, http: httpx2.AsyncClient, page: Visit, path: str) -> httpx2.Response:
        """What a script on ``page`` is told."""
        known = form_of(page, "csrf").fields
        data = {name: value for name, value in known.items() if name in {"csrf", "flow"}}
        return await http.post(urljoin(f"{self.home}/", path), data=data)

    async def enrol(self, http: httpx2.AsyncClient) -> Visit:
        """Add a passkey on the account page; the page afterwards."""
        page = await go(http, "account/passkeys")
        options = await self.options(http, page, "account/passkeys/options")
        made = self.device.create(options.json())
        return await post(http, form_of(page, "credential"), credential=made)

    async def use(self, http: httpx2.AsyncClient, lie: Lie = HONEST) -> Visit:
        """Come in by the passkey, and by nothing else."""
        return await self.answer(http, await go(http, "signin"), lie)

    async def answer(
        self,
        http: httpx2.AsyncClient,
        page: Visit,
        lie: Lie = HONEST,
        *,
        step: str = "signin/passkey",
    ) -> Visit:
        """Use the passkey on a sign-in page that is shown."""
        options = await self.options(http, page, f"{step}/options")
        given = self.device.get(options.json(), lie)
        return await post(http, form_of(page, "credential"), credential=given)

    async def sessions(self) -> list[Session]:
        """Where the person is signed in."""
        return await self.world.services.sessions.list_live(self.world.org, self.account.account_id)


async def keyring_of(world: World) -> Keyring:
    """Give the organization a host of its own, at which passkeys work; Anna's browser there."""
    host = f"{world.org.org_id}.localhost"
    org = await world.services.organizations.update(
        world.org.org_id, OrganizationChange(hosts=(host,)), SYSTEM
    )
    home = f"http://{host}:{PORT}"
    return Keyring(replace(world, org=org), home, world.person, Authenticator(home))
