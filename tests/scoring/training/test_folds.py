"""Which deals a model is tried on."""

from datetime import timedelta

import pytest

from scoring.training import CannotLearn
from scoring.training.folds import folds
from scoring.training.labels import labels
from tests.scoring.training.population import NOW, an_example, known


def deals(count=120, dated=True):
    """A deal every three days; every fifth leaked."""
    return [
        an_example(
            f"Q{at}", 3 * at + 1 if dated else None, [known(at % 5 == 0, ago=0)], categories={"rep": (f"R{at}",)}
        )
        for at in range(count)
    ]


def folded(examples, since):
    return folds(labels(examples, NOW), [each.vector for each in examples], since)


def test_the_last_months_are_held_out_where_that_is_asked_for():
    since = NOW - timedelta(days=90)
    found, made = folded(deals(), since.timestamp()), labels(deals(), NOW).made
    assert len(found[-1].tried) == 30  # days 1, 4, ... 88
    assert all(made[at] >= since.timestamp() for at in found[-1].tried)
    assert all(made[at] < since.timestamp() for at in found[-1].fit)
    assert len(found[-1].fit) == 90


def test_the_folds_before_it_hold_out_nothing_of_those_months():
    since = (NOW - timedelta(days=90)).timestamp()
    made = labels(deals(), NOW).made
    before = folded(deals(), since)[:-1]
    assert len(before) == 2
    assert all(made[at] < since for fold in before for at in (*fold.fit, *fold.tried))


def test_months_without_leaks_cannot_be_held_out_and_the_sentence_says_what_to_do():
    with pytest.raises(CannotLearn, match=r"1 leaks are known of the months held out.*hold out more months"):
        folded(deals(), (NOW - timedelta(days=14)).timestamp())


def test_deals_without_days_have_no_months_to_hold_out():
    with pytest.raises(CannotLearn, match="leave --holdout-months out"):
        folded(deals(dated=False), NOW.timestamp())
