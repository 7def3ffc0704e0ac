"""The staff's console: the organization, its staff, its applications, as pages under ``/admin``.

It owns pages, their permissions and the frame around them; every rule about what is managed is a
lower room's. ``app`` mounts it, and other rooms of the console build their pages in its frame.
"""

from __future__ import annotations

from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import (
    SECTIONS,
    AdminPage,
    AdminRoute,
    AdminServices,
    Section,
    Staff,
)
from doorward.console.admin.permissions import GROUPS, PermissionGroup, title_of
from doorward.console.admin.table import admin_table

__all__ = [
    "GROUPS",
    "SECTIONS",
    "AdminFrame",
    "AdminPage",
    "AdminRoute",
    "AdminServices",
    "PermissionGroup",
    "Section",
    "Staff",
    "admin_table",
    "title_of",
]
