"""How often and how early recurring lines are billed."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.billing_rhythm import CHECK
from tests.builders import a_company, a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated


def a_company_billing(*frequencies, rate="8"):
    terms = {"standard_days": 30, "approver": "finance", "standard_frequencies": frequencies}
    return a_company(payment_terms=terms | {"annual_rate_percent": rate})


ANNUAL = a_company_billing("annual")


def billed(frequency, timing="in_advance", *lines, **terms):
    """Ten seats at $100 a month: 12,000 a year."""
    return a_quote(billing_frequency=frequency, billing_timing=timing, lines=lines or [a_line()], **terms)


@pytest.mark.parametrize(
    ("frequency", "timing", "months"),
    [
        ("monthly", "in_advance", "5.5"),  # the mean of 0 to 11 months
        ("quarterly", "in_advance", "4.5"),  # the mean of 0, 3, 6 and 9
        ("semiannual", "in_advance", "3"),
        ("annual", "in_arrears", "12"),
        ("monthly", "in_arrears", "6.5"),  # the mean of 1 to 12
    ],
)
def test_the_cash_is_late_by_the_mean_of_its_months(frequency, timing, months):
    found = violated(CHECK, billed(frequency, timing), company=ANNUAL)
    assert found.loss.remaining_term == pytest.approx(Decimal(12000) * Decimal("0.08") * Decimal(months) / 12)
    assert found.approver == "finance"
    assert isinstance(after(CHECK, billed(frequency, timing), company=ANNUAL), Satisfied)


def test_over_two_years_it_costs_twice():
    found = violated(CHECK, billed("monthly", end_date="2027-12-31"), company=ANNUAL)
    assert found.loss.remaining_term == pytest.approx(2 * Decimal(12000) * Decimal("0.08") * Decimal("5.5") / 12)


def test_a_term_of_six_months_is_held_against_one_invoice_for_it():
    # The mean of 0 to 5 months is 2.5, for half a year of 12,000.
    found = violated(CHECK, billed("monthly", end_date="2026-06-30"), company=ANNUAL)
    assert found.loss.remaining_term == pytest.approx(Decimal(6000) * Decimal("0.08") * Decimal("2.5") / 12)


@pytest.mark.parametrize("frequency", ["annual", "term", "once"])
def test_as_early_as_standard_or_earlier_holds(frequency):
    assert isinstance(judged(CHECK, billed(frequency), company=ANNUAL), Satisfied)


def test_of_several_standard_frequencies_the_finest_is_the_limit():
    company = a_company_billing("annual", "quarterly")
    assert isinstance(judged(CHECK, billed("quarterly"), company=company), Satisfied)
    assert violated(CHECK, billed("monthly"), company=company).reports["standard"] == "quarterly in advance"


def test_a_line_that_goes_its_own_way_is_named_and_changed_alone():
    quote = billed("annual", "in_advance", a_line(), a_line(line_id="2", billing_timing="in_arrears"))
    found = violated(CHECK, quote, company=ANNUAL)

    assert found.line_ids == ("2",)
    assert [change.path for change in found.changes] == ["/lines/1/billing_timing"]
    assert found.evidence[0].field == "lines[2].billing_timing"


def test_usage_in_arrears_is_as_it_should_be():
    quote = billed("annual", "in_advance", a_line(), a_usage_line(line_id="2", billing_timing="in_arrears"))
    assert isinstance(judged(CHECK, quote, company=ANNUAL), Satisfied)
    assert isinstance(judged(CHECK, billed("monthly", None, a_usage_line()), company=ANNUAL), NotApplicable)


def test_without_a_cost_of_cash_the_money_is_not_known():
    found = violated(CHECK, billed("monthly"), company=a_company_billing("annual", rate=None))
    assert found.loss.remaining_term is None


@pytest.mark.parametrize(
    ("quote", "company", "because"),
    [
        (billed(None), ANNUAL, "no billing frequency"),
        (billed("annual", None), ANNUAL, "in advance or in arrears"),
        (billed("monthly"), a_company(), "no standard billing frequencies"),
    ],
)
def test_what_is_missing_is_named(quote, company, because):
    found = judged(CHECK, quote, company=company)
    assert isinstance(found, Undetermined)
    assert because in found.because
