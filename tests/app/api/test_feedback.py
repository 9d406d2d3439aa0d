"""How decisions turned out, over HTTP: counted once each, by the last word, and nothing that is unknown counts as right."""

from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from app.feedback_counts import TooMany, feedback_counts
from app.store.artefacts import digest_of
from tests.app.ledgers.builders import NOON, a_finding, a_quote, agreed, decided, turned_out
from tests.app.store.builders import POLICIES

SPAN = f"/v1/feedback?from={NOON.date()}&to={(NOON + timedelta(days=20)).date()}"


def found_out(store, name, subject, kind="quote", *, leaked=True, days=1, **more):
    at = (NOON + timedelta(days=days)).isoformat()
    turned_out(store, name, subject={"type": kind, "id": subject}, leaked=leaked, discovered_at=at, **more)


@pytest.fixture
def judged(api):
    """Four quotes, three of them blocked by one policy, and the agreement on the second; it is two months later."""
    assert api.store.artefacts.put("policies", POLICIES) == digest_of(POLICIES)
    for name in ("Q-1", "Q-2", "Q-3"):
        decided(api.store, a_quote(quote_id=name), a_finding())
    decided(api.store, a_quote(quote_id="Q-4"))
    agreed(api.store, a_quote(quote_id="Q-2"), "A-2")
    api.clock.advance(days=60)
    return api


def test_each_decision_counts_once_and_the_unknown_apart(judged):
    store = judged.store
    found_out(store, "O-1", "Q-1", days=1, source="audit")
    found_out(store, "O-2", "Q-1", leaked=False, days=2, source="review")
    found_out(store, "O-3", "A-2", "agreement", source="audit")
    found_out(store, "O-4", "Q-9")
    found_out(store, "O-5", "Q-3", days=90)
    found_out(store, "O-6", "Q-4", source="audit")
    found = judged.get(SPAN).json
    expected = {"false_positive": 1, "true_positive": 1, "false_negative": 1, "true_negative": 0, "unknown": 1}
    assert found["counts"] == expected
    assert (found["decisions"], found["contradicted"], found["unmatched"], found["future"]) == (4, 1, 1, 1)
    [policy] = found["by_policy"]
    assert policy == {**expected, "value": "allowance-without-overage-price", "false_negative": 0}
    assert found["by_tier"] == [{**expected, "value": "digest"}]
    by_found_by = {each["value"]: each["true_positive"] + each["false_negative"] for each in found["by_found_by"]}
    assert by_found_by == {"audit": 2, "review": 0}


def test_an_outcome_of_a_decision_before_the_range_is_not_lost(judged):
    found_out(judged.store, "O-1", "A-2", "agreement", days=9)
    later = (NOON + timedelta(days=5)).date()
    found = judged.get(f"/v1/feedback?from={later}").json
    assert (found["decisions"], found["unmatched"]) == (0, 0)


def test_a_range_without_decisions_is_all_zero_and_a_wrong_one_is_refused(judged):
    found = judged.get("/v1/feedback?from=2025-01-01&to=2025-02-01").json
    assert (found["decisions"], sum(found["counts"].values()), found["by_policy"]) == (0, 0, [])
    assert judged.get("/v1/feedback?from=2026-03-01&to=2026-02-01").status_code == 400
    assert judged.get("/v1/feedback?from=2020-01-01&to=2026-02-01").status_code == 400


def test_too_many_decisions_are_refused(judged):
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(TooMany, match="more than 3 decisions were made since then"):
        feedback_counts(judged.store, start, end, end, most=3)


def test_the_answer_is_as_described(judged):
    document = judged.client.get("/openapi.json").json
    schema = {"$ref": "#/components/schemas/FeedbackCounts", "components": document["components"]}
    jsonschema.validate(judged.get("/v1/feedback").json, schema, jsonschema.Draft202012Validator)
