"""A decision goes out with every field of its shape, its amounts in the currency's decimals, and comes back the same."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cpq_hooks.canonical import dump_decision, load_decision
from cpq_hooks.canonical.decision import FindingSchema
from cpq_hooks.canonical.loading import write
from cpq_hooks.reading import read_json
from policies.domain.charge import Discount
from policies.domain.decision import (
    ApprovalNeeds,
    Decision,
    NotAssessed,
    RequiredApproval,
    Risk,
    RiskStatus,
    Subject,
    Verdict,
)
from policies.domain.finding import AmountAtRisk, Change, Direction, Effect, Evidence, Exposure, Finding, Remedy
from policies.domain.outcome import SubjectType
from policies.domain.period import Period
from tests.cpq_hooks.refusals import places_of

FINDING = Finding(
    finding_id="fnd_1",
    policy_id="allowance-without-overage-price",
    pattern="Q11",
    effect=Effect.BLOCK,
    direction=Direction.UNDER,
    line_ids=("2",),
    message="Usage beyond the allowance has no price.",
    evidence=(Evidence(field="lines[2].overage_unit_price", actual=None, expected="0.012", expected_from="catalog"),),
    amount_at_risk=AmountAtRisk(
        currency="USD",
        per_period=Decimal(1200),
        remaining_term=Decimal(14400),
        assumptions=("usage at 120 % of allowance",),
    ),
    exposures=(
        Exposure(line_id="2", amount=Decimal(14400)),
        Exposure(line_id=None, amount=Decimal("0.5"), period=Period(date(2026, 1, 1), date(2026, 2, 1))),
    ),
    remedy=Remedy(
        text="Set the overage price to $0.012",
        changes=(Change(path="/lines/1/overage_unit_price", value=Decimal("0.0120")),),
        clears=True,
    ),
    owner="deal-desk",
    confidence=Decimal("0.97"),
)
DECISION = Decision(
    decision_id="dec_1",
    subject=Subject(type=SubjectType.QUOTE, id="Q 1/2", content_hash="sha256:0"),
    verdict=Verdict.BLOCK,
    headline="Overage price missing: $14,400 a year could go unbilled.",
    findings=(FINDING,),
    totals={Direction.UNDER: Decimal(14400)},
    currency="USD",
    risk=Risk(status=RiskStatus.UNAVAILABLE, because="no model is trained yet"),
    approval=ApprovalNeeds(
        required=(
            RequiredApproval(role="pricing", because=("line-price-floor",), due_at=datetime(2026, 6, 2, 9, tzinfo=UTC)),
        )
    ),
    not_assessed=(NotAssessed(policy_id="margin", because="no cost for CUSTOM-1", line_ids=("3",)),),
    policy_version="sha256:1",
    evaluated_at=datetime(2026, 6, 1, 9, 0, 0, 500000, tzinfo=UTC),
    duration_ms=4.125,
)


def test_a_decision_has_the_shape_that_others_build_on():
    assert dump_decision(DECISION) == {
        "decision_id": "dec_1",
        "subject": {"type": "quote", "id": "Q 1/2", "revision": None, "content_hash": "sha256:0"},
        "verdict": "block",
        "headline": "Overage price missing: $14,400 a year could go unbilled.",
        "findings": [
            {
                "finding_id": "fnd_1",
                "policy_id": "allowance-without-overage-price",
                "pattern": "Q11",
                "effect": "block",
                "direction": "under",
                "line_ids": ["2"],
                "message": "Usage beyond the allowance has no price.",
                "evidence": [
                    {
                        "field": "lines[2].overage_unit_price",
                        "actual": None,
                        "expected": "0.012",
                        "expected_from": "catalog",
                    }
                ],
                "amount_at_risk": {
                    "currency": "USD",
                    "per_period": "1200.00",
                    "remaining_term": "14400.00",
                    "already_lost": None,
                    "assumptions": ["usage at 120 % of allowance"],
                },
                "exposures": [
                    {"line_id": "2", "amount": "14400.00", "period_start": None, "period_end": None},
                    {"line_id": None, "amount": "0.50", "period_start": "2026-01-01", "period_end": "2026-01-31"},
                ],
                "remedy": {
                    "text": "Set the overage price to $0.012",
                    "patch": [{"op": "replace", "path": "/lines/1/overage_unit_price", "value": "0.012"}],
                    "clears": True,
                },
                "owner": "deal-desk",
                "approver": None,
                "clears_without_approval": None,
                "confidence": "0.97",
                "root": None,
                "counted": True,
                "approved_by": None,
                "waived_by": None,
            }
        ],
        "totals": {"currency": "USD", "under": "14400.00", "over": None, "timing": None, "compliance": None},
        "risk": {
            "status": "unavailable",
            "because": "no model is trained yet",
            "score": None,
            "tier": None,
            "tier_note": None,
            "expected_leakage": None,
            "leakage_types": [],
            "reasons": [],
            "base": None,
            "index": None,
            "anomaly": None,
            "counterfactual": None,
            "effect": None,
            "effect_because": None,
            "released": False,
            "approved_by": None,
            "waived_by": None,
            "model_version": None,
            "trained_on": None,
        },
        "approval": {
            "required": [{"role": "pricing", "because": ["line-price-floor"], "due_at": "2026-06-02T09:00:00Z"}],
            "clears_without_approval": None,
        },
        "not_assessed": [{"policy_id": "margin", "because": "no cost for CUSTOM-1", "line_ids": ["3"]}],
        "policy_version": "sha256:1",
        "evaluated_at": "2026-06-01T09:00:00.500000Z",
        "valid_until": None,
        "duration_ms": 4.125,
        "simulated": False,
        "links": {"self": "/v1/decisions/dec_1", "scorecard": "/scorecards/quotes/Q%201%2F2"},
    }


def test_a_decision_comes_back_from_its_own_document():
    plain_price = (Change(path="/lines/1/overage_unit_price", value="0.012"),)
    written_out = replace(FINDING, remedy=replace(FINDING.remedy, changes=plain_price))
    document = read_json(json.dumps(dump_decision(DECISION)).encode())
    assert load_decision(document) == replace(DECISION, findings=(written_out,))
    assert dump_decision(load_decision(document)) == dump_decision(DECISION)


def test_a_document_that_is_no_decision_is_refused():
    document = dump_decision(DECISION) | {"verdict": "maybe", "totals": {"under": "x"}}
    assert sorted(places_of(load_decision, document)) == [
        ("$.totals", "unknown_currency"),
        ("$.verdict", "unknown_value"),
    ]


@pytest.mark.parametrize(
    ("finding", "counted"),
    [
        (FINDING, True),
        (replace(FINDING, root="fnd_9"), False),
        (replace(FINDING, effect=Effect.SHADOW), False),
        (replace(FINDING, amount_at_risk=None), False),
    ],
)
def test_a_finding_says_whether_its_money_is_in_the_totals(finding, counted):
    assert write(FindingSchema, finding, "USD")["counted"] is counted


def test_amounts_have_the_decimals_of_their_currency():
    money = AmountAtRisk(currency="JPY", per_period=Decimal("1200.5"), remaining_term=Decimal(0))
    yen = replace(
        DECISION,
        currency="JPY",
        totals={Direction.OVER: Decimal("99.5")},
        findings=(replace(FINDING, amount_at_risk=money),),
    )
    written = dump_decision(yen)
    assert written["totals"]["over"] == "100"
    assert written["findings"][0]["amount_at_risk"]["per_period"] == "1201"
    assert written["findings"][0]["amount_at_risk"]["remaining_term"] == "0"
    assert written["findings"][0]["exposures"][1]["amount"] == "1"


def test_a_change_to_a_record_is_written_as_the_document_has_it():
    change = Change(
        path="/lines/0/discounts", value=(Discount(percent=Decimal("5.00"), ends_on=date(2026, 3, 31)),), absent=True
    )
    finding = replace(FINDING, remedy=Remedy(text="Add the discount.", changes=(change,)))
    assert dump_decision(replace(DECISION, findings=(finding,)))["findings"][0]["remedy"]["patch"] == [
        {"op": "add", "path": "/lines/0/discounts", "value": [{"percent": "5", "ends_on": "2026-03-31"}]}
    ]


def test_only_a_quote_has_a_scorecard():
    agreement = replace(DECISION, subject=replace(DECISION.subject, type=SubjectType.AGREEMENT))
    assert dump_decision(agreement)["links"] == {"self": "/v1/decisions/dec_1"}


def test_remedies_are_patches_of_what_was_sent():
    sent = {"lines": [{}, {"line_id": "2"}]}
    patch = dump_decision(DECISION, sent)["findings"][0]["remedy"]["patch"]
    assert patch == [{"op": "add", "path": "/lines/1/overage_unit_price", "value": "0.012"}]
