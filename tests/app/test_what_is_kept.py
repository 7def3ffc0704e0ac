"""No table grows for ever: each leaves by its time, or is as large as what people set up."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import Column, Table, func, insert, select

from doorward.app.housekeeping import Housekeeping
from doorward.audit import SYSTEM
from doorward.audit.store import audit_events, record_uses
from doorward.clients.store import application_logos, application_usage
from doorward.db import SECOND, Database, metadata, oldest_id_at, statement
from doorward.imports.store import import_chunks, import_refusals
from tests.support.world import World

pytestmark = pytest.mark.anyio

_DAY: Final = 86_400 * SECOND
_LONG_AGO: Final = 800 * _DAY

_LEAVES: Final = {
    "access_tokens": "expires_at",
    "action_links": "expires_at",
    "api_keys": "revoked_at",
    "api_sessions": "expires_at",
    "application_logos": "created_at",
    "application_offers": "expires_at",
    "application_usage": "day",
    "brakes": "expires_at",
    "browsers": "expires_at",
    "codes": "expires_at",
    "connect_flows": "expires_at",
    "connect_sessions": "expires_at",
    "connection_notices": "expires_at",
    "connector_requests": "expires_at",
    "consents": "withdrawn_at",
    "flows": "expires_at",
    "idempotency_keys": "expires_at",
    "imports": "expires_at",
    "invitations": "expires_at",
    "mail_outbox": "expires_at",
    "passkey_challenges": "expires_at",
    "personal_keys": "expires_at",
    "project_invitations": "expires_at",
    "project_permissions": "expires_at",
    "projects": "expires_at",
    "refresh_tokens": "expires_at",
    "sessions": "expires_at",
    "tenant_credentials": "expires_at",
    "token_families": "expires_at",
    "totp_factors": "expires_at",
    "vault_outbox": "expires_at",
}
"""What leaves by its time, and the column that says when: housekeeping is seen removing it."""

_LEAVES_WITH: Final = {"import_chunks": "imports", "import_refusals": "imports"}
"""What leaves together with a row of another table."""

_RETAINED: Final = {"audit_events", "audit_links"}
"""What leaves when the policy of its organization says, from the front of a chain."""

_AS_LARGE_AS: Final = {
    "installation": {"installation", "vault_keys"},
    "organization": {
        "account_blocks",
        "account_counters",
        "apis",
        "app_connect_settings",
        "audit_chains",
        "audit_keys",
        "connect_policies",
        "connectors",
        "managed_failures",
        "managed_values",
        "organization_hosts",
        "organizations",
        "scopes",
        "signing_keys",
    },
    "application": {
        "application_approvals",
        "application_changes",
        "applications",
        "client_secrets",
        "review_events",
    },
    "person": {
        "account_deletions",
        "account_details",
        "account_platform_profiles",
        "accounts",
        "api_access",
        "connections",
        "passkey_holders",
        "passkeys",
        "project_groups",
        "project_members",
        "recovery_codes",
    },
}
"""What is as large as what was set up, and goes with what it belongs to."""


def a_row(table: Table, number: int, **fixed: object) -> dict[str, Any]:
    """A row with whatever its columns hold, and nothing where they may hold nothing."""
    return {each.name: fixed.get(each.name, _value(each, number)) for each in table.c}


def _value(column: Column[Any], number: int) -> object:
    if column.name == "id":
        number = oldest_id_at(number)
    elif column.nullable:
        return None
    kinds: dict[type, object] = {str: f"x{number}", bytes: f"x{number}".encode()}
    return kinds.get(column.type.python_type, number)


async def count(db: Database, table: Table) -> int:
    return int((await db.all(statement(select(func.count()).select_from(table))))[0][0])


def test_every_table_is_in_exactly_one_class() -> None:
    """A new one has to say how long its rows are kept."""
    classes = [set(_LEAVES), set(_LEAVES_WITH), _RETAINED, *_AS_LARGE_AS.values()]
    named = [name for each in classes for name in each]
    assert sorted(named) == sorted(metadata.tables)
    assert set(_LEAVES_WITH.values()) <= set(_LEAVES)


async def test_what_is_over_leaves_every_table_and_what_is_not_stays(world: World) -> None:
    """Two rows in each, of which one is over for long: a single sweep removes it alone."""
    db, now = world.services.db, world.clock()
    kept = {}
    for name, ends in _LEAVES.items():
        table = metadata.tables[name]
        long_ago, later = now - _LONG_AGO, now + _LONG_AGO
        unit = _DAY if table is application_usage else 1
        over = a_row(table, long_ago, **{ends: long_ago // unit})
        alive = a_row(table, now, **{ends: later // unit})
        kept[name] = await count(db, table) + 1
        put = statement(insert(table))
        for row in (over, alive):
            await db.run(put, **row)
    import_id = oldest_id_at(now - _LONG_AGO)
    for table in (import_chunks, import_refusals):
        of = {"org_id": f"x{now - _LONG_AGO}", "import_id": import_id}
        await db.run(statement(insert(table)), **a_row(table, 1, **of))
    await Housekeeping(world.services).sweep()
    left = {name: await count(db, metadata.tables[name]) for name in [*_LEAVES, *_LEAVES_WITH]}
    assert left == kept | dict.fromkeys(_LEAVES_WITH, 0)
    assert application_logos.name in left


async def test_renewals_of_connections_are_kept_for_the_shorter_time(world: World) -> None:
    """They come by the million: thirty days, unless the policy says otherwise."""
    use, org_id = world.services, str(world.org.org_id)
    by = [
        SYSTEM.did("connection.refreshed", org_id, ("connection", str(number)))
        for number in range(150)
    ]
    before = await count(use.db, audit_events)
    await record_uses(use.db, by, now=world.clock())
    await use.audit_chain.sealer.seal_all()
    world.clock.advance(seconds=29 * 86_400)
    await Housekeeping(use).sweep()
    assert await count(use.db, audit_events) == before + 150
    world.clock.advance(seconds=2 * 86_400)
    await Housekeeping(use).sweep()
    assert await count(use.db, audit_events) == before
    assert (await use.audit_chain.verifier.verify(org_id)).is_whole
