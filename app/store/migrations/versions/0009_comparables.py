"""Comparable deals: what each quote sells, to whom and how large it is, as its newest decision has it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "comparables",
        sa.Column("quote_id", sa.Text, nullable=False),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("mix", sa.Text, nullable=False),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("band", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("annual", sa.BigInteger),
        sa.Column("discount", sa.BigInteger),
        sa.PrimaryKeyConstraint("quote_id"),
    )
    op.create_index("comparables_by_likeness", "comparables", ["mix", "segment", "currency", "band", "at"])


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")
