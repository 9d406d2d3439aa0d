"""What is no expression, and how a text is read."""

from decimal import Decimal

import pytest

from policies.language import Reader, Source
from policies.language.syntax import MAX_DEPTH, MAX_LENGTH, parse
from tests.policies.language.deals import DEALS, a_deal, a_line, condition, number, refusals


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "line.__class__",
        "line.line.quantity > 1",
        "line._secret == 1",
        "line.extra == 1",
        "quote.nulls == 1",
        "getattr(line, 'quantity') > 1",
        "line.product_id.upper() == 'A'",
        "(lambda: true)()",
        "[t for t in line.tiers] == 1",
        "{1: 2} == 1",
        "(line.quantity, 1) == 1",
        "line.tiers[0].unit_price == 1",
        "line.product_id[0] == 'a'",
        "(x := 3) > 1",
        "f'{line.quantity}' == '3'",
        "r'a' == 'a'",
        "b'a' == 'a'",
        "'''a''' == 'a'",
        "'a' 'b' == 'ab'",
        "line.quantity if true",
        "min(a=1, b=2) > 1",
        "min(*line.tiers) > 1",
        "await line.quantity",
        "any(x.up_to == null async for x in line.tiers)",
        "line.quantity > 1 # comment",
        "line.quantity > 1; true",
        "line.quantity >\\\n 1",
        "line.hard_cap is null",
        "2 ** 3 > 1",
        "7 // 2 > 1",
        "7 % 2 > 1",
        "~1 > 1",
        "+1 > 1",
        "0x1F > 1",
        "1e5 > 1",
        "1j > 1",
        "007 > 1",
        "1__0 > 1",
        ".5 > 1",
        "5. > 1",
        "1.5.2 > 1",
        "9999999999999999 > 1",
        "0.1234567890123 > 1",
        "...",
        "\uff4cine.quantity > 1",
        "line.quantity\u00a0> 1",
        "line.quantity > \u0661",
        "'\ud800' == 'a'",
        "\x00",
        "null",
        "None == 1",
        "print(1)",
        "",
        " \n ",
        "(" * 1500,
        "-" * 1900 + "1 > 0",
        "x" * (MAX_LENGTH + 1),
    ],
)
def test_what_is_not_on_the_list_is_refused(text):
    assert refusals(text)


def test_numbers_are_exact_from_the_text():
    assert number("0.1 + 0.2").evaluate(a_deal()) == Decimal("0.3")
    assert number("999999999999999.999999999999 * 1").evaluate(a_deal()) == Decimal("999999999999999.999999999999")
    assert number("1_000 * 2").evaluate(a_deal()) == 2000


def test_a_text_may_run_over_several_lines():
    expression = condition("line.quantity > 1\n\tand\r\n line.quantity < 5")
    assert expression.evaluate(a_deal(), a_line(quantity="3")) is True


def test_places_are_counted_in_characters_not_in_bytes():
    reader = Reader(DEALS, "line")
    reader.condition(Source('line.product_id == "€uro" and lin.quantity > 1'))
    assert [problem.column for problem in reader.problems] == [31]


@pytest.mark.parametrize(
    "wrap", ["not {}", "({} and line.quantity > 1)", "({} or true)", "({} if {} else true)", "coalesce({}, false)"]
)
def test_the_deepest_expression_allowed_still_compiles(wrap):
    text = "line.quantity > 1"
    for _ in range(MAX_DEPTH - 3):
        text = wrap.format(text, "line.periods > 1")
    tree, problems = parse(Source(text))
    assert not problems
    assert condition(text).evaluate(a_deal(), a_line(quantity="3", periods="3")) in {True, False}
    deeper = wrap.format(wrap.format(wrap.format(text, "true"), "true"), "true")
    assert "nested" in refusals(deeper)[0]
    assert tree is not None


def test_a_binary_file_gives_ten_problems_and_not_two_thousand():
    assert len(refusals("\x01" * 1000)) == 10
