"""The monthly review of decisions that are at hand, and its page."""

from datetime import UTC, date, datetime

from app.backtests.ends import End, Known
from app.reviewing.gathering import Decided
from app.reviewing.page import page_of
from app.reviewing.review import reviewed

OCTOBER = date(2026, 10, 1)
HOSTILE = "<script>alert('x')</script>"


def a_decision(number, verdict="flag", *, policy="p1", pattern="Q11", **terms):
    given = {
        "decision_id": f"dec_{number}",
        "quote_id": f"Q-{number}",
        "created_at": datetime(2026, 10, 5, tzinfo=UTC),
        "verdict": verdict,
        "findings": ({"policy_id": policy, "pattern": pattern, "effect": verdict},) if verdict != "allow" else (),
        "score": None,
        "tier": None,
        "unusual": (),
        "features": None,
        "rep_id": "ann",
        "segment": "enterprise",
        "products": ("SEAT",),
        "complexity": (0,),
    }
    return Decided(**given | terms)


def test_what_was_caught_is_told_by_pattern_and_end():
    ends = {"Q-1": End(known=Known.LEAKED), "Q-2": End(known=Known.CLEAN)}
    found = reviewed(OCTOBER, [a_decision(1), a_decision(2), a_decision(3)], [], ends)
    [row] = found["caught"]
    assert (row["pattern"], row["deals"], row["leaks"], row["false_alarms"], row["unknown"]) == ("Q11", 3, 1, 1, 1)
    assert found["false_alarms"]["policy"][0]["share"] == 0.5


def test_a_pattern_of_this_month_alone_is_new():
    found = reviewed(OCTOBER, [a_decision(1), a_decision(2, pattern="Q02")], [a_decision(9)], {})
    assert [each["pattern"] for each in found["new_patterns"]] == ["Q02"]


def test_scores_are_held_against_what_came():
    ends = {f"Q-{at}": End(known=Known.LEAKED if at < 2 else Known.CLEAN) for at in range(10)}
    found = reviewed(OCTOBER, [a_decision(at, score=0.95) for at in range(10)], [], ends)
    [row] = found["calibration"]
    assert (row["deals"], row["said"], row["came"], row["fits"]) == (10, 0.95, 0.2, False)


def test_what_cannot_be_told_is_said():
    found = reviewed(OCTOBER, [a_decision(1)], [], {})
    assert len(found["missing"]) == 3
    assert reviewed(OCTOBER, [], [], {})["missing"] == ["There is no decision on a quote in this month."]


def test_a_hostile_name_is_text_on_the_page():
    ends = {"Q-1": End(known=Known.CLEAN)}
    page = page_of(reviewed(OCTOBER, [a_decision(1, rep_id=HOSTILE, segment=HOSTILE, policy=HOSTILE)], [], ends))
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
