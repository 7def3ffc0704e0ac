"""The management API: every thing that staff do, for programs, under ``/api`` of an organization.

It owns routes, credentials, permissions, pages of lists and idempotency keys; rules are the rooms'.
Only the door of ``console`` calls it.
"""

from __future__ import annotations

from doorward.console.api.model import MANAGEMENT, ApiServices

__all__ = ["MANAGEMENT", "ApiServices"]
