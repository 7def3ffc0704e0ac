"""Challenges: given out to one browser for one ceremony, answered once, good for five minutes."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from doorward.brakes import Brake, Brakes, Try
from doorward.crypto import Random
from doorward.db import Clock, Database, Transaction
from doorward.http import subscriber_of
from doorward.passkeys import store
from doorward.passkeys.model import CHALLENGE_LIFETIME, Ceremony

__all__ = ["Challenges"]

_RANDOM_BYTES: Final = 24
_ROW_BYTES: Final = 8


class Challenges:
    """The challenges under way. Each names its own row, so that an answer brings it along."""

    def __init__(self, *, db: Database, clock: Clock, random: Random, brakes: Brakes) -> None:
        """Keep digests in ``db``, dated by ``clock``, of bytes from ``random``.

        Each is a row for five minutes, whoever asks: so ``brakes`` count them.
        """
        self._db = db
        self._clock = clock
        self._random = random
        self._brakes = brakes

    async def give_out(self, org_id: str, ceremony: Ceremony, address: str | None) -> bytes:
        """A challenge that only an answer from where ``ceremony`` is can use.

        ``address`` is where it was asked from. Raises ``Braked``.
        """
        tried = Try(Brake.PASSKEY_CHALLENGES, subscriber_of(address))
        await self._brakes.admit(org_id, tried)
        row_id, now = self._db.next_id(), self._clock()
        challenge = row_id.to_bytes(_ROW_BYTES, "big") + self._random(_RANDOM_BYTES)
        await self._db.run(
            store.INSERT_CHALLENGE,
            org_id=org_id,
            id=row_id,
            digest=sha256(challenge).digest(),
            purpose=ceremony.purpose,
            browser_id=ceremony.browser_id,
            flow_id=ceremony.flow_id,
            account_id=ceremony.account_id,
            created_at=now,
            expires_at=now + CHALLENGE_LIFETIME,
            used_at=None,
        )
        return challenge

    async def take(
        self, tx: Transaction, org_id: str, ceremony: Ceremony, challenge: bytes
    ) -> bool:
        """Whether this is the one answer to ``challenge``, from where it was given out."""
        row_id = int.from_bytes(challenge[:_ROW_BYTES], "big")
        if len(challenge) != _ROW_BYTES + _RANDOM_BYTES or row_id >> 63:
            return False
        won = await tx.one(
            store.TAKE_CHALLENGE,
            org_id=org_id,
            id=row_id,
            proof=sha256(challenge).digest(),
            wanted=ceremony.purpose,
            browser=ceremony.browser_id,
            flow=ceremony.flow_id,
            account=ceremony.account_id,
            now=self._clock(),
        )
        return won is not None
