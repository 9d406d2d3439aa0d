"""A waiver lets one policy pass on one document, until its day."""

from datetime import date

import pytest

from policies.domain.finding import Direction, Effect, Finding
from policies.waiver import Waiver, apply_waivers

FINDING = Finding(
    finding_id="fnd_1",
    policy_id="line-price-floor",
    pattern="Q02",
    effect=Effect.BLOCK,
    direction=Direction.UNDER,
    message="",
    line_ids=("1",),
)
WAIVER = {
    "policy_id": "line-price-floor",
    "subject_id": "Q-1",
    "owner": "mia",
    "reason": "strategic",
    "expires_on": date(2026, 6, 30),
}


@pytest.mark.parametrize(
    ("terms", "on", "waived"),
    [
        ({}, date(2026, 6, 30), True),
        ({}, date(2026, 7, 1), False),
        ({"subject_id": "Q-2"}, date(2026, 6, 1), False),
        ({"policy_id": "other"}, date(2026, 6, 1), False),
        ({"line_ids": ("1", "2")}, date(2026, 6, 1), True),
        ({"line_ids": ("2",)}, date(2026, 6, 1), False),
    ],
)
def test_a_waiver_holds_for_its_policy_document_lines_and_days(terms: dict, on: date, waived: bool) -> None:
    result = apply_waivers([FINDING], [Waiver(**(WAIVER | terms))], "Q-1", on)[0]
    assert (result.waived_by == "mia") is waived
    assert result.enforces is not waived
