"""Holds at Zuora: what is changed, by which call, and that the release puts back that and nothing else."""

from __future__ import annotations

import json

import pytest

from cpq_hooks.adapter import Shape, Target
from cpq_hooks.adapters.zuora import ADAPTER
from tests.cpq_hooks.adapters.zuora_objects import a_charge, a_connection, a_subscription

DECISION = {"decision_id": "d-1", "verdict": "block", "headline": "Seats are billed at the old price"}
PATH = "/v1/subscriptions/A-S1/customFields"
ACCOUNT = {"basicInfo": {"accountNumber": "A-1", "batch": "Batch3"}}


def _target(payload, kind="subscription", identity="A-S1"):
    return Target(object_type=kind, object_id=identity, payload=payload)


def _hold(payload, **options):
    return ADAPTER.hold(_target(payload), DECISION, a_connection(**options))


def _release(payload, **options):
    return ADAPTER.release(_target(payload), DECISION, a_connection(**options))


def _told(calls):
    return [(each.method, each.path, each.json) for each in calls]


@pytest.mark.parametrize("options", [{}, {"hold": "none"}, {"hold": "wish"}])
def test_without_a_chosen_way_nothing_is_held(options):
    assert _hold(a_subscription(), **options) == ()


def test_a_hold_by_filter_is_a_mark_on_the_subscription():
    calls = _hold(a_subscription(), hold="filter")
    assert _told(calls) == [("PUT", PATH, {"customFields": {"Quoteguard_Hold__c": "filter||d-1"}})]
    assert calls[0].idempotency_key == "quoteguard:mark:A-S1:d-1"


def test_its_release_takes_the_mark_away():
    held = a_subscription(Quoteguard_Hold__c="filter||d-1")
    assert _told(_release(held, hold="filter")) == [("PUT", PATH, {"customFields": {"Quoteguard_Hold__c": ""}})]


def test_what_is_held_already_is_not_held_again():
    assert _hold(a_subscription(Quoteguard_Hold__c="filter||d-0"), hold="filter") == ()


def test_what_we_do_not_hold_is_not_released():
    assert _release(a_subscription(), hold="filter") == ()
    assert _release(a_subscription(Quoteguard_Hold__c="somebody's own words"), hold="filter") == ()


def test_without_orders_the_version_is_named():
    (call,) = _hold(a_subscription(), hold="filter", subscription_api="amend")
    assert call.path == "/v1/subscriptions/A-S1/versions/3/customFields"


# ------------------------------------------------------------------------------------------------- by batch


def test_a_hold_by_batch_moves_the_account_and_remembers_where_it_was():
    calls = _hold(a_subscription(quoteguardAccount=ACCOUNT), hold="batch", hold_batch="Batch50")
    assert _told(calls) == [
        ("PUT", PATH, {"customFields": {"Quoteguard_Hold__c": "batch|Batch3|d-1"}}),
        ("PUT", "/v1/accounts/A-1", {"batch": "Batch50", "Quoteguard_Hold__c": "batch|Batch3|A-S1"}),
    ]


def test_its_release_moves_the_account_back():
    account = {"basicInfo": {"batch": "Batch50", "Quoteguard_Hold__c": "batch|Batch3|A-S1"}}
    held = a_subscription(quoteguardAccount=account, Quoteguard_Hold__c="batch|Batch3|d-1")
    calls = _release(held, hold="batch", hold_batch="Batch50")
    assert _told(calls)[0] == ("PUT", "/v1/accounts/A-1", {"Quoteguard_Hold__c": "", "batch": "Batch3"})
    assert _told(calls)[1] == ("PUT", PATH, {"customFields": {"Quoteguard_Hold__c": ""}})


def test_an_account_stays_while_another_of_its_subscriptions_is_held():
    account = {"basicInfo": {"batch": "Batch50", "Quoteguard_Hold__c": "batch|Batch3|A-S0"}}
    calls = _hold(a_subscription(quoteguardAccount=account), hold="batch", hold_batch="Batch50")
    mark = calls[1].json["Quoteguard_Hold__c"]
    assert mark == "batch|Batch3|A-S0,A-S1"
    account = {"basicInfo": {"batch": "Batch50", "Quoteguard_Hold__c": mark}}
    held = a_subscription(quoteguardAccount=account, Quoteguard_Hold__c="batch|Batch3|d-1")
    assert _release(held, hold="batch", hold_batch="Batch50")[0].json == {"Quoteguard_Hold__c": "batch|Batch3|A-S0"}


def test_an_account_that_somebody_moved_meanwhile_is_left_where_it_is():
    account = {"basicInfo": {"batch": "Batch9", "Quoteguard_Hold__c": "batch|Batch3|A-S1"}}
    held = a_subscription(quoteguardAccount=account, Quoteguard_Hold__c="batch|Batch3|d-1")
    assert _release(held, hold="batch", hold_batch="Batch50")[0].json == {"Quoteguard_Hold__c": ""}


