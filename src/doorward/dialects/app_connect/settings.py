"""What administrators set for everybody's clients: kept as it comes, and handed out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from doorward.audit import record
from doorward.connectors import ConnectorAuthor
from doorward.db import Clock, Database, Transaction
from doorward.dialects.app_connect.errors import Said
from doorward.dialects.app_connect.store import find_settings, put_settings

__all__ = ["AdminSettings"]

_LONGEST: Final = 65_536
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class AdminSettings:
    """One object for each organization. It decides nothing here; clients read it."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        """Keep it in ``db``."""
        self._db = db
        self._clock = clock

    async def find(self, org_id: str) -> dict[str, Any]:
        """What was set last; empty where nothing ever was."""
        text = await find_settings(self._db, org_id)
        return {} if text is None else _decode(text)

    async def replace(self, org_id: str, settings: Mapping[str, Any], by: ConnectorAuthor) -> None:
        """Keep ``settings`` in the place of all that was set. Raises ``Said``."""
        text = msgspec.json.encode(dict(settings)).decode()
        if len(text) > _LONGEST:
            raise Said(400, {"error": "The settings are too large."})
        now = self._clock()

        async def work(tx: Transaction) -> None:
            await put_settings(tx, org_id, text, now=now)
            event = by.actor.did("app_connect_settings.changed", org_id, ("organization", org_id))
            await record(tx, event, event_id=self._db.next_id(), now=now)

        await self._db.unit(work)
