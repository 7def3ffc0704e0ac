"""What an API key and an API session are, and who calls with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from doorward.accounts import Account, AccountKind
from doorward.apikeys.refusals import BadGrace, BadLabel, BadNetworks
from doorward.audit import Actor, is_plain_line
from doorward.db import Row
from doorward.http import is_within, parse_network
from doorward.orgs import Permission

__all__ = [
    "MAX_GRACE",
    "MAX_LIVE_KEYS",
    "MAX_NETWORKS",
    "ApiKey",
    "ApiSession",
    "StaffCaller",
    "is_staff",
    "parse_networks",
    "verify_grace",
    "verify_label",
]

MAX_LIVE_KEYS = 25
MAX_NETWORKS = 32
MAX_GRACE = timedelta(days=7)
_MAX_LABEL = 80


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, without its value. Times are microseconds.

    ``networks`` are those that it may be used from; none means anywhere. ``replaced_by`` is the
    key that took its place.
    """

    org_id: str
    key_id: int
    account_id: int
    label: str
    last4: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    last_used_from: str | None
    revoked_at: int | None
    replaced_by: int | None
    networks: tuple[str, ...]

    def is_live(self, now: int) -> bool:
        """Whether it opens anything at ``now``, as far as the key itself goes."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def is_welcome(self, address: str | None) -> bool:
        """Whether it may be used from the network address ``address``."""
        return not self.networks or is_within(address, self.networks)

    @classmethod
    def from_row(cls, row: Row) -> ApiKey:
        """Read the columns ``store.KEY_COLUMNS`` in their order."""
        kept = row[-1]
        networks = () if kept is None else msgspec.json.decode(kept, type=tuple[str, ...])
        return cls(*(*row[:-1], networks))


@dataclass(frozen=True, slots=True)
class ApiSession:
    """A sign-in of API v1 with a key, without its identifier. Times are microseconds.

    ``expires_at`` moves on as the session is used, up to an end that ``created_at`` fixes.
    """

    org_id: str
    id: int
    account_id: int
    key_id: int
    address: str | None
    created_at: int
    expires_at: int

    @classmethod
    def from_row(cls, row: Row) -> ApiSession:
        """Read the columns ``store.SESSION_COLUMNS`` in their order."""
        return cls(*row)


@dataclass(frozen=True, slots=True)
class StaffCaller:
    """A staff account that has just proved itself. Only this room makes it."""

    account: Account
    key_id: int

    def may(self, permission: Permission) -> bool:
        """Whether the account has ``permission`` now."""
        return permission in self.account.permissions

    def actor(self, address: str | None) -> Actor:
        """The caller as the record names it, from the network address ``address``."""
        return Actor(kind="account", id=self.account.subject, address=address)


def is_staff(account: Account) -> bool:
    """Whether the account may hold and use keys at all."""
    return account.kind is AccountKind.SYSTEM and account.is_active


def verify_label(label: str) -> str:
    """``label``, when it can be shown. Raises ``BadLabel``."""
    if not is_plain_line(label, _MAX_LABEL):
        raise BadLabel
    return label


def verify_grace(grace: timedelta) -> timedelta:
    """``grace``, when it is from none to ``MAX_GRACE``. Raises ``BadGrace``."""
    if not timedelta() <= grace <= MAX_GRACE:
        raise BadGrace
    return grace


def parse_networks(texts: Sequence[str]) -> tuple[str, ...]:
    """Networks in their canonical form, each once, in the order given. Raises ``BadNetworks``."""
    if len(texts) > MAX_NETWORKS:
        raise BadNetworks
    try:
        return tuple(dict.fromkeys(parse_network(text.strip()) for text in texts))
    except ValueError as error:
        raise BadNetworks from error
