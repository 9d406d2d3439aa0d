"""The days to pay, who may grant more, and what they cost."""

from decimal import Decimal

import pytest

from policies.check import Satisfied, Undetermined
from policies.checks.payment_terms import CHECK
from tests.builders import a_company, a_line, a_quote
from tests.judging import after, judged, violated

TERMS = {
    "standard_days": 30,
    "approver": "cfo",
    "annual_rate_percent": "8",
    "extended": [
        {"up_to_days": 60, "approver": "finance", "minimum_acv": "20000"},
        {"up_to_days": 45, "approver": "deal-desk", "minimum_acv": "20000"},
    ],
}
COMPANY = a_company(payment_terms=TERMS)


def paying_in(days, price="73000", **terms):
    """One licence at $73,000 a year."""
    line = a_line(quantity="1", price_period="year", net_unit_price=price)
    return a_quote(lines=[line], payment_terms_days=days, **terms)


def test_75_days_cost_45_days_of_interest():
    # 73,000 * 8 % * 45 / 365 = 720
    found = violated(CHECK, paying_in(75), company=COMPANY)

    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(720), Decimal(720))
    assert [(each.line_id, each.amount) for each in found.loss.exposures] == [("1", Decimal(720))]
    assert found.clears_without_approval == "payment terms of 30 days or less"
    assert isinstance(after(CHECK, paying_in(75), company=COMPANY), Satisfied)


def test_over_two_years_twice_as_much_is_paid_late():
    found = violated(CHECK, paying_in(75, end_date="2027-12-31"), company=COMPANY)
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(720), Decimal(1440))


@pytest.mark.parametrize("days", [0, 14, 30])
def test_standard_days_or_less_need_nobody(days):
    assert isinstance(judged(CHECK, paying_in(days), company=COMPANY), Satisfied)


@pytest.mark.parametrize(
    ("days", "price", "approver"),
    [
        (31, "73000", "deal-desk"),
        (45, "20000", "deal-desk"),
        (46, "73000", "finance"),
        (61, "73000", "cfo"),
        (45, "19999", "cfo"),  # too small a deal for extended terms
    ],
)
def test_who_is_asked_depends_on_the_days_and_the_size(days, price, approver):
    assert violated(CHECK, paying_in(days, price), company=COMPANY).approver == approver


def test_without_a_cost_of_cash_the_money_is_not_known():
    company = a_company(payment_terms=TERMS | {"annual_rate_percent": None})
    found = violated(CHECK, paying_in(75), company=company)
    assert (found.loss.remaining_term, found.loss.assumptions) == (None, ("the yearly cost of cash is not known",))


def test_an_explicit_null_is_no_term_at_all_and_silence_is_not_assessed():
    null = paying_in(None, nulls=frozenset({"payment_terms_days"}))
    found = violated(CHECK, null, company=COMPANY)

    assert (found.reports["terms"], found.approver) == ("no payment terms", "cfo")
    assert isinstance(after(CHECK, null, company=COMPANY), Satisfied)
    assert isinstance(judged(CHECK, paying_in(None), company=COMPANY), Undetermined)
    assert isinstance(judged(CHECK, paying_in(75), company=a_company()), Undetermined)
