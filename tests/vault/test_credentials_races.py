"""Administrators at the same moment, on each engine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from doorward.crypto import Secret
from doorward.db import Database
from doorward.vault import Status, VaultRefusal
from doorward.vault.credentials_model import CredentialsChange, CredentialsState
from doorward.vault.credentials_refusals import CredentialsEnded, CredentialsOvertaken
from tests.support.clock import ManualClock
from tests.vault.crm import ADMIN, OTHER_ADMIN, Desk, author, given, place

pytestmark = pytest.mark.anyio
MANY = 12


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Desk:
    """The services under test."""
    return Desk.over(db, clock)


async def at_once(*work: Any) -> list[Any]:
    """Everything together; refusals are answers."""
    answers = await asyncio.gather(*work, return_exceptions=True)
    for each in answers:
        assert not isinstance(each, BaseException) or isinstance(each, VaultRefusal), each
    return list(answers)


async def active_versions(desk: Desk) -> int:
    """How many are active."""
    versions = await desk.credentials.list(place().connector, limit=500)
    return sum(each.state is CredentialsState.ACTIVE for each in versions)


async def test_of_two_administrators_who_prove_at_once_one_wins(desk: Desk) -> None:
    """The other is told, and what they submitted is over; their connection is not kept."""
    for turn in range(5):
        where = place(org_id=f"turn{turn}")
        admins = [ADMIN, OTHER_ADMIN]
        waiting = [await desk.credentials.submit(where, given(a.account_id), a) for a in admins]
        answers = await at_once(
            *(desk.connect(w, a, where) for w, a in zip(waiting, admins, strict=True))
        )
        lost = [each for each in answers if isinstance(each, CredentialsOvertaken)]
        assert len(lost) == 1
        active = await desk.credentials.find_active(where)
        rows = await desk.connections.list(where.org_id)
        assert active is not None
        assert [(r.credentials_id, r.status) for r in rows] == [
            (active.credentials_id, Status.ACTIVE)
        ]


async def test_one_submitter_twice_at_once_has_one_pending(desk: Desk) -> None:
    """Two tabs: the later one counts, and neither fails."""
    await at_once(*(desk.credentials.submit(place(), given(n), ADMIN) for n in range(MANY)))
    versions = await desk.credentials.list(place().connector, limit=500)
    assert [each.state for each in versions] == [CredentialsState.PENDING]


async def test_an_edit_beside_people_who_connect_leaves_nobody_behind(desk: Desk) -> None:
    """Each connection is either refused, or ended by the edit: none lives by the old client."""
    for turn in range(3):
        where = place(org_id=f"turn{turn}")
        active = await desk.set_up(where)
        people = [author(100 + n) for n in range(MANY)]
        change = CredentialsChange(client_id="edited", client_secret=Secret("edited"))
        answers = await at_once(
            *(desk.connect(active, each, where) for each in people[: MANY // 2]),
            desk.credentials.change(where, change, ADMIN),
            *(desk.connect(active, each, where) for each in people[MANY // 2 :]),
        )
        refused = sum(isinstance(each, CredentialsEnded) for each in answers)
        rows = await desk.connections.list(where.org_id)
        assert len(rows) == 1 + MANY - refused
        assert {row.status for row in rows} == {Status.NEEDS_RECONNECT}


async def test_edits_at_once_follow_each_other(desk: Desk) -> None:
    """Whoever waited for the version that was replaced edits its successor."""
    await desk.set_up()
    changes = [
        CredentialsChange(client_id=f"edited-{n}", client_secret=Secret("x")) for n in range(MANY)
    ]
    answers = await at_once(*(desk.credentials.change(place(), c, ADMIN) for c in changes))
    assert not any(isinstance(each, BaseException) for each in answers)
    assert await active_versions(desk) == 1


async def test_rotations_beside_successes_keep_a_secret_that_works(desk: Desk) -> None:
    """However they interleave, the newest is first and nothing that worked last is lost."""
    active = await desk.set_up()
    number = active.credentials_id
    await at_once(
        *(desk.credentials.rotate(place(), Secret(f"s-{n}"), ADMIN) for n in range(MANY)),
        *(desk.in_use.worked("river", number, 0) for _ in range(MANY)),
    )
    row = await desk.credentials.get("river", number)
    hints = desk.credentials.hints(row)
    assert 1 <= len(hints) <= 2
    assert any(each.has_worked for each in hints)


async def test_deleting_beside_a_proof_leaves_no_live_connection_without_credentials(
    desk: Desk,
) -> None:
    """Whichever comes first."""
    for turn in range(4):
        where = place(org_id=f"turn{turn}")
        active = await desk.set_up(where)
        await at_once(
            desk.credentials.revoke(where, ADMIN),
            *(desk.connect(active, author(100 + n), where) for n in range(4)),
        )
        rows = await desk.connections.list(where.org_id)
        assert {row.status for row in rows} == {Status.NEEDS_RECONNECT}
