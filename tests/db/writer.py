"""A process that writes until it is told to stop or is killed, and says what was answered.

Run as `python -m tests.db.writer URL FIRST COUNT CALLERS`: it prints the identifier of each row
after its unit was answered. A COUNT of 0 means: until killed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import Iterator

from doorward.db import Database, Transaction, open_database
from tests.db.scratch import ADD, INCREMENT, ORG, row


async def caller(db: Database, numbers: Iterator[int]) -> None:
    """Write one row after the other; each by a unit of two statements."""
    for number in numbers:

        async def work(tx: Transaction, number: int = number) -> None:
            await tx.run(ADD, **row(number))
            await tx.run(INCREMENT, org_id=ORG, id=number)

        await db.unit(work)
        # One system call: a line is written whole or not at all.
        os.write(1, f"{number}\n".encode())


async def main(url: str, first: int, count: int, callers: int) -> None:
    """Write from ``first`` on."""
    db = await open_database(url, pool_size=4)
    numbers = iter(range(first, first + count)) if count else itertools.count(first)
    os.write(1, b"ready\n")
    await asyncio.gather(*(caller(db, numbers) for _ in range(callers)))
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:5])))
