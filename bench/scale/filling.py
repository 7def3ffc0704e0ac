"""Filling a database with a world: what is small by the rooms' own hands, what is large in bulk."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import asyncpg
from sqlalchemy import Table

from bench.accounts.people import COLUMNS
from bench.scale.world import PASSWORD, Values, World
from bench.subjects import SCRATCH
from bench.subjects.doorward import seed
from bench.subjects.postgres import new_database
from doorward.accounts import Passwords
from doorward.accounts.store import account_blocks, account_counters, accounts
from doorward.clients.store import insert_application, insert_secret
from doorward.config import decode_key
from doorward.consents.store import consents
from doorward.crypto import KeyRing, Secret
from doorward.db import (
    SECOND,
    Database,
    Transaction,
    open_database,
    schema_status,
    system_clock,
)
from doorward.db.migrate import upgrade
from doorward.keys import KeyStatus, SigningAlg, SigningKey, generate_private_jwk
from doorward.keys.model import public_part
from doorward.keys.store import insert_key
from doorward.orgs.store import insert_organization
from doorward.scopes import seed_standard
from doorward.scopes.store import insert_api, insert_scope
from doorward.sessions.store import browsers, sessions
from doorward.tokens.store import access_tokens, families, refresh_tokens
from tests.support.ports import free_port

__all__ = ["Filled", "filled", "filled_postgresql", "note_used"]

_FOLDER = SCRATCH / "scale"
_AT_ONCE = 20
"""Organizations in one unit of work."""
_RSA_KEYS = 8
_FILL_CACHE_KIB = 400_000
_LEFT_S = 86_400
"""A database whose tokens expire sooner than that is filled anew."""
_COPIED = 100_000
_NOTE = "filled.json"


@dataclass(frozen=True)
class Filled:
    """A filled database and an empty one, each with the data folder that the demo seeded.

    Of the world's token families, the first ``used`` were refreshed by earlier runs.
    """

    folder: Path
    world: World
    used: int = 0
    database_url: str | None = None
    empty_url: str | None = None

    @property
    def data(self) -> Path:
        """The folder of the filled one."""
        return self.folder / "data"

    @property
    def seeded(self) -> Path:
        """The folder of the empty one."""
        return self.folder / "seeded"


def filled(world: World | None = None, *, rebuild: bool = False) -> Filled:
    """The SQLite file with ``world`` in it, as it was kept, or made now."""
    wanted = world or World(now=system_clock())
    folder = _FOLDER / f"sqlite-{wanted.tokens}"
    found = Filled(folder, wanted)
    path = found.data / "demo.sqlite"
    kept = None if rebuild else _kept(found, path)
    if kept is not None:
        return kept
    _say(f"scale: filling SQLite with {wanted.tokens} tokens")
    began = time.monotonic()
    (folder / _NOTE).unlink(missing_ok=True)
    _seed(found.seeded, None)
    shutil.rmtree(found.data, ignore_errors=True)
    shutil.copytree(found.seeded, found.data)
    asyncio.run(_fill_small(f"sqlite:///{path}", wanted, found.data))
    _fill_sqlite(path, wanted)
    _note(found)
    _say(f"scale: filled in {time.monotonic() - began:.0f} s")
    return found


def filled_postgresql(world: World | None = None) -> Filled:
    """A database of the run's PostgreSQL server with ``world`` in it."""
    wanted = world or World(now=system_clock())
    urls = new_database("scale_large"), new_database("scale_empty")
    found = Filled(_FOLDER / f"postgresql-{wanted.tokens}", wanted, 0, *urls)
    _say(f"scale: filling PostgreSQL with {wanted.tokens} tokens")
    began = time.monotonic()
    _seed(found.data, found.database_url)
    _seed(found.seeded, found.empty_url)
    asyncio.run(_fill_small(urls[0], wanted, found.data))
    asyncio.run(_fill_postgresql(urls[0], wanted))
    _say(f"scale: filled in {time.monotonic() - began:.0f} s")
    return found


def note_used(found: Filled, families: int) -> None:
    """Remember that a run refreshes the next so many ``families``."""
    if found.database_url is None:
        _note(replace(found, used=found.used + families))


def _seed(data: Path, database_url: str | None) -> None:
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    seed(free_port(), data, data / "facts.json", database_url).stop()


