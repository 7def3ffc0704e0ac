"""Asking a platform for newer credentials, in the way that the manifest names."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit

from doorward.connectors import Category, Grant, Plan, UpstreamFailure
from doorward.db import SECOND, Clock, DatabaseError
from doorward.vault.breaker import Breaker
from doorward.vault.model import Held, RefreshKind
from doorward.vault.outcomes import may_send_again
from doorward.vault.platform import ClientWatch, Platform
from doorward.vault.terms import is_session_only

__all__ = ["Asking", "LeftAlone"]

log = logging.getLogger("doorward")

_TROUBLE: Final = 500


class LeftAlone(Exception):
    """Nothing was sent, for the platform's sake. ``wait`` is in microseconds."""

    def __init__(self, wait: int) -> None:
        """Say for how long."""
        super().__init__(f"for {wait} microseconds")
        self.wait = wait


class Asking:
    """Sends what renews a connection; leaves a platform in trouble alone."""

    def __init__(self, *, platform: Platform, watch: ClientWatch | None, clock: Clock) -> None:
        """Ask ``platform``; tell ``watch`` which of a client's secrets it took."""
        self._platform = platform
        self._watch = watch
        self._clock = clock
        self._breaker = Breaker()

    async def ask(self, plan: Plan, held: Held) -> Grant:
        """A newer grant. Raises ``UpstreamFailure``, ``LeftAlone``."""
        host = _host_of(plan, held)
        wait = self._breaker.find_wait(host, self._clock()) or self._find_pause(plan, held)
        if wait:
            raise LeftAlone(wait)
        try:
            grant = await self._send(plan, held)
        except UpstreamFailure as failure:
            if _is_trouble(failure):
                self._breaker.note_failure(host, self._clock())
            else:
                self._breaker.note_success(host)
            raise
        self._breaker.note_success(host)
        return grant

    async def open_session(self, plan: Plan, held: Held) -> Grant:
        """The grant with a new session. Raises ``UpstreamFailure``."""
        return await self._platform.after_connecting(plan, held.as_grant())

    async def tell(self, held: Held, grant: Grant) -> None:
        """Tell who watches over the client that it worked. What fails of that is told next time."""
        number = held.connection.credentials_id
        if self._watch is None or number is None:
            return
        try:
            await self._watch.worked(held.connection.org_id, number, grant.secret_used)
        except DatabaseError as error:
            log.warning("what credentials %d proved was not kept: %s", number, error)

    async def _send(self, plan: Plan, held: Held) -> Grant:
        policy = plan.option.refresh_policy
        grace = policy.grace_s > 0 or policy.resend_on_network_error
        try:
            return await self._send_once(plan, held)
        except UpstreamFailure as failure:
            if not may_send_again(held.connection, failure, grace=grace):
                raise
        return await self._send_once(plan, held)

    async def _send_once(self, plan: Plan, held: Held) -> Grant:
        if is_session_only(held, self._clock()):
            return await self.open_session(plan, held)
        if held.connection.refresh_kind is RefreshKind.OBTAIN:
            return await self._platform.obtain(plan)
        return await self._platform.refresh(plan, held.as_grant())

    def _find_pause(self, plan: Plan, held: Held) -> int:
        """How long to wait for a platform that counts its answers in a window."""
        policy, row = plan.option.refresh_policy, held.connection
        if not policy.max_per_window or row.last_refreshed_at is None:
            return 0
        apart = policy.window_s * SECOND // policy.max_per_window
        return max(0, row.last_refreshed_at + apart - self._clock())


def _is_trouble(failure: UpstreamFailure) -> bool:
    """Whether it tells of the platform, and not of one connection."""
    if failure.category is not Category.TRANSIENT:
        return False
    return failure.status is None or failure.status >= _TROUBLE


def _host_of(plan: Plan, held: Held) -> str:
    """Who answers: the address of tokens, and the values that may be part of it."""
    rule = plan.option.refresh or plan.option.token
    host = "" if rule is None else urlsplit(rule.url).netloc
    if "{" not in host and host:
        return host
    row = held.connection
    declared = (*plan.manifest.variables, *plan.option.variables)
    named = [row.values.get(each.name, "") for each in declared if each.type in {"hostname", "url"}]
    return "|".join([row.connector, row.environment, host, *named])
