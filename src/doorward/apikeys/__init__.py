"""API access of staff: keys that carry their account's permissions, and API v1 sessions.

It owns the keys and sessions and proves them; what a caller may do is the account's, read at
every call. The management API and the dialects authenticate staff here; staff create, replace
and revoke keys here.
"""

from __future__ import annotations

from doorward.apikeys import jobs
from doorward.apikeys.api_sessions import MAX_LIVE_SESSIONS, ApiSessions
from doorward.apikeys.model import (
    MAX_GRACE,
    MAX_LIVE_KEYS,
    MAX_NETWORKS,
    ApiKey,
    ApiSession,
    StaffCaller,
)
from doorward.apikeys.refusals import (
    AlreadyReplaced,
    ApiAccessOff,
    ApiKeysRefusal,
    BadApiKey,
    BadApiSession,
    BadExpiry,
    BadGrace,
    BadLabel,
    BadNetworks,
    NotStaff,
    TooManyKeys,
    UnknownApiKey,
)
from doorward.apikeys.service import ApiKeys

__all__ = [
    "MAX_GRACE",
    "MAX_LIVE_KEYS",
    "MAX_LIVE_SESSIONS",
    "MAX_NETWORKS",
    "AlreadyReplaced",
    "ApiAccessOff",
    "ApiKey",
    "ApiKeys",
    "ApiKeysRefusal",
    "ApiSession",
    "ApiSessions",
    "BadApiKey",
    "BadApiSession",
    "BadExpiry",
    "BadGrace",
    "BadLabel",
    "BadNetworks",
    "NotStaff",
    "StaffCaller",
    "TooManyKeys",
    "UnknownApiKey",
    "jobs",
]
