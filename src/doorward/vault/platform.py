"""What the vault asks of the engine that speaks with platforms, and of whoever makes plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from doorward.connectors import Grant, Plan, Revoked
from doorward.crypto import Secret
from doorward.vault.model import Connection, Reason, Status, Tokens

__all__ = ["ClientWatch", "Outside", "Planner", "Platform", "Unplannable"]


class Platform(Protocol):
    """The outbound client. Every method but ``revoke`` raises ``UpstreamFailure``."""

    async def refresh(self, plan: Plan, grant: Grant) -> Grant:
        """A newer grant for ``grant``."""

    async def obtain(self, plan: Plan) -> Grant:
        """A grant by the plan's own credentials."""

    async def after_connecting(self, plan: Plan, grant: Grant) -> Grant:
        """``grant`` with the session that the manifest's further calls open."""

    async def revoke(
        self, plan: Plan, *, access: Secret[str] | None, refresh: Secret[str] | None
    ) -> Revoked:
        """Take tokens back, best effort."""


class Unplannable(Exception):
    """A connection's connector or client is not there, or does not fit it any more."""

    def __init__(self, status: Status, reason: Reason) -> None:
        """Say how the connection is until that changes."""
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class Planner(Protocol):
    """Who puts together what speaking for a connection needs."""

    async def plan(self, row: Connection, tokens: Tokens) -> Plan:
        """The plan of a connection. Raises ``Unplannable``."""


class ClientWatch(Protocol):
    """Who learns from renewals which of a client's secrets works."""

    async def worked(self, org_id: str, credentials_id: int, secret_used: int) -> None:
        """The secret of this place in the list was taken, for this version of credentials."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything that the vault needs of others."""

    platform: Platform
    planner: Planner
    watch: ClientWatch | None = None
