"""A change of a live application that a reviewer gives back to its owner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorward.audit import SYSTEM
from doorward.clients import (
    Application,
    ApplicationChange,
    Applications,
    ApplicationStatus,
    BadMessage,
    BadTransition,
    Reviews,
    StaleReview,
    UnknownApplication,
)
from tests.support.reviewing import DRAFT, OWNER, REVIEWER, STRANGER

pytestmark = pytest.mark.anyio

S = ApplicationStatus


async def approved(applications: Applications) -> Application:
    """An approved application of the owner's."""
    return (await applications.create(replace(DRAFT, status=S.APPROVED), SYSTEM))[0]


async def test_a_change_is_sent_back_while_what_is_live_goes_on(
    applications: Applications, reviews: Reviews
) -> None:
    """Its owner reads why; it leaves the queue, and comes back at its end when it was answered."""
    made = await approved(applications)
    change = ApplicationChange(name="Tilly")
    await applications.update("river", made.client_id, change, OWNER)
    first = (await reviews.queue("river"))[0].queue_id
    with pytest.raises(BadMessage):
        await reviews.request_changes("river", made.client_id, REVIEWER, " ")
    back = await reviews.request_changes("river", made.client_id, REVIEWER, "Why Tilly?")
    assert (back.status, back.is_live, back.name) == (S.CHANGE_RETURNED, True, "Tally")
    assert await reviews.queue("river") == []
    assert (await reviews.history("river", made.client_id))[0].message == "Why Tilly?"
    waiting = await reviews.find_change("river", made.client_id)
    assert waiting is not None
    assert waiting.change.name == "Tilly"
    with pytest.raises(BadTransition):
        await reviews.approve("river", made.client_id, REVIEWER, revision=back.revision)
    with pytest.raises(UnknownApplication):
        await reviews.submit("river", made.client_id, STRANGER)
    again = await reviews.submit("river", made.client_id, OWNER, "It is her name.")
    assert (again.status, again.name) == (S.CHANGE_PENDING, "Tally")
    assert [each.queue_id > first for each in await reviews.queue("river")] == [True]
    after = await reviews.approve("river", made.client_id, REVIEWER, revision=again.revision)
    assert (after.status, after.name) == (S.APPROVED, "Tilly")


async def test_a_new_edit_answers_a_change_that_was_sent_back(
    applications: Applications, reviews: Reviews
) -> None:
    """On top of what was asked before; what the reviewer saw then is stale."""
    made = await approved(applications)
    await applications.update("river", made.client_id, ApplicationChange(name="Tilly"), OWNER)
    seen = (await applications.get("river", made.client_id)).revision
    await reviews.request_changes("river", made.client_id, REVIEWER, "Another name.")
    more = ApplicationChange(scopes=("openid",), purposes={})
    again = await applications.update("river", made.client_id, more, OWNER)
    assert again.status is S.CHANGE_PENDING
    with pytest.raises(StaleReview):
        await reviews.approve("river", made.client_id, REVIEWER, revision=seen)
    after = await reviews.approve("river", made.client_id, REVIEWER, revision=again.revision)
    assert (after.name, after.scopes) == ("Tilly", ("openid",))
