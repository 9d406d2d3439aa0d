"""Problems say where they are and what is wrong, in words of bounded length."""

from decimal import Decimal

import pytest

from cpq_hooks.problem import Invalid, Problem, did_you_mean, json_path, one_of, shown


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ((), "$"),
        (("lines", 1, "net_unit_price"), "$.lines[1].net_unit_price"),
        (("odd name",), '$["odd name"]'),
        (('say "hi"', 0), r'$["say \"hi\""][0]'),
        (("\ud800",), r'$["\ud800"]'),
    ],
)
def test_a_path_is_written_as_people_write_it(path, written):
    assert json_path(path) == written


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("banana", '"banana"'),
        ("x" * 1000, '"' + "x" * 58 + "…"),
        (None, "null"),
        (True, "true"),
        (12, "12"),
        (Decimal("1E+400"), "1E+400"),
        ({"a": 1}, "an object"),
        ([1], "a list"),
        ("a\x00b", r'"a\u0000b"'),
        ("\ud800", r'"\ud800"'),
    ],
)
def test_what_was_sent_is_shown_in_short(value, words):
    assert shown(value) == words
    assert shown(value).encode("utf-8")


def test_a_number_that_python_does_not_write_is_shown_all_the_same():
    assert shown(10**5000) == "a number with thousands of digits"


@pytest.mark.parametrize(
    ("sent", "choices", "question"),
    [
        ("montly", ["monthly", "annual"], ' Did you mean "monthly"?'),
        ("One Time", ["recurring", "one_time"], ' Did you mean "one_time"?'),
        ("usd", ["EUR", "USD"], ' Did you mean "USD"?'),
        ("zebra", ["monthly", "annual"], ""),
        ("", ["monthly"], ""),
        (3, ["monthly"], ""),
        ("m" * 10_000, ["monthly"], ""),
    ],
)
def test_a_near_miss_is_offered_and_a_far_one_is_not(sent, choices, question):
    assert did_you_mean(sent, choices) == question


def test_choices_are_said_as_a_sentence_has_them():
    assert one_of(["month", "quarter", "year"]) == "month, quarter or year"
    assert one_of(["month"]) == "month"


def test_an_invalid_document_says_its_first_problems_and_keeps_all():
    problems = [Problem(path=f"$.lines[{at}]", message="wrong", code="wrong", line=at) for at in range(9)]
    invalid = Invalid(problems)
    assert len(invalid.problems) == 9
    assert str(invalid).startswith("line 0: $.lines[0]: wrong; line 1: ")
    assert problems[0].as_dict() == {"path": "$.lines[0]", "message": "wrong", "code": "wrong", "line": 0}
    assert Problem(path="$", message="wrong", code="wrong").as_dict() == {
        "path": "$",
        "message": "wrong",
        "code": "wrong",
    }
