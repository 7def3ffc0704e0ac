"""A connection: somebody's account on an upstream platform, and the state of its credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from doorward.connectors import CATALOGUE_ID, Grant, Party, Plan
from doorward.crypto import Secret
from doorward.db import Row

__all__ = [
    "MAX_CONNECTIONS",
    "ORGANIZATION",
    "Connection",
    "ConnectionChange",
    "Held",
    "Kept",
    "NewConnection",
    "Reason",
    "RefreshKind",
    "Status",
    "Tokens",
    "pack_json",
]

ORGANIZATION = 0
"""The account id of connections that belong to the organization itself."""

MAX_CONNECTIONS = 500
"""How many connections one account may hold, disconnected ones included."""


class Status(StrEnum):
    """How a connection is. ``EXPIRING`` is only shown: it follows from the times of a row."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    DEGRADED = "degraded"
    NEEDS_RECONNECT = "needs_reconnect"
    BLOCKED = "blocked"
    DISCONNECTED = "disconnected"


class Reason(StrEnum):
    """Why it is not simply active."""

    ENDS_SOON = "ends_soon"
    UNREACHABLE = "unreachable"
    UNCERTAIN = "uncertain"
    NOT_UNDERSTOOD = "not_understood"
    GRANT_ENDED = "grant_ended"
    PLATFORM_ASKS = "platform_asks"
    EXPIRED = "expired"
    HOST_GONE = "host_gone"
    CREDENTIALS_CHANGED = "credentials_changed"
    CLIENT_REFUSED = "client_refused"
    FORBIDDEN_ADDRESS = "forbidden_address"
    CONNECTOR_OFF = "connector_off"
    UNREADABLE = "unreadable"
    BY_REQUEST = "by_request"


