"""The deal desk: cases, reviews, and the steps of approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables, and the triggers that keep reviews and assignments as they were written."""
    _cases()
    _reviews()
    _steps()
    _assignments()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _optional(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


# Whatever the queue is filtered by is read from the index alone, without the rows.
_FILTERED = (
    "state", "verdict", "assignee", "source", "currency", "stage", "tier", "root_cause", "waits_for", "simulated", "rep_id",
    "account_id", "due_at", "deadline", "at_risk",
)  # fmt: skip


def _cases() -> None:
    op.create_table(
        "cases",
        _text("subject_type"),
        _text("subject_id"),
        sa.Column("version", sa.Integer, nullable=False),
        _text("state"),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("urgency", sa.BigInteger, nullable=False),
        _text("decision_id"),
        _text("content_hash"),
        _optional("revision"),
        _text("verdict"),
        _text("headline"),
        _text("currency"),
        sa.Column("at_risk_under", sa.BigInteger),
        sa.Column("at_risk_over", sa.BigInteger),
        sa.Column("at_risk", sa.BigInteger),
        _optional("at_risk_currency"),
        sa.Column("expected_leakage", sa.BigInteger),
        _optional("score"),
        _optional("tier"),
        _optional("root_cause"),
        _optional("rep_id"),
        _optional("rep_name"),
        _optional("account_id"),
        _optional("account_name"),
        _optional("source"),
        _optional("stage"),
        _optional("key_id"),
        _optional("assignee"),
        _optional("waits_for"),
        sa.Column("simulated", sa.Boolean, nullable=False),
        _text("opened_at"),
        _text("changed_at"),
        _optional("due_at"),
        _optional("deadline"),
        sa.PrimaryKeyConstraint("subject_type", "subject_id"),
    )
    order = ["urgency", "subject_type", "subject_id"]
    op.create_index("cases_by_urgency", "cases", ["is_open", *order, *_FILTERED])
    op.create_index("cases_by_state", "cases", ["state", *order])
    op.create_index("cases_by_rep", "cases", ["rep_id", "is_open", *order])
    op.create_index("cases_by_account", "cases", ["account_id", "is_open", *order])
    op.create_index("cases_by_assignee", "cases", ["assignee", "is_open", *order])


def _reviews() -> None:
    op.create_table(
        "reviews",
        _text("subject_type"),
        _text("subject_id"),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        _text("review_id"),
        _text("decision_id"),
        _text("content_hash"),
        _text("reviewed_at"),
        _text("action"),
        _optional("reason_code"),
        _text("reason"),
        _optional("expires_on"),
        _text("actor_id"),
        _text("actor_name"),
        _optional("key_id"),
        _optional("on_behalf_of"),
        _text("state"),
        _optional("label"),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "number"),
        sa.UniqueConstraint("review_id", name="reviews_id"),
    )
    op.create_index("reviews_by_decision", "reviews", ["decision_id"])
    op.create_index("reviews_by_time", "reviews", ["reviewed_at"])
    op.create_index("reviews_by_actor", "reviews", ["actor_id", "reviewed_at"])


def _steps() -> None:
    op.create_table(
        "approval_steps",
        _text("subject_type"),
        _text("subject_id"),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        _optional("chain"),
        sa.Column("stage", sa.Integer, nullable=False),
        _text("role"),
        _text("state"),
        _optional("due_at"),
        _optional("review_id"),
        _optional("given_by"),
        _optional("given_at"),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "number"),
    )


def _assignments() -> None:
    op.create_table(
        "case_assignments",
        _text("subject_type"),
        _text("subject_id"),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        _text("at"),
        _text("assigned_by"),
        _optional("assignee"),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "number"),
    )


# ------------------------------------------------------------------------------------------------ triggers

_KEPT = ("reviews", "case_assignments")


def _guard_on_sqlite() -> None:
    for table in _KEPT:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"""
                CREATE TRIGGER {table}_stay_{event.lower()} BEFORE {event} ON {table} BEGIN
                    SELECT RAISE(ABORT, '{table} is append-only');
                END
                """
            )
        op.execute(
            f"""
            CREATE TRIGGER {table}_come_once BEFORE INSERT ON {table} BEGIN
                SELECT RAISE(ABORT, '{table} is append-only') WHERE EXISTS (
                    SELECT 1 FROM {table} WHERE subject_type = NEW.subject_type
                        AND subject_id = NEW.subject_id AND number = NEW.number
                );
            END
            """
        )


def _guard_on_postgresql() -> None:
    op.execute("ALTER TABLE reviews ALTER COLUMN details SET STORAGE EXTERNAL")
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER {table}_remain BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
