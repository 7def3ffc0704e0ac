"""Organizations."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from doorward.audit import SYSTEM, Audit
from doorward.db import Database, Transaction, open_database
from doorward.orgs import (
    BadHost,
    BadOrganization,
    BadOrgId,
    BadPolicy,
    HostTaken,
    NewOrganization,
    OrganizationChange,
    Organizations,
    OrganizationSuspended,
    OrgIdTaken,
    OrgStatus,
    Policy,
    UnknownOrganization,
)
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

RIVER = NewOrganization(
    org_id="riverbend",
    name="Riverbend Trust",
    default_locale="ja",
    accent="#1A2B3C",
    support_url="https://riverbend.example/help",
    hosts=("riverbend.localhost", "id.riverbend.example"),
    policy=Policy(code_s=30),
)


@pytest.fixture
def orgs(db: Database, clock: ManualClock) -> Organizations:
    return Organizations(db=db, clock=clock)


async def test_an_organization_is_found_by_its_id_and_by_each_of_its_hosts(
    orgs: Organizations, clock: ManualClock
) -> None:
    """What was created comes back, under its id and its hosts in any case."""
    made = await orgs.create(RIVER, SYSTEM)
    assert await orgs.get("riverbend") == made
    assert made.accent == "#1a2b3c"
    assert made.policy == Policy(code_s=30)
    assert made.created_at == made.updated_at == clock.now
    assert await orgs.find_by_host("RIVERBEND.localhost") == made
    assert await orgs.find_by_host("id.riverbend.example") == made
    assert await orgs.find_by_host("evil.example") is None
    assert await orgs.find_by_host("not a host") is None


async def test_an_unknown_organization_is_refused(orgs: Organizations) -> None:
    """Nothing is served under an id that nobody created."""
    for unknown in ("nobody", "", "no\x00body", "\ud800", "x" * 9000):
        with pytest.raises(UnknownOrganization):
            await orgs.get(unknown)
        with pytest.raises(UnknownOrganization):
            await orgs.resume(unknown, SYSTEM)
    assert await orgs.find("nobody") is None
    with pytest.raises(UnknownOrganization):
        await orgs.update("nobody", OrganizationChange(name="x"), SYSTEM)
    with pytest.raises(UnknownOrganization):
        await orgs.suspend("nobody", SYSTEM)


@pytest.mark.parametrize(
    "org_id", ["a", "A1", "-ab", "ab-", "a--b", "a_b", "a b", "", "á1", "ab\n", "a" * 40]
)
async def test_an_org_id_that_is_no_slug_is_refused(orgs: Organizations, org_id: str) -> None:
    """An id is typed by people and stands in addresses: a short slug and nothing else."""
    with pytest.raises(BadOrgId):
        await orgs.create(replace(RIVER, org_id=org_id), SYSTEM)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "River\u202ebend"}, "name"),
        ({"name": ""}, "name"),
        ({"accent": "red"}, "accent"),
        ({"accent": "#12345g"}, "accent"),
        ({"support_url": "javascript:alert(1)"}, "support_url"),
        ({"privacy_url": "JaVaScRiPt:x"}, "privacy_url"),
        ({"terms_url": "data:text/html,x"}, "terms_url"),
        ({"default_locale": "de"}, "default_locale"),
    ],
)
async def test_a_field_that_could_harm_a_page_is_refused_by_name(
    orgs: Organizations, change: dict[str, str], field: str
) -> None:
    """The refusal says which field it is about."""
    with pytest.raises(BadOrganization) as refused:
        await orgs.create(replace(RIVER, **change), SYSTEM)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    "policy",
    [
        Policy(code_s=601),
        Policy(code_s=0),
        Policy(refresh_grace_s=-1),
        Policy(refresh_idle_s=100, refresh_absolute_s=99),
        Policy(session_idle_s=31 * 86_400),
    ],
)
async def test_a_lifetime_beyond_what_is_safe_is_refused(
    orgs: Organizations, policy: Policy
) -> None:
    """A code never lives longer than ten minutes (RFC 6749 4.1.2), idle never exceeds absolute."""
    with pytest.raises(BadPolicy):
        await orgs.create(replace(RIVER, policy=policy), SYSTEM)


@pytest.mark.parametrize("host", ["127.0.0.1", "a b", "x:80", "-a.example", "a..b", "a" * 64, ""])
async def test_a_host_that_is_no_host_name_is_refused(orgs: Organizations, host: str) -> None:
    """Addresses, ports and malformed names map to no organization."""
    with pytest.raises(BadHost):
        await orgs.create(replace(RIVER, hosts=(host,)), SYSTEM)


async def test_an_id_and_a_host_belong_to_one_organization(orgs: Organizations) -> None:
    """The second to ask is refused, and told for what."""
    await orgs.create(RIVER, SYSTEM)
    with pytest.raises(OrgIdTaken):
        await orgs.create(RIVER, SYSTEM)
    with pytest.raises(HostTaken):
        await orgs.create(replace(RIVER, org_id="lake"), SYSTEM)
    assert await orgs.find("lake") is None
    await orgs.create(replace(RIVER, org_id="lake", hosts=()), SYSTEM)
    with pytest.raises(HostTaken):
        await orgs.update("lake", OrganizationChange(hosts=("riverbend.localhost",)), SYSTEM)
    assert (await orgs.get("lake")).hosts == ()


async def test_a_change_shows_at_once_and_leaves_the_rest(
    orgs: Organizations, clock: ManualClock
) -> None:
    """A cached organization is never stale, and what is not given stays."""
    before = await orgs.create(RIVER, SYSTEM)
    await orgs.get("riverbend")
    await orgs.find_by_host("riverbend.localhost")
    clock.advance(seconds=5)
    change = OrganizationChange(name="River", hosts=("river.example",), accent=None)
    after = await orgs.update("riverbend", change, SYSTEM)
    assert after == await orgs.get("riverbend")
    assert after == replace(
        before, name="River", hosts=("river.example",), accent=None, updated_at=clock.now
    )
    assert await orgs.find_by_host("riverbend.localhost") is None
    assert await orgs.find_by_host("river.example") == after


async def test_another_process_sees_a_suspension_at_once(
    orgs: Organizations, database_url: str, clock: ManualClock
) -> None:
    """A process that has cached an organization stops serving it when another suspends it."""
    await orgs.create(RIVER, SYSTEM)
    other_db = await open_database(database_url, clock=clock, pool_size=2)
    other = Organizations(db=other_db, clock=clock)
    try:
        assert (await other.get("riverbend")).is_active
        await orgs.suspend("riverbend", SYSTEM)
        async with asyncio.timeout(5):
            while True:
                try:
                    await other.get("riverbend")
                except OrganizationSuspended:
                    break
                await asyncio.sleep(0.005)
    finally:
        await other_db.close()


async def test_a_suspended_organization_is_not_served_until_resumed(orgs: Organizations) -> None:
    """Its id and its hosts refuse; operators still find and change it."""
    await orgs.create(RIVER, SYSTEM)
    await orgs.suspend("riverbend", SYSTEM)
    with pytest.raises(OrganizationSuspended):
        await orgs.get("riverbend")
    with pytest.raises(OrganizationSuspended):
        await orgs.find_by_host("riverbend.localhost")
    await orgs.update("riverbend", OrganizationChange(name="River"), SYSTEM)
    found = await orgs.find("riverbend")
    assert found is not None
    assert found.status is OrgStatus.SUSPENDED
    await orgs.resume("riverbend", SYSTEM)
    assert (await orgs.get("riverbend")).name == "River"


async def test_organizations_are_listed_in_pages_by_id(orgs: Organizations) -> None:
    """A page continues after the last id of the one before."""
    for org_id in ("carp", "alder", "birch"):
        await orgs.create(NewOrganization(org_id=org_id, name=org_id), SYSTEM)
    page = await orgs.list(None, 2)
    rest = await orgs.list(page[-1].org_id, 2)
    assert [o.org_id for o in page + rest] == ["alder", "birch", "carp"]


async def test_every_change_is_recorded_and_no_change_is_not(
    orgs: Organizations, db: Database
) -> None:
    """The record tells the story of an organization; suspending twice is told once."""
    await orgs.create(RIVER, SYSTEM)
    await orgs.update("riverbend", OrganizationChange(name="River"), SYSTEM)
    await orgs.suspend("riverbend", SYSTEM)
    await orgs.suspend("riverbend", SYSTEM)
    await orgs.resume("riverbend", SYSTEM)
    events = await Audit(db=db).list("riverbend", None, 10)
    assert [e.event.action for e in reversed(events)] == [
        "organization.created",
        "organization.updated",
        "organization.suspended",
        "organization.resumed",
    ]
    assert events[2].event.detail == {
        "fields": "name",
        "was_name": RIVER.name,
        "now_name": "River",
    }


async def test_founders_act_in_the_unit_that_creates_the_organization(
    db: Database, clock: ManualClock
) -> None:
    """When one of them fails, the organization does not exist."""
    founded: list[str] = []

    async def found(tx: Transaction, org_id: str) -> None:
        founded.append(org_id)
        if org_id == "unlucky":
            raise LookupError

    orgs = Organizations(db=db, clock=clock, founders=(found,))
    await orgs.create(RIVER, SYSTEM)
    with pytest.raises(LookupError):
        await orgs.create(NewOrganization(org_id="unlucky", name="Unlucky"), SYSTEM)
    assert founded == ["riverbend", "unlucky"]
    assert await orgs.find("unlucky") is None


async def test_fifty_who_claim_one_host_at_once_leave_one_owner(orgs: Organizations) -> None:
    """The database decides; the others are told that the host is taken."""
    claims = [
        orgs.create(NewOrganization(org_id=f"o{n}", name="o", hosts=("one.example",)), SYSTEM)
        for n in range(50)
    ]
    answers = await asyncio.gather(*claims, return_exceptions=True)
    winners = [a for a in answers if not isinstance(a, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(a, HostTaken) for a in answers if isinstance(a, BaseException))
    assert await orgs.find_by_host("one.example") == winners[0]


async def test_changes_of_different_fields_at_once_all_stay(orgs: Organizations) -> None:
    """Two people who change different things do not undo each other."""
    await orgs.create(RIVER, SYSTEM)
    changes = [
        OrganizationChange(name="River"),
        OrganizationChange(accent="#000000"),
        OrganizationChange(terms_url="https://river.example/terms"),
        OrganizationChange(policy=Policy(code_s=45)),
    ]
    await asyncio.gather(*(orgs.update("riverbend", change, SYSTEM) for change in changes))
    after = await orgs.get("riverbend")
    assert (after.name, after.accent, after.policy.code_s) == ("River", "#000000", 45)
    assert after.terms_url == "https://river.example/terms"
