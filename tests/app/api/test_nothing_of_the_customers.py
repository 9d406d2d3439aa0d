"""Whatever a customer sends shows neither in logs nor in metrics, whether it is taken, refused or breaks the program."""

import json

import pytest

from tests.app.api.conftest import QUOTE

MARKERS = (
    "Marker-Account",
    "Marker-Rep",
    "Marker-Product",
    "MARKERQUOTE",
    "31415.92",
    "marker@example.com",
    "MarkerExtra",
)


def a_marked_quote(**fields):
    line = {**QUOTE["lines"][0], "product_name": "Marker-Product", "net_unit_price": "31415.92"}
    return {
        "quote_id": "MARKERQUOTE",
        "currency": "USD",
        "account": {"account_id": "Marker-Account", "name": "Marker-Account", "email": "marker@example.com"},
        "rep": {"rep_id": "Marker-Rep", "name": "Marker-Rep"},
        "MarkerExtra": "MarkerExtra",
        "lines": [line],
        **fields,
    }


def everything_shown(api):
    return api.log.getvalue() + api.client.get("/metrics").text


@pytest.fixture
def shown(api):
    """Logs and metrics after a marked quote met every fate."""
    api.check(a_marked_quote())
    api.check(a_marked_quote(currency="Marker-Account"))
    api.check(json.dumps(a_marked_quote())[:-5].encode())
    api.check(a_marked_quote(), Content_Type="text/Marker-Account")
    api.check(a_marked_quote(), path="/v1/usage")
    api.check(a_marked_quote(), path="/v1/quotes/check?MarkerExtra=Marker-Account", X_Request_ID="marker@example.com")
    api.check(a_marked_quote(), Idempotency_Key="Marker-Account", Prefer="wait=Marker-Rep")
    api.get("/v1/scorecards/quotes/MARKERQUOTE")
    api.get("/v1/decisions?account_id=Marker-Account")
    api.get("/Marker-Account/MARKERQUOTE")
    api.gate.raises = RuntimeError(json.dumps(a_marked_quote()))
    api.check(a_marked_quote())
    return everything_shown(api)


@pytest.mark.parametrize("marker", MARKERS)
def test_nothing_that_was_sent_is_shown(shown, marker):
    assert marker.lower() not in shown.lower()


def test_no_key_is_shown(api, shown):
    assert api.key not in shown
    assert api.key.rpartition("_")[2] not in shown


def test_each_request_has_a_line_with_what_helps(api):
    answer = api.check()
    [line] = [json.loads(text) for text in api.log.getvalue().splitlines()]
    assert line | {"duration_ms": 0, "timestamp": ""} == {
        "event": "request",
        "level": "info",
        "timestamp": "",
        "request_id": answer.headers["X-Request-ID"],
        "method": "POST",
        "route": "/v1/quotes/check",
        "status": 200,
        "duration_ms": 0,
        "key_id": api.store.keys.authenticate(api.key).id,
        "bytes": len(json.dumps(QUOTE)),
        "decision_id": answer.json["decision_id"],
        "verdict": "allow",
        "lines": 1,
    }


def test_a_decision_shows_in_the_metrics(api):
    api.check()
    api.check(path="/v1/quotes/check?dry_run=true")
    api.check(b"{")
    text = api.client.get("/metrics").text
    assert 'quoteguard_decisions_total{preview="false",subject="quote",verdict="allow"} 1.0' in text
    assert 'quoteguard_decisions_total{preview="true",subject="quote",verdict="allow"} 1.0' in text
    assert 'quoteguard_findings_total{effect="flag",policy="line-price-floor"} 1.0' in text
    assert 'quoteguard_refused_requests_total{reason="malformed-json"} 1.0' in text
    assert 'quoteguard_check_step_seconds_count{step="record"} 2.0' in text
