"""Browsers, sign-ins and flows, below any page."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.db import Sweeper, Transaction
from doorward.sessions import Browser, FlowGone, NewFlow, Visitor
from doorward.sessions.jobs import remove_expired
from tests.support.factories import make_account
from tests.support.world import NOBODY, World

pytestmark = pytest.mark.anyio

DAY = 86_400
NEW = NewFlow(
    continue_path="/account",
    restart_path="/signin",
    cancel_path=None,
    account_kind="constituent",
    app_name=None,
    form_target=None,
    login_hint=None,
    ui_locales=None,
)


async def seen(world: World, cookie: str) -> Browser:
    """The browser of a cookie."""
    browser = await world.services.sessions.find_browser(world.org, cookie)
    assert browser is not None
    return browser


async def test_a_sign_in_replaces_the_cookie(world: World) -> None:
    """The old one finds nothing; the new one finds the person."""
    sessions = world.services.sessions
    browser, old = await sessions.open_browser(world.org)
    session_id, new = await sessions.sign_in(world.org, browser, world.person, NOBODY)
    assert await sessions.find_browser(world.org, old.reveal()) is None
    found = await seen(world, new.reveal())
    assert [each.session_id for each in found.sessions] == [session_id]
    assert found.sessions[0].account_id == world.person.account_id


async def test_a_second_sign_in_of_the_same_person_is_the_same_session(world: World) -> None:
    """Proved anew, and not listed twice."""
    sessions = world.services.sessions
    browser, _ = await sessions.open_browser(world.org)
    first, _ = await sessions.sign_in(world.org, browser, world.person, NOBODY)
    world.clock.advance(seconds=60)
    second, cookie = await sessions.sign_in(world.org, browser, world.person, NOBODY)
    assert first == second
    (session,) = (await seen(world, cookie.reveal())).sessions
    assert session.auth_at == world.clock.now


async def test_a_session_knows_how_it_was_proved(world: World) -> None:
    """All of it at the last time: a password alone afterwards is one factor again."""
    sessions = world.services.sessions
    browser, _ = await sessions.open_browser(world.org)
    for methods, kept, second in (
        (("pwd",), ("pwd",), False),
        (("pwd", "otp"), ("otp", "pwd"), True),
        (("user", "hwk"), ("hwk", "user"), True),
        (("pwd",), ("pwd",), False),
    ):
        world.clock.advance(seconds=1)
        _, cookie = await sessions.sign_in(
            world.org, browser, world.person, NOBODY, methods=methods
        )
        (session,) = (await seen(world, cookie.reveal())).sessions
        assert session.methods == kept
        assert session.second_at == (world.clock.now if second else None)


async def test_a_session_that_is_strengthened_keeps_when_it_was_proved(world: World) -> None:
    """The cookie is new, the second factor is dated, and no sign-in is recorded."""
    sessions = world.services.sessions
    browser, _ = await sessions.open_browser(world.org)
    _, before = await sessions.sign_in(world.org, browser, world.person, NOBODY)
    (first,) = (await seen(world, before.reveal())).sessions
    world.clock.advance(seconds=60)
    after = await sessions.strengthen(world.org, browser, first, ("otp",))
    assert await sessions.find_browser(world.org, before.reveal()) is None
    (session,) = (await seen(world, after.reveal())).sessions
    assert (session.session_id, session.auth_at) == (first.session_id, first.auth_at)
    assert (session.methods, session.second_at) == (("otp", "pwd"), world.clock.now)


async def test_what_a_flow_has_proved_signs_nobody_in_and_is_used_up(world: World) -> None:
    """By the sign-in, and by choosing anybody."""
    sessions, org_id = world.services.sessions, world.org.org_id
    browser, planted = await sessions.open_browser(world.org)
    flow = await sessions.open_flow(world.org, browser, NEW)
    whose = (world.org, browser, flow, world.person.account_id)
    cookie = await sessions.prove(*whose, ("pwd",))
    assert await sessions.find_browser(world.org, planted.reveal()) is None
    found = await sessions.get_flow(org_id, browser, flow.handle)
    assert (found.proven_account_id, found.proven_at) == (world.person.account_id, world.clock.now)
    assert found.proven_methods == ("pwd",)
    assert (await seen(world, cookie.reveal())).sessions == ()
    await sessions.sign_in(world.org, browser, world.person, NOBODY, flow)
    used = await sessions.get_flow(org_id, browser, flow.handle)
    assert (used.proven_account_id, used.proven_at, used.proven_methods) == (None, None, ())
    await sessions.prove(*whose, ("pwd",))
    await sessions.choose(flow, None)
    assert (await sessions.get_flow(org_id, browser, flow.handle)).proven_account_id is None


async def test_a_flow_opens_a_browser_of_its_own_where_there_is_none(world: World) -> None:
    """With its cookie; in a browser that is known it opens none."""
    sessions, org_id = world.services.sessions, world.org.org_id
    flow, cookie = await sessions.open_flow_anywhere(world.org, None, NEW)
    assert cookie is not None
    opened = await seen(world, cookie.reveal())
    assert (await sessions.get_flow(org_id, opened, flow.handle)).flow_id == flow.flow_id
    again, none = await sessions.open_flow_anywhere(world.org, opened, NEW)
    assert none is None
    assert (again.browser_id, again.flow_id == flow.flow_id) == (opened.browser_id, False)


async def test_a_sign_in_that_was_idle_for_too_long_does_not_wake_beside_another(
    world: World,
) -> None:
    """Ben's visits keep Ben signed in; Anna was away for fifteen days."""
    sessions = world.services.sessions
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    browser, _ = await sessions.open_browser(world.org)
    await sessions.sign_in(world.org, browser, world.person, NOBODY)
    world.clock.advance(seconds=15 * DAY)
    _, cookie = await sessions.sign_in(world.org, browser, ben, NOBODY)
    for _ in range(3):
        world.clock.advance(seconds=DAY)
        found = await seen(world, cookie.reveal())
        assert [each.account_id for each in found.sessions] == [ben.account_id]
    assert await sessions.list_live(world.org, world.person.account_id) == []