class RefreshKind(StrEnum):
    """How a new access token is had, as the manifest said when this one came."""

    ROTATING = "rotating"
    REUSABLE = "reusable"
    EXCHANGE = "access_token_exchange"
    OBTAIN = "obtain"
    SESSION = "session"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The secrets of a connection. ``secrets`` are variables that are secret.

    ``token_until`` (microseconds) ends the access token, ``session_until`` a session that was
    opened with it.
    """

    access: Secret[str]
    refresh: Secret[str] | None = None
    named: Mapping[str, Secret[str]] = field(default_factory=dict)
    secrets: Mapping[str, Secret[str]] = field(default_factory=dict)
    token_until: int | None = None
    session_until: int | None = None

    @property
    def until(self) -> int | None:
        """When they stop being of use; None where nothing says."""
        ends = [at for at in (self.token_until, self.session_until) if at is not None]
        return min(ends) if ends else None


@dataclass(frozen=True, slots=True)
class Connection:
    """A row of ``connections``. Times are microseconds.

    ``values`` are variables that are not secret. ``refresh_kind``, ``skew_s`` and ``keepalive_s``
    are what the manifest said when the tokens came, so that a fresh token is read without it.
    """

    org_id: str
    connection_id: int
    account_id: int
    connector: str
    connector_id: int
    auth_option: str
    environment: str
    credentials_id: int | None
    label: str
    party_key: str | None
    party_id: str
    party_name: str
    party_email: str
    values: Mapping[str, str]
    sealed: bytes | None
    token_version: int
    grant_id: int
    token_type: str
    status: Status
    reason: Reason | None
    since: int
    scopes: tuple[str, ...] | None
    expires_at: int | None
    refresh_expires_at: int | None
    lifetime_s: int | None
    refresh_kind: RefreshKind
    skew_s: int
    keepalive_s: int | None
    next_refresh_at: int | None
    retry_at: int | None
    failures: int
    last_used_at: int | None
    last_refreshed_at: int | None
    lease_owner: int | None
    lease_until: int | None
    manifest_version: int
    created_at: int
    settings: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, int]:
        """What names it in the whole installation."""
        return self.org_id, self.connection_id

    @property
    def is_connected(self) -> bool:
        """Whether it holds credentials."""
        return self.sealed is not None

    @property
    def target(self) -> tuple[str, str]:
        """How the record of events names it."""
        return "connection", str(self.connection_id)

    def as_row(self) -> dict[str, Any]:
        """Every column with its value, by name."""
        return {
            "org_id": self.org_id,
            "id": self.connection_id,
            "account_id": self.account_id,
            "connector": self.connector,
            "connector_id": self.connector_id,
            "auth_option": self.auth_option,
            "environment": self.environment,
            "credentials_id": self.credentials_id,
            "label": self.label,
            "party_key": self.party_key,
            "party_id": self.party_id,
            "party_name": self.party_name,
            "party_email": self.party_email,
            "variables": pack_json(self.values),
            "sealed": self.sealed,
            "token_version": self.token_version,
            "grant_id": self.grant_id,
            "token_type": self.token_type,
            "status": str(self.status),
            "reason": None if self.reason is None else str(self.reason),
            "since": self.since,
            "scopes": None if self.scopes is None else " ".join(self.scopes),
            "expires_at": self.expires_at,
            "refresh_expires_at": self.refresh_expires_at,
            "lifetime_s": self.lifetime_s,
            "refresh_kind": str(self.refresh_kind),
            "skew_s": self.skew_s,
            "keepalive_s": self.keepalive_s,
            "next_refresh_at": self.next_refresh_at,
            "retry_at": self.retry_at,
            "failures": self.failures,
            "last_used_at": self.last_used_at,
            "last_refreshed_at": self.last_refreshed_at,
            "lease_owner": self.lease_owner,
            "lease_until": self.lease_until,
            "manifest_version": self.manifest_version,
            "created_at": self.created_at,
            "settings": pack_json(self.settings),
        }

    @classmethod
    def from_row(cls, row: Row) -> Connection:
        """Read a row in the order of the table's columns."""
        given = list(row)
        given[13] = _read_values(row[13])
        given[14] = None if row[14] is None else bytes(row[14])
        given[18] = Status(row[18])
        given[19] = None if row[19] is None else Reason(row[19])
        given[21] = None if row[21] is None else tuple(row[21].split())
        given[25] = RefreshKind(row[25])
        given[37] = _read_settings(row[37])
        return cls(*given)


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """What people give a connection, each where it is not None; an empty label is none."""

    label: str | None = None
    settings: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A connection with its secrets in the open: never shown, never logged."""

    connection: Connection
    tokens: Tokens

    def as_grant(self) -> Grant:
        """What the engine refreshes, revokes and delivers; what was captured is in its plan."""
        row, tokens = self.connection, self.tokens
        return Grant(
            access_token=tokens.access,
            refresh_token=tokens.refresh,
            token_type=row.token_type,
            expires_at=tokens.token_until,
            lifetime_s=row.lifetime_s,
            never_expires=tokens.token_until is None,
            refresh_expires_at=row.refresh_expires_at,
            scopes=row.scopes,
            named=tokens.named,
            session_expires_at=tokens.session_until,
        )


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What connecting brought.

    ``connector_id`` is the connector's, which another one of the same name does not have.
    ``grant`` is None where the credentials are the plan's secret values alone (an API key).
    ``reconnect_of`` names the connection that the person meant to renew.
    """

    org_id: str
    account_id: int
    plan: Plan
    environment: str
    grant: Grant | None
    party: Party
    connector_id: int = CATALOGUE_ID
    credentials_id: int | None = None
    manifest_version: int = 1
    label: str = ""
    reconnect_of: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A connection that was kept, and whether it is one that was there before."""

    connection: Connection
    is_reconnected: bool


_read_values = msgspec.json.Decoder(dict[str, str]).decode
_read_settings = msgspec.json.Decoder(dict[str, Any]).decode


def pack_json(value: Mapping[str, Any]) -> str:
    """A mapping as its column keeps it."""
    return msgspec.json.encode(dict(value)).decode()
