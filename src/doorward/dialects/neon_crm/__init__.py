"""Neon CRM: constituents sign in for third-party sites, staff use the API by key and by session.

It owns the platform's addresses, shapes and texts; accounts, codes and keys are lower rooms'.
``app`` mounts it.
"""

from __future__ import annotations

from doorward.dialects.neon_crm.front import AUTHORIZE_PATH, ConstituentFront
from doorward.dialects.neon_crm.sign_out import SIGN_OUT_PATH, ConstituentSignOut
from doorward.dialects.neon_crm.token import (
    TOKEN_PATH,
    ConstituentTokenEndpoint,
    ConstituentTokenServices,
)

__all__ = [
    "AUTHORIZE_PATH",
    "SIGN_OUT_PATH",
    "TOKEN_PATH",
    "ConstituentFront",
    "ConstituentSignOut",
    "ConstituentTokenEndpoint",
    "ConstituentTokenServices",
]
