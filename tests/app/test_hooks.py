"""A vendor's request: verified before it is parsed, stored before it is acknowledged, judged while the sender waits."""

import json
import threading
import time
from dataclasses import replace

import pytest

from app.hooks import NotGenuine, UnknownConnection
from app.rules import RulesRefused
from app.store import EventState, StoreUnavailable
from cpq_hooks.adapter import Shape
from cpq_hooks.reading import Malformed
from tests.acme import SECRET, a_connection, a_quote, an_event, connections, signed
from tests.app.arrivals import sent


def told(took):
    return json.loads(took.reply.body)


def slow(seconds, judge):
    def judged(call):
        time.sleep(seconds)
        return judge(call)

    return judged


def raising(error):
    def judged(call):
        raise error

    return judged


@pytest.mark.parametrize(
    "signature", [None, "", "0" * 64, "ünïcode", "0" * 100_000, signed(b"other")[1]["X-Acme-Signature"][:-1]]
)
def test_a_signature_that_is_not_right_is_refused_as_the_vendor_knows_it(arrivals, signature):
    headers = {} if signature is None else {"X-Acme-Signature": signature}
    with pytest.raises(NotGenuine) as refused:
        arrivals.hooks().receive("acme", sent(b"{}", headers))
    assert (refused.value.refusal.status, refused.value.refusal.headers) == (401, (("WWW-Authenticate", "Acme"),))
    assert arrivals.events() == []


def test_a_body_that_was_encoded_anew_on_the_way_is_refused(arrivals):
    body, headers = signed({"events": [an_event(1)]})
    with pytest.raises(NotGenuine):
        arrivals.hooks().receive("acme", sent(json.dumps(json.loads(body), indent=1).encode(), headers))


def test_nothing_is_parsed_before_it_is_known_for_genuine(arrivals):
    with pytest.raises(NotGenuine):
        arrivals.hooks().receive("acme", sent(b"\xff{ no json", {}))
    with pytest.raises(Malformed):
        arrivals.send(b"\xff{ no json")


def test_old_secrets_hold_as_long_as_they_stand_beside_the_new(arrivals):
    arrivals.connected = connections(a_connection(secrets={"webhook": ("new", SECRET)}))
    assert arrivals.send({"events": [an_event(1)]}).became == "stored"


def test_an_unknown_connection_is_unknown(arrivals):
    with pytest.raises(UnknownConnection):
        arrivals.send({"events": []}, name="nobody")


def test_a_delivery_of_another_tenant_is_refused(arrivals):
    arrivals.connected = connections(a_connection(tenant="eu"))
    assert arrivals.send({"events": [an_event(1)]}, **{"X-Acme-Tenant": "eu"}).became == "stored"
    with pytest.raises(NotGenuine):
        arrivals.send({"events": [an_event(2)]}, **{"X-Acme-Tenant": "us"})


def test_what_is_stored_holds_no_secret(arrivals):
    body, headers = signed({"events": [an_event(1)]})
    headers |= {"Authorization": "Bearer abc", "Cookie": "session=1", "X-Token": f"key {SECRET}"}
    arrivals.hooks().receive("acme", sent(body, headers, query=f"token={SECRET}&a=1"))
    [event] = arrivals.events()
    kept = arrivals.inbox.delivery(event.delivery_id)
    assert SECRET not in repr(kept)
    assert not {"authorization", "cookie"} & dict(kept.headers).keys()
    assert dict(kept.query)["a"] == "1"
    assert kept.body == body


def test_the_address_is_the_one_that_the_vendor_knows(arrivals):
    arrivals.connected = connections(a_connection(public_url="https://guard.example/v1/hooks/acme"))
    body, headers = signed({"events": [an_event(1)]})
    arrivals.hooks().receive("acme", sent(body, headers, query="a=%41&b"))
    kept = arrivals.inbox.delivery(arrivals.events()[0].delivery_id)
    assert kept.url == "https://guard.example/v1/hooks/acme?a=%41&b"
    assert kept.query == (("a", "A"), ("b", ""))


def test_a_store_that_is_away_acknowledges_nothing(arrivals):
    arrivals.inbox.take = lambda *_, **__: raising(StoreUnavailable("away"))(None)
    with pytest.raises(StoreUnavailable):
        arrivals.send({"events": [an_event(1)]})


def test_an_ignored_event_is_stored_and_acknowledged(arrivals):
    assert arrivals.send({"events": [an_event(1, type="ignored")]}).reply.status == 200
    assert arrivals.events()[0].state is EventState.IGNORED


def test_a_delivery_that_tells_of_nothing_is_acknowledged(arrivals):
    assert arrivals.send({"events": []}).became == "empty"


