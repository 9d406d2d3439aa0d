"""Clauses that fix prices: within the term they cost nothing, beyond it they cost the uplift."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.price_lock import CHECK
from tests.builders import a_company, a_quote
from tests.judging import judged, violated

COMPANY = a_company(renewal={"minimum_uplift_percent": "5", "approver": "finance"})


def promising(*texts):
    """Ten seats at $100 a month for the year 2026: 12,000."""
    return a_quote(special_terms=[{"text": text} for text in texts])


@pytest.mark.parametrize(
    "text",
    [
        "Prices shall remain fixed for 36 months.",
        "Customer receives a three-year price lock.",
        "Vendor will hold unit prices for three years.",
        "There will be no price increases for 36 months.",
        "Price protection: 36 months from the effective date.",
    ],
)
def test_a_lock_beyond_the_term_costs_the_uplift_of_the_years_after(text):
    # Two years after the term: 12,000 * 5 % and 12,000 * 10.25 %.
    found = violated(CHECK, promising(text), company=COMPANY)

    assert found.loss.remaining_term == Decimal(1830)
    assert str(found.loss.exposures[0].period) == "2027-01-01 to 2028-12-31"
    assert found.reports["problem"] == "prices are fixed for 36 months, the term is 12 months"
    assert found.approver == "finance"


def test_half_a_year_beyond_the_term_costs_half():
    assert violated(CHECK, promising("Fees are locked for 18 months."), company=COMPANY).loss.remaining_term == 300


@pytest.mark.parametrize(
    "text",
    [
        "Prices are fixed for 12 months.",
        "Prices are fixed during the initial term.",
        "Rates remain unchanged throughout the term.",
        "Invoices are due in 36 months.",
        "The order lasts for 36 months.",
    ],
)
def test_a_lock_within_the_term_is_none(text):
    assert isinstance(judged(CHECK, promising(text), company=COMPANY), Satisfied)


@pytest.mark.parametrize("text", ["Prices are locked.", "Prices are fixed for the term and all renewals."])
def test_a_lock_without_a_duration_is_found_with_less_confidence(text):
    found = violated(CHECK, promising(text), company=COMPANY)
    assert (found.loss.remaining_term, found.confidence) == (None, Decimal("0.60"))


def test_of_several_locks_the_longest_counts():
    found = violated(CHECK, promising("Prices fixed for 24 months.", "Rates fixed for 36 months."), company=COMPANY)
    assert found.evidence[0].field == "special_terms[1].text"


def test_without_an_uplift_the_money_is_not_known():
    assert violated(CHECK, promising("Prices are fixed for 36 months.")).loss.remaining_term is None


def test_without_special_terms_there_is_nothing_to_read():
    assert isinstance(judged(CHECK, a_quote(), company=COMPANY), NotApplicable)
