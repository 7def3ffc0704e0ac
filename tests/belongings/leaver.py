"""Somebody with everything that a person can have, who leaves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from doorward.accounts import Account, AccountChange, AccountDetails
from doorward.audit import SYSTEM, Actor
from doorward.belongings.store import ERASED, OTHERWISE
from doorward.clients import ApplicationStatus, NewApplication
from doorward.crypto import Secret
from doorward.db import statement
from doorward.orgs import Tenant
from doorward.projects import NewPersonalKey, NewProject
from tests.support.connected import connect, install, running_platform
from tests.support.neon import EVERY_SCOPE
from tests.support.passkeys import bench_of, tenant_at
from tests.support.programs import Program
from tests.support.second_steps import phone_of
from tests.support.visits import authorize
from tests.support.world import CALLBACK, World

__all__ = ["GRACE_S", "Leaver", "leaver_of", "rows_of"]

GRACE_S = 14 * 86_400


@dataclass(frozen=True)
class Leaver:
    """Anna, her organization, and what she had."""

    world: World
    account: Account
    tenant: Tenant
    tokens: dict[str, str]
    key: Secret[str]

    @property
    def by(self) -> Actor:
        """Anna herself."""
        return Actor(kind="account", id=self.account.subject)

    @property
    def whose(self) -> tuple[str, int]:
        """The organization and the account."""
        return self.tenant.org_id, self.account.account_id

    async def erase(self, *, wait_s: int = GRACE_S) -> None:
        """Let the time pass and the job run, as often as it takes."""
        use = self.world.services
        self.world.clock.advance(seconds=wait_s)
        await use.eraser.erase_due()
        self.world.clock.advance(seconds=61)
        await use.eraser.erase_due()


async def leaver_of(world: World) -> Leaver:
    """Signed in, with an application, a connection, keys, a passkey, an app and projects."""
    use, org_id, account = world.services, world.org.org_id, world.person
    running_platform(world.clock)
    await connect(use, await install(use, org_id), account.account_id)
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
    await phone_of(world)
    await bench_of(world).enrol("Her phone")
    new = NewPersonalKey(org_id, account.account_id, "Her tool", EVERY_SCOPE)
    _, secret = await use.personal_keys.create(new, SYSTEM)
    await use.projects.create(NewProject(org_id, account.account_id, "Her project"), SYSTEM)
    await use.accounts.update(
        org_id, account.account_id, AccountChange(), SYSTEM, AccountDetails(sms_number="5550101")
    )
    for name, status in (
        ("Her approved", ApplicationStatus.APPROVED),
        ("Her draft", ApplicationStatus.DRAFT),
    ):
        app = NewApplication(
            org_id=org_id,
            name=name,
            redirect_uris=(CALLBACK,),
            scopes=("openid",),
            status=status,
            owner_account_id=account.account_id,
        )
        await use.applications.create(app, SYSTEM)
    bought = await Program(world, world.web).redeem(visit.parameters["code"])
    return Leaver(world, account, tenant_at(world.org), bought.json(), secret)


async def rows_of(leaver: Leaver) -> dict[str, int]:
    """How many rows each table holds about the person, of those that hold any."""
    found = {}
    for kept in (*ERASED, *OTHERWISE):
        count = statement(
            select(func.count())
            .select_from(kept.table)
            .where(
                kept.table.c.org_id == leaver.tenant.org_id,
                kept.account == leaver.account.account_id,
            )
        )
        row = await leaver.world.services.db.one(count)
        if row is not None and row[0]:
            found[kept.table.name] = row[0]
    return found
