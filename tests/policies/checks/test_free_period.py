"""Free time at the start of a line, as the discount that it is."""

from datetime import date
from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.free_period import CHECK
from tests.builders import a_company, a_line, a_quote, a_usage_line, an_authority
from tests.judging import after, judged, violated

COMPANY = a_company()


def quoted(line=None, role="ae", **terms):
    """Ten seats at $100 a month for 2026: 12,000 in 365 days."""
    return a_quote(lines=[line or a_line()], rep={"rep_id": "R-1", "role": role}, **terms)


def free(months, **terms):
    return quoted(a_line(free_months=months, **terms))


def test_two_free_months_are_for_the_manager():
    # January and February have 59 days: 16.16 % of 365, and 59 / 365 of 12,000.
    found = violated(CHECK, free("2"), company=COMPANY)

    assert (found.reports["days"], found.reports["discount"]) == (59, Decimal("16.16"))
    assert found.loss.remaining_term == Decimal(59) * 12000 / 365
    assert found.approver == "manager"
    assert found.clears_without_approval == "line 1 free for 36 days or less"  # 10 % of 365


def test_its_remedy_is_the_most_that_the_rep_may_give():
    assert [(change.path, change.value) for change in violated(CHECK, free("2"), company=COMPANY).changes] == [
        ("/lines/0/free_months", Decimal(1))
    ]
    assert isinstance(after(CHECK, free("2"), company=COMPANY), Satisfied)


@pytest.mark.parametrize(
    ("months", "approver"), [("2.25", "manager"), ("2.5", "director"), ("3", "director"), ("4", "cro"), ("12", "cfo")]
)
def test_the_longer_it_is_free_the_higher_it_goes(months, approver):
    assert violated(CHECK, free(months), company=COMPANY).approver == approver


@pytest.mark.parametrize("months", ["0", "0.5", "1"])
def test_within_the_reps_authority_nobody_is_asked(months):
    assert isinstance(judged(CHECK, free(months), company=COMPANY), Satisfied | NotApplicable)


@pytest.mark.parametrize("on_line", [True, False])
def test_billing_that_starts_later_is_free_time_too(on_line):
    start = {"billing_start_date": "2026-03-01"}
    quote = quoted(a_line(**start)) if on_line else quoted(**start)
    found = violated(CHECK, quote, company=COMPANY)

    assert found.reports["days"] == 59
    (change,) = found.changes
    # 36 days from 1 January end before 6 February.
    assert change.value == date(2026, 2, 6)
    assert change.path == ("/lines/0/billing_start_date" if on_line else "/billing_start_date")
    assert isinstance(after(CHECK, quote, company=COMPANY), Satisfied)


def test_free_months_and_a_later_start_are_one_free_time():
    quote = quoted(a_line(free_months="3"), billing_start_date="2026-03-01")
    found = violated(CHECK, quote, company=COMPANY)

    assert found.reports["days"] == 90
    assert len(found.changes) == len(found.evidence) == 2
    assert isinstance(after(CHECK, quote, company=COMPANY), Satisfied)


@pytest.mark.parametrize("start", ["2026-01-01", "2025-12-01"])
def test_billing_from_the_first_day_is_not_free(start):
    assert isinstance(judged(CHECK, quoted(billing_start_date=start), company=COMPANY), Satisfied)


def test_where_the_rep_may_give_nothing_the_remedy_gives_nothing():
    company = a_company(discount_authority=an_authority(ae="0"))
    found = violated(CHECK, free("1"), company=company)

    assert (found.changes[0].value, found.remedy_text) == (Decimal(0), "Give no free month")
    assert isinstance(after(CHECK, free("1"), company=company), Satisfied | NotApplicable)


def test_on_usage_the_money_is_not_known():
    found = violated(CHECK, quoted(a_usage_line(free_months="2")), company=COMPANY)
    assert (found.loss.remaining_term, found.loss.already_lost) == (None, None)


def test_what_it_does_not_speak_of():
    assert isinstance(judged(CHECK, quoted(), company=COMPANY), NotApplicable)
    assert isinstance(judged(CHECK, free("2", charge_type="one_time"), company=COMPANY), NotApplicable)


@pytest.mark.parametrize(
    ("quote", "because"),
    [
        (a_quote(lines=[a_line(free_months="2")]), "the rep's role"),
        (quoted(a_line(free_months="2"), start_date=None), "start date"),
    ],
)
def test_what_is_missing_is_named(quote, because):
    found = judged(CHECK, quote, company=COMPANY)
    assert isinstance(found, Undetermined)
    assert because in found.because
