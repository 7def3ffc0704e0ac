"""Connect sessions: what an application's server begins for one of its people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from doorward.db import SECOND, Row
from doorward.vault.refusals import VaultRefusal

__all__ = [
    "SESSION_FOR",
    "BadConnectSession",
    "ConnectSession",
    "ConnectSessionOver",
    "ConnectorNotAllowed",
    "NewConnectSession",
    "SessionResult",
]

SESSION_FOR = 1_800 * SECOND
"""Half an hour, from the moment that the server asks."""

_USUAL_PORTS: Final = {"http": ":80", "https": ":443"}


class SessionResult(StrEnum):
    """What came of a connect session."""

    CONNECTED = "connected"
    DECLINED = "declined"
    FAILED = "failed"


class BadConnectSession(VaultRefusal):
    """What the server asks for cannot be."""

    code = "bad_connect_session"
    status = 422
    sentence = "The connect session is not valid."


class ConnectSessionOver(VaultRefusal):
    """Unknown, expired, opened elsewhere, or another person's: one answer to all."""

    code = "connect_session_over"
    status = 410
    sentence = "This link has expired or is not for you. Go back to the application and try again."


class ConnectorNotAllowed(VaultRefusal):
    """The session is for other connectors."""

    code = "connector_not_allowed"
    status = 403
    sentence = "This link is not for this connector."


@dataclass(frozen=True, slots=True)
class NewConnectSession:
    """What a server asks for: ``account_id`` will connect, and then return to ``return_url``."""

    account_id: int
    connectors: tuple[str, ...]
    return_url: str
    reconnect_of: int | None = None


@dataclass(frozen=True, slots=True)
class ConnectSession:
    """A row of ``connect_sessions``, without its value. Times are microseconds.

    ``session_id`` is the sign-in that opened it, the only one that goes on in it. ``result`` is
    what came of it, and ``connection_id`` the connection if it was made.
    """

    org_id: str
    id: int
    client_id: str
    account_id: int
    connectors: tuple[str, ...]
    reconnect_of: int | None
    return_origin: str
    return_url: str
    session_id: int | None
    created_at: int
    expires_at: int
    used_at: int | None
    result: SessionResult | None = None
    connection_id: int | None = None

    @property
    def page_origin(self) -> str | None:
        """The origin of the application's pages as browsers write it; None for an app's scheme."""
        port = _USUAL_PORTS.get(self.return_origin.partition(":")[0].lower())
        return None if port is None else self.return_origin.lower().removesuffix(port)

    def is_open_to(self, account_id: int, session_id: int, now: int) -> bool:
        """Whether this person goes on in it, in the sign-in that opened it, at ``now``."""
        whose = (self.account_id, self.session_id)
        return whose == (account_id, session_id) and now < self.expires_at

    def verify_allows(self, connector: str) -> bool:
        """True for one of its connectors. Raises ``ConnectorNotAllowed``."""
        if connector not in self.connectors:
            raise ConnectorNotAllowed
        return True

    def as_row(self, digest: bytes) -> dict[str, Any]:
        """Every column with its value, by name."""
        return {
            "org_id": self.org_id,
            "id": self.id,
            "digest": digest,
            "client_id": self.client_id,
            "account_id": self.account_id,
            "connectors": msgspec.json.encode(self.connectors).decode(),
            "reconnect_of": self.reconnect_of,
            "return_origin": self.return_origin,
            "return_url": self.return_url,
            "session_id": self.session_id,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "used_at": self.used_at,
            "result": self.result,
            "connection_id": self.connection_id,
        }

    @classmethod
    def from_row(cls, row: Row) -> tuple[ConnectSession, bytes]:
        """Read a row in the order of the table's columns: the session, and its value's digest."""
        given = list(row)
        digest = bytes(given.pop(2))
        given[4] = msgspec.json.decode(given[4], type=tuple[str, ...])
        given[12] = None if given[12] is None else SessionResult(given[12])
        return cls(*given), digest
