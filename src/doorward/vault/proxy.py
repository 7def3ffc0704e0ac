"""Calls to a platform's API for a connection: whoever calls never sees the credential."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Final, Protocol
from urllib.parse import quote

from doorward.connectors import Category, Grant, Plan, UpstreamFailure, Verified
from doorward.db import SECOND, Clock
from doorward.http import Forbidden, NoAnswer, NotSent, Outbound, OutboundReply, OutboundRequest
from doorward.vault.model import Connection, Held, Status
from doorward.vault.platform import Planner, Unplannable
from doorward.vault.refresh import Refresher
from doorward.vault.refusals import (
    Blocked,
    CallForbidden,
    CallUnanswered,
    CallUnsent,
    NeedsReconnect,
    VaultRefusal,
)
from doorward.vault.refusing import Refusing

__all__ = ["ApiCall", "ApiReply", "Checked", "Proxy"]

_NOT_FORWARDED: Final = frozenset(
    {
        "accept-encoding", "authorization", "client-ip", "connection", "content-length", "cookie",
        "cookie2", "expect", "forwarded", "host", "keep-alive", "origin", "referer", "te",
        "trailer", "transfer-encoding", "true-client-ip", "upgrade", "via", "x-api-key",
        "x-client-ip", "x-cluster-client-ip", "x-request-id",
    }
)  # fmt: skip
"""``Authorization`` and ``X-API-Key`` prove the caller to us: they are nobody else's."""
_NOT_FORWARDED_STARTS: Final = (
    "x-forwarded-", "x-original-", "x-real-", "x-rewrite-", "proxy-", "sec-", "cf-", "doorward-",
)  # fmt: skip
_NOT_RETURNED: Final = frozenset(
    {
        "age", "alt-svc", "cache-control", "clear-site-data", "connection", "content-encoding",
        "content-length", "date", "expires", "keep-alive", "nel", "p3p", "permissions-policy",
        "pragma", "proxy-authenticate", "public-key-pins", "referrer-policy", "refresh",
        "report-to", "reporting-endpoints", "server", "service-worker-allowed", "set-cookie",
        "set-cookie2", "sourcemap", "strict-transport-security", "te", "trailer",
        "transfer-encoding", "upgrade", "via", "www-authenticate", "x-frame-options",
        "x-request-id", "x-sourcemap",
    }
)  # fmt: skip
"""What would speak to a browser about our address, or belongs to the way and not to the answer."""
_NOT_RETURNED_STARTS: Final = (
    "access-control-", "content-security-policy", "cross-origin-", "doorward-", "proxy-",
)  # fmt: skip
_Headers = tuple[tuple[str, str], ...]
_SHORTEST_SECRET: Final = 6
_HIDDEN: Final = "hidden"
_BUSY: Final = frozenset({429, 503})
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_WAIT_S: Final = 3
"""How long a call waits for a platform that asks it to; whoever calls waits longer waits there."""
_LONGEST_SAID_S: Final = 86_400
"""Nobody is told to stay away for longer, whatever a platform writes there."""
_NUMBER: Final = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?\Z")
_EPOCH: Final = 1_000_000_000
_EPOCH_MS: Final = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class ApiCall:
    """What is to be asked of the platform. ``wanted`` is a path with its query, or an address."""

    method: str
    wanted: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ApiReply:
    """What the platform answered. ``retry_after_s`` is its word on when to come back."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the platform said of a credential. ``failure`` is why it does not work.

    ``asked`` is False where the manifest knows no way to ask; ``limited`` where the credential is
    right and may do little.
    """

    connection: Connection
    asked: bool = True
    limited: bool = False
    failure: UpstreamFailure | None = None


class Deliverer(Protocol):
    """The engine, as far as calls to APIs need it. Everything raises ``UpstreamFailure``."""

    def api_address(self, plan: Plan, grant: Grant | None, wanted: str) -> str:
        """Where a call goes."""

    def deliver(self, plan: Plan, grant: Grant | None, request: OutboundRequest) -> OutboundRequest:
        """The call with the credential in it."""

    async def verify(self, plan: Plan, grant: Grant | None) -> Verified:
        """Prove the credential by the manifest's own call."""


@dataclass(frozen=True, slots=True)
class _Going:
    """A call with everything that it needs to be made."""

    held: Held
    plan: Plan
    reply: OutboundReply

    @property
    def is_refused(self) -> bool:
        """Whether the platform's answer may mean that the credential has ended."""
        return self.reply.status in self.plan.option.expiry.refresh_on_status


