"""Reasons in log-odds: they lead from the average deal to the score."""

import pytest

from app.scorecards.odds import reasons_of
from tests.scorecards import RISK


def test_the_reasons_lead_from_the_average_deal_to_the_score():
    reasons = reasons_of(RISK)
    assert reasons.base == pytest.approx(0.2315, abs=1e-4)  # 1 / (1 + e^1.2)
    assert reasons.score == 0.83
    ends = [each.end for each in reasons.pushes]
    assert ends[:3] == pytest.approx([0.2, 1.0, 0.5])
    assert ends[-1] == pytest.approx(1.5856, abs=1e-4)  # ln(0.83 / 0.17)
    assert reasons.pushes[-1].label.startswith("Everything else")


def test_a_reason_is_said_in_odds():
    told = [each.told for each in reasons_of(RISK).pushes]
    assert told[0] == "raises the odds 4.1 times"  # e^1.4
    assert told[2] == "lowers the odds 1.6 times"  # e^0.5


def test_without_a_score_there_are_no_reasons():
    assert reasons_of({"status": "prior", "score": None, "base": None}) is None
