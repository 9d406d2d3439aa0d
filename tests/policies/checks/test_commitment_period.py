"""A commitment period has to end with an invoice, and within the term."""

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.commitment_period import CHECK
from policies.domain.charge import PricePeriod
from policies.domain.finding import Change
from tests.builders import a_quote, a_usage_line
from tests.judging import after, judged, violated


def committed(period, frequency="monthly", **terms):
    commitment = {"amount": "1000", "period": period, "true_up": True}
    return a_quote(lines=[a_usage_line(minimum_commitment=commitment)], billing_frequency=frequency, **terms)


@pytest.mark.parametrize(
    ("period", "frequency"),
    [
        ("month", "monthly"),
        ("year", "monthly"),
        ("year", "annual"),
        ("quarter", "monthly"),
        ("term", "annual"),
        ("month", None),
    ],
)
def test_periods_that_an_invoice_closes_are_fine(period, frequency):
    assert isinstance(judged(CHECK, committed(period, frequency)), Satisfied)


@pytest.mark.parametrize(
    ("period", "frequency", "words"),
    [
        (None, "monthly", "does not say"),
        ("one_time", "monthly", "does not say"),
        ("month", "annual", "only looked at when the annual invoice"),
        ("quarter", "semiannual", "only looked at when the semiannual invoice"),
    ],
)
def test_periods_that_no_invoice_closes_are_not(period, frequency, words):
    assert words in violated(CHECK, committed(period, frequency)).reports["reason"]


def test_a_period_that_is_longer_than_the_term_never_comes_due():
    found = violated(CHECK, committed("year", end_date="2026-06-30"))
    assert found.reports["reason"].endswith("longer than the term: it never comes due")


def test_a_missing_period_is_proposed_from_the_billing_frequency():
    found = violated(CHECK, committed(None, "quarterly"))
    path = "/lines/0/minimum_commitment/period"

    assert found.changes == (Change(path=path, value=PricePeriod.QUARTER, absent=True),)
    assert isinstance(after(CHECK, committed(None, "quarterly")), Satisfied)
    assert violated(CHECK, committed(None, "semiannual")).changes == ()


def test_without_a_commitment_there_is_nothing_to_judge():
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)
