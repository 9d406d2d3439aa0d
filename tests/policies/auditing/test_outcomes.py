"""Confirmed findings become outcomes."""

from datetime import UTC, datetime
from decimal import Decimal

from cpq_hooks.canonical import load_outcome, to_document
from policies.auditing.audit import audit
from policies.auditing.outcomes import outcome_of, outcome_of_dismissed
from policies.domain.outcome import OutcomeVerdict
from tests.billing_documents import an_agreement, an_invoice, seats_billed, seats_used

NOW = datetime(2024, 7, 15, 9, tzinfo=UTC)


def the_seats():
    report = audit(an_agreement(), seats_used(), seats_billed())
    return report, report.findings[0]


def test_a_confirmed_leak_is_an_outcome_with_its_amount_and_what_was_recovered():
    report, finding = the_seats()
    document = to_document(outcome_of(report, finding, NOW, recovered=Decimal(9350)))
    assert document["subject"] == {"type": "agreement", "id": "AG-1"}
    assert (document["leaked"], document["pattern"], document["verdict"]) == (True, "U05", "true_positive")
    assert (document["amount"], document["recovered_amount"], document["currency"]) == ("9350", "9350", "USD")
    assert (document["source"], document["finding_id"]) == ("audit", finding.finding_id)
    assert to_document(load_outcome(document)) == document


def test_what_is_said_later_of_the_same_finding_is_the_same_outcome():
    report, finding = the_seats()
    first, later = outcome_of(report, finding, NOW), outcome_of(report, finding, NOW, recovered=Decimal(100))
    assert first.outcome_id == later.outcome_id
    assert (first.recovered_amount, later.recovered_amount) == (None, 100)


def test_a_dismissed_finding_says_that_nothing_leaked():
    report, finding = the_seats()
    dismissed = outcome_of_dismissed(report, finding, NOW)
    assert (dismissed.leaked, dismissed.amount, dismissed.verdict) == (False, None, OutcomeVerdict.FALSE_POSITIVE)


def test_what_was_billed_too_much_is_no_leak_and_keeps_its_amount_apart():
    invoices = [an_invoice(1), an_invoice(1, invoice_id="again")]
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    report = audit(plain, [], invoices)
    outcome = outcome_of(report, report.findings[0], NOW)
    assert (outcome.leaked, outcome.amount, outcome.extra["over_billed_amount"]) == (False, None, "20000.00")


def test_a_leak_of_unknown_size_has_no_amount():
    report = audit(an_agreement(), seats_used()[:1], [an_invoice(1), an_invoice(2), an_invoice(3)])
    unknown = next(each for each in report.findings if each.pattern == "U01")
    assert outcome_of(report, unknown, NOW).leaked
    assert outcome_of(report, unknown, NOW).amount is None
