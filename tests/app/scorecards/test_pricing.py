"""A line from list to net: every concession with its amount, worked out by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

from app.rules import RuleFiles, Rules
from app.scorecards.pricing import prices_of
from policies.policyset import PolicySet
from tests.builders import a_line, a_quote

RULES = Rules(policies=PolicySet.of(()), files=RuleFiles(policies={}), version="none")
TERMS = {"start_date": "2026-01-01", "end_date": "2027-12-31", "billing_frequency": "monthly", "currency": "USD"}


def priced(*lines, **terms):
    return prices_of(a_quote(lines=lines, **TERMS | terms), RULES, datetime(2026, 1, 1, tzinfo=UTC))


def a_seat(**terms):
    """Ten seats at $100 list a month."""
    told = {
        "charge_type": "recurring",
        "price_period": "month",
        "quantity": "10",
        "list_unit_price": "100",
        "charge_model": "per_unit",
    }
    return a_line(**told | terms)


def steps(line):
    return [(each.label, each.amount) for each in line.steps]


def test_discounts_are_told_one_by_one_in_their_order():
    """24 months of 10 at 100 are 24,000; 20 % are 4,800; another $5 a unit are 1,200."""
    [line] = priced(a_seat(net_unit_price="75", discounts=[{"kind": "volume", "percent": "20"}, {"amount": "5"}])).lines
    assert line.list_total == 24_000
    assert steps(line) == [("Discount: 20 % volume", -4_800), ("Discount: 5 a unit", -1_200)]
    assert line.net_total == 18_000
    assert line.effective_discount == 25


def test_a_ramp_shows_each_segment_with_its_price():
    """Five seats in the first year at $90, ten in the second at $80: 5,400 and 9,600, of 18,000 at list."""
    ramp = [{"start_date": "2026-01-01", "end_date": "2026-12-31", "quantity": "5", "net_unit_price": "90"},
            {"start_date": "2027-01-01", "quantity": "10", "net_unit_price": "80"}]  # fmt: skip
    [line] = priced(a_seat(net_unit_price="90", ramp=ramp)).lines
    assert [(each.quantity, each.unit_price, each.amount) for each in line.segments] == [
        (5, 90, 5_400),
        (10, 80, 9_600),
    ]
    assert steps(line) == [("Discount: not itemised", -1_800), ("Ramp: prices of its segments", -1_200)]


def test_free_months_and_uplift_and_a_discount_that_ends_are_apart():
    """List 24,000. 10 % off are 2,400, which come back for 2027: 1,200. Two free months at 900 cost 1,800. 5 % more in 2027 on
    1,000 a month are 600.
    """
    line = a_seat(
        net_unit_price="90", discounts=[{"percent": "10", "ends_on": "2026-12-31"}], free_months="2", uplift_percent="5"
    )
    [line] = priced(line).lines
    assert [amount for _, amount in steps(line)] == [-2_400, 1_200, -1_800, 600]
    assert line.net_total == 21_600
    assert [each.first for each in line.segments] == [date(2026, 1, 1), date(2026, 3, 1), date(2027, 1, 1)]
    assert line.segments[0].is_free


def test_the_steps_of_a_line_add_up_to_the_cent():
    line = a_seat(
        quantity="7", list_unit_price="33.33", net_unit_price="29.99", free_months="1.5", uplift_percent="3.7"
    )
    [line] = priced(line, end_date="2028-03-17").lines
    assert line.list_total + sum(amount for _, amount in steps(line)) == line.net_total


def test_what_cannot_be_worked_out_is_said_and_not_summed():
    free = a_seat(line_id="2", net_unit_price="75", price_period=None)
    usage = a_line(line_id="3", charge_type="usage", net_unit_price="0.01")
    prices = priced(a_seat(net_unit_price="75"), free, usage)
    assert "the price period is not stated" in prices.lines[1].because
    assert prices.lines[2].because == "What it comes to depends on use."
    assert (prices.list_total, prices.left_out) == (Decimal(24_000), 1)


def test_a_line_above_list_is_no_discount():
    [line] = priced(a_seat(net_unit_price="110")).lines
    assert steps(line) == [("Above list", 2_400)]
    assert line.effective_discount == -10
