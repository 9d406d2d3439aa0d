"""Charges that point at each other's lines are told as a swap, once."""

from policies.domain.finding import Direction
from policies.twin.changing import applied
from policies.twin.twin import twin
from tests.policies.twin.setups import SEATS, a_configuration, a_setup, an_agreement

SUPPORT = SEATS | {"product_id": "SUPPORT", "quantity": "1", "net_unit_price": "300"}
CROSSED = (SEATS | {"quote_line_id": "2"}, SUPPORT | {"quote_line_id": "1"})


def test_two_charges_that_name_each_others_lines_are_one_difference_without_money():
    configuration = a_configuration(*CROSSED)
    [found] = twin(a_setup(an_agreement(SEATS, SUPPORT), configuration)).differences
    assert (found.direction, found.under, found.over) == (Direction.COMPLIANCE, 0, 0)
    assert {each.path: each.value for each in found.changes} == {
        "/charges/0/quote_line_id": "1",
        "/charges/1/quote_line_id": "2",
    }
    mended = applied(configuration, found.changes)
    assert twin(a_setup(an_agreement(SEATS, SUPPORT), mended)).differences == ()


def test_charges_that_are_crossed_and_wrong_besides_are_told_one_by_one():
    wrong = a_configuration(CROSSED[0], CROSSED[1] | {"trial_days": 31})
    found = twin(a_setup(an_agreement(SEATS, SUPPORT), wrong)).differences
    assert Direction.COMPLIANCE not in {each.direction for each in found}
    assert len(found) > 1


def test_two_wrong_prices_are_no_swap():
    wrong = a_configuration(SEATS | {"net_unit_price": "38"}, SUPPORT | {"net_unit_price": "200"})
    found = twin(a_setup(an_agreement(SEATS, SUPPORT), wrong)).differences
    assert [each.under for each in found] == [12000, 1200]
