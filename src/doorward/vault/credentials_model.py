"""Tenant credentials: an organization's own registration with a platform, in versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from doorward.crypto import Secret
from doorward.db import SECOND, Row

__all__ = [
    "PENDING_FOR",
    "Affected",
    "Changed",
    "CredentialsChange",
    "CredentialsState",
    "Extra",
    "KeptSecret",
    "SecretHint",
    "Secrets",
    "Slot",
    "Submission",
    "Submitters",
    "TenantCredentials",
]

Slot: TypeAlias = tuple[str, str, int, str]
"""An organization, a connector's name and number, and an environment."""

PENDING_FOR = 24 * 3_600 * SECOND
"""How long a submission waits for its submitter's first successful connection."""


class CredentialsState(StrEnum):
    """What a version is. Only pending becomes active, and nothing becomes pending again."""

    PENDING = "pending"
    """Submitted; its submitter alone may use it, to prove it."""
    ACTIVE = "active"
    """Used by everybody in the organization."""
    SUPERSEDED = "superseded"
    """Another version took its place."""
    REVOKED = "revoked"
    """Deleted: its secrets are erased."""


class Submitters(StrEnum):
    """Who is shown the form for credentials where there are none."""

    ADMINS_ONLY = "admins_only"
    FIRST_USER = "first_user"


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """What else an organization's registration has of its own. Empty is the manifest's word.

    ``values`` are variables of the organization or of its application (``scope`` ``account`` or
    ``app``) that are not secret, such as its host.
    """

    scopes: tuple[str, ...] | None = None
    authorization_url: str = ""
    token_url: str = ""
    values: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TenantCredentials:
    """One version, without what is secret. Times are microseconds.

    ``connector_id`` goes with the name: one that was taken again by somebody else has another.
    ``replaces`` is the version that was active when this one was submitted; ``verified_at`` the
    first time that the platform took it.
    """

    org_id: str
    credentials_id: int
    connector: str
    connector_id: int
    environment: str
    state: CredentialsState
    label: str
    client_id: str
    redirect_uri: str
    extra: Extra
    sealed: bytes | None
    submitted_by: int
    replaces: int | None
    created_at: int
    expires_at: int | None
    activated_at: int | None
    verified_at: int | None
    ended_at: int | None

    @property
    def slot(self) -> Slot:
        """The place that at most one active version has."""
        return self.org_id, self.connector, self.connector_id, self.environment

    @property
    def target(self) -> tuple[str, str]:
        """How the record of events names it."""
        return "tenant_credentials", str(self.credentials_id)

    def is_usable_by(self, account_id: int, now: int) -> bool:
        """Whether this account may connect with it at ``now``."""
        if self.state is CredentialsState.ACTIVE:
            return True
        waits = self.state is CredentialsState.PENDING and self.submitted_by == account_id
        return waits and self.expires_at is not None and now < self.expires_at

    def as_row(self) -> dict[str, Any]:
        """Every column with its value, by name."""
        return {
            "org_id": self.org_id,
            "id": self.credentials_id,
            "connector": self.connector,
            "connector_id": self.connector_id,
            "environment": self.environment,
            "state": str(self.state),
            "label": self.label,
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "extra": msgspec.json.encode(self.extra).decode(),
            "sealed": self.sealed,
            "submitted_by": self.submitted_by,
            "replaces": self.replaces,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "activated_at": self.activated_at,
            "verified_at": self.verified_at,
            "ended_at": self.ended_at,
        }

    @classmethod
    def from_row(cls, row: Row) -> TenantCredentials:
        """Read a row in the order of the table's columns."""
        given = list(row)
        given[5] = CredentialsState(row[5])
        given[9] = msgspec.json.decode(row[9], type=Extra)
        given[10] = None if row[10] is None else bytes(row[10])
        return cls(*given)


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """One client secret. ``has_worked`` once the platform took it."""

    value: Secret[str]
    added_at: int
    has_worked: bool = False


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sealed of a version.

    Client secrets, the newest first; a private key (PEM); and variables that are secret.
    """

    client: tuple[KeptSecret, ...] = ()
    private_key: Secret[str] | None = None
    variables: Mapping[str, Secret[str]] = field(default_factory=dict)

    @property
    def newest_first(self) -> tuple[Secret[str], ...]:
        """The client secrets alone."""
        return tuple(each.value for each in self.client)


@dataclass(frozen=True, slots=True)
class SecretHint:
    """What staff see of a client secret: when it came, and whether it has worked."""

    added_at: int
    has_worked: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody typed. An empty ``redirect_uri`` is our own callback address.

    ``values`` are variables of the organization and of its application, secret or not.
    """

    client_id: str
    client_secret: Secret[str] | None = None
    private_key: Secret[str] | None = None
    redirect_uri: str = ""
    scopes: tuple[str, ...] | None = None
    authorization_url: str = ""
    token_url: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    label: str = ""


@dataclass(frozen=True, slots=True)
class CredentialsChange:
    """What to change of an active version; a field that is ``msgspec.UNSET`` stays as it is."""

    client_id: str | msgspec.UnsetType = msgspec.UNSET
    client_secret: Secret[str] | msgspec.UnsetType = msgspec.UNSET
    private_key: Secret[str] | msgspec.UnsetType = msgspec.UNSET
    redirect_uri: str | msgspec.UnsetType = msgspec.UNSET
    scopes: tuple[str, ...] | msgspec.UnsetType | None = msgspec.UNSET
    authorization_url: str | msgspec.UnsetType = msgspec.UNSET
    token_url: str | msgspec.UnsetType = msgspec.UNSET
    values: Mapping[str, str] | msgspec.UnsetType = msgspec.UNSET
    label: str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Changed:
    """The version that is active after a change, and how many connections the change ended."""

    credentials: TenantCredentials
    ended: int


@dataclass(frozen=True, slots=True)
class Affected:
    """Whom an edit would have connect again."""

    people: int
    connections: int
