"""An organization with mail, for each test on each engine."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountKind
from doorward.db import Database
from doorward.mail import Inbox
from doorward.orgs import Permission
from tests.console.letters.office import Office, author
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_org
from tests.support.world import make_services


@pytest.fixture
async def office(db: Database, clock: ManualClock) -> Office:
    """The organization river, with mail."""
    inbox = Inbox(clock=clock)
    await make_org(db, with_keys=False)
    review = (str(Permission.APPLICATIONS_REVIEW),)
    owner = await make_account(db, "dev")
    reviewer = await make_account(db, "rita", kind=AccountKind.SYSTEM, permissions=review)
    await make_account(db, "sam", kind=AccountKind.SYSTEM, permissions=review)
    await make_account(db, "tom", kind=AccountKind.SYSTEM, permissions=("accounts.read",))
    services = make_services(db, clock, carrier=inbox)
    return Office(services, inbox, author(owner), author(reviewer))
