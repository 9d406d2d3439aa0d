"""The schemas of an audit: what is asked for, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cpq_hooks.canonical.decision import FindingSchema, NotAssessedSchema
from cpq_hooks.canonical.fields import Choice, Currency, Flag, Key, Text
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Money, Number, Whole
from cpq_hooks.canonical.quote import AgreementSchema
from cpq_hooks.canonical.record import Placed, Record, Rule
from cpq_hooks.canonical.records import MOST_FINDINGS, InvoiceLineSchema, InvoiceSchema, UsageRecordSchema
from cpq_hooks.canonical.times import Day
from cpq_hooks.problem import Flaw
from policies.auditing.report import AuditPeriod, AuditReport, AuditTotals, Side
from policies.domain.agreement import Agreement
from policies.domain.invoice import Invoice, InvoiceLine
from policies.domain.usage import UsageRecord

_ANY_LENGTH = 10_000_000
_MOST_PERIODS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A finding that turned out to be right; `recovered_amount` is what was invoiced since, None is not known."""

    finding_id: str
    recovered_amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What to audit: an agreement, inline or by the id it is stored under, with its usage and its invoices.

    None of usage or invoices means those that are stored under the agreement; an empty list means that there are none.
    Findings to `confirm` and to `dismiss` (by id) become outcomes. `store` keeps the report as the newest on the agreement.
    """

    agreement: Agreement | None = None
    agreement_id: str | None = None
    usage: tuple[UsageRecord, ...] | None = None
    invoices: tuple[Invoice, ...] | None = None
    as_of: date | None = None
    confirm: tuple[Confirmation, ...] = ()
    dismiss: tuple[str, ...] = ()
    store: bool = False


def _names_one_agreement(request: Any) -> Sequence[Placed]:
    if request.agreement is None and request.agreement_id is None:
        return (((), Flaw("required", "there is no agreement: send agreement, or agreement_id of one that is stored")),)
    if request.agreement is not None and request.agreement_id not in (None, request.agreement.agreement_id):
        message = "agreement and agreement_id name two agreements: send one of them"
        return ((("agreement_id",), Flaw("conflict", message)),)
    return ()


def _judges_a_finding_once(request: Any) -> Sequence[Placed]:
    confirmed = {each.finding_id for each in request.confirm}
    message = "the finding is confirmed and dismissed: send it in one of the two"
    return [
        (("dismiss", number), Flaw("conflict", message))
        for number, each in enumerate(request.dismiss)
        if each in confirmed
    ]


class ConfirmationSchema(Record):
    """A finding that turned out to be right."""

    record = Confirmation

    finding_id = Key("The finding's id, as the audit gave it.", required=True)
    recovered_amount = Number("How much of it was invoiced since, in the agreement's currency.")


class AuditRequestSchema(Record):
    """What to audit."""

    record = AuditRequest

    agreement = Part(AgreementSchema, "The agreement, where it is not stored.")
    agreement_id = Key("The id of an agreement that is stored.")
    usage = Items(
        Part(UsageRecordSchema, "One usage record."),
        "The usage; where it is left out, what is stored for the agreement.",
        noun="usage records",
        load_default=None,
    )
    invoices = Items(
        Part(InvoiceSchema, "One invoice."),
        "The invoices; where they are left out, what is stored for the agreement.",
        noun="invoices",
        load_default=None,
    )
    as_of = Day("What should have been invoiced by this day is expected; without it, as far as the documents go.")
    confirm = Items(
        Part(ConfirmationSchema, "One finding."),
        "Findings that are right; each is stored as an outcome, which needs the scope ingest too.",
        most=MOST_FINDINGS,
        noun="findings",
    )
    dismiss = Items(
        Key("A finding's id."),
        "Findings that are wrong; each is stored as an outcome, which needs the scope ingest too.",
        most=MOST_FINDINGS,
        noun="ids",
    )
    store = Flag(
        "With true, the report is kept as the newest on the agreement and booked in the ledgers, which needs the scope ingest too.",
        load_default=False,
    )

    conditions = (Rule((), _names_one_agreement), Rule(("confirm", "dismiss"), _judges_a_finding_once))


class AuditPeriodSchema(Record):
    """One line in one service period: what should have been billed, and what was."""

    record = AuditPeriod
    writes_all = True

    line_id = Key(
        "The agreement's line; of what is billed for nothing, the name that the invoice has for it.", required=True
    )
    period_start = Day("The first day of the period.", required=True)
    period_end = Day("The last day of the period.", required=True)
    used = Number("What was used; null is not known, which is not zero.", required=True, nullable=True)
    included = Number("What the price includes.", required=True, nullable=True)
    overage = Number("What was used beyond that.", required=True, nullable=True)
    expected_amount = Money("What should be billed; null is not known.", least=None, required=True, nullable=True)
    expected_how = Items(
        Text("One step.", longest=_ANY_LENGTH),
        "How that comes about, in steps that a person can follow.",
        required=True,
    )
    billed_amount = Money("What was billed; null cannot be compared.", least=None, required=True, nullable=True)
    invoice_ids = Items(Key("An invoice's id."), "The invoices on which it was billed.", required=True)
    difference = Money(
        "Expected less billed, positive where too little was billed.", least=None, required=True, nullable=True
    )
    direction = Choice(
        Side, "under: too little was billed; over: too much; unknown: it cannot be told; null: it is right.",
        required=True, nullable=True,
    )  # fmt: skip
    pattern = Key("The leakage pattern of the difference.", required=True, nullable=True)
    recoverable = Flag(
        "Whether it can still be invoiced; null where there is nothing to recover or none can tell.",
        required=True,
        nullable=True,
    )


class AuditTotalsSchema(Record):
    """The sums of an audit; under and over are never netted."""

    record = AuditTotals
    writes_all = True

    expected = Money("What should have been billed, as far as it is known.", least=None, required=True)
    billed = Money("What was billed.", least=None, required=True)
    under = Money("What was billed too little.", least=None, required=True)
    over = Money("What was billed too much.", least=None, required=True)
    unknown_periods = Whole("How many periods cannot be told.", most=_MOST_PERIODS, required=True)


class DraftInvoiceLineSchema(InvoiceLineSchema):
    """One line of an invoice that is still to be made."""

    record = InvoiceLine

    amount = Money("The amount that is owed.", least=None, required=True)


class AuditReportSchema(Record):
    """What an agreement should have billed, what was billed, and why they differ."""

    record = AuditReport
    writes_all = True

    agreement_id = Key("The agreement.", required=True)
    currency = Currency("The currency of every amount in the report, ISO 4217.", required=True)
    audited_through = Day(
        "The last day of which something was expected; null where there was nothing to go by.",
        required=True,
        nullable=True,
    )
    periods = Items(Part(AuditPeriodSchema, "One line in one period."), "Every period of every line.", required=True)
    findings = Items(Part(FindingSchema, "One finding."), "What was found, the largest amounts first.", required=True)
    totals = Part(AuditTotalsSchema, "The sums.", required=True)
    draft_invoice_lines = Items(
        Part(DraftInvoiceLineSchema, "One line."), "What is owed and can still be invoiced.", required=True
    )
    not_assessed = Items(Part(NotAssessedSchema, "One reason."), "What could not be judged, and why.", required=True)
