"""Each metric on a few cases by hand, and None with its reason where it cannot be told."""

from datetime import date

import pytest

from app.ledgers import metrics
from app.ledgers.definitions import DEFINITIONS
from app.ledgers.metrics import ReviewTally


def test_rates_of_money():
    assert metrics.leakage_rate(935_000, 12_935_000, 1).value == pytest.approx(9350 / 129350)
    assert metrics.prevention_yield(1_440_000, 60_000, 500_000, 3).value == 0.75
    for nothing in (metrics.leakage_rate(0, 0, 0), metrics.prevention_yield(0, 0, 0, 0)):
        assert (nothing.value, nothing.n) == (None, 0)
        assert nothing.because


def test_detection_and_what_nobody_found():
    assert metrics.detection_rate(30, 10).value == 0.75
    assert metrics.detection_rate(0, 0).because == "no leak has been confirmed yet"
    assert metrics.leaks_in_all(30, 20, 10).value == pytest.approx(58.18, abs=0.01)
    assert "both" in metrics.leaks_in_all(30, 20, 0).because


@pytest.mark.parametrize(
    ("confirmed", "judged", "borne"), [(95, 100, True), (70, 100, False), (9, 9, None), (0, 0, None)]
)
def test_a_tier_is_demoted_where_its_precision_does_not_bear_its_bound(confirmed, judged, borne):
    assert metrics.tier_calibration("alert", confirmed, judged, 0.90)[1] is borne


def test_what_comes_back_within_90_days_recurs():
    closed = [("U05", "SEAT", "crm", date(2026, 1, 1)), ("R01", "SEAT", "crm", date(2026, 1, 1))]
    opened = [("U05", "SEAT", "crm", date(2026, 4, 1)), ("R01", "SEAT", "crm", date(2026, 4, 2))]
    assert metrics.recurrence(closed, opened).value == 0.5
    assert metrics.recurrence((), opened).value is None


def test_a_flag_costs_what_its_deals_took_longer_than_others_of_their_size():
    """Small deals: 10 days with a flag and 4 without; large ones 30 and 20, of which one was flagged: (2 x 6 + 10) / 3."""
    signed = {("s", True, 10): 2, ("s", False, 4): 1, ("l", True, 30): 1, ("l", False, 20): 1, ("alone", True, 99): 1}
    assert metrics.cycle_time_cost(signed).value == pytest.approx(22 / 3)
    assert metrics.cycle_time_cost({("s", True, 10): 1}).because


def test_a_reviewer_who_approves_nearly_all_in_no_time_is_told():
    stamps = ReviewTally(days=12, approved=60, seconds={4: 20, 5: 40})
    careful = ReviewTally(days=12, approved=20, seconds={300: 60})
    ann, bob = metrics.reviewers({"bob": careful, "ann": stamps})
    assert (ann.hurried, ann.seconds.value, ann.a_day.value, ann.approvals.value) == (True, 5.0, 5.0, 1.0)
    assert (bob.hurried, bob.approvals.value) == (False, pytest.approx(1 / 3))
    assert not metrics.reviewers({"ann": ReviewTally(days=1, approved=5, seconds={5: 5})})[0].hurried


def test_a_fix_is_told_with_its_interval_or_why_it_cannot_be():
    before, after = [(1, 100.0)] * 60, [(0, 0.0)] * 60
    effect = metrics.fix_effect(before, after)
    assert (effect.before, effect.after) == (60, 0)
    assert effect.ratio.interval.high < 0.2
    assert (effect.saved_a_day.value, effect.saved_a_day.interval.low) == (100.0, 100.0)
    assert "only 3 cases" in metrics.fix_effect([(1, 1.0)] * 3 + [(0, 0.0)] * 57, after).ratio.because
    assert "only 20 days" in metrics.fix_effect(before[:20], after[:20]).ratio.because


def test_every_definition_that_a_metric_names_is_written():
    named = {
        metrics.leakage_rate(0, 0, 0).definition,
        metrics.prevention_yield(0, 0, 0, 0).definition,
        metrics.cycle_time_cost({}).definition,
        metrics.recurrence((), ()).definition,
        metrics.leaks_in_all(0, 0, 0).definition,
        metrics.a_day(()).definition,
        metrics.review_seconds(()).definition,
    }
    assert named <= set(DEFINITIONS)
