"""What goes into the store and comes out of it: plain records, never rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection

from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import SubjectType
from policies.holding import Hold, HoldChange, HoldEvent, HoldReason, HoldState


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """What a decision is looked up and listed by.

    `at_risk_under` and `at_risk_over` are in `currency` and rounded to its minor unit, None where nothing could be assessed;
    the decision document has the exact figures.
    """

    decision_id: str
    created_at: datetime
    subject: Subject
    verdict: Verdict
    headline: str
    currency: str
    policy_version: str
    at_risk_under: Decimal | None = None
    at_risk_over: Decimal | None = None
    model_version: str | None = None
    source: str | None = None
    rep_id: str | None = None
    account_id: str | None = None
    key_id: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a decision was made from besides the request: enough to make it again.

    `policies`, `catalog` and `company` are digests of artefacts in the store. `context` is a JSON document of what else the
    evaluation was given (earlier approvals, waivers). `request_format` says who can read the request: "canonical" or a connector.
    """

    as_of: datetime
    policies: str
    catalog: str | None = None
    company: str | None = None
    context: bytes | None = None
    request_format: str = "canonical"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """A decision with everything that led to it: `request` as it came and `document` as it was answered, both in bytes."""

    summary: DecisionSummary
    basis: Basis
    request: bytes
    document: bytes


Beside = Callable[[Connection, RecordedDecision], None]
"""What else happens in the transaction that records a decision: a step that a room of the store gives. It may run again on a
clean slate, and undoes everything by raising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A decision's place in the hash chain. Whoever keeps `record_hash` elsewhere can prove what was recorded up to `seq`."""

    seq: int
    prev_hash: str
    record_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision out of the record, with its place in the chain."""

    decision: RecordedDecision
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions to list; None matches all. `created_from` is included, `created_before` is not. `newest_only` leaves
    out those that a later decision on the same document came after.
    """

    subject_type: SubjectType | None = None
    subject_id: str | None = None
    content_hash: str | None = None
    verdict: Verdict | None = None
    rep_id: str | None = None
    account_id: str | None = None
    source: str | None = None
    policy_version: str | None = None
    simulated: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    model_version: str | None = None
    newest_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    """Decisions, newest first. `next_page` is the token of the page after this one; None on the last."""

    decisions: tuple[DecisionSummary, ...]
    next_page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller was sent: HTTP status, media type and body."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """A request that carries an Idempotency-Key. `digest` is of its route and content, so that a changed one is noticed."""

    key_id: str
    route: str
    idempotency_key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedAnswer:
    """The answer to a keyed request, given again until `expires_at`."""

    request: KeyedRequest
    answer: Answer
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRequest:
    """A request that was refused, as it came. `problem` is the problem document that it got.

    `body` may be the first part only; `length` is then that of the whole, as far as it is known.
    """

    ref_id: str
    received_at: datetime
    route: str
    status: int
    problem: bytes
    body: bytes
    length: int
    content_type: str | None = None
    key_id: str | None = None


class DocumentKind(StrEnum):
    """What is stored by id besides decisions."""

    QUOTE = "quote"
    AGREEMENT = "agreement"
    BILLING_CONFIGURATION = "billing_configuration"
    USAGE = "usage"
    INVOICE = "invoice"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as it was sent, under its own id.

    `account_id`, `agreement_id` and `occurred_at` (usage: its period's start; invoice: its date; outcome: when it was discovered)
    are what it is looked up by. `parent_id` is the document's quote, configuration or subject where it has one.
    """

    id: str
    body: bytes
    account_id: str | None = None
    agreement_id: str | None = None
    parent_id: str | None = None
    occurred_at: datetime | None = None
    key_id: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """One version of a document; `superseded_at` is None for the one in force."""

    kind: DocumentKind
    version: int
    digest: str
    received_at: datetime
    superseded_at: datetime | None
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which documents to find; None matches all. `occurred_from` is included, `occurred_before` is not, nor is `after`,
    the id from which on to look.
    """

    account_id: str | None = None
    agreement_id: str | None = None
    parent_id: str | None = None
    occurred_from: datetime | None = None
    occurred_before: datetime | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNote:
    """An alert to keep: what it is looked up by, and its JSON document."""

    alert_id: str
    agreement_id: str
    policy_id: str
    pattern: str
    due_on: date
    document: bytes
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAlert:
    """An alert as it is kept: when it was seen first and last, since when it is no more, and when it was sent, if it was."""

    alert: AlertNote
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What a look at an agreement changed: alerts that are new or have come back, and those that are no more."""

    new: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PutResult:
    """How many documents were new, changed an earlier version, or were there already."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: PutResult) -> PutResult:
        return PutResult(
            created=self.created + other.created,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStep:
    """What a decision does to the hold on a billing configuration.

    `after` gets the hold as it stands when the decision is recorded, and may be asked more than once; None changes nothing.
    """

    billing_configuration_id: str
    after: Callable[[Hold | None], HoldChange | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEntry:
    """One thing that happened to a hold. `sent_at` is when the billing system was told; None is not yet."""

    number: int
    event: HoldEvent
    state: HoldState
    at: datetime
    decision_id: str
    reasons: tuple[HoldReason, ...] = ()
    first_invoice_date: date | None = None
    released_by: str | None = None
    released_why: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFilter:
    """Which holds to list; None matches all. `states` empty matches every state; `verdict` is that of the newest decision,
    and the first invoice is due before `due_before`.
    """

    states: tuple[HoldState, ...] = ()
    verdict: Verdict | None = None
    due_before: date | None = None
    agreement_id: str | None = None
    account_id: str | None = None
    overdue: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPage:
    """Holds by the day of their first invoice, the nearest first. `next_page` is None on the last page."""

    holds: tuple[Hold, ...]
    next_page: str | None
