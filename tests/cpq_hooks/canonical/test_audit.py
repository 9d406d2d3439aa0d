"""What an audit is asked for, and how its report is written."""

import pytest

from cpq_hooks.canonical import dump_audit_report, load_audit_request
from cpq_hooks.problem import Invalid
from policies.auditing.audit import audit
from tests.billing_documents import an_agreement, seats_billed, seats_used


def test_a_report_is_written_with_every_field_and_amounts_in_cents():
    written = dump_audit_report(audit(an_agreement(), seats_used()[:5], seats_billed()))
    assert written["totals"] == {
        "expected": "127300.00",
        "billed": "120000.00",
        "under": "7300.00",
        "over": "0.00",
        "unknown_periods": 1,
    }
    june = written["periods"][-1]
    assert (june["used"], june["expected_amount"], june["direction"], june["pattern"]) == (None, None, "unknown", "U01")
    assert written["draft_invoice_lines"][0] == {
        "line_id": "1",
        "product_id": "SEAT",
        "kind": "overage",
        "period_start": "2024-01-01",
        "period_end": "2024-01-31",
        "quantity": "2",
        "unit_price": "50",
        "amount": "100.00",
    }


def test_a_request_names_an_agreement_and_tells_stored_usage_from_none_at_all():
    assert load_audit_request({"agreement_id": "AG-1"}).usage is None
    assert load_audit_request({"agreement_id": "AG-1", "usage": []}).usage == ()
    with pytest.raises(Invalid, match="there is no agreement"):
        load_audit_request({})


def test_every_fault_of_a_request_is_told_where_it_stands():
    usage = {"usage_id": "1", "quantity": -1, "line_id": "1", "at": "2024-01-01T00:00:00Z"}
    with pytest.raises(Invalid) as refused:
        load_audit_request({"agreement_id": "AG-1", "usage": [usage], "invoices": [{"invoice_id": "I"}]})
    paths = {problem.path for problem in refused.value.problems}
    assert paths == {"$.usage[0].quantity", "$.invoices[0].currency", "$.invoices[0].lines"}
