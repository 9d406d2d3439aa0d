"""What history answers: rates of few deals lean on the group above, and a snapshot answers the same."""

import json
from math import isnan

import pytest

from scoring.history import History, Kind, keys_of
from tests.scoring.sold import built_from, day, facts, many


@pytest.fixture(scope="module")
def history():
    """Two teams: T1 leaks in 30 of 60 deals, T2 in 3 of 60; five reps in each."""
    deals, outcomes = [], []
    for team, leaked in (("T1", 6), ("T2", 1)):
        for seat in range(5):
            made, known = many(12, leaked if team == "T1" or seat < 3 else 0, rep=f"{team}-{seat}", team=team)
            deals, outcomes = deals + made, outcomes + known
    return built_from(*deals, outcomes=outcomes).as_of(day(200))


def keys(**terms):
    return keys_of(facts(**terms), None)


def test_a_new_rep_is_taken_for_one_of_the_team(history):
    new = keys(rep="NEW", team="T1")
    assert history.rep_rate(new) == (history.team_rate(new).value, 0.0)


def test_a_new_rep_of_a_new_team_is_average(history):
    assert history.rep_rate(keys(rep="NEW", team="NEW")).value == history.average().value
    assert history.rep_rate(keys(rep="NEW", team=None)).value == history.average().value


def test_a_bad_team_is_worse_than_a_good_one(history):
    bad, good = (history.rep_rate(keys(rep=f"{team}-0", team=team)).value for team in ("T1", "T2"))
    assert bad > history.average().value > good


def test_the_average_is_that_of_all_deals_with_half_a_leak_beside(history):
    assert history.average() == (pytest.approx((33 + 0.5) / 121), 120)


def test_a_new_product_is_taken_for_one_of_its_family_and_else_for_the_average(history):
    assert history.product_rate("NEW", "Seats").value == history.family_rate("Seats").value
    assert history.product_rate("NEW", None).value == history.average().value


def test_nothing_is_known_of_an_empty_history():
    empty = History()
    assert isnan(empty.average().value)
    assert isnan(empty.rep_rate(keys()).value)
    assert isnan(empty.override_rate(keys()).value)


def test_who_often_needs_consent_has_a_higher_override_rate():
    consent = [{"approver_id": "M"}]
    deals = [(facts(f"A{at}", rep="A", approvals=consent), 1) for at in range(9)]
    deals += [(facts(f"B{at}", rep="B"), 1) for at in range(9)]
    history = built_from(*deals).as_of(day(2))
    # Nine of eighteen in all and in the team; (9 + 10 x 1/2) / 19 and (0 + 10 x 1/2) / 19.
    assert history.override_rate(keys(rep="A")).value == pytest.approx(14 / 19)
    assert history.override_rate(keys(rep="B")).value == pytest.approx(5 / 19)


def test_the_load_is_what_was_made_in_the_last_thirty_days():
    builder = built_from(*((facts(f"Q{on}", on=on), on) for on in (0, 20, 40, 45)))
    history = builder.as_of(day(50))
    assert history.load("R1", day(50).timestamp()) == 3
    assert history.load("R9", day(50).timestamp()) == 0


def test_a_snapshot_answers_as_the_history_itself(history):
    restored = History.restored(json.loads(json.dumps(history.snapshot())))
    assert restored.digest() == history.digest()
    for rep in ("T1-0", "T2-4", "NEW"):
        assert restored.rep_rate(keys(rep=rep, team="T1")) == history.rep_rate(keys(rep=rep, team="T1"))
    assert restored.peers.keys() == history.peers.keys()
    assert restored.tally(Kind.REP, "T1-0") == history.tally(Kind.REP, "T1-0")


@pytest.mark.parametrize("broken", [{}, {"format": 2}, {"format": 1, "tables": {}}, {"format": 1, "tables": None}])
def test_what_is_no_snapshot_is_refused(broken):
    with pytest.raises(ValueError, match="history"):
        History.restored(broken)
