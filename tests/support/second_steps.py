"""A person with an authenticator app."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyotp

from doorward.accounts import Account
from doorward.audit import Actor
from doorward.factors import Factors
from doorward.orgs import Tenant
from tests.support.passkeys import tenant_at
from tests.support.world import World

__all__ = ["BROWSER", "Phone", "phone_of"]

BROWSER = 11


@dataclass
class Phone:
    """An app on a phone, whose clock is the house's."""

    world: World
    account: Account
    key: str = ""
    codes: list[str] = field(default_factory=list)

    @property
    def factors(self) -> Factors:
        """The room."""
        return self.world.services.factors

    @property
    def tenant(self) -> Tenant:
        """The organization at its address."""
        return tenant_at(self.world.org)

    @property
    def by(self) -> Actor:
        """The person as an author."""
        return Actor(kind="account", id=self.account.subject)

    @property
    def whose(self) -> tuple[str, int]:
        """The organization and the account."""
        return self.world.org.org_id, self.account.account_id

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or would show some steps from now."""
        step = self.world.clock.now // 30_000_000 + steps
        return pyotp.TOTP(self.key).generate_otp(step)

    def next_code(self) -> str:
        """The code of the next half minute, which has begun."""
        self.world.clock.advance(seconds=30)
        return self.code()

    async def set_up(self) -> Phone:
        """Scan the key and prove it."""
        pending = await self.factors.begin(*self.whose, BROWSER)
        self.key = pending.key.reveal()
        codes = await self.factors.confirm(
            self.tenant, self.account.account_id, BROWSER, self.code(), self.by
        )
        assert codes is not None
        self.codes = [each.reveal() for each in codes]
        return self


async def phone_of(world: World, account: Account | None = None) -> Phone:
    """The phone of ``account``, or of Anna, set up."""
    return await Phone(world, account or world.person).set_up()
