"""What it means that nothing is known of a deal."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from scoring.training.data import data, quiet
from scoring.training.labels import labels
from scoring.training.learn import learned
from scoring.training.logistic import sigmoid, usual_strengths
from scoring.training.silence import Silence, Sources, sources
from tests.scoring.training.population import NOW, an_example, known, population

NOBODY = Sources(looking=frozenset({"audit"}), finding=frozenset({"found"}), clearing=frozenset())


def a_silence(looked, found, by_now=1.0):
    one = np.array([by_now])
    return Silence(
        looked=np.array([looked]), looks_leaked=one, looks_clean=one, finds=one, clears=one, found=found, cleared=0.0,
        sources=NOBODY, assumed=False,
    )  # fmt: skip


def test_by_hand_a_silent_deal_is_less_likely_to_leak_than_before():
    # Audits look at half. Of the other leaks 60 % are found. Silent: half x 0.4 = 0.2 of leaks, half of clean deals.
    # Of 0.3 before: 0.3 x 0.2 / (0.3 x 0.2 + 0.7 x 0.5) = 0.06 / 0.41.
    found = a_silence(0.5, 0.6).expected(np.array([np.nan]), np.array([0.3]))
    assert found[0] == pytest.approx(0.06 / 0.41)


def test_by_hand_a_known_deal_stands_for_those_like_it_that_stayed_unknown():
    found = a_silence(0.5, 0.6)
    assert found.weights(np.array([1.0]))[0] == pytest.approx(1 / 0.8)
    assert found.weights(np.array([0.0]))[0] == pytest.approx(1 / 0.5)
    assert found.weights(np.array([np.nan]))[0] == 0.0


def test_nothing_stands_for_more_than_ten():
    assert a_silence(0.001, 0.0).weights(np.array([0.0]))[0] == 10.0


def test_the_silence_of_a_deal_of_yesterday_says_nothing():
    young = a_silence(0.5, 0.6, by_now=0.0)
    assert young.expected(np.array([np.nan]), np.array([0.3]))[0] == pytest.approx(0.3, abs=1e-3)
    assert not young.tells(np.array([np.nan])).any()


def test_sources_are_told_apart_by_what_they_yield():
    outcomes = [known(True), known(False), known(True, source="found"), known(False, source="dispute")]
    by = sources(labels([an_example(outcomes=[each]) for each in outcomes], NOW))
    assert (by.looking, by.finding, by.clearing) == (frozenset({"audit"}), frozenset({"found"}), frozenset({"dispute"}))


def fitted_shares(examples):
    found = labels(examples, NOW)
    rows = data(found, [examples[row].vector for row in found.rows])
    with threadpool_limits(limits=1):
        fit = learned(rows.made, found, quiet(rows), usual_strengths(rows.basis), 1)
    return found, fit, sigmoid(rows.made.margins(fit.effects))


@pytest.mark.slow
def test_the_base_rate_of_all_deals_comes_back_from_audits_that_look_at_suspicion():
    examples, truth = population(5, 3000, audit=lambda discount: 0.05 + 0.02 * discount)
    found, fit, shares = fitted_shares(examples)
    leaking = found.leaked[found.known].mean()
    assert leaking > truth.mean() + 0.08  # what is known leaks far more often
    assert shares.mean() == pytest.approx(truth.mean(), abs=0.025)
    assert fit.silence.found == pytest.approx(0.5, abs=0.12)


@pytest.mark.slow
def test_the_base_rate_comes_back_from_leaks_that_are_found_half_a_year_later():
    examples, truth = population(6, 3000, late=150, found=0.0)
    found, _, shares = fitted_shares(examples)
    assert (
        found.leaked[found.known].mean() < truth.mean() - 0.01 or shares.mean() > found.leaked[found.known].mean() - 0.1
    )
    assert shares.mean() == pytest.approx(truth.mean(), abs=0.035)
