"""What Quoteguard does in HubSpot after a decision: findings on lines, holds that can be undone, workflows that go on."""

from __future__ import annotations

import json

import pytest

from cpq_hooks.adapter import Target
from cpq_hooks.adapters.hubspot import ADAPTER
from tests.cpq_hooks.adapters.hubspot_objects import (
    a_connection,
    a_decision,
    a_delivery,
    a_finding,
    a_line,
    a_quote,
    a_record,
    a_subscription,
)

CRM = "/crm/objects/2026-03"


def _target(payload, **more):
    return Target(object_type="quote", object_id="101", payload=payload, **more)


def _written(payload, *findings, connection=None, **changes):
    calls = ADAPTER.write_back(_target(payload), a_decision(*findings, **changes), connection or a_connection())
    return {call.path: call.json for call in calls}


def test_findings_stand_on_their_line_in_words_with_what_clears_them():
    found = _written(a_quote(a_line("1"), a_line("2")), a_finding("2"))
    first, second = found[f"{CRM}/line_items/batch/update"]["inputs"]
    assert first == {"id": "1", "properties": {"quoteguard_verdict": "allow", "quoteguard_message": ""}}
    assert second["properties"] == {
        "quoteguard_verdict": "block",
        "quoteguard_message": "The price is under its floor. To clear it: set it to 18.",
    }
    assert found[f"{CRM}/quotes/101"]["properties"]["quoteguard_verdict"] == "block"


def test_a_message_that_is_over_is_taken_away_again():
    line = a_line("1", quoteguard_verdict="block", quoteguard_message="old")
    found = _written(a_quote(line), verdict="allow", headline="Nothing stands in the way.")
    assert found[f"{CRM}/line_items/batch/update"]["inputs"][0]["properties"]["quoteguard_message"] == ""


def test_what_stands_there_already_is_not_written_again():
    payload = a_quote(
        a_line("1", quoteguard_verdict="allow", quoteguard_message=""),
        quoteguard_verdict="allow",
        quoteguard_message="Nothing stands in the way.",
    )
    assert _written(payload, verdict="allow", headline="Nothing stands in the way.") == {}


def test_shadow_approved_and_waived_findings_are_not_held_against_anybody():
    silent = [a_finding("1", effect="shadow"), a_finding("1", approved_by="vp"), a_finding("1", waived_by="cfo")]
    found = _written(a_quote(a_line("1")), *silent, verdict="allow")
    assert found[f"{CRM}/line_items/batch/update"]["inputs"][0]["properties"]["quoteguard_verdict"] == "allow"


def test_lines_go_a_hundred_a_call():
    lines = [a_line(str(each)) for each in range(250)]
    calls = ADAPTER.write_back(_target(a_quote(*lines)), a_decision(), a_connection())
    assert [len(call.json["inputs"]) for call in calls if "batch" in call.path] == [100, 100, 50]


def test_the_deal_is_told_where_the_connection_says_so():
    payload = a_quote(deal=a_record("201"))
    assert f"{CRM}/deals/201" not in _written(payload)
    assert f"{CRM}/deals/201" in _written(payload, connection=a_connection(write_deal="true"))


def test_an_event_on_a_line_item_writes_to_its_quote():
    target = Target(object_type="line_item", object_id="501", payload=a_quote())
    paths = [call.path for call in ADAPTER.write_back(target, a_decision(), a_connection())]
    assert paths[-1] == f"{CRM}/quotes/101"


def test_a_waiting_workflow_goes_on_with_the_verdict_last():
    *_, last = ADAPTER.write_back(_target(a_quote(), callback="ap-1/2"), a_decision(), a_connection())
    assert last.path == "/automation/actions/callbacks/2026-03/ap-1%2F2/complete"
    fields = last.json["outputFields"]
    assert (fields["hs_execution_state"], fields["quoteguard_verdict"]) == ("SUCCESS", "block")
    assert last.when_refused == "the workflow waits no longer: it was told before, or its time was over"


def test_with_wait_a_block_leaves_the_workflow_where_it_is_until_it_is_gone():
    connection, target = a_connection(action_on_block="wait"), _target(a_quote(), callback="ap-1")
    blocked = ADAPTER.write_back(target, a_decision(), connection)
    allowed = ADAPTER.write_back(target, a_decision(verdict="allow"), connection)
    assert not [call for call in blocked if "callbacks" in call.path]
    assert [call for call in allowed if "callbacks" in call.path]


