"""Neon CRM: constituents sign in for third-party sites, staff use the API by key and by session.

It owns the platform's addresses, shapes and texts; accounts, codes and keys are lower rooms'.
``app`` mounts it.
"""

from __future__ import annotations

from doorward.dialects.neon_crm.calls import CallLimits, CrmServices
from doorward.dialects.neon_crm.front import AUTHORIZE_PATH, DIALECT, ConstituentFront
from doorward.dialects.neon_crm.sign_out import SIGN_OUT_PATH, ConstituentSignOut
from doorward.dialects.neon_crm.token import (
    TOKEN_PATH,
    ConstituentTokenEndpoint,
    ConstituentTokenServices,
)
from doorward.dialects.neon_crm.v1 import OPERATIONS_V1, V1_PREFIX, ApiV1
from doorward.dialects.neon_crm.v2 import V2_PREFIX, ApiV2
from doorward.dialects.neon_crm.v2_accounts import OPERATIONS as OPERATIONS_V2

__all__ = [
    "AUTHORIZE_PATH",
    "DIALECT",
    "OPERATIONS_V1",
    "OPERATIONS_V2",
    "SIGN_OUT_PATH",
    "TOKEN_PATH",
    "V1_PREFIX",
    "V2_PREFIX",
    "ApiV1",
    "ApiV2",
    "CallLimits",
    "ConstituentFront",
    "ConstituentSignOut",
    "ConstituentTokenEndpoint",
    "ConstituentTokenServices",
    "CrmServices",
]
