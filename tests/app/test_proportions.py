"""Shares, their intervals, and what chance brings about."""

from math import comb

import pytest

from app.proportions import by_chance, lift, wilson, withstand


def test_wilsons_interval_is_the_one_in_the_books():
    interval = wilson(8, 10)
    # Wilson's formula with z = 1.959964: (0.8 + 0.19207) / 1.38415 -+ 1.959964 * sqrt(0.016 + 0.0096036) / 1.38415
    assert interval.low == pytest.approx(0.49016, abs=1e-4)
    assert interval.high == pytest.approx(0.94331, abs=1e-4)


def test_nothing_is_known_of_a_share_of_nothing():
    assert wilson(0, 0) is None
    assert lift(0, 0, 1, 2) is None


def test_the_odds_of_a_draw_are_counted_exactly():
    # 3 or 4 hits among 4 drawn of 10, of which 5 are hits
    expected = (comb(5, 3) * comb(5, 1) + comb(5, 4)) / comb(10, 4)
    assert by_chance(3, 4, 5, 10) == pytest.approx(expected)


def test_of_many_tries_only_those_stand_that_beat_their_rank():
    # Of four at 10 %, the limits are 0.025, 0.05, 0.075 and 0.1: the first two and the third are under theirs.
    assert withstand([0.9, 0.01, 0.07, 0.04], 0.1) == (False, True, True, True)
    assert withstand([0.03, 0.9, 0.9, 0.9], 0.1) == (False, False, False, False)
