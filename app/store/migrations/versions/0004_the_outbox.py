"""What goes out: messages on their way, and the vendors' objects that decisions go back to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    _messages()
    _targets()
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in _DEFLATED.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def downgrade() -> None:
    """There is none: it would throw away what has not been sent."""
    raise NotImplementedError("there is no way back but a backup")


_DEFLATED = {"outbox_messages": ("body", "plan"), "outbox_targets": ("known",)}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _optional(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _messages() -> None:
    op.create_table(
        "outbox_messages",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _text("message_id"),
        _text("kind"),
        _text("destination"),
        _text("object_type"),
        _text("object_id"),
        _optional("event"),
        _optional("subject_id"),
        _optional("decision_id"),
        _text("created_at"),
        _text("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("calls_made", sa.Integer, nullable=False),
        _optional("reason"),
        _optional("ended_at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("plan", sa.LargeBinary),
        sa.UniqueConstraint("message_id", name="outbox_messages_id"),
    )
    op.create_index("outbox_messages_by_state", "outbox_messages", ["state", "seq"])
    op.create_index("outbox_messages_by_object", "outbox_messages", ["destination", "object_type", "object_id", "seq"])


def _targets() -> None:
    op.create_table(
        "outbox_targets",
        _text("subject_type"),
        _text("subject_id"),
        _text("connection"),
        _text("object_type"),
        _text("object_id"),
        _text("decision_id"),
        sa.Column("answered", sa.Boolean, nullable=False),
        _optional("wanted"),
        _optional("carried"),
        _optional("written"),
        _optional("callback"),
        sa.Column("known", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("subject_type", "subject_id"),
    )
