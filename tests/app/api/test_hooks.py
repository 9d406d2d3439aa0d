"""The address that vendors call, over HTTP: their own answers, nothing of theirs in a log, and no key but the signature."""

import json

import pytest

from app.bootstrap import build
from app.factory import create_app
from app.observability.logs import make_logger
from tests.acme import SECRET, a_connection, a_quote, an_event, connections, signed


@pytest.fixture
def acme(api):
    """A test client of an application to which Acme is connected, with real gates."""
    services = build(api.settings, clock=api.clock)
    found = connections(a_connection("acme-eu"), a_connection(public_url="https://guard.example/v1/hooks/acme"))
    app = create_app(services, log=make_logger(api.log, level="info", log_format="json"), connections=found)
    yield app.test_client()
    services.gate.close()
    services.set_ups.close()
    services.store.close()


def send(acme, told, path="/v1/hooks/acme", **headers):
    body, stated = signed(told)
    return acme.post(path, data=body, headers=stated | {name.replace("_", "-"): each for name, each in headers.items()})


def test_a_delivery_is_acknowledged_as_the_vendor_expects(acme, api):
    answer = send(acme, {"events": [an_event(1), an_event(2)]})
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"OK", "text/plain")
    assert api.store.inbox.line.counts().waiting == 2


def test_a_document_whose_sender_waits_gets_the_verdict_in_the_vendors_form(acme, api):
    answer = send(acme, {"quote": a_quote()})
    assert (answer.headers["X-Acme"], answer.json["verdict"]) == ("yes", "allow")
    assert api.store.decisions.get(answer.json["decision_id"]) is not None


def test_a_forged_delivery_gets_the_vendors_own_refusal_and_is_kept(acme, api):
    answer = acme.post("/v1/hooks/acme", data=b'{"events": []}', headers={"X-Acme-Signature": "no"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Acme")
    assert (answer.json["type"], answer.json["connection"]) == ("/docs#problem-not-genuine", "acme")
    assert api.refused_body(answer) == b'{"events": []}'


def test_of_strangers_only_the_beginning_of_a_body_is_kept(acme, api):
    answer = acme.post("/v1/hooks/acme", data=b"x" * 1_000_000)
    assert len(api.refused_body(answer)) == 32 * 1024


def test_an_unknown_connection_is_not_found(acme):
    for path in ("/v1/hooks/nobody", "/v1/hooks/acme/more", "/v1/hooks/"):
        assert send(acme, {"events": []}, path).status_code == 404


@pytest.mark.parametrize("more", [b"", b"\xff"])
def test_a_token_in_a_refused_body_is_kept_and_not_shown(acme, api, more):
    answer = acme.post("/v1/hooks/acme", data=b'{"authentication": "tok-in-the-body"}' + more)
    assert b"tok-in-the-body" in api.refused_body(answer)
    shown = api.get(f"/v1/refused/{answer.json['refused_id']}").json
    assert (shown["body"][:25], shown["body_base64"]) == ('{"authentication": "•••"}', None)


def test_what_is_too_large_is_refused(acme, api):
    assert send(acme, b"x" * (api.settings.max_body_bytes + 1)).status_code == 413


def test_any_type_of_body_is_taken_and_vendors_may_call_with_get(acme):
    body, headers = signed({"events": [an_event(1)]})
    assert acme.post("/v1/hooks/acme", data=body, headers=headers | {"Content-Type": "x/y"}).status_code == 200
    assert (
        acme.get(
            "/v1/hooks/acme?a=1&b=2&a=3", headers={"X-Acme-Signature": signed(b"")[1]["X-Acme-Signature"]}
        ).status_code
        == 400
    )
    assert acme.put("/v1/hooks/acme").status_code == 405


def test_deliveries_are_counted_by_connection_and_by_what_became_of_them(acme):
    send(acme, {"events": [an_event(1)]})
    send(acme, {"events": [an_event(1)]})
    send(acme, {"quote": a_quote()}, "/v1/hooks/acme-eu")
    acme.post("/v1/hooks/acme", data=b"{}")
    send(acme, {}, "/v1/hooks/jane-doe")
    counted = acme.get("/metrics").text
    for connection, became in (("acme", "stored"), ("acme", "known"), ("acme-eu", "answered"), ("acme", "refused")):
        assert f'quoteguard_deliveries_total{{became="{became}",connection="{connection}"}} 1.0' in counted
    assert 'quoteguard_queue_waiting{queue="inbox"} 1.0' in counted
    assert 'quoteguard_decisions_total{preview="false",subject="quote",verdict="allow"} 1.0' in counted
    assert "jane-doe" not in counted


def test_the_log_says_what_became_of_a_delivery_and_nothing_of_what_it_held(acme, api):
    send(acme, {"events": [an_event(1, "Jane-Doe")]}, X_Token="tok-123")
    acme.post("/v1/hooks/acme?token=tok-123", data=b"Jane-Doe")
    lines = [json.loads(line) for line in api.log.getvalue().splitlines()]
    assert [(line["connection"], line.get("became"), line["status"]) for line in lines] == [
        ("acme", "stored", 200),
        ("acme", None, 401),
    ]
    for secret in ("Jane", "tok-123", SECRET):
        assert secret not in api.log.getvalue()
