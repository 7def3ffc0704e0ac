"""Tokens for whoever needs one now: fresh ones at once, others renewed once for everybody."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from doorward.crypto import SealBroken
from doorward.db import SECOND, Clock, Database, rows_together
from doorward.vault import store
from doorward.vault.model import Connection, Held, Reason, RefreshKind, Status
from doorward.vault.outcomes import Verdict, failed_row
from doorward.vault.patience import Patience
from doorward.vault.refusals import (
    AccountSuspended,
    Blocked,
    Disconnected,
    NeedsReconnect,
    NotRenewable,
    PlatformUnavailable,
    RefreshInProgress,
    UnknownConnection,
    VaultRefusal,
)
from doorward.vault.renewal import Renewal, Renewed
from doorward.vault.terms import is_fresh, is_usable
from doorward.vault.uses import Uses
from doorward.vault.writing import Writing

__all__ = ["Refresher"]

log = logging.getLogger("doorward")

_STOP_S: Final = 35.0
_EXPIRED = Verdict(Status.NEEDS_RECONNECT, Reason.EXPIRED)


@dataclass(frozen=True, slots=True)
class _Landed:
    """The connection after an attempt to renew it, and what to say where that did not help."""

    row: Connection
    refusal: VaultRefusal | None = None


class Refresher:
    """Hands out credentials, and has them renewed when they are too old.

    However many ask, in however many processes, the platform is asked once; and nobody is handed
    a renewed credential that is not written down.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        renewal: Renewal,
        writing: Writing,
        uses: Uses,
        patience: Patience | None = None,
    ) -> None:
        """Have ``renewal`` renew; wait for somebody else's with ``patience``."""
        self._db = db
        self._clock = clock
        self._renewal = renewal
        self._writing = writing
        self._uses = uses
        self._patience = patience or Patience()
        self._rows = rows_together(db, store.find_for_use)
        self._flights: dict[tuple[str, int, int], asyncio.Task[_Landed]] = {}

    async def get_token(
        self,
        org_id: str,
        connection_id: int,
        *,
        min_ttl_s: int = 0,
        seen_version: int | None = None,
    ) -> Held:
        """The connection with a token that is good for ``min_ttl_s`` more seconds.

        ``seen_version`` is the version that the platform has just refused: a newer one is wanted,
        and one renewal is had for each. A token that ends sooner is handed out where it is still
        good and cannot be renewed at the moment. The connector is not looked at: whoever uses the
        token plans first, which tells whether it still may be used.

        A suspended person's connections are kept good, and handed out to nobody.

        Raises ``UnknownConnection``, ``AccountSuspended``, ``Disconnected``, ``NeedsReconnect``,
        ``Blocked``, ``NotRenewable``, ``RefreshInProgress``, ``PlatformUnavailable``;
        ``DatabaseError``.
        """
        found = await self._rows.do((org_id, connection_id))
        if found is None:
            raise UnknownConnection
        row, is_suspended = found
        if is_suspended:
            raise AccountSuspended
        _verify_connected(row)
        now = self._clock()
        if row.token_version != seen_version and is_fresh(row, now, min_ttl_s=min_ttl_s):
            return self._open(row)
        is_refused = row.token_version == seen_version
        if row.refresh_kind is RefreshKind.NONE:
            return await self._unrenewable(row, is_refused=is_refused)
        landed = await self._land(row)
        if self._is_good(landed.row, row, is_refused=is_refused):
            return self._open(landed.row)
        _verify_connected(landed.row)
        raise landed.refusal or _refusal_of(landed.row, self._clock())

    async def close(self) -> None:
        """Let renewals that are under way come to their end, so that no answer is lost."""
        flights = set(self._flights.values())
        if flights:
            await asyncio.wait(flights, timeout=_STOP_S)

    def _is_good(self, after: Connection, before: Connection, *, is_refused: bool) -> bool:
        """Whether the connection holds what is wanted after an attempt to renew it."""
        if after.sealed is None or after.status is Status.NEEDS_RECONNECT:
            return False
        usable = is_usable(after, self._clock())
        if after.token_version != before.token_version:
            return usable or after.status is Status.ACTIVE
        return usable and not is_refused

    async def _land(self, row: Connection) -> _Landed:
        """One attempt for everybody in this process who saw the same version."""
        key = (*row.key, row.token_version)
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(self._fly(row))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._end(key, done))
        # Whoever asked may go away; the renewal goes on for the others, and to be written down.
        return await asyncio.shield(flight)

    def _end(self, key: tuple[str, int, int], flight: asyncio.Task[_Landed]) -> None:
        del self._flights[key]
        if not flight.cancelled() and flight.exception() is not None:
            # Told here as well, since whoever asked may be gone.
            log.warning("connection %d was not renewed: %r", key[1], flight.exception())

    async def _fly(self, row: Connection) -> _Landed:
        deadline, polls = self._clock() + int(self._patience.longest_s * SECOND), 0
        while True:
            leased = await self._renewal.take(row)
            if leased is not None:
                return _landed(await self._renewal.renew(leased))
            current = await store.find(self._db, *row.key)
            if current is None:
                raise UnknownConnection
            now = self._clock()
            if current.token_version != row.token_version or not current.is_connected:
                return _Landed(current)
            if current.status is Status.NEEDS_RECONNECT:
                return _Landed(current)
            if current.retry_at is not None and current.retry_at > now:
                return _Landed(current, _refusal_of(current, now))
            if now >= deadline:
                return _Landed(current, RefreshInProgress())
            await self._patience.pause(polls)
            polls += 1

    async def _unrenewable(self, row: Connection, *, is_refused: bool) -> Held:
        """What cannot be renewed is good until it ends."""
        now = self._clock()
        if row.expires_at is not None and row.expires_at <= now:
            ended = failed_row(row, _EXPIRED, now, spread=0.0)
            row = await self._writing.fail(row, ended)
            _verify_connected(row)
        if is_refused:
            raise NotRenewable
        return self._open(row)

    def _open(self, row: Connection) -> Held:
        try:
            tokens = self._writing.open(row)
        except SealBroken as error:
            log.error("connection %d cannot be opened", row.connection_id)  # noqa: TRY400
            raise Blocked(Reason.UNREADABLE) from error
        self._uses.note(row)
        return Held(row, tokens)


def _landed(renewed: Renewed) -> _Landed:
    if renewed.wait_s is None:
        return _Landed(renewed.row)
    return _Landed(renewed.row, PlatformUnavailable(renewed.wait_s))


def _verify_connected(row: Connection) -> None:
    if row.sealed is None:
        raise Disconnected
    if row.status is Status.NEEDS_RECONNECT:
        raise NeedsReconnect(str(row.reason))


def _refusal_of(row: Connection, now: int) -> VaultRefusal:
    if row.status is Status.BLOCKED:
        return Blocked(str(row.reason))
    wait = 1 if row.retry_at is None else max(1, -(-(row.retry_at - now) // SECOND))
    return PlatformUnavailable(wait)
