"""Scopes, in words that people understand, and the APIs that they open.

It owns what may be asked for; it does not know who asks (``clients``) or who allowed it.
The authorization and token endpoints read its catalogue; staff and the command line change it.
"""

from __future__ import annotations

from doorward.scopes.model import (
    MANAGEMENT_SCOPE,
    STANDARD_SCOPES,
    Api,
    ApiChange,
    ApiInUse,
    ApiTaken,
    BadApi,
    BadScope,
    Catalogue,
    Scope,
    ScopeChange,
    ScopesRefusal,
    ScopeTaken,
    Sensitivity,
    SigningAlg,
    StandardScope,
    TokenFormat,
    UnknownApi,
    UnknownScope,
)
from doorward.scopes.service import Scopes, seed_standard

__all__ = [
    "MANAGEMENT_SCOPE",
    "STANDARD_SCOPES",
    "Api",
    "ApiChange",
    "ApiInUse",
    "ApiTaken",
    "BadApi",
    "BadScope",
    "Catalogue",
    "Scope",
    "ScopeChange",
    "ScopeTaken",
    "Scopes",
    "ScopesRefusal",
    "Sensitivity",
    "SigningAlg",
    "StandardScope",
    "TokenFormat",
    "UnknownApi",
    "UnknownScope",
    "seed_standard",
]
