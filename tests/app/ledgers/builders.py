"""Deals as the ledgers see them: the seat contract, flagged, mended, signed, audited; and dull ones by the hundred."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from app.store import Basis, DecisionSummary, Document, DocumentKind, RecordedDecision, digest_of, new_id
from cpq_hooks.canonical import dump_audit_report, load_agreement, load_invoice, load_usage
from policies.auditing.audit import audit
from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import SubjectType
from tests.app.store.builders import NOON, POLICIES

SEATS = Path(__file__).parents[3] / "examples" / "audits" / "seat-contract"


def a_line(**terms):
    """500 seats at 40 a month over a year, 500 included."""
    return {
        "line_id": "1",
        "product_id": "SEAT",
        "charge_type": "recurring",
        "charge_model": "per_unit",
        "quantity": "500",
        "price_period": "month",
        "list_unit_price": "40",
        "net_unit_price": "40",
        "included_quantity": "500",
    } | terms


def a_quote(*lines, **terms):
    """A quote over the lines, as it is sent to be checked."""
    return {
        "quote_id": "Q-1",
        "currency": "USD",
        "stage": "submitted",
        "account": {"account_id": "A-1", "segment": "mid-market"},
        "rep": {"rep_id": "R-1", "role": "ae"},
        "start_date": "2024-01-01",
        "end_date": "2024-12-31",
        "billing_frequency": "annual",
        "billing_timing": "in_advance",
        "lines": list(lines or (a_line(),)),
    } | terms


def a_finding(amount="14400.00", *, line="1", field="overage_unit_price", **terms):
    """A block on a line, with its money."""
    return {
        "finding_id": f"fnd_{line}_{field}",
        "policy_id": "allowance-without-overage-price",
        "pattern": "Q11",
        "effect": "block",
        "direction": "under",
        "line_ids": [line],
        "evidence": [{"field": f"lines[{line}].{field}", "actual": None}],
        "exposures": [{"line_id": line, "amount": amount, "period_start": None, "period_end": None}],
        "root": None,
        "approved_by": None,
        "waived_by": None,
    } | terms


def decided(store, quote, *findings, days=0, subject=SubjectType.QUOTE, hold=None, **terms):
    """Record a decision on a quote (or a configuration) some days after noon."""
    verdict = Verdict.BLOCK if findings else Verdict.ALLOW
    document = {"verdict": verdict.value, "findings": list(findings), "risk": {"tier": "digest"}}
    request = json.dumps(quote).encode()
    decision = RecordedDecision(
        summary=DecisionSummary(
            decision_id=terms.pop("decision_id", None) or new_id("dec"),
            created_at=NOON + timedelta(days=days),
            subject=Subject(
                type=subject,
                id=quote.get("quote_id") or quote["billing_configuration_id"],
                content_hash=digest_of(request),
            ),
            verdict=terms.pop("verdict", verdict),
            headline="",
            currency=quote["currency"],
            policy_version="sha256:p",
            at_risk_under=Decimal(0),
            rep_id=terms.pop("rep_id", "R-1"),
            account_id=quote.get("account", {}).get("account_id"),
            source="crm",
        ),
        basis=Basis(as_of=NOON, policies=digest_of(POLICIES)),
        request=request,
        document=json.dumps(document).encode(),
    )
    store.record(decision, hold=hold)
    return decision


def agreed(store, quote, agreement_id="AG-1"):
    """Store the agreement that signs a quote."""
    body = json.dumps({**quote, "agreement_id": agreement_id}).encode()
    store.documents.put(
        DocumentKind.AGREEMENT,
        [Document(id=agreement_id, body=body, agreement_id=agreement_id, parent_id=quote["quote_id"])],
    )


def turned_out(store, outcome_id="O-1", **terms):
    """Store an outcome."""
    outcome = {"outcome_id": outcome_id, "subject": {"type": "agreement", "id": "AG-SEATS"}, "currency": "USD"} | terms
    store.documents.put(DocumentKind.OUTCOME, [Document(id=outcome_id, body=json.dumps(outcome).encode())])


def _lines(name):
    return [json.loads(line) for line in (SEATS / name).read_text("utf-8").splitlines()]


def a_report(*, months=6, credited=()):
    """The audit of the seat contract's first months as JSON; in the months `credited` the overage was invoiced after all."""
    agreement = load_agreement(json.loads((SEATS / "agreement.json").read_text("utf-8")))
    invoices = _lines("invoices.jsonl")[:months]
    for number, amount in credited:
        line = invoices[number]["lines"][0]
        extra = line | {"kind": "overage", "amount": amount}
        for name in ("quantity", "unit_price"):
            extra.pop(name, None)
        invoices[number]["lines"].append(extra)
        if "total" in invoices[number]:
            invoices[number].pop("total")
    usage = [load_usage(each) for each in _lines("usage.jsonl")[:months]]
    report = audit(agreement, usage, [load_invoice(each) for each in invoices])
    return json.dumps(dump_audit_report(report)).encode()
