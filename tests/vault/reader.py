"""A second process of the server: it reads a token each time, and says what it was given.

``work`` is done in it, with what ``Order`` says: it sends `ready` through its pipe, then for each
organization and connection one answer: a token, or the refusal's code.
"""

from __future__ import annotations

import asyncio
from multiprocessing.connection import Connection as Pipe

from doorward.db import open_database
from doorward.protocol import Refusal
from tests.support.clock import ManualClock
from tests.vault.asker import Order, vault_over

__all__ = ["work"]


def work(order: Order, pipe: Pipe) -> None:
    """Answer until nothing more is asked."""
    asyncio.run(_answer(order, pipe))


async def _answer(order: Order, pipe: Pipe) -> None:
    db = await open_database(order.database, clock=ManualClock(), pool_size=2)
    vault, outbound = vault_over(db, order)
    pipe.send("ready")
    while asked := await asyncio.to_thread(pipe.recv):
        org_id, connection_id = asked
        try:
            held = await vault.refresher.get_token(org_id, connection_id)
        except Refusal as refusal:
            pipe.send(refusal.code)
        else:
            pipe.send(held.tokens.access.reveal())
    await outbound.close()
    await db.close()
