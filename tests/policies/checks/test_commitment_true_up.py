"""A commitment is owed only where its shortfall is billed."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.commitment_true_up import CHECK
from policies.domain.finding import Change
from tests.builders import a_line, a_quote, a_usage_line, tiers
from tests.judging import after, judged, violated


def committed(**commitment):
    """60,000 calls a month at $0.01 are expected: $600 of the $1,000 that are committed."""
    terms = {"amount": "1000", "period": "month"} | commitment
    return a_quote(lines=[a_usage_line(quantity="60000", minimum_commitment=terms)])


@pytest.mark.parametrize("true_up", [None, False])
def test_without_a_true_up_the_shortfall_of_each_month_is_lost(true_up):
    found = violated(CHECK, committed(true_up=true_up))

    # 1,000 - 600 = 400 a month, 4,800 in twelve.
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(400), Decimal(4800))
    assert found.changes == (Change(path="/lines/0/minimum_commitment/true_up", value=True, absent=true_up is None),)
    assert found.reports == {"commitment": "$1,000 a month"}


def test_the_proposed_true_up_clears_it():
    assert isinstance(after(CHECK, committed()), Satisfied)


def test_a_true_up_satisfies_and_no_commitment_or_one_of_zero_is_nothing_to_judge():
    assert isinstance(judged(CHECK, committed(true_up=True)), Satisfied)
    assert isinstance(judged(CHECK, committed(amount="0")), NotApplicable)
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)


def test_a_yearly_commitment_counts_a_year_of_use():
    # 12 * 600 = 7,200 of 10,000.
    found = violated(CHECK, committed(amount="10000", period="year"))
    assert found.loss.remaining_term == Decimal(2800)


def test_use_beyond_the_commitment_loses_nothing():
    assert violated(CHECK, committed(amount="500")).loss.remaining_term == Decimal(0)


@pytest.mark.parametrize(
    "line",
    [
        a_usage_line(minimum_commitment={"amount": "1000", "period": "month"}),
        a_usage_line(quantity="5", minimum_commitment={"amount": "1000"}),
        a_line(tiers=tiers(("10", "1"), (None, "2")), minimum_commitment={"amount": "1000", "period": "month"}),
    ],
)
def test_where_the_use_or_its_price_is_not_known_neither_is_the_money(line):
    found = violated(CHECK, a_quote(lines=[line]))
    assert found.loss.remaining_term is None
    assert found.loss.assumptions


def test_without_a_term_only_the_period_is_priced():
    quote = a_quote(lines=committed().lines, start_date=None, end_date=None)
    loss = violated(CHECK, quote).loss
    assert (loss.per_period, loss.remaining_term) == (Decimal(400), None)
