"""The ledgers: what was prevented, detected, recovered and written off, recovery cases, and daily counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables, and the triggers that keep entries and moves as they were written."""
    _ledger_items()
    _ledger_entries()
    _ledger_days()
    _insight_days()
    _insight_quotes()
    _insight_outcomes()
    _audit_reports()
    _recovery_cases()
    _recovery_claims()
    _recovery_moves()
    _source_fixes()
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for what in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER {table}_remain BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
    for table in ("audit_reports", "recovery_cases"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN document SET STORAGE EXTERNAL")


def downgrade() -> None:
    """There is none: it would throw away what was recorded."""
    raise NotImplementedError("there is no way back but a backup")


_APPEND_ONLY = ("ledger_entries", "recovery_moves")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _optional(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _ledger_items() -> None:
    op.create_table(
        "ledger_items",
        _text("item_id"),
        _text("kind"),
        _text("contract"),
        _text("line_id"),
        _text("period_start"),
        _text("side"),
        _text("currency"),
        _text("pattern"),
        _text("policy_id"),
        _text("finding_id"),
        _optional("decision_id"),
        _optional("outcome_id"),
        _optional("case_id"),
        _text("rep_id"),
        _text("product_id"),
        _text("segment"),
        _text("source"),
        _text("opened_at"),
        _optional("happened_on"),
        _optional("closed_at"),
        _text("found_by"),
        sa.Column("sent_with_it", sa.Boolean, nullable=False),
        *_whole(
            "billed",
            "peak",
            "at_risk",
            "found",
            "prevented",
            "corrected",
            "detected",
            "recovered",
            "written_off",
            "collected",
        ),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("item_id"),
        sa.CheckConstraint("collected >= 0", name="ledger_items_collected"),
        sa.CheckConstraint("corrected >= 0", name="ledger_items_corrected"),
        sa.CheckConstraint("detected >= 0", name="ledger_items_detected"),
        sa.CheckConstraint("prevented >= 0", name="ledger_items_prevented"),
        sa.CheckConstraint("recovered >= 0", name="ledger_items_recovered"),
        sa.CheckConstraint("written_off >= 0", name="ledger_items_written_off"),
    )
    op.create_index("ledger_items_by_case", "ledger_items", ["case_id"])
    op.create_index("ledger_items_by_contract", "ledger_items", ["contract", "kind"])
    op.create_index("ledger_items_by_finding", "ledger_items", ["finding_id"])
    op.create_index("ledger_items_by_opening", "ledger_items", ["kind", "opened_at"])


def _ledger_entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _text("item_id"),
        _text("ledger"),
        *_whole("amount"),
        _text("at"),
        _text("event"),
        sa.Column("definitions", sa.Integer, nullable=False),
        sa.Column("reverses", sa.BigInteger),
        _optional("decision_id"),
        _optional("outcome_id"),
        _optional("case_id"),
    )
    op.create_index("ledger_entries_by_item", "ledger_entries", ["item_id", "ledger", "seq"])
    op.create_index("ledger_entries_by_time", "ledger_entries", ["at", "seq"])


def _ledger_days() -> None:
    op.create_table(
        "ledger_days",
        _text("dimension"),
        _text("day"),
        _text("value"),
        _text("currency"),
        _text("side"),
        *_whole("prevented", "corrected", "detected", "recovered", "written_off", "collected"),
        sa.PrimaryKeyConstraint("dimension", "day", "value", "currency", "side"),
    )


def _insight_days() -> None:
    op.create_table(
        "insight_days",
        _text("dimension"),
        _text("day"),
        _text("value"),
        _text("currency"),
        *_whole("decisions", "allowed", "flagged", "blocked", "findings", "consented", "shadow", "under", "over"),
        sa.PrimaryKeyConstraint("dimension", "day", "value", "currency"),
    )


def _insight_quotes() -> None:
    op.create_table(
        "insight_quotes",
        _text("quote_id"),
        _text("first_at"),
        _text("last_at"),
        _text("currency"),
        _text("last_decision_id"),
        _text("content_hash"),
        _text("first_verdict"),
        _text("last_verdict"),
        sa.Column("decisions", sa.Integer, nullable=False),
        sa.Column("small_changes", sa.Integer, nullable=False),
        _optional("flagged_at"),
        _text("account_id"),
        _text("rep_id"),
        _text("role"),
        _text("segment"),
        _text("source"),
        _text("products"),
        _text("stage"),
        sa.Column("annual", sa.BigInteger),
        sa.Column("discount", sa.BigInteger),
        *_whole("peak_under", "peak_over", "under", "over"),
        _optional("signed_at"),
        sa.PrimaryKeyConstraint("quote_id"),
    )
    op.create_index("insight_quotes_by_account", "insight_quotes", ["account_id", "products", "first_at"])
    op.create_index("insight_quotes_by_changes", "insight_quotes", ["small_changes", "last_at"])
    op.create_index("insight_quotes_by_discount", "insight_quotes", ["last_at", "role", "discount"])
    op.create_index(
        "insight_quotes_by_signing", "insight_quotes", ["signed_at", "flagged_at", "first_at", "annual", "currency"]
    )
    op.create_index("insight_quotes_by_time", "insight_quotes", ["first_at", "first_verdict", "flagged_at"])


def _insight_outcomes() -> None:
    op.create_table(
        "insight_outcomes",
        _text("outcome_id"),
        _text("at"),
        _text("contract"),
        _text("policy_id"),
        _text("pattern"),
        _text("tier"),
        _text("source"),
        _text("judged"),
        sa.Column("by_lot", sa.Boolean, nullable=False),
        _text("currency"),
        *_whole("amount", "recovered"),
        sa.Column("consented", sa.Boolean, nullable=False),
        _optional("decision_id"),
        _optional("item_id"),
        sa.PrimaryKeyConstraint("outcome_id"),
    )
    op.create_index("insight_outcomes_by_time", "insight_outcomes", ["at"])


def _audit_reports() -> None:
    op.create_table(
        "audit_reports",
        _text("agreement_id"),
        _text("audited_at"),
        _optional("audited_through"),
        _text("digest"),
        _text("currency"),
        *_whole("expected", "billed", "under", "over"),
        sa.Column("unknown_periods", sa.Integer, nullable=False),
        sa.Column("findings", sa.Integer, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id"),
    )
    op.create_index("audit_reports_by_time", "audit_reports", ["audited_at"])


def _recovery_cases() -> None:
    op.create_table(
        "recovery_cases",
        _text("case_id"),
        sa.Column("version", sa.Integer, nullable=False),
        _text("state"),
        _text("agreement_id"),
        _optional("account_id"),
        _optional("finding_id"),
        _text("pattern"),
        _text("policy_id"),
        _text("side"),
        _text("currency"),
        _optional("owner"),
        _text("opened_at"),
        _text("opened_by"),
        _text("updated_at"),
        *_whole("recoverable", "invoiced", "recovered", "collected", "written_off"),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("recovery_cases_by_agreement", "recovery_cases", ["agreement_id", "case_id"])
    op.create_index("recovery_cases_by_state", "recovery_cases", ["state", "updated_at", "case_id"])


def _recovery_claims() -> None:
    op.create_table(
        "recovery_claims",
        _text("agreement_id"),
        _text("line_id"),
        _text("period_start"),
        _text("pattern"),
        _text("case_id"),
        _text("item_id"),
        sa.PrimaryKeyConstraint("agreement_id", "line_id", "period_start", "pattern"),
    )
    op.create_index("recovery_claims_by_case", "recovery_claims", ["case_id"])


def _recovery_moves() -> None:
    op.create_table(
        "recovery_moves",
        _text("case_id"),
        sa.Column("number", sa.Integer, nullable=False),
        _optional("from_state"),
        _text("to_state"),
        _text("at"),
        _text("by"),
        sa.Column("amount", sa.BigInteger),
        sa.Column("collected", sa.BigInteger),
        _optional("reference"),
        _optional("note"),
        _optional("owner"),
        sa.PrimaryKeyConstraint("case_id", "number"),
    )


def _source_fixes() -> None:
    op.create_table(
        "source_fixes",
        _text("fix_id"),
        _text("kind"),
        _text("value"),
        _text("made_on"),
        _text("title"),
        _optional("owner"),
        _optional("note"),
        _text("noted_at"),
        _text("noted_by"),
        sa.PrimaryKeyConstraint("fix_id"),
    )
    op.create_index("source_fixes_by_day", "source_fixes", ["made_on"])
