"""Figures by hand, and by a second way."""

from math import comb, isclose, log, sqrt

import pytest

from app.ledgers.statistics import binomial_tail, bootstrap_difference, chapman, quantile, rate_ratio, wilson


def by_bisection(hits, n, low, high):
    """Where the score test just does not refuse a share: (p - share)^2 = z^2 p (1 - p) / n, found without the formula."""
    share = hits / n
    for _ in range(100):
        middle = (low + high) / 2
        outside = (middle - share) ** 2 > 1.959963984540054**2 * middle * (1 - middle) / n
        low, high = (middle, high) if outside == (middle < share) else (low, middle)
    return low


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (1, 10), (5, 10), (10, 10), (81, 263), (2, 1000)])
def test_wilson_is_the_score_test_turned_round(hits, n):
    interval = wilson(hits, n)
    low, high = by_bisection(hits, n, 0.0, hits / n), by_bisection(hits, n, hits / n, 1.0)
    assert isclose(interval.low, low, abs_tol=1e-9)
    assert isclose(interval.high, high, abs_tol=1e-9)


def test_quantiles_are_values_that_occur():
    counts = {1: 5, 3: 4, 30: 1}
    assert [quantile(counts, share) for share in (0.5, 0.9, 1.0)] == [1, 3, 30]
    assert quantile({}, 0.5) is None


def test_capture_and_recapture_by_hand():
    """31 x 21 / 11 - 1 = 58.18; variance 31 x 21 x 20 x 10 / (121 x 12) = 89.67."""
    value, interval = chapman(30, 20, 10)
    assert isclose(value, 31 * 21 / 11 - 1)
    assert isclose(interval.high - value, 1.959963984540054 * sqrt(130200 / 1452))


def test_rates_before_and_after_by_hand():
    """40 in 90 days and 10 in 90: the ratio is 10.5 / 40.5, its spread on the log scale sqrt(1/10.5 + 1/40.5)."""
    ratio, interval = rate_ratio(40, 90, 10, 90)
    assert isclose(ratio, 10.5 / 40.5)
    spread = (log(interval.high) - log(ratio)) / 1.959963984540054
    assert isclose(spread, sqrt(1 / 10.5 + 1 / 40.5))
    assert rate_ratio(40, 90, 40, 90)[1].low < 1 < rate_ratio(40, 90, 40, 90)[1].high


def test_the_bootstrap_of_two_constants_is_their_difference_and_is_the_same_each_time():
    interval = bootstrap_difference([5.0] * 30, [2.0] * 30)
    assert (interval.low, interval.high) == (3.0, 3.0)
    noisy = [float(each % 7) for each in range(60)]
    assert bootstrap_difference(noisy, noisy) == bootstrap_difference(noisy, noisy)
    assert bootstrap_difference(noisy, noisy).low < 0 < bootstrap_difference(noisy, noisy).high


def test_the_tail_of_a_binomial_is_the_sum_of_its_chances():
    exact = sum(comb(20, k) * 0.2**k * 0.8 ** (20 - k) for k in range(9, 21))
    assert isclose(binomial_tail(9, 20, 0.2), exact, rel_tol=1e-9)
    assert binomial_tail(0, 20, 0.2) == 1.0
    assert isclose(binomial_tail(450, 2001, 0.2), binomial_tail(450, 2000, 0.2), rel_tol=0.1)
