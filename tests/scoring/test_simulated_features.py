"""The features of the simulated company: streamed in the order of time, and telling leaked deals from clean ones."""

import os
import time
from itertools import pairwise
from math import isnan

import pytest

from benchmarks.features import simulated, streamed
from scoring.features import FEATURES, NAMES
from scoring.history import HistoryBuilder

QUOTES = 12_000 if os.environ.get("FUZZ") else 4_000
WHOLE = pytest.mark.skipif(QUOTES < 12_000, reason="too few quotes to tell: `make fuzz` has enough")
STRONG = (
    pytest.param("team_leakage_rate", marks=WHOLE),
    *("rep_leakage_rate", "rep_product_rate", "product_rate_highest", "pair_excess"),
    *("lines", "charge_models", "discount_depth", "discount_mean", "peer_price_deviation", "account_rate"),
)


@pytest.fixture(scope="module")
def stream():
    """Signed deals of the second half, where there is a history to know, with the simulator's truth; and the time it took."""
    company = simulated(7, QUOTES, workers=2)
    began = time.process_time()
    rows = [(company.truth[quote.quote_id], vector) for quote, vector in streamed(company, HistoryBuilder())]
    spent = time.process_time() - began
    later = [(truth, vector) for truth, vector in rows[len(rows) // 2 :] if truth["accepted"] and not truth["forced"]]
    assert len(rows) == QUOTES
    return later, spent


def auc(scored):
    """How likely a leaked deal has more than a clean one, equal ones half: by counting, for each leaked one, the clean below."""
    leaked = [value for value, is_leaked in scored if is_leaked]
    clean = [value for value, is_leaked in scored if not is_leaked]
    wins = sum((one > other) + (one == other) / 2 for one in leaked for other in clean)
    return wins / (len(leaked) * len(clean))


@pytest.mark.slow
@pytest.mark.fuzz
def test_quotes_stream_at_under_three_milliseconds_each(stream):
    _, spent = stream
    assert spent < QUOTES * 0.003


@pytest.mark.slow
@pytest.mark.fuzz
@pytest.mark.parametrize("name", STRONG)
def test_a_strong_feature_is_higher_in_deals_that_leak(stream, name):
    later, _ = stream
    scored = [(vector.of(name), truth["leaked"]) for truth, vector in later if not isnan(vector.of(name))]
    assert len(scored) > 0.9 * len(later)
    assert auc(scored) > 0.55


@WHOLE
@pytest.mark.slow
@pytest.mark.fuzz
def test_no_feature_that_is_said_to_raise_the_risk_clearly_lowers_it(stream):
    later, _ = stream
    for feature in (each for each in FEATURES if each.direction == 1):
        scored = [(vector.of(feature.name), truth["leaked"]) for truth, vector in later]
        known = [each for each in scored if not isnan(each[0])]
        assert not known or auc(known) > 0.47, feature.name


@pytest.mark.slow
@pytest.mark.fuzz
def test_the_reps_rate_follows_the_carelessness_that_no_document_shows(stream):
    later, _ = stream
    by_rep = {}
    for truth, vector in later:
        by_rep[truth["rep_id"]] = (vector.of("rep_leakage_rate"), truth["log_odds"].get("carelessness", 0.0))
    ordered = sorted(by_rep.values())
    fifth = len(ordered) // 5
    fifths = [ordered[at : at + fifth] for at in range(0, 5 * fifth, fifth)]
    means = [sum(careless for _, careless in each) / fifth for each in fifths]
    assert all(low < high for low, high in pairwise(means))


def test_every_feature_is_finite_or_unknown_on_small_data():
    company = simulated(3, 60)
    for _, vector in streamed(company, HistoryBuilder()):
        assert len(vector.values) == len(NAMES)
        assert all(isnan(each) or abs(each) < 1e9 for each in vector.values)
