"""Codes, access and refresh tokens, the families that they descend from, and the bearer guard.

It owns minting, single use, rotation, expiry and revocation; it knows no request and no page.
The endpoint rooms and ``consents`` call it.
"""

from __future__ import annotations

from doorward.tokens import jobs
from doorward.tokens.guard import BearerGuard
from doorward.tokens.hints import IdTokenHint, find_id_token_hint
from doorward.tokens.leaving import end_codes_of_others, end_codes_of_session
from doorward.tokens.model import (
    AccessOrder,
    ActiveToken,
    CodeFacts,
    Family,
    MintedAccess,
    MintedRefresh,
    RefreshFacts,
    RevocationReason,
    StoredCode,
)
from doorward.tokens.origins import TokenOrigins
from doorward.tokens.service import Pair, Tokens
from doorward.tokens.signing import sign_jwt

__all__ = [
    "AccessOrder",
    "ActiveToken",
    "BearerGuard",
    "CodeFacts",
    "Family",
    "IdTokenHint",
    "MintedAccess",
    "MintedRefresh",
    "Pair",
    "RefreshFacts",
    "RevocationReason",
    "StoredCode",
    "TokenOrigins",
    "Tokens",
    "end_codes_of_others",
    "end_codes_of_session",
    "find_id_token_hint",
    "jobs",
    "sign_jwt",
]