def test_a_check_that_was_not_made_is_a_failure_that_the_workflow_survives():
    target, decision = _target(a_quote(), callback="ap-1"), a_decision(verdict="allow", checked=False)
    *_, last = ADAPTER.write_back(target, decision, a_connection())
    fields = last.json["outputFields"]
    assert (fields["hs_execution_state"], fields["quoteguard_verdict"]) == ("FAIL_CONTINUE", "unchecked")


@pytest.mark.parametrize("status", ["APPROVED", "APPROVAL_NOT_NEEDED", "PENDING_BUYER_ACTION", "PENDING_APPROVAL"])
def test_a_quote_on_its_way_is_made_a_draft_again(status):
    (call,) = ADAPTER.hold(_target(a_quote(hs_status=status)), a_decision(), a_connection())
    assert (call.method, call.path) == ("PATCH", f"{CRM}/quotes/101")
    assert call.json["properties"] == {
        "hs_status": "DRAFT", "quoteguard_hold": "dec_1", "quoteguard_hold_before": status,
    }  # fmt: skip


@pytest.mark.parametrize(
    "properties",
    [{"hs_status": "DRAFT"}, {"hs_status": "ACCEPTED"}, {"hs_status": "APPROVED", "hs_payment_status": "PAID"},
     {"hs_status": "APPROVED", "quoteguard_hold": "dec_0"}],
)  # fmt: skip
def test_a_draft_an_accepted_quote_and_one_that_is_held_are_left(properties):
    assert ADAPTER.hold(_target(a_quote(**properties)), a_decision(), a_connection()) == ()


def test_a_hold_may_be_a_property_alone():
    (call,) = ADAPTER.hold(_target(a_quote(hs_status="APPROVED")), a_decision(), a_connection(quote_hold="property"))
    assert "hs_status" not in call.json["properties"]


def test_a_release_takes_the_mark_away_and_publishes_only_what_needed_no_approval():
    held = a_quote(hs_status="DRAFT", quoteguard_hold="dec_1", quoteguard_hold_before="APPROVAL_NOT_NEEDED")
    (call,) = ADAPTER.release(_target(held), a_decision(), a_connection())
    assert call.json["properties"] == {"quoteguard_hold": "", "quoteguard_hold_before": ""}
    (call,) = ADAPTER.release(_target(held), a_decision(), a_connection(release="publish"))
    assert call.json["properties"]["hs_status"] == "APPROVAL_NOT_NEEDED"
    approved = a_quote(hs_status="DRAFT", quoteguard_hold="dec_1", quoteguard_hold_before="APPROVED")
    (call,) = ADAPTER.release(_target(approved), a_decision(), a_connection(release="publish"))
    assert "hs_status" not in call.json["properties"]
    assert ADAPTER.release(_target(a_quote()), a_decision(), a_connection()) == ()


def test_a_subscription_is_paused_with_all_of_its_quote_and_goes_on_by_our_mark_only():
    payload = a_subscription(identity="301")
    payload["subscriptions"] += a_subscription(identity="302", hs_status="paused")["subscriptions"]
    target = Target(object_type="subscription", object_id="301", payload=payload)
    paths = [call.path for call in ADAPTER.hold(target, a_decision(), a_connection())]
    assert paths == [f"{CRM}/subscriptions/301", "/payments-subscriptions/v1/subscriptions/crm/301/pause"]
    assert ADAPTER.release(target, a_decision(), a_connection()) == ()
    held = Target(
        object_type="subscription", object_id="301",
        payload=a_subscription(hs_status="paused", quoteguard_hold="dec_1"),
    )  # fmt: skip
    paths = [call.path for call in ADAPTER.release(held, a_decision(), a_connection())]
    assert paths == ["/payments-subscriptions/v1/subscriptions/crm/301/unpause", f"{CRM}/subscriptions/301"]


def test_the_answer_to_the_custom_code_has_the_lines_to_write():
    answer = ADAPTER.answer(a_decision(a_finding("501")), a_delivery(a_quote()), a_connection())
    told = json.loads(answer.body)
    assert told["lines"] == [
        {"id": "501", "verdict": "block", "message": "The price is under its floor. To clear it: set it to 18."}
    ]
    assert told["outputFields"]["quoteguard_decision"] == "dec_1"


def test_ids_cannot_lead_a_call_elsewhere():
    payload = {"quote": {"id": "../../x?y", "properties": {"hs_status": "APPROVED"}}, "line_items": []}
    calls = [
        *ADAPTER.hold(_target(payload), a_decision(), a_connection()),
        *ADAPTER.write_back(_target(payload), a_decision(), a_connection()),
    ]
    assert {call.path for call in calls} == {f"{CRM}/quotes/..%2F..%2Fx%3Fy"}
