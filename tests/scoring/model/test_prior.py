"""The index of a deal of which nothing was learned: points by hand, and the documented table."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest

from policies.domain.decision import RiskStatus
from policies.domain.finding import Direction, Effect, Finding
from scoring.model.prior import FEATURE_POINTS, FINDING_POINTS, prior, table
from tests.scoring.model.modelled import a_vector

DOCS = Path(__file__).parents[3] / "docs" / "scoring.md"


def a_finding(effect="flag", **more):
    told = {"finding_id": "F", "policy_id": "p", "pattern": "Q11", "direction": Direction.UNDER, "message": "m"}
    return Finding(effect=Effect(effect), **(told | more))


def parts(risk):
    return [(each.label, each.points) for each in risk.index.parts]


def test_a_plain_deal_has_no_points_and_no_probability():
    risk = prior(a_vector(), ())
    assert (risk.status, risk.index.value, risk.index.parts) == (RiskStatus.PRIOR, 0, ())
    assert (risk.score, risk.tier, risk.expected_leakage, risk.model_version) == (None, None, None, None)
    assert "no probability" in risk.because


def test_points_are_added_and_each_part_says_why():
    risk = prior(a_vector(missing_overage=1, discount_depth=37, ramp_steps=3), [a_finding("block"), a_finding("flag")])
    # 20 and 8; 4 for the overage; 37 % is three steps of 5 beyond 20; three steps of a ramp
    assert risk.index.value == 20 + 8 + 4 + 6 + 3
    assert parts(risk) == [
        ("1 finding that blocks", 20),
        ("1 finding that flags", 8),
        ("The deepest discount is 37 %", 6),
        ("1 line with an included quantity and no overage price", 4),
        ("The ramps have 3 steps", 3),
    ]


def test_a_finding_that_somebody_answers_for_has_no_points():
    excused = [a_finding(root="G"), a_finding(approved_by="ann"), a_finding(waived_by="W-1")]
    assert prior(a_vector(), excused).index.value == 0


def test_no_rule_gives_more_than_its_most_and_all_together_a_hundred():
    everything = a_vector(rest=1e9)
    risk = prior(everything, [a_finding(effect) for effect in ("block", "flag", "shadow") for _ in range(9)])
    assert risk.index.value == 100
    most = sorted([each.most for each in (*FINDING_POINTS, *FEATURE_POINTS)], reverse=True)
    assert [each.points for each in risk.index.parts] == most


@pytest.mark.parametrize("unknown", [nan, inf, -inf])
def test_what_is_not_known_has_no_points(unknown):
    assert prior(a_vector(rest=unknown), ()).index.value == 0


def test_three_steps_of_a_share_are_three():
    assert prior(a_vector(findings_share_at_risk=0.15), ()).index.value == 6


def test_more_of_anything_never_has_fewer_points():
    for rule in FEATURE_POINTS:
        found = [prior(a_vector(**{rule.feature: at / 4}), ()).index.value for at in range(400)]
        assert found == sorted(found)
        assert found[-1] <= rule.most


def test_the_order_of_findings_does_not_matter():
    some = [a_finding("block"), a_finding("flag"), replace(a_finding("shadow"), finding_id="G")]
    assert prior(a_vector(), some) == prior(a_vector(), some[::-1])


def test_the_documentation_has_the_table_as_it_is():
    assert table() in DOCS.read_text("utf-8")
