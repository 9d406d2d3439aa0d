"""The schemas of what happens after the sale: usage, invoices, outcomes, and what a reviewer says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cpq_hooks.canonical.fields import Choice, Currency, Flag, Key, Statement
from cpq_hooks.canonical.line import ends_after_start
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Amount, Number, Whole
from cpq_hooks.canonical.record import Placed, Record, Rule
from cpq_hooks.canonical.times import Day, Moment
from cpq_hooks.problem import Flaw
from policies.domain.invoice import Invoice, InvoiceLine, InvoiceLineKind
from policies.domain.outcome import Outcome, OutcomeSource, OutcomeSubject, OutcomeVerdict, SubjectType
from policies.domain.review import Review, ReviewAction
from policies.domain.usage import UsageRecord

MOST_FINDINGS: Final = 10_000


def _has_a_time(usage: Any) -> Sequence[Placed]:
    period = (usage.period_start, usage.period_end)
    if usage.at is not None:
        if period == (None, None):
            return ()
        return ((("at",), Flaw("conflict", "usage is at a moment or over a period: send at, or the period, not both")),)
    if None in period:
        message = "the usage has no time: send period_start and period_end, or at"
        return (((), Flaw("no_time", message)),)
    return ()


def _is_of_something(usage: Any) -> Sequence[Placed]:
    if usage.line_id is None and usage.product_id is None:
        return (((), Flaw("no_target", "the usage says not of what it is: send line_id or product_id")),)
    return ()


class UsageRecordSchema(Record):
    """What a customer used, as the product measured it."""

    record = UsageRecord

    usage_id = Key("The record's id; sent again with the same content it counts once.", required=True)
    account_id = Key("The customer.")
    agreement_id = Key("The agreement under which it was used.")
    line_id = Key("The agreement's line that it is usage of.")
    product_id = Key("The product that was used, where no line is named.")
    period_start = Day("The first day of the period that the quantity is for.")
    period_end = Day("The last day of the period that the quantity is for.")
    at = Moment("The moment of use, in place of a period.")
    quantity = Number("How much was used; zero is a reading, absence is none.", required=True)

    conditions = (Rule((), _has_a_time), Rule((), _is_of_something), ends_after_start("period_start", "period_end"))


class InvoiceLineSchema(Record):
    """One amount of an invoice."""

    record = InvoiceLine

    line_id = Key("The agreement's line that is invoiced.")
    charge_id = Key("The charge of the billing configuration that is invoiced.")
    product_id = Key("The product that is invoiced.")
    kind = Choice(InvoiceLineKind, "What the amount is for.")
    period_start = Day("The first day of the service period.")
    period_end = Day("The last day of the service period.")
    quantity = Number("How many units are invoiced; a credit may be negative.", least=None)
    unit_price = Number("The price of one unit; a credit may be negative.", least=None)
    amount = Amount("The amount, negative for credits and discounts.", least=None, required=True)

    conditions = (ends_after_start("period_start", "period_end"),)


class InvoiceSchema(Record):
    """An invoice as issued."""

    record = Invoice
    states_currency = True

    invoice_id = Key("The invoice's id in the billing system.", required=True)
    account_id = Key("The customer.")
    agreement_id = Key("The agreement that it invoices.")
    billing_configuration_id = Key("The billing configuration that made it.")
    issued_on = Day("The day on which it was issued.")
    currency = Currency("The currency of every amount on the invoice, ISO 4217.", required=True)
    lines = Items(
        Part(InvoiceLineSchema, "One amount."), "What was invoiced, line by line.", required=True, noun="lines"
    )
    total = Amount("The invoice's total as printed.", least=None)


class OutcomeSubjectSchema(Record):
    """The document that an outcome is about."""

    record = OutcomeSubject

    type = Choice(SubjectType, "The kind of document.", required=True)
    id = Key("The document's id.", required=True)


def _money_has_a_currency(outcome: Any) -> Sequence[Placed]:
    if outcome.currency is None and (outcome.amount is not None or outcome.recovered_amount is not None):
        return ((("currency",), Flaw("required", "currency is missing: an amount means nothing without it")),)
    return ()


class OutcomeSchema(Record):
    """Whether a deal leaked, how much, and how that was found."""

    record = Outcome
    states_currency = True

    outcome_id = Key("The outcome's id.", required=True)
    subject = Part(OutcomeSubjectSchema, "The document that it is about.", required=True)
    leaked = Flag("Whether money was lost.", required=True)
    pattern = Key("The leakage pattern, such as U05.")
    amount = Amount("How much was lost.")
    currency = Currency("The currency of the amounts, ISO 4217.")
    discovered_at = Moment("When it was found; a date is the start of that day.", whole_days="start")
    recovered_amount = Amount("How much of it was recovered.")
    source = Choice(OutcomeSource, "How it came to be known.")
    decision_id = Key("The decision that it judges.")
    finding_id = Key("The finding that it judges.")
    verdict = Choice(OutcomeVerdict, "How it judges what was decided.")

    conditions = (Rule((), _money_has_a_currency),)


def _waiver_is_bounded(review: Any) -> Sequence[Placed]:
    if review.action is not ReviewAction.WAIVE:
        if review.expires_on is None:
            return ()
        return ((("expires_on",), Flaw("conflict", "only a waiver ends on a day: leave expires_on out")),)
    found: list[Placed] = []
    if review.expires_on is None:
        message = "expires_on is missing: a waiver holds until a day, named here"
        found.append((("expires_on",), Flaw("required", message)))
    if not review.finding_ids:
        message = "finding_ids is missing: a waiver names the findings that it covers"
        found.append((("finding_ids",), Flaw("required", message)))
    return found


class ReviewSchema(Record):
    """What a person does about a decision."""

    record = Review

    action = Choice(ReviewAction, "What is done.", required=True)
    finding_ids = Items(
        Key("A finding's id."), "The findings that it is about; none is all of them.", most=MOST_FINDINGS, noun="ids"
    )
    reason_code = Key("A word for the reason, for statistics.")
    reason = Statement("The reason in words, for whoever reads the record.", required=True)
    expires_on = Day("For a waiver: the last day on which it holds.")
    escalate_to = Key("For an escalation: the role that it goes to; the next one up the ladder unless stated.")
    case_version = Whole(
        "The version of the case that the reviewer saw; a case that has changed since is refused.", most=1_000_000_000
    )

    conditions = (Rule(("action",), _waiver_is_bounded),)
