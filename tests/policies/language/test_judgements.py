"""What becomes of a rule on a document: the three values of a condition, and the five judgements of a rule."""

from decimal import Decimal

import pytest

from policies.domain.charge import ChargeType, Discount, Tier
from policies.language import Hit, Judgement, Reader, Rule, Source, fuse, judge
from tests.policies.language.deals import DEALS, a_deal, a_line, condition, rule

UNKNOWN, TRUE, FALSE = "line.periods > 1", "line.quantity == 3", "line.quantity == 4"


def told(text: str, line=None):
    line = line or a_line(quantity="3")
    return condition(text).evaluate(a_deal(line), line)


def fused(*rules: Rule, lines=()):
    return fuse(rules).run(a_deal(*lines))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{UNKNOWN} and {TRUE}", None),
        (f"{TRUE} and {UNKNOWN}", None),
        (f"{UNKNOWN} and {FALSE}", False),
        (f"{FALSE} and {UNKNOWN}", False),
        (f"{UNKNOWN} or {TRUE}", True),
        (f"{TRUE} or {UNKNOWN}", True),
        (f"{UNKNOWN} or {FALSE}", None),
        (f"not ({UNKNOWN})", None),
        (f"(true if {UNKNOWN} else true)", None),
        (f"({TRUE} if {TRUE} else {UNKNOWN})", True),
        (f"({UNKNOWN}) == true", None),
        (f"coalesce({UNKNOWN}, false)", False),
        ("line.periods == null", True),
        ("(line.periods * 2) != null", False),
        ("line.periods in [1, 2]", None),
        ("line.periods not in [1, 2]", None),
        ("min(line.periods, 3) < 5", None),
        ("coalesce(line.periods, line.quantity) == 3", True),
        ("0 < line.periods < 5", None),
        ("5 < line.quantity < line.periods", False),
    ],
)
def test_what_cannot_be_known_decides_nothing_alone(text, value):
    assert told(text) is value
    hits = fused(rule(text), lines=[a_line(quantity="3")])
    outcome = {None: [Judgement.UNDETERMINED], False: [Judgement.VIOLATED], True: []}[value]
    assert [hit.outcome for hit in hits] == outcome


def test_an_item_that_cannot_be_told_leaves_a_list_open_unless_another_decides():
    tiers = (Tier(up_to=Decimal(5)), Tier(up_to=None))
    line = a_line(tiers=tiers, quantity="3")
    assert told("any(t.up_to != null and t.up_to > line.periods for t in line.tiers)", line) is None
    assert told("any(t.up_to == null or t.up_to > line.periods for t in line.tiers)", line) is True
    assert told("all(t.up_to != null and t.up_to > line.periods for t in line.tiers)", line) is False
    assert told("all(t.up_to == null or t.up_to > line.periods for t in line.tiers)", line) is None


def test_sums_and_counts_over_something_unknown_are_unknown():
    line = a_line(tiers=(Tier(up_to=Decimal(5)), Tier(up_to=None)), quantity="3")
    assert told("sum(line.periods for t in line.tiers) > 1", line) is None
    assert told("count(t for t in line.tiers if line.periods > 1) > 1", line) is None
    assert (
        told("sum(line.periods for t in line.tiers if t.up_to != null and t.up_to == 7) == 0", a_line(quantity="3"))
        is True
    )


def test_an_empty_list_has_all_none_and_a_total_of_nothing():
    assert told("all(t.up_to == 1 for t in line.tiers if t.up_to != null)") is True
    assert told("any(t.up_to == 1 for t in line.tiers if t.up_to != null)") is False
    assert told("sum(t.up_to for t in line.tiers if t.up_to != null) == 0") is True
    assert told("count(line.tiers) == 0") is True


def test_a_rule_whose_when_cannot_be_told_is_undetermined():
    demand = rule("line.quantity == 3", when="line.periods > 1")
    assert fused(demand, lines=[a_line(quantity="3")]) == [Hit(0, 0, Judgement.UNDETERMINED)]


