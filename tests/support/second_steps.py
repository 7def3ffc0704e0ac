"""A person with an authenticator app."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

import pyotp

from doorward.accounts import Account
from doorward.audit import Actor
from doorward.factors import Factors
from doorward.orgs import Tenant
from tests.support.passkeys import tenant_at
from tests.support.visits import Visit
from tests.support.world import World

__all__ = ["BROWSER", "Phone", "codes_of", "link_of", "phone_of", "read_key"]

BROWSER = 11
_KEY = re.compile(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}")
_CODE = re.compile(r"\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b")


def read_key(visit: Visit) -> str:
    """The key that a page shows in fours."""
    found = _KEY.search(visit.response.text)
    assert found is not None, visit.page.text[:300]
    return found.group().replace(" ", "")


def codes_of(visit: Visit) -> list[str]:
    """The recovery codes that a page shows."""
    return _CODE.findall(visit.page.text)


def link_of(visit: Visit, text: str) -> str:
    """Where the link called ``text`` leads."""
    found = re.search(rf'href="([^"]+)">{re.escape(text)}</a>', visit.response.text)
    assert found is not None, visit.page.text[:300]
    return unescape(found.group(1))


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
