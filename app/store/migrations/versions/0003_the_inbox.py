"""What vendors send: a line in which work waits, deliveries as they came, what they told, and how far each object is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    _queue()
    _deliveries()
    _events()
    _objects()
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in _DEFLATED.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def downgrade() -> None:
    """There is none: it would throw away what was received."""
    raise NotImplementedError("there is no way back but a backup")


_DEFLATED = {"inbox_deliveries": ("envelope", "body"), "inbox_events": ("told",)}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _optional(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _binary(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _queue() -> None:
    op.create_table(
        "queue",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _text("queue"),
        _text("item_id"),
        _text("ordering_key"),
        _text("state"),
        _text("due_at"),
        _text("added_at"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _optional("lease"),
        _optional("reason"),
        sa.UniqueConstraint("queue", "item_id", name="queue_items"),
    )
    op.create_index("queue_by_due", "queue", ["queue", "state", "due_at", "seq"])
    op.create_index("queue_by_key", "queue", ["queue", "ordering_key", "seq"])


def _deliveries() -> None:
    op.create_table(
        "inbox_deliveries",
        _text("delivery_id"),
        _text("connection"),
        _text("received_at"),
        _text("method"),
        _binary("envelope"),
        _binary("body"),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.create_index("inbox_deliveries_by_time", "inbox_deliveries", ["received_at"])


def _events() -> None:
    op.create_table(
        "inbox_events",
        _text("event_id"),
        _text("connection"),
        _text("dedupe_key"),
        _optional("delivery_id"),
        _text("received_at"),
        _text("kind"),
        _text("object_type"),
        _text("object_id"),
        _optional("version"),
        _optional("occurred_at"),
        _text("state"),
        _optional("reason"),
        _optional("handled_at"),
        _optional("decision_id"),
        _binary("told"),
        sa.PrimaryKeyConstraint("event_id"),
        sa.UniqueConstraint("connection", "dedupe_key", name="inbox_events_once"),
    )
    op.create_index("inbox_events_by_time", "inbox_events", ["received_at", "event_id"])
    op.create_index("inbox_events_by_state", "inbox_events", ["state", "received_at", "event_id"])
    op.create_index("inbox_events_by_delivery", "inbox_events", ["delivery_id"])


def _objects() -> None:
    # Versions are compared byte by byte, whatever language the database speaks.
    version = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "inbox_objects",
        _text("connection"),
        _text("object_key"),
        sa.Column("version", version),
        _text("event_id"),
        _optional("decision_id"),
        _text("updated_at"),
        sa.PrimaryKeyConstraint("connection", "object_key"),
    )
    op.create_table(
        "inbox_cursors",
        _text("connection"),
        _text("since"),
        _text("asked_at"),
        sa.PrimaryKeyConstraint("connection"),
    )
