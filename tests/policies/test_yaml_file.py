"""YAML files are read exactly, and what is wrong is said with its place."""

from datetime import date
from decimal import Decimal

import pytest

from policies.yaml_file import Unreadable, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.10", Decimal("1.10")),
        ("12", 12),
        ('"12"', "12"),
        ("no", "no"),
        ("true", True),
        ("null", None),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-02-30", "2026-02-30"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("0401", "0401"),
    ],
)
def test_a_scalar_is_what_it_looks_like_and_nothing_else(text: str, value: object) -> None:
    found = read(f"a: {text}", "x.yaml").value
    assert found == {"a": value}
    assert type(found["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("a: 1\na: 2\n", (2, 1), "twice"),
        ("a: [1", (1, 6), "expected ',' or ']'"),
        ("a: &x 1\nb: *x", (2, 4), "aliases"),
        ("a: !!python/object:os.system {}", None, None),
    ],
)
def test_what_is_not_taken_is_refused_with_its_place(
    text: str, place: tuple[int, int] | None, word: str | None
) -> None:
    if place is None:
        assert read(text, "x.yaml").value == {"a": {}}, "a tag is never acted on"
        return
    with pytest.raises(Unreadable) as refused:
        read(text, "x.yaml")
    problem = refused.value.problems[0]
    assert (problem.line, problem.column) == place
    assert word in problem.message


def test_a_problem_shows_the_line_and_marks_the_place() -> None:
    file = read("id: x\neffect: bloc\n", "x.yaml")
    shown = file.problem(("effect",), "no such effect", "did you mean block?").render()
    assert shown.splitlines()[:3] == ["x.yaml:2:9: no such effect", "    effect: bloc", "            ^^^^"]


def test_deep_nesting_is_refused_not_followed() -> None:
    with pytest.raises(Unreadable):
        read("[" * 100_000, "x.yaml")
