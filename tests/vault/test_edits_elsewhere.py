"""Credentials are edited in one process, and another one sees what that ends at its next read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection as End
from pathlib import Path
from typing import Any

import pytest

from doorward.crypto import Secret
from doorward.db import Database
from doorward.vault import Affected, Connection, CredentialsChange
from tests.support.clock import ManualClock
from tests.support.nursery import born
from tests.vault import reader
from tests.vault.asker import Order
from tests.vault.crm import ADMIN, PERSON, Desk, place

pytestmark = pytest.mark.anyio

ENDS: dict[str, dict[str, Any]] = {
    "client": {"client_id": "other", "client_secret": Secret("other")},
    "redirect": {"redirect_uri": "https://{org}.example.org/connect/callback/crm"},
    "host": {"values": {"host": "eu.crm.example.com"}, "client_secret": Secret("other")},
    "address": {"token_url": "https://eu.crm.example.com/token", "client_secret": Secret("other")},
    "fewer": {"scopes": ("read",)},
}
KEEPS: dict[str, dict[str, Any]] = {
    "more": {"scopes": ("read", "write", "delete")},
    "label": {"label": "Ours"},
}


@dataclass
class Other:
    """The second process."""

    pipe: End

    async def read(self, row: Connection) -> str:
        """What it is given for this connection now."""
        return await asyncio.to_thread(self._ask, (row.org_id, row.connection_id))

    def _ask(self, place: tuple[str, int]) -> str:
        self.pipe.send(place)
        return str(self.pipe.recv())


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Desk:
    """The credentials of every organization, in this process."""
    return Desk.over(db, clock)


@pytest.fixture
def other(database_url: str, tmp_path: Path) -> Iterator[Other]:
    """A process beside this one, on the same database."""
    order = Order(database_url, "http://127.0.0.1:9", str(tmp_path), "river", 1)
    pipe, theirs = Pipe()
    process = born(reader.work, order, theirs)
    theirs.close()
    with pipe:
        assert pipe.recv() == "ready"
        yield Other(pipe)
        process.kill()
        process.join()


async def test_every_edit_and_rotation_is_seen_at_the_next_read(desk: Desk, other: Other) -> None:
    """Of each kind of edit the people were counted before; a rotated secret ends nobody's session.

    The other process has just handed out every token that ends.
    """
    for name, change in {**ENDS, **KEEPS, "rotated": {}}.items():
        where = place(org_id=name)
        active = await desk.set_up(where)
        rows = [(await desk.connect(active, each, where)).connection for each in (ADMIN, PERSON)]
        tokens = [desk.connections.open(row).tokens.access.reveal() for row in rows]
        assert [await other.read(row) for row in rows] == tokens, name
        assert await desk.credentials.affected(where) == Affected(people=2, connections=2), name
        if name == "rotated":
            await desk.credentials.rotate(where, Secret("newer"), ADMIN)
        else:
            given = {k: v.format(org=name) if k == "redirect_uri" else v for k, v in change.items()}
            done = await desk.credentials.change(where, CredentialsChange(**given), ADMIN)
            assert done.ended == (2 if name in ENDS else 0), name
        ended = ["needs_reconnect"] * 2
        assert [await other.read(row) for row in rows] == (ended if name in ENDS else tokens), name
