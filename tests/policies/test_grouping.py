"""Each amount is counted once: by line and period, under and over apart."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.finding import Direction, Effect, Exposure, Finding
from policies.domain.period import Period
from policies.grouping import group, rooted

TERM = Period(date(2026, 1, 1), date(2027, 1, 1))
RENEWAL = Period(date(2027, 1, 1), date(2028, 1, 1))


def a_finding(number: int, *exposures: tuple[str | None, int, Period | None], **terms: object) -> Finding:
    values: dict[str, object] = {
        "finding_id": f"fnd_{number}",
        "policy_id": f"policy-{number}",
        "pattern": "Q01",
        "effect": Effect.FLAG,
        "direction": Direction.UNDER,
        "message": "",
        "line_ids": tuple(line for line, _, _ in exposures if line),
        "exposures": tuple(Exposure(line_id=at, amount=Decimal(n), period=p) for at, n, p in exposures),
    }
    return Finding(**(values | terms))  # type: ignore[arg-type]


def test_two_findings_on_one_line_count_the_larger_and_link_the_other() -> None:
    grouped = group([a_finding(1, ("1", 100, None)), a_finding(2, ("1", 300, None))], TERM)
    assert grouped.totals == {Direction.UNDER: Decimal(300)}
    assert [finding.root for finding in grouped.findings] == ["fnd_2", None]


def test_findings_on_different_lines_add_up() -> None:
    grouped = group([a_finding(1, ("1", 100, None)), a_finding(2, ("2", 300, None))], TERM)
    assert grouped.totals == {Direction.UNDER: Decimal(400)}
    assert all(finding.root is None for finding in grouped.findings)


def test_the_renewal_is_another_period_than_the_term() -> None:
    grouped = group([a_finding(1, ("1", 100, None)), a_finding(2, ("1", 30, RENEWAL))], TERM)
    assert grouped.totals == {Direction.UNDER: Decimal(130)}


def test_under_and_over_are_never_netted() -> None:
    over = a_finding(2, ("1", 40, None), direction=Direction.OVER)
    grouped = group([a_finding(1, ("1", 100, None)), over], TERM)
    assert grouped.totals == {Direction.UNDER: Decimal(100), Direction.OVER: Decimal(40)}


def test_an_amount_on_the_whole_quote_overlaps_those_on_its_lines() -> None:
    # Lines give 100 + 60 = 160, the quote as a whole 150: the lines explain all of it.
    findings = [a_finding(1, ("1", 100, None)), a_finding(2, ("2", 60, None)), a_finding(3, (None, 150, None))]
    grouped = group(findings, TERM)
    assert grouped.totals == {Direction.UNDER: Decimal(160)}
    assert [finding.root for finding in grouped.findings] == ["fnd_3", "fnd_3", None]


def test_a_finding_on_several_lines_meets_another_on_one_of_them() -> None:
    # Line 1: max(100, 60) = 100. Line 2: 50. Together 150.
    both = a_finding(2, ("1", 60, None), ("2", 50, None))
    assert group([a_finding(1, ("1", 100, None)), both], TERM).totals == {Direction.UNDER: Decimal(150)}


def test_shadow_findings_own_no_money() -> None:
    shadow = a_finding(1, ("1", 100, None), effect=Effect.SHADOW)
    assert group([shadow, a_finding(2, ("1", 10, None))], TERM).totals == {Direction.UNDER: Decimal(10)}


def test_an_unknown_amount_is_not_zero() -> None:
    assert group([a_finding(1)], TERM).totals == {}


amounts = st.tuples(
    st.sampled_from(["1", "2", "3", None]), st.integers(1, 1000), st.sampled_from([None, TERM, RENEWAL])
)


@given(st.lists(st.lists(amounts, min_size=1, max_size=4), max_size=6), st.randoms())
def test_the_order_of_findings_does_not_change_the_total(shapes: list[list[tuple]], random) -> None:
    findings = [a_finding(number, *cells) for number, cells in enumerate(shapes)]
    shuffled = random.sample(findings, len(findings))
    assert group(findings, TERM).totals == group(shuffled, TERM).totals


@given(st.lists(st.lists(amounts, min_size=1, max_size=4), min_size=1, max_size=6))
def test_the_total_lies_between_the_largest_finding_and_the_sum(shapes: list[list[tuple]]) -> None:
    sums = [sum(cell[1] for cell in cells) for cells in shapes]
    total = group([a_finding(n, *cells) for n, cells in enumerate(shapes)], TERM).totals[Direction.UNDER]
    assert total <= sum(sums)
    assert total >= max(max(cell[1] for cell in cells) for cells in shapes)


@given(st.lists(st.lists(amounts, min_size=1, max_size=4), max_size=6))
def test_the_roots_are_the_same_where_nobody_asks_for_totals(shapes: list[list[tuple]]) -> None:
    findings = [a_finding(number, *cells) for number, cells in enumerate(shapes)]
    assert rooted(findings, TERM) == group(findings, TERM).findings


@pytest.mark.parametrize("effect", [Effect.BLOCK, Effect.FLAG])
def test_of_two_equal_amounts_the_stronger_effect_is_the_root(effect: Effect) -> None:
    grouped = group([a_finding(1, ("1", 5, None)), a_finding(2, ("1", 5, None), effect=effect)], TERM)
    assert grouped.findings[0].root == ("fnd_2" if effect is Effect.BLOCK else None)
