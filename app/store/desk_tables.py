"""The tables of the deal desk, as the store's statements see them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.store.tables import METADATA


def _required(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _key() -> tuple[Column[Any], Column[Any]]:
    return Column("subject_type", Text, primary_key=True), Column("subject_id", Text, primary_key=True)


def _number() -> Column[Any]:
    return Column("number", Integer, primary_key=True, autoincrement=False)


_ORDER: Final = ("urgency", "subject_type", "subject_id")
_FILTERED: Final = (
    "state", "verdict", "assignee", "source", "currency", "stage", "tier", "root_cause", "waits_for", "simulated", "rep_id",
    "account_id", "due_at", "deadline", "at_risk",
)  # fmt: skip

CASES: Final = Table(
    "cases",
    METADATA,
    *_key(),
    # Counts the changes, so that nobody acts on what he has not seen.
    _required("version", Integer),
    _required("state"),
    _required("is_open", Boolean),
    # What the queue is ordered by: smaller is more urgent. Money and deadline in one number that time does not change.
    _required("urgency", BigInteger),
    _required("decision_id"),
    _required("content_hash"),
    Column("revision", Text),
    _required("verdict"),
    _required("headline"),
    _required("currency"),
    Column("at_risk_under", BigInteger),
    Column("at_risk_over", BigInteger),
    # The larger of the two in the company's own currency, where a rate is known.
    Column("at_risk", BigInteger),
    Column("at_risk_currency", Text),
    Column("expected_leakage", BigInteger),
    Column("score", Text),
    Column("tier", Text),
    Column("root_cause", Text),
    Column("rep_id", Text),
    Column("rep_name", Text),
    Column("account_id", Text),
    Column("account_name", Text),
    Column("source", Text),
    Column("stage", Text),
    Column("key_id", Text),
    Column("assignee", Text),
    # The roles whose turn it is, each between bars: "|manager|legal|".
    Column("waits_for", Text),
    _required("simulated", Boolean),
    _required("opened_at"),
    _required("changed_at"),
    Column("due_at", Text),
    Column("deadline", Text),
    # The ids and names that a case is looked for by, in one form of upper and lower case.
    Column("search", Text, nullable=False, server_default=""),
    # Whatever the queue is filtered by is read from the index alone, without the rows.
    Index("cases_by_urgency", "is_open", *_ORDER, *_FILTERED),
    Index("cases_by_state", "state", *_ORDER),
    Index("cases_by_rep", "rep_id", "is_open", *_ORDER),
    Index("cases_by_account", "account_id", "is_open", *_ORDER),
    Index("cases_by_assignee", "assignee", "is_open", *_ORDER),
    # A part of a word is looked for in the index alone, too.
    Index("cases_by_search", "is_open", *_ORDER, "state", "search"),
)

REVIEWS: Final = Table(
    "reviews",
    METADATA,
    *_key(),
    _number(),
    _required("review_id"),
    _required("decision_id"),
    _required("content_hash"),
    _required("reviewed_at"),
    _required("action"),
    Column("reason_code", Text),
    _required("reason"),
    Column("expires_on", Text),
    _required("actor_id"),
    _required("actor_name"),
    Column("key_id", Text),
    Column("on_behalf_of", Text),
    # How the case stood afterwards.
    _required("state"),
    Column("label", Text),
    _required("simulated", Boolean),
    # Roles, findings and steps, as JSON.
    _required("details", LargeBinary),
    UniqueConstraint("review_id", name="reviews_id"),
    Index("reviews_by_decision", "decision_id"),
    Index("reviews_by_time", "reviewed_at"),
    Index("reviews_by_actor", "actor_id", "reviewed_at"),
)

APPROVAL_STEPS: Final = Table(
    "approval_steps",
    METADATA,
    *_key(),
    _number(),
    Column("chain", Text),
    _required("stage", Integer),
    _required("role"),
    _required("state"),
    Column("due_at", Text),
    Column("review_id", Text),
    Column("given_by", Text),
    Column("given_at", Text),
)

CASE_ASSIGNMENTS: Final = Table(
    "case_assignments",
    METADATA,
    *_key(),
    _number(),
    _required("at"),
    _required("assigned_by"),
    Column("assignee", Text),
)
