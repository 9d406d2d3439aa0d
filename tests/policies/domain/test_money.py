from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.money import (
    CURRENCIES,
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    allocate,
    amount_string,
    exponent,
    format_amount,
    has_too_many_decimals,
    minor_unit,
    plain,
    round_to_currency,
    total,
)

CODES = st.sampled_from(["USD", "JPY", "KWD", "CLF"])
WEIGHTS = st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=12).filter(any)


def usd(amount):
    return Money(Decimal(amount), "USD")


@pytest.mark.parametrize(
    ("code", "decimals", "unit"), [("USD", 2, "0.01"), ("JPY", 0, "1"), ("KWD", 3, "0.001"), ("CLF", 4, "0.0001")]
)
def test_each_currency_has_its_own_minor_unit(code, decimals, unit):
    assert exponent(code) == decimals
    assert minor_unit(code) == Decimal(unit)


def test_a_code_that_is_no_currency_is_named_in_the_error():
    assert "XYZ" not in CURRENCIES
    with pytest.raises(UnknownCurrency, match="'XYZ'"):
        exponent("XYZ")
    with pytest.raises(UnknownCurrency, match="'usd'"):
        minor_unit("usd")


def test_a_zero_decimal_currency_is_neither_multiplied_nor_divided_by_a_hundred():
    # 23,188 francs were once charged as 2,318,800, and yen collected at one percent.
    assert Money(Decimal(23188), "RWF").minor_units() == 23188
    assert Money.from_minor_units(23188, "RWF") == Money(Decimal(23188), "RWF")
    assert Money(Decimal(100), "JPY").minor_units() == 100
    assert amount_string(Decimal(100), "JPY") == "100"


def test_digits_are_rounded_not_dropped():
    assert round_to_currency(Decimal("0.01999999999999999872"), "USD") == Decimal("0.02")
    assert Money(Decimal("0.01999999999999999872"), "USD").minor_units() == 2
    assert Money(Decimal("19.99"), "USD").minor_units() == 1999


def test_half_a_unit_goes_away_from_zero_unless_told_otherwise():
    assert round_to_currency(Decimal("2.345"), "USD") == Decimal("2.35")
    assert round_to_currency(Decimal("-2.345"), "USD") == Decimal("-2.35")
    assert round_to_currency(Decimal("2.345"), "USD", ROUND_HALF_EVEN) == Decimal("2.34")
    assert round_to_currency(Decimal("2.5"), "JPY") == Decimal(3)


def test_rounding_each_line_and_rounding_the_sum_can_differ_by_a_cent():
    amounts = [Decimal(1000) / Decimal("1.3"), Decimal(800) / Decimal("1.3")]
    assert sum(round_to_currency(amount, "EUR") for amount in amounts) == Decimal("1384.61")
    assert round_to_currency(sum(amounts), "EUR") == Decimal("1384.62")


def test_an_amount_of_any_size_can_be_rounded():
    assert round_to_currency(Decimal("1e60") + Decimal("0.005"), "USD") == Decimal("1e60")
    assert amount_string(Decimal("1e30"), "USD") == "1" + "0" * 30 + ".00"


def test_too_many_decimals_are_those_that_cannot_be_paid():
    assert has_too_many_decimals(Decimal("9.999"), "USD")
    assert has_too_many_decimals(Decimal("0.5"), "JPY")
    assert not has_too_many_decimals(Decimal("9.9900"), "USD")
    assert not has_too_many_decimals(Decimal("0.125"), "KWD")


def test_money_adds_scales_and_compares_in_one_currency():
    assert usd("10") + usd("2.50") - usd("0.50") == usd("12")
    assert usd("10") * 3 == 3 * usd("10") == usd("10") * Decimal(3)
    assert -usd("1") < usd("0") <= usd("0") < usd("0.01")
    assert usd("2") > usd("1") >= usd("1")
    assert usd("0.00").is_zero
    assert str(usd("-14400")) == "-$14,400"


