from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.domain.money import minor_unit
from policies.domain.rating import rate
from policies.domain.terms import resolve
from policies.twin.bills import Biller
from policies.twin.comparing import Basis, compare, same_bills
from policies.twin.model import Side, Stream
from policies.twin.shapes import charged
from policies.twin.use import Use
from tests.builders import a_line, a_quote, a_usage_line, tiers

YEAR = {"price_period": "year", "billing_frequency": "annual"}


def a_side(*lines, **quote):
    terms = [resolve(line, a_quote(lines=lines, **quote)) for line in lines]
    return Biller(
        [
            Stream(side=Side.AGREEMENT, id=each.line.line_id, index=number, line=each.line, terms=(each,))
            for number, each in enumerate(terms)
        ]
    )


def compared(agreed, billed, expected=None, today=date(2026, 1, 1), **quote):
    basis = Basis(currency="USD", today=today, expected=None if expected is None else Decimal(expected), months=1)
    found = compare(a_side(*_several(agreed), **quote), a_side(*_several(billed), **quote), basis)
    same = same_bills(a_side(*_several(agreed), **quote), a_side(*_several(billed), **quote), basis)
    assert same is found.is_equal
    return found


def _several(lines):
    return lines if isinstance(lines, tuple) else (lines,)


GRADUATED = {"charge_model": "graduated", "net_unit_price": None}
VOLUME = {"charge_model": "volume", "net_unit_price": None}


@pytest.mark.parametrize(
    ("agreed", "billed"),
    [
        (a_line(net_unit_price="1200", **YEAR), a_line(billing_frequency="annual")),
        (
            a_line(discounts=[{"percent": "20"}], list_unit_price="125"),
            a_line(list_unit_price=None),
        ),
        (a_line(), a_line(net_unit_price=None, charge_model="graduated", tiers=tiers((None, "100")))),
        (a_line(charge_model="flat", quantity=None), a_line(quantity="1")),
        (
            a_usage_line(included_quantity="1000"),
            a_usage_line(tiers=tiers(("1000", "0"), (None, "0.01")), **GRADUATED),
        ),
        (
            a_line(included_quantity="10", overage_unit_price="12"),
            (a_line(), a_usage_line(line_id="2", included_quantity="10", net_unit_price="12", quantity_basis="peak")),
        ),
        (
            a_usage_line(tiers=tiers(("100", "1"), ("200", "1"), (None, "0.5")), **GRADUATED),
            a_usage_line(tiers=tiers(("200", "1"), (None, "0.5")), **GRADUATED),
        ),
        ((a_line(), a_line(line_id="2", net_unit_price="50")), a_line(net_unit_price="150")),
        (
            a_line(ramp=[{"start_date": "2026-07-01", "net_unit_price": "120"}]),
            (a_line(end_date="2026-06-30"), a_line(line_id="2", start_date="2026-07-01", net_unit_price="120")),
        ),
        (
            a_usage_line(included_quantity="6000", net_unit_price="1", **YEAR),
            a_usage_line(included_quantity="6000", overage_unit_price="1", net_unit_price="9", **YEAR),
        ),
    ],
    ids=[
        "a year's price and twelve months'",
        "a discount and a lower price",
        "one price and one tier",
        "a flat fee and one unit",
        "free units and a free tier",
        "an overage price and a usage charge",
        "two tiers of one price",
        "two lines and their bundle",
        "a ramp and two charges",
        "an overage price and a usage price",
    ],
)
def test_what_bills_the_same_is_equal_however_it_is_spelt(agreed, billed):
    assert compared(agreed, billed, expected="1500").is_equal


def test_the_first_invoice_and_the_smallest_use_that_show_a_missing_overage_price():
    found = compared(
        a_line(quantity="500", net_unit_price="40", included_quantity="500", overage_unit_price="50"),
        a_line(quantity="500", net_unit_price="40"),
        expected="600",
    )
    # 501 seats in January are one over: $50 on 1 February, beside the $20,000 for February.
    assert (found.first.period.start, found.first.invoice_date) == (date(2026, 1, 1), date(2026, 2, 1))
    assert (found.first.quantity, found.first.agreement, found.first.billing) == (501, 20050, 20000)
    # At 600 seats: 100 x $50 x 12 months.
    assert (found.term.under, found.term.over, found.term.per_period) == (60000, 0, 5000)
    # Ten times the largest number in either: 4,500 over.
    assert (found.largest.quantity, found.largest.difference) == (5000, 225000)


