"""List price and stated discounts lead to the net price."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.net_price import CHECK
from policies.domain.finding import Change, Direction
from tests.builders import a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated


def priced(net, *discounts, listed="100", **terms):
    return a_quote(lines=[a_line(list_unit_price=listed, net_unit_price=net, discounts=discounts, **terms)])


def test_twenty_percent_off_100_is_80_and_not_70():
    quote = priced("70", {"percent": "20"})
    found = violated(CHECK, quote)

    # 10 a seat, 10 seats, 12 months.
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(100), Decimal(1200))
    assert found.changes == (Change(path="/lines/0/net_unit_price", value=Decimal("80.00")),)
    assert found.direction is Direction.UNDER
    assert isinstance(after(CHECK, quote), Satisfied)


def test_a_higher_price_than_explained_is_over():
    assert violated(CHECK, priced("90", {"percent": "20"})).direction is Direction.OVER


@pytest.mark.parametrize("net", ["70", "72"])
def test_percent_and_amount_may_come_in_either_order(net):
    assert isinstance(judged(CHECK, priced(net, {"percent": "20"}, {"amount": "10"})), Satisfied)


@pytest.mark.parametrize("net", ["72", "70"])
def test_two_percentages_may_follow_one_another_or_be_added_up(net):
    assert isinstance(judged(CHECK, priced(net, {"percent": "20"}, {"percent": "10"})), Satisfied)


@pytest.mark.parametrize(
    ("listed", "net", "percent", "fine"),
    [
        ("37", "25", "32.43", True),  # 32.432...
        ("37", "25", "32", True),  # rounded to a whole percent
        ("37", "25", "31.4", False),
        ("0.012", "0.0096", "20", True),
        ("0.012", "0.009", "20.0", False),
    ],
)
def test_a_percentage_is_as_exact_as_it_is_written(listed, net, percent, fine):
    outcome = judged(CHECK, priced(net, {"percent": percent}, listed=listed))
    assert isinstance(outcome, Satisfied) is fine


def test_a_discount_that_starts_later_is_not_yet_in_the_price():
    later = {"percent": "50", "starts_on": "2026-07-01"}
    assert isinstance(judged(CHECK, priced("80", {"percent": "20"}, later)), Satisfied)


def test_all_three_have_to_be_stated():
    assert isinstance(judged(CHECK, priced("70")), NotApplicable)
    assert isinstance(judged(CHECK, priced("70", {"percent": "20"}, listed=None)), NotApplicable)
    assert isinstance(judged(CHECK, priced(None, {"percent": "20"})), NotApplicable)


def test_for_a_rate_of_use_the_money_is_not_known():
    line = a_usage_line(list_unit_price="1", net_unit_price="0.5", discounts=[{"percent": "20"}])
    assert violated(CHECK, a_quote(lines=[line])).loss.remaining_term is None
