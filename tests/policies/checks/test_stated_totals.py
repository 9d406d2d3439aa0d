"""The quote's stated totals are the sums of its lines."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.stated_totals import CHECK
from policies.domain.finding import Direction, Effect
from tests.builders import a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated

SETUP = a_line(line_id="2", charge_type="one_time", price_period=None, quantity="1", net_unit_price="5000")


def stated(lines=(), **totals):
    """Two years of 10 seats at $100 a month (24,000), and a fee of 5,000, unless the test says otherwise."""
    return a_quote(end_date="2027-12-31", stated_totals=totals, lines=list(lines) or [a_line(), SETUP])


def test_the_sums_of_the_lines_satisfy():
    assert isinstance(judged(CHECK, stated(tcv="29000", acv="12000", mrr="1000", one_time="5000")), Satisfied)
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)


@pytest.mark.parametrize(
    ("name", "total", "expected", "lost", "effect"),
    [
        ("tcv", "28000", "29000", 1000, None),
        ("one_time", "4000", "5000", 1000, None),
        ("acv", "11000", "12000", 2000, Effect.FLAG),  # 1,000 a year, two years
        ("mrr", "900", "1000", 2400, Effect.FLAG),  # 100 a month, 24 months
    ],
)
def test_each_total_that_is_wrong_is_named_with_its_money(name, total, expected, lost, effect):
    quote = stated(**{name: total})
    found = violated(CHECK, quote)

    assert found.evidence[0].field == f"stated_totals.{name}"
    assert Decimal(found.evidence[0].expected) == Decimal(expected)
    assert (found.loss.remaining_term, found.effect, found.direction) == (Decimal(lost), effect, Direction.UNDER)
    assert isinstance(after(CHECK, quote), Satisfied)


def test_every_wrong_total_is_a_finding_of_its_own():
    found = judged(CHECK, stated(tcv="1", one_time="1", acv="1", mrr="1"))
    assert [each.discriminator for each in found] == ["tcv", "one_time", "acv", "mrr"]


def test_too_high_a_total_is_over():
    assert violated(CHECK, stated(tcv="30000")).direction is Direction.OVER


def test_half_a_minor_unit_a_line_is_rounding():
    lines = [a_line(line_id=str(number)) for number in range(4)]  # 4 * 24,000

    assert isinstance(judged(CHECK, stated(lines, tcv="96000.02")), Satisfied)
    assert violated(CHECK, stated(lines, tcv="96000.03"))


def test_acv_may_be_read_as_the_start_or_as_the_average_of_the_term():
    # Year one at 1,000 a month, year two at 2,000: 12,000 at the start, 18,000 on average.
    ramp = [
        {"start_date": "2026-01-01", "end_date": "2026-12-31"},
        {"start_date": "2027-01-01", "end_date": "2027-12-31", "quantity": "20"},
    ]
    for acv in ("12000", "18000"):
        assert isinstance(judged(CHECK, stated([a_line(ramp=ramp)], acv=acv)), Satisfied)
    assert violated(CHECK, stated([a_line(ramp=ramp)], acv="24000"))


def test_the_acv_of_half_a_year_may_be_its_total():
    quote = a_quote(end_date="2026-06-30", stated_totals={"acv": "6000"})
    assert isinstance(judged(CHECK, quote), Satisfied)


def test_expected_use_may_be_part_of_the_tcv():
    usage = a_usage_line(line_id="3", stated_total="700")

    assert isinstance(judged(CHECK, stated([a_line(), usage], tcv="24700")), Satisfied)
    assert isinstance(judged(CHECK, stated([a_line(), usage], tcv="24000")), Satisfied)
    assert violated(CHECK, stated([a_line(), usage], tcv="25000"))


def test_use_that_nobody_estimated_leaves_a_higher_tcv_open_and_a_lower_one_wrong():
    lines = [a_line(), a_usage_line(line_id="3")]

    assert isinstance(judged(CHECK, stated(lines, tcv="25000")), Undetermined)
    assert isinstance(judged(CHECK, stated(lines, acv="1")), Undetermined)
    assert violated(CHECK, stated(lines, tcv="23000"))


def test_where_a_line_cannot_be_recomputed_its_stated_total_stands_in():
    undated = {"start_date": None, "end_date": None, "lines": [a_line(stated_total="24000")]}

    assert isinstance(judged(CHECK, a_quote(stated_totals={"tcv": "24000"}, **undated)), Satisfied)
    assert violated(CHECK, a_quote(stated_totals={"tcv": "20000"}, **undated))
    unknown = a_quote(stated_totals={"tcv": "1"}, start_date=None, end_date=None)
    assert isinstance(judged(CHECK, unknown), Undetermined)


def test_a_stub_that_is_right_on_its_line_is_right_in_the_total():
    # An expansion from 20 May to 30 June joins quarters that turn on 1 July: 9,100 * 42/91 = 4,200.
    line = a_line(price_period="quarter", net_unit_price="9100", quantity="1", stated_total="4200")
    dates = {"start_date": "2026-05-20", "end_date": "2026-06-30", "deal_type": "expansion"}

    assert isinstance(judged(CHECK, a_quote(lines=[line], stated_totals={"tcv": "4200"}, **dates)), Satisfied)
    assert violated(CHECK, a_quote(lines=[line], stated_totals={"tcv": "9100"}, **dates))
