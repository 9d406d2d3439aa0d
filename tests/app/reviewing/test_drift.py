"""Drift: a change is named, and where nothing changed it stays quiet, however few deals there are."""

from random import Random

import pytest

from app.proportions import Interval
from app.reviewing.drift import drift, kolmogorov
from app.reviewing.fairness import Flagged, shares

FEATURES = 87


def some(chance, deals):
    """Half of the features are numbers, a quarter counts, a quarter missing now and then."""
    made = {}
    for at in range(FEATURES):
        kind = at % 4
        values = [chance.gauss(0, 1) if kind < 2 else float(chance.randrange(4)) for _ in range(deals)]
        made[f"f{at:02}"] = [float("nan") if kind == 3 and chance.random() < 0.1 else each for each in values]
    return made


def cries(chance, months):
    return sum(any(each.moved for each in drift(some(chance, 200), some(chance, 200))) for _ in range(months))


def test_the_odds_of_a_distance_are_those_of_the_table():
    # The 5 % point of Kolmogorov's distribution is 1.3581
    assert abs(kolmogorov(1.3581 / (5000**0.5), 10_000, 10_000) - 0.05) < 0.002


def test_without_change_two_hundred_deals_rarely_cry_wolf():
    chance = Random(3)
    assert cries(chance, months=5) <= 2  # at 5 % a month, three or more of five happen once in 800


@pytest.mark.slow
def test_without_change_the_share_of_months_that_cry_wolf_is_the_nominal_one_at_most():
    assert cries(Random(4), months=100) <= 12  # at 5 % a month, thirteen or more of a hundred happen once in 600


def test_a_feature_that_moved_is_named_first():
    chance = Random(5)
    before, after = some(chance, 200), some(chance, 200)
    after["f04"] = [each + 1 for each in after["f04"]]
    found = drift(before, after)
    assert (found[0].feature, found[0].moved) == ("f04", True)


def test_a_feature_that_is_no_longer_known_has_moved():
    chance = Random(6)
    before, after = some(chance, 200), some(chance, 200)
    after["f00"] = [float("nan")] * 200
    found = drift(before, after)
    assert (found[0].feature, found[0].missing_after, found[0].moved) == ("f00", 1.0, True)


def test_reps_of_equal_deals_and_equal_flags_are_not_apart():
    decisions = [
        Flagged(rep_id=rep, stratum=(size,), flagged=number < (10 if size else 2))
        for rep in "abc"
        for size in (0, 1)
        for number in range(20)
    ]
    found = shares(decisions)
    assert [(each.flagged, each.expected, each.ratio, each.apart) for each in found] == [(12, 12.0, 1.0, False)] * 3


def test_complex_deals_do_not_put_their_rep_apart_but_flags_beyond_them_do():
    def deals(rep, size, count, flagged):
        return [Flagged(rep_id=rep, stratum=(size,), flagged=at < flagged) for at in range(count)]

    plain = deals("a", 0, 50, 5) + deals("b", 0, 50, 5) + deals("a", 1, 10, 5) + deals("b", 1, 50, 25)
    assert not any(each.apart for each in shares(plain))
    found = {each.rep_id: each for each in shares(deals("a", 0, 60, 6) + deals("b", 0, 60, 30))}
    assert found["b"].apart
    assert isinstance(found["b"].interval, Interval)
