"""``python -m failover.pooler``: two servers work through a real PgBouncer in transaction mode."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx2

from chaos.desk import Desk
from chaos.findings import compare
from chaos.journal import Journal
from chaos.round import prepare
from chaos.servers import Server
from doorward.db.migrate import upgrade
from failover.balancer import Missing, find_program
from failover.cluster import Node
from failover.round import await_ready, work_until
from tests.support.ports import free_port

__all__ = ["Pooler", "keeps_statements", "main"]

_SETTINGS = """
[databases]
postgres = host=127.0.0.1 port={database} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 100
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
"""
_KEEPS_SINCE = (1, 21)


def keeps_statements(version: str) -> bool:
    """Whether the PgBouncer that says ``version`` of itself keeps prepared statements."""
    found = re.search(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= _KEEPS_SINCE


class Pooler:
    """A running PgBouncer before one PostgreSQL server."""

    def __init__(self, node: Node, folder: Path) -> None:
        """Start it. Raises ``Missing``."""
        program = find_program("pgbouncer", "pgbouncer")
        told = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
        self.keeps = keeps_statements(told.stdout)
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        folder.mkdir()
        folder.chmod(0o777)  # it does not run as the administrator
        text = _SETTINGS.format(database=node.port, port=self.port, folder=folder)
        if self.keeps:
            text += "max_prepared_statements = 2000\n"
        file = folder / "pgbouncer.ini"
        file.write_text(text, encoding="utf-8")
        self._process = subprocess.Popen(
            [program, str(file)],
            user=node.account,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(10)


@dataclass(frozen=True)
class _Both:
    """Whichever is asked answers the same."""

    servers: tuple[Server, ...]


async def perform(folder: Path, seconds: float, random: Random) -> tuple[Journal, int]:
    """Work for ``seconds``; what was acknowledged and how much was compared. Raises ``Missing``."""
    node = Node("north", folder)
    await asyncio.to_thread(node.create)
    await asyncio.to_thread(node.start)
    journal, compared = Journal(), 0
    direct = f"postgresql://postgres@127.0.0.1:{node.port}/postgres"
    try:
        pooler = Pooler(node, folder / "pooler")
        try:
            await asyncio.to_thread(upgrade, direct)
            organization = await prepare(direct)
            more = {
                "database_direct_url": direct,
                "database_prepares": str(pooler.keeps).lower(),
            }
            servers = tuple(Server(pooler.url, folder, steps=False, **more) for _ in range(2))
            try:
                for each in servers:
                    each.start()
                if await asyncio.to_thread(await_ready, servers):
                    async with httpx2.AsyncClient(trust_env=False) as http:
                        desk = Desk(_Both(servers), journal, random, *organization, http)
                        await work_until(desk, seconds)
                        compared = await compare(desk)
            finally:
                for each in servers:
                    await asyncio.to_thread(each.stop)
                    for line in each.traces:
                        journal.fault(f"a trace was logged:\n{line}")
        finally:
            pooler.stop()
    finally:
        await asyncio.to_thread(node.stop)
    return journal, compared


def main() -> int:
    """Run it; the exit status is 1 when anything failed or was lost, 2 without PgBouncer."""
    # Whoever ends it has its servers ended too, as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m failover.pooler", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="how long to work")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="doorward-pooler-", ignore_cleanup_errors=True) as at:
        Path(at).chmod(0o777)  # PostgreSQL may run as another account
        try:
            journal, compared = asyncio.run(perform(Path(at), asked.seconds, Random(1)))
        except Missing as error:
            print(error, file=sys.stderr)
            return 2
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(journal.kinds.items()))
    print(f"acknowledged {sum(journal.kinds.values()):,}: {told}")
    print(f"answers {dict(journal.answers)}\ncompared {compared:,}, lost {len(journal.lost):,}")
    for sentence in (*journal.lost[:20], *journal.faults):
        print(f"  wrong: {sentence}")
    is_clean = journal.is_clean and compared > 0 and journal.answers["503"] == 0
    print("nothing was lost or refused" if is_clean else "something was lost, refused or wrong")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
