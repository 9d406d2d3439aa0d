"""For how many deals each known one stands, where a model is held against them."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from scoring.training.standing import standing
from tests.scoring.training.population import NOW, an_example, known, population


def test_weighed_labels_come_near_the_rate_of_all_deals_where_audits_look_at_the_suspicious():
    examples, truth = population(4, deals=1500)
    with threadpool_limits(limits=1):
        found = standing(examples, truth, NOW)
    assert found.weighed
    plain, weighed = found.leaked.mean(), np.average(found.leaked, weights=found.weights)
    assert abs(weighed - truth.mean()) < 0.03 < abs(plain - truth.mean())
    assert "of the 1,500 that could leak" in found.because
    assert "lean" not in found.because


def test_where_hardly_any_deal_is_looked_at_what_the_figures_lean_to_is_said():
    examples, truth = population(4, deals=4000, audit=lambda discount: 0.03)
    with threadpool_limits(limits=1):
        found = standing(examples, truth, NOW)
    assert found.weights.max() == 10.0
    assert "where fewer than one in ten are looked at, figures still lean to those that are" in found.because


@pytest.mark.parametrize(
    ("examples", "because"),
    [
        ([an_example(outcomes=[known(True)])], "every deal that could leak has a label"),
        ([an_example(outcomes=[known(True, source="unknown")]), an_example()], "do not say how they came to be known"),
        (
            [an_example(outcomes=[known(True, source="finance")]), an_example()],
            "no source of the labels looks at deals",
        ),
        (
            [an_example(outcomes=[known(True)]), an_example(outcomes=[known(False)]), an_example()],
            "2 known and 1 unknown deals are too few",
        ),
    ],
)
def test_where_nothing_tells_how_labels_came_to_be_known_each_counts_once_and_that_is_said(examples, because):
    found = standing(examples, [0.5] * len(examples), NOW)
    assert not found.weighed
    assert because in found.because
    assert found.weights.tolist() == [1.0] * len(found.places)


def test_a_deal_that_was_not_signed_stands_for_nothing_unless_something_is_known_of_it():
    unsigned = replace(an_example(), accepted=False)
    found = standing([unsigned, an_example(outcomes=[known(True)])], [0.5, 0.5], NOW)
    assert found.places == (1,)
