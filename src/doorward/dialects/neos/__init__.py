"""Neos: people link their accounts to third-party sites, which read a user profile.

It owns the platform's addresses and the shape of the profile; codes, tokens and people are lower
rooms'. ``app`` mounts it.
"""

from __future__ import annotations

from doorward.dialects.neos.front import AUTHORIZE_PATH, DIALECT, NeosFront
from doorward.dialects.neos.profile import (
    PROFILE_PATHS,
    NeosProfileEndpoint,
    NeosProfiles,
)
from doorward.dialects.neos.token import TOKEN_PATH, NeosTokenEndpoint

__all__ = [
    "AUTHORIZE_PATH",
    "DIALECT",
    "PROFILE_PATHS",
    "TOKEN_PATH",
    "NeosFront",
    "NeosProfileEndpoint",
    "NeosProfiles",
    "NeosTokenEndpoint",
]
