"""Rates of few cases are drawn towards what is expected; by how much, the groups themselves say."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.history.smoothing import STRONGEST, USUAL, WEAKEST, Spread, smoothed

shares = st.floats(0.001, 0.999)
strengths = st.floats(WEAKEST, STRONGEST)


def test_one_leak_in_two_deals_with_twenty_expected_at_a_tenth():
    assert smoothed(1, 2, 0.1, 20) == pytest.approx(3 / 22)


@given(st.integers(0, 200), st.integers(0, 200), shares, strengths)
def test_more_leaks_raise_the_rate_and_more_clean_deals_lower_it(leaked, clean, expected, strength):
    rate = smoothed(leaked, leaked + clean, expected, strength)
    assert smoothed(leaked + 1, leaked + clean + 1, expected, strength) > rate
    assert smoothed(leaked, leaked + clean + 1, expected, strength) < rate


@given(st.integers(0, 200), st.integers(0, 200), shares, strengths)
def test_a_rate_lies_between_what_was_seen_and_what_was_expected(leaked, clean, expected, strength):
    seen = leaked / (leaked + clean) if leaked + clean else expected
    rate = smoothed(leaked, leaked + clean, expected, strength)
    assert min(seen, expected) - 1e-12 <= rate <= max(seen, expected) + 1e-12


def test_too_few_groups_have_the_usual_strength():
    spread = Spread()
    for _ in range(4):
        spread.take(1, 10, +1)
    assert spread.strength() == USUAL


def test_groups_that_are_all_alike_are_drawn_together_most():
    spread = Spread()
    for _ in range(50):
        spread.take(5, 50, +1)
    assert spread.strength() == STRONGEST


@pytest.mark.parametrize("strength", [5.0, 30.0])
def test_the_strength_of_simulated_groups_is_found_again(strength):
    rng, spread = Random(3), Spread()
    for _ in range(3000):
        rate = rng.betavariate(0.2 * strength, 0.8 * strength)
        spread.take(sum(rng.random() < rate for _ in range(40)), 40, +1)
    assert spread.strength() == pytest.approx(strength, rel=0.15)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20)), min_size=1, max_size=30))
def test_what_is_taken_out_again_leaves_no_trace(groups):
    kept, changed = Spread(), Spread()
    for hits, more in groups:
        kept.take(hits, hits + more, +1)
        changed.take(hits + 1, hits + more + 1, +1)
        changed.take(hits + 1, hits + more + 1, -1)
        changed.take(hits, hits + more, +1)
    assert changed.sums() == pytest.approx(kept.sums())
