"""Write the next migration: the difference between the newest one and the rooms' tables.

Usage: .venv/bin/python tools/new_migration.py "what it adds"
Read the result before committing it; data is moved by hand.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from doorward.db.migrate import alembic_config, upgrade

ROOMS = Path(__file__).parent.parent / "src" / "doorward"


def main(message: str) -> None:
    """Autogenerate on a scratch SQLite file that the existing migrations have built."""
    for store in sorted(ROOMS.rglob("store.py")):
        parts = store.relative_to(ROOMS.parent).with_suffix("").parts
        importlib.import_module(".".join(parts))
    importlib.import_module("doorward.db.installation")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scratch.sqlite"
        upgrade(f"sqlite:///{path}")
        config = alembic_config()
        versions = ROOMS / "db" / "migrations" / "versions"
        number = len(list(versions.glob("[0-9]*.py"))) + 1
        with create_engine(f"sqlite:///{path}").connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "a change")