# ------------------------------------------------------------------------------------------ while the sender waits


def test_a_document_whose_sender_waits_is_judged_at_once(arrivals):
    took = arrivals.send({"quote": a_quote(promo_price=80)})
    [decision] = arrivals.decisions()
    assert (took.became, told(took)["decision_id"]) == ("answered", decision.decision_id)
    assert (told(took)["verdict"], took.reply.headers) == (decision.verdict, (("X-Acme", "yes"),))
    assert arrivals.decision(decision.decision_id)["not_assessed"][0]["policy_id"] == "vendor-fields"


@pytest.mark.parametrize(("stage", "verdict", "mode"), [("draft", "allow", "open"), ("sent", "flag", "hold")])
def test_what_takes_too_long_is_answered_in_time_and_made_up_for(arrivals, stage, verdict, mode):
    arrivals.connected = connections(a_connection(options={"deadline": "0.5"}))
    arrivals.services.rules.current()
    hooks = arrivals.hooks(judges={Shape.QUOTE: arrivals.services.gate.check_quote})
    real, gate, looked = arrivals.services.gate.judge, arrivals.services.gate, threading.Event()

    def judge(work):
        judged = real(work)
        looked.wait(10)
        return judged

    object.__setattr__(gate, "judge", judge)
    began = time.perf_counter()
    took = arrivals.send({"quote": a_quote(stage=stage)}, hooks=hooks)
    assert time.perf_counter() - began < 0.5
    assert (took.became, told(took)["checked"], told(took)["verdict"]) == ("unchecked", False, verdict)
    assert told(took)["fail_mode"] == mode
    object.__setattr__(gate, "judge", real)
    [event] = arrivals.first_events()
    assert event.note.kind == "recheck"
    looked.set()
    gate.close()
    arrivals.clock.advance(seconds=61)
    assert arrivals.handle_all() == ["done"]
    assert [each.decision_id for each in arrivals.decisions()] == [told(took)["decision_id"]]


def test_a_recheck_judges_where_the_first_check_died_with_its_process(arrivals):
    arrivals.connected = connections(a_connection(options={"deadline": "0.5"}))
    answer = arrivals.services.gate.check_quote

    def died(call):
        body = {"decision_id": call.decision_id, "checked": False, "verdict": "allow", "headline": "Not checked."}
        return replace(answer(replace(call, dry_run=True)), status=202, body=json.dumps(body).encode())

    took = arrivals.send({"quote": a_quote()}, hooks=arrivals.hooks(judges={Shape.QUOTE: died}))
    assert arrivals.first_events()
    assert arrivals.decisions() == []
    arrivals.clock.advance(seconds=61)
    assert arrivals.handle_all() == ["done"]
    assert [each.decision_id for each in arrivals.decisions()] == [told(took)["decision_id"]]


def test_a_callers_own_wish_makes_the_time_shorter(arrivals):
    seen = []

    def judge(call):
        seen.append(call.wait_seconds)
        return arrivals.services.gate.check_quote(call)

    hooks = arrivals.hooks(judges={Shape.QUOTE: judge})
    arrivals.send({"quote": a_quote()}, hooks=hooks, wait=1)
    arrivals.send({"quote": a_quote()}, hooks=hooks, wait=60)
    assert seen[0] <= 0.9
    assert 3 < seen[1] <= 4


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), RulesRefused(("broken",))])
@pytest.mark.parametrize(("stage", "verdict"), [("draft", "allow"), ("sent", "flag"), (None, "flag")])
def test_an_outage_of_ours_goes_by_the_stage(arrivals, failure, stage, verdict):
    hooks = arrivals.hooks(judges={Shape.QUOTE: raising(failure)}, rules=lambda: raising(RulesRefused(()))(None))
    took = arrivals.send({"quote": a_quote(stage=stage)}, hooks=hooks)
    assert (took.became, told(took)["checked"], told(took)["verdict"]) == ("unchecked", False, verdict)


def test_a_document_that_cannot_be_read_is_told_where_the_sender_looks_and_never_passes(arrivals):
    took = arrivals.send({"quote": a_quote(price="much", stage="draft")})
    assert (took.became, told(took)["verdict"], told(took)["checked"]) == ("refused", "flag", False)
    assert told(took)["headline"] == (
        "Not checked, it cannot be read: $.price: a number in plain digits is wanted here."
    )
    took = arrivals.send({"quote": a_quote(version=None, seats=None, id=None)})
    assert (took.became, took.problem.kind.code) == ("refused", "invalid")
    assert arrivals.send({"something": "else"}).became == "refused"
    assert arrivals.send({"contract": a_quote()}).became == "refused"
