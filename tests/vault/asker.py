"""A process that asks for the token of one connection, many times at once.

``work`` is done in it, as ``Order`` says: it sends `ready` through its pipe, waits for a word,
asks, and sends what every caller got.
"""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from doorward.connectors import Plan, Upstream
from doorward.crypto import system_random
from doorward.db import Database, open_database, system_clock
from doorward.http import Outbound
from doorward.protocol import Refusal
from doorward.vault import Connection, Outside, Patience, Tokens, Tuning, Vault, build_vault
from tests.support.factories import sealing_ring
from tests.support.upstream import Switches, plan_for

__all__ = ["Order", "vault_over", "work"]


@dataclass(frozen=True)
class Order:
    """What a process does."""

    database: str
    upstream: str
    folder: str
    org_id: str
    connection_id: int
    tasks: int = 1
    lease_s: float = 45
    wait_s: float = 20
    grace_s: int = 0
    dies_with_the_answer: bool = False
    """Killed after the platform has answered, before anything is written."""


class FittingPlan:
    """The plan that fits the platform."""

    def __init__(self, upstream: str, grace_s: int) -> None:
        self._plan = plan_for(Switches(grace_s=grace_s), upstream)

    async def plan(self, row: Connection, tokens: Tokens) -> Plan:
        """It, whichever connection it is."""
        return self._plan


def vault_over(db: Database, order: Order) -> tuple[Vault, Outbound]:
    """The product's vault with the product's client."""
    outbound = Outbound(allowed=(order.upstream.removeprefix("http://"),))
    vault = build_vault(
        db=db,
        ring=sealing_ring(),
        random=system_random,
        outside=Outside(
            Upstream(outbound, system_clock, system_random),
            FittingPlan(order.upstream, order.grace_s),
        ),
        tuning=Tuning(
            spill_folder=Path(order.folder),
            lease_s=order.lease_s,
            patience=Patience(longest_s=order.wait_s),
        ),
    )
    return vault, outbound


async def _ask(vault: Vault, order: Order) -> str:
    try:
        held = await vault.refresher.get_token(order.org_id, order.connection_id)
    except Refusal as refusal:
        return refusal.code
    return held.tokens.access.reveal()


def work(order: Order, pipe: Pipe) -> None:
    """Ask, and tell."""
    asyncio.run(_ask_at_a_word(order, pipe))


async def _ask_at_a_word(order: Order, pipe: Pipe) -> None:
    db = await open_database(order.database, pool_size=2)
    vault, outbound = vault_over(db, order)
    if order.dies_with_the_answer:

        async def die(*_: Any, **__: Any) -> Connection:
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("unreachable")

        vault.worker._renewal._writing.save = die  # type: ignore[method-assign] # the moment
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    pipe.send(await asyncio.gather(*(_ask(vault, order) for _ in range(order.tasks))))
    await outbound.close()
    await db.close()
