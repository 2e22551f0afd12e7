"""Runs versions on the connection that was handed over; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from dispatch.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters little in place: Alembic copies the table instead.
    render_as_batch=True,
    # Our connections begin transactions that hold for DDL too.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
