"""Reviews counted by day, reviewer and how long they took, so that insights need not read them again."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_PORTION = 5_000
_Key = tuple[str, str, int]


def upgrade() -> None:
    """Create the table and count the reviews that are there."""
    table = op.create_table(
        "insight_reviews",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("seconds", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("reviews", sa.BigInteger, nullable=False),
        sa.Column("approved", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "reviewer", "seconds"),
    )
    reviews, approved = counted(op.get_bind())
    names = ("day", "reviewer", "seconds", "reviews", "approved")
    rows = [dict(zip(names, (*key, reviews[key], approved[key]), strict=True)) for key in sorted(reviews)]
    if rows:
        op.bulk_insert(table, rows)


def counted(connection: sa.Connection) -> tuple[Counter[_Key], Counter[_Key]]:
    """How many reviews there are by day, reviewer and seconds, and how many of them approve."""
    query = sa.text(
        "SELECT r.review_id, r.reviewed_at, r.actor_id, r.action, d.created_at FROM reviews r "
        "JOIN decisions d ON d.decision_id = r.decision_id WHERE r.review_id > :after ORDER BY r.review_id LIMIT :most"
    )
    reviews: Counter[_Key] = Counter()
    approved: Counter[_Key] = Counter()
    after = ""
    while rows := connection.execute(query, {"after": after, "most": _PORTION}).all():
        for row in rows:
            key = row.reviewed_at[:10], row.actor_id, _seconds(row.created_at, row.reviewed_at)
            reviews[key] += 1
            approved[key] += row.action in ("approve", "waive")
        after = rows[-1].review_id
    return reviews, approved


def _seconds(opened: str, reviewed: str) -> int:
    """From 1,000 on only three digits, as they are counted from now on."""
    waited = datetime.fromisoformat(reviewed) - datetime.fromisoformat(opened)
    seconds = max(0, int(waited.total_seconds()))
    unit = 10 ** max(0, len(str(seconds)) - 3)
    return int(seconds // unit * unit)


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")
