"""How the authority table is read: which rule counts, who is asked, and which price is at the limit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.authority import Limit, Sale, approver_of, clearing_price, limit_of, lowest_price
from policies.domain.quote import DealType
from tests.builders import a_company, an_authority


def a_table(*rules, **limits):
    return a_company(discount_authority=an_authority(*rules, **limits)).discount_authority


def a_rule(percent, **match):
    return {"role": "ae", "maximum_discount_percent": percent} | match


def at(percent):
    return Limit(Decimal(percent), Decimal(percent))


FAMILY = a_rule("5", product_family="Software")
TYPE = a_rule("6", deal_type="renewal")
SMALL = a_rule("7", deal_size_up_to="50000")
SMALLER = a_rule("8", deal_size_up_to="10000")


@pytest.mark.parametrize(
    ("sale", "percent"),
    [
        (Sale("Hardware", DealType.NEW, Decimal(90000)), "10"),
        (Sale("Hardware", DealType.NEW, Decimal(50000)), "7"),
        (Sale("Hardware", DealType.NEW, Decimal(10000)), "8"),
        (Sale("Hardware", DealType.RENEWAL, Decimal(10000)), "6"),
        (Sale("Software", DealType.RENEWAL, Decimal(10000)), "5"),
    ],
)
def test_family_goes_before_deal_type_goes_before_the_narrowest_band(sale, percent):
    assert limit_of(a_table(SMALL, SMALLER, TYPE, FAMILY), "ae", sale) == at(percent)


def test_the_order_of_the_rules_does_not_matter():
    sale = Sale("Software", DealType.RENEWAL, Decimal(1))
    assert limit_of(a_table(FAMILY, TYPE, SMALL), "ae", sale) == limit_of(a_table(SMALL, TYPE, FAMILY), "ae", sale)


def test_of_two_rules_that_are_equally_specific_the_stricter_counts():
    assert limit_of(a_table(a_rule("3")), "ae", Sale()) == at("3")


def test_what_is_not_known_of_the_sale_leaves_a_range():
    assert limit_of(a_table(SMALL), "ae", Sale("Hardware", DealType.NEW, None)) == Limit(Decimal(7), Decimal(10))


def test_a_rule_that_may_fit_but_counts_less_than_one_that_does_is_of_no_concern():
    sale = Sale("Software", DealType.NEW, None)
    assert limit_of(a_table(FAMILY, SMALL), "ae", sale) == at("5")


def test_a_role_that_the_table_does_not_know_has_no_limit():
    assert limit_of(a_table(), "intern", Sale()) is None


@pytest.mark.parametrize(
    ("percent", "role"), [("10.01", "manager"), ("20", "manager"), ("30", "director"), ("40", "cro"), ("41", "cfo")]
)
def test_the_lowest_role_above_whose_limit_covers_it_is_asked(percent, role):
    table = a_table()
    assert approver_of(table, "ae", lambda each: Decimal(percent) <= limit_of(table, each, Sale()).strictest) == role


def test_where_no_limit_covers_it_the_highest_role_is_asked():
    assert approver_of(a_table(), "ae", lambda _role: False) == "cfo"


def test_the_highest_role_has_nobody_above_and_is_asked_itself():
    assert approver_of(a_table(), "cfo", lambda _role: True) == "cfo"


@pytest.mark.parametrize(
    ("base", "percent", "currency", "lowest", "clearing"),
    [
        ("40", "10", "USD", "36", "36"),
        ("99.99", "10", "USD", "89.99", "90.00"),  # 89.991
        ("0.012", "10", "USD", "0.0108", "0.0108"),  # a rate is not rounded to the cent
        ("1005", "10", "JPY", "904.5", "905"),  # half a yen goes up, so the exact price is the lower one
        ("1004", "10", "JPY", "903.6", "904"),
    ],
)
def test_the_price_at_the_limit(base, percent, currency, lowest, clearing):
    assert lowest_price(Decimal(base), Decimal(percent), currency) == Decimal(lowest)
    assert clearing_price(Decimal(base), Decimal(percent), currency) == Decimal(clearing)


@given(
    cents=st.integers(min_value=1, max_value=10**9),
    percent=st.decimals(min_value=0, max_value=100, places=2),
)
def test_the_clearing_price_is_within_the_limit_and_not_a_cent_above_it(cents, percent):
    base = Decimal(cents) / 100
    exact, clearing = base * (100 - percent) / 100, clearing_price(base, percent, "USD")

    assert lowest_price(base, percent, "USD") <= exact <= clearing < exact + Decimal("0.01")
    assert clearing <= base
