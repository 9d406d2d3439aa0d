"""Notices: what people are to be told, and what was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "notices",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *_texts("notice_id", "thread_id", "kind", "dedupe_key", "subject_type", "subject_id"),
        sa.Column("decision_id", sa.Text),
        *_texts("created_at", "last_at"),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text),
        sa.Column("amount", sa.BigInteger),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("notice_id", name="notices_id"),
    )
    op.create_index("notices_by_key", "notices", ["dedupe_key", "seq"])
    op.create_index("notices_by_time", "notices", ["created_at"])
    op.create_table(
        "notice_deliveries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *_texts("delivery_id", "notice_id", "channel", "state", "created_at", "due_at"),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("ended_at", sa.Text),
        sa.UniqueConstraint("delivery_id", name="notice_deliveries_id"),
        sa.UniqueConstraint("notice_id", "channel", name="notice_deliveries_once"),
    )
    op.create_index("notice_deliveries_by_channel", "notice_deliveries", ["channel", "state", "seq"])
    op.create_index("notice_deliveries_by_end", "notice_deliveries", ["channel", "ended_at"])
    op.create_index("notice_deliveries_by_state", "notice_deliveries", ["state", "seq"])


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
