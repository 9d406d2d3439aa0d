"""A quote is used within its validity; the checks run on 1 June 2026 at noon UTC."""

from decimal import Decimal

import pytest

from policies.check import Satisfied, Undetermined
from policies.checks.stale_quote import CHECK
from policies.domain.catalog import Catalog
from tests.builders import a_line, a_quote, a_usage_line, built
from tests.judging import judged, violated


def catalog(now="44", **price):
    """A list price of $40 until April, and another from May on."""
    prices = [
        {"price_book": "old", "price_period": "month", "list_unit_price": "40"},
        {"price_book": "new", "price_period": "month", "list_unit_price": now} | price,
    ]
    books = {
        "old": {"price_book": "old", "currency": "USD", "effective_to": "2026-04-30"},
        "new": {"price_book": "new", "currency": "USD", "effective_from": "2026-05-01"},
    }
    return built(Catalog, {"products": {"SEATS": {"product_id": "SEATS", "prices": prices}}, "price_books": books})


def expired(**terms):
    defaults = {"valid_until": "2026-04-30T23:59:59+00:00", "price_book": "old", "lines": [a_line(net_unit_price="36")]}
    return a_quote(**(defaults | terms))


def test_the_same_discount_off_todays_list_price_is_the_money():
    # 10 % off 44 is 39.60: 3.60 * 10 seats * 12 months.
    found = violated(CHECK, expired(), catalog=catalog())

    assert found.loss.remaining_term == Decimal(432)
    assert [each.line_id for each in found.loss.exposures] == ["1"]
    assert found.evidence[0].field == "valid_until"


def test_lines_whose_list_price_fell_are_not_set_against_the_others():
    assert violated(CHECK, expired(), catalog=catalog("30")).loss.remaining_term == Decimal(0)


@pytest.mark.parametrize("tables", [None, catalog(None), catalog(price_period="year")])
def test_without_a_list_price_to_compare_the_money_is_not_known(tables):
    assert violated(CHECK, expired(), catalog=tables).loss.remaining_term is None


def test_use_is_left_out_and_said_to_be():
    lines = [a_line(net_unit_price="36"), a_usage_line(line_id="2")]
    loss = violated(CHECK, expired(lines=lines), catalog=catalog()).loss
    assert loss.remaining_term == Decimal(432)
    assert "usage is left out" in loss.assumptions[-1]


@pytest.mark.parametrize("moment", ["2026-06-01T12:00:00+00:00", "2026-06-01T14:00:00+02:00", "2026-06-01T12:00:00"])
def test_the_last_moment_still_counts(moment):
    assert isinstance(judged(CHECK, expired(valid_until=moment)), Satisfied)


def test_what_was_accepted_may_have_been_accepted_in_time():
    assert isinstance(judged(CHECK, expired(stage="accepted")), Undetermined)
    assert isinstance(judged(CHECK, expired(valid_until=None)), Undetermined)
