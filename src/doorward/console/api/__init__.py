"""The management API: every thing that staff do, for programs, under ``/api`` of an organization.

It owns routes, credentials, permissions, pages of lists and idempotency keys; rules are the rooms'.
The door of ``console`` calls it; the console's pages share who may do what.
"""

from __future__ import annotations

from doorward.console.api.authority import (
    verify_may_change_application,
    verify_may_give,
    verify_may_govern,
)
from doorward.console.api.model import MANAGEMENT, ApiServices, StaffCall
from doorward.console.api.refusals import MorePowerful

__all__ = [
    "MANAGEMENT",
    "ApiServices",
    "MorePowerful",
    "StaffCall",
    "verify_may_change_application",
    "verify_may_give",
    "verify_may_govern",
]
