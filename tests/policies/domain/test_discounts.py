from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.discounts import dated, price_before, reduced, remaining_share, restored
from policies.domain.terms import Unscheduled, resolve
from tests.builders import a_line, a_quote


def discounts(*terms, **line):
    resolved = resolve(a_line(discounts=list(terms), **line), a_quote())
    return resolved, dated(resolved)


def ends(*terms, **line):
    return [each.until for each in discounts(*terms, **line)[1]]


def test_the_order_of_two_discounts_makes_a_difference():
    _, percent_first = discounts({"percent": "20"}, {"amount": "10"})
    _, amount_first = discounts({"amount": "10"}, {"percent": "20"})
    assert reduced(Decimal(100), percent_first) == 70
    assert reduced(Decimal(100), amount_first) == 72


def test_discounts_never_take_a_price_below_zero():
    _, percent_first = discounts({"percent": "10"}, {"amount": "50"})
    _, amount_first = discounts({"amount": "50"}, {"percent": "10"})
    assert reduced(Decimal(50), percent_first) == 0
    assert reduced(Decimal(50), amount_first) == 0


def test_a_discount_ends_after_its_last_day_or_with_the_term():
    assert ends({"percent": "5", "ends_on": "2026-03-31"}) == [date(2026, 4, 1)]
    assert ends({"percent": "5", "ends_on": "2026-12-31"}, {"percent": "5", "ends_on": "2030-01-01"}) == [None, None]
    assert ends({"percent": "5"}) == [None]


def test_a_discount_for_so_many_billing_periods_lasts_as_long_as_they_do():
    three = {"percent": "50", "periods": 3}
    assert ends(three) == [date(2026, 4, 1)]
    assert ends(three, billing_frequency="quarterly") == [date(2026, 10, 1)]
    assert ends(three, billing_frequency="annual") == [None]  # three periods of a year are three years
    assert ends(three, free_months="2") == [date(2026, 6, 1)]  # only what is invoiced counts
    assert ends({"percent": "50", "periods": 0}) == [date(2026, 1, 1)]


def test_a_discount_by_periods_has_no_end_without_a_billing_frequency():
    terms = resolve(a_line(discounts=[{"percent": "50", "periods": 3}]), a_quote(billing_frequency=None))
    with pytest.raises(Unscheduled, match="billing frequency"):
        dated(terms)


def test_the_list_price_comes_back_where_list_and_discounts_explain_the_net_price():
    terms, holding = discounts({"percent": "15"}, list_unit_price="99.99", net_unit_price="84.99")
    assert price_before(terms, Decimal("84.99"), holding) == Decimal("99.99")


def test_another_net_price_is_taken_back_to_what_it_was_before_its_discounts():
    terms, holding = discounts({"percent": "20"}, {"amount": "10"}, list_unit_price="500")
    assert price_before(terms, Decimal(70), holding) == 100
    terms, holding = discounts({"percent": "20"}, list_unit_price="0.015")
    assert price_before(terms, Decimal("0.008"), holding) == Decimal("0.01")  # not 0.012 of the list price


def test_nothing_says_what_a_free_price_was_before_except_the_list_price():
    terms, holding = discounts({"percent": "100"})
    with pytest.raises(Unscheduled, match="without the discount of 100 %"):
        price_before(terms, Decimal(0), holding)
    listed, holding = discounts({"percent": "100"}, list_unit_price="80")
    assert price_before(listed, Decimal(0), holding) == 80


def test_tiers_go_back_by_the_percentage_that_ends():
    _, holding = discounts({"percent": "20"}, {"percent": "50"})
    assert remaining_share(holding[:1], holding) == 2
    _, by_amount = discounts({"amount": "5"})
    with pytest.raises(Unscheduled, match="by amount"):
        remaining_share([], by_amount)


@given(
    price=st.decimals(1, 10**6, places=2),
    percents=st.lists(st.decimals(0, 90, places=1), max_size=4),
)
def test_taking_discounts_off_and_putting_them_back_gives_the_price(price, percents):
    _, holding = discounts(*({"percent": percent} for percent in percents))
    assert abs(restored(reduced(price, holding), holding) - price) < Decimal("1e-15")
