"""Figures worked by hand."""

import numpy as np
import pytest

from scoring.training.evaluate import auc, average_precision, calibration_error, evaluate, top_share

ONES = np.ones(4)
SCORES = np.array([0.9, 0.7, 0.4, 0.1])


def test_average_precision_by_hand():
    # Leaks at places 1 and 3: (1/1 + 2/3) / 2.
    assert average_precision(SCORES, np.array([1.0, 0.0, 1.0, 0.0]), ONES) == pytest.approx((1 + 2 / 3) / 2)


def test_a_deal_that_leaks_in_part_counts_in_part():
    # Places hold 0.8, 0.2, 0.6, 0.4 of a leak: the mean of the precisions 0.8, 0.5, 1.6/3, 0.5, weighed by these.
    leaked = np.array([0.8, 0.2, 0.6, 0.4])
    expected = (0.8 * 0.8 + 0.2 * 0.5 + 0.6 * 1.6 / 3 + 0.4 * 0.5) / 2.0
    assert average_precision(SCORES, leaked, ONES) == pytest.approx(expected)


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order():
    assert auc(SCORES, np.array([1.0, 0.0, 1.0, 0.0]), ONES) == pytest.approx(3 / 4)


def test_a_deal_of_weight_two_is_two_deals():
    leaked, weights = np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 2.0, 1.0, 1.0])
    twice = np.array([0.9, 0.7, 0.7, 0.4, 0.1])
    expected = average_precision(twice, np.array([1.0, 0.0, 0.0, 1.0, 0.0]), np.ones(5))
    assert average_precision(SCORES, leaked, weights) == pytest.approx(expected)


def test_calibration_error_is_the_mean_distance_of_groups():
    shares, leaked = np.repeat([0.2, 0.6], 50), np.repeat([0.3, 0.5], 50)
    assert calibration_error(shares, leaked, np.ones(100)) == pytest.approx(0.1)


def test_money_in_the_top_tenth():
    money = np.array([50.0, *[10.0] * 5, *[0.0] * 14])
    assert top_share(np.linspace(1, 0, 20), money) == pytest.approx(0.6)


def test_one_kind_of_outcome_has_no_order_and_says_so():
    found = evaluate(SCORES, np.zeros(4))
    assert (found["average_precision"], found["auc"]) == (None, None)
    assert evaluate(np.empty(0), np.empty(0)) == {"deals": 0}
