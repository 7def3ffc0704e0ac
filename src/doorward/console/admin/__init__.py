"""The staff's console: the organization, its staff, its applications, as pages under ``/admin``.

It owns pages, their permissions and the frame around them; every rule about what is managed is a
lower room's. ``app`` mounts it, and other rooms of the console build their pages in its frame.
"""

from __future__ import annotations

from doorward.console.admin.application_words import KINDS, SENSITIVITIES, status_of
from doorward.console.admin.connector_words import AUTH_TYPES, in_words
from doorward.console.admin.consent_preview import preview_consent
from doorward.console.admin.forms import (
    LOCALHOST,
    Problem,
    problem_of,
    split_lines,
    typed_texts,
)
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
from doorward.console.admin.review_view import timeline_of
from doorward.console.admin.table import admin_table

__all__ = [
    "AUTH_TYPES",
    "GROUPS",
    "KINDS",
    "LOCALHOST",
    "SECTIONS",
    "SENSITIVITIES",
    "AdminFrame",
    "AdminPage",
    "AdminRoute",
    "AdminServices",
    "PermissionGroup",
    "Problem",
    "Section",
    "Staff",
    "admin_table",
    "in_words",
    "preview_consent",
    "problem_of",
    "split_lines",
    "status_of",
    "timeline_of",
    "title_of",
    "typed_texts",
]
