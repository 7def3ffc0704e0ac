"""Renewed credentials that could not be written: kept aside, sealed, until they can.

A platform that gave a new refresh token does not take the old one again. What it answered must
outlive whatever is wrong with the database: first in another table, else in a file.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from doorward.audit import SYSTEM, record
from doorward.crypto import SealBroken
from doorward.db import Clock, Database, DatabaseError, Transaction
from doorward.vault import store
from doorward.vault.model import Connection
from doorward.vault.sealing import Sealer
from doorward.vault.terms import DAY

__all__ = ["Spills"]

log = logging.getLogger("doorward")

_KEPT: Final = 30 * DAY
_BATCH: Final = 100
_ABOUT_FILE: Final = b"vault|spill file"


class _Spill(msgspec.Struct, frozen=True):
    """What is to be written, and over which version of which grant."""

    seen_version: int
    seen_grant: int
    row: list[Any]


class Spills:
    """What waits to be written."""

    def __init__(self, *, db: Database, clock: Clock, sealer: Sealer, folder: Path) -> None:
        """Keep it in ``db``, else in ``folder``, which is made when it is needed."""
        self._db = db
        self._clock = clock
        self._sealer = sealer
        self._folder = folder

    async def keep(self, seen: Connection, new: Connection) -> None:
        """Keep ``new``, sealed, which could not be written over ``seen``.

        Raises ``OSError`` when neither the database nor the folder takes it: then it is lost.
        """
        spill = _Spill(seen.token_version, seen.grant_id, _packed(new))
        try:
            await self._keep_in_outbox(new, spill)
        except DatabaseError:
            await asyncio.to_thread(self._write_file, new, spill)
        log.warning("connection %d: its renewed credential waits to be written", new.connection_id)

    async def apply_for(self, row: Connection) -> bool:
        """Write what waits for this connection; whether anything did."""
        found = await store.find_spills(self._db, row.org_id, row.connection_id)
        for each in found:
            await self._apply_waiting(each)
        files = [path for path in self._files() if path.name.startswith(_name_of(row))]
        for path in files:
            await self._apply_file(path)
        return bool(found or files)

    async def recover(self) -> int:
        """Write everything that waits; how many. Raises ``DatabaseError``."""
        waiting = await store.list_spills(self._db, now=self._clock(), limit=_BATCH)
        for each in waiting:
            await self._apply_waiting(each)
        files = self._files()
        for path in files:
            await self._apply_file(path)
        return len(waiting) + len(files)

    async def _keep_in_outbox(self, new: Connection, spill: _Spill) -> None:
        now = self._clock()
        waiting = store.Waiting(
            org_id=new.org_id,
            waiting_id=self._db.next_id(),
            kind=store.SPILL,
            connection_id=new.connection_id,
            detail=msgspec.json.encode(spill).decode(),
            sealed=new.sealed or b"",
            tries=0,
            created_at=now,
            expires_at=now + _KEPT,
        )

        async def work(tx: Transaction) -> None:
            await store.insert_waiting(tx, waiting, next_at=now)

        await self._db.unit(work)

    async def _apply_waiting(self, waiting: store.Waiting) -> None:
        spill = msgspec.json.decode(waiting.detail, type=_Spill)

        async def work(tx: Transaction) -> None:
            await self._apply(tx, spill, waiting.sealed)
            await store.delete_waiting(tx, waiting)

        await self._db.unit(work)

    async def _apply_file(self, path: Path) -> None:
        try:
            sealed = await asyncio.to_thread(path.read_bytes)
            opened = self._sealer.ring.open(sealed, about=_ABOUT_FILE + path.name.encode())
        except FileNotFoundError:
            # Another worker of this server has just written it.
            return
        except (OSError, SealBroken):
            log.exception("the spilled credential %s cannot be read", path.name)
            return
        spill, tokens = msgspec.msgpack.decode(opened, type=tuple[_Spill, bytes])

        async def work(tx: Transaction) -> None:
            await self._apply(tx, spill, tokens)

        await self._db.unit(work)
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _apply(self, tx: Transaction, spill: _Spill, sealed: bytes) -> None:
        """Write it, unless the connection has gone on without it."""
        new = replace(Connection.from_row(tuple(spill.row)), sealed=sealed)
        seen = replace(new, token_version=spill.seen_version, grant_id=spill.seen_grant)
        if await store.save_renewed(tx, seen, new, holding=True):
            event = SYSTEM.did("connection.refreshed", new.org_id, new.target, recovered=1)
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())
        else:
            log.warning("connection %d went on without a spilled credential", new.connection_id)

    def _write_file(self, new: Connection, spill: _Spill) -> None:
        """Whole and durable, or not at all."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{_name_of(new)}{new.token_version}.spill"
        opened = msgspec.msgpack.encode((spill, new.sealed or b""))
        sealed = self._sealer.ring.seal(opened, about=_ABOUT_FILE + path.name.encode())
        partial = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.spill")) if self._folder.is_dir() else []


def _name_of(row: Connection) -> str:
    """Which connection a file is of, without showing whose."""
    mark = sha256(f"{row.org_id}|{row.connection_id}".encode()).hexdigest()
    return f"{mark[:32]}-"


def _packed(row: Connection) -> list[Any]:
    """The columns in order, the sealed one apart."""
    return list((row.as_row() | {"sealed": None}).values())
