"""Why a condition failed, and for want of which facts it could not be told."""

from decimal import Decimal

import pytest

from policies.domain.charge import ChargeType, Tier
from policies.domain.quote import Renewal
from policies.language import Explainer, Missing
from tests.policies.language.deals import DEALS, a_deal, a_line, condition, number

EXPLAINER = Explainer(DEALS)


def shortfalls(text: str, line, **deal):
    found = EXPLAINER.shortfalls(condition(text), a_deal(line, **deal), line)
    return [(each.field, each.actual, each.expected, each.expected_from) for each in found]


def missing(text: str, line, **deal):
    return [each.because for each in EXPLAINER.missing(condition(text), a_deal(line, **deal), line)]


def test_a_price_under_its_floor_names_both_and_where_the_floor_comes_from():
    line = a_line(net_unit_price="9", floor_price="10")
    found = shortfalls("line.floor_price == null or line.net_unit_price >= line.floor_price", line)
    assert found == [("line.net_unit_price", Decimal(9), ">= 10", "line.floor_price")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("line.quantity == 3", ("line.quantity", Decimal(4), "3", None)),
        ("line.quantity != 4", ("line.quantity", Decimal(4), "not 4", None)),
        ("not (line.quantity > 3)", ("line.quantity", Decimal(4), "<= 3", None)),
        ("5 <= line.quantity", ("line.quantity", Decimal(4), ">= 5", None)),
        ("2 < line.quantity < 4", ("line.quantity", Decimal(4), "< 4", None)),
        ("line.quantity in [1, 2]", ("line.quantity", Decimal(4), "one of 1, 2", None)),
        ("line.quantity not in [4, 2]", ("line.quantity", Decimal(4), "none of 4, 2", None)),
        ("line.hard_cap != null", ("line.hard_cap", None, "a value", None)),
        ("line.quantity == null", ("line.quantity", Decimal(4), "no value", None)),
        ("line.quantity * 2 > 9", ("line.quantity * 2", Decimal(8), "> 9", None)),
        ("line.quantity > line.periods + 1", ("line.quantity", Decimal(4), "> 13", "line.periods + 1")),
        ("coalesce(line.hard_cap, false)", ("coalesce(line.hard_cap, false)", False, "true", None)),
        ("(line.quantity > 9 if line.periods > 1 else true)", ("line.quantity", Decimal(4), "> 9", None)),
        ('line.charge_type == "usage"', ("line.charge_type", ChargeType.RECURRING, "usage", None)),
    ],
)
def test_each_kind_of_condition_names_what_it_compared(text, found):
    assert shortfalls(text, a_line(quantity="4", periods="12")) == [found]


def test_all_that_failed_is_named_and_nothing_that_held():
    line = a_line(quantity="4", periods="12")
    found = shortfalls("line.quantity > 3 and line.quantity > 5 and line.periods > 24", line)
    assert [(field, expected) for field, _, expected, _ in found] == [
        ("line.quantity", "> 5"),
        ("line.periods", "> 24"),
    ]


def test_the_items_of_a_list_that_failed_are_named_by_position():
    prices = [Decimal(3), Decimal(-2), None, Decimal(-1)]
    line = a_line(tiers=tuple(Tier(up_to=None, unit_price=price) for price in prices))
    expected = [
        ("line.tiers[1].unit_price", Decimal(-2), ">= 0", None),
        ("line.tiers[3].unit_price", Decimal(-1), ">= 0", None),
    ]
    assert shortfalls("all(t.unit_price >= 0 for t in line.tiers if t.unit_price != null)", line) == expected
    assert shortfalls("not any(t.unit_price < 0 for t in line.tiers if t.unit_price != null)", line) == expected


def test_the_facts_behind_a_computed_side_are_told():
    line = a_line(quantity="4", net_unit_price="5")
    [found] = EXPLAINER.shortfalls(condition("line.quantity * line.net_unit_price > 30"), a_deal(line), line)
    assert found.readings == (("line.quantity", Decimal(4)), ("line.net_unit_price", Decimal(5)))


def test_a_condition_that_holds_or_cannot_be_told_has_no_shortfall():
    assert shortfalls("line.quantity == 4", a_line(quantity="4")) == []
    assert shortfalls("line.quantity == 4", a_line()) == []


def test_missing_facts_are_told_in_the_words_of_their_notes():
    line = a_line("7", product_id="CUSTOM-1")
    assert missing("line.periods > 3 and line.net_unit_price > 3", line) == ["the quote has no dates", "7 has no price"]
    assert missing("line.quantity > 3", line) == ["line.quantity is not given"]
    when = condition("line.quantity == null and line.floor_price != null")
    assert EXPLAINER.unassessed(when, a_deal(line), line) == (
        Missing("line.floor_price", "no floor for CUSTOM-1 in the catalog"),
    )


def test_only_what_kept_the_answer_open_is_missing():
    line = a_line(quantity="4")
    assert missing("line.quantity == 4 and (line.periods > 3 or line.quantity == 5)", line) == [
        "the quote has no dates"
    ]
    assert missing("line.quantity == 5 and line.periods > 3", line) == []
    assert missing("(line.periods > 3 if line.quantity == 4 else line.net_unit_price > 1)", line) == [
        "the quote has no dates"
    ]


def test_missing_facts_of_other_lines_are_named_by_position():
    first, second = a_line("1", net_unit_price="5"), a_line("2")
    found = EXPLAINER.missing(condition("all(l.net_unit_price > 3 for l in quote.lines)", None), a_deal(first, second))
    assert found == (Missing("quote.lines[1].net_unit_price", "2 has no price"),)


def test_an_amount_without_a_value_says_what_it_would_need():
    line = a_line(quantity="4", net_unit_price="5")
    amount = number("line.quantity * line.net_unit_price * line.periods")
    assert [each.field for each in EXPLAINER.missing(amount, a_deal(line), line)] == ["line.periods"]


def test_a_record_that_is_missing_is_told_before_its_fields():
    assert missing("coalesce(renewal.uplift_percent > 3, renewal.cap_percent > 3, quote.tcv > 1)", a_line()) == [
        "quote.tcv is not known"
    ]
    [found] = shortfalls("renewal.uplift_percent != null and renewal.uplift_percent > 3", a_line(), renewal=Renewal())
    assert found == ("renewal.uplift_percent", None, "a value", None)


def test_what_an_expression_reads_is_told_by_its_furthest_name():
    text = "quote.account.segment == null and any(t.up_to == line.quantity for t in line.tiers if t.up_to != null)"
    assert condition(text).reads == {"account.segment", "line.quantity", "line.tiers", "line.tiers[].up_to"}
