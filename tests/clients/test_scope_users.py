"""A scope that applications ask for stays, also where only a change that waits asks for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorward import orgs
from doorward.audit import SYSTEM
from doorward.clients import (
    ApplicationChange,
    Applications,
    ApplicationStatus,
    Reviews,
    count_scope_users,
)
from doorward.db import Database
from doorward.scopes import Scope, ScopeInUse, Scopes
from tests.support.clock import ManualClock
from tests.support.registrations import SITE
from tests.support.reviewing import DRAFT, OWNER

pytestmark = pytest.mark.anyio


@pytest.fixture
def scopes(db: Database, clock: ManualClock) -> Scopes:
    """The catalogue, which asks who uses a scope."""
    return Scopes(db=db, clock=clock, count_uses=count_scope_users)


async def offer(scopes: Scopes, name: str) -> None:
    """A scope of the organization."""
    scope = Scope("river", name, None, "Gifts", "寄付", "See gifts", "寄付を見る", "basic")
    await scopes.create_scope(scope, SYSTEM)


async def test_a_scope_goes_when_nobody_asks_for_it(
    applications: Applications, scopes: Scopes, org: orgs.Organization
) -> None:
    """Names that only look alike, and other organizations, are others."""
    for name in ("gifts_read", "gifts", "a%'b"):
        await offer(scopes, name)
    await applications.create(replace(SITE, scopes=["giftsXread", "gifts:all", "GIFTS"]), SYSTEM)
    await applications.create(replace(SITE, org_id="brook", scopes=["gifts"]), SYSTEM)
    for name in ("gifts_read", "gifts", "a%'b"):
        await scopes.delete_scope("river", name, SYSTEM)
        assert name not in (await scopes.catalogue("river")).scopes


async def test_how_many_use_it_is_said(
    applications: Applications, scopes: Scopes, org: orgs.Organization
) -> None:
    """Whatever their status; one that asks for it twice is one."""
    await offer(scopes, "gifts")
    for number, status in enumerate((ApplicationStatus.APPROVED, ApplicationStatus.DRAFT)):
        new = replace(SITE, name=f"Tally {number}", scopes=["gifts"], status=status)
        await applications.create(new, SYSTEM)
        with pytest.raises(ScopeInUse) as refused:
            await scopes.delete_scope("river", "gifts", SYSTEM)
        assert refused.value.count == number + 1
        said = refused.value.sentence
        assert said.startswith(("One application uses", "2 applications use")[number])
    assert "gifts" in (await scopes.catalogue("river")).scopes


async def test_a_change_that_waits_counts(
    applications: Applications, reviews: Reviews, scopes: Scopes, org: orgs.Organization
) -> None:
    """What its owner wants is kept for them; once it is taken back, the scope may go."""
    await offer(scopes, "gifts")
    live = replace(DRAFT, scopes=["openid"], purposes={}, status=ApplicationStatus.APPROVED)
    made, _ = await applications.create(live, SYSTEM)
    wanted = ApplicationChange(scopes=("openid", "gifts"))
    await applications.update("river", made.client_id, wanted, OWNER)
    assert (await applications.get("river", made.client_id)).scopes == ("openid",)
    with pytest.raises(ScopeInUse) as refused:
        await scopes.delete_scope("river", "gifts", SYSTEM)
    assert refused.value.count == 1
    (user,) = await applications.list_users_of("river", "gifts")
    assert user.client_id == made.client_id
    await reviews.withdraw("river", made.client_id, OWNER)
    await scopes.delete_scope("river", "gifts", SYSTEM)
