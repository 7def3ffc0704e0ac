"""Whether requests should be sent here, and if not, why: what a load balancer asks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from doorward.app.assembly import Services
from doorward.config import BadSettings, master_keys
from doorward.crypto import SealBroken
from doorward.db import (
    DatabaseError,
    find_revision,
    newest_revision,
    prove_writable,
    words_for,
)
from doorward.http import Call, Reply, json_reply

__all__ = ["Readiness", "Standing"]

_FRESH_S: Final = 1.0
"""Nobody makes us write more often than this by asking."""
_PATIENCE_S: Final = 3.0
_FINE: Final = "ok"
_WAITED: Final = "does not answer in time"


@dataclass(slots=True)
class Standing:
    """Whether this server is about to end."""

    is_leaving: bool = False


class Readiness:
    """Proves what every request needs, at most once a second, and tells nothing else."""

    def __init__(self, use: Services, standing: Standing) -> None:
        """Look at what ``use`` has; a server of this ``standing`` may also be about to end."""
        self._use = use
        self._standing = standing
        self._wanted = newest_revision()
        self._found: dict[str, str] = {}
        self._found_at = float("-inf")
        self._looking: asyncio.Task[dict[str, str]] | None = None

    async def answer(self, _call: Call) -> Reply:
        """200, or 503 where something is wrong: each thing with what there is to say about it."""
        found = dict(await self._fresh())
        found["server"] = "is about to end" if self._standing.is_leaving else _FINE
        ready = all(each == _FINE for each in found.values())
        return json_reply({"ready": ready, **found}, status=200 if ready else 503)

    async def _fresh(self) -> dict[str, str]:
        if time.monotonic() - self._found_at > _FRESH_S:
            if self._looking is None:
                self._looking = asyncio.get_running_loop().create_task(self._look())
            # Whoever asks meanwhile waits for the same answer, and takes it from nobody by going.
            await asyncio.shield(self._looking)
        return self._found

    async def _look(self) -> dict[str, str]:
        try:
            self._found = {
                "database": await self._database(),
                "schema": await self._schema(),
                "master_keys": await self._keys(),
            }
            self._found_at = time.monotonic()
        finally:
            self._looking = None
        return self._found

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._use.db.ping()
                await prove_writable(self._use.db)
        except DatabaseError as error:
            return words_for(error)
        except TimeoutError:
            return _WAITED
        return _FINE

    async def _schema(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                revision = await find_revision(self._use.db)
        except DatabaseError as error:
            return words_for(error)
        except TimeoutError:
            return _WAITED
        return _FINE if revision == self._wanted else "is another version's"

    async def _keys(self) -> str:
        try:
            if self._use.settings.master_key_file is not None:
                master_keys(self._use.settings)
            async with asyncio.timeout(_PATIENCE_S):
                await self._use.master_keys.verify()
        except BadSettings:
            return "cannot be read"
        except SealBroken:
            return "one is missing under which something is sealed"
        except DatabaseError as error:
            return words_for(error)
        except TimeoutError:
            return _WAITED
        return _FINE