def _kept(wanted: Filled, path: Path) -> Filled | None:
    """What is in the database at ``path``, if it is as large and still good."""
    try:
        noted = json.loads((wanted.folder / _NOTE).read_text())
        world, used = World(**noted["world"]), int(noted["used"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    alike = replace(world, now=0) == replace(wanted.world, now=0)
    lasting = world.good_until > system_clock() + _LEFT_S * SECOND
    if not (alike and lasting and path.is_file()):
        return None
    for each in (path, wanted.seeded / path.name):
        url = f"sqlite:///{each}"
        if not schema_status(url).up_to_date:
            _say(f"scale: migrating {each.parent.name}")
            upgrade(url)
    return replace(wanted, world=world, used=used)


def _note(found: Filled) -> None:
    noted = {"world": asdict(found.world), "used": found.used}
    (found.folder / _NOTE).write_text(json.dumps(noted) + "\n")


async def _fill_small(url: str, world: World, data: Path) -> None:
    """Organizations, their scopes, keys and applications."""
    keys = _Keys(KeyRing(tuple(Secret(decode_key(k)) for k in _lines(data / "master.keys"))))
    db = await open_database(url)
    try:
        numbers = iter(range(world.organizations))
        while some := list(islice(numbers, _AT_ONCE)):
            await _fill_organizations(db, world, keys, some)
    finally:
        await db.close()


async def _fill_organizations(db: Database, world: World, keys: _Keys, numbers: list[int]) -> None:
    sealed = {number: keys.of(world.org_id(number), world.now) for number in numbers}

    async def work(tx: Transaction) -> None:
        for number in numbers:
            await insert_organization(tx, world.organization(number))
            await seed_standard(tx, world.org_id(number))
            await insert_api(tx, world.api(number))
            for scope in world.scopes(number):
                await insert_scope(tx, scope)
            for key in sealed[number]:
                await insert_key(tx, key)
            for application, secret in world.registered(number):
                await insert_application(tx, application)
                await insert_secret(tx, application.org_id, application.client_id, secret)

    await db.unit(work)


class _Keys:
    """Signing keys for any organization: the slow ones are few, and each has many of them."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._rsa = [generate_private_jwk("RS256") for _ in range(_RSA_KEYS)]
        self._rsa_public = [public_part(key, "RS256") for key in self._rsa]
        self._made = 0

    def of(self, org_id: str, now: int) -> list[SigningKey]:
        found = []
        for status in (KeyStatus.CURRENT, KeyStatus.NEXT):
            place = self._made % _RSA_KEYS
            self._made += 1
            own = generate_private_jwk("ES256")
            pairs: list[tuple[SigningAlg, bytes, Mapping[str, object]]] = [
                ("RS256", self._rsa[place], self._rsa_public[place]),
                ("ES256", own, public_part(own, "ES256")),
            ]
            for alg, private, public in pairs:
                kid, used = str(public["kid"]), now if status is KeyStatus.CURRENT else None
                bare = SigningKey(org_id, kid, alg, status, now, used, None, None, public, b"")
                sealed = self._ring.seal(private, about=bare.about)
                found.append(
                    SigningKey(org_id, kid, alg, status, now, used, None, None, public, sealed)
                )
        return found


def _large(world: World) -> Iterator[tuple[Table, tuple[str, ...], Iterable[Values]]]:
    """Every large table with the columns that are given, and its rows."""

    def of(table: Table, rows: Iterable[Values]) -> tuple[Table, tuple[str, ...], Iterable[Values]]:
        return table, tuple(column.name for column in table.c), rows

    yield accounts, COLUMNS, _people(world)
    yield of(account_blocks, world.block_rows())
    yield of(account_counters, world.counter_rows())
    yield of(consents, world.consent_rows())
    yield of(browsers, world.browser_rows())
    yield of(sessions, world.session_rows())
    yield of(families, world.family_rows())
    yield of(refresh_tokens, world.refresh_rows())
    yield of(access_tokens, world.access_rows())


def _people(world: World) -> Iterator[Values]:
    passwords = Passwords()
    hashed = asyncio.run(passwords.hash(Secret(PASSWORD)))
    passwords.close()
    for number in range(world.organizations):
        yield from world.crowd(number, hashed).rows()


def _fill_sqlite(path: Path, world: World) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody else looks, and whoever is interrupted begins anew.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute(f"PRAGMA cache_size = -{_FILL_CACHE_KIB}")
        for table, names, rows in _large(world):
            began = time.monotonic()
            places = ", ".join("?" for _ in names)
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})",  # noqa: S608
                rows,
            )
            connection.execute("COMMIT")
            _say(f"scale: {table.name}: {time.monotonic() - began:.0f} s")
        connection.execute("PRAGMA locking_mode = NORMAL")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


async def _fill_postgresql(url: str, world: World) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        for table, names, rows in _large(world):
            began = time.monotonic()
            whole = iter(rows)
            while some := list(islice(whole, _COPIED)):
                await connection.copy_records_to_table(table.name, records=some, columns=names)
            _say(f"scale: {table.name}: {time.monotonic() - began:.0f} s")
        # What the server does by itself after a while, and before the first questions are asked.
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text().split() if line]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
