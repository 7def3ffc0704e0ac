"""The room's services over one database, and a member of staff whose API access is on."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountKind
from doorward.apikeys import ApiKeys, ApiSessions
from doorward.audit import SYSTEM
from doorward.crypto import Secret
from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_brakes
from tests.support.randomness import SeededRandom


@pytest.fixture
def keys(db: Database, clock: ManualClock, random: SeededRandom) -> ApiKeys:
    return ApiKeys(db=db, clock=clock, random=random, brakes=make_brakes(db))


@pytest.fixture
def sessions(db: Database, clock: ManualClock, random: SeededRandom, keys: ApiKeys) -> ApiSessions:
    pepper = Secret(b"a pepper of thirty-two bytes....")
    return ApiSessions(
        db=db, clock=clock, random=random, api_keys=keys, pepper=pepper, brakes=make_brakes(db)
    )


@pytest.fixture
async def staff_id(db: Database, keys: ApiKeys) -> int:
    account = await make_account(db, "sam", kind=AccountKind.SYSTEM, permissions=("accounts.read",))
    await keys.switch_access_on("river", account.account_id, SYSTEM)
    return account.account_id
