"""Prepaid credit has a last day."""

from datetime import date

from policies.check import NotApplicable, Satisfied
from policies.checks.drawdown_expiry import CHECK
from policies.domain.finding import Change
from tests.builders import a_quote, a_usage_line
from tests.judging import after, judged, violated


def prepaid(expires_on=None, **terms):
    drawdown = {"credit_amount": "10000", "expires_on": expires_on}
    return a_quote(lines=[a_usage_line(drawdown=drawdown)], **terms)


def test_credit_that_never_expires_is_proposed_to_end_with_the_term():
    found = violated(CHECK, prepaid())

    assert found.changes == (Change(path="/lines/0/drawdown/expires_on", value=date(2026, 12, 31), absent=True),)
    assert found.reports == {"credit": "$10,000"}
    assert found.loss.remaining_term is None
    assert isinstance(after(CHECK, prepaid()), Satisfied)


def test_without_a_term_no_day_is_proposed():
    assert violated(CHECK, prepaid(start_date=None, end_date=None)).changes == ()


def test_a_stated_day_satisfies_and_no_credit_is_nothing_to_judge():
    assert isinstance(judged(CHECK, prepaid("2027-12-31")), Satisfied)
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)
