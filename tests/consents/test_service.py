"""The ledger of what people allowed."""

from __future__ import annotations

import pytest

from doorward.audit import Actor
from doorward.consents import Consent, UnknownConsent
from tests.support.world import World

pytestmark = pytest.mark.anyio

ANNA = Actor(kind="account", id="1")


async def allow(world: World, client_id: str, *scopes: str) -> int:
    """Anna allows an application ``scopes``."""
    consents = world.services.consents
    wanted = (world.org.org_id, world.person.account_id, client_id)
    return await world.services.db.unit(lambda tx: consents.allow(tx, wanted, scopes, ANNA))


async def find(world: World, client_id: str) -> Consent | None:
    """What Anna allowed an application."""
    return await world.services.consents.find(world.org.org_id, world.person.account_id, client_id)


async def actions(world: World) -> list[str]:
    """What the record says, the oldest first."""
    events = await world.services.audit.list(world.org.org_id, None, 50)
    return [e.event.action for e in reversed(events) if e.event.action.startswith("consent.")]


async def test_a_consent_is_widened_and_never_narrowed(world: World) -> None:
    """The same row, with the scopes in the order in which they came."""
    first = await allow(world, "app-a", "openid", "email")
    world.clock.advance(seconds=9)
    assert await allow(world, "app-a", "email") == first
    assert await allow(world, "app-a", "profile", "openid") == first
    known = await find(world, "app-a")
    assert known is not None
    assert known.scopes == ("openid", "email", "profile")
    assert known.last_used_at == world.clock.now == known.granted_at + 9_000_000
    assert await actions(world) == ["consent.granted", "consent.widened"]


async def test_a_withdrawn_consent_is_gone_and_the_next_is_another(world: World) -> None:
    """It cannot be used, withdrawn twice, or found; a new one begins empty."""
    consents, org_id = world.services.consents, world.org.org_id
    first = await allow(world, "app-a", "openid", "email")
    known = await consents.get(org_id, first)
    assert await world.services.db.unit(lambda tx: consents.use(tx, known))
    await consents.withdraw(org_id, first, ANNA)
    assert not await world.services.db.unit(lambda tx: consents.use(tx, known))
    for attempt in (consents.get(org_id, first), consents.withdraw(org_id, first, ANNA)):
        with pytest.raises(UnknownConsent):
            await attempt
    assert await find(world, "app-a") is None
    second = await allow(world, "app-a", "openid")
    assert second != first
    fresh = await find(world, "app-a")
    assert fresh is not None
    assert fresh.scopes == ("openid",)
    assert await actions(world) == ["consent.granted", "consent.withdrawn", "consent.granted"]


async def test_lists_come_in_their_order(world: World) -> None:
    """A person's own by last use, the organization's by identifier and in pages."""
    consents, org_id = world.services.consents, world.org.org_id
    ids = []
    for client in ("app-a", "app-b", "app-c"):
        ids.append(await allow(world, client, "openid"))
        world.clock.advance(seconds=1)
    await allow(world, "app-a", "openid")
    own = await consents.list_of_account(org_id, world.person.account_id)
    assert [each.client_id for each in own] == ["app-a", "app-c", "app-b"]
    page = await consents.list_all(org_id, after=0, limit=2)
    rest = await consents.list_all(org_id, after=page[-1].consent_id, limit=2)
    assert [each.consent_id for each in (*page, *rest)] == sorted(ids)


async def test_another_organization_sees_none_of_it(world: World) -> None:
    """Not by number, and not in lists."""
    consents = world.services.consents
    number = await allow(world, "app-a", "openid")
    with pytest.raises(UnknownConsent):
        await consents.get("other", number)
    with pytest.raises(UnknownConsent):
        await consents.withdraw("other", number, ANNA)
    assert await consents.list_all("other", after=0, limit=9) == []
    assert await find(world, "app-a") is not None
