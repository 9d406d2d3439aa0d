"""What is sent of what happens, decided without any effect."""

import json
from dataclasses import replace

import pytest

from app.outgoing import MOST_FINDINGS, as_reviewed, decision_data
from app.reverify import SYSTEM
from app.store import KnownTarget, MessageKind
from policies.domain.decision import Verdict
from policies.holding import HoldChange, HoldEvent, HoldState
from tests.app.store.builders import NOON, a_decision, a_hold
from tests.sending import QUOTE, SUBSCRIPTION, a_verification, told, vendors_only


def kinds(notes):
    return [note.kind.value for note in notes]


def known(decision, origin=QUOTE, **terms):
    return KnownTarget(origin=origin, decision_id=decision.summary.decision_id, **terms)


def a_change(decision, *events, state=HoldState.HELD):
    identity = decision.summary.subject.id
    return HoldChange(hold=replace(a_hold(), billing_configuration_id=identity, state=state), at=NOON, events=events)


def of(decision, target, change=None, sending=None):
    return kinds((sending or vendors_only()).of_decision(decision, change, target))


def test_a_decision_that_no_connection_brought_has_its_events_only():
    decision = a_decision(document=b'{"verdict": "block", "findings": []}')
    [note] = told().of_decision(decision, None, None)
    body = json.loads(note.body)
    assert (note.event, note.destination, body["type"], body["version"]) == (
        "decision.recorded", "erp", "decision.recorded", "1",
    )  # fmt: skip
    assert (body["timestamp"], body["data"]["verdict"]) == ("2026-03-01T12:00:00Z", "block")


@pytest.mark.parametrize(
    ("verdict", "wanted"),
    [(Verdict.BLOCK, ["hold", "write_back"]), (Verdict.FLAG, ["write_back"]), (Verdict.ALLOW, ["write_back"])],
)
def test_a_quote_is_held_where_it_is_blocked_and_written_back_always(verdict, wanted):
    decision = a_decision(verdict=verdict)
    assert of(decision, known(decision)) == wanted


def test_a_quote_that_was_held_is_released_when_it_is_not_blocked_any_more():
    decision = a_decision(verdict=Verdict.ALLOW)
    assert of(decision, known(decision, wanted=MessageKind.HOLD)) == ["release", "write_back"]
    assert of(decision, known(decision, wanted=MessageKind.RELEASE)) == ["write_back"]


def test_a_quote_that_is_held_is_not_held_again():
    decision = a_decision(verdict=Verdict.BLOCK)
    assert of(decision, known(decision, carried=MessageKind.HOLD)) == ["write_back"]


def test_a_sender_who_gets_the_answer_needs_neither_hold_nor_write_back():
    decision = a_decision(verdict=Verdict.BLOCK)
    assert of(decision, known(decision, replace(QUOTE, answered=True, callback="cb_1"))) == []


def test_what_waits_for_its_own_answer_gets_it_with_the_next_decision():
    decision = a_decision(verdict=Verdict.ALLOW)
    assert of(decision, known(decision, replace(QUOTE, callback="cb_1"))) == ["callback"]


def test_a_check_over_the_plain_api_of_a_quote_that_a_connection_brought_changes_nothing_there():
    decision = a_decision(verdict=Verdict.BLOCK, key_id="key_1")
    assert of(decision, known(a_decision())) == []


def test_a_verification_of_ours_goes_back_to_where_the_configuration_came_from():
    decision = a_verification(verdict=Verdict.ALLOW, key_id=SYSTEM)
    released = a_change(decision, HoldEvent.RELEASED, state=HoldState.RELEASED)
    target = known(a_verification(), SUBSCRIPTION, wanted=MessageKind.HOLD, written="before")
    assert of(decision, target, released) == ["release", "write_back"]


def test_what_else_stands_in_the_way_of_a_held_configuration_is_told_to_the_vendor():
    decision = a_verification()
    target = known(decision, SUBSCRIPTION, carried=MessageKind.HOLD)
    assert of(decision, target, a_change(decision, HoldEvent.KEPT)) == ["hold", "write_back"]


def test_a_waived_flag_that_was_never_held_is_not_released():
    decision = a_verification(verdict=Verdict.FLAG)
    assert of(decision, known(decision, SUBSCRIPTION), a_change(decision, state=HoldState.NONE)) == ["write_back"]


def test_who_listens_hears_what_was_asked_for_and_nothing_else():
    decision = a_verification()
    change = a_change(decision, HoldEvent.HELD, HoldEvent.ESCALATED)
    decision = replace(decision, document=b"{}")
    notes = told("hold.escalated", "hold.placed").of_decision(decision, change, None)
    assert [note.event for note in notes] == ["hold.placed", "hold.escalated"]
    assert json.loads(notes[0].body)["data"]["billing_configuration_id"] == "BC-1"
    assert told("alert.raised").of_decision(decision, change, None) == ()


def test_an_event_says_no_more_than_the_answer_and_less_of_each_finding():
    finding = {
        "finding_id": "fnd_1",
        "message": "No overage price.",
        "evidence": [{"actual": "x"}],
        "remedy": {"patch": []},
    }
    data = decision_data({"decision_id": "dec_1", "verdict": "block", "findings": [finding] * 60, "risk": {"score": 1}})
    assert (len(data["findings"]), data["findings_in_all"]) == (MOST_FINDINGS, 60)
    assert data["findings"][0]["message"] == "No overage price."
    assert "evidence" not in data["findings"][0]
    assert "risk" not in data


def test_what_a_person_let_go_is_let_go_at_the_vendor_that_holds_it():
    decision = a_verification()
    change = a_change(decision, HoldEvent.RELEASED, state=HoldState.RELEASED)
    target = known(decision, SUBSCRIPTION, wanted=MessageKind.HOLD)
    assert kinds(vendors_only().of_change(change, target)) == ["release"]
    assert kinds(told("hold.released").of_change(change, target)) == ["release", "event"]
    assert kinds(vendors_only().of_change(change, None)) == []
    assert kinds(vendors_only().of_change(change, known(decision, SUBSCRIPTION))) == []


def test_time_that_goes_on_calls_for_nothing_at_the_vendor():
    decision = a_verification()
    target = known(decision, SUBSCRIPTION, wanted=MessageKind.HOLD)
    assert kinds(vendors_only().of_change(a_change(decision, HoldEvent.ESCALATED), target)) == []


def test_a_decision_is_written_back_as_it_is_with_the_review():
    """What a person consented to bears their name, the rest stays, and a message without a review changes nothing."""
    findings = [
        {"finding_id": "f1", "approved_by": None, "waived_by": None},
        {"finding_id": "f2", "approved_by": "bob"},
    ]
    document = {"verdict": "block", "headline": "Before", "findings": findings}
    reviewed = {"approved": {"f1": "ann"}, "waived": {}, "verdict": "allow", "headline": "Ann let it pass"}
    found = as_reviewed(document, json.dumps({"reviewed": reviewed}).encode())
    assert (found["verdict"], found["headline"]) == ("allow", "Ann let it pass")
    assert [each["approved_by"] for each in found["findings"]] == ["ann", "bob"]
    assert as_reviewed(document, b"{}") == document
