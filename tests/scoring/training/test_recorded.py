"""How reps' records stood when a model was trained."""

from dataclasses import replace
from datetime import timedelta
from math import log

import pytest

from scoring.training import Example, Known
from scoring.training.data import data
from scoring.training.labels import labels
from scoring.training.recorded import records, standing
from tests.scoring.training.population import NOW, a_vector


def of_days(*days, made_at=True):
    """Deals of two reps so many days ago, R1's rate growing with each; and of one who sold but once."""
    found = []
    for number, day in enumerate(days):
        rates = {"rep_leakage_rate": 0.5 + 0.05 * number, "team_leakage_rate": 0.5, "lines": float(number)}
        rep = "R1" if number < len(days) - 1 else "R2"
        found.append(
            Example(
                quote_id=str(number),
                made_at=NOW - timedelta(days=day) if made_at else None,
                vector=a_vector({"rep": (rep,)}, **rates),
                accepted=True,
                outcomes=(Known(leaked=bool(number % 2), source="audit", discovered_at=NOW),),
            )
        )
    return found


def tables(examples):
    return data(labels(examples, NOW), [each.vector for each in examples])


def test_a_rep_stands_where_the_newest_deal_does_and_one_without_a_name_of_their_own_nowhere():
    # Of the six, the one 10 days ago is the newest: 0.6 to 0.4, against 1 to 1.
    assert standing(tables(of_days(300, 200, 10, 40, 50, 60, 5))) == {"R1": pytest.approx(log(0.6 / 0.4))}


def test_without_days_nothing_is_said():
    undated = tables(of_days(1, 2, 3, 4, 5, 6, 7, made_at=False))
    assert standing(undated) is None
    assert records(standing(undated), 1.0) is None


def test_where_rates_are_not_known_a_rep_stands_with_the_team():
    examples = [
        replace(each, vector=a_vector({"rep": ("R1",)}, lines=float(at))) for at, each in enumerate(of_days(*range(6)))
    ]
    assert standing(tables([*examples, *of_days(1)])) == {}
