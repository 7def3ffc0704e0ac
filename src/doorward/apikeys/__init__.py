"""API keys of staff: credentials that carry their account's permissions and die with it.

It owns the keys and proves them; what a caller may do is the account's, read at every call.
The management API and the dialects authenticate staff here; staff create and revoke keys here.
"""

from __future__ import annotations

from doorward.apikeys.model import (
    MAX_LIVE_KEYS,
    ApiKey,
    ApiKeysRefusal,
    BadApiKey,
    BadExpiry,
    BadLabel,
    NotStaff,
    StaffCaller,
    TooManyKeys,
    UnknownApiKey,
)
from doorward.apikeys.service import ApiKeys

__all__ = [
    "MAX_LIVE_KEYS",
    "ApiKey",
    "ApiKeys",
    "ApiKeysRefusal",
    "BadApiKey",
    "BadExpiry",
    "BadLabel",
    "NotStaff",
    "StaffCaller",
    "TooManyKeys",
    "UnknownApiKey",
]
