"""A second process of the server: it reads a token for each line, and says what it was given.

Run as `python -m tests.vault.reader JSON`, with what ``Order`` says; it prints `ready`, then for
each line with an organization and a connection one answer: a token, or the refusal's code.
"""

from __future__ import annotations

import asyncio
import json
import sys

from doorward.db import open_database
from doorward.protocol import Refusal
from tests.support.clock import ManualClock
from tests.vault.asker import Order, vault_over

__all__: list[str] = []


async def main(order: Order) -> None:
    """Answer until nothing more is asked."""
    db = await open_database(order.database, clock=ManualClock(), pool_size=2)
    vault, outbound = vault_over(db, order)
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        org_id, number = line.split()
        try:
            held = await vault.refresher.get_token(org_id, int(number))
        except Refusal as refusal:
            print(refusal.code, flush=True)
        else:
            print(held.tokens.access.reveal(), flush=True)
    await outbound.close()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(Order(**json.loads(sys.argv[1]))))
