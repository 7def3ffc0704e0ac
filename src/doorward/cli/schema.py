"""The database's schema."""

from __future__ import annotations

from dataclasses import asdict

from doorward.cli.at import At
from doorward.cli.command import command, group
from doorward.cli.exits import Stop

__all__ = ["schema"]

schema = group("The database's schema.")


@command(schema, "upgrade")
def upgrade(at: At) -> None:
    """Bring the database to this version's schema; creates a missing SQLite file."""
    from doorward.app import schema_status, upgrade_schema

    url = at.settings().session_url
    upgrade_schema(url)
    at.show({"revision": schema_status(url).current, "up_to_date": True})


@command(schema, "status")
def status(at: At) -> None:
    """Say which schema the database has; exits with 1 when it is not this version's."""
    from doorward.app import schema_status

    found = schema_status(at.settings().session_url)
    record = {
        "revision": found.current,
        "wanted": found.wanted,
        "up_to_date": found.up_to_date,
    }
    at.show(record)
    if not found.up_to_date:
        raise Stop("The database needs: doorward db upgrade")


@command(schema, "distribute")
def distribute(at: At) -> None:
    """Print the statements that spread the tables over the nodes of Citus, by organization."""
    from doorward.app import placements

    if at.as_json:
        at.show_list((), [asdict(placement) for placement in placements()])
        return
    for placement in placements():
        print(placement.statement)
