"""The deal desk over HTTP: reviews, the queue, and who has which case."""

import pytest

from app.desk.queueing import Queueing
from app.store import ANY_ROLE, Scope, Store
from tests.app.desk.builders import COMPANY, flagged
from tests.app.store.builders import POLICIES


@pytest.fixture
def decision_id(api):
    """A flagged quote, sent with another key."""
    with Store.open(api.settings.database_url, clock=api.clock, queueing=Queueing(lambda: COMPANY)) as store:
        store.artefacts.put("policies", POLICIES)
        decision = flagged()
        store.record(decision)
    return decision.summary.decision_id


def review(api, decision_id, headers=None, **body):
    sent = {"action": "approve", "reason": "Worth it."} | body
    return api.client.post(
        f"/v1/decisions/{decision_id}/review", json=sent, headers=headers or api.headers(Scope.REVIEW)
    )


def test_a_review_is_recorded_and_listed(api, decision_id):
    answer = review(api, decision_id)
    assert (answer.status_code, answer.json["case"]["state"], answer.json["is_new"]) == (200, "approved", True)
    listed = api.get(f"/v1/decisions/{decision_id}/reviews").json
    assert [(each["action"], each["policies"]) for each in listed["reviews"]] == [("approve", ["discount"])]
    assert [(each["role"], each["state"]) for each in listed["steps"]] == [("manager", "approved")]


def test_a_key_without_the_scope_reviews_nothing(api, decision_id):
    assert review(api, decision_id, api.headers(Scope.READ, Scope.CHECK)).status_code == 403


def test_a_key_without_a_role_consents_to_nothing_and_is_told_what_to_do(api, decision_id):
    secret = api.store.keys.create("bot", (Scope.REVIEW,)).secret
    answer = review(api, decision_id, {"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (403, "not-a-reviewer")
    assert "quoteguard keys create --role" in answer.json["detail"]


def test_the_key_that_sent_a_deal_does_not_review_it(api):
    sender = api.store.keys.create("sender", (Scope.CHECK, Scope.REVIEW), roles=(ANY_ROLE,))
    with Store.open(api.settings.database_url, queueing=Queueing(lambda: COMPANY)) as store:
        store.artefacts.put("policies", POLICIES)
        decision = flagged(key_id=sender.key.id)
        store.record(decision)
    answer = review(api, decision.summary.decision_id, {"Authorization": f"Bearer {sender.secret}"})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (403, "own-deal")


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        ({"action": "allow"}, 422, "$.action"),
        ({"action": "waive", "finding_ids": ["fnd_discount"]}, 422, "$.expires_on"),
        ({"finding_ids": ["fnd_other"]}, 422, "$.finding_ids[0]"),
        ({"case_version": 7}, 409, "$"),
    ],
)
def test_a_review_that_cannot_be_taken_is_told_where(api, decision_id, body, status, path):
    answer = review(api, decision_id, **body)
    assert (answer.status_code, [each["path"] for each in answer.json["errors"]]) == (status, [path])


def test_an_unknown_decision_is_not_found(api):
    assert review(api, "dec_none").status_code == 404


def test_the_second_reviewer_is_told_who_was_first(api, decision_id):
    review(api, decision_id)
    answer = review(api, decision_id, action="reject")
    assert (answer.status_code, answer.json["type"]) == (409, "/docs#problem-review-conflict")
    assert "approved already, by test at" in answer.json["detail"]


def test_a_key_of_idempotency_gets_the_first_answer_again(api, decision_id):
    headers = api.headers(Scope.REVIEW, Idempotency_Key="once")
    one, two = review(api, decision_id, headers), review(api, decision_id, headers)
    assert (one.data, two.headers["Idempotent-Replayed"]) == (two.data, "true")
    assert review(api, decision_id, headers, reason="Other.").status_code == 409


def test_the_queue_is_filtered_paged_and_counted(api, decision_id):
    found = api.get("/v1/queue?waits_for=manager&limit=1").json
    assert ([case["decision_id"] for case in found["cases"]], found["counts"]["open"]) == ([decision_id], 1)
    assert api.get("/v1/queue?waits_for=cfo").json["cases"] == []
    assert api.get("/v1/queue?state=nonsense").status_code == 400
    review(api, decision_id)
    assert api.get("/v1/queue").json["cases"] == []
    assert api.get("/v1/queue?settled=true").json["cases"][0]["state"] == "approved"


def test_cases_are_given_to_somebody(api, decision_id):
    body = {"subjects": [{"type": "quote", "id": "Q-1"}], "assignee": "usr_1"}
    answer = api.client.post("/v1/queue/assign", json=body, headers=api.headers(Scope.REVIEW))
    assert [case["assignee"] for case in answer.json["changed"]] == ["usr_1"]
    wrong = api.client.post("/v1/queue/assign", json={"subjects": [{}]}, headers=api.headers(Scope.REVIEW))
    assert [each["path"] for each in wrong.json["errors"]] == ["$.assignee", "$.subjects[0]"]