@pytest.mark.parametrize(
    ("account", "options"),
    [
        (None, {"hold_batch": "Batch50"}),
        ({"basicInfo": {}}, {"hold_batch": "Batch50"}),
        (ACCOUNT, {}),
        (ACCOUNT, {"hold_batch": "Batch3"}),
    ],
)
def test_an_account_that_cannot_be_moved_and_back_is_not_moved(account, options):
    assert _hold(a_subscription(quoteguardAccount=account), hold="batch", **options) == ()


# -------------------------------------------------------------------------------------------- by suspension


def test_a_suspension_begins_on_the_first_day_that_is_not_billed():
    charge = a_charge(chargedThroughDate="2026-04-01")
    mark, suspend = _hold(a_subscription(charge), hold="suspend")
    assert mark.json == {"customFields": {"Quoteguard_Hold__c": "suspend|2026-04-01|d-1"}}
    assert (suspend.method, suspend.path, suspend.json["existingAccountNumber"]) == ("POST", "/v1/orders", "A-1")
    action = suspend.json["subscriptions"][0]["orderActions"][0]
    assert (action["type"], action["suspend"]) == (
        "Suspend",
        {"suspendPolicy": "SpecificDate", "suspendSpecificDate": "2026-04-01"},
    )


def test_one_that_was_never_billed_is_suspended_from_its_start():
    assert (
        _hold(a_subscription(), hold="suspend")[0].json["customFields"]["Quoteguard_Hold__c"]
        == "suspend|2026-01-01|d-1"
    )


def test_its_release_resumes_on_that_very_day_and_extends_nothing():
    held = a_subscription(status="Suspended", Quoteguard_Hold__c="suspend|2026-04-01|d-1")
    resume, unmark = _release(held, hold="suspend")
    action = resume.json["subscriptions"][0]["orderActions"][0]
    assert (action["type"], action["resume"]) == (
        "Resume", {"resumePolicy": "SpecificDate", "resumeSpecificDate": "2026-04-01", "extendsTerm": False},
    )  # fmt: skip
    assert unmark.json == {"customFields": {"Quoteguard_Hold__c": ""}}


def test_what_somebody_resumed_meanwhile_only_loses_its_mark():
    calls = _release(a_subscription(Quoteguard_Hold__c="suspend|2026-04-01|d-1"), hold="suspend")
    assert [each.path for each in calls] == [PATH]


def test_without_orders_it_is_the_older_call():
    _, suspend = _hold(a_subscription(), hold="suspend", subscription_api="amend")
    body = {"suspendPolicy": "SpecificDate", "suspendSpecificDate": "2026-01-01", "contractEffectiveDate": "2026-01-01"}
    assert (suspend.method, suspend.path, suspend.json) == ("PUT", "/v1/subscriptions/A-S1/suspend", body)


@pytest.mark.parametrize(
    "payload",
    [
        a_subscription(status="Pending Activation"), a_subscription(status="Cancelled"), a_subscription(a_charge(isPrepaid=True)),
        a_subscription(a_charge(chargedThroughDate="2027-01-01")), a_subscription(subscriptionStartDate="soon"), None, [], "x",
    ],
)  # fmt: skip
def test_what_zuora_would_not_suspend_is_not_tried(payload):
    assert _hold(payload, hold="suspend") == ()


def test_our_own_suspension_is_no_fault_of_the_set_up():
    held = a_subscription(status="Suspended", Quoteguard_Hold__c="suspend|2026-04-01|d-1")
    (found,) = ADAPTER.translate(held, Shape.BILLING_CONFIGURATION, a_connection())
    assert (found.document["status"], found.document["charges"][0]["state"]) == ("Active", "Active")
    assert "held by Quoteguard itself" in found.notes[0]


# ---------------------------------------------------------------------------------------------- write-backs


@pytest.mark.parametrize(
    ("kind", "identity", "path", "nested"),
    [
        ("subscription", "A-S1", PATH, True), ("order", "O-1", "/v1/orders/O-1/customFields", True), ("invoice", "INV/1", "/v1/invoices/INV%2F1", False),
    ],
)  # fmt: skip
def test_a_verdict_is_written_where_people_look(kind, identity, path, nested):
    (call,) = ADAPTER.write_back(_target({}, kind, identity), DECISION, a_connection())
    fields = {"Quoteguard_Verdict__c": "block"}
    assert (call.method, call.path, call.json) == ("PUT", path, {"customFields": fields} if nested else fields)


def test_more_is_written_where_there_are_fields_for_it():
    options = {"verdict_field": "V__c", "headline_field": "H__c", "decision_field": "D__c"}
    (call,) = ADAPTER.write_back(_target({}), {**DECISION, "headline": "x" * 300}, a_connection(**options))
    found = call.json["customFields"]
    assert (found["V__c"], found["D__c"], len(found["H__c"]), found["H__c"][-1]) == ("block", "d-1", 255, "…")


def test_an_unchecked_answer_says_so():
    (call,) = ADAPTER.write_back(_target({}), {"checked": False}, a_connection())
    assert call.json == {"customFields": {"Quoteguard_Verdict__c": "unchecked"}}


def test_what_has_no_place_for_it_gets_none():
    assert ADAPTER.write_back(_target({}, "account", "A-1"), DECISION, a_connection()) == ()
    assert json.dumps(_told(ADAPTER.release(_target({}, "order"), DECISION, a_connection()))) == "[]"
