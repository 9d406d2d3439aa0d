"""Lists: one at a time, never one inside another, and bounded in cost."""

from policies.language import FieldNote, Reader, Source, Subject, Vocabulary
from tests.policies.language.deals import DEALS, DealView, LineView, condition, refusals


def test_one_list_inside_another_is_refused():
    assert refusals("any(any(t.up_to == null for t in l.tiers) for l in quote.lines)") == [
        "any inside another of its kind would run away"
    ]
    assert refusals("any(t.up_to == u.up_to for t in line.tiers for u in line.tiers)") == [
        "any goes through one list at a time"
    ]


def test_all_lines_for_every_line_is_refused_unless_the_line_stays_out_of_it():
    assert refusals("any(l.quantity < line.quantity for l in quote.lines)") == [
        "this goes through quote.lines once for every line: too much work"
    ]
    assert refusals("any(l.quantity < 3 for l in quote.lines) and line.quantity > 3") == []
    assert refusals("any(l.quantity < quote.tcv for l in quote.lines)", subject=None) == []


def test_a_variable_takes_no_name_that_means_something():
    assert refusals("any(line.quantity > 3 for line in quote.lines)") == ["line already means something else"]
    assert refusals("any(min.quantity > 3 for min in quote.lines)") == ["min already means something else"]


def test_a_variable_is_gone_after_its_list():
    assert refusals("any(t.up_to == null for t in line.tiers) and t.up_to == 3") == [
        "t is not a name that is known here"
    ]


def test_items_answer_for_the_record_behind_them():
    assert refusals("any(l.charge_type == 'usage' and l.quantity > 3 for l in quote.lines)") == []
    assert refusals("any(l.line.quantity > 3 for l in quote.lines)") == ["l has no field line"]


def test_the_cost_counts_a_list_at_its_greatest_length():
    assert condition("line.quantity > 3").cost == 3
    assert condition("any(t.up_to == null for t in line.tiers)").cost > 100


def test_an_expression_that_costs_too_much_is_refused():
    wide = Vocabulary(
        document=DealView,
        names={"quote": ""},
        overlays={DealView: "quote", LineView: "line"},
        subjects={"line": Subject("lines", {"line": ""})},
        notes={"line.tiers": FieldNote(max_items=1_000_000)},
    )
    reader = Reader(wide, "line")
    reader.condition(Source("any(t.up_to == null for t in line.tiers)"))
    assert "steps" in reader.problems[0].message
    assert DEALS.scope("line").items is not None
