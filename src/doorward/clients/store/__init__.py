"""The tables of applications, and their statements by what they are about.

Another room's ``store`` takes the tables from here; the rest is for this room's services.
"""

from __future__ import annotations

from doorward.clients.store.applications import (
    applications,
    client_secrets,
    delete_application,
    delete_secret,
    delete_secrets,
    find_application,
    insert_application,
    insert_secret,
    list_addresses,
    list_applications,
    list_organizations_of,
    lock_application,
    update_application,
)
from doorward.clients.store.logos import (
    application_logos,
    count_logos_since,
    find_logo,
    has_logo,
    insert_logo,
)

__all__ = [
    "application_logos",
    "applications",
    "client_secrets",
    "count_logos_since",
    "delete_application",
    "delete_secret",
    "delete_secrets",
    "find_application",
    "find_logo",
    "has_logo",
    "insert_application",
    "insert_logo",
    "insert_secret",
    "list_addresses",
    "list_applications",
    "list_organizations_of",
    "lock_application",
    "update_application",
]
