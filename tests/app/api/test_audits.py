"""POST /v1/audits: inline, from the store, again, and refused."""

import json
from pathlib import Path

import pytest

from app.store import DocumentFilter, DocumentKind, Scope

EXAMPLE = Path(__file__).parents[3] / "examples" / "audits" / "seat-contract"


def lines(name):
    return [json.loads(line) for line in (EXAMPLE / name).read_text("utf-8").splitlines()]


@pytest.fixture
def seats():
    agreement = json.loads((EXAMPLE / "agreement.json").read_text("utf-8"))
    return {"agreement": agreement, "usage": lines("usage.jsonl"), "invoices": lines("invoices.jsonl")}


def test_documents_that_are_sent_are_audited(api, seats):
    answer = api.check(seats, path="/v1/audits")
    assert answer.status_code == 200
    assert answer.json["totals"]["under"] == "9350.00"
    assert len(answer.json["draft_invoice_lines"]) == 6


def test_documents_that_are_stored_are_audited_by_the_agreements_id(api, seats):
    for path, documents in (
        ("agreements", seats["agreement"]),
        ("usage", seats["usage"]),
        ("invoices", seats["invoices"]),
    ):
        assert api.check(documents, path=f"/v1/{path}").status_code == 200
    stored = api.check({"agreement_id": "AG-SEATS"}, path="/v1/audits").json
    assert stored == api.check(seats, path="/v1/audits").json
    # An empty list says that there are none: nothing was invoiced in the half year.
    unbilled = api.check({"agreement_id": "AG-SEATS", "invoices": []}, path="/v1/audits").json
    assert unbilled["totals"]["billed"] == "0.00"
    assert unbilled["totals"]["under"] == "129350.00"


def test_an_agreement_that_is_not_stored_and_a_bad_record_are_refused(api, seats):
    unknown = api.check({"agreement_id": "AG-9"}, path="/v1/audits")
    assert (unknown.status_code, unknown.json["errors"][0]["path"]) == (422, "$.agreement_id")
    seats["usage"][2]["quantity"] = "-1"
    bad = api.check(seats, path="/v1/audits")
    assert (bad.status_code, bad.json["errors"][0]["path"]) == (422, "$.usage[2].quantity")
    assert api.check(b"{", path="/v1/audits").status_code == 400


def test_an_audit_needs_the_scope_verify(api, seats):
    answer = api.client.post("/v1/audits", json=seats, headers=api.headers(Scope.CHECK))
    assert answer.status_code == 403
    assert api.client.post("/v1/audits", json=seats, headers=api.headers(Scope.VERIFY)).status_code == 200


def test_an_idempotency_key_gets_the_first_answer_again(api, seats):
    first = api.check(seats, path="/v1/audits", Idempotency_Key="audit-1")
    again = api.check(seats, path="/v1/audits", Idempotency_Key="audit-1")
    assert (again.headers["Idempotent-Replayed"], again.data) == ("true", first.data)
    other = api.check(seats | {"as_of": "2024-03-31"}, path="/v1/audits", Idempotency_Key="audit-1")
    assert other.status_code == 409


def stored_outcomes(api):
    return [json.loads(each.document.body) for each in api.store.documents.find(DocumentKind.OUTCOME, DocumentFilter())]


def test_a_confirmed_finding_is_stored_as_an_outcome_and_again_is_the_same_one(api, seats):
    [finding] = api.check(seats, path="/v1/audits").json["findings"]
    confirmed = seats | {"confirm": [{"finding_id": finding["finding_id"], "recovered_amount": "9350.00"}]}
    assert api.check(confirmed, path="/v1/audits").status_code == 200
    assert api.check(confirmed, path="/v1/audits").status_code == 200
    [outcome] = stored_outcomes(api)
    assert (outcome["leaked"], outcome["amount"], outcome["recovered_amount"]) == (True, "9350", "9350")
    assert api.check(seats | {"dismiss": [finding["finding_id"]]}, path="/v1/audits").status_code == 200
    assert [each["verdict"] for each in stored_outcomes(api)] == ["false_positive"]


def test_a_finding_that_the_audit_has_not_is_not_confirmed(api, seats):
    refused = api.check(seats | {"confirm": [{"finding_id": "fnd_0", "recovered_amount": "1.001"}]}, path="/v1/audits")
    assert refused.status_code == 422
    paths = [each["path"] for each in refused.json["errors"]]
    assert paths == ["$.confirm[0].finding_id", "$.confirm[0].recovered_amount"]
    both = api.check(seats | {"confirm": [{"finding_id": "a"}], "dismiss": ["a"]}, path="/v1/audits")
    assert both.json["errors"][0]["path"] == "$.dismiss[0]"
    assert stored_outcomes(api) == []


def test_confirming_needs_the_scope_ingest_too(api, seats):
    body = seats | {"dismiss": [api.check(seats, path="/v1/audits").json["findings"][0]["finding_id"]]}
    for scopes, status in (((Scope.VERIFY,), 403), ((Scope.VERIFY, Scope.INGEST), 200)):
        assert api.client.post("/v1/audits", json=body, headers=api.headers(*scopes)).status_code == status
