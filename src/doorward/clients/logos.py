"""Taking logos of applications, and keeping each once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import BoundedSemaphore

from doorward.audit import Actor, record
from doorward.clients.pictures import Logo, LogosBusy, TooManyLogos, UnknownLogo, is_logo_key
from doorward.clients.store import count_logos_since, find_logo, insert_logo, renew_logo
from doorward.db import Clock, Conflict, Database, Transaction

__all__ = ["Logos"]

_MAX_NEW = 20
_A_DAY = 24 * 3600 * 1_000_000


class Logos:
    """The logos of every organization's applications. Pictures are decoded off the event loop."""

    def __init__(self, *, db: Database, clock: Clock, at_once: int = 2, waiting: int = 8) -> None:
        """Keep them in ``db``; decode ``at_once`` in threads, with ``waiting`` more in line."""
        self._db = db
        self._clock = clock
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="doorward-logo")
        self._places = BoundedSemaphore(at_once + waiting)

    async def keep(self, org_id: str, data: bytes, by: Actor) -> Logo:
        """Draw the picture in ``data`` anew, and keep it; its key is for ``Application.logo``.

        The same picture is kept once, and for a day also if nothing uses it. Raises ``BadLogo``,
        ``LogosBusy``, and ``TooManyLogos``
        after twenty new ones of one account in a day.
        """
        logo = await self._draw(data)
        now, sender = self._clock(), by.words
        event = by.did("logo.kept", org_id, ("logo", logo.key))

        async def work(tx: Transaction) -> None:
            if await renew_logo(tx, org_id, logo.key, sent_by=sender, now=now):
                return
            if await count_logos_since(tx, org_id, sender, now - _A_DAY) >= _MAX_NEW:
                raise TooManyLogos
            await insert_logo(tx, org_id, logo, sent_by=sender, now=now)
            await record(tx, event, event_id=self._db.next_id(), now=now)

        try:
            await self._db.unit(work)
        except Conflict:
            return logo  # somebody else kept the same picture at the same moment
        return logo

    async def get(self, org_id: str, key: str) -> Logo:
        """The logo ``key``. Raises ``UnknownLogo``."""
        found = await find_logo(self._db, org_id, key) if is_logo_key(key) else None
        if found is None:
            raise UnknownLogo
        return found

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(cancel_futures=True)

    async def _draw(self, data: bytes) -> Logo:
        if not self._places.acquire(blocking=False):
            raise LogosBusy
        future = self._pool.submit(_draw, data)
        # The place is free when the work is done, also when nobody waits for it any more.
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)


def _draw(data: bytes) -> Logo:
    # The library of pictures is loaded when the first one comes, not at every start.
    drawn = import_module("doorward.clients.drawing").draw_logo(data)
    assert isinstance(drawn, Logo)  # noqa: S101 - what the function says
    return drawn
