"""Beginning, watching, stopping and resuming imports, and performing them piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import closing
from typing import BinaryIO

import msgspec

from doorward.accounts import Account, Accounts, AccountsRefusal, NewAccount
from doorward.audit import Actor, record
from doorward.db import SECOND, Clock, Database, Statement, Transaction, run_in_batches
from doorward.imports import store
from doorward.imports.columns import compose_account, count_known, match_columns
from doorward.imports.model import (
    KEPT,
    MAX_ROWS,
    Chunk,
    FileRow,
    Import,
    ImportState,
    RefusedRow,
    RowFault,
    clip_file_name,
    pack_cells,
    pack_rows,
)
from doorward.imports.reader import CsvFile, detect_encoding, read_csv
from doorward.imports.refusals import BadFile, FileFault, TooManyImports, UnknownImport

__all__ = ["LEASE", "Imports"]

LEASE = 15 * SECOND
"""How long a worker that went away holds its import: then another one carries on."""

_CHUNK_ROWS = 50
_CHUNK_CHARACTERS = 100_000
_CHUNKS_AT_ONCE = 4
_UNFINISHED = 20
_SHOWN = 100
_DROPPED = 8
"""Chunks in the first batch that leaves; each may be large."""

_FAULT_OF_FIELD = {
    "username": RowFault.BAD_USERNAME,
    "email": RowFault.BAD_EMAIL,
    "name": RowFault.BAD_NAME,
    "given_name": RowFault.BAD_NAME,
    "family_name": RowFault.BAD_NAME,
    "locale": RowFault.BAD_LOCALE,
    "account_id": RowFault.BAD_ACCOUNT_ID,
}
_OF_EMAIL = {
    RowFault.BAD_USERNAME: RowFault.BAD_EMAIL,
    RowFault.USERNAME_TAKEN: RowFault.EMAIL_TAKEN,
}
_FAULTS = frozenset(str(fault) for fault in RowFault)


class Imports:
    """The imports of every organization."""

    def __init__(self, *, db: Database, clock: Clock, accounts: Accounts) -> None:
        """Keep files in ``db``, dated by ``clock``; their rows become ``accounts``."""
        self._db = db
        self._clock = clock
        self._accounts = accounts

    # Files

    async def begin(self, org_id: str, source: BinaryIO, file_name: str, by: Actor) -> Import:
        """Keep every row of the CSV file ``source``; a worker makes accounts of them.

        Raises ``BadFile`` and ``TooManyImports``, and then keeps nothing.
        """
        row = await self._db.one(store.COUNT_UNFINISHED, org_id=org_id)
        if row is not None and row[0] >= _UNFINISHED:
            raise TooManyImports
        # Two passes over the bytes, in a thread: the loop goes on serving.
        encoding = await asyncio.to_thread(detect_encoding, source)
        with closing(read_csv(source, encoding, count_known)) as file:
            import_id = await self._open(org_id, clip_file_name(file_name), file, by)
            try:
                total = await self._keep_rows(org_id, import_id, file)
                return await self._begin(org_id, import_id, total, by)
            except BaseException:
                await self.discard(org_id, import_id)
                raise

    async def _open(self, org_id: str, file_name: str, file: CsvFile, by: Actor) -> int:
        columns = match_columns(file.header)
        import_id, now = self._db.next_id(), self._clock()
        await self._db.run(
            store.INSERT_IMPORT,
            org_id=org_id,
            id=import_id,
            actor_kind=by.kind,
            actor_id=by.id,
            file_name=file_name,
            columns=msgspec.json.encode(columns).decode(),
            state=ImportState.RECEIVING,
            total=0,
            done=0,
            created=0,
            refused=0,
            created_at=now,
            changed_at=now,
            finished_at=None,
            leased_by=None,
            leased_until=0,
            # A file that was never read to its end is swept after an hour.
            expires_at=now + 3600 * SECOND,
        )
        return import_id

    async def _keep_rows(self, org_id: str, import_id: int, file: CsvFile) -> int:
        total, number, packed = 0, 0, list[tuple[int, str]]()
        rows, characters = list[FileRow](), 0
        for each in file.records:
            total += 1
            if total > MAX_ROWS:
                raise BadFile(FileFault.TOO_MANY_ROWS, line=each.line)
            rows.append(FileRow(each.line, each.cells))
            characters += sum(map(len, each.cells))
            if len(rows) >= _CHUNK_ROWS or characters > _CHUNK_CHARACTERS:
                packed.append((number, pack_rows(rows)))
                rows, characters, number = [], 0, number + 1
            if len(packed) >= _CHUNKS_AT_ONCE:
                await self._keep_chunks(org_id, import_id, packed)
                packed = []
        if rows:
            packed.append((number, pack_rows(rows)))
        if total == 0:
            raise BadFile(FileFault.NO_ROWS)
        await self._keep_chunks(org_id, import_id, packed)
        return total

    async def _keep_chunks(
        self, org_id: str, import_id: int, packed: list[tuple[int, str]]
    ) -> None:
        async def work(tx: Transaction) -> None:
            for number, rows in packed:
                await tx.run(
                    store.INSERT_CHUNK,
                    org_id=org_id,
                    import_id=import_id,
                    number=number,
                    rows=rows,
                )

        await self._db.unit(work)

    async def _begin(self, org_id: str, import_id: int, total: int, by: Actor) -> Import:
        now = self._clock()

        async def work(tx: Transaction) -> Import:
            row = await tx.one(
                store.BEGIN,
                org_id=org_id,
                import_id=import_id,
                rows=total,
                now=now,
                expiry=now + KEPT,
            )
            if row is None:
                raise UnknownImport
            return await self._note(tx, "import.begun", Import.from_row(row), by)

        return await self._db.unit(work)

    async def discard(self, org_id: str, import_id: int) -> None:
        """Delete an import with everything that is kept of it, in small batches."""
        whose = {"org_id": org_id, "import_id": import_id}
        for drop in (store.DROP_CHUNKS, store.DROP_REFUSALS):
            await run_in_batches(self._db, drop, smallest=_DROPPED, **whose)
        await self._db.run(store.DELETE_IMPORT, **whose)

    # Staff

    async def get(self, org_id: str, import_id: int) -> Import:
        """The import. Raises ``UnknownImport``."""
        row = await self._db.one(store.FIND_IMPORT, org_id=org_id, import_id=import_id)
        if row is None:
            raise UnknownImport
        return Import.from_row(row)

    async def list_newest(self, org_id: str) -> list[Import]:
        """The newest imports first, up to a hundred."""
        rows = await self._db.scan(store.LIST_IMPORTS, org_id=org_id, batch=_SHOWN)
        return [Import.from_row(row) for row in rows]

    async def list_refused(
        self, org_id: str, import_id: int, *, after: int, limit: int
    ) -> list[RefusedRow]:
        """Up to ``limit`` refused rows after the refusal ``after`` (0 for the first)."""
        rows = await self._db.scan(
            store.LIST_REFUSALS, org_id=org_id, import_id=import_id, after=after, batch=limit
        )
        return [RefusedRow.from_row(row) for row in rows]

    async def stop(self, org_id: str, import_id: int, by: Actor) -> Import:
        """Do nothing more for it until it is resumed; one that has ended stays as it is.

        Raises ``UnknownImport``.
        """
        return await self._move(store.STOP, "import.stopped", org_id, import_id, by)

    async def resume(self, org_id: str, import_id: int, by: Actor) -> Import:
        """Carry on with one that was stopped. Raises ``UnknownImport``."""
        return await self._move(store.RESUME, "import.resumed", org_id, import_id, by)

    async def _move(
        self, statement: Statement, action: str, org_id: str, import_id: int, by: Actor
    ) -> Import:
        now = self._clock()

        async def work(tx: Transaction) -> Import | None:
            row = await tx.one(
                statement, org_id=org_id, import_id=import_id, now=now, expiry=now + KEPT
            )
            return None if row is None else await self._note(tx, action, Import.from_row(row), by)

        return await self._db.unit(work) or await self.get(org_id, import_id)

    # The worker

    async def claim(self, worker: int) -> Import | None:
        """An import that nobody works on, leased to ``worker``; None when there is none."""
        now = self._clock()
        found = await self._db.one(store.FIND_CLAIMABLE, now=now)
        if found is None:
            return None
        row = await self._db.write_one(
            store.CLAIM,
            org_id=found[0],
            import_id=found[1],
            me=worker,
            now=now,
            until=now + LEASE,
        )
        return None if row is None else Import.from_row(row)

    async def perform_chunk(self, held: Import, worker: int) -> bool:
        """Make accounts of the next rows of ``held``; False when there is no more to do there.

        The rows leave, their accounts come and the counts move in one unit: whenever a process
        ends, each row is done once or still waits. A worker whose lease went to another, or whose
        import was stopped, changes nothing.
        """
        row = await self._db.one(store.NEXT_CHUNK, org_id=held.org_id, import_id=held.import_id)
        if row is None:
            await self._finish(store.FINISH, "import.finished", held, worker)
            return False
        chunk = Chunk.from_row(row)
        composed = [compose_account(held.org_id, held.columns, each) for each in chunk.rows]
        news = [each for each in composed if isinstance(each, NewAccount)]
        drafts = await self._accounts.draft_many(held.org_id, news, held.actor)

        async def work(tx: Transaction) -> bool:
            whose = {"org_id": held.org_id, "import_id": held.import_id}
            if await tx.one(store.HOLD, **whose, me=worker) is None:
                return False
            if not await tx.run(store.TAKE_CHUNK, **whose, number=chunk.number):
                return False
            became = iter(map(_outcome, news, await drafts.keep(tx)))
            faults = [each if isinstance(each, RowFault) else next(became) for each in composed]
            await self._advance(tx, held, worker, zip(chunk.rows, faults, strict=True))
            return True

        return await self._db.unit(work)

    async def _advance(
        self,
        tx: Transaction,
        held: Import,
        worker: int,
        done: Iterable[tuple[FileRow, RowFault | None]],
    ) -> None:
        """Keep the rows that were refused, and move the counts."""
        whose = {"org_id": held.org_id, "import_id": held.import_id}
        rows = list(done)
        refused = [(row, fault) for row, fault in rows if fault is not None]
        for row, fault in refused:
            await tx.run(
                store.INSERT_REFUSAL,
                **whose,
                id=self._db.next_id(),
                line=row.line,
                fault=fault,
                cells=pack_cells(row.cells),
            )
        now = self._clock()
        await tx.run(
            store.ADVANCE,
            **whose,
            me=worker,
            more_done=len(rows),
            more_created=len(rows) - len(refused),
            more_refused=len(refused),
            now=now,
            until=now + LEASE,
            expiry=now + KEPT,
        )

    async def release(self, held: Import, worker: int) -> None:
        """Let another worker, or this one later, carry on with ``held``."""
        await self._db.run(
            store.RELEASE,
            org_id=held.org_id,
            import_id=held.import_id,
            me=worker,
            now=self._clock(),
        )

    async def fail(self, held: Import, worker: int) -> None:
        """Give up: what was made stays, the rest is not attempted again."""
        await self._finish(store.FAIL, "import.failed", held, worker)

    async def _finish(self, statement: Statement, action: str, held: Import, worker: int) -> None:
        now = self._clock()

        async def work(tx: Transaction) -> None:
            row = await tx.one(
                statement,
                org_id=held.org_id,
                import_id=held.import_id,
                me=worker,
                now=now,
                expiry=now + KEPT,
            )
            if row is not None:
                await self._note(tx, action, Import.from_row(row), held.actor)

        await self._db.unit(work)

    async def _note(self, tx: Transaction, action: str, noted: Import, by: Actor) -> Import:
        event = by.did(
            action,
            noted.org_id,
            ("import", str(noted.import_id)),
            rows=noted.total,
            created=noted.created,
            refused=noted.refused,
        )
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
        return noted


def _outcome(new: NewAccount, made: Account | AccountsRefusal) -> RowFault | None:
    """None for an account; the fault of a row that ``accounts`` refused."""
    if isinstance(made, Account):
        return None
    code, field = made.code, made.field or ""
    fault = RowFault(code) if code in _FAULTS else _FAULT_OF_FIELD.get(field, RowFault.BAD_VALUE)
    # Where the e-mail address is the login, the row has no user name that could be at fault.
    return _OF_EMAIL.get(fault, fault) if new.username == new.email else fault