def test_a_rule_that_does_not_apply_leaves_no_trace():
    demand = rule("line.quantity == 4", when='line.charge_type == "usage"')
    assert fused(demand, lines=[a_line(quantity="3")]) == []
    assert judge(demand, a_deal(), a_line()) is Judgement.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ("line.floor_price != null", Judgement.UNASSESSED),
        ("line.quantity == 3 and line.floor_price != null", Judgement.UNASSESSED),
        ("line.quantity == 4 and line.floor_price != null", Judgement.NOT_APPLICABLE),
        ("line.floor_price != null and line.floor_price > 3", Judgement.UNASSESSED),
        ("not (line.floor_price == null)", Judgement.UNASSESSED),
        ("product.family != null", Judgement.UNASSESSED),
        ("line.parent_line_id != null", Judgement.NOT_APPLICABLE),
        ("line.floor_price != null or line.quantity == 4", Judgement.UNASSESSED),
        ("line.periods != null", Judgement.UNASSESSED),
    ],
)
def test_not_applicable_for_want_of_a_fact_that_is_not_known_is_unassessed(when, outcome):
    demand = rule("line.quantity == 3", when=when)
    line = a_line(quantity="3")
    assert judge(demand, a_deal(line), line) is outcome
    hits = fused(demand, lines=[line])
    assert [hit.outcome for hit in hits] == ([outcome] if outcome is Judgement.UNASSESSED else [])


def test_hits_name_the_rule_and_the_line_and_documents_have_no_line():
    rules = [rule("line.quantity < 5"), rule("quote.tcv > 5", subject=None)]
    deal = a_deal(a_line("1", quantity="3"), a_line("2", quantity="7"), tcv=Decimal(5))
    assert set(fuse(rules).run(deal)) == {Hit(0, 1, Judgement.VIOLATED), Hit(1, None, Judgement.VIOLATED)}


def test_checks_are_called_where_when_holds_and_their_silent_results_leave_no_trace():
    silent, loud, seen = object(), object(), []

    def check(item, document):
        seen.append((item.line.line_id, document.quote.quote_id))
        return silent if item.quantity == 3 else loud

    first = rule("true", when="line.quantity > 1")
    demand = Rule(scope=first.scope, when=first.when, check=check)
    deal = a_deal(a_line("1", quantity="3"), a_line("2", quantity="7"), a_line("3", quantity="1"))
    assert fuse([demand], silent=(silent,)).run(deal) == [Hit(0, 1, loud)]
    assert seen == [("1", "Q-1"), ("2", "Q-1")]


def test_a_list_of_the_whole_document_is_gone_through_once_for_all_lines():
    compiled = fuse(
        [rule("any(l.quantity == 3 for l in quote.lines)"), rule("any(l.quantity == 3 for l in quote.lines)")]
    )
    assert compiled.source.count("q0(") == 2
    assert "h0 = " in compiled.source
    assert compiled.run(a_deal(a_line(quantity="3"), a_line())) == []


def test_what_is_computed_before_the_loop_relies_on_no_guard_in_it():
    text = "account.segment != null and any(l.line_id == account.segment for l in quote.lines)"
    assert [hit.outcome for hit in fused(rule(text), lines=[a_line()])] == [Judgement.VIOLATED]


@pytest.mark.parametrize(
    "chosen",
    [
        "min(line.quantity, quote.term_months)",
        "(quote.term_months if line.quantity > 3 else line.quantity)",
        "coalesce(quote.term_months, line.quantity)",
    ],
)
def test_whole_numbers_chosen_beside_decimals_divide_exactly(chosen):
    when = "quote.term_months != null and quote.term_months > 0"
    demand = rule(f"{chosen} / quote.term_months * line.quantity == 40", when=when)
    assert fuse([demand]).run(a_deal(a_line(quantity="40"), term_months=12)) == []


def test_a_rule_whose_texts_were_refused_is_not_compiled():
    reader = Reader(DEALS, "line")
    refused = reader.condition(Source("line.nope > 1"))
    with pytest.raises(ValueError, match="refused"):
        fuse([Rule(scope=reader.scope, require=refused)])


def test_values_of_a_choice_or_stand_in_keep_their_type():
    line = a_line(quantity="3", charge_type=ChargeType.USAGE, discounts=(Discount(percent=Decimal(5)),))
    assert told('coalesce(line.billing_frequency, "annual") == "annual"', line) is True
    assert told('(line.charge_type if line.quantity > 1 else "recurring") == "usage"', line) is True
    assert told("sum(d.percent for d in line.discounts if d.percent != null) == 5.00", line) is True
