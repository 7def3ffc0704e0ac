"""A person's browser with a device in it, at the rooms' own door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from doorward.accounts import Account
from doorward.audit import Actor
from doorward.orgs import Organization, Site, Tenant
from doorward.passkeys import Ceremony, Passkey, PasskeyProof, PasskeyRefused, Passkeys, Purpose
from tests.support.authenticator import HONEST, Authenticator, Lie
from tests.support.world import World

__all__ = ["BROWSER", "FLOW", "HOME", "Bench", "bench_of", "tenant_at"]

HOME = "https://id.river.example"
BROWSER, FLOW = 11, 12


def tenant_at(org: Organization, base_url: str = HOME) -> Tenant:
    """``org`` under the shared host of an installation."""
    return Site.of(base_url).tenant(org)


@dataclass
class Bench:
    """Both sides of a ceremony: the room, and a device of ``account``'s."""

    passkeys: Passkeys
    tenant: Tenant
    account: Account
    device: Authenticator = field(default_factory=lambda: Authenticator(HOME))

    @property
    def enrolment(self) -> Ceremony:
        """What the challenge of a new passkey is bound to."""
        return Ceremony(Purpose.ENROL, BROWSER, account_id=self.account.account_id)

    @property
    def actor(self) -> Actor:
        """The person as an author."""
        return Actor(kind="account", id=self.account.subject)

    async def enrol(self, name: str = "Chrome on Linux") -> Passkey:
        """Add a passkey as the account page does."""
        options = await self.passkeys.begin_enrolment(self.tenant, self.account, BROWSER)
        return await self.keep(self.device.create(options), name)

    async def keep(self, answer: str, name: str = "Chrome on Linux") -> Passkey:
        """Send an answer."""
        return await self.passkeys.enrol(
            self.tenant, self.enrolment, answer, name=name, by=self.actor
        )

    async def ask(self, ceremony: Ceremony | None = None) -> Mapping[str, Any]:
        """What the sign-in page hands to the browser."""
        return await self.passkeys.begin_proof(self.tenant, ceremony or sign_in())

    async def prove(self, lie: Lie = HONEST) -> PasskeyProof | PasskeyRefused:
        """Sign in by it."""
        return await self.send(self.device.get(await self.ask(), lie))

    async def send(
        self, answer: str, ceremony: Ceremony | None = None
    ) -> PasskeyProof | PasskeyRefused:
        """Send an answer of the device."""
        return await self.passkeys.verify(self.tenant, ceremony or sign_in(), answer)


def sign_in(browser_id: int = BROWSER, flow_id: int = FLOW) -> Ceremony:
    """What the challenge of a sign-in is bound to."""
    return Ceremony(Purpose.SIGN_IN, browser_id, flow_id)


def bench_of(world: World, account: Account | None = None) -> Bench:
    """The bench of ``account``, or of the world's Anna."""
    services = world.services
    return Bench(services.passkeys, tenant_at(world.org), account or world.person)
