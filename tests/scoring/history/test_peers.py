"""Peers: the latest values, where the middle of them lies, and how far another one lies from it."""

from math import log
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.history.peers import REMEMBERED, Peers, logarithm, price_key, widening
from tests.scoring.sold import facts

numbers = st.lists(st.floats(-10, 10), min_size=1, max_size=3 * REMEMBERED)


@given(numbers)
def test_the_middle_is_that_of_the_latest_values(values):
    peers = Peers()
    for each in values:
        peers.add(each)
    assert len(peers.ordered) <= REMEMBERED
    assert peers.quantile(0.5) == pytest.approx(median(values[-REMEMBERED:]))


def test_half_the_price_of_peers_is_half_whatever_the_price():
    peers = Peers([log(each) for each in (80, 90, 100, 110, 125)])
    assert peers.distance(log(50)).log_ratio == pytest.approx(log(0.5))


def test_peers_who_all_pay_the_same_still_have_a_width():
    assert Peers([log(100)] * 9).distance(log(100 * 1.0202)).deviations == pytest.approx(1, rel=0.01)


def test_what_is_not_positive_has_no_logarithm():
    assert logarithm(None) is None
    assert logarithm(0) is None
    assert logarithm(-3) is None


def test_prices_are_held_against_those_of_the_same_quantity_and_segment_first():
    deal = facts(account={"account_id": "A1", "segment": "smb"})
    narrow, band, whole = widening(price_key(deal.lines[0], deal))
    assert narrow == ("price", "SEATS", "USD", "month", "2", "smb")
    assert band == narrow[:-1]
    assert whole == narrow[:-2]
