"""What may be absent must be guarded, and which guards count."""

import pytest

from tests.policies.language.deals import refusals

FLOOR = "line.floor_price"
ABSENT = [f"{FLOOR} may be absent"]


@pytest.mark.parametrize(
    "text",
    [
        f"{FLOOR} != null and {FLOOR} > 5",
        f"null != {FLOOR} and {FLOOR} > 5",
        f"{FLOOR} == null or {FLOOR} > 5",
        f"not ({FLOOR} == null) and {FLOOR} > 5",
        f"not ({FLOOR} != null) or {FLOOR} > 5",
        f"({FLOOR} > 5 if {FLOOR} != null else false)",
        f"(true if {FLOOR} == null else {FLOOR} > 5)",
        f"({FLOOR} != null and line.quantity > 1) and {FLOOR} > 5",
        f"line.quantity > 1 and {FLOOR} != null and {FLOOR} > 5",
        f"({FLOOR} != null and line.quantity > 1 or {FLOOR} != null) and {FLOOR} > 5",
        f"not ({FLOOR} == null or line.quantity > 1) and {FLOOR} > 5",
        f"coalesce({FLOOR}, 0) > 5",
        f"coalesce({FLOOR} > 5, false)",
        f"coalesce({FLOOR} * 2, line.quantity) > 5",
        "renewal.uplift_percent != null and renewal.uplift_percent > 3",
        "renewal != null and (renewal.uplift_percent == null or renewal.uplift_percent > 3)",
        "quote.account.segment != null and account.segment == 'x'",
        "renewal.uplift_percent != null and coalesce(renewal.cap_percent, 3) > 3",
        "company.payment_terms != null and company.payment_terms.standard_days > 3",
        "company.payment_terms != null and company.name == 'x'",
        "all(t.unit_price > 0 for t in line.tiers if t.unit_price != null)",
        "all(t.unit_price == null or t.unit_price > 0 for t in line.tiers)",
        f"{FLOOR} != null and all(t.up_to == null or t.up_to > {FLOOR} for t in line.tiers)",
    ],
)
def test_a_guarded_fact_may_be_used(text):
    assert refusals(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"{FLOOR} > 5",
        f"{FLOOR} != null or {FLOOR} > 5",
        f"{FLOOR} == null and {FLOOR} > 5",
        f"{FLOOR} > 5 and {FLOOR} != null",
        f"not ({FLOOR} != null) and {FLOOR} > 5",
        f"({FLOOR} != null or line.quantity > 1) and {FLOOR} > 5",
        f"({FLOOR} > 5 if {FLOOR} == null else false)",
        f"({FLOOR} != null if line.quantity > 1 else true) and {FLOOR} > 5",
        f"coalesce({FLOOR} != null, false) and {FLOOR} > 5",
        f"coalesce(line.quantity, {FLOOR}) > 5",
        f"(line.floor_price != null) == true and {FLOOR} > 5",
        f"any({FLOOR} != null for t in line.tiers) and {FLOOR} > 5",
        f"min({FLOOR}, 3) > 5",
        f"-{FLOOR} > 5",
        f"3 in [1] and {FLOOR} in [5]",
    ],
)
def test_a_fact_without_a_guard_that_counts_is_refused(text):
    assert refusals(text) == ABSENT


def test_a_record_on_the_way_is_guarded_like_a_fact():
    assert refusals("account.segment == 'x'") == ["account.segment may be absent"]
    assert refusals("account != null and account.segment == 'x'") == ["account.segment may be absent"]
    assert refusals("account != null and account.account_id == 'x'") == []


def test_expected_facts_need_no_guard():
    assert refusals("line.quantity * line.periods * line.net_unit_price > 5 and quote.tcv > 5") == []


def test_what_when_proves_holds_in_require():
    assert refusals(f"{FLOOR} > 5", given=f"{FLOOR} != null and line.quantity > 1") == []
    assert refusals(f"{FLOOR} > 5", given=f"{FLOOR} != null or line.quantity > 1") == ABSENT


def test_a_refused_when_causes_no_further_problems():
    assert refusals(f"{FLOOR} > 5 and 1 / {FLOOR} > 2", given="lin.quantity > 1") == [
        "lin is not a name that is known here"
    ]


def test_a_missing_guard_is_told_once():
    assert refusals(f"{FLOOR} > 5 and {FLOOR} < 9 and {FLOOR} != 7") == ABSENT


@pytest.mark.parametrize(
    "text",
    [
        "line.periods > 0 and 1 / line.periods > 2",
        "line.periods != 0 and 1 / line.periods > 2",
        "line.periods >= 1 and 1 / line.periods > 2",
        "line.periods < 0 and 1 / line.periods > 2",
        "line.periods == 12 and 1 / line.periods > 2",
        "line.periods in [6, 12] and 1 / line.periods > 2",
        "0 < line.periods <= 12 and 1 / line.periods > 2",
        "line.periods == 0 or 1 / line.periods > 2",
        "line.periods <= 0 or 1 / line.periods > 2",
        "not (line.periods == 0) and 1 / line.periods > 2",
        "(1 / line.periods if line.periods > 0 else 0) > 2",
        "coalesce(1 / line.periods, 0) > 2",
        "coalesce((line.quantity - 1) / line.periods * 100, 0) > 2",
        "line.quantity / 12 > 2",
        "line.quantity / -0.5 > 2",
        "sum(t.up_to / line.periods for t in line.tiers if t.up_to != null and line.periods > 0) > 1",
    ],
)
def test_a_divisor_that_cannot_be_zero_is_accepted(text):
    assert refusals(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "1 / line.periods > 2",
        "line.periods >= 0 and 1 / line.periods > 2",
        "line.periods > -1 and 1 / line.periods > 2",
        "line.periods < 1 and 1 / line.periods > 2",
        "line.periods == 0 and 1 / line.periods > 2",
        "line.periods != 1 and 1 / line.periods > 2",
        "line.periods in [0, 12] and 1 / line.periods > 2",
        "line.periods not in [12] and 1 / line.periods > 2",
        "line.periods > 0 or 1 / line.periods > 2",
        "line.periods > line.quantity and 1 / line.periods > 2",
    ],
)
def test_a_divisor_that_may_be_zero_is_refused(text):
    assert refusals(text) == ["line.periods may be zero"]


def test_division_by_a_written_zero_is_refused():
    assert refusals("1 / 0 > 2") == ["this divides by zero"]
    assert refusals("1 / 0.00 > 2") == ["this divides by zero"]
