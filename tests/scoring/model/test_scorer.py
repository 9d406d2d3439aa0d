"""Scoring: from features alone to a risk, in one call or many, whatever the features hold."""

import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from math import inf, nan

import pytest

from policies.domain.decision import RiskStatus
from scoring.model import Scorer
from scoring.model.anomaly import Anomalies
from tests.scoring.model.modelled import a_package, a_vector

AVERAGE = {"lines": 4, "discount_depth": 10}


def some_vectors(number=30):
    return [
        a_vector({"rep": ("R1",)}, lines=at % 9, discount_depth=5 * at, custom_lines=at % 3, value=100.0 * at)
        for at in range(number)
    ]


def test_a_score_by_hand():
    # margin -1: half way between -6 and 0 is no point, but 5/6 of the way to 0.4
    risk = Scorer(a_package(trees=False, manifest={"served": "linear"})).score(a_vector(**AVERAGE))
    assert (risk.status, risk.score, risk.tier) == (RiskStatus.SCORED, Decimal("0.3333"), "refine")
    # 0.3333... of 1000 x e to the power of -2, and a quarter and three quarters of the probability
    assert risk.expected_leakage == Decimal("45.11")
    assert [(each.pattern, each.probability) for each in risk.leakage_types] == [
        ("Q11", Decimal("0.2500")), ("Q05", Decimal("0.0833"))
    ]  # fmt: skip
    assert (risk.base, risk.reasons, risk.trained_on) == (Decimal("-1.0000"), (), 300)


def test_reasons_say_what_moves_the_score():
    vector = a_vector({"rep": ("R1",)}, lines=10, discount_depth=10)
    risk = Scorer(a_package(trees=False, manifest={"served": "linear"})).score(vector)
    assert [(each.feature, each.contribution, each.value) for each in risk.reasons] == [
        ("lines", Decimal("1.5000"), Decimal("10.0")), ("rep_leakage_rate", Decimal("0.7500"), Decimal("0.0"))
    ]  # fmt: skip
    assert risk.reasons[0].label == "The quote has 10 lines"


@pytest.mark.parametrize("parts", [{}, {"linear": False}, {"trees": False}])
def test_base_and_contributions_are_the_margin(parts):
    scorer, vectors = Scorer(a_package(**parts)), some_vectors()
    for margin, (base, added) in zip(scorer.margins(vectors), scorer.contributions(vectors), strict=True):
        assert base + sum(added.values()) == pytest.approx(margin, abs=1e-4)


def test_many_deals_score_as_each_by_itself():
    scorer, vectors = Scorer(a_package()), some_vectors()
    assert scorer.score_many(vectors) == [scorer.score(each) for each in vectors]
    assert [each.score for each in scorer.score_many(vectors, explained=False)] == [
        scorer.score(each).score for each in vectors
    ]
    assert scorer.score_many([]) == []


def test_what_is_not_asked_for_changes_nothing_else():
    scorer, vectors = Scorer(a_package()), some_vectors()
    asked = [replace(each, leakage_types=(), anomaly=None) for each in scorer.score_many(vectors)]
    assert scorer.score_many(vectors, kinds=False, unusual=False) == asked


@pytest.mark.parametrize("rest", [nan, inf, -inf, 1e300, 0.0, -1.0])
def test_whatever_the_features_hold_a_deal_is_scored(rest):
    package = a_package(anomalies=Anomalies.fit([each.values for each in some_vectors()], ["a"] * 30))
    risk = Scorer(package).score(a_vector({"rep": ("NEW",), "zodiac": ("leo",)}, rest=rest, value=None))
    assert Decimal(0) <= risk.score <= Decimal(1)
    assert risk.expected_leakage is None
    assert risk.anomaly is not None


def test_money_is_rounded_to_the_currency_of_the_deal_and_unknown_in_none():
    scorer = Scorer(a_package(trees=False))
    assert scorer.score(a_vector(currency="JPY", **AVERAGE)).expected_leakage == Decimal(45)
    assert scorer.score(a_vector(currency=None, **AVERAGE), "KWD").expected_leakage == Decimal("45.112")
    assert scorer.score(a_vector(currency="XXQ", **AVERAGE)).expected_leakage is None


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError, match="87 features"):
        Scorer(a_package()).score(type(a_vector())(values=(1.0,), details={}))


@pytest.mark.slow
def test_serving_imports_neither_numpy_nor_pandas_nor_the_package_of_the_library():
    program = (
        "import sys; from scoring.model import Scorer; from scoring.model.library import library; library(); "
        "print(sorted({'numpy', 'pandas', 'sklearn', 'scipy', 'xgboost', 'scoring.training'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
