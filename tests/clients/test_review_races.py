"""Decisions at the same moment: one order wins, and what was approved is what was seen."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from doorward.audit import SYSTEM
from doorward.clients import (
    ApplicationChange,
    Applications,
    ApplicationStatus,
    BadTransition,
    Reviews,
    StaleReview,
)
from tests.support.reviewing import DRAFT, OWNER, REVIEWER, SECOND

pytestmark = pytest.mark.anyio

S = ApplicationStatus
ROUNDS = 12


async def submitted(applications: Applications, number: int) -> str:
    """A submitted application."""
    wanted = replace(DRAFT, name=f"Race {number}", status=S.SUBMITTED)
    return (await applications.create(wanted, SYSTEM))[0].client_id


async def test_approval_meets_withdrawal(applications: Applications, reviews: Reviews) -> None:
    """Whoever comes second finds the other's step done; the history tells the same."""
    for number in range(ROUNDS):
        client_id = await submitted(applications, number)
        answers = await asyncio.gather(
            reviews.approve("river", client_id, REVIEWER, revision=1),
            reviews.withdraw("river", client_id, OWNER),
            return_exceptions=True,
        )
        after = await applications.get("river", client_id)
        # Withdrawing is also possible once it is approved; approving is not once it is withdrawn.
        assert after.status is S.WITHDRAWN
        refused = [each for each in answers if isinstance(each, BaseException)]
        assert all(isinstance(each, BadTransition) for each in refused)
        told = [e.action for e in reversed(await reviews.history("river", client_id))]
        assert told == ["register", *(["withdraw"] if refused else ["approve", "withdraw"])]


async def test_approval_meets_an_edit(applications: Applications, reviews: Reviews) -> None:
    """Either the edit makes it stale, or it comes later and waits for its own review."""
    for number in range(ROUNDS):
        client_id = await submitted(applications, number)
        change = ApplicationChange(redirect_uris=["https://evil.example/cb"])
        works = [
            reviews.approve("river", client_id, REVIEWER, revision=1),
            applications.update("river", client_id, change, OWNER),
        ]
        # Each begins in every second round: on SQLite the first one also comes first.
        order = (0, 1) if number % 2 else (1, 0)
        answers = await asyncio.gather(*(works[n] for n in order), return_exceptions=True)
        approval, edit = (answers[n] for n in order)
        assert not isinstance(edit, BaseException)
        after = await applications.get("river", client_id)
        if isinstance(approval, BaseException):
            assert isinstance(approval, StaleReview)
            assert after.status is S.SUBMITTED
        else:
            assert after.status is S.CHANGE_PENDING
            assert after.redirect_uris == tuple(DRAFT.redirect_uris)


async def test_two_reviewers_decide_once(applications: Applications, reviews: Reviews) -> None:
    """One decision counts; the other reviewer is told that it is too late."""
    for number in range(ROUNDS):
        client_id = await submitted(applications, number)
        answers = await asyncio.gather(
            reviews.approve("river", client_id, REVIEWER, revision=1),
            reviews.decline("river", client_id, SECOND, "No."),
            return_exceptions=True,
        )
        assert sum(isinstance(each, BadTransition) for each in answers) == 1
        after = await applications.get("river", client_id)
        assert after.status in {S.APPROVED, S.DECLINED}
        (last, *_) = await reviews.history("river", client_id)
        assert last.to_status is after.status


async def test_a_pending_change_is_approved_or_dropped(
    applications: Applications, reviews: Reviews
) -> None:
    """Approve beside withdraw: all of the change is live, or none of it."""
    for number in range(ROUNDS):
        client_id = await submitted(applications, number)
        await reviews.approve("river", client_id, REVIEWER, revision=1)
        change = ApplicationChange(name=f"New {number}", scopes=["openid"])
        await applications.update("river", client_id, change, OWNER)
        await asyncio.gather(
            reviews.approve("river", client_id, SECOND, revision=2),
            reviews.decline("river", client_id, REVIEWER, "No."),
            return_exceptions=True,
        )
        after = await applications.get("river", client_id)
        live = (after.name, after.scopes)
        assert after.status is S.APPROVED
        assert live in {(f"New {number}", ("openid",)), (f"Race {number}", ("openid", "email"))}
        assert await reviews.find_change("river", client_id) is None
