"""A remedy is proven: it is made, and everything is checked again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from policies.domain.finding import Change, Direction, Effect, Finding, Remedy
from policies.remedy import MOST_PROOFS, UnreachableError, apply, prove
from tests.builders import a_line, a_quote


def a_finding(name: str, path: str = "/lines/0/net_unit_price", value: object = Decimal(90)) -> Finding:
    return Finding(
        finding_id=name,
        policy_id=name,
        pattern="Q02",
        effect=Effect.BLOCK,
        direction=Direction.UNDER,
        message="",
        remedy=Remedy(text="Set it", changes=(Change(path=path, value=value),)),
    )


def test_a_change_reaches_a_field_of_a_line_and_leaves_the_rest() -> None:
    quote = a_quote(lines=[a_line(), a_line(line_id="2")])
    changed = apply(quote, [Change(path="/lines/1/net_unit_price", value=Decimal(7))])
    assert changed.lines[1].net_unit_price == 7
    assert changed.lines[0] is quote.lines[0]
    assert quote.lines[1].net_unit_price == 100


def test_a_change_reaches_into_lists_and_appends_to_them() -> None:
    quote = a_quote(lines=[a_line(discounts=[{"percent": "5"}])])
    changed = apply(
        quote,
        [Change(path="/lines/0/discounts/0/periods", value=3), Change(path="/lines/-", value=a_line(line_id="2"))],
    )
    assert changed.lines[0].discounts[0].periods == 3
    assert changed.lines[1].line_id == "2"


def test_a_set_field_is_no_longer_an_explicit_null() -> None:
    quote = a_quote(lines=[replace(a_line(), nulls=frozenset({"overage_unit_price"}))])
    changed = apply(quote, [Change(path="/lines/0/overage_unit_price", value=Decimal(1))])
    assert changed.lines[0].nulls == frozenset()


@pytest.mark.parametrize("path", ["/lines/4/quantity", "/lines/0/colour", "/lines/x/quantity"])
def test_a_change_of_what_is_not_there_is_an_error(path: str) -> None:
    with pytest.raises(UnreachableError):
        apply(a_quote(), [Change(path=path, value=1)])


@pytest.mark.parametrize(
    ("after", "clears"),
    [
        ({}, True),
        ({"low": Effect.BLOCK}, False),
        ({"other": Effect.FLAG}, False),
        ({"other": Effect.SHADOW}, True),
        ({"known": Effect.FLAG}, True),
        ({"known": Effect.BLOCK}, False),
    ],
)
def test_a_remedy_clears_when_its_finding_goes_and_nothing_new_enforces(after: dict, clears: bool) -> None:
    known = replace(a_finding("known"), effect=Effect.FLAG, remedy=None)
    found = {name: replace(a_finding(name), effect=effect) for name, effect in after.items()}
    proven = prove([a_finding("low"), known], a_quote(), lambda _: found)
    assert proven[0].remedy is not None
    assert proven[0].remedy.clears is clears


def test_beyond_the_budget_a_remedy_is_untried_not_unproven() -> None:
    findings = [a_finding(f"f{number}") for number in range(MOST_PROOFS + 5)]
    proven = prove(findings, a_quote(), lambda _: {})
    assert sum(each.remedy.clears is True for each in proven if each.remedy) == MOST_PROOFS
    assert sum(each.remedy.clears is None for each in proven if each.remedy) == 5


def test_a_total_that_was_right_before_the_change_is_restated_with_it() -> None:
    quote = a_quote(lines=[a_line(net_unit_price="80", stated_total="9600")])
    low, total = a_finding("low"), a_finding("total", "/lines/0/stated_total", Decimal(10800))

    def judge(changed):
        (line,) = changed.lines
        wrong = line.stated_total != line.net_unit_price * 120
        return ({"low": low} if line.net_unit_price < 90 else {}) | ({"total": total} if wrong else {})

    (proven,) = prove([low], quote, judge)

    assert proven.remedy.clears is True
    assert [(change.path, change.value) for change in proven.remedy.changes] == [
        ("/lines/0/net_unit_price", 90),
        ("/lines/0/stated_total", 10800),
    ]


def test_a_total_that_was_wrong_before_is_a_matter_of_its_own() -> None:
    low, total = a_finding("low"), a_finding("total", "/lines/0/stated_total", Decimal(10800))
    proven = prove([low, total], a_quote(), lambda _: {"total": total})
    assert proven[0].remedy == replace(low.remedy, clears=True)
