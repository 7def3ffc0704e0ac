"""Tokens that are to be taken back at their platform: kept sealed until that is done, for a day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec

from doorward.db import SECOND, Clock, Database, Transaction
from doorward.vault import store
from doorward.vault.model import Connection, Held, Tokens
from doorward.vault.sealing import Sealer
from doorward.vault.terms import DAY

__all__ = ["Revocations"]

_LEASE: Final = 60 * SECOND
_FIRST_WAIT: Final = 60 * SECOND
_LONGEST_WAIT: Final = 3 * 3600 * SECOND
_decode = msgspec.json.Decoder(list[Any]).decode


class Revocations:
    """The rows of the outbox that hold such tokens."""

    def __init__(self, *, db: Database, clock: Clock, sealer: Sealer) -> None:
        """Keep them in ``db``, sealed."""
        self._db = db
        self._clock = clock
        self._sealer = sealer

    async def enqueue(
        self, tx: Transaction, row: Connection, tokens: Tokens, *, me: int | None = None
    ) -> store.Waiting:
        """Keep ``tokens`` of ``row`` to be taken back, first of all by ``me``.

        What is kept names the platform and the account there that they are for, and nobody here.
        """
        now, number = self._clock(), self._db.next_id()
        bare = replace(
            row, label="", party_name="", party_email="", settings={}, sealed=None, party_key=None
        )
        waiting = store.Waiting(
            org_id=row.org_id,
            waiting_id=number,
            kind=store.REVOKE,
            connection_id=row.connection_id,
            detail=msgspec.json.encode(list(bare.as_row().values())).decode(),
            sealed=self._sealer.seal_tokens(tokens, row.org_id, number, table="vault_outbox"),
            tries=0 if me is None else 1,
            created_at=now,
            expires_at=now + DAY,
        )
        next_at = now if me is None else now + _LEASE
        await store.insert_waiting(tx, waiting, next_at=next_at, claimed_by=me)
        return waiting

    async def find_due(self, limit: int) -> list[tuple[str, int]]:
        """What is to be tried now, the longest due first."""
        return await store.find_due_revocations(self._db, now=self._clock(), limit=limit)

    async def claim(self, key: tuple[str, int], me: int) -> store.Waiting | None:
        """It, for ``me`` alone for a minute; None when somebody else has it."""
        now = self._clock()
        return await store.claim_waiting(self._db, key, me=me, now=now, until=now + _LEASE)

    def open(self, waiting: store.Waiting) -> Held:
        """The connection as it was, with its tokens. Raises ``SealBroken``."""
        tokens = self._sealer.open_tokens(
            waiting.sealed, waiting.org_id, waiting.waiting_id, table="vault_outbox"
        )
        return Held(Connection.from_row(tuple(_decode(waiting.detail))), tokens)

    async def put_off(self, tx: Transaction, waiting: store.Waiting, me: int) -> None:
        """Try again later: after a minute, doubled with every try, up to three hours."""
        wait = min(_FIRST_WAIT << min(waiting.tries, 12), _LONGEST_WAIT)
        await store.put_off(tx, waiting, me=me, until=self._clock() + wait)
