"""Pages of projects: their cursors, and what they cost."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from doorward.db import Transaction
from doorward.projects import MAX_PROJECTS
from doorward.projects.store import insert_project
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.neon import (
    ApiProgram,
    add_neon_api,
    make_key,
    make_project,
    make_token,
    message_of,
)
from tests.support.world import World

pytestmark = pytest.mark.anyio

READ = "urn:neoncloud:projects:read"


async def walk(program: ApiProgram, path: str = "/projects", **params: Any) -> list[str]:
    """Every project, one page after the other, until there is no cursor."""
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(200):
        program.world.clock.advance(seconds=1)
        answer = await program.get(path, **params, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [each["id"] for each in page["projects"]]
        if "pagination" not in page:
            assert page["projects"] == []
            return seen
        cursor = {"cursor": page["pagination"]["cursor"]}
    raise AssertionError("the list does not end")


async def test_each_project_is_on_one_page(world: World) -> None:
    """Whatever the size of the pages, and whatever is made or deleted meanwhile."""
    program = ApiProgram(world, await make_key(world))
    made = [(await make_project(world)).project_id for _ in range(12)][::-1]
    for limit in (1, 5, 6, 12, 400):
        assert await walk(program, limit=limit) == made
    assert len((await program.get("/projects")).json()["projects"]) == 10
    first = (await program.get("/projects", limit=5)).json()
    await make_project(world)
    await program.call("DELETE", f"/projects/{made[4]}")
    await program.call("DELETE", f"/projects/{made[5]}")
    rest = await program.get("/projects", limit=400, cursor=first["pagination"]["cursor"])
    assert [each["id"] for each in rest.json()["projects"]] == made[6:]
    assert await walk(program, limit=1, recoverable="true") == made[4:6]


async def test_a_search_goes_on_over_pages(world: World) -> None:
    """Only what matches, and the cursor is of this search alone."""
    program = ApiProgram(world, await make_key(world))
    for number in range(9):
        await make_project(world, name=f"{'Even' if number % 2 == 0 else 'Odd'} {number}")
    assert len(await walk(program, limit=2, search="even")) == 5
    page = (await program.get("/projects", limit=2, search="even")).json()
    cursor = page["pagination"]["cursor"]
    for params in ({}, {"search": "odd"}, {"search": "even", "recoverable": "true"}):
        message_of(await program.get("/projects", cursor=cursor, **params), 400)
    assert (await program.get("/projects", cursor=cursor, search="even")).status_code == 200
    message_of(await program.get("/projects/shared", cursor=cursor, search="even"), 400)


async def test_a_cursor_is_of_one_person_and_one_list(world: World, house: House) -> None:
    """Another's, a changed one, and an invented one are all refused."""
    program = ApiProgram(world, await make_key(world))
    await make_project(world)
    cursor = (await program.get("/projects")).json()["pagination"]["cursor"]
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    other = await house.new_world()
    for stranger in (
        ApiProgram(world, await make_key(world, ben)),
        ApiProgram(other, await make_key(other)),
    ):
        message_of(await stranger.get("/projects", cursor=cursor), 400)
    flipped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for wrong in (cursor[:-1], cursor + "A", cursor + "=", flipped, "1", "x" * 5000, "日本", "%00"):
        message_of(await program.get("/projects", cursor=wrong), 400)


async def fill(world: World, count: int) -> None:
    """Many projects of Anna's, a third of them in one unit."""
    first = await make_project(world)

    def work_of(numbers: range) -> Any:
        async def work(tx: Transaction) -> None:
            for number in numbers:
                project_id = f"spring-example-{100_000 + number}"
                row = world.services.db.next_id()
                await insert_project(tx, replace(first, id=row, project_id=project_id))

        return work

    for start in range(1, count, 1000):
        await world.services.db.unit(work_of(range(start, min(start + 1000, count))))


async def test_ten_thousand_projects_are_listed_at_constant_cost(world: World) -> None:
    """Each page is one look at the token and one at an index, the first as the last."""
    known = await add_neon_api(world)
    program = ApiProgram(world, await make_token(world, known, READ, lifetime_s=86_400))
    await fill(world, MAX_PROJECTS)
    db, costs = world.services.db, set()
    seen: list[str] = []
    cursor: dict[str, str] = {}
    await program.get("/projects")
    for _ in range(MAX_PROJECTS // 400):
        world.clock.advance(seconds=1)
        before = db.statements_run
        page = (await program.get("/projects", limit=400, **cursor)).json()
        costs.add(db.statements_run - before)
        seen += [each["id"] for each in page["projects"]]
        cursor = {"cursor": page["pagination"]["cursor"]}
    assert len(set(seen)) == len(seen) == MAX_PROJECTS
    # On SQLite a turn of the loop that uses caches looks at their version first.
    assert costs <= {2, 3}
    full = await ApiProgram(world, await make_key(world)).call(
        "POST", "/projects", json={"project": {}}
    )
    assert "as many projects" in message_of(full, 409)


async def test_no_page_sorts_or_scans(world: World) -> None:
    """SQLite's own account of what it does for each list: its index, and nothing else."""
    statements = import_module("doorward.projects.store.projects")
    plans = {}
    rows = world.services.db
    if not hasattr(rows, "_reader"):
        return
    for name, group in (("owner", statements._OF_OWNER), ("group", statements._OF_GROUP)):
        for shape, statement in group.items():
            text, fixed = statement.for_sqlite()
            given = {"org_id": "o", "account_id": 1, "group_id": "g", "before": 1, "limit": 1}
            params = {**fixed, **given, "now": 1, "pattern": "%"}
            found = rows._reader.raw.execute(f"EXPLAIN QUERY PLAN {text}", params).fetchall()
            plans[name, shape] = " ".join(str(each[-1]) for each in found)
    for (name, (gone, _)), plan in plans.items():
        index = f"projects_{'gone_' if gone else ''}by_{name}"
        assert index in plan, plan
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan
