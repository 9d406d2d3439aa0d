"""Random texts and random expressions: nothing but the language compiles, and what compiles never raises.

The quick tests draw a little of each on every run; those marked `fuzz` draw much more.
"""

from __future__ import annotations

import ast
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.language import Band, Facts, Judgement, Reader, Rule, Source, TableText, fuse, judge
from policies.language.generated import Module
from tests.lengths import at_length
from tests.policies.language.deals import DEALS
from tests.policies.language.grammar import Expressions, Puzzles, document

SOME = at_length(12_000)
SILENT = {Judgement.SATISFIED: None, Judgement.NOT_APPLICABLE: None}
BANDS = TableText(
    name=Source("bands"),
    by=Source("line.quantity"),
    bands=(Band(Source("10"), Source("5")), Band(Source("null"), Source("7.5"))),
)
PIECES = [
    *(
        "line.quantity",
        "line.floor_price",
        "quote.lines",
        "line.tiers",
        "t.unit_price",
        "rep.role",
        "renewal",
        "x",
        "t",
    ),
    *("and", "or", "not", "in", "if", "else", "for", "is", "null", "true", "lambda", "await", "import", "None"),
    *("any", "all", "sum", "count", "min", "coalesce", "round", "date", "table", "eval", "__import__", "__class__"),
    *("(", ")", "[", "]", ",", ".", "+", "-", "*", "/", "<", ">=", "==", "!=", "=", ":", "{", "}", "'", '"', "\\", "#"),
    *(
        "0",
        "1",
        "0.5",
        "1e9",
        "0x1",
        "'a'",
        '"usage"',
        "f'{x}'",
        "\n",
        " ",
        "é",
        "\u2028",
        "\ud800",
        "\x00",
        ";",
        "@",
        ":=",
    ),
]


def accepted(text: str, subject: str | None = "line") -> Rule | None:
    """The rule of a text that the language accepts. Reading any text at all never raises."""
    reader = Reader(DEALS, subject)
    expression = reader.condition(Source(text))
    assert all(problem.render() for problem in reader.problems)
    return None if reader.problems else Rule(scope=reader.scope, require=expression)


def escapes(source: str) -> set[str]:
    """Every name in generated code that is neither its own nor a field of the vocabulary."""
    own = {"append", "date", "startswith", "_value_"}
    fields = {hop for field in DEALS.all_fields() for hop in (*field.hops, *field.null_flag)}
    reached = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return reached - own - fields


@settings(max_examples=300)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
def test_no_text_raises_and_what_is_accepted_reaches_only_fields(text):
    rule = accepted(text)
    if rule is not None:
        assert escapes(fuse([rule]).source) == set()


@settings(max_examples=150)
@given(st.integers(0, 10**9), st.data())
def test_an_expression_with_pieces_exchanged_never_raises(seed, data):
    text = Expressions(Random(seed), DEALS.scope("line")).condition(3)
    place, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 12))
    changed = text[:place] + data.draw(st.sampled_from(["", *PIECES])) + text[place + length :]
    rule = accepted(changed)
    if rule is not None:
        assert escapes(fuse([rule]).source) == set()
        both_agree(rule, document(Random(seed), DEALS))


def test_messages_of_any_text_never_raise():
    for seed in range(300):
        random = Random(seed)
        text = "".join(random.choices(["{", "}", "{{", "found.", "line.quantity", " ", "x", "{line.product_id}"], k=8))
        reader = Reader(DEALS, "line")
        message = reader.message(Source(text), found=("x",))
        if not reader.problems:
            deal = document(random, DEALS)
            assert isinstance(message.render(deal, deal.lines[0] if deal.lines else None), str)


def test_generated_code_has_no_builtins_but_its_own():
    assert Module().namespace["__builtins__"] == {}


def both_agree(rule: Rule, deal) -> None:
    """The fused code and the plain backend come to the same judgement on every subject, and neither raises."""
    fused = {hit.item: hit.outcome for hit in fuse([rule]).run(deal)}
    subjects = [(None, None)] if rule.scope.subject is None else list(enumerate(deal.lines))
    plain = {index: judge(rule, deal, item) for index, item in subjects}
    assert fused == {index: said for index, said in plain.items() if said not in SILENT}


def hold(seeds: range, documents: int) -> int:
    """Draws rules from both generators until the seeds are used up, and holds each against random documents."""
    deals = [document(Random(seed), DEALS) for seed in range(100)]
    held = 0
    for seed in seeds:
        random = Random(seed)
        rule = drawn(random)
        for deal in random.choices(deals, k=documents) if rule is not None else ():
            both_agree(rule, deal)
        held += rule is not None
    return held


def drawn(random: Random) -> Rule | None:
    """A random rule; None where the language refuses it."""
    subject = random.choice(["line", "line", None])
    reader = Reader(DEALS, subject)
    tables = (BANDS,) if subject is not None else ()
    reader.add_tables(tables)
    puzzle = random.random() < 0.7
    made = (
        Puzzles(random, reader.scope)
        if puzzle
        else Expressions(random, reader.scope, tuple(t.name.text for t in tables))
    )
    when = reader.condition(Source(made.condition(random.choice([0, 1, 2])))) if random.random() < 0.5 else None
    if reader.problems:
        return None
    require = reader.condition(Source(made.condition(random.choice([1, 2, 3, 4]))), when.holds if when else Facts())
    return None if reader.problems else Rule(scope=reader.scope, when=when, require=require)


@pytest.mark.slow
def test_accepted_expressions_never_raise_and_both_backends_agree():
    assert hold(range(700), documents=6) > 80


@pytest.mark.fuzz
@pytest.mark.parametrize("block", range(4))
def test_many_accepted_expressions_never_raise_and_both_backends_agree(block):
    # About one in eight is accepted.
    assert hold(range(1_000_000 + block * SOME, 1_000_000 + (block + 1) * SOME), documents=12) > SOME / 9


@pytest.mark.fuzz
@settings(max_examples=at_length(2_000))
@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_many_texts_raise_nothing_and_reach_only_fields(text):
    rule = accepted(text)
    if rule is not None:
        assert escapes(fuse([rule]).source) == set()
