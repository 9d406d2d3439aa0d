"""Alembic's way in. The connection, its transaction and its lock come from `app.store.upgrade`, on no other path."""

from __future__ import annotations

from alembic import context

from app.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
