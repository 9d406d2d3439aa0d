"""What is known of each deal as of a moment."""

from math import inf, isnan

from scoring.training.labels import labels
from tests.scoring.training.population import NOW, an_example, known


def test_a_deal_without_an_outcome_is_neither_leaked_nor_clean():
    found = labels([an_example(made=100)], NOW)
    assert isnan(found.leaked[0])
    assert found.age[0] == 100
    assert not found.known.any()


def test_an_outcome_counts_from_its_discovery_with_its_source_and_delay():
    found = labels([an_example(made=100, outcomes=[known(True, ago=40)])], NOW)
    assert (found.leaked[0], found.source[0], found.delay[0]) == (1.0, "audit", 60.0)


def test_of_outcomes_that_contradict_each_other_the_later_holds_and_they_are_counted():
    found = labels([an_example(outcomes=[known(False, ago=5), known(True, ago=50)])], NOW)
    assert found.leaked[0] == 0.0
    assert found.counts["contradicted"] == 1


def test_an_outcome_of_tomorrow_is_not_known_yet_and_is_counted():
    found = labels([an_example(outcomes=[known(True, ago=-1)])], NOW)
    assert isnan(found.leaked[0])
    assert found.counts["discovered_later"] == 1


def test_a_deal_that_was_never_signed_is_left_out_and_one_of_tomorrow_too():
    found = labels([an_example(accepted=False), an_example(made=-1), an_example()], NOW)
    assert list(found.rows) == [2]
    assert (found.counts["not_signed"], found.counts["made_later"]) == (1, 1)


def test_a_deal_without_a_day_is_of_any_age_and_its_outcome_was_always_known():
    found = labels([an_example(made=None, outcomes=[known(False, ago=None)])], NOW)
    assert (found.age[0], found.delay[0], found.leaked[0]) == (inf, 0.0, 0.0)
    assert not found.dated


def test_each_source_is_counted_by_what_it_yields():
    outcomes = [known(True), known(False), known(False), known(True, source="reconciliation")]
    found = labels([an_example(outcomes=[each]) for each in outcomes], NOW)
    assert found.counts["sources"] == {"audit": (1, 2), "reconciliation": (1, 0)}
