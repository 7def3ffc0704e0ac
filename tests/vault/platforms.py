"""A platform without a network, which behaves as its script says, and a planner of one plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from doorward.connectors import Category, Grant, Outcome, Plan, Revoked, UpstreamFailure
from doorward.crypto import Secret
from doorward.db import SECOND, Clock
from doorward.vault import Connection, Tokens, Unplannable
from tests.vault.samples import plan

__all__ = ["OnePlan", "ScriptedPlatform"]


@dataclass
class ScriptedPlatform:
    """Rotates refresh tokens, and takes each of them once."""

    clock: Clock
    lifetime_s: int | None = 3600
    number: int = 1
    asked: list[str] = field(default_factory=list)
    reused: int = 0
    failures: list[UpstreamFailure] = field(default_factory=list)
    """What is raised instead of an answer, the first first."""
    rotates: bool = True
    names_refresh: bool = True
    scopes: tuple[str, ...] | None = None
    gate: asyncio.Event | None = None
    """Answers wait for it."""
    before_answer: Callable[[], None] | None = None
    sessions: int = 0
    proved: list[tuple[str, int, int]] = field(default_factory=list)
    revoked: list[tuple[str | None, str | None]] = field(default_factory=list)
    outcomes: tuple[Outcome, ...] = (Outcome("refresh", "revoked"), Outcome("access", "revoked"))

    async def refresh(self, plan: Plan, grant: Grant) -> Grant:
        """A new pair for the last one."""
        sent = "" if grant.refresh_token is None else grant.refresh_token.reveal()
        self.asked.append(sent)
        await self._wait()
        if self.rotates and sent != f"refresh-{self.number}":
            self.reused += 1
            raise UpstreamFailure(Category.DEAD_GRANT, "invalid_grant", status=400)
        return self._next()

    async def obtain(self, plan: Plan) -> Grant:
        """A new token by the client's own credentials."""
        self.asked.append("obtain")
        await self._wait()
        return replace(self._next(), refresh_token=None)

    async def after_connecting(self, plan: Plan, grant: Grant) -> Grant:
        """The grant with a session."""
        self.asked.append("session")
        await self._wait()
        self.sessions += 1
        ends = self.clock() + 600 * SECOND
        captures = {**grant.captures, "session": f"s{self.sessions}"}
        return replace(grant, captures=captures, session_expires_at=ends)

    async def revoke(
        self, plan: Plan, *, access: Secret[str] | None, refresh: Secret[str] | None
    ) -> Revoked:
        """Note what was to be taken back."""
        await self._wait()
        self.revoked.append(
            (access.reveal() if access else None, refresh.reveal() if refresh else None)
        )
        return Revoked(self.outcomes)

    async def worked(self, org_id: str, credentials_id: int, secret_used: int) -> None:
        """Note what renewals proved of a client."""
        self.proved.append((org_id, credentials_id, secret_used))

    async def _wait(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.before_answer is not None:
            self.before_answer()
        if self.failures:
            raise self.failures.pop(0)

    def _next(self) -> Grant:
        self.number += 1
        until = None if self.lifetime_s is None else self.clock() + self.lifetime_s * SECOND
        refresh = Secret(f"refresh-{self.number}") if self.names_refresh else None
        return Grant(
            access_token=Secret(f"access-{self.number}"),
            refresh_token=refresh,
            expires_at=until,
            lifetime_s=self.lifetime_s,
            scopes=self.scopes,
        )


@dataclass
class OnePlan:
    """The same plan for every connection, or the reason why there is none."""

    always: Plan = field(default_factory=plan)
    missing: Unplannable | None = None

    async def plan(self, row: Connection, tokens: Tokens) -> Plan:
        """It, with the connection's own values."""
        if self.missing is not None:
            raise self.missing
        return replace(self.always, values=row.values, secret_values=tokens.secrets)
