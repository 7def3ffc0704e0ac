"""Connectors that organizations register, and entries of the catalogue that they switch on."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import SYSTEM, Actor, Audit
from doorward.connectors import (
    CATALOGUE_ID,
    BadManifest,
    ConnectorAuthor,
    ConnectorDisabled,
    Connectors,
    MayNotKeepConnector,
    RegistrationOfConnectorsClosed,
    SlugTaken,
    StaleConnector,
    TooManyConnectors,
    UnknownConnector,
)
from doorward.db import Database, open_database
from doorward.orgs import NewOrganization, OrganizationChange, Organizations, Registration
from tests.connectors.manifests import plain
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

OPEN = Registration(mode="open")


def author(number: int, *permissions: str, kind: str = "system") -> ConnectorAuthor:
    actor = Actor(kind="account", id=str(number))
    if kind == "constituent":
        return ConnectorAuthor(actor, number, "constituent", frozenset(permissions))
    return ConnectorAuthor(actor, number, "system", frozenset(permissions))


STAFF = author(1, "connectors.write")
READER = author(2, "connectors.read")
OWNER = author(7, kind="constituent")
OTHER = author(8, kind="constituent")
# A constituent never keeps connectors, whatever the row of permissions says.
FORGED = author(9, "connectors.write", kind="constituent")


@pytest.fixture
def connectors(db: Database, clock: ManualClock) -> Connectors:
    return Connectors(db=db, clock=clock)


@pytest.fixture
def organizations(db: Database, clock: ManualClock) -> Organizations:
    return Organizations(db=db, clock=clock, founders=())


@pytest.fixture
async def river(organizations: Organizations) -> str:
    """An organization in which everybody may register."""
    for org_id in ("river", "lake"):
        await organizations.create(NewOrganization(org_id=org_id, name=org_id.title()), SYSTEM)
        await organizations.update(org_id, OrganizationChange(registration=OPEN), SYSTEM)
    return "river"


async def test_a_connector_is_registered_off_and_switched_on_by_staff(
    connectors: Connectors, river: str, db: Database
) -> None:
    """Its owner registers it; people connect by it once the staff have looked at it."""
    made = await connectors.register(river, plain(), OWNER)
    assert (made.version, made.enabled, made.owner_account_id) == (1, False, 7)
    assert made.connector_id != CATALOGUE_ID
    with pytest.raises(ConnectorDisabled):
        await connectors.get_enabled(river, "acme-crm")
    await connectors.enable(river, "acme-crm", STAFF, version=1)
    found = await connectors.get_enabled(river, "acme-crm")
    assert found.manifest.name == "Acme CRM"
    assert found.connector_id == made.connector_id
    events = await Audit(db=db).list(river, None, 10)
    assert [(e.event.action, e.event.actor_id, e.event.target_id) for e in events][:2] == [
        ("connector.enabled", "1", "acme-crm"),
        ("connector.registered", "7", "acme-crm"),
    ]


async def test_a_change_by_the_owner_switches_it_off(connectors: Connectors, river: str) -> None:
    """What the staff looked at is not what would send people's credentials now."""
    await connectors.register(river, plain(), OWNER)
    await connectors.enable(river, "acme-crm", STAFF, version=1)
    changed = await connectors.change(river, "acme-crm", plain(name="Acme Two"), OWNER, version=1)
    assert (changed.version, changed.enabled) == (2, False)
    with pytest.raises(StaleConnector):
        await connectors.enable(river, "acme-crm", STAFF, version=1)
    with pytest.raises(StaleConnector):
        await connectors.enable(river, "acme-crm", STAFF)
    await connectors.enable(river, "acme-crm", STAFF, version=2)
    kept = await connectors.change(river, "acme-crm", plain(name="Acme 3"), STAFF, version=2)
    assert (kept.version, kept.enabled, kept.owner_account_id) == (3, True, 7)
    assert (await connectors.get(river, "acme-crm")).manifest.name == "Acme 3"


