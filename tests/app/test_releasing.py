"""A first invoice that a person lets go: once, for a reason, and as it was when they looked."""

from datetime import timedelta

import pytest

from app.releasing import NotReleased, release_by_hand
from app.store import MessageFilter
from policies.holding import HoldEvent, HoldState
from tests.app.store.builders import NOON, a_store
from tests.sending import SUBSCRIPTION, a_verification, held, record, told, waiting


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path / 'q.db'}"
    with a_store(url, sending=told("hold.released")) as store:
        yield store


def let_go(store, decision_id, why="They agreed by phone.", **terms):
    asked = {"seen": decision_id, "by": "Bill (bill)", "why": why, "as_of": NOON + timedelta(hours=1)}
    return release_by_hand(store.holds, "BC-1", **asked | terms)


def a_held_one(store):
    decision = a_verification()
    return record(store, decision, origin=SUBSCRIPTION, hold=held(decision))


def test_it_is_recorded_with_the_person_and_goes_out_with_it(store):
    decision_id = a_held_one(store)
    assert let_go(store, decision_id).state is HoldState.RELEASED
    last = store.holds.history("BC-1")[-1]
    assert (last.event, last.released_by, last.released_why) == (
        HoldEvent.RELEASED,
        "Bill (bill)",
        "They agreed by phone.",
    )
    assert waiting(store)[-2:] == [("release", "billing"), ("hold.released", "erp")]


def test_a_second_person_is_told_who_was_first(store):
    decision_id = a_held_one(store)
    let_go(store, decision_id)
    sent = len(store.outbox.page(MessageFilter()))
    with pytest.raises(NotReleased, match=r"released already, by Bill \(bill\)"):
        let_go(store, decision_id, by="Ann (ann)")
    assert len(store.outbox.page(MessageFilter())) == sent


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"why": "  "}, "Say why"),
        ({"why": "x" * 1_001}, "longer than 1,000"),
        ({"seen": "dec_of_before"}, "verified again since"),
    ],
)
def test_what_is_refused_leaves_the_hold(store, terms, said):
    decision_id = a_held_one(store)
    with pytest.raises(NotReleased, match=said):
        let_go(store, decision_id, **terms)
    assert store.holds.get("BC-1").state is HoldState.HELD


def test_what_was_never_held_cannot_be_released(store):
    with pytest.raises(NotReleased, match="not held"):
        let_go(store, "dec_1")
