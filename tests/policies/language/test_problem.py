"""Where a problem is: in every way that YAML lets a text be written."""

import pytest

from policies.language import Source
from policies.language.problem import Span, did_you_mean, in_order


def located(text: str, *lines: str, line: int = 0, column: int = 0) -> Source:
    return Source.located(text, file="p.yaml", lines=lines, line=line, column=column)


@pytest.mark.parametrize(
    ("text", "lines", "column", "place"),
    [
        ("a > b", ("when: a > b",), 6, (1, 11)),
        ("a > b", ('when: "a > b"',), 6, (1, 12)),
        ("a > b", ("when: >", "  a", "  > b"), 6, (3, 5)),
        ("a\n> b\n", ("when: |", "  a", "  > b"), 6, (3, 5)),
        ("a > b", ("when: a", "   > b"), 6, (2, 6)),
    ],
)
def test_a_place_in_the_text_is_found_again_in_the_file(text, lines, column, place):
    problem = located(text, *lines, column=column).problem("wrong", Span(text.index("b"), text.index("b") + 1))
    assert (problem.line, problem.column) == place
    assert problem.source_line[problem.caret] == "b"


def test_a_text_with_escapes_is_shown_by_itself():
    problem = located('a > "b"', 'when: "a > \\"b\\""', column=6).problem("wrong", Span(4, 7))
    assert problem.render() == 'p.yaml:1:5: wrong\n    a > "b"\n        ^^^'


def test_the_caret_stays_on_the_first_line_of_a_problem_over_several():
    source = located("aa > bb", "when: >", "  aa", "  > bb", column=6)
    assert source.problem("wrong").render() == "p.yaml:2:3: wrong\n    aa\n    ^^"


def test_a_part_knows_its_own_place():
    part = located("a {b.c} d", "m: a {b.c} d", column=3).part(3, 6)
    assert (part.text, part.problem("wrong").column) == ("b.c", 7)


def test_a_long_line_is_cut_around_the_caret():
    row = "when: " + "x" * 300 + " b " + "y" * 300
    rendered = located(row[6:], row, column=6).problem("wrong", Span(301, 302)).render().splitlines()
    assert len(rendered[1]) < 140
    assert rendered[1][rendered[2].index("^")] == "b"


def test_problems_stand_in_the_order_of_the_file_each_once():
    source = located("a > b", "when: a > b", column=6)
    first, second = source.problem("wrong", Span(0, 1)), source.problem("wrong", Span(4, 5))
    assert in_order([second, first, second]) == (first, second)


def test_the_nearest_word_is_offered_whatever_its_case():
    assert did_you_mean("Quantty", ["quantity", "price"], lead="line.") == "did you mean line.quantity?"
    assert did_you_mean("zzz", ["quantity"]) is None
