"""A cap on renewal prices: its level, and whether it can be read in two ways."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.renewal_cap import CHECK
from tests.builders import a_company, a_quote
from tests.judging import after, judged, violated

COMPANY = a_company(renewal={"minimum_cap_percent": "3", "approver": "finance"})


def capped(percent="3", months=12, *terms):
    special = [{"text": text} for text in terms]
    return a_quote(renewal={"cap_percent": percent, "term_months": months}, special_terms=special)


def test_a_cap_under_policy_costs_the_growth_that_it_forbids():
    # 12,000 a year; 3 % instead of 2 % are 120.
    found = violated(CHECK, capped("2"), company=COMPANY)

    assert (found.loss.remaining_term, found.approver) == (Decimal(120), "finance")
    assert str(found.loss.exposures[0].period) == "2027-01-01 to 2027-12-31"
    assert isinstance(after(CHECK, capped("2"), company=COMPANY), Satisfied)


def test_over_two_renewals_the_gap_adds_up():
    # 12,000 * ((1.03 - 1.02) + (1.0609 - 1.0404)) = 120 + 246
    company = a_company(renewal={"minimum_cap_percent": "3", "expected_renewals": 2})
    assert violated(CHECK, capped("2"), company=company).loss.remaining_term == Decimal(366)


@pytest.mark.parametrize("percent", ["3", "8"])
def test_at_the_minimum_or_above_it_holds(percent):
    assert isinstance(judged(CHECK, capped(percent), company=COMPANY), Satisfied)


def test_on_three_years_three_percent_can_be_read_in_two_ways():
    # 1.03^3 - 1 = 9.2727 %, or 9 % simple. The readings lie 6.27 % of 12,000 apart, for three years.
    found = violated(CHECK, capped("3", 36), company=COMPANY)

    assert found.reports["problem"] == (
        "a cap of 3 % on a renewal of 36 months can be read as 3 % once, or for each year, "
        "which is 9.27 % compounded or 9 % simple"
    )
    assert found.loss.remaining_term == Decimal("2257.2")
    assert (found.discriminator, found.confidence, found.changes) == ("basis", Decimal("0.70"), ())


@pytest.mark.parametrize(
    ("term", "holds"),
    [
        ("Renewal increases are capped at 3 % per year of the renewal term.", True),
        ("The cap applies once, at the renewal.", True),
        ("Price increases shall not exceed 3 % per annum.", True),
        ("Increases are capped at 3 %.", False),
        ("Invoices are sent once per year.", False),  # says nothing of an increase
    ],
)
def test_a_special_term_on_increases_may_say_which(term, holds):
    assert isinstance(judged(CHECK, capped("3", 36, term), company=COMPANY), Satisfied) is holds


def test_low_and_ambiguous_are_two_findings():
    found = judged(CHECK, capped("2", 36), company=COMPANY)
    assert [each.discriminator for each in found] == ["level", "basis"]


def test_what_it_does_not_speak_of():
    assert isinstance(judged(CHECK, a_quote(), company=COMPANY), NotApplicable)
    assert isinstance(judged(CHECK, a_quote(renewal={"auto_renew": True}), company=COMPANY), NotApplicable)
    assert isinstance(judged(CHECK, capped("1"), company=a_company()), Undetermined)
