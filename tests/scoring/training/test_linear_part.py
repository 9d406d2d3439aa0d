"""The sum of effects is served as it was fitted."""

import numpy as np
import pytest

from scoring.training.data import data
from scoring.training.labels import labels
from scoring.training.linear_part import linear_part, margins, without_traces
from scoring.training.logistic import fitted, usual_strengths
from tests.scoring.training.population import NOW, a_vector, population


@pytest.fixture(scope="module")
def served():
    examples, truth = population(9, 300)
    found = labels(examples, NOW)
    rows = data(found, [examples[row].vector for row in found.rows])
    effects = without_traces(fitted(rows.made, truth[found.rows], usual_strengths(rows.basis)))
    return examples, found, rows, effects, linear_part(rows.basis, effects, rows.made.indicators)


def test_one_deal_by_one_has_the_margins_of_all_at_once(served):
    examples, found, rows, effects, linear = served
    at_once = margins(rows.basis, linear, rows.made.dense, effects, rows.made.indicators)
    one_by_one = [linear.margin(examples[row].vector) for row in found.rows]
    assert at_once == pytest.approx(one_by_one)
    assert at_once == pytest.approx(rows.made.margins(effects))


def test_contributions_add_up_and_those_of_the_average_deal_to_nothing(served):
    examples, found, _, _, linear = served
    vectors = [examples[row].vector for row in found.rows]
    sums = np.array([sum(linear.contributions(each).values()) for each in vectors])
    assert sums + linear.intercept == pytest.approx([linear.margin(each) for each in vectors])
    assert sums.mean() == pytest.approx(0.0, abs=1e-6)


def test_a_rep_never_seen_is_the_average_rep(served):
    _, _, _, _, linear = served
    terms = {"discount_depth": 20.0, "ramp_lines": 0.0, "lines": 3.0, "quarter_end_days": 40.0}
    new, known = (linear.margin(a_vector({"rep": (rep,)}, **terms)) for rep in ("never seen", "R0"))
    assert known - new == pytest.approx(linear.levels["rep"]["R0"] - linear.level_means["rep"])
