"""What follows from each way in which renewing can fail. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from doorward.connectors import Category, UpstreamFailure
from doorward.db import SECOND
from doorward.vault.model import Connection, Reason, RefreshKind, Status
from doorward.vault.terms import DAY

__all__ = ["Verdict", "failed_row", "find_verdict", "may_send_again"]

_HOUR: Final = 3600 * SECOND
_GONE_AFTER: Final = DAY
_GONE_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the connection is from now on, and after what time it is tried again; None for never.

    The time doubles with every failure in a row, up to ``longest``.
    """

    status: Status
    reason: Reason
    first: int | None = None
    longest: int = 0


_END = Status.NEEDS_RECONNECT
_VERDICTS: Final[Mapping[Category, Verdict]] = MappingProxyType(
    {
        Category.DEAD_GRANT: Verdict(_END, Reason.GRANT_ENDED),
        Category.DECLINED: Verdict(_END, Reason.GRANT_ENDED),
        Category.USER_ACTION: Verdict(_END, Reason.PLATFORM_ASKS),
        # An administrator mends the client; until then it is only looked at now and then.
        Category.CONFIGURATION: Verdict(
            Status.BLOCKED, Reason.CLIENT_REFUSED, 900 * SECOND, 6 * _HOUR
        ),
        Category.FORBIDDEN_ADDRESS: Verdict(
            Status.BLOCKED, Reason.FORBIDDEN_ADDRESS, _HOUR, 6 * _HOUR
        ),
        Category.MANIFEST: Verdict(Status.DEGRADED, Reason.NOT_UNDERSTOOD, 900 * SECOND, 6 * _HOUR),
        Category.TRANSIENT: Verdict(Status.DEGRADED, Reason.UNREACHABLE, 10 * SECOND, _HOUR),
        Category.DEAD_TENANT: Verdict(Status.DEGRADED, Reason.HOST_GONE, 900 * SECOND, 6 * _HOUR),
    }
)
_UNCERTAIN = Verdict(Status.DEGRADED, Reason.UNCERTAIN, 10 * SECOND, _HOUR)
_GONE = Verdict(_END, Reason.HOST_GONE)


def find_verdict(row: Connection, failure: UpstreamFailure, now: int) -> Verdict:
    """What ``failure`` means for ``row``.

    A host that is gone is believed after a day and several tries. A request that may have been
    heard without an answer leaves it open whether a refresh token is used up.
    """
    if failure.category is Category.DEAD_TENANT and _has_lasted(row, now):
        return _GONE
    if failure.category is Category.TRANSIENT and _is_open(row, failure):
        return _UNCERTAIN
    return _VERDICTS[failure.category]


def _has_lasted(row: Connection, now: int) -> bool:
    is_gone = row.reason is Reason.HOST_GONE
    return is_gone and now - row.since >= _GONE_AFTER and row.failures + 1 >= _GONE_TRIES


def _is_open(row: Connection, failure: UpstreamFailure) -> bool:
    return row.refresh_kind is RefreshKind.ROTATING and failure.sent and failure.status is None


def may_send_again(row: Connection, failure: UpstreamFailure, *, grace: bool) -> bool:
    """Whether the same request may be sent once more at once: there was no answer at all.

    A refresh token that is used up by being sent is sent again only where the platform takes it
    for a while (``grace``), or where it surely never left.
    """
    if failure.category is not Category.TRANSIENT or failure.status is not None:
        return False
    return grace or not failure.sent or row.refresh_kind is not RefreshKind.ROTATING


def failed_row(
    row: Connection, verdict: Verdict, now: int, *, spread: float, wait_s: float | None = None
) -> Connection:
    """``row`` after it failed. ``spread`` is between 0 and 1; ``wait_s`` the platform's wish."""
    until = None
    if verdict.first is not None:
        wait = min(verdict.first << min(row.failures, 20), verdict.longest)
        wait = wait // 2 + int(wait // 2 * spread)
        if wait_s is not None:
            wait = max(wait, min(int(wait_s * SECOND), DAY))
        until = now + wait
    is_same = (row.status, row.reason) == (verdict.status, verdict.reason)
    return replace(
        row,
        status=verdict.status,
        reason=verdict.reason,
        since=row.since if is_same else now,
        failures=row.failures + 1,
        retry_at=until,
        next_refresh_at=until,
    )
