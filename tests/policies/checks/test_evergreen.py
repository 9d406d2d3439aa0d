"""Contracts without an end: they need a notice and a price step."""

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.evergreen import CHECK
from tests.builders import a_line, a_quote
from tests.judging import judged, violated


def evergreen(**renewal):
    return a_quote(end_date=None, renewal={"auto_renew": True} | renewal)


@pytest.mark.parametrize(
    ("renewal", "missing"),
    [
        ({}, "notice and no price step"),
        ({"notice_days": 60}, "price step"),
        ({"notice_days": 60, "uplift_percent": "0"}, "price step"),
        ({"uplift_percent": "3"}, "notice"),
    ],
)
def test_what_is_missing_is_named(renewal, missing):
    found = violated(CHECK, evergreen(**renewal))
    assert (found.reports["missing"], found.loss.remaining_term) == (missing, None)


def test_with_both_it_holds():
    assert isinstance(judged(CHECK, evergreen(notice_days=60, uplift_percent="3")), Satisfied)


@pytest.mark.parametrize(
    "quote",
    [
        a_quote(renewal={"auto_renew": True}),
        a_quote(end_date=None, term_months=12, renewal={"auto_renew": True}),
        a_quote(end_date=None, renewal={"auto_renew": False}),
        a_quote(end_date=None),
        a_quote(end_date=None, renewal={"auto_renew": True}, lines=[a_line(end_date="2026-12-31")]),
    ],
)
def test_a_term_or_no_renewal_is_no_evergreen(quote):
    assert isinstance(judged(CHECK, quote), NotApplicable)