def test_two_currencies_are_never_added_or_ordered():
    yen = Money(Decimal(1), "JPY")
    for operation in (lambda: usd("1") + yen, lambda: usd("1") - yen, lambda: usd("1") < yen, lambda: usd("1") >= yen):
        with pytest.raises(CurrencyMismatch, match="cannot be added or compared"):
            operation()
    assert usd("1") != yen


def test_a_total_of_nothing_is_zero_of_its_currency():
    assert total([], "KWD") == Money(Decimal(0), "KWD")
    assert total([usd("1.10"), usd("2.20")], "USD") == usd("3.30")
    with pytest.raises(CurrencyMismatch):
        total([usd("1")], "EUR")


def test_the_cents_that_do_not_divide_go_to_the_largest_remainders_then_to_the_earlier():
    thirds = allocate(usd("100"), [Decimal(1)] * 3)
    assert thirds == (usd("33.34"), usd("33.33"), usd("33.33"))
    assert allocate(usd("0.05"), [Decimal("0.3"), Decimal("0.7")]) == (usd("0.02"), usd("0.03"))  # 1.5 and 3.5 cents
    assert allocate(usd("-100"), [Decimal(1)] * 3) == (usd("-33.34"), usd("-33.33"), usd("-33.33"))
    assert allocate(usd("5"), [Decimal(0), Decimal(2)]) == (usd("0"), usd("5"))


@pytest.mark.parametrize("weights", [[], [Decimal(0)], [Decimal(1), Decimal(-1)]])
def test_money_is_not_split_by_weights_that_mean_nothing(weights):
    with pytest.raises(ValueError, match="weights"):
        allocate(usd("1"), weights)


def test_money_that_cannot_be_paid_exactly_is_not_split():
    with pytest.raises(ValueError, match="more decimals"):
        allocate(usd("0.001"), [Decimal(1)])


@given(units=st.integers(-(10**12), 10**12), code=CODES, weights=WEIGHTS)
def test_an_allocation_adds_up_exactly_and_no_share_is_a_unit_off(units, code, weights):
    shares = allocate(Money.from_minor_units(units, code), weights)
    assert sum(share.minor_units() for share in shares) == units
    whole = sum(Fraction(weight) for weight in weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.minor_units() - units * Fraction(weight) / whole) < 1


@given(units=st.integers(-(10**15), 10**15), code=CODES)
def test_minor_units_come_back_as_they_went(units, code):
    money = Money.from_minor_units(units, code)
    assert money.minor_units() == units
    assert money.rounded() == money


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        ("14400", "USD", "$14,400"),
        ("14400.00", "USD", "$14,400"),
        ("0.012", "USD", "$0.012"),
        ("1200.5", "EUR", "€1,200.50"),
        ("5000", "JPY", "JPY 5,000"),
        ("1.5", "KWD", "KWD 1.500"),
        ("-3.5", "GBP", "-£3.50"),
        ("1E+3", "CHF", "CHF 1,000"),
        ("0.0833333333333333333333", "USD", "$0.083333333333"),
        ("-0.0000000000000001", "USD", "$0"),
    ],
)
def test_an_amount_in_a_sentence_reads_as_people_write_it(amount, code, text):
    assert format_amount(Decimal(amount), code) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [("0.0120", "0.012"), ("1E+5", "100000"), ("1E-7", "0.0000001"), ("5.00", "5"), ("100", "100"), ("-0.00", "0")],
)
def test_a_number_has_one_spelling(number, text):
    assert plain(Decimal(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_the_one_spelling_loses_nothing(number):
    assert Decimal(plain(number)) == number


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [("9120", "USD", "9120.00"), ("0.005", "USD", "0.01"), ("-0.001", "USD", "0.00"), ("1.5", "KWD", "1.500")],
)
def test_an_amount_in_an_answer_has_exactly_its_currencys_decimals(amount, code, text):
    assert amount_string(Decimal(amount), code) == text


def test_an_unknown_amount_stays_unknown():
    assert amount_string(None, "USD") is None
