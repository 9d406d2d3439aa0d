"""Usage, invoices, outcomes and reviews are read whole or refused with what they lack."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cpq_hooks.canonical import load_invoice, load_outcome, load_review, load_usage, to_document
from policies.domain.review import ReviewAction
from tests.cpq_hooks.refusals import only_problem, places_of
from tests.documents import a_review_sent, a_usage_sent, an_invoice_sent, an_outcome_sent


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


def test_usage_is_over_a_period_or_at_a_moment():
    assert load_usage(a_usage_sent(quantity=0)).quantity == 0
    moment = load_usage(without(a_usage_sent(at="2026-01-05T10:00:00Z"), "period_start", "period_end"))
    assert moment.at == datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "path", "message"),
    [
        (without(a_usage_sent(), "period_end"), "$", "the usage has no time: send period_start and period_end, or at"),
        (
            a_usage_sent(at="2026-01-05T10:00:00Z"),
            "$.at",
            "usage is at a moment or over a period: send at, or the period, not both",
        ),
        (without(a_usage_sent(), "line_id"), "$", "the usage says not of what it is: send line_id or product_id"),
        (a_usage_sent(quantity="-1"), "$.quantity", '"-1" is negative: send zero or more'),
        (
            a_usage_sent(period_end="2025-12-31"),
            "$.period_end",
            "period_end 2025-12-31 is before period_start 2026-01-01; an end date is the last day",
        ),
        (
            without(a_usage_sent(at="2026-01-05"), "period_start", "period_end"),
            "$.at",
            '"2026-01-05" has no time of day: send a timestamp such as "2026-01-05T09:30:00Z"',
        ),
    ],
)
def test_usage_without_time_target_or_quantity_is_refused(sent, path, message):
    assert only_problem(load_usage, sent) == (path, message)


def test_an_invoice_may_credit():
    lines = [{"kind": "credit", "amount": "-12.00", "quantity": "-1", "unit_price": "-12"}, {"amount": 3}]
    invoice = load_invoice(an_invoice_sent(lines=lines, total="-9.00"))
    assert [line.amount for line in invoice.lines] == [Decimal(-12), Decimal(3)]
    assert invoice.total == -9
    assert to_document(invoice)["lines"][0] == {
        "kind": "credit",
        "quantity": "-1",
        "unit_price": "-12",
        "amount": "-12",
    }


def test_amounts_of_an_invoice_are_held_to_its_currency():
    lines = [
        {"amount": "1.5"},
        {},
        {"amount": "2", "kind": "fee", "period_start": "2026-02-01", "period_end": "2026-01-01"},
    ]
    assert sorted(places_of(load_invoice, an_invoice_sent(currency="JPY", lines=lines, total="3.5"))) == [
        ("$.lines[0].amount", "too_many_decimals"),
        ("$.lines[1].amount", "required"),
        ("$.lines[2].kind", "unknown_value"),
        ("$.lines[2].period_end", "ends_before_start"),
        ("$.total", "too_many_decimals"),
    ]


def test_an_outcome_says_what_turned_out():
    outcome = load_outcome(
        an_outcome_sent(amount="120.50", currency="EUR", discovered_at="2026-03-01", verdict="true_positive")
    )
    assert (outcome.subject.id, outcome.leaked, outcome.amount) == ("Q-1", True, Decimal("120.50"))
    assert outcome.discovered_at == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"amount": "5"}, ("$.currency", "required")),
        ({"recovered_amount": "5"}, ("$.currency", "required")),
        ({"amount": "5.5", "currency": "JPY"}, ("$.amount", "too_many_decimals")),
        ({"leaked": "true"}, ("$.leaked", "not_a_flag")),
        ({"subject": {"type": "deal", "id": "1"}}, ("$.subject.type", "unknown_value")),
        ({"subject": None}, ("$.subject", "null")),
    ],
)
def test_an_outcome_that_says_too_little_is_refused(fields, place):
    assert places_of(load_outcome, an_outcome_sent(**fields)) == [place]


def test_a_review_names_what_is_done_and_why():
    review = load_review(
        a_review_sent(action="waive", finding_ids=["fnd_1"], expires_on="2026-06-30", reason_code="pilot")
    )
    assert review.action is ReviewAction.WAIVE
    assert (review.finding_ids, review.expires_on) == (("fnd_1",), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"reason": " "}, [("$.reason", "empty")]),
        ({"reason": None, "action": "aprove"}, [("$.action", "unknown_value"), ("$.reason", "null")]),
        ({"action": "waive"}, [("$.expires_on", "required"), ("$.finding_ids", "required")]),
        ({"expires_on": "2026-06-30"}, [("$.expires_on", "conflict")]),
        ({"finding_ids": "fnd_1"}, [("$.finding_ids", "not_a_list")]),
        ({"action": "waive", "expires_on": "soon", "finding_ids": ["f"]}, [("$.expires_on", "not_a_date")]),
    ],
)
def test_a_review_without_a_reason_or_a_waiver_without_an_end_is_refused(fields, places):
    assert sorted(places_of(load_review, a_review_sent(**fields))) == places
