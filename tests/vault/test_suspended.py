"""A suspended person's connections: kept good for when they come back, used by nobody meanwhile."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.crypto import Secret
from doorward.vault import ORGANIZATION, AccountSuspended, Status
from tests.support.factories import make_account, make_accounts, make_org
from tests.vault.conftest import Bench
from tests.vault.samples import ORG, party

pytestmark = pytest.mark.anyio


async def test_nobody_is_handed_a_token_of_a_suspended_person(bench: Bench) -> None:
    """Neither a fresh one nor a renewed one; other people's are handed out as before."""
    await make_org(bench.db, ORG, with_keys=False)
    anna, bo = await make_account(bench.db, "anna"), await make_account(bench.db, "bo")
    row = await bench.connect(account_id=anna.account_id)
    other = await bench.connect(account_id=bo.account_id, party=party("acct-2"))
    await make_accounts(bench.db).disable(ORG, anna.account_id, SYSTEM)
    with pytest.raises(AccountSuspended):
        await bench.get(row)
    with pytest.raises(AccountSuspended):
        await bench.get(row, seen_version=1)
    bench.clock.advance(seconds=3600)
    with pytest.raises(AccountSuspended):
        await bench.get(row)
    assert bench.platform.asked == []
    assert (await bench.get(other)).connection.account_id == bo.account_id


async def test_who_is_let_in_again_need_not_connect_again(bench: Bench) -> None:
    """Their tokens are renewed in time while they are away."""
    await make_org(bench.db, ORG, with_keys=False)
    anna = await make_account(bench.db, "anna")
    row = await bench.connect(account_id=anna.account_id)
    accounts = make_accounts(bench.db)
    await accounts.disable(ORG, anna.account_id, SYSTEM)
    bench.clock.advance(seconds=3500)
    await bench.vault.worker.take_turn()
    await bench.vault.worker.drain()
    assert bench.platform.asked == ["refresh-1"]
    await accounts.enable(ORG, anna.account_id, SYSTEM)
    held = await bench.get(row)
    assert (held.tokens.access, held.connection.status) == (Secret("access-2"), Status.ACTIVE)


async def test_the_organizations_own_connections_have_nobody_to_suspend(bench: Bench) -> None:
    """They are of no account."""
    row = await bench.connect(account_id=ORGANIZATION)
    assert (await bench.get(row)).tokens.access == Secret("access-1")
