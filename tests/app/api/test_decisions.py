"""Decisions looked up, listed, filtered and turned page by page; scorecards; refused requests; policies."""

import json
from datetime import timedelta

import pytest

from app.store import RefusedRequest
from tests.app.store.builders import NOON, POLICIES, a_decision


@pytest.fixture
def recorded(api):
    """Records decisions into the API's store."""
    api.store.artefacts.put("policies", POLICIES)

    def record(**terms):
        decision = a_decision(**terms)
        api.store.record(decision)
        return decision.summary.decision_id

    return record


def listed(api, query=""):
    return [each["decision_id"] for each in api.get(f"/v1/decisions{query}").json["decisions"]]


def a_document(*findings):
    found = [
        {
            "policy_id": policy,
            "pattern": "Q02",
            "effect": "flag",
            "line_ids": [line],
            "message": policy,
            "confidence": "0.97",
        }
        for policy, line in findings
    ]
    return json.dumps({"verdict": "flag", "findings": found}).encode()


def test_a_decision_comes_back_byte_for_byte(api, recorded):
    decision_id = recorded(document=b'{"verdict":  "flag", "amount": 12.50}')
    answer = api.get(f"/v1/decisions/{decision_id}")
    assert (answer.data, answer.content_type) == (b'{"verdict":  "flag", "amount": 12.50}', "application/json")


def test_an_unknown_decision_is_not_found(api):
    assert api.get("/v1/decisions/dec_unknown").json["type"] == "/docs#problem-not-found"


def test_a_list_shows_each_decision_in_short(api, recorded):
    decision_id = recorded(rep_id="R-1", account_id="A-1", source="crm")
    [shown] = api.get("/v1/decisions").json["decisions"]
    assert shown["decision_id"] == decision_id
    assert shown["at_risk"] == {"currency": "USD", "under": "14400.00", "over": None}
    assert shown["subject"] == {"type": "quote", "id": "Q-1", "revision": "1", "content_hash": "sha256:c"}
    assert (shown["evaluated_at"], shown["rep_id"]) == ("2026-03-01T12:00:00Z", "R-1")
    assert api.get(shown["links"]["self"]).status_code == 200


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("?subject_id=Q-2", [False, True]),
        ("?verdict=block", [False, False]),
        ("?rep_id=R-1", [True, False]),
        ("?account_id=A-2&subject_type=quote", [False, True]),
        ("?simulated=false", [True, True]),
        ("?created_from=2026-03-01T13:00:00Z", [False, True]),
        ("?created_before=2026-03-01T15:00:00%2B02:00", [True, False]),
        ("?created_before=2026-03-01T15:00:00+02:00", [True, False]),
    ],
)
def test_all_filters_must_fit(api, recorded, query, fits):
    first = recorded(rep_id="R-1", account_id="A-1")
    later = recorded(quote_id="Q-2", rep_id="R-2", account_id="A-2", created_at=NOON + timedelta(hours=2))
    expected = [each for each, fit in ((later, fits[1]), (first, fits[0])) if fit]
    assert listed(api, query) == expected


def test_pages_are_turned_by_the_link_of_the_page_before(api, recorded):
    ids = [recorded(rep_id="R 1&2") for _ in range(5)]
    recorded(rep_id="R-2")
    seen, address = [], "/v1/decisions?limit=2&rep_id=R+1%262&simulated=false&created_from=2026-01-01T00:00:00Z"
    while address is not None:
        page = api.get(address).json
        seen += [each["decision_id"] for each in page["decisions"]]
        address = page["links"]["next"]
        assert (address is None) == (page["next_page"] is None)
    assert seen == ids[::-1]


def test_a_scorecard_shows_the_newest_decision_and_those_before_it(api, recorded):
    first = recorded(document=a_document(("line-price-floor", "1"), ("discount", "2")))
    second = recorded(document=a_document(("line-price-floor", "1"), ("line-price-floor", "3")))
    recorded(quote_id="Q-2")
    card = api.get("/v1/scorecards/quotes/Q-1").json
    assert [each["decision_id"] for each in card["history"]] == [second, first]
    assert card["decision"] == json.loads(a_document(("line-price-floor", "1"), ("line-price-floor", "3")))
    assert [each["line_ids"] for each in card["since_previous"]["appeared"]] == [["3"]]
    assert [each["policy_id"] for each in card["since_previous"]["cleared"]] == ["discount"]


def test_the_first_decision_on_a_quote_has_nothing_before_it(api, recorded):
    recorded(quote_id="Q/7 ü", document=a_document())
    assert api.get("/v1/scorecards/quotes/Q%2F7%20%C3%BC").json["since_previous"] is None


def test_a_quote_that_was_never_checked_has_no_scorecard(api):
    assert api.get("/v1/scorecards/quotes/Q-9").status_code == 404


def test_a_refused_body_that_is_no_text_is_shown_in_base64(api):
    request = RefusedRequest(
        ref_id="ref_1", received_at=NOON, route="POST /v1/usage", status=400, problem=b"{}", body=b"\xff\x00", length=2
    )
    api.store.refused.keep(request)
    shown = api.get("/v1/refused/ref_1").json
    assert (shown["body"], shown["body_base64"]) == (None, "/wA=")


def test_readiness_fails_with_the_database(api, tmp_path):
    assert api.client.get("/readyz").json == {"status": "ready", "policy_version": "sha256:none"}
    api.store.close()
    (tmp_path / "quoteguard.db").unlink()
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.json["type"]) == (503, "/docs#problem-unavailable")
    assert api.client.get("/healthz").status_code == 200