class Proxy:
    """Makes calls with a connection's credential, and renews it once where it is refused."""

    def __init__(
        self,
        *,
        refresher: Refresher,
        planner: Planner,
        deliverer: Deliverer,
        outbound: Outbound,
        clock: Clock,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Take credentials from ``refresher``, and send through ``outbound``."""
        self._refresher = refresher
        self._planner = planner
        self._deliverer = deliverer
        self._outbound = outbound
        self._clock = clock
        self._sleep = sleep
        self._refusing = Refusing(clock=clock)

    async def call(self, org_id: str, connection_id: int, call: ApiCall) -> ApiReply:
        """Make ``call``; whatever the platform answers is an answer, redirects among it.

        A credential that the platform refuses is renewed once for each version of it, and the call
        made again; where that did not help, not for a while (``Refusing``). A reading call that
        the platform puts off for a moment waits for it.

        Raises ``CallForbidden`` for an address that is not the platform's API, ``CallUnsent``,
        ``CallUnanswered``, and what ``Refresher.get_token`` raises.
        """
        held = await self._refresher.get_token(org_id, connection_id)
        going = await self._patient(held, call)
        if going.is_refused and not self._refusing.is_left_alone(held.connection):
            renewed = await self._renew(held)
            if renewed is not None:
                going = await self._patient(renewed, call)
                if going.is_refused:
                    self._refusing.note_useless(renewed.connection)
                else:
                    self._refusing.note_useful(renewed.connection)
        return self._returned(going)

    async def check(self, org_id: str, connection_id: int) -> Checked:
        """Whether the platform takes the credential now. Raises as ``Refresher.get_token``."""
        held = await self._refresher.get_token(org_id, connection_id)
        plan = await self._plan(held)
        try:
            found = await self._deliverer.verify(plan, held.as_grant())
        except UpstreamFailure as failure:
            return Checked(held.connection, failure=failure)
        return Checked(held.connection, asked=found.checked, limited=found.limited)

    async def _renew(self, refused: Held) -> Held | None:
        """A newer credential than ``refused``; None where there is none to be had now."""
        row = refused.connection
        try:
            return await self._refresher.get_token(*row.key, seen_version=row.token_version)
        except VaultRefusal:
            # The platform's own answer says more than that we could not help.
            return None

    async def _patient(self, held: Held, call: ApiCall) -> _Going:
        going = await self._send(held, call)
        if call.method not in _REPEATABLE or going.reply.status not in _BUSY:
            return going
        wait = self._find_wait(going)
        if wait is None or wait > _LONGEST_WAIT_S:
            return going
        await self._sleep(wait)
        return await self._send(held, call)

    async def _send(self, held: Held, call: ApiCall) -> _Going:
        plan = await self._plan(held)
        if plan.option.type == "identity_only":
            # It says who somebody is, and opens nothing: there is no address to call.
            raise CallForbidden
        grant, rule = held.as_grant(), plan.manifest.proxy
        try:
            request = OutboundRequest(
                call.method,
                self._deliverer.api_address(plan, grant, call.wanted),
                _forwarded(call.headers),
                call.body,
                rule.timeout_s,
                rule.max_bytes,
            )
            reply = await self._outbound.send(self._deliverer.deliver(plan, grant, request))
        except UpstreamFailure as failure:
            if failure.category is Category.FORBIDDEN_ADDRESS:
                raise CallForbidden from None
            raise Blocked("not_understood") from None
        except Forbidden:
            raise CallForbidden from None
        except NotSent:
            raise CallUnsent from None
        except NoAnswer:
            raise CallUnanswered from None
        return _Going(held, plan, reply)

    async def _plan(self, held: Held) -> Plan:
        try:
            return await self._planner.plan(held.connection, held.tokens)
        except Unplannable as error:
            refusal = NeedsReconnect if error.status is Status.NEEDS_RECONNECT else Blocked
            raise refusal(str(error.reason)) from None

    def _returned(self, going: _Going) -> ApiReply:
        reply, wait = going.reply, self._find_wait(going)
        headers = _without_secrets(_answered(reply), going.held)
        if wait is not None:
            kept = [each for each in headers if each[0] != "retry-after"]
            headers = (*kept, ("retry-after", str(wait)))
        return ApiReply(reply.status, headers, reply.body, wait)

    def _find_wait(self, going: _Going) -> int | None:
        """How many seconds the platform wants to be left alone, in whichever header it says so."""
        if going.reply.status not in _BUSY:
            return None
        for name in going.plan.manifest.proxy.retry_after:
            seconds = _seconds(going.reply.header(name), self._clock())
            if seconds is not None:
                return seconds
        return None


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are the caller's word to the platform, and not to us or on our way."""
    named = _named_by(value for name, value in headers.items() if name.lower() == "connection")
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _NOT_FORWARDED | named
        and not name.lower().startswith(_NOT_FORWARDED_STARTS)
    }


def _answered(reply: OutboundReply) -> _Headers:
    """The headers that are the platform's word to the caller; their names are in lower case."""
    named = _named_by(value for name, value in reply.headers if name == "connection")
    return tuple(
        (name, value)
        for name, value in reply.headers
        if name not in _NOT_RETURNED | named and not name.startswith(_NOT_RETURNED_STARTS)
    )


def _without_secrets(headers: _Headers, held: Held) -> _Headers:
    """A platform that sends its callers on repeats their query, and the credential in it."""
    tokens = held.tokens
    kept = (tokens.access, *tokens.named.values(), *tokens.secrets.values())
    secrets = [each.reveal() for each in kept if len(each.reveal()) >= _SHORTEST_SECRET]
    spelt = {each for secret in secrets for each in (secret, quote(secret, safe=""))}
    for text in sorted(spelt, key=len, reverse=True):
        headers = tuple((name, value.replace(text, _HIDDEN)) for name, value in headers)
    return headers


def _named_by(connection: Iterable[str]) -> frozenset[str]:
    """What a Connection header says is for the next hop only (RFC 9110 7.6.1)."""
    return frozenset(each.strip().lower() for value in connection for each in value.split(","))


def _seconds(text: str, now: int) -> int | None:
    """Seconds from a header that holds seconds, or a moment as number or date (RFC 9110 10.2.3)."""
    now_s = now / SECOND
    if _NUMBER.match(text):
        seconds = float(text)
        if seconds >= _EPOCH_MS:
            seconds = seconds / 1000 - now_s
        elif seconds >= _EPOCH:
            seconds -= now_s
    else:
        try:
            moment = parsedate_to_datetime(text)
            # RFC 5322 3.3: -0000 says that the zone is not known; it is read as UTC.
            zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            seconds = zoned.timestamp() - now_s
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(max(0, ceil(seconds)), _LONGEST_SAID_S)
