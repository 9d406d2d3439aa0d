"""Unit prices fall with volume, and a customer who orders one more never pays less."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.tier_prices import CHECK
from tests.builders import a_line, a_quote, tiers
from tests.judging import judged, violated


def tabled(*steps, model="volume", **terms):
    return a_quote(lines=[a_line(charge_model=model, net_unit_price=None, tiers=tiers(*steps), **terms)])


def test_at_100_units_a_volume_price_drops_by_192():
    # 100 * 10 = 1,000; 101 * 8 = 808; 192 a month, 2,304 in twelve.
    found = violated(CHECK, tabled(("100", "10"), (None, "8")))

    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(192), Decimal(2304))
    assert found.reports["defects"] == "the total drops by $192 at 100: 100 cost $1,000, one more costs $808"
    assert found.discriminator == "cliff"


def test_of_several_drops_the_largest_is_the_money():
    # At 10: 100 - 99 = 1. At 100: 900 - 505 = 395.
    found = violated(CHECK, tabled(("10", "10"), ("100", "9"), (None, "5")))
    assert found.loss.per_period == Decimal(395)
    assert len(found.evidence) == 2


def test_a_flat_fee_that_makes_up_for_it_leaves_no_drop():
    # 100 * 10 = 1,000; 101 * 8 + 200 = 1,008.
    assert isinstance(judged(CHECK, tabled(("100", "10"), (None, "8", "200"))), Satisfied)


def test_a_step_that_costs_less_than_the_one_before_it_is_a_drop():
    found = violated(CHECK, tabled(("10", None, "500"), (None, None, "400"), model="stairstep"))
    assert found.loss.per_period == Decimal(100)
    assert isinstance(judged(CHECK, tabled(("10", None, "400"), (None, None, "500"), model="stairstep")), Satisfied)


def test_graduated_totals_never_drop():
    assert isinstance(judged(CHECK, tabled(("100", "10"), (None, "1"), model="graduated")), Satisfied)


@pytest.mark.parametrize("model", ["graduated", "volume"])
def test_a_unit_price_that_rises_is_named(model):
    found = violated(CHECK, tabled(("50", "8"), (None, "10"), model=model))

    assert found.discriminator == "rising"
    assert "tier 2 costs $10 a unit after $8" in found.reports["defects"]
    assert (found.evidence[0].field, found.loss.remaining_term) == ("lines[1].tiers[1].unit_price", None)


def test_a_first_tier_at_no_price_is_an_allowance():
    assert isinstance(judged(CHECK, tabled(("250", "0"), (None, "0.02"), model="graduated")), Satisfied)


def test_a_rise_and_a_drop_are_two_findings():
    found = judged(CHECK, tabled(("10", "5"), ("20", "9"), (None, "6")))
    assert [each.discriminator for each in found] == ["rising", "cliff"]


def test_a_company_may_tolerate_small_drops():
    # 192 of 1,000 are 19.2 %.
    quote = tabled(("100", "10"), (None, "8"))
    assert isinstance(judged(CHECK, quote, tolerated_drop_percent=Decimal("19.2")), Satisfied)
    assert violated(CHECK, quote, tolerated_drop_percent=Decimal("19.1"))


def test_one_tier_or_none_and_an_unknown_model_are_nothing_to_judge():
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)
    assert isinstance(judged(CHECK, tabled((None, "8"))), NotApplicable)
    assert isinstance(judged(CHECK, tabled(("100", "10"), (None, "8"), model=None)), NotApplicable)
