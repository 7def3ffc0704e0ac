"""Every table is placed by organization, and statements then stay on one node: a planner says so.

PostgreSQL's own partitions ask of keys and statements what a sharding extension asks: each key has
to hold the column, and a statement that names its value is planned for one partition.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

import asyncpg
import pytest

from doorward.db import Statement, metadata, open_database, placements
from doorward.db.postgres_address import plain_dsn
from doorward.db.postgres_connecting import Connector
from tests.architecture.across import ACROSS, WITHOUT, crossing
from tests.architecture.kept_statements import every_statement
from tests.support.clock import ManualClock
from tests.support.databases import PostgresServer
from tests.support.programs import Program, get_tokens
from tests.support.world import make_world

pytestmark = pytest.mark.anyio

_NODES: Final = 2
_NODE = re.compile(r" on \w+_node(\d)\b")
_LATER: Final = ("before", "end", "upto")
"""How what ends a range is called: else a planner sees that nothing can be in it."""
_VALUES: Final = {"int8": 1, "int4": 1, "text": "some", "varchar": "some", "bytea": b"some"}


def test_every_table_is_placed() -> None:
    """By organization, but for those with a key that is looked up before it is known."""
    every_statement()
    placed = placements()
    assert sorted(each.table for each in placed) == sorted(metadata.tables)
    whole = {each.table for each in placed if not each.is_spread}
    assert whole == {*WITHOUT, "api_sessions", "organization_hosts"}
    first, *others = [each for each in placed if each.is_spread]
    assert "colocate_with => 'none'" in first.statement
    assert all(f"colocate_with => '{first.table}'" in each.statement for each in others)


@pytest.fixture(scope="module")
def spread_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database whose tables are spread over partitions as they would be over nodes."""
    every_statement()
    name, url = postgres_server.create_database()
    postgres_server.run_in(name, "".join(_spread(p.table) for p in placements() if p.is_spread))
    yield url
    postgres_server.drop_database(name)


def _spread(table: str) -> str:
    nodes = "".join(
        f"CREATE TABLE {table}_node{node} PARTITION OF {table}"
        f" FOR VALUES WITH (MODULUS {_NODES}, REMAINDER {node});"
        for node in range(_NODES)
    )
    return (
        f"ALTER TABLE {table} RENAME TO whole;"
        f"CREATE TABLE {table} (LIKE whole INCLUDING ALL) PARTITION BY HASH (org_id);"
        f"DROP TABLE whole;{nodes}"
    )


@pytest.fixture
async def planner(spread_url: str) -> AsyncIterator[Any]:
    """A connection that explains statements."""
    connection = await asyncpg.connect(plain_dsn(spread_url))
    yield connection
    await connection.close()


def _value(name: str, kind: str, fixed: Mapping[str, Any]) -> Any:
    if kind == "int8" and name.startswith(_LATER):
        return 1_000_000
    return fixed.get(name, _VALUES[kind])


async def _nodes_of(planner: Any, statement: Statement) -> set[str]:
    text, order, fixed = statement.for_postgres()
    prepared = await planner.prepare(f"EXPLAIN {text}")
    kinds = [parameter.name for parameter in prepared.get_parameters()]
    given = [_value(name, kind, fixed) for name, kind in zip(order, kinds, strict=True)]
    return {node for (line,) in await prepared.fetch(*given) for node in _NODE.findall(line)}


async def test_statements_are_planned_for_one_node(planner: Any) -> None:
    """All of them, but those that are listed with a reason."""
    strays: set[str] = set()
    used: set[str] = set()
    for name, statement in every_statement().items():
        if len(await _nodes_of(planner, statement)) > 1:
            pattern = crossing(name)
            (strays if pattern is None else used).add(pattern or name)
    assert strays == set()
    assert used == set(ACROSS) - {"orgs.store._FIND_OWNER"}  # its table is whole on every node


async def test_the_address_may_say_how_statements_are_planned(spread_url: str) -> None:
    """A sharding extension has to see the values, and a generic plan is made without them."""
    ours = {"plan_cache_mode": "force_generic_plan"}
    for said, mode in (("", "force_generic_plan"), ("&plan_cache_mode=auto", "auto")):
        connection = await Connector(f"{spread_url}{said}", settings=ours).connect()
        assert await connection.fetchval("SHOW plan_cache_mode") == mode
        await connection.close()


async def test_a_spread_database_serves(spread_url: str, clock: ManualClock) -> None:
    """Codes, tokens and refreshing, for organizations of which each has a node."""
    db = await open_database(spread_url, clock=clock)
    for org_id in ("river", "lake"):
        world = await make_world(db, clock, org_id=org_id)
        web = Program(world, world.web)
        tokens = await get_tokens(world)
        renewed = await web.refresh(tokens["refresh_token"])
        assert (await web.introspect(renewed.json()["access_token"]))["active"] is True
        assert (await web.userinfo(renewed.json()["access_token"])).status_code == 200
    await db.close()
