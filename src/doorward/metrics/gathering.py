"""The workers of one server tell one another their numbers, so that each can tell those of all.

Each listens at a socket of its own in a folder that no other account may enter. Between two
questions this costs nothing, and an answer is of the moment in which it was asked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from doorward.metrics.exposition import Portion

__all__ = ["Gathering", "Place"]

log = logging.getLogger("doorward")

_PATIENCE_S: Final = 2.0
_MOST_BYTES: Final = 16 * 1024 * 1024
_decode = msgspec.json.Decoder(Portion).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Place:
    """Which of a server's workers this is, counted from 0, and the folder that they share.

    The folder is made by whoever starts them, with the mode 0700; None where there is one worker.
    A worker that replaces another takes its number, and with it its series.
    """

    worker: int = 0
    folder: Path | None = None


class Gathering:
    """The numbers of every worker that answers."""

    def __init__(self, place: Place, own: Callable[[], Portion]) -> None:
        """Speak for the worker at ``place``, whose numbers are what ``own`` answers."""
        self._place = place
        self._own = own
        self._task: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        """Begin to listen, where there are others; call it once, inside the running loop."""
        if self._place.folder is not None:
            self._task = asyncio.get_running_loop().create_task(self._listen(self._place.folder))

    async def is_listening(self) -> bool:
        """Whether the others can ask, once that is known."""
        if self._task is not None:
            await asyncio.wait([self._task])
        return self._server is not None

    async def stop(self) -> None:
        """Listen no more."""
        await self.is_listening()
        if self._server is not None:
            self._server.close()

    async def collect(self) -> list[Portion]:
        """What each worker says, this one first; who does not answer in time is left out."""
        folder = self._place.folder
        if folder is None:
            return [self._own()]
        mine = _socket_of(folder, self._place.worker)
        others = sorted(each for each in folder.glob("*.metrics") if each != mine)
        said = await asyncio.gather(*(_ask(each) for each in others))
        return [self._own(), *(portion for portion in said if portion is not None)]

    async def _listen(self, folder: Path) -> None:
        path = _socket_of(folder, self._place.worker)
        try:
            # Bound beside its place, then moved there: nobody finds a socket that does not listen.
            fresh = path.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._tell, fresh)
            fresh.rename(path)
        except OSError as error:
            log.warning("the other workers cannot ask for metrics: %s", error)

    async def _tell(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(_encode(self._own()))
            await writer.drain()
        writer.close()


def _socket_of(folder: Path, worker: int) -> Path:
    return folder / f"{worker}.metrics"


async def _ask(path: Path) -> Portion | None:
    """What the worker behind ``path`` says; None when it is gone, or says nothing of use."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(path, limit=_MOST_BYTES)
            try:
                return _decode(await reader.read(-1))
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.DecodeError):
        return None
