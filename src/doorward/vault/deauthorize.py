"""Disconnecting: the credentials are forgotten here for good, and taken back at the platform."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from doorward.audit import SYSTEM, Actor, record
from doorward.connectors import Outcome, Plan, UpstreamFailure
from doorward.crypto import SealBroken
from doorward.db import Clock, Database, Transaction
from doorward.vault import store
from doorward.vault.model import Connection, Held, Reason, Status, Tokens
from doorward.vault.platform import Planner, Platform, Unplannable
from doorward.vault.refusals import UnknownConnection
from doorward.vault.revocations import Revocations
from doorward.vault.sealing import Sealer

__all__ = ["Deauthorizer", "Ended", "Report"]

log = logging.getLogger("doorward")

Result = Literal["revoked", "already_invalid", "unsupported", "failed"]

_REMOTE_S: Final = 8.0
_RESULTS: Final[Mapping[str, Result]] = MappingProxyType(
    {"revoked": "revoked", "already_gone": "already_invalid", "unsupported": "unsupported"}
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one token at the platform. ``retried``: it is tried again, for a day."""

    token: str
    result: Result
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The connection, which holds nothing any more, and what became of each token."""

    connection: Connection
    outcomes: tuple[Ended, ...] = ()


class Deauthorizer:
    """Ends connections. Whatever a platform does, nothing of the credentials stays here.

    In one unit the tokens leave the connection for the outbox, from which they are taken back:
    at once, or later, for a day. So there is no moment at which a crash keeps a connection alive.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        sealer: Sealer,
        platform: Platform,
        planner: Planner,
    ) -> None:
        """Take tokens back at ``platform`` by the plans of ``planner``."""
        self._db = db
        self._clock = clock
        self._sealer = sealer
        self._platform = platform
        self._planner = planner
        self._revocations = Revocations(db=db, clock=clock, sealer=sealer)

    async def disconnect(
        self,
        org_id: str,
        connection_id: int,
        by: Actor,
        *,
        account_id: int | None = None,
        skip_remote: bool = False,
    ) -> Report:
        """End a connection; with ``account_id``, only that account's own.

        Its label and settings stay. ``skip_remote`` forgets the tokens without telling the
        platform. One that holds nothing is answered with no outcomes. Raises
        ``UnknownConnection``.
        """
        worker = self._db.next_id()

        async def work(tx: Transaction) -> store.Waiting | None:
            row = await store.lock(tx, org_id, connection_id)
            if row is None or account_id not in {None, row.account_id}:
                raise UnknownConnection
            return await self._end(tx, row, by, None if skip_remote else worker)

        waiting = await self._db.unit(work)
        outcomes: tuple[Ended, ...] = ()
        if waiting is not None:
            # It is finished even if whoever asked does not wait for it.
            taking = asyncio.get_running_loop().create_task(self._take_back(waiting, worker, by))
            outcomes = await asyncio.shield(taking)
        row = await store.find(self._db, org_id, connection_id)
        if row is None:
            raise UnknownConnection
        return Report(row, outcomes)

    async def retry(self, key: tuple[str, int]) -> tuple[Ended, ...]:
        """Try once more to take back what waits under ``key``; nothing if somebody else does."""
        worker = self._db.next_id()
        waiting = await self._revocations.claim(key, worker)
        return () if waiting is None else await self._take_back(waiting, worker, SYSTEM)

    async def retry_due(self, limit: int) -> int:
        """Try what is due; how many."""
        due = await self._revocations.find_due(limit)
        for key in due:
            await self.retry(key)
        return len(due)

    async def _end(
        self, tx: Transaction, row: Connection, by: Actor, worker: int | None
    ) -> store.Waiting | None:
        """Forget the credentials of the locked ``row``; what is to be taken back."""
        now = self._clock()
        if not await store.erase(
            tx, row, grant_id=self._db.next_id(), reason=str(Reason.BY_REQUEST), now=now
        ):
            return None
        tokens = self._open(row)
        event = by.did(
            "connection.disconnected",
            row.org_id,
            row.target,
            connector=row.connector,
            account=row.account_id,
            remote="skipped" if worker is None else "asked",
        )
        await record(tx, event, event_id=self._db.next_id(), now=now)
        if worker is None or tokens is None or not (tokens.access or tokens.refresh):
            return None
        return await self._revocations.enqueue(tx, row, tokens, me=worker)

    def _open(self, row: Connection) -> Tokens | None:
        try:
            return self._sealer.open_connection(row)
        except SealBroken:
            log.error("connection %d cannot be opened", row.connection_id)  # noqa: TRY400
            return None

    async def _take_back(self, waiting: store.Waiting, worker: int, by: Actor) -> tuple[Ended, ...]:
        try:
            outcomes = await self._ask(self._revocations.open(waiting))
        except SealBroken:
            log.error("connection %d cannot be opened", waiting.connection_id)  # noqa: TRY400
            outcomes = ()
        done = not any(each.retried for each in outcomes)

        async def work(tx: Transaction) -> None:
            if done:
                await store.delete_waiting(tx, waiting)
            else:
                await self._revocations.put_off(tx, waiting, worker)
            if done or waiting.tries == 1:
                target = ("connection", str(waiting.connection_id))
                detail = {each.token: each.result for each in outcomes}
                event = by.did("connection.revoked", waiting.org_id, target, **detail)
                await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)
        return outcomes

    async def _ask(self, held: Held) -> tuple[Ended, ...]:
        """What the platform says, or that it did not say anything in time."""
        tokens = held.tokens
        try:
            plan = await self._planner.plan(held.connection, tokens)
            async with asyncio.timeout(_REMOTE_S):
                return await self._revoke(plan, tokens)
        except Unplannable as gone:
            if gone.status is Status.DEGRADED:
                return _all(tokens, "failed", retried=True)
            # Its connector or client is gone: nobody knows any more how it would be done.
            return _all(tokens, "unsupported", retried=False)
        except (UpstreamFailure, TimeoutError) as failure:
            log.warning(
                "connection %d: revoking failed: %r", held.connection.connection_id, failure
            )
            return _all(tokens, "failed", retried=True)

    async def _revoke(self, plan: Plan, tokens: Tokens) -> tuple[Ended, ...]:
        access = tokens.access or None
        answer = await self._platform.revoke(plan, access=access, refresh=tokens.refresh)
        return tuple(_ended(each) for each in answer.outcomes)


def _ended(outcome: Outcome) -> Ended:
    result = _RESULTS.get(outcome.result, "failed")
    return Ended(outcome.token, result, retried=result == "failed" and outcome.retry)


def _all(tokens: Tokens, result: Result, *, retried: bool) -> tuple[Ended, ...]:
    held = [name for name, value in _named(tokens) if value]
    return tuple(Ended(name, result, retried=retried) for name in held)


def _named(tokens: Tokens) -> tuple[tuple[str, bool], ...]:
    return (("refresh", tokens.refresh is not None), ("access", bool(tokens.access)))
