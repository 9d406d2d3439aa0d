from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from policies.domain.dues import Due, rounded
from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import RoundingPolicy, round_to_currency
from policies.domain.period import Period

DAY = Period(date(2026, 1, 1), date(2026, 1, 2))
AMOUNTS = st.lists(st.decimals(-(10**6), 10**6, places=6), max_size=30)


def due(amount, number=0):
    """An amount for the price of that number."""
    return Due(DAY, DAY.start, Decimal(amount), InvoiceLineKind.RECURRING, paid_until=DAY.end + timedelta(days=number))


def amounts(dues, currency="USD", policy=RoundingPolicy.ROUND_THEN_SUM):
    return [each.amount for each in rounded(dues, currency, policy)]


def twelfths(price):
    return [due(Decimal(price) / 12)] * 12


def test_twelfths_of_a_price_are_a_cent_apart_at_most_and_add_up_to_it():
    billed = amounts(twelfths("100"))
    assert billed[:3] == [Decimal("8.33"), Decimal("8.34"), Decimal("8.33")]
    assert set(billed) == {Decimal("8.33"), Decimal("8.34")}
    assert sum(billed) == 100


def test_a_half_that_thirds_only_almost_add_up_to_is_rounded_up():
    third = Decimal("0.055") / 3
    assert third + third + third < Decimal("0.055")
    assert sum(amounts([due(third)] * 3)) == Decimal("0.06")


def test_nothing_is_carried_from_one_price_to_the_next():
    prices = [due("33.335", number) for number in range(3)]
    assert amounts(prices) == [Decimal("33.34")] * 3
    assert sum(amounts(prices, policy=RoundingPolicy.SUM_THEN_ROUND)) == Decimal("100.01")


def test_two_lines_rounded_apart_can_be_a_cent_off_their_sum():
    two = [due(Decimal(1000) / Decimal("1.3"), 1), due(Decimal(800) / Decimal("1.3"), 2)]
    assert sum(amounts(two, "EUR")) == Decimal("1384.61")
    assert sum(amounts(two, "EUR", RoundingPolicy.SUM_THEN_ROUND)) == Decimal("1384.62")


def test_a_currency_without_cents_is_billed_in_whole_units():
    assert amounts(twelfths("1000"), "JPY") == [83, 84, 83, 83, 84, 83, 83, 84, 83, 83, 84, 83]
    assert sum(amounts(twelfths("1"), "KWD")) == 1


@given(parts=AMOUNTS)
def test_amounts_rounded_as_one_sum_add_up_to_the_rounded_sum(parts):
    dues = [due(part) for part in parts]
    expected = round_to_currency(sum(parts, Decimal(0)), "USD")
    assert sum(amounts(dues, policy=RoundingPolicy.SUM_THEN_ROUND)) == expected


@given(parts=AMOUNTS, policy=st.sampled_from(RoundingPolicy))
def test_no_amount_is_rounded_by_more_than_a_unit(parts, policy):
    dues = [due(part, number // 4) for number, part in enumerate(parts)]
    for part, amount in zip(parts, amounts(dues, policy=policy), strict=True):
        assert abs(part - amount) <= Decimal("0.01")


def test_a_rate_of_twelve_decimals_just_under_half_a_cent_is_no_cent():
    assert amounts([due("0.004999999999")]) == [0]
    assert amounts([due("0.005")]) == [Decimal("0.01")]
    assert amounts([due(Decimal("0.009999999999") / 2)]) == [0]  # 0.0049999999995
