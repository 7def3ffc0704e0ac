"""What an API key is, and who calls with it."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.accounts import Account
from doorward.audit import Actor, is_plain_line
from doorward.db import Row
from doorward.orgs import Permission
from doorward.protocol import Refusal

__all__ = [
    "MAX_LIVE_KEYS",
    "ApiKey",
    "ApiKeysRefusal",
    "BadApiKey",
    "BadExpiry",
    "BadLabel",
    "NotStaff",
    "StaffCaller",
    "TooManyKeys",
    "UnknownApiKey",
    "verify_label",
]

MAX_LIVE_KEYS = 25
_MAX_LABEL = 80


class ApiKeysRefusal(Refusal):
    """Base of what this room refuses."""


class BadApiKey(ApiKeysRefusal):
    """Unknown, damaged, revoked, expired, or its account is disabled: one answer to all."""

    code = "bad_api_key"
    status = 401
    sentence = "The API key is not valid."


class UnknownApiKey(ApiKeysRefusal):
    """The organization has no such key, or it is revoked already."""

    code = "unknown_api_key"
    status = 404
    sentence = "There is no such API key."


class NotStaff(ApiKeysRefusal):
    """Only an active system account holds keys."""

    code = "not_staff"
    status = 409
    sentence = "Only active staff accounts have API keys."
    field = "account_id"


class TooManyKeys(ApiKeysRefusal):
    """The account has as many live keys as an account may have."""

    code = "too_many_keys"
    status = 409
    sentence = "An account has at most 25 API keys. Revoke one first."


class BadLabel(ApiKeysRefusal):
    """The label cannot be shown."""

    code = "bad_label"
    status = 422
    sentence = "A label is one line of up to 80 visible characters."
    field = "label"


class BadExpiry(ApiKeysRefusal):
    """The key would be dead when it is made."""

    code = "bad_expiry"
    status = 422
    sentence = "The expiry lies in the past."
    field = "expires_at"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, without its value. Times are microseconds."""

    org_id: str
    key_id: int
    account_id: int
    label: str
    last4: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    revoked_at: int | None

    def is_live(self, now: int) -> bool:
        """Whether it opens anything at ``now``, as far as the key itself goes."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @classmethod
    def from_row(cls, row: Row) -> ApiKey:
        """Read the columns ``store.KEY_COLUMNS`` in their order."""
        return cls(*row)


@dataclass(frozen=True, slots=True)
class StaffCaller:
    """A staff account that has just proved itself. Only ``ApiKeys.authenticate`` makes it."""

    account: Account
    key_id: int

    def may(self, permission: Permission) -> bool:
        """Whether the account has ``permission`` now."""
        return permission in self.account.permissions

    def actor(self, address: str | None) -> Actor:
        """The caller as the record names it, from the network address ``address``."""
        return Actor(kind="account", id=self.account.subject, address=address)


def verify_label(label: str) -> str:
    """``label``, when it can be shown. Raises ``BadLabel``."""
    if not is_plain_line(label, _MAX_LABEL):
        raise BadLabel
    return label
