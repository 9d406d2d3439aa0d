"""The tables of the ledgers, of recovery cases and of the daily counts, as the store's statements see them.

Amounts are whole minor units. `ledger_entries` and `recovery_moves` are only ever added to; everything else about money can
be worked out from them again.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from app.store.tables import METADATA

_COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")


def _required(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _key(name: str) -> Column[Any]:
    return Column(name, Text, primary_key=True)


def _counts(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger, nullable=False) for name in names]


LEDGERS: Final = ("prevented", "corrected", "detected", "recovered", "written_off")
"""The five states that money can be in, each cent in one of them; `collected` is a part of `recovered`."""

LEDGER_ITEMS: Final = Table(
    "ledger_items",
    METADATA,
    _key("item_id"),
    # quote, billing_configuration, audit, outcome or case: what it was found by first.
    _required("kind"),
    _required("contract"),
    _required("line_id"),
    _required("period_start"),
    _required("side"),
    _required("currency"),
    _required("pattern"),
    _required("policy_id"),
    _required("finding_id"),
    Column("decision_id", Text),
    Column("outcome_id", Text),
    Column("case_id", Text),
    _required("rep_id"),
    _required("product_id"),
    _required("segment"),
    _required("source"),
    _required("opened_at"),
    # When what was found had happened: the end of the period that was not billed.
    Column("happened_on", Text),
    Column("closed_at", Text),
    _required("found_by"),
    _required("sent_with_it", Boolean),
    _required("billed", BigInteger),
    *_counts("peak", "at_risk", "found", *LEDGERS, "collected"),
    _required("fields", LargeBinary),
    *[CheckConstraint(f"{name} >= 0", name=f"ledger_items_{name}") for name in (*LEDGERS, "collected")],
    Index("ledger_items_by_contract", "contract", "kind"),
    Index("ledger_items_by_finding", "finding_id"),
    Index("ledger_items_by_opening", "kind", "opened_at"),
    Index("ledger_items_by_case", "case_id"),
)

LEDGER_ENTRIES: Final = Table(
    "ledger_entries",
    METADATA,
    Column("seq", _COUNTER, primary_key=True),
    _required("item_id"),
    _required("ledger"),
    _required("amount", BigInteger),
    _required("at"),
    _required("event"),
    _required("definitions", Integer),
    # What this entry takes back; null where it states something new.
    Column("reverses", BigInteger),
    Column("decision_id", Text),
    Column("outcome_id", Text),
    Column("case_id", Text),
    Index("ledger_entries_by_item", "item_id", "ledger", "seq"),
    Index("ledger_entries_by_time", "at", "seq"),
)

LEDGER_DAYS: Final = Table(
    "ledger_days",
    METADATA,
    _key("dimension"),
    _key("day"),
    _key("value"),
    _key("currency"),
    _key("side"),
    *_counts(*LEDGERS, "collected"),
)

INSIGHT_DAYS: Final = Table(
    "insight_days",
    METADATA,
    _key("dimension"),
    _key("day"),
    _key("value"),
    _key("currency"),
    *_counts("decisions", "allowed", "flagged", "blocked", "findings", "consented", "shadow", "under", "over"),
)

INSIGHT_QUOTES: Final = Table(
    "insight_quotes",
    METADATA,
    _key("quote_id"),
    _required("first_at"),
    _required("last_at"),
    _required("currency"),
    _required("last_decision_id"),
    _required("content_hash"),
    _required("first_verdict"),
    _required("last_verdict"),
    _required("decisions", Integer),
    _required("small_changes", Integer),
    Column("flagged_at", Text),
    _required("account_id"),
    _required("rep_id"),
    _required("role"),
    _required("segment"),
    _required("source"),
    _required("products"),
    _required("stage"),
    Column("annual", BigInteger),
    Column("discount", BigInteger),
    *_counts("peak_under", "peak_over", "under", "over"),
    Column("signed_at", Text),
    Index("insight_quotes_by_time", "first_at", "first_verdict", "flagged_at"),
    Index("insight_quotes_by_discount", "last_at", "role", "discount"),
    Index("insight_quotes_by_account", "account_id", "products", "first_at"),
    Index("insight_quotes_by_changes", "small_changes", "last_at"),
    Index("insight_quotes_by_signing", "signed_at", "flagged_at", "first_at", "annual", "currency"),
)

INSIGHT_REVIEWS: Final = Table(
    "insight_reviews",
    METADATA,
    _key("day"),
    _key("reviewer"),
    # From the decision to the review of it; longer ones only to three digits, so that a day has few rows.
    Column("seconds", BigInteger, primary_key=True, autoincrement=False),
    *_counts("reviews", "approved"),
)

INSIGHT_OUTCOMES: Final = Table(
    "insight_outcomes",
    METADATA,
    _key("outcome_id"),
    _required("at"),
    _required("contract"),
    _required("policy_id"),
    _required("pattern"),
    _required("tier"),
    _required("source"),
    # confirmed, dismissed, missed, found (a leak that no decision is named for), none
    _required("judged"),
    _required("by_lot", Boolean),
    _required("currency"),
    _required("amount", BigInteger),
    _required("recovered", BigInteger),
    _required("consented", Boolean),
    Column("decision_id", Text),
    Column("item_id", Text),
    Index("insight_outcomes_by_time", "at"),
)

AUDIT_REPORTS: Final = Table(
    "audit_reports",
    METADATA,
    _key("agreement_id"),
    _required("audited_at"),
    Column("audited_through", Text),
    _required("digest"),
    _required("currency"),
    *_counts("expected", "billed", "under", "over"),
    _required("unknown_periods", Integer),
    _required("findings", Integer),
    _required("simulated", Boolean),
    _required("document", LargeBinary),
    Index("audit_reports_by_time", "audited_at"),
)

RECOVERY_CASES: Final = Table(
    "recovery_cases",
    METADATA,
    _key("case_id"),
    _required("version", Integer),
    _required("state"),
    _required("agreement_id"),
    Column("account_id", Text),
    Column("finding_id", Text),
    _required("pattern"),
    _required("policy_id"),
    _required("side"),
    _required("currency"),
    Column("owner", Text),
    _required("opened_at"),
    _required("opened_by"),
    _required("updated_at"),
    *_counts("recoverable", "invoiced", "recovered", "collected", "written_off"),
    _required("simulated", Boolean),
    # Title, situation, periods, draft lines and digest of the report that it was opened from.
    _required("document", LargeBinary),
    Index("recovery_cases_by_state", "state", "updated_at", "case_id"),
    Index("recovery_cases_by_agreement", "agreement_id", "case_id"),
)

RECOVERY_CLAIMS: Final = Table(
    "recovery_claims",
    METADATA,
    _key("agreement_id"),
    _key("line_id"),
    _key("period_start"),
    _key("pattern"),
    _required("case_id"),
    _required("item_id"),
    Index("recovery_claims_by_case", "case_id"),
)

RECOVERY_MOVES: Final = Table(
    "recovery_moves",
    METADATA,
    _key("case_id"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("from_state", Text),
    _required("to_state"),
    _required("at"),
    _required("by"),
    Column("amount", BigInteger),
    Column("collected", BigInteger),
    Column("reference", Text),
    Column("note", Text),
    Column("owner", Text),
)

SOURCE_FIXES: Final = Table(
    "source_fixes",
    METADATA,
    _key("fix_id"),
    _required("kind"),
    _required("value"),
    _required("made_on"),
    _required("title"),
    Column("owner", Text),
    Column("note", Text),
    _required("noted_at"),
    _required("noted_by"),
    Index("source_fixes_by_day", "made_on"),
)
