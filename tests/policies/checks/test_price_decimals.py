"""Prices that are paid as they stand can be paid in their currency."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.price_decimals import CHECK
from policies.domain.finding import Change, Direction
from tests.builders import a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated


def priced(price, currency="JPY", **terms):
    return a_quote(currency=currency, lines=[a_line(net_unit_price=price, **terms)])


def test_231_88_yen_were_23_188_before_somebody_divided_by_100():
    quote = priced("231.88", quantity="1")
    found = violated(CHECK, quote)

    # (23,188 - 231.88) * 12 months.
    assert (found.loss.remaining_term, found.direction) == (Decimal("275473.44"), Direction.UNDER)
    assert found.changes == (Change(path="/lines/0/net_unit_price", value=Decimal(232)),)
    assert isinstance(after(CHECK, quote), Satisfied)


def test_half_a_yen_for_a_seat_is_caught_whatever_the_quantity():
    assert violated(CHECK, priced("100.5")).loss.remaining_term == Decimal("100.5") * 99 * 10 * 12


def test_a_price_that_no_division_by_100_explains_has_no_amount():
    assert violated(CHECK, priced("100.505")).loss.remaining_term is None


@pytest.mark.parametrize(
    ("quote", "fine"),
    [
        (priced("6000"), True),
        (priced("100.50", "USD", quantity="1"), True),
        (priced("99.999", "USD", quantity="1"), False),
        (priced("99.999", "USD", charge_model="flat"), False),
        (priced("33.3333", "USD", quantity="300"), True),
        (priced("1.2345", "KWD", quantity="1"), False),
        (priced("1.234", "KWD", quantity="1"), True),
    ],
)
def test_decimals_are_those_of_the_currency(quote, fine):
    assert isinstance(judged(CHECK, quote), Satisfied) is fine


def test_what_rounding_makes_of_a_fee_is_its_money():
    # 0.001 more in each of twelve months.
    found = violated(CHECK, priced("99.999", "USD", charge_model="flat"))
    assert (found.loss.remaining_term, found.direction) == (Decimal("0.012"), Direction.UNDER)


def test_a_rate_for_use_may_be_as_fine_as_it_likes():
    assert isinstance(judged(CHECK, a_quote(currency="JPY", lines=[a_usage_line()])), NotApplicable)


def test_prices_of_a_ramp_are_looked_at_as_well():
    ramp = [{"start_date": "2026-01-01", "net_unit_price": "100.5"}]
    assert violated(CHECK, priced("100", ramp=ramp)).changes[0].path == "/lines/0/ramp/0/net_unit_price"
