"""POST /v1/quotes/check: what reaches the gate, and what goes back."""

import json

import pytest

from app.assess import Answer
from app.rules import RulesRefused
from app.store import IdempotencyConflict, StoreUnavailable
from tests.app.api.conftest import QUOTE


def test_the_gate_gets_the_bytes_as_they_came(api):
    body = b'{"quote_id":"Q-1",  "currency":"USD","lines":[' + json.dumps(QUOTE["lines"][0]).encode() + b"]}\n"
    answer = api.check(body)
    [call] = api.gate.calls
    assert call.raw == body
    assert call.caller.key_id == api.store.keys.authenticate(api.key).id
    assert (call.dry_run, call.idempotency_key, call.wait_seconds) == (False, None, 2.0)
    assert answer.json["verdict"] == "allow"


def test_a_preview_is_told_to_the_gate(api):
    api.check(path="/v1/quotes/check?dry_run=true")
    assert api.gate.calls[0].dry_run is True


def test_a_preview_that_is_refused_leaves_nothing_behind(api):
    answer = api.check(b"{", path="/v1/quotes/check?dry_run=true")
    assert answer.status_code == 400
    assert "refused_id" not in answer.json


def test_the_callers_patience_is_told_to_the_gate_and_confirmed(api):
    answer = api.check(Prefer="respond-async, wait=5")
    assert api.gate.calls[0].wait_seconds == 5.0
    assert answer.headers["Preference-Applied"] == "wait=5"


def test_a_patience_that_makes_no_sense_is_ignored(api):
    answer = api.check(Prefer="wait=soon")
    assert api.gate.calls[0].wait_seconds == 2.0
    assert "Preference-Applied" not in answer.headers


def test_the_default_patience_is_a_setting(open_api):
    api = open_api(default_wait_seconds="0.5")
    api.check()
    assert api.gate.calls[0].wait_seconds == 0.5


def test_an_idempotency_key_reaches_the_gate(api):
    api.check(Idempotency_Key=" order 66 ")
    assert api.gate.calls[0].idempotency_key == "order 66"


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "tab\tinside", "ü"])
def test_an_idempotency_key_that_nobody_could_repeat_is_refused(api, key):
    answer = api.check(Idempotency_Key=key)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["path"] == "header.Idempotency-Key"
    assert api.gate.calls == []


def test_an_earlier_answer_is_marked_as_such(api):
    api.gate.check_quote = lambda _: Answer(status=200, body=b'{"decision_id":"dec_1"}', replayed=True)
    answer = api.check(Idempotency_Key="k")
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.data == b'{"decision_id":"dec_1"}'


def test_a_key_used_for_other_content_is_a_conflict(api):
    api.gate.raises = IdempotencyConflict("other content")
    answer = api.check(Idempotency_Key="k")
    assert (answer.status_code, answer.json["type"]) == (409, "/docs#problem-idempotency-conflict")
    assert json.loads(api.refused_body(answer)) == QUOTE


@pytest.mark.parametrize(("uncertain", "code"), [(False, "unavailable"), (True, "uncertain")])
def test_a_database_that_is_away_says_when_to_come_back(api, uncertain, code):
    api.gate.raises = StoreUnavailable("connection refused on 10.0.0.5", uncertain=uncertain)
    answer = api.check()
    assert (answer.status_code, answer.json["type"]) == (503, f"/docs#problem-{code}")
    assert answer.headers["Retry-After"] == "5"
    assert "10.0.0.5" not in answer.text


def test_what_nobody_foresaw_is_a_problem_and_the_body_is_kept(api):
    api.gate.raises = ZeroDivisionError("divided ACME's price by zero")
    answer = api.check()
    assert (answer.status_code, answer.json["type"]) == (500, "/docs#problem-internal")
    assert "ACME" not in answer.text + api.log.getvalue()
    assert "ZeroDivisionError" in api.log.getvalue()
    assert json.loads(api.refused_body(answer)) == QUOTE


def test_every_answer_names_its_request(api):
    assert len(api.check().headers["X-Request-ID"]) == 16
    assert api.check(X_Request_ID="crm-2026-0001").headers["X-Request-ID"] == "crm-2026-0001"
    refused = api.check(b"{", X_Request_ID="crm-2026-0002")
    assert refused.json["request_id"] == refused.headers["X-Request-ID"] == "crm-2026-0002"


@pytest.mark.parametrize("stated", ["short", "with blanks in it", "x" * 101, "<script>alert(1)</script>"])
def test_a_request_id_that_is_no_plain_word_is_replaced(api, stated):
    assert api.check(X_Request_ID=stated).headers["X-Request-ID"] != stated


def test_every_answer_is_safe_to_show(api):
    for answer in (api.check(), api.check(b"{"), api.client.get("/nowhere"), api.client.get("/docs")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert api.check().headers["Cache-Control"] == "no-store"


def test_an_answer_before_the_check_was_done_is_passed_on_and_counted_apart(api):
    api.gate.check_quote = lambda _: Answer(status=202, body=b'{"checked":false}', decision_id="dec_1", verdict="allow")
    answer = api.check(Prefer="wait=0")
    assert (answer.status_code, answer.data) == (202, b'{"checked":false}')
    assert 'verdict="unchecked"' in api.client.get("/metrics").text
    assert 'verdict="allow"' not in api.client.get("/metrics").text


def test_without_policies_in_force_nothing_is_judged(api):
    api.gate.raises = RulesRefused(("policies/own.yaml:3: no such field",))
    answer = api.check()
    assert (answer.status_code, answer.json["type"]) == (503, "/docs#problem-not-ready")
    assert "own.yaml" not in answer.text
