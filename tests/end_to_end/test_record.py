"""What was answered is on record, comes out the same when made again, and approvals bind to it."""

import json
from dataclasses import replace

import pytest

from app.assess import Call, Caller
from app.replay import NotReplayable, replay
from app.store import DecisionFilter, IdempotencyConflict


def test_a_decision_is_on_record_as_it_was_answered_and_comes_out_the_same(ask, example, services) -> None:
    answer = ask(example("seat-contract-at-28"))
    stored = services.store.decisions.get(answer.decision_id)
    assert stored.decision.document == answer.body
    assert replay(answer.decision_id, services.store).differences == ()
    assert services.store.verify_chain().is_whole


def test_a_replay_names_what_comes_out_otherwise(ask, example, services) -> None:
    stored = services.store.decisions.get(ask(example("seat-contract-at-28")).decision_id)
    told = json.loads(stored.decision.document)
    told["decision_id"], told["verdict"] = "dec_forged", "allow"
    summary = replace(stored.decision.summary, decision_id="dec_forged")
    services.store.record(replace(stored.decision, summary=summary, document=json.dumps(told).encode()))
    found = replay("dec_forged", services.store)
    assert [(each.path, each.recorded, each.replayed) for each in found.differences] == [("$.verdict", "allow", "flag")]


def test_what_is_not_on_record_cannot_be_made_again(services) -> None:
    with pytest.raises(NotReplayable):
        replay("dec_nowhere", services.store)


def test_a_decision_comes_out_the_same_after_the_rules_have_changed(ask, example, services, home) -> None:
    answer = ask(example("seat-contract-at-28"))
    company = home / "company.yaml"
    rule = '{role: ae, maximum_discount_percent: "10"}'
    assert rule in company.read_text("utf-8")
    company.write_text(company.read_text("utf-8").replace(rule, '{role: ae, maximum_discount_percent: "9"}'), "utf-8")
    assert replay(answer.decision_id, services.store).same


def test_a_preview_stores_nothing(ask, example, services) -> None:
    answer = ask(example("seat-contract"), dry_run=True)
    assert answer.verdict == "allow"
    assert services.store.decisions.page(DecisionFilter()).decisions == ()


def test_the_same_content_under_the_same_rules_gets_the_same_decision(ask, example) -> None:
    one, other = (json.loads(ask(example("seat-contract-at-28")).body) for _ in range(2))
    for told in (one, other):
        for name in ("decision_id", "evaluated_at", "valid_until", "duration_ms", "approval", "links"):
            told.pop(name)
    assert one == other


def test_an_idempotency_key_gets_its_first_answer_again(services, example) -> None:
    raw = json.dumps(example("seat-contract")).encode()
    key = services.store.keys.create("test", ["check"]).key
    call = Call(raw=raw, caller=Caller(key_id=key.id), idempotency_key="k1")
    first, second = services.gate.check_quote(call), services.gate.check_quote(call)
    assert (first.replayed, second.replayed) == (False, True)
    assert first.body == second.body
    with pytest.raises(IdempotencyConflict):
        services.gate.check_quote(replace(call, raw=raw + b" "))
    assert len(services.store.decisions.page(DecisionFilter()).decisions) == 1


def discounted(example, price: str, percent: str, **terms: object) -> dict:
    quote = example("seat-contract-at-28")
    quote.pop("stated_totals")
    quote["lines"][0].pop("stated_total")
    quote["lines"][0] |= {"net_unit_price": price, "discount_percent": percent}
    return quote | terms


@pytest.mark.parametrize(
    ("price", "percent", "verdict", "role"),
    [("28", "30", "allow", None), ("29", "27.5", "allow", None), ("27", "32.5", "flag", "cro")],
)
def test_a_resubmission_is_asked_again_only_for_what_got_worse(ask, example, price, percent, verdict, role) -> None:
    content = json.loads(ask(discounted(example, "28", "30")).body)["subject"]["content_hash"]
    consent = [{"approver_id": "dana", "role": "director", "content_hash": content}]
    again = json.loads(ask(discounted(example, price, percent, revision="2", approvals=consent)).body)
    assert again["verdict"] == verdict
    assert [each["role"] for each in again["approval"]["required"]] == ([role] if role else [])


def test_an_edit_behind_an_approval_is_found_when_the_quote_is_sent(ask, example) -> None:
    content = json.loads(ask(discounted(example, "28", "30")).body)["subject"]["content_hash"]
    consent = [{"approver_id": "dana", "role": "director", "content_hash": content}]
    sent = json.loads(ask(discounted(example, "27", "32.5", stage="sent", approvals=consent)).body)
    edited = next(each for each in sent["findings"] if each["policy_id"] == "edited-after-approval")
    assert (sent["verdict"], edited["pattern"], edited["effect"]) == ("block", "Q18", "block")
    assert any(each["field"] == "lines[1].net_unit_price" for each in edited["evidence"])
    unchanged = json.loads(ask(discounted(example, "28", "30", stage="sent", approvals=consent)).body)
    assert unchanged["verdict"] == "allow"


@pytest.mark.parametrize(("stage", "verdict"), [("draft", "allow"), ("sent", "flag"), (None, "flag")])
def test_past_the_callers_time_work_goes_on_or_is_held_by_stage(ask, example, services, stage, verdict) -> None:
    answer = ask(example("seat-contract") | {"stage": stage}, wait_seconds=0.0)
    told = json.loads(answer.body)
    assert (answer.status, told["checked"], told["verdict"]) in {(202, False, verdict), (202, False, "flag")}
    services.gate.close()
    assert services.store.decisions.get(answer.decision_id).decision.summary.verdict == "allow"


def test_what_is_refused_past_the_callers_time_is_kept_all_the_same(ask, example, services) -> None:
    line = example("seat-contract")["lines"][0]
    many = [line | {"line_id": str(number)} for number in range(3000)]
    answer = ask(example("seat-contract") | {"lines": [*many, many[0]]}, wait_seconds=0.0)
    services.gate.close()
    ref_id = json.loads(answer.body)["links"]["refused"].rpartition("/")[2]
    kept = services.store.refused.get(ref_id)
    assert kept is not None
    assert json.loads(kept.request.problem)["status"] == 422
