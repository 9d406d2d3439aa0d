"""The segments of a ramp cover the term, one after the other, each with its terms."""

from datetime import date
from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.ramp_coverage import CHECK
from policies.domain.finding import Direction
from policies.domain.period import Period
from tests.builders import a_line, a_quote
from tests.judging import after, judged, violated


def ramped(*segments, **line):
    """Ten seats at $100 a month in 2026 and, in each segment (start, end, quantity), others."""
    ramp = [
        dict(zip(("start_date", "end_date", "quantity", "net_unit_price"), each, strict=False)) for each in segments
    ]
    return a_quote(lines=[a_line(ramp=ramp, **line)])


WHOLE = [("2026-01-01", "2026-06-30", "10"), ("2026-07-01", "2026-12-31", "20")]


@pytest.mark.parametrize(
    "segments",
    [
        WHOLE,
        WHOLE[::-1],
        [("2026-01-01", None, "10"), ("2026-07-01", None, "20")],
        [("2026-07-01", "2026-12-31", "20")],  # before it, the line's own terms hold
    ],
)
def test_segments_that_follow_one_another_are_fine(segments):
    assert isinstance(judged(CHECK, ramped(*segments)), Satisfied)
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)


def test_july_without_a_price_costs_what_june_costs():
    quote = ramped(("2026-01-01", "2026-06-30", "10"), ("2026-08-01", "2026-12-31", "20"))
    found = violated(CHECK, quote)

    # 10 seats * $100 for one month.
    assert (found.loss.remaining_term, found.direction) == (Decimal(1000), Direction.UNDER)
    assert found.loss.exposures[0].period == Period(date(2026, 7, 1), date(2026, 8, 1))
    assert found.changes[0].path == "/lines/0/ramp/0/end_date"
    assert found.changes[0].value == date(2026, 7, 31)
    assert isinstance(after(CHECK, quote), Satisfied)


def test_june_priced_twice_is_over():
    quote = ramped(("2026-01-01", "2026-06-30", "10"), ("2026-06-01", "2026-12-31", "20"))
    found = violated(CHECK, quote)

    assert (found.loss.remaining_term, found.direction) == (Decimal(1000), Direction.OVER)
    assert "two segments price 2026-06-01 to 2026-06-30" in found.reports["defects"]
    assert isinstance(after(CHECK, quote), Satisfied)


def test_a_ramp_that_ends_before_the_term_leaves_the_rest_unpriced():
    quote = ramped(("2026-01-01", "2026-10-31", "10"))
    found = violated(CHECK, quote)

    assert found.loss.remaining_term == Decimal(2000)  # November and December
    assert isinstance(after(CHECK, quote), Satisfied)


def test_what_is_planned_beyond_the_term_is_not_committed():
    quote = ramped(("2026-01-01", "2027-03-31", "10"))
    found = violated(CHECK, quote)

    assert found.loss.remaining_term == Decimal(3000)  # January to March 2027
    assert "the term commits only until 2026-12-31" in found.reports["defects"]
    assert isinstance(after(CHECK, quote), Satisfied)


def test_a_ramp_that_starts_late_on_a_line_without_own_terms_is_a_gap():
    quote = ramped(("2026-02-01", "2026-12-31", "10", "100"), quantity=None, net_unit_price=None)
    found = violated(CHECK, quote)

    assert found.loss.remaining_term == Decimal(1000)  # January
    assert isinstance(after(CHECK, quote), Satisfied)


def test_a_gap_and_an_overlap_are_two_findings_and_never_netted():
    segments = [("2026-01-01", "2026-03-31"), ("2026-03-01", "2026-06-30"), ("2026-08-01", "2026-12-31")]
    found = judged(CHECK, ramped(*segments))
    assert [(each.discriminator, each.direction) for each in found] == [
        ("gap", Direction.UNDER),
        ("overlap", Direction.OVER),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"net_unit_price": None}, "segment 1 has no price and segment 2 has no price"),
        ({"quantity": None}, "segment 1 has no quantity and segment 2 has no quantity"),
    ],
)
def test_segments_need_a_price_and_a_quantity_of_their_own_or_the_lines(line, words):
    segments = [("2026-01-01", "2026-06-30"), ("2026-07-01", "2026-12-31")]
    found = violated(CHECK, ramped(*segments, **line))

    assert found.reports["defects"] == words
    assert (found.changes, found.loss.remaining_term) == ((), None)


def test_two_segments_from_the_same_day_cannot_be_mended_by_dates():
    found = violated(CHECK, ramped(("2026-01-01", "2026-12-31", "10"), ("2026-01-01", "2026-12-31", "20")))
    assert found.changes == ()
