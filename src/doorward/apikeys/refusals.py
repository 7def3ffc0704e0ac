"""What this room refuses."""

from __future__ import annotations

from doorward.protocol import Refusal

__all__ = [
    "AlreadyReplaced",
    "ApiAccessOff",
    "ApiKeysRefusal",
    "BadApiKey",
    "BadApiSession",
    "BadExpiry",
    "BadGrace",
    "BadLabel",
    "BadNetworks",
    "NotStaff",
    "TooManyKeys",
    "UnknownApiKey",
]


class ApiKeysRefusal(Refusal):
    """Base of what this room refuses."""


class BadApiKey(ApiKeysRefusal):
    """Unknown, damaged, revoked, expired, from outside its networks, or its account is disabled.

    One answer to all.
    """

    code = "bad_api_key"
    status = 401
    sentence = "The API key is not valid."


class BadApiSession(ApiKeysRefusal):
    """Unknown, ended, expired, or the key behind it no longer opens anything: one answer to all."""

    code = "bad_api_session"
    status = 401
    sentence = "The API session is not valid."


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


class ApiAccessOff(ApiKeysRefusal):
    """The account may not call the API at all."""

    code = "api_access_off"
    status = 409
    sentence = "API access is off for this account. Switch it on first."
    field = "account_id"


class TooManyKeys(ApiKeysRefusal):
    """The account has as many live keys as an account may have."""

    code = "too_many_keys"
    status = 409
    sentence = "An account has at most 25 API keys. Revoke one first."


class AlreadyReplaced(ApiKeysRefusal):
    """The key has a successor, and lives only until its grace ends."""

    code = "already_replaced"
    status = 409
    sentence = "This API key has been replaced already. Rotate the key that replaced it."


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


class BadGrace(ApiKeysRefusal):
    """The old key would live too long beside its successor."""

    code = "bad_grace"
    status = 422
    sentence = "A replaced API key lives on for at most 7 days."
    field = "grace_s"


class BadNetworks(ApiKeysRefusal):
    """One of the networks is none, or there are too many."""

    code = "bad_networks"
    status = 422
    sentence = "Give up to 32 networks, each like 192.0.2.0/24 or 2001:db8::/32."
    field = "networks"
