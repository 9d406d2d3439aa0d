"""History is built in the order of time, whatever order it comes in, and never knows what was not known yet."""

from datetime import timedelta
from random import Random

import pytest

from scoring.history import HistoryBuilder, Kind, Known
from tests.scoring.sold import built_from, day, facts, many, outcome


def rep(history):
    return history.tally(Kind.REP, "R1")


def test_an_outcome_is_known_after_its_discovery_not_at_it():
    builder = built_from((facts(), 0), outcomes=[outcome(on=100)])
    assert rep(builder.as_of(day(100))).known == 0
    assert rep(builder.as_of(day(100) + timedelta(seconds=1))).leaked == 1


def test_a_quote_does_not_count_at_the_moment_it_is_made():
    builder = built_from((facts(), 0))
    assert rep(builder.as_of(day(0))).quotes == 0
    assert rep(builder.as_of(day(1))).quotes == 1


def test_the_order_in_which_events_are_given_does_not_matter():
    deals, outcomes = many(12, 5)
    events = [*deals, *((each, None) for each in outcomes)]
    digests = set()
    for seed in range(3):
        Random(seed).shuffle(events)
        builder = HistoryBuilder()
        for event, on in events:
            builder.add_outcome(event) if on is None else builder.add_quote(event, at=day(on))
        digests.add(builder.as_of(day(200)).digest())
    assert len(digests) == 1


def test_silence_counts_neither_way_until_the_window_is_over():
    builder = built_from((facts(), 0))
    assert rep(builder.as_of(day(364))).known == 0
    assert rep(builder.as_of(day(366))).clean == 0.25


def test_silence_about_what_was_not_signed_never_counts():
    builder = built_from((facts(stage="sent"), 0))
    assert rep(builder.as_of(day(500))).known == 0


def test_an_outcome_takes_the_place_of_silence():
    builder = built_from((facts(), 0), outcomes=[outcome(on=400)])
    tally = rep(builder.as_of(day(500)))
    assert (tally.leaked, tally.clean) == (1, 0)


def test_the_later_of_two_contradicting_outcomes_holds():
    builder = built_from((facts(), 0), outcomes=[outcome(on=50), outcome(leaked=False, on=60, source="dispute")])
    tally = rep(builder.as_of(day(100)))
    assert (tally.leaked, tally.clean) == (0, 1)
    assert builder.unjoined.contradicted == 1


def test_repeated_quotes_and_outcomes_count_once():
    builder = built_from((facts(), 0), (facts(), 1), outcomes=[outcome(on=50), outcome(on=50)])
    tally = rep(builder.as_of(day(100)))
    assert (tally.quotes, tally.leaked) == (1, 1)
    assert builder.unjoined.repeated == 2


def test_outcomes_that_cannot_be_used_are_counted():
    builder = built_from((facts(), 0), outcomes=[outcome("Q-9", on=50), outcome(on=None)])
    builder.as_of(day(100))
    assert (builder.unjoined.unmatched, builder.unjoined.undated) == (1, 1)


def test_a_deal_is_forgotten_after_some_years_so_that_memory_stays_bounded():
    builder = built_from((facts(), 0), outcomes=[outcome(on=1200)])
    assert rep(builder.as_of(day(1300))).leaked == 0
    assert builder.unjoined.unmatched == 1


def test_history_does_not_go_back():
    builder = built_from((facts(), 0))
    builder.as_of(day(5))
    with pytest.raises(ValueError, match="cannot go back"):
        builder.as_of(day(4))


def test_what_comes_late_counts_from_then_on():
    builder = built_from((facts(), 0))
    builder.as_of(day(200))
    builder.add_outcome(outcome(on=100))
    assert rep(builder.as_of(day(200))).leaked == 1


def test_how_an_outcome_came_to_be_known_is_kept():
    builder = built_from((facts(), 0), outcomes=[outcome(on=50, source="reconciliation")])
    assert rep(builder.as_of(day(100))).sources == {"reconciliation": [1, 0]}


def test_another_window_and_weight_of_silence_may_be_chosen():
    builder = HistoryBuilder.with_rules(Known(window_days=30, silence=1.0))
    builder.add_quote(facts(), at=day(0))
    assert rep(builder.as_of(day(31))).clean == 1.0


def test_what_was_worked_out_is_forgotten_when_history_goes_on():
    builder = built_from((facts(), 0), (facts("Q2"), 0), outcomes=[outcome(on=50), outcome("Q2", leaked=False, on=60)])
    assert builder.as_of(day(55)).average().value == 0.75  # (1 + 0.5) / (1 + 1)
    assert builder.as_of(day(70)).average().value == 0.5  # (1 + 0.5) / (2 + 1)
