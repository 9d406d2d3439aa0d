"""How late outcomes come, seen from a moment when most have not come yet."""

import numpy as np
import pytest

from scoring.training.delays import ALWAYS, delays


def test_without_any_delay_everything_is_known_at_once():
    assert list(ALWAYS.by(np.array([0.0, 1e9]))) == [1.0, 1.0]


def test_by_hand_one_short_delay_of_a_young_deal_says_nothing_of_long_ones():
    # Old deals show a delay of 10 and one of 50 days. A deal of 20 days can only show the short one: of those that could
    # show 50 days (two), one does; so by day 10 half is known, although two of three delays that were seen are short.
    found = delays(np.array([10.0, 50.0, 10.0]), np.array([100.0, 100.0, 20.0]))
    assert found.by(np.array([5.0, 10.0, 49.0, 50.0])) == pytest.approx([0.0, 0.5, 0.5, 1.0])


def test_the_true_shares_come_back_from_what_is_cut_off():
    draw = np.random.default_rng(3)
    delay, age = draw.uniform(0, 300, 20_000), draw.uniform(0, 400, 20_000)
    seen = delay <= age
    found = delays(delay[seen], age[seen])
    assert found.by(np.array([75.0, 150.0, 225.0])) == pytest.approx([0.25, 0.5, 0.75], abs=0.03)
    assert np.mean(delay[seen] <= 150) > 0.6  # what is merely counted is too quick
