"""The learned half of an answer goes out with every field, its money in the document's currency, and comes back the same."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from cpq_hooks.canonical import dump_decision, load_company, load_decision
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from policies.domain.company import RandomRelease, Thresholds
from policies.domain.decision import (
    Anomaly,
    Counterfactual,
    IndexPart,
    LeakageType,
    Risk,
    RiskIndex,
    RiskReason,
    RiskStatus,
    Unusual,
)
from policies.domain.finding import Change
from tests.cpq_hooks.canonical.test_decision import DECISION
from tests.cpq_hooks.refusals import places_of

SCORED = Risk(
    status=RiskStatus.SCORED,
    score=Decimal("0.8300"),
    tier="digest",
    expected_leakage=Decimal(9120),
    leakage_types=(LeakageType(pattern="U05", probability=Decimal("0.61")),),
    reasons=(
        RiskReason(feature="rep_leakage_rate", label="Leaks.", value=Decimal("0.22"), contribution=Decimal("0.9")),
        RiskReason(feature="lines", label="Few lines.", contribution=Decimal("-0.31")),
    ),
    base=Decimal("-2.1"),
    anomaly=Anomaly(score=Decimal("0.12"), unusual=(Unusual(feature="term_months", label="A long term."),)),
    counterfactual=Counterfactual(
        text="Set the discount to 10 %",
        changes=(Change(path="/lines/1/discounts/0/percent", value="10"),),
        score=Decimal("0.41"),
        expected_leakage=Decimal("3000.5"),
    ),
    model_version="2026-11-01T10-00-00Z-0a1b2c3d",
    trained_on=18231,
)
PRIOR = Risk(
    status=RiskStatus.PRIOR,
    because="Nothing was learned yet.",
    index=RiskIndex(value=34, parts=(IndexPart(label="Two findings", points=40), IndexPart(label="Plain", points=-6))),
)


def test_a_score_has_the_shape_that_others_build_on():
    assert dump_decision(replace(DECISION, risk=SCORED))["risk"] == {
        "status": "scored",
        "because": None,
        "score": "0.83",
        "tier": "digest",
        "tier_note": None,
        "expected_leakage": {"currency": "USD", "amount": "9120.00"},
        "leakage_types": [{"pattern": "U05", "probability": "0.61"}],
        "reasons": [
            {"feature": "rep_leakage_rate", "label": "Leaks.", "value": "0.22", "contribution": "0.9"},
            {"feature": "lines", "label": "Few lines.", "value": None, "contribution": "-0.31"},
        ],
        "base": "-2.1",
        "index": None,
        "anomaly": {"score": "0.12", "unusual": [{"feature": "term_months", "label": "A long term."}]},
        "counterfactual": {
            "text": "Set the discount to 10 %",
            "patch": [{"op": "replace", "path": "/lines/1/discounts/0/percent", "value": "10"}],
            "score": "0.41",
            "expected_leakage": {"currency": "USD", "amount": "3000.50"},
        },
        "effect": None,
        "effect_because": None,
        "released": False,
        "approved_by": None,
        "waived_by": None,
        "model_version": "2026-11-01T10-00-00Z-0a1b2c3d",
        "trained_on": 18231,
    }


@pytest.mark.parametrize("risk", [SCORED, PRIOR, replace(SCORED, released=True, expected_leakage=None)])
def test_a_risk_comes_back_from_its_own_document(risk):
    document = dump_decision(replace(DECISION, risk=risk))
    read = load_decision(read_json(json.dumps(document).encode()))
    assert read.risk == risk
    assert dump_decision(read) == document


def test_a_prior_tells_its_points():
    assert dump_decision(replace(DECISION, risk=PRIOR))["risk"]["index"] == {
        "value": 34,
        "parts": [{"label": "Two findings", "points": 40}, {"label": "Plain", "points": -6}],
    }


def test_expected_leakage_has_the_decimals_of_the_documents_currency():
    written = dump_decision(replace(DECISION, currency="JPY", totals={}, findings=(), risk=SCORED))
    assert written["risk"]["expected_leakage"] == {"currency": "JPY", "amount": "9120"}


def test_the_change_that_lowers_the_risk_is_a_patch_of_what_was_sent():
    sent = {"lines": [{}, {"discount_percent": "20"}]}
    patch = dump_decision(replace(DECISION, findings=(), risk=SCORED), sent)["risk"]["counterfactual"]["patch"]
    assert patch == [{"op": "replace", "path": "/lines/1/discount_percent", "value": "10"}]


def test_a_risk_that_is_none_is_refused_where_it_stands():
    document = dump_decision(replace(DECISION, risk=SCORED))
    document["risk"] |= {"expected_leakage": "9120", "trained_on": "many"}
    assert sorted(places_of(load_decision, document)) == [
        ("$.risk.expected_leakage", "not_an_object"),
        ("$.risk.trained_on", "not_a_whole_number"),
    ]


def test_a_company_says_what_its_risk_thresholds_do():
    stated = {
        "flag_tier": False,
        "flag_anomaly": "0.99",
        "minimum_outcomes": 500,
        "random_release": {"share_percent": "5%", "up_to_amount": 2000},
    }
    company = load_company({"name": "Acme", "currency": "USD", "thresholds": stated})
    assert company.thresholds == Thresholds(
        flag_tier=False,
        flag_anomaly=Decimal("0.99"),
        minimum_outcomes=500,
        random_release=RandomRelease(share_percent=Decimal(5), up_to_amount=Decimal(2000)),
    )


def test_what_blocks_below_what_flags_is_refused():
    thresholds = {"flag_expected_leakage": "5000", "block_expected_leakage": "1000"}
    with pytest.raises(Invalid, match="block_expected_leakage is below flag_expected_leakage"):
        load_company({"name": "Acme", "currency": "USD", "thresholds": thresholds})