async def test_a_change_of_what_was_changed_meanwhile_is_refused(
    connectors: Connectors, river: str
) -> None:
    """Two editors do not undo each other."""
    await connectors.register(river, plain(), OWNER)
    changes = [
        connectors.change(river, "acme-crm", plain(name=f"Acme {i}"), OWNER, version=1)
        for i in range(8)
    ]
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["Connector"] + ["StaleConnector"] * 7


@pytest.mark.parametrize("by", [OTHER, READER, FORGED, Actor(kind="client", id="app_1")])
async def test_nobody_else_changes_or_removes_it(
    connectors: Connectors, river: str, by: ConnectorAuthor | Actor
) -> None:
    """For them it is not there."""
    await connectors.register(river, plain(), OWNER)
    with pytest.raises(UnknownConnector):
        await connectors.change(river, "acme-crm", plain(), by, version=1)
    with pytest.raises(UnknownConnector):
        await connectors.remove(river, "acme-crm", by)
    for switch in (connectors.enable, connectors.disable):
        with pytest.raises(MayNotKeepConnector):
            await switch(river, "acme-crm", by)
    assert (await connectors.get(river, "acme-crm")).version == 1


async def test_the_owner_cannot_switch_it_on(connectors: Connectors, river: str) -> None:
    """That it may receive credentials is for the staff to say."""
    await connectors.register(river, plain(), OWNER)
    with pytest.raises(MayNotKeepConnector):
        await connectors.enable(river, "acme-crm", OWNER, version=1)


async def test_who_takes_a_slug_again_gets_another_connector(
    connectors: Connectors, river: str
) -> None:
    """Credentials that were kept for the first are never sent where the second leads."""
    first = await connectors.register(river, plain(), OWNER)
    await connectors.remove(river, "acme-crm", OWNER)
    assert await connectors.find(river, "acme-crm") is None
    second = await connectors.register(river, plain(), OTHER)
    assert first.connector_id != second.connector_id


async def test_a_slug_is_taken_once_in_each_organization(
    connectors: Connectors, river: str
) -> None:
    """Another organization has its own, and sees nothing of this one."""
    await connectors.register(river, plain(), OWNER)
    with pytest.raises(SlugTaken):
        await connectors.register(river, plain(), OTHER)
    assert await connectors.find("lake", "acme-crm") is None
    await connectors.register("lake", plain(name="Lake's own"), OTHER)
    assert (await connectors.get(river, "acme-crm")).manifest.name == "Acme CRM"
    with pytest.raises(UnknownConnector):
        await connectors.change("lake", "acme-crm", plain(), OWNER, version=1)


async def test_a_slug_of_the_catalogue_cannot_be_registered(
    connectors: Connectors, river: str
) -> None:
    """Nobody passes for a platform that people know."""
    known = connectors.catalogue()[0].slug
    with pytest.raises(SlugTaken):
        await connectors.register(river, plain(slug=known), STAFF)


async def test_an_entry_of_the_catalogue_is_off_until_it_is_switched_on(
    connectors: Connectors, river: str
) -> None:
    """Each organization decides for itself; switching twice is switching once."""
    slug = connectors.catalogue()[0].slug
    found = await connectors.get(river, slug)
    assert (found.origin, found.enabled, found.connector_id) == ("catalogue", False, CATALOGUE_ID)
    assert await connectors.list_for(river) == []
    with pytest.raises(MayNotKeepConnector):
        await connectors.enable(river, slug, OWNER)
    switched = [connectors.enable(river, slug, STAFF) for _ in range(6)]
    assert all(each.enabled for each in await asyncio.gather(*switched))
    assert [each.slug for each in await connectors.list_for(river, enabled_only=True)] == [slug]
    assert not (await connectors.get("lake", slug)).enabled
    await connectors.disable(river, slug, STAFF)
    assert not (await connectors.get(river, slug)).enabled
    assert [each.enabled for each in await connectors.list_for(river)] == [False]
    assert await connectors.list_for(river, enabled_only=True) == []
    with pytest.raises(UnknownConnector):
        await connectors.remove(river, slug, STAFF)
    with pytest.raises(UnknownConnector):
        await connectors.change(river, slug, plain(slug=slug), STAFF, version=0)


