"""Staff see what people connected, renew it, end it, and read a credential by permission."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.console.admin.connections_page import slices_of
from doorward.vault import Status
from tests.console.admin.desk import EVERY, at_desk, hire
from tests.console.admin.platforms import acme, connect
from tests.support.world import World

pytestmark = pytest.mark.anyio


@given(st.dictionaries(st.sampled_from([each for each in Status if each != "expiring"]),
                       st.integers(0, 10**9)))  # fmt: skip
def test_the_bar_is_whole_and_shows_whatever_is_there(counts: dict[Status, int]) -> None:
    """The parts stand side by side within it, in the order of the table."""
    slices = slices_of(counts)
    assert [each.count for each in slices] == [counts.get(each.status, 0) for each in slices]
    at = 0
    for each in slices:
        assert each.x == at
        assert (each.width > 3) == (each.count > 0)
        at += each.width
    assert at <= 600
    assert at > 590 or not any(counts.values())


async def test_connections_are_listed_counted_and_filtered(world: World) -> None:
    """The newest first, of this organization alone; the chart counts all of them."""
    connector, other = await acme(world), await acme(world, "lake")
    for number in range(1, 4):
        await connect(world, connector, number)
    await connect(world, other, 9)
    async with at_desk(world) as desk:
        every = await desk.open("connections")
        for name in ("Company 1", "Company 2", "Company 3", "Company 9"):
            assert name in every.page.text
        assert every.page.text.index("Company 3") < every.page.text.index("Company 1")
        lake = await desk.open("connections?connector=lake")
        assert "Company 9" in lake.page.text
        assert "Company 1" not in lake.page.text
        none = await desk.open("connections?status=blocked")
        assert "Company" not in none.page.text
        odd = await desk.open("connections?status=%00&connector=%27&before=x")
        assert odd.response.status_code in {200, 400}


async def test_a_page_of_one_connection_holds_no_secret(world: World) -> None:
    """Neither token nor key; who may only read is offered nothing to press."""
    connector = await acme(world)
    row = await connect(world, connector)
    async with at_desk(world, await hire(world, {"connections.read"})) as desk:
        visit = await desk.open(f"connections/connection?connection={row.connection_id}")
        assert "Company 1" in visit.page.text
        assert "access-1" not in visit.response.text
        assert "refresh-1" not in visit.response.text
        actions = [each.action for each in visit.page.forms]
        assert not [each for each in actions if "/connections/" in each]


async def test_a_credential_is_revealed_by_permission_and_on_the_record(world: World) -> None:
    """The access token alone: a refresh token is nobody's to see. The page is not stored."""
    connector = await acme(world)
    rows = [await connect(world, connector), await connect(world, connector, 2, by_key=True)]
    page = "connections/connection?connection={}"
    may_not = EVERY - {"connections.reveal"}
    async with at_desk(world, await hire(world, may_not)) as desk:
        shown = await desk.open(page.format(rows[0].connection_id))
        assert not [each for each in shown.page.forms if each.action.endswith("/reveal")]
    async with at_desk(world) as desk:
        for row, secret in zip(rows, ("access-1", "key-2"), strict=True):
            visit = await desk.send(page.format(row.connection_id), "connections/reveal")
            assert secret in visit.page.text
            assert "refresh-1" not in visit.response.text
            assert visit.response.headers["cache-control"] == "no-store"
        events = await world.services.audit.list(world.org.org_id, None, 5, "connection.token_read")
        assert [each.event.actor_id for each in events] == [desk.staff.subject] * 2


async def test_what_cannot_be_renewed_is_said(world: World) -> None:
    """A key is not renewed, and a platform that is not there does not answer."""
    connector = await acme(world)
    async with at_desk(world) as desk:
        row = await connect(world, connector, by_key=True)
        page = f"connections/connection?connection={row.connection_id}"
        visit = await desk.send(page, "connections/refresh")
        assert visit.response.status_code == 422
        assert visit.page.title.startswith("Error")


async def test_disconnecting_asks_and_reports(world: World) -> None:
    """What is here is erased whatever the platform does; the row and its history stay."""
    connector = await acme(world)
    row = await connect(world, connector)
    page = f"connections/connection?connection={row.connection_id}"
    async with at_desk(world) as desk:
        asked = await desk.send(page, "connections/disconnect")
        kept = await world.services.vault.connections.get(world.org.org_id, row.connection_id)
        assert kept.is_connected
        form = next(each for each in asked.page.forms if each.action.endswith("/disconnect"))
        data = {**form.fields, "decision": "confirm"}
        report = await desk.http.post(form.action, data=data)
        assert report.status_code == 200
        again = await desk.open(page)
        actions = [each.action for each in again.page.forms]
        assert not [each for each in actions if "/connections/" in each]
        late = await desk.http.post(
            f"{world.issuer}/admin/connections/reveal",
            data={"csrf": await desk.csrf(), "connection": str(row.connection_id)},
        )
        assert late.status_code == 422
    after = await world.services.vault.connections.get(world.org.org_id, row.connection_id)
    assert after.sealed is None
