"""What each function gives, by values worked out by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from policies.domain.charge import Discount, Tier
from policies.language.functions import FUNCTIONS
from tests.policies.language.deals import a_deal, a_line, condition, number, refusals


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("min(3, 2.5, 7)", "2.5"),
        ("max(3, 2.5, 7)", "7"),
        ("abs(2 - 5)", "3"),
        ("round(2.345, 2)", "2.35"),
        ("round(-2.345, 2)", "-2.35"),
        ("round(2.5)", "3"),
        ("round(7, 2)", "7"),
        ("coalesce(line.periods, line.uplift_percent, 5)", "5"),
        ("coalesce(line.quantity, 5)", "3"),
        ("coalesce(1 / (line.quantity - 3), 9)", "9"),
        ('days_between(date("2024-02-28"), date("2024-03-01"))', "2"),
        ('days_between(date("2024-03-01"), date("2024-02-28"))', "-2"),
        ("count(line.tiers)", "2"),
        ("count(t for t in line.tiers if t.up_to == null)", "1"),
        ("sum(t.unit_price for t in line.tiers if t.unit_price != null)", "7"),
        ("2 + 3 * 4 - 6 / 4", "12.5"),
        ("-(2 - 5)", "3"),
        ("(1 if line.quantity > 2 else 2)", "1"),
    ],
)
def test_numbers(text, value):
    line = a_line(quantity="3", tiers=(Tier(up_to=Decimal(5), unit_price=Decimal(7)), Tier(up_to=None)))
    assert number(text).evaluate(a_deal(line), line) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('starts_with(line.product_id, "CUSTOM-")', True),
        ('starts_with(line.product_id, "custom-")', False),
        ('contains(line.product_id, "TOM")', True),
        ('"TOM" in line.product_id', True),
        ('"TIM" not in line.product_id', True),
        ('lower(line.product_id) == "custom-1"', True),
        ('date_of(as_of) == date("2026-11-02")', True),
        ('line.product_id in ["CUSTOM-1", "CUSTOM-2"]', True),
        ("any(d.percent == 5 for d in line.discounts if d.percent != null)", True),
        ("all(d.percent == 5 for d in line.discounts if d.percent != null)", False),
    ],
)
def test_conditions(text, holds):
    discounts = (Discount(percent=Decimal(5)), Discount(percent=Decimal(6)), Discount(amount=Decimal(1)))
    line = a_line(product_id="CUSTOM-1", discounts=discounts)
    assert condition(text).evaluate(a_deal(line), line) is holds


def test_a_null_that_was_sent_differs_from_a_field_left_out():
    sent, left_out = a_line(nulls=frozenset({"quantity"})), a_line()
    stated = condition("stated_null(line.quantity)")
    assert stated.evaluate(a_deal(sent), sent) is True
    assert stated.evaluate(a_deal(left_out), left_out) is False
    assert condition("stated_null(renewal.uplift_percent)", None).evaluate(a_deal()) is False


def test_a_list_of_plain_values_can_be_looked_into():
    text = "company.payment_terms != null and line.billing_frequency != null"
    inside = "line.billing_frequency in company.payment_terms.standard_frequencies"
    assert refusals(f"{text} and {inside}") == []
    assert refusals(f"{text} and 3 in company.payment_terms.standard_frequencies")


def test_moments_with_and_without_a_zone_are_compared_as_utc():
    later = condition("quote.valid_until != null and quote.valid_until > as_of", None)
    assert later.evaluate(a_deal(valid_until=datetime(2026, 11, 2, 9, 31, tzinfo=UTC))) is True
    assert later.evaluate(a_deal(valid_until=datetime(2026, 11, 2, 9, 30, tzinfo=UTC))) is False


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_with_the_wrong_values_shows_how_it_is_written(name):
    assert refusals(f"{name}() == 1")
    assert refusals(f"{name}(line.quantity, line.quantity, line.product_id, 1) == 1")


def test_places_of_round_and_dates_are_checked_when_read():
    assert refusals("round(line.quantity, 13) > 1") == ["the places of round are a whole number from 0 to 12"]
    assert refusals("round(line.quantity, line.quantity) > 1") == [
        "the places of round are a whole number from 0 to 12"
    ]
    assert refusals('today > date("2026-02-30")') == ["2026-02-30 is not a day of the calendar"]
    assert refusals("today > date(today)") == ['a date is written out: date("2026-01-31")']
    assert condition('today > date("2026-01-31")').evaluate(a_deal(as_of=datetime(2026, 2, 1, tzinfo=UTC))) is True
    assert condition('today == date("2026-11-02")').evaluate(a_deal()) is (a_deal().today == date(2026, 11, 2))
