"""How a connection is, in words: what is wrong, since when, and who does what about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from doorward.http import message
from doorward.vault.model import Connection, Reason, RefreshKind, Status
from doorward.vault.terms import DAY

__all__ = ["Health", "WhoMends", "health_of"]

_SOON: Final = 7 * DAY


class WhoMends(StrEnum):
    """Who can do something about it."""

    NOBODY = "nobody"
    """It mends itself, or there is nothing to mend."""
    PERSON = "person"
    ADMINISTRATOR = "administrator"
    DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class _Words:
    """Msgids of what is the matter and of what to do."""

    says: str
    to_do: str
    who: WhoMends


@dataclass(frozen=True, slots=True)
class Health:
    """How a connection is shown. ``says`` and ``to_do`` are msgids; ``since`` microseconds."""

    status: Status
    reason: Reason | None
    since: int
    says: str
    to_do: str
    who: WhoMends


_CONNECT_AGAIN: Final = message("Connect again.")
_WAIT: Final = message("There is nothing to do: Doorward tries again by itself.")
_ASK_ADMIN: Final = message("Ask an administrator to look at the credentials of this platform.")
_ASK_DEVELOPER: Final = message("Ask the developer of this connector.")
_NOTHING: Final = message("There is nothing to do.")
_FINE: Final = _Words(message("This connection works."), _NOTHING, WhoMends.NOBODY)

_W = WhoMends
_WORDS: Final[Mapping[Reason, _Words]] = MappingProxyType(
    {
        Reason.ENDS_SOON: _Words(
            message("The credentials end soon, and cannot be renewed."), _CONNECT_AGAIN, _W.PERSON
        ),
        Reason.UNREACHABLE: _Words(
            message("The platform does not answer at the moment."), _WAIT, _W.NOBODY
        ),
        Reason.UNCERTAIN: _Words(
            message("The platform did not answer the last renewal."), _WAIT, _W.NOBODY
        ),
        Reason.NOT_UNDERSTOOD: _Words(
            message("The platform and this connector do not understand each other."),
            _ASK_DEVELOPER,
            _W.DEVELOPER,
        ),
        Reason.GRANT_ENDED: _Words(
            message("The platform no longer accepts this connection."), _CONNECT_AGAIN, _W.PERSON
        ),
        Reason.PLATFORM_ASKS: _Words(
            message("The platform wants you to sign in there again."), _CONNECT_AGAIN, _W.PERSON
        ),
        Reason.EXPIRED: _Words(message("The credentials have ended."), _CONNECT_AGAIN, _W.PERSON),
        Reason.HOST_GONE: _Words(
            message("Your account's address on the platform is gone."), _CONNECT_AGAIN, _W.PERSON
        ),
        Reason.CREDENTIALS_CHANGED: _Words(
            message("Your organization changed its credentials for this platform."),
            _CONNECT_AGAIN,
            _W.PERSON,
        ),
        Reason.CLIENT_REFUSED: _Words(
            message("The platform refuses your organization's credentials."),
            _ASK_ADMIN,
            _W.ADMINISTRATOR,
        ),
        Reason.FORBIDDEN_ADDRESS: _Words(
            message("The platform's address is one that Doorward does not call."),
            _ASK_ADMIN,
            _W.ADMINISTRATOR,
        ),
        Reason.CONNECTOR_OFF: _Words(
            message("This connector is switched off."),
            message("Ask an administrator to switch it on."),
            _W.ADMINISTRATOR,
        ),
        Reason.UNREADABLE: _Words(
            message("The stored credentials cannot be opened."), _CONNECT_AGAIN, _W.PERSON
        ),
        Reason.BY_REQUEST: _Words(
            message("This connection was disconnected."), _CONNECT_AGAIN, _W.PERSON
        ),
    }
)


def health_of(row: Connection, now: int) -> Health:
    """How ``row`` is shown at ``now`` (microseconds)."""
    if row.status is Status.ACTIVE and _ends_soon(row, now):
        return _health(Status.EXPIRING, Reason.ENDS_SOON, row)
    return _health(row.status, row.reason, row)


def _ends_soon(row: Connection, now: int) -> bool:
    """Whether only the person can prevent that it ends within a week."""
    if row.refresh_kind is RefreshKind.NONE:
        return row.expires_at is not None and row.expires_at - now < _SOON
    # A rotating token takes its end along with every renewal; others end whatever is done.
    ends = row.refresh_expires_at
    return row.refresh_kind is RefreshKind.REUSABLE and ends is not None and ends - now < _SOON


def _health(status: Status, reason: Reason | None, row: Connection) -> Health:
    words = _FINE if reason is None else _WORDS[reason]
    return Health(status, reason, row.since, words.says, words.to_do, words.who)