def test_what_is_invoiced_before_today_is_lost_already():
    found = compared(a_line(), a_line(net_unit_price="90"), today=date(2026, 3, 15))
    # 10 seats x $10 x 12 months, of which January, February and March are invoiced.
    assert (found.term.under, found.term.lost_under) == (1200, 300)
    assert found.first.quantity is None


def test_too_little_and_too_much_are_never_set_off():
    found = compared(a_line(ramp=[{"start_date": "2026-07-01", "net_unit_price": "120"}]), a_line(net_unit_price="110"))
    assert (found.term.under, found.term.over) == (600, 600)


def test_the_same_money_on_other_days_is_a_matter_of_timing():
    found = compared(a_line(), a_line(billing_frequency="quarterly", billing_timing="in_arrears"))
    assert found.is_timing
    assert found.term.is_none
    assert found.first.invoice_date == date(2026, 1, 1)


def test_a_one_time_fee_on_another_day_is_a_matter_of_timing():
    fee = {"charge_type": "one_time", "quantity": "1", "price_period": None, "net_unit_price": "500"}
    assert compared(a_line(**fee), a_line(start_date="2026-03-01", **fee)).is_timing


def test_a_cent_a_month_adds_up_to_a_drift():
    year = {"quantity": "1", "billing_frequency": "monthly"}
    found = compared(a_line(net_unit_price="1000", price_period="year", **year), a_line(net_unit_price="83.33", **year))
    # Twelve times 83.33 is 999.96.
    assert found.first is None
    assert found.drift == Decimal("0.04")


def test_a_cent_on_one_invoice_is_no_difference():
    once = {"quantity": "1", "price_period": "year", "billing_frequency": "annual"}
    assert compared(a_line(net_unit_price="1000.004", **once), a_line(net_unit_price="999.995", **once)).is_equal


def test_prices_that_differ_in_their_fifth_decimal_are_told_apart():
    found = compared(a_usage_line(net_unit_price="0.00011"), a_usage_line(net_unit_price="0.00012"))
    assert not found.is_equal
    assert found.term is None


def test_a_commitment_without_a_true_up_shows_where_nothing_is_used():
    commitment = {"amount": "1200", "period": "year"}
    found = compared(
        a_usage_line(minimum_commitment=commitment | {"true_up": True}),
        a_usage_line(minimum_commitment=commitment),
        expected="5000",
    )
    # 5,000 calls are $50 a month, $600 a year: $600 short.
    assert found.term.under == 600
    assert (found.first.quantity, found.first.difference) == (0, 1200)


def test_use_that_differs_from_month_to_month_tells_a_yearly_allowance_from_a_monthly_one():
    yearly = a_usage_line(included_quantity="6000", net_unit_price="1", **YEAR)
    monthly = a_usage_line(included_quantity="500", net_unit_price="1", billing_frequency="annual")
    assert not compared(yearly, monthly).is_equal


def test_the_tier_that_holds_all_units_is_told_from_tiers_that_hold_their_own():
    steps = tiers(("1000", "1"), (None, "0.8"))
    found = compared(a_usage_line(tiers=steps, **GRADUATED), a_usage_line(tiers=steps, **VOLUME), expected="1500")
    # 1,000 + 500 x 0.80 = 1,400 against 1,500 x 0.80 = 1,200.
    assert found.first.quantity == 1001
    assert (found.term.per_period, found.term.under) == (200, 2400)


# ---------------------------------------------------------------------------------- against a dense scan

bounds = st.lists(st.integers(1, 40), min_size=0, max_size=3, unique=True).map(sorted)
prices = st.sampled_from(["0", "0.5", "1", "2"])
fees = st.sampled_from([None, None, "0", "3"])


