"""What a leak costs and of which kind it is."""

import numpy as np
import pytest

from scoring.training.amounts import amounts, leaks
from scoring.training.boosting import Growth
from scoring.training.matrix import table
from scoring.training.patterns import patterns
from tests.scoring.training.population import an_example, known

GROWTH = Growth(seed=1)


def deals(amounts_of, **more):
    return [
        an_example(f"Q{at}", outcomes=[known(True, amount=amount, currency="USD", pattern="B01")], lines=float(at), **more)
        for at, amount in enumerate(amounts_of)
    ]  # fmt: skip


def of(examples):
    return leaks(examples, table([each.vector for each in examples]), np.ones(len(examples)), np.ones(len(examples)))


def test_of_few_leaks_the_share_is_one_for_all_and_the_money_adds_up():
    # Of 1,000 each, 10, 20, 30, 40 and 100 leaked: 200 in all, so 4 % of each.
    examples = deals([10.0, 20.0, 30.0, 40.0, 100.0])
    found, told = amounts(of(examples), GROWTH)
    assert found.losses([each.vector for each in examples]) == pytest.approx([40.0] * 5)
    assert told["by"] == "constant"


def test_amounts_in_another_currency_and_of_deals_without_a_value_are_left_out():
    euros = an_example("E", outcomes=[known(True, amount=5.0, currency="EUR")])
    worthless = an_example("W", outcomes=[known(True, amount=5.0)], value=None)
    assert len(of([*deals([10.0]), euros, worthless]).shares) == 1


def test_fewer_than_five_leaks_with_an_amount_teach_no_amount():
    found, told = amounts(of(deals([10.0] * 4)), GROWTH)
    assert found is None
    assert told["leaks"] == 4


def test_patterns_of_few_leaks_have_their_shares():
    examples = deals([10.0] * 6) + [an_example("X", outcomes=[known(True, pattern="Q01")])] * 2
    values = table([each.vector for each in examples])
    found, told = patterns(examples, values, np.ones(8), np.ones(8), GROWTH)
    assert (found.names, found.shares) == (("B01",), (1.0,))
    assert (told["by"], told["rare"]) == ("shares", 1)


def test_without_a_pattern_nothing_is_said_of_kinds():
    examples = [an_example(outcomes=[known(True)])]
    found, _ = patterns(examples, table([each.vector for each in examples]), np.ones(1), np.ones(1), GROWTH)
    assert found is None
