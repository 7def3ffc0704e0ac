"""Neon: partners and command-line tools act for people who keep projects.

It owns what the platform's clients are told, and the addresses and shapes of its API; every rule
is a lower room's. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.dialects.neon.api import API_PREFIX, NeonApi, NeonApiServices
from doorward.dialects.neon.api_callers import ApiCallers
from doorward.dialects.neon.api_calls import ApiRooms
from doorward.dialects.neon.api_limits import ApiLimits
from doorward.dialects.neon.api_operations import API_SCOPES, PROJECT_SCOPES
from doorward.dialects.neon.api_operations import OPERATIONS as API_OPERATIONS
from doorward.dialects.neon.front import DIALECT, NeonFront
from doorward.dialects.neon.token import NeonTokenEndpoint

__all__ = [
    "API_OPERATIONS",
    "API_PREFIX",
    "API_SCOPES",
    "DIALECT",
    "PROJECT_SCOPES",
    "ApiCallers",
    "ApiLimits",
    "ApiRooms",
    "NeonApi",
    "NeonApiServices",
    "NeonFront",
    "NeonTokenEndpoint",
]
