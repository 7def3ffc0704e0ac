"""The developer's recipe: clear platform info, reload, select, connect, see the saved row."""

from __future__ import annotations

import pytest

from doorward.vault import Status
from tests.console.admin.platforms import acme, connect
from tests.console.developer.bench import at_bench
from tests.support.world import World

pytestmark = pytest.mark.anyio

PAGE = "connectors/test"


async def test_nothing_connected_asks_for_the_platform(world: World) -> None:
    """Connectors that are on are selected, and connected by the page that people use."""
    async with at_bench(world) as bench:
        empty = await bench.open(PAGE)
        assert not [each for each in empty.page.links if "/connect/start?" in each]
        await acme(world)
        visit = await bench.open(PAGE)
        (link,) = (each for each in visit.page.links if "/connect/start?" in each)
        assert link.endswith("/connect/start?connector=acme-crm")


async def test_the_saved_row_is_shown_without_its_secrets(world: World) -> None:
    """Every column that a developer can learn from; of the secrets, how many bytes they are."""
    connector = await acme(world)
    async with at_bench(world) as bench:
        await connect(world, connector, account_id=bench.account.account_id)
        await connect(world, connector, 2, by_key=True, account_id=bench.account.account_id)
        await connect(world, connector, 3, account_id=bench.account.account_id + 1)
        visit = await bench.open(PAGE)
        text = visit.response.text
        for shown in ("Company 1", "acct-1", "token_version", "sealed", "Company 2"):
            assert shown in text
        for hidden in ("access-1", "refresh-1", "key-2", "Company 3"):
            assert hidden not in text


async def test_clearing_asks_and_ends_what_is_the_person_s_own(world: World) -> None:
    """Afterwards there is a platform to be selected again; others stay connected."""
    connector, connections = await acme(world), world.services.vault.connections
    async with at_bench(world) as bench:
        mine = await connect(world, connector, account_id=bench.account.account_id)
        theirs = await connect(world, connector, 3, account_id=bench.account.account_id + 1)
        asked = await bench.send(PAGE, f"{PAGE}/clear")
        assert (await connections.get(world.org.org_id, mine.connection_id)).is_connected
        form = next(each for each in asked.page.forms if each.action.endswith("/clear"))
        data = {**form.fields, "decision": "confirm"}
        done = await bench.http.post(form.action, data=data)
        assert done.status_code == 303
        again = await bench.open(PAGE)
        assert [each for each in again.page.links if "/connect/start?" in each]
    after = await connections.get(world.org.org_id, mine.connection_id)
    assert (after.status, after.sealed) == (Status.DISCONNECTED, None)
    assert (await connections.get(world.org.org_id, theirs.connection_id)).is_connected
