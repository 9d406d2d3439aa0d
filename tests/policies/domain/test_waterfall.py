"""From list to net: discounts in their order, and the edits that bring a price up to a target."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.charge import Discount
from policies.domain.waterfall import active_at, explains, percent_off, price_after, readable, repriced
from tests.builders import a_line, built


def discounts(*terms):
    return tuple(built(Discount, each) for each in terms)


TEN_OFF, FIFTH_OFF = {"amount": "10"}, {"percent": "20"}


@pytest.mark.parametrize(
    ("price", "terms", "left"),
    [
        ("100", [FIFTH_OFF, TEN_OFF], "70"),
        ("100", [TEN_OFF, FIFTH_OFF], "72"),
        ("50", [{"percent": "10"}, {"amount": "50"}], "0"),  # never below zero
        ("50", [{"amount": "60"}, {"percent": "10"}], "0"),
        ("50", [], "50"),
    ],
)
def test_discounts_come_off_in_their_order(price, terms, left):
    assert price_after(Decimal(price), discounts(*terms)) == Decimal(left)


@given(st.lists(st.decimals(min_value=0, max_value=100, places=2), max_size=4))
def test_percentages_alone_may_come_in_any_order(percents):
    terms = discounts(*({"percent": str(percent)} for percent in percents))
    assert abs(price_after(Decimal(100), terms) - price_after(Decimal(100), terms[::-1])) < Decimal("1e-20")


def test_a_discount_that_starts_later_is_not_in_the_price():
    line = a_line(discounts=[{"percent": "10"}, {"percent": "5", "starts_on": "2026-07-01"}])
    assert active_at(line, date(2026, 1, 1)) == line.discounts[:1]


@pytest.mark.parametrize(("net", "does"), [("89.99", True), ("90.00", True), ("89.98", False)])
def test_a_price_rounded_to_the_cent_is_explained(net, does):
    line = a_line(net_unit_price=net, discounts=[{"percent": "10"}])
    assert explains(line, Decimal("99.99"), line.discounts, "USD") is does  # 89.991


def changed(line, target, **terms):
    changes = repriced(line, 0, list_price=Decimal(100), target=Decimal(target), currency="USD", **terms)
    return {change.path.removeprefix("/lines/0/"): change.value for change in changes}


def test_a_price_without_discounts_is_simply_set():
    assert changed(a_line(net_unit_price="70"), "90") == {"net_unit_price": Decimal(90)}


def test_the_recorded_discount_follows_the_price():
    line = a_line(net_unit_price="70", discounts=[{"percent": "30"}])
    assert changed(line, "90") == {"net_unit_price": Decimal(90), "discounts/0/percent": Decimal(10)}


def test_the_last_discount_gives_way_first_and_what_is_granted_stays():
    # 20 % contracted leaves 80; 25 % more leaves 60. At 72, 10 % of the 80 are left.
    line = a_line(net_unit_price="60", discounts=[{"kind": "contracted", "percent": "20"}, {"percent": "25"}])
    wanted = {"net_unit_price": Decimal(72), "discounts/1/percent": Decimal(10)}

    assert changed(line, "72", kept=("contracted",)) == wanted


def test_where_the_last_discount_does_not_suffice_the_one_before_gives_way_too():
    line = a_line(net_unit_price="45", discounts=[{"percent": "50"}, {"amount": "5"}])
    wanted = {"net_unit_price": Decimal(90), "discounts/0/percent": Decimal(10), "discounts/1/amount": Decimal(0)}

    assert changed(line, "90") == wanted


def test_discounts_that_do_not_explain_the_price_are_left_alone():
    line = a_line(net_unit_price="50", discounts=[{"percent": "10"}])
    assert changed(line, "90") == {"net_unit_price": Decimal(90)}


@given(
    percents=st.lists(st.decimals(min_value=1, max_value=60, places=1), min_size=1, max_size=3),
    wanted=st.integers(min_value=1, max_value=10_000),
)
def test_after_repricing_list_and_discounts_still_explain_the_price(percents, wanted):
    terms = discounts(*({"percent": str(percent)} for percent in percents))
    net = price_after(Decimal(100), terms).quantize(Decimal("0.01"))
    target = max(net, Decimal(wanted) / 100)
    line = a_line(net_unit_price=str(net), discounts=terms)

    edits = changed(line, str(target))

    after = discounts(*({"percent": str(edits.get(f"discounts/{n}/percent", d.percent))} for n, d in enumerate(terms)))
    assert edits["net_unit_price"] >= target
    assert abs(price_after(Decimal(100), after) - edits["net_unit_price"]) < Decimal("0.01")


def test_percentages_read_with_two_decimals_at_most():
    assert readable(percent_off(Decimal(3), Decimal(2))) == Decimal("33.33")
    assert str(readable(Decimal("30.000"))) == "30"
