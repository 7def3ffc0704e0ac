"""Alembic's environment: it is handed a connection and uses one transaction."""

from __future__ import annotations

from alembic import context

from doorward.db.statements import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
