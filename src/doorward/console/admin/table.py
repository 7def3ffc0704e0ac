"""Every page of the staff console, as one list."""

from __future__ import annotations

from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.home import HomePages
from doorward.console.admin.model import AdminRoute, AdminServices

__all__ = ["admin_table"]


def admin_table(use: AdminServices, frame: AdminFrame) -> tuple[AdminRoute, ...]:
    """What is served under ``/admin``, each with the permission that it needs."""
    groups = (HomePages(use, frame),)
    return tuple(route for group in groups for route in group.routes())
