"""One renewal of one connection, by whoever holds its lease: ask, write down, then answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Final

from doorward.connectors import Grant, Plan, UpstreamFailure
from doorward.crypto import Random, SealBroken
from doorward.db import SECOND, Clock, DatabaseError
from doorward.metrics import Counter, Family, Kind
from doorward.vault.asking import Asking, LeftAlone
from doorward.vault.leases import Leases
from doorward.vault.model import Connection, Held, Reason, Status, Tokens
from doorward.vault.outcomes import Verdict, failed_row, find_verdict
from doorward.vault.platform import Planner, Unplannable
from doorward.vault.terms import (
    find_due_at,
    find_keepalive_s,
    find_refresh_kind,
    find_session_ttl_s,
    find_skew_s,
    is_session_only,
    merge_tokens,
    plain_text,
    split_variables,
    with_session,
)
from doorward.vault.writing import Writing

__all__ = ["RENEWALS", "Renewal", "Renewed"]

log = logging.getLogger("doorward")

RENEWALS: Final = Counter(
    Family(
        "doorward_vault_renewals_total",
        Kind.COUNTER,
        "Renewals of connections, by what came of them; `postponed` asked nobody.",
        ("outcome",),
    ),
    ("renewed", "postponed", "failed", "needs_reconnect"),
)

_LABEL = 100
_UNREADABLE = Verdict(Status.BLOCKED, Reason.UNREADABLE, 900 * SECOND, 21_600 * SECOND)


@dataclass(frozen=True, slots=True)
class Renewed:
    """The connection as it is afterwards; ``wait_s`` where it was put off."""

    row: Connection
    wait_s: int | None = None


class Renewal:
    """Takes connections to be renewed, and renews them. What it answers with is written down."""

    def __init__(
        self,
        *,
        leases: Leases,
        asking: Asking,
        planner: Planner,
        writing: Writing,
        clock: Clock,
        random: Random,
    ) -> None:
        """Ask by the plans of ``planner``, and keep the answers by ``writing``."""
        self._leases = leases
        self._asking = asking
        self._planner = planner
        self._writing = writing
        self._clock = clock
        self._random = random

    async def take(self, row: Connection) -> Connection | None:
        """The connection as it is now, for the caller alone to renew.

        None when somebody else renews it, has renewed it since ``row`` was read, or it waits.
        """
        return await self._leases.take(row)

    async def claim_due(self, batch: int) -> list[Connection]:
        """Up to ``batch`` connections whose time has come, each for the caller alone to renew."""
        return await self._leases.claim_due(batch)

    async def renew(self, row: Connection) -> Renewed:
        """``row``, which was taken, with newer credentials; its status tells why not.

        Raises ``DatabaseError`` when nothing could be written.
        """
        async with self._leases.kept([row]) as held:
            try:
                renewed = await self._renew(row)
            except DatabaseError:
                # What was answered may wait to be written: nobody else shall ask before it is.
                held.discard(row.key)
                raise
            if renewed.row.lease_owner != row.lease_owner:
                held.discard(row.key)
        RENEWALS.add(_outcome_of(row, renewed))
        return renewed

    async def _renew(self, row: Connection) -> Renewed:
        written = await self._writing.apply_waiting(row)
        if written is not None:
            # An earlier answer was waiting to be written: it is newer than what was read.
            return Renewed(written)
        try:
            held = Held(row, self._writing.open(row))
        except SealBroken:
            log.error("connection %d cannot be opened", row.connection_id)  # noqa: TRY400
            return await self._ended(row, _UNREADABLE)
        try:
            plan = await self._planner.plan(row, held.tokens)
        except Unplannable as reason:
            # Nothing is sent, so it is looked at often: an administrator may switch it on again.
            first = None if reason.status is Status.NEEDS_RECONNECT else 60 * SECOND
            verdict = Verdict(reason.status, reason.reason, first, 900 * SECOND)
            return await self._ended(row, verdict)
        return await self._ask(plan, held)

    async def _ask(self, plan: Plan, held: Held) -> Renewed:
        row = held.connection
        try:
            session_only = is_session_only(held, self._clock())
            grant = await self._asking.ask(plan, held)
            if session_only:
                return Renewed(await self._save_session(plan, held, grant))
            new = self._merged(plan, held, grant)
            opens_session = find_session_ttl_s(plan) is not None
            saved = await self._writing.save(row, new, holding=opens_session)
            await self._asking.tell(held, grant)
            if not opens_session or saved.sealed is None or saved.grant_id != row.grant_id:
                return Renewed(saved)
            held = Held(saved, new.tokens)
            plan = await self._planner.plan(saved, new.tokens)
            session = await self._asking.open_session(plan, held)
            return Renewed(await self._save_session(plan, held, session))
        except LeftAlone as alone:
            until = self._clock() + alone.wait
            await self._writing.postpone(row, until)
            return Renewed(row, wait_s=max(1, -(-alone.wait // SECOND)))
        except UpstreamFailure as failure:
            return await self._failed(held.connection, failure)
        except Unplannable:
            return Renewed(held.connection)

    async def _failed(self, row: Connection, failure: UpstreamFailure) -> Renewed:
        now = self._clock()
        log.warning(
            "connection %d was not renewed: %s %s",
            row.connection_id,
            failure.category,
            failure.code,
        )
        verdict = find_verdict(row, failure, now)
        if verdict.status is Status.NEEDS_RECONNECT:
            # Whoever lost the lease may be writing what the same token brought.
            newer = await self._writing.find_newer(row)
            if newer is not None:
                return Renewed(newer)
        new = failed_row(
            row, verdict, now, spread=self._random(1)[0] / 256, wait_s=failure.retry_after_s
        )
        return Renewed(await self._writing.fail(row, new, failure))

    async def _ended(self, row: Connection, verdict: Verdict) -> Renewed:
        new = failed_row(row, verdict, self._clock(), spread=self._random(1)[0] / 256)
        return Renewed(await self._writing.fail(row, new))

    async def _save_session(self, plan: Plan, held: Held, grant: Grant) -> Connection:
        """Keep what the calls after connecting brought; the token stays as it is."""
        now, row = self._clock(), held.connection
        values, secrets = split_variables(plan, grant.captures)
        tokens = with_session(
            plan, replace(held.tokens, secrets={**held.tokens.secrets, **secrets}), grant, now
        )
        new = replace(row, values={**row.values, **values})
        return await self._writing.save(row, self._renewed(new, tokens), holding=False)

    def _merged(self, plan: Plan, held: Held, grant: Grant) -> Held:
        row, now = held.connection, self._clock()
        values, tokens = merge_tokens(plan, row, held.tokens, grant, now)
        scopes = row.scopes if grant.scopes is None else grant.scopes
        new = replace(
            row,
            values=values,
            token_type=plain_text(grant.token_type, _LABEL) or row.token_type,
            scopes=None if scopes is None else tuple(plain_text(each, 255) for each in scopes),
            refresh_expires_at=grant.refresh_expires_at or row.refresh_expires_at,
            lifetime_s=row.lifetime_s if grant.lifetime_s is None else max(1, grant.lifetime_s),
            refresh_kind=find_refresh_kind(plan, tokens),
            skew_s=find_skew_s(plan),
            keepalive_s=find_keepalive_s(plan),
        )
        return self._renewed(new, tokens)

    def _renewed(self, row: Connection, tokens: Tokens) -> Held:
        """``row`` with ``tokens`` in their next version, active, and with its next time."""
        now = self._clock()
        new = replace(
            row,
            token_version=row.token_version + 1,
            expires_at=tokens.until,
            status=Status.ACTIVE,
            reason=None,
            since=row.since if row.status is Status.ACTIVE else now,
            retry_at=None,
            failures=0,
            last_refreshed_at=now,
        )
        return Held(replace(new, next_refresh_at=find_due_at(new, now)), tokens)


def _outcome_of(before: Connection, renewed: Renewed) -> str:
    """One of the outcomes that are counted."""
    if renewed.wait_s is not None:
        return "postponed"
    if renewed.row.token_version != before.token_version:
        return "renewed"
    is_lost = renewed.row.status is Status.NEEDS_RECONNECT
    return "needs_reconnect" if is_lost else "failed"
