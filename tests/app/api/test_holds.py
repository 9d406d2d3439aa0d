"""What is held is listed with the nearest first invoice first, and each hold with what happened to it."""

from datetime import timedelta

import pytest

from app.store import digest_of
from policies.holding import HoldEvent, HoldState
from tests.app.store.builders import NOON, POLICIES, a_decision, a_hold, a_step


@pytest.fixture
def held(api):
    """Puts holds into the API's store."""
    api.store.artefacts.put("policies", POLICIES)

    def put(*holds):
        for hold in holds:
            api.store.record(a_decision(policies=digest_of(POLICIES)), hold=a_step(hold, HoldEvent.HELD))

    return put


def ids(answer):
    return [each["billing_configuration_id"] for each in answer.json["holds"]]


def test_what_is_held_is_listed_and_what_was_released_only_when_asked_for(api, held):
    held(
        a_hold(1, first_invoice_date=NOON.date() + timedelta(days=9)),
        a_hold(2, state=HoldState.ESCALATED, first_invoice_date=NOON.date()),
        a_hold(3, state=HoldState.RELEASED),
        a_hold(4, state=HoldState.NONE),
    )
    assert ids(api.get("/v1/holds")) == ["BC-2", "BC-1"]
    assert ids(api.get("/v1/holds?state=released")) == ["BC-3"]


def test_pages_are_turned(api, held):
    held(*[a_hold(number) for number in range(1, 4)])
    first = api.get("/v1/holds?limit=2")
    second = api.get(first.json["links"]["next"])
    assert ids(first) + ids(second) == ["BC-1", "BC-2", "BC-3"]
    assert second.json["links"]["next"] is None


def test_a_hold_is_told_with_its_history(api, held):
    held(a_hold(first_invoice_date=NOON.date()))
    told = api.get("/v1/holds/BC-1").json
    assert (told["state"], told["first_invoice_date"], told["overdue"]) == ("held", "2026-03-01", False)
    assert told["reasons"][0]["policy_id"] == "overage-not-set-up"
    assert [(each["number"], each["event"], each["sent_at"]) for each in told["history"]] == [(1, "held", None)]


def test_what_was_never_verified_is_not_found(api):
    assert api.get("/v1/holds/BC-9").status_code == 404


@pytest.mark.parametrize("query", ["state=hold", "overdue=yes", "page=x"])
def test_a_wrong_question_is_told(api, query):
    assert api.get(f"/v1/holds?{query}").status_code in (400, 422)
