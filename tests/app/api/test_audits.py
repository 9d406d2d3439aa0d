"""POST /v1/audits: inline, from the store, again, and refused."""

import json
from pathlib import Path

import pytest

from app.store import Scope

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
