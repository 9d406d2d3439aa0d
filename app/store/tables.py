"""The tables as the store's statements see them. The migrations create them; a test holds the two together.

Moments are text in UTC that sorts by time, and money is a whole number of minor units: SQLite has no type for either that
is exact, and the hash chain must read the same bytes from both databases.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

SCHEMA: Final = "0013"
"""The revision of the tables that these statements are written for."""

METADATA: Final = MetaData()
# On SQLite only a column of this very type is the table's own key, with no second index beside it.
_COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")


def _required(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("seq", _COUNTER, primary_key=True, autoincrement=False),
    _required("format", Integer),
    _required("prev_hash"),
    _required("record_hash"),
    _required("decision_id"),
    _required("created_at"),
    _required("subject_type"),
    _required("subject_id"),
    Column("subject_revision", Text),
    _required("content_hash"),
    _required("verdict"),
    _required("headline"),
    _required("currency"),
    Column("at_risk_under", BigInteger),
    Column("at_risk_over", BigInteger),
    _required("policy_version"),
    Column("model_version", Text),
    Column("source", Text),
    Column("rep_id", Text),
    Column("account_id", Text),
    Column("key_id", Text),
    _required("simulated", Boolean),
    _required("as_of"),
    _required("policies_digest"),
    Column("catalog_digest", Text),
    Column("company_digest", Text),
    _required("request_format"),
    # Last, so that a list reads past none of them.
    Column("context", LargeBinary),
    _required("document", LargeBinary),
    _required("request", LargeBinary),
    UniqueConstraint("decision_id", name="decisions_id"),
    Index("decisions_by_subject", "subject_type", "subject_id", "seq"),
    Index("decisions_by_content", "content_hash", "seq"),
    Index("decisions_by_time", "created_at"),
    Index("decisions_by_verdict", "verdict", "seq"),
    Index("decisions_by_rep", "rep_id", "seq"),
    Index("decisions_by_account", "account_id", "seq"),
    # Few values each: that none of the decisions has another is said without reading them.
    Index("decisions_by_source", "source", "seq"),
    Index("decisions_by_policies", "policy_version", "seq"),
    Index("decisions_by_model", "model_version", "seq"),
    Index("decisions_by_simulated", "simulated", "seq"),
)

CHAIN: Final = Table(
    "chain",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _required("length", BigInteger),
    _required("head"),
    CheckConstraint("id = 1", name="chain_has_one_row"),
)

ARTEFACTS: Final = Table(
    "artefacts",
    METADATA,
    Column("digest", Text, primary_key=True),
    _required("kind"),
    _required("created_at"),
    _required("content", LargeBinary),
)

API_KEYS: Final = Table(
    "api_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    _required("name"),
    _required("secret_hash"),
    _required("scopes"),
    _required("created_at"),
    Column("expires_at", Text),
    Column("revoked_at", Text),
    Column("last_used_at", Text),
    Column("rotated_from", Text),
    Column("roles", Text, nullable=False, server_default="[]"),
)

IDEMPOTENCY: Final = Table(
    "idempotency",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    _required("digest"),
    _required("status", Integer),
    _required("content_type"),
    _required("created_at"),
    _required("expires_at"),
    _required("body", LargeBinary),
    Index("idempotency_by_expiry", "expires_at"),
)

REFUSED: Final = Table(
    "refused",
    METADATA,
    Column("ref_id", Text, primary_key=True),
    _required("received_at"),
    _required("route"),
    Column("key_id", Text),
    Column("content_type", Text),
    _required("status", Integer),
    _required("length", BigInteger),
    _required("body_digest"),
    _required("problem", LargeBinary),
    _required("body", LargeBinary),
    Index("refused_by_time", "received_at"),
)

DOCUMENTS: Final = Table(
    "documents",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _required("digest"),
    _required("received_at"),
    Column("superseded_at", Text),
    Column("account_id", Text),
    Column("agreement_id", Text),
    Column("parent_id", Text),
    Column("occurred_at", Text),
    Column("key_id", Text),
    _required("simulated", Boolean),
    _required("body", LargeBinary),
    Index(
        "documents_in_force",
        "kind",
        "id",
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
    Index("documents_by_agreement", "kind", "agreement_id", "id"),
    Index("documents_by_account", "kind", "account_id", "id"),
    Index("documents_by_parent", "kind", "parent_id", "id"),
)

HOLDS: Final = Table(
    "holds",
    METADATA,
    Column("billing_configuration_id", Text, primary_key=True),
    _required("state"),
    _required("since"),
    Column("held_since", Text),
    _required("decision_id"),
    Column("revision", Text),
    Column("agreement_id", Text),
    Column("account_id", Text),
    # A day without a date sorts after all that have one.
    _required("due"),
    Column("first_invoice_date", Text),
    _required("is_overdue", Boolean),
    Column("released_by", Text),
    Column("released_why", Text),
    _required("currency"),
    Column("at_risk_under", BigInteger),
    Column("at_risk_over", BigInteger),
    _required("simulated", Boolean),
    _required("reasons", LargeBinary),
    Index("holds_by_due", "due", "billing_configuration_id"),
    Index("holds_by_state", "state", "due", "billing_configuration_id"),
)

HOLD_HISTORY: Final = Table(
    "hold_history",
    METADATA,
    Column("billing_configuration_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _required("event"),
    _required("state"),
    _required("at"),
    _required("decision_id"),
    Column("first_invoice_date", Text),
    Column("released_by", Text),
    Column("released_why", Text),
    _required("reasons", LargeBinary),
    Column("sent_at", Text),
    Index(
        "hold_history_unsent",
        "at",
        sqlite_where=text("sent_at IS NULL"),
        postgresql_where=text("sent_at IS NULL"),
    ),
)

ALERTS: Final = Table(
    "alerts",
    METADATA,
    Column("alert_id", Text, primary_key=True),
    _required("agreement_id"),
    Column("account_id", Text),
    _required("policy_id"),
    _required("pattern"),
    _required("due_on"),
    _required("first_seen"),
    _required("last_seen"),
    Column("resolved_at", Text),
    Column("sent_at", Text),
    _required("document", LargeBinary),
    Index("alerts_by_agreement", "agreement_id"),
    Index(
        "alerts_unsent",
        "due_on",
        sqlite_where=text("sent_at IS NULL AND resolved_at IS NULL"),
        postgresql_where=text("sent_at IS NULL AND resolved_at IS NULL"),
    ),
)
