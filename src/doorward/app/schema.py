"""The tables of a database: whether they are this version's, and making them so."""

from __future__ import annotations

from importlib import import_module

from doorward.db import Placement, SchemaStatus, placements, schema_status

__all__ = ["Placement", "SchemaStatus", "placements", "schema_status", "upgrade_schema"]


def upgrade_schema(url: str) -> None:
    """Migrate the database at ``url``; creates a missing SQLite file.

    Processes that start together wait for the first one. Where nothing is to be done, the
    migrations' library, which is large, is not even loaded. Raises ``doorward.db.Unavailable``.
    """
    if not schema_status(url).up_to_date:
        import_module("doorward.db.migrate").upgrade(url)
