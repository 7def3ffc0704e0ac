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
    Catalogue,
    Scope,
    ScopeChange,
    Sensitivity,
    SigningAlg,
    TokenFormat,
)
from doorward.scopes.refusals import (
    ApiInUse,
    ApiTaken,
    BadApi,
    BadScope,
    ScopeInUse,
    ScopesRefusal,
    ScopeTaken,
    StandardScope,
    UnknownApi,
    UnknownScope,
)
from doorward.scopes.service import CountUses, Scopes, seed_standard

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
    "CountUses",
    "Scope",
    "ScopeChange",
    "ScopeInUse",
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
