"""Prices against their stand-alone selling ranges, and the revenue that moves."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.ssp_range import CHECK
from tests.builders import a_catalog, a_line, a_quote, a_usage_line
from tests.judging import judged, violated

RANGES = a_catalog(
    {"product_id": "SEATS", "price_period": "year", "ssp_low": "8000", "ssp_high": "10000"},
    {"product_id": "SUPPORT", "price_period": "year", "ssp_low": "800", "ssp_high": "1200"},
)


def a_bundle(seats, support):
    """Seats and support for one year."""
    terms = {"quantity": "1", "price_period": "year"}
    lines = [
        a_line(net_unit_price=seats, **terms),
        a_line(line_id="2", product_id="SUPPORT", net_unit_price=support, **terms),
    ]
    return a_quote(lines=lines)


def test_support_given_away_takes_revenue_from_the_seats():
    # 9,000 of stand-alone 9,000 + 1,000 (the middle of the range): support earns 900, the seats 8,100.
    found = violated(CHECK, a_bundle("9000", "0"), catalog=RANGES)

    assert found.line_ids == ("2",)
    assert found.loss.remaining_term == Decimal(900)
    assert {each.line_id: each.amount for each in found.loss.exposures} == {"1": Decimal(450), "2": Decimal(450)}
    assert found.reports == {"products": "SUPPORT", "shift": "$900"}
    assert found.evidence[0].expected == "800 to 1200"


def test_too_high_is_outside_as_well():
    # 12,000 + 1,000 for stand-alone 9,000 + 1,000: the seats earn 11,700, support 1,300.
    found = violated(CHECK, a_bundle("12000", "1000"), catalog=RANGES)
    assert found.loss.remaining_term == Decimal(300)


@pytest.mark.parametrize(("seats", "support"), [("8000", "800"), ("10000", "1200"), ("9000", "1000")])
def test_on_and_within_the_bounds_it_holds(seats, support):
    assert isinstance(judged(CHECK, a_bundle(seats, support), catalog=RANGES), Satisfied)


def test_a_line_whose_range_is_not_known_leaves_the_shift_unknown():
    lines = [a_line(quantity="1", price_period="year", net_unit_price="1"), a_line(line_id="2", product_id="OTHER")]
    found = violated(CHECK, a_quote(lines=lines), catalog=RANGES)

    assert (found.loss.remaining_term, found.reports["shift"]) == (None, "an amount that is not known")
    assert "OTHER" in found.loss.assumptions[0]


def test_where_nothing_is_outside_unknown_ranges_are_named():
    lines = [a_line(quantity="1", price_period="year", net_unit_price="9000"), a_line(line_id="2", product_id="OTHER")]
    found = judged(CHECK, a_quote(lines=lines), catalog=RANGES)
    assert found == Undetermined("no stand-alone selling range for OTHER in the catalog")


def test_usage_is_not_held_against_a_range():
    assert isinstance(judged(CHECK, a_quote(lines=[a_usage_line()]), catalog=RANGES), NotApplicable)