@st.composite
def tariffs(draw):
    model = draw(st.sampled_from(["per_unit", "graduated", "volume", "stairstep", "package", "flat"]))
    terms = {
        "charge_model": model,
        "net_unit_price": draw(prices),
        "included_quantity": draw(st.sampled_from([None, None, "5", "10"])),
        "minimum_amount": draw(st.sampled_from([None, None, "4"])),
        "maximum_amount": draw(st.sampled_from([None, None, "20"])),
    }
    if model == "package":
        terms["package"] = {
            "size": draw(st.sampled_from(["1", "5", "10"])),
            "rounding": draw(st.sampled_from(["up", "down"])),
        }
    if model in {"graduated", "volume", "stairstep"}:
        terms["tiers"] = tiers(*[(each, draw(prices), draw(fees)) for each in [*draw(bounds), None]])
    return a_usage_line(**terms)


@pytest.mark.slow
@given(tariffs(), tariffs())
@settings(max_examples=50, deadline=None)
def test_tariffs_that_compare_as_equal_bill_the_same_at_every_quantity(one, other):
    _check(one, other)


@pytest.mark.slow
@given(tariffs(), st.data())
@settings(max_examples=50, deadline=None)
def test_a_tariff_with_one_term_changed_is_told_apart_wherever_a_scan_does(one, data):
    other = data.draw(tariffs())
    name = data.draw(st.sampled_from(["net_unit_price", "included_quantity", "minimum_amount", "maximum_amount"]))
    _check(one, _with(one, name, getattr(other, name)))


@st.composite
def long_tables(draw):
    """A table of 30 tiers, and the same once more: cut finer where the price does not change, and perhaps changed once."""
    steps = draw(st.lists(st.tuples(st.integers(1, 4), prices), min_size=30, max_size=30))
    ends = list(accumulate(width for width, _ in steps))
    other = list(zip(ends, (price for _, price in steps), strict=True))
    table = tiers(*[(str(end), price) for end, price in other[:-1]], (None, other[-1][1]))
    if draw(st.booleans()):
        at = draw(st.integers(0, 29))
        other[at] = (other[at][0], draw(prices))
    cut = [(end - Decimal("0.5"), price) for end, price in other if draw(st.booleans())]
    finer = sorted([*other, *cut])
    return table, tiers(*[(str(end), price) for end, price in finer[:-1]], (None, finer[-1][1]))


@pytest.mark.slow
@given(long_tables())
@settings(max_examples=60, deadline=None)
def test_two_long_tables_are_equal_exactly_where_a_scan_finds_no_quantity_that_tells_them_apart(both):
    one, other = (a_usage_line(tiers=table, **GRADUATED) for table in both)
    scanned = [Decimal(each) / 4 for each in range(4 * 130)]
    is_same = all(rate(one, each).amount == rate(other, each).amount for each in scanned)
    basis = Basis(currency="USD", today=date(2026, 1, 1), months=1)
    assert same_bills(a_side(one), a_side(other), basis) is is_same


def test_what_is_looked_up_by_shape_is_what_each_period_bills_by_itself():
    terms = {"free_months": "1", "uplift_percent": "7", "minimum_amount": "30", "included_quantity": "40"}
    terms["minimum_commitment"] = {"amount": "3000", "period": "quarter", "true_up": True}
    line = a_usage_line(tiers=tiers(("100", "1", "5"), ("250", "0.7"), (None, "0.333")), **GRADUATED, **terms)
    for billing in ("monthly", "quarterly", "annual"):
        for use in (Use(Decimal(90), 1), Use(Decimal("777.5"), 12), Use(Decimal(260), 2, uneven=True)):
            side = a_side(line, billing_frequency=billing, start_date="2026-01-15", end_date="2028-03-01")
            own = [charged(each, use.on(each)) for each, _ in side.terms()]
            assert list(side.bill(use).amounts) == sorted(own[0])


def _with(line, name, value):
    return replace(line, **{name: value})


def _check(one, other):
    quarter = {"end_date": "2026-01-31"}
    sides = a_side(one, **quarter), a_side(other, **quarter)
    basis = Basis(currency="USD", today=date(2026, 1, 1), months=1)
    parts = [
        quantity
        for quantity in (Decimal(each) / 4 for each in range(4 * 60))
        if abs(_billed(sides[0], quantity) - _billed(sides[1], quantity)) > minor_unit("USD")
    ]
    equal = same_bills(*sides, basis)
    assert not (equal and parts)


def _billed(side, quantity):
    return sum(each.amount for each in side.bill(Use(quantity, 1)).amounts)
