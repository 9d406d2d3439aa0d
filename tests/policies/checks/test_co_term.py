"""Lines end together."""

from datetime import date
from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.co_term import CHECK
from policies.domain.finding import Direction
from policies.domain.period import Period
from tests.builders import a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated


def ending(day, deal_type="expansion", **terms):
    return a_quote(deal_type=deal_type, lines=[a_line(end_date=day)], **terms)


@pytest.mark.parametrize("deal_type", ["expansion", "amendment"])
def test_what_is_added_to_a_contract_ends_with_it(deal_type):
    quote = ending("2026-11-30", deal_type)
    found = violated(CHECK, quote)

    # 10 seats * $100 for December.
    assert (found.loss.remaining_term, found.direction) == (Decimal(1000), Direction.UNDER)
    assert found.loss.exposures[0].period == Period(date(2026, 12, 1), date(2027, 1, 1))
    assert isinstance(after(CHECK, quote), Satisfied)


@pytest.mark.parametrize("deal_type", ["new", "renewal", "expansion", None])
def test_no_line_outlasts_its_quote(deal_type):
    quote = ending("2027-02-28", deal_type)
    found = violated(CHECK, quote)

    assert (found.loss.remaining_term, found.direction) == (Decimal(2000), Direction.OVER)
    assert isinstance(after(CHECK, quote), Satisfied)


def test_a_new_deal_may_have_a_shorter_line():
    assert isinstance(judged(CHECK, ending("2026-11-30", "new")), Satisfied)
    assert isinstance(judged(CHECK, ending("2026-11-30", None)), Undetermined)


def test_a_line_ends_no_later_than_the_one_it_belongs_to():
    child = a_line(line_id="2", parent_line_id="1", end_date="2026-12-31")
    quote = a_quote(deal_type="new", lines=[child, a_line(end_date="2026-09-30")])
    assert violated(CHECK, quote).reports["whose"] == "line 1, to which it belongs"


def test_a_line_that_ends_with_its_quote_or_states_no_end_is_fine():
    assert isinstance(judged(CHECK, ending("2026-12-31")), Satisfied)
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)


def test_a_quote_without_a_term_cannot_be_judged():
    assert isinstance(judged(CHECK, ending("2026-12-31", start_date=None, end_date=None)), Undetermined)


def test_the_money_of_usage_is_not_known():
    quote = a_quote(deal_type="expansion", lines=[a_usage_line(end_date="2026-11-30")])
    assert violated(CHECK, quote).loss.remaining_term is None
