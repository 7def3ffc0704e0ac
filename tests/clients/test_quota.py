"""Who sets the quota of an application, and which quotas there are."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.clients import (
    Application,
    ApplicationChange,
    Applications,
    ApplicationStatus,
    BadApplication,
    StaffDecide,
    UnknownApplication,
)
from doorward.orgs import Organization, Permission
from doorward.protocol import AuthMethod
from tests.support.reviewing import DRAFT, OWNER, REVIEWER, STAFF, STRANGER, staff

pytestmark = pytest.mark.anyio

TEN = ApplicationChange(quota_a_minute=10)


@pytest.fixture
async def live(applications: Applications, org: Organization) -> Application:
    """Somebody's approved application."""
    assert org.is_active
    made, _ = await applications.create(DRAFT, OWNER)
    for status in (ApplicationStatus.SUBMITTED, ApplicationStatus.APPROVED):
        await applications.set_status("river", made.client_id, status, SYSTEM)
    return await applications.get("river", made.client_id)


async def test_staff_set_it_at_once_and_no_review_is_asked_for(
    applications: Applications, live: Application
) -> None:
    """Also of somebody's approved application, without the permission to review."""
    after = await applications.update("river", live.client_id, TEN, STAFF)
    assert (after.quota_a_minute, after.status) == (10, ApplicationStatus.APPROVED)
    assert after.revision == live.revision
    assert (await applications.get("river", live.client_id)).quota_a_minute == 10
    none = ApplicationChange(quota_a_minute=None)
    assert (await applications.update("river", live.client_id, none, STAFF)).quota_a_minute is None


async def test_its_owner_does_not_set_it(applications: Applications, live: Application) -> None:
    """Nor takes it away, nor raises it beside something that the owner may change, staff or not."""
    await applications.update("river", live.client_id, TEN, STAFF)
    for wanted in (
        ApplicationChange(quota_a_minute=None),
        ApplicationChange(quota_a_minute=1000, contact_email="me@tally.example"),
        ApplicationChange(quota_a_minute=1000, description="A tally."),
    ):
        for by in (OWNER, staff(OWNER.account_id, Permission.APPLICATIONS_WRITE)):
            with pytest.raises(StaffDecide) as caught:
                await applications.update("river", live.client_id, wanted, by)
            assert caught.value.field == "quota_a_minute"
    for by in (STRANGER, REVIEWER):
        with pytest.raises(UnknownApplication):
            await applications.update("river", live.client_id, TEN, by)
    assert (await applications.get("river", live.client_id)).quota_a_minute == 10


async def test_a_quota_stays_when_its_owner_changes_something_else(
    applications: Applications, live: Application
) -> None:
    """Neither a change that waits nor one that holds at once touches it."""
    await applications.update("river", live.client_id, TEN, STAFF)
    for wanted in (ApplicationChange(contact_email=None), ApplicationChange(description="A tally")):
        after = await applications.update("river", live.client_id, wanted, OWNER)
        assert after.quota_a_minute == 10


@pytest.mark.parametrize("quota", [0, -1, 1_000_001, 2**63, 2**80])
async def test_a_quota_is_a_number_that_somebody_could_mean(
    applications: Applications, live: Application, quota: int
) -> None:
    """To let nothing through, an application is suspended."""
    change = ApplicationChange(quota_a_minute=quota)
    with pytest.raises(BadApplication) as caught:
        await applications.update("river", live.client_id, change, STAFF)
    assert caught.value.field == "quota_a_minute"


async def test_a_public_application_has_none(applications: Applications, live: Application) -> None:
    """Anybody who reads its client id could use it up."""
    public = ApplicationChange(auth_method=AuthMethod.NONE, quota_a_minute=10)
    with pytest.raises(BadApplication) as caught:
        await applications.update("river", live.client_id, public, SYSTEM)
    assert caught.value.field == "quota_a_minute"
