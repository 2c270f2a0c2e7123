"""Alembic's entry: only ever run by `runner.store.migration`, which hands in the connection."""

from __future__ import annotations

from alembic import context

from runner.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
