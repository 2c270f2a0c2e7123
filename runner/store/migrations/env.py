"""Alembic's entry: only ever run by `runner.store.migration`, which hands in the connection.

The rule of migrations: while one runs, and after it, processes of the version before go on. So it adds; what is added
to a table may be NULL or has a default of the server; and it neither drops nor renames what that version reads. What is
of no use any more goes with a later version than the one that stopped using it.
"""

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