async def test_another_process_sees_a_change_at_once(
    connectors: Connectors, river: str, database_url: str, clock: ManualClock
) -> None:
    """What is kept in memory is dropped in every process by the unit that changes it."""
    elsewhere = await open_database(database_url, clock=clock, pool_size=2)
    other = Connectors(db=elsewhere, clock=clock)
    await connectors.register(river, plain(), OWNER)
    assert not (await other.get(river, "acme-crm")).enabled
    await connectors.enable(river, "acme-crm", STAFF, version=1)
    for _ in range(200):
        if (await other.get(river, "acme-crm")).enabled:
            break
        await asyncio.sleep(0.01)
    assert (await other.get(river, "acme-crm")).enabled
    await elsewhere.close()


@pytest.mark.parametrize(
    ("policy", "by", "welcome"),
    [
        (Registration(), OWNER, False),
        (Registration(mode="by_request"), OWNER, False),
        (Registration(mode="open", who=("system",)), OWNER, False),
        (Registration(mode="open", who=("system",)), READER, True),
        (Registration(), STAFF, True),
        (Registration(), SYSTEM, True),
        (OPEN, Actor(kind="client", id="app_1"), False),
        (OPEN, Actor(kind="operator", id="1"), False),
    ],
)
async def test_the_organization_says_who_may_register(
    connectors: Connectors,
    organizations: Organizations,
    policy: Registration,
    by: ConnectorAuthor | Actor,
    welcome: bool,
) -> None:
    """By the same policy as for applications; staff who keep connectors always may."""
    await organizations.create(NewOrganization(org_id="pond", name="Pond"), SYSTEM)
    await organizations.update("pond", OrganizationChange(registration=policy), SYSTEM)
    if welcome:
        await connectors.register("pond", plain(), by)
    else:
        with pytest.raises(RegistrationOfConnectorsClosed):
            await connectors.register("pond", plain(), by)


async def test_an_account_registers_twenty(connectors: Connectors, river: str) -> None:
    """And not one more, however many are asked for at once."""
    asked = [connectors.register(river, plain(slug=f"acme-{i}"), OWNER) for i in range(23)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    refused = [each for each in results if isinstance(each, BaseException)]
    assert [type(each) for each in refused] == [TooManyConnectors] * 3
    await connectors.register(river, plain(slug="acme-30"), OTHER)


async def test_a_manifest_that_is_not_valid_is_never_kept(
    connectors: Connectors, river: str
) -> None:
    """Neither new nor as a change; and a change never moves to another slug."""
    with pytest.raises(BadManifest):
        await connectors.register(river, "{}", OWNER)
    await connectors.register(river, plain(), OWNER)
    with pytest.raises(BadManifest):
        await connectors.change(river, "acme-crm", b"[]", OWNER, version=1)
    with pytest.raises(BadManifest, match="never changes"):
        await connectors.change(river, "acme-crm", plain(slug="other"), OWNER, version=1)
    assert (await connectors.get(river, "acme-crm")).version == 1


@pytest.mark.parametrize("slug", ["", "a\x00b", "x" * 500, "Acme", "../acme", "acme\n", "é"])
async def test_what_is_no_slug_is_unknown(connectors: Connectors, river: str, slug: str) -> None:
    """Addresses may hold anything; the database is never asked for it."""
    assert await connectors.find(river, slug) is None
    for ask in (
        connectors.enable(river, slug, STAFF),
        connectors.disable(river, slug, STAFF),
        connectors.remove(river, slug, STAFF),
    ):
        with pytest.raises(UnknownConnector):
            await ask
