"""The margin of a whole quote against the floor of its size."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.quote_margin_floor import CHECK
from tests.builders import a_company, a_line, a_quote, a_usage_line
from tests.judging import judged, violated


def floors(*bands):
    return a_company(margin_floors=[{"minimum_percent": percent, "deal_size_up_to": up_to} for percent, up_to in bands])


FLOOR = floors(("25", None))


def costing(cost, line_id="1", **terms):
    """Ten seats at $100 a month, 12,000 a year, with a unit cost."""
    return a_line(line_id=line_id, unit_cost=cost, **terms)


def test_the_shortfall_is_floor_times_net_less_the_margin():
    # 25 % of 12,000 is 3,000; the margin is 12,000 - 9,600 = 2,400.
    found = violated(CHECK, a_quote(lines=[costing("80")]), company=FLOOR)

    assert (found.reports["margin"], found.reports["floor"]) == (Decimal(20), Decimal(25))
    assert found.loss.remaining_term == Decimal(600)
    # 9,600 / 0.75 = 12,800 would bring 25 %.
    assert found.remedy_text == "Raise the prices by $800 over the term, or take cost out"


@pytest.mark.parametrize("cost", ["75", "10", "0"])
def test_at_the_floor_or_above_it_holds(cost):
    assert isinstance(judged(CHECK, a_quote(lines=[costing(cost)]), company=FLOOR), Satisfied)


def test_a_good_line_makes_up_for_a_bad_one_and_the_rest_lies_on_the_bad_one():
    # Costs 3,600 + 15,600 = 19,200 on 24,000: 4,800 is 20 %, 1,200 short of 6,000.
    found = violated(CHECK, a_quote(lines=[costing("30"), costing("130", "2")]), company=FLOOR)

    assert found.loss.remaining_term == Decimal(1200)
    assert [(each.line_id, each.amount) for each in found.loss.exposures] == [("2", Decimal(1200))]
    assert found.line_ids == ("2",)


@pytest.mark.parametrize(
    ("quantity", "floor"), [("10", "25"), ("20", "25"), ("21", "20")]
)  # 12,000, 24,000 and 25,200 a year
def test_the_narrowest_band_that_holds_the_deal_counts(quantity, floor):
    company = floors(("20", None), ("25", "24000"))
    found = violated(CHECK, a_quote(lines=[costing("90", quantity=quantity)]), company=company)
    assert found.reports["floor"] == Decimal(floor)


def test_free_months_cost_as_much_as_others():
    # 10 months at 1,000 bring 10,000; twelve cost 9,000: 10 %.
    found = violated(CHECK, a_quote(lines=[costing("75", free_months="2")]), company=FLOOR)
    assert found.reports["margin"] == Decimal(10)


def test_unknown_costs_are_named_and_never_zero():
    lines = [costing("30"), a_line(line_id="2"), a_line(line_id="3")]
    found = judged(CHECK, a_quote(lines=lines), company=FLOOR)
    assert found == Undetermined("the cost of lines 2 and 3 is not known")


def test_usage_needs_no_cost():
    assert isinstance(
        judged(CHECK, a_quote(lines=[costing("75"), a_usage_line(line_id="2")]), company=FLOOR), Satisfied
    )
    assert isinstance(judged(CHECK, a_quote(lines=[a_usage_line()]), company=FLOOR), NotApplicable)


def test_a_quote_that_brings_nothing_has_no_margin_in_percent():
    found = violated(CHECK, a_quote(lines=[costing("75", net_unit_price="0")]), company=FLOOR)
    assert found.reports["margin"] == "no"
    assert found.loss.remaining_term == Decimal(9000)


@pytest.mark.parametrize(
    ("company", "currency", "because"),
    [
        (None, "USD", "no margin floors"),
        (floors(("25", "1000")), "USD", "no margin floor for a deal of this size"),
        (floors(("25", "100000"), ("20", None)), "EUR", "the deal size"),
    ],
)
def test_what_is_missing_is_named(company, currency, because):
    found = judged(CHECK, a_quote(lines=[costing("80")], currency=currency), company=company)
    assert isinstance(found, Undetermined)
    assert because in found.because
