"""Agreements, usage, invoices and outcomes: one or many, whole or line by line, as often as one likes."""

import json

import pytest

from app.store import DocumentKind, Scope

AGREEMENT = {
    "agreement_id": "AG-1",
    "quote_id": "Q-1",
    "signed_on": "2026-01-15",
    "account": {"account_id": "A-1"},
    "currency": "USD",
    "lines": [{"line_id": "1", "product_id": "SEATS", "charge_type": "recurring", "net_unit_price": "40"}],
}
USAGE = {
    "usage_id": "U-1",
    "agreement_id": "AG-1",
    "account_id": "A-1",
    "line_id": "1",
    "period_start": "2026-03-01",
    "period_end": "2026-03-31",
    "quantity": 530,
}
INVOICE = {
    "invoice_id": "I-1",
    "account_id": "A-1",
    "agreement_id": "AG-1",
    "billing_configuration_id": "B-1",
    "issued_on": "2026-03-01",
    "currency": "USD",
    "lines": [{"line_id": "1", "kind": "recurring", "amount": "20000.00"}],
}
OUTCOME = {
    "outcome_id": "O-1",
    "subject": {"type": "agreement", "id": "AG-1"},
    "leaked": True,
    "discovered_at": "2026-04-09T08:00:00Z",
}
ROUTES = {
    "/v1/agreements": (AGREEMENT, DocumentKind.AGREEMENT, "AG-1", "Q-1", "2026-01-15T00:00:00+00:00"),
    "/v1/usage": (USAGE, DocumentKind.USAGE, "U-1", None, "2026-03-01T00:00:00+00:00"),
    "/v1/invoices": (INVOICE, DocumentKind.INVOICE, "I-1", "B-1", "2026-03-01T00:00:00+00:00"),
    "/v1/outcomes": (OUTCOME, DocumentKind.OUTCOME, "O-1", "AG-1", "2026-04-09T08:00:00+00:00"),
}


def a_usage(number, **fields):
    return {**USAGE, "usage_id": f"U-{number}", **fields}


def lines(*records):
    return b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in records)


def counts(answer):
    return tuple(answer.json[name] for name in ("created", "changed", "unchanged", "refused"))


@pytest.mark.parametrize(("path", "case"), ROUTES.items())
def test_a_record_is_stored_under_its_id_with_what_it_is_looked_up_by(api, path, case):
    record, kind, record_id, parent_id, occurred_at = case
    answer = api.check(record, path=path)
    assert (answer.status_code, counts(answer)) == (200, (1, 0, 0, 0))
    document = api.store.documents.get(kind, record_id).document
    assert (document.parent_id, document.occurred_at.isoformat()) == (parent_id, occurred_at)
    assert document.key_id == api.store.keys.authenticate(api.key).id


def test_the_same_again_changes_nothing_and_a_change_is_a_further_version(api):
    assert counts(api.check(USAGE, path="/v1/usage")) == (1, 0, 0, 0)
    assert counts(api.check({**USAGE, "quantity": "530.0"}, path="/v1/usage")) == (0, 0, 1, 0)
    assert counts(api.check({**USAGE, "quantity": "531"}, path="/v1/usage")) == (0, 1, 0, 0)
    assert api.store.documents.get(DocumentKind.USAGE, "U-1").version == 2


def test_unknown_fields_are_kept(api):
    api.check({**USAGE, "meter": {"site": 7}}, path="/v1/usage")
    body = json.loads(api.store.documents.get(DocumentKind.USAGE, "U-1").document.body)
    assert body["meter"] == {"site": 7}


def test_a_list_is_stored_whole(api):
    answer = api.check([a_usage(number) for number in range(1200)], path="/v1/usage")
    assert counts(answer) == (1200, 0, 0, 0)


def test_a_list_with_one_bad_record_is_refused_whole(api):
    records = [a_usage(1), a_usage(2, quantity="-1"), a_usage(3), a_usage(4, period_end="2026-02-01")]
    answer = api.check(records, path="/v1/usage")
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json["errors"]] == ["$[1].quantity", "$[3].period_end"]
    assert api.store.documents.get(DocumentKind.USAGE, "U-1") is None
    assert json.loads(api.refused_body(answer)) == records


def test_of_json_lines_the_good_ones_are_stored_and_the_bad_ones_told_and_kept(api):
    bad = [b'{"usage_id": ', json.dumps(a_usage(3, quantity="many")).encode(), b"[1]"]
    body = lines(a_usage(1), bad[0], b"", bad[1], a_usage(4), bad[2], b"")
    answer = api.check(body, path="/v1/usage", Content_Type="application/x-ndjson")
    assert (answer.status_code, counts(answer)) == (200, (2, 0, 0, 3))
    assert [(error["line"], error["path"]) for error in answer.json["errors"]] == [
        (2, "$"),
        (4, "$.quantity"),
        (6, "$"),
    ]
    assert api.refused_body(answer) == b"\n".join(bad)
    problem = api.get(f"/v1/refused/{answer.json['refused_id']}").json["problem"]
    assert problem["detail"] == "3 lines could not be taken; the others were stored."


def test_json_lines_without_a_good_one_are_refused(api):
    answer = api.check(lines(b"{", b"{}"), path="/v1/usage", Content_Type="application/x-ndjson")
    assert answer.status_code == 422
    assert {error["line"] for error in answer.json["errors"]} == {1, 2}


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"[]", "application/json"), (b"\n\n", "application/x-ndjson"), (b"", "application/x-ndjson")],
)
def test_nothing_at_all_is_refused(api, body, media_type):
    assert api.check(body, path="/v1/usage", Content_Type=media_type).status_code in (400, 422)


def test_a_record_that_is_no_object_is_refused_by_its_place(api):
    answer = api.check([a_usage(1), 7], path="/v1/usage")
    assert answer.json["errors"][0]["path"] == "$[1]"


def test_the_same_idempotency_key_gets_the_first_answer(api):
    first = api.check(USAGE, path="/v1/usage", Idempotency_Key="k-1")
    again = api.check(USAGE, path="/v1/usage", Idempotency_Key="k-1")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")
    other = api.check(a_usage(2), path="/v1/usage", Idempotency_Key="k-1")
    assert (other.status_code, other.json["type"]) == (409, "/docs#problem-idempotency-conflict")
    assert api.store.documents.get(DocumentKind.USAGE, "U-2") is None


def test_the_same_key_on_another_route_is_another_request(api):
    api.check(USAGE, path="/v1/usage", Idempotency_Key="k-1")
    assert counts(api.check(INVOICE, path="/v1/invoices", Idempotency_Key="k-1")) == (1, 0, 0, 0)


def test_storing_needs_the_scope_ingest(api):
    answer = api.client.post("/v1/usage", json=USAGE, headers=api.headers(Scope.CHECK, Scope.READ))
    assert answer.status_code == 403
    assert "scope ingest" in answer.json["detail"]
    assert json.loads(api.refused_body(answer)) == USAGE


def test_what_a_simulated_company_stores_is_marked(open_api):
    api = open_api(simulated="true")
    api.check(USAGE, path="/v1/usage")
    assert api.store.documents.get(DocumentKind.USAGE, "U-1").document.simulated is True


def test_a_thousand_problems_are_listed_and_the_rest_counted(api):
    answer = api.check([7] * 1500, path="/v1/usage")
    assert len(answer.json["errors"]) == 1001
    assert "500 more problems" in answer.json["errors"][-1]["message"]
