"""Tiers bear their name where what was measured says so."""

import numpy as np
import pytest

from scoring.training.tiers import tier_table, wilson


def measured(alerts, leaking_alerts, digests, leaking_digests):
    shares = np.array([0.95] * alerts + [0.8] * digests)
    leaked = np.array(
        [1.0] * leaking_alerts
        + [0.0] * (alerts - leaking_alerts)
        + [1.0] * leaking_digests
        + [0.0] * (digests - leaking_digests)
    )
    return tier_table(shares, leaked, np.ones(len(shares)))


def test_wilsons_interval_of_nine_in_ten_by_hand():
    # (0.9 + 3.8415/20 -+ 1.96 sqrt(0.09/10 + 3.8415/400)) / (1 + 0.38415) = (1.09207 -+ 0.26734) / 1.38415
    assert wilson(0.9, 10) == pytest.approx((0.5958, 0.9821), abs=2e-4)


def test_an_alert_tier_that_holds_what_it_says_bears_its_name():
    table = measured(20, 19, 20, 16)
    assert table.of(0.95)[0] == "alert"
    assert table.tiers[0].precision == 0.95


def test_an_alert_tier_that_does_not_is_demoted_and_says_so():
    name, note = measured(20, 14, 20, 16).of(0.95)
    assert name == "digest"
    assert "70 %" in note


def test_a_tier_of_too_few_deals_has_no_precision_and_does_not_bear_its_name():
    table = measured(3, 3, 20, 16)
    assert table.tiers[0].precision is None
    assert table.of(0.95)[0] == "digest"


def test_uneven_weights_are_worth_fewer_deals():
    table = tier_table(np.full(4, 0.95), np.ones(4), np.array([97.0, 1.0, 1.0, 1.0]))
    assert table.tiers[0].n == pytest.approx(10_000 / 9_412, abs=0.05)
