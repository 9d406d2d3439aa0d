"""The first-invoice gate and the watch: holds with what happened to them, and alerts with when they were seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables, and the triggers that keep what happened to a hold as it was written."""
    _holds()
    _hold_history()
    _alerts()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def downgrade() -> None:
    """There is none: it would throw away what happened to holds."""
    raise NotImplementedError("there is no way back but a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _optional(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _holds() -> None:
    op.create_table(
        "holds",
        _text("billing_configuration_id"),
        _text("state"),
        _text("since"),
        _optional("held_since"),
        _text("decision_id"),
        _optional("revision"),
        _optional("agreement_id"),
        _optional("account_id"),
        _text("due"),
        _optional("first_invoice_date"),
        sa.Column("is_overdue", sa.Boolean, nullable=False),
        _optional("released_by"),
        _optional("released_why"),
        _text("currency"),
        sa.Column("at_risk_under", sa.BigInteger),
        sa.Column("at_risk_over", sa.BigInteger),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("reasons", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("billing_configuration_id"),
    )
    op.create_index("holds_by_due", "holds", ["due", "billing_configuration_id"])
    op.create_index("holds_by_state", "holds", ["state", "due", "billing_configuration_id"])


def _hold_history() -> None:
    op.create_table(
        "hold_history",
        _text("billing_configuration_id"),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        _text("event"),
        _text("state"),
        _text("at"),
        _text("decision_id"),
        _optional("first_invoice_date"),
        _optional("released_by"),
        _optional("released_why"),
        sa.Column("reasons", sa.LargeBinary, nullable=False),
        _optional("sent_at"),
        sa.PrimaryKeyConstraint("billing_configuration_id", "number"),
    )
    unsent = sa.text("sent_at IS NULL")
    op.create_index("hold_history_unsent", "hold_history", ["at"], sqlite_where=unsent, postgresql_where=unsent)


def _alerts() -> None:
    op.create_table(
        "alerts",
        _text("alert_id"),
        _text("agreement_id"),
        _optional("account_id"),
        _text("policy_id"),
        _text("pattern"),
        _text("due_on"),
        _text("first_seen"),
        _text("last_seen"),
        _optional("resolved_at"),
        _optional("sent_at"),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_index("alerts_by_agreement", "alerts", ["agreement_id"])
    unsent = sa.text("sent_at IS NULL AND resolved_at IS NULL")
    op.create_index("alerts_unsent", "alerts", ["due_on"], sqlite_where=unsent, postgresql_where=unsent)


# ------------------------------------------------------------------------------------------------ triggers
# What happened to a hold stays as it is written; only when it was sent is noted later, once.

_KEPT = (
    "billing_configuration_id",
    "number",
    "event",
    "state",
    "at",
    "decision_id",
    "first_invoice_date",
    "released_by",
    "released_why",
    "reasons",
)
_DEFLATED = {"holds": "reasons", "hold_history": "reasons", "alerts": "document"}


def _guard_on_sqlite() -> None:
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _KEPT)
    op.execute(
        f"""
        CREATE TRIGGER hold_history_stays BEFORE UPDATE ON hold_history BEGIN
            SELECT RAISE(ABORT, 'hold_history is append-only') WHERE OLD.sent_at IS NOT NULL OR {changed};
        END
        """
    )
    op.execute(
        """
        CREATE TRIGGER hold_history_remains BEFORE DELETE ON hold_history BEGIN
            SELECT RAISE(ABORT, 'hold_history is append-only');
        END
        """
    )
    op.execute(
        """
        CREATE TRIGGER hold_history_comes_once BEFORE INSERT ON hold_history BEGIN
            SELECT RAISE(ABORT, 'hold_history is append-only') WHERE EXISTS (
                SELECT 1 FROM hold_history
                WHERE billing_configuration_id = NEW.billing_configuration_id AND number = NEW.number
            );
        END
        """
    )


def _guard_on_postgresql() -> None:
    for table, column in _DEFLATED.items():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _KEPT)
    op.execute(
        f"""
        CREATE FUNCTION note_sending_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF OLD.sent_at IS NOT NULL OR {changed} THEN
                RAISE EXCEPTION 'hold_history is append-only' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER hold_history_stays BEFORE UPDATE ON hold_history FOR EACH ROW EXECUTE FUNCTION note_sending_only()"
    )
    op.execute(
        "CREATE TRIGGER hold_history_remains BEFORE DELETE ON hold_history FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("CREATE TRIGGER hold_history_lasts BEFORE TRUNCATE ON hold_history EXECUTE FUNCTION refuse_change()")