async def test_visits_are_noted_now_and_then(world: World) -> None:
    """At most every five minutes: a look is not a write."""
    sessions, db = world.services.sessions, world.services.db
    browser, _ = await sessions.open_browser(world.org)
    _, cookie = await sessions.sign_in(world.org, browser, world.person, NOBODY)
    for seconds, statements in ((299, 1), (2, 2), (1, 1)):
        world.clock.advance(seconds=seconds)
        before = db.statements_run
        await seen(world, cookie.reveal())
        assert db.statements_run - before == statements


async def test_sign_ins_end_one_by_one_and_together(world: World) -> None:
    """One, all others, all of a browser."""
    sessions, org_id = world.services.sessions, world.org.org_id
    cookies = []
    for agent in ("one", "two", "three"):
        browser, _ = await sessions.open_browser(world.org)
        visitor = Visitor("203.0.113.7", agent * 200)
        _, cookie = await sessions.sign_in(world.org, browser, world.person, visitor)
        cookies.append(cookie.reveal())
        world.clock.advance(seconds=1)
    live = await sessions.list_live(world.org, world.person.account_id)
    assert [(each.user_agent or "")[:3] for each in live] == ["thr", "two", "one"]
    assert all(len(each.user_agent or "") == 300 for each in live)
    assert await sessions.end(org_id, live[2].session_id, SYSTEM)
    assert not await sessions.end(org_id, live[2].session_id, SYSTEM)
    assert await sessions.end_others(live[0], org_id, SYSTEM) == 1
    left = await sessions.list_live(world.org, world.person.account_id)
    assert left == [live[0]]
    await sessions.end_browser(await seen(world, cookies[2]), SYSTEM)
    assert await sessions.list_live(world.org, world.person.account_id) == []


async def test_a_flow_belongs_to_its_browser_and_ends_once(world: World) -> None:
    """Elsewhere nothing of it is told."""
    sessions, org_id = world.services.sessions, world.org.org_id
    mine, _ = await sessions.open_browser(world.org)
    other, _ = await sessions.open_browser(world.org)
    flow = await sessions.open_flow(world.org, mine, NEW)
    assert await sessions.get_flow(org_id, mine, flow.handle) == flow
    for browser in (other, None):
        with pytest.raises(FlowGone) as gone:
            await sessions.get_flow(org_id, browser, flow.handle)
        assert (gone.value.reason, gone.value.flow) == ("other_browser", None)
    for handle in (None, "", "x", flow.handle[:-1], flow.handle.replace("dw_fl_", "dw_bs_")):
        with pytest.raises(FlowGone) as gone:
            await sessions.get_flow(org_id, mine, handle)
        assert gone.value.flow is None

    async def finish(tx: Transaction) -> bool:
        return await sessions.finish(tx, flow)

    assert await world.services.db.unit(finish)
    assert not await world.services.db.unit(finish)
    with pytest.raises(FlowGone) as gone:
        await sessions.get_flow(org_id, mine, flow.handle)
    assert gone.value.reason == "used"
    assert gone.value.flow is not None


async def test_old_rows_are_removed(world: World) -> None:
    """A day after they expired: an old page can still say so until then."""
    sessions = world.services.sessions
    await remove_expired(Sweeper(world.services.db), world.clock.now)
    browser, cookie = await sessions.open_browser(world.org)
    flow = await sessions.open_flow(world.org, browser, NEW)
    world.clock.advance(seconds=DAY)
    await remove_expired(Sweeper(world.services.db), world.clock.now)
    with pytest.raises(FlowGone) as gone:
        await sessions.get_flow(world.org.org_id, browser, flow.handle)
    assert gone.value.flow is not None
    world.clock.advance(seconds=3601)
    assert await remove_expired(Sweeper(world.services.db), world.clock.now) >= 1
    world.clock.advance(seconds=31 * DAY)
    assert await remove_expired(Sweeper(world.services.db), world.clock.now) >= 1
    assert await sessions.find_browser(world.org, cookie.reveal()) is None
