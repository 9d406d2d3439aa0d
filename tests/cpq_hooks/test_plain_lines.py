"""Blocks of JSON Lines read at once are read as they are line by line, or not at all."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.plain_lines import plain_objects
from cpq_hooks.reading import Malformed, read_json

NASTY = st.text(alphabet='{}[]",:\\ \t\n\r1aé-.eEx', max_size=14)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6), st.floats(allow_nan=False), NASTY)
FLAT = st.dictionaries(st.text(max_size=4), VALUES, max_size=4).map(json.dumps)


def test_plain_lines_are_read_at_once_and_exactly():
    block = b'{"a": "x", "n": 1}\n{"a":"y","n":0.10}\r\n{}\n'
    assert plain_objects(block, 3) == [{"a": "x", "n": 1}, {"a": "y", "n": Decimal("0.10")}, {}]


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"a":2}',
        '{"a" :1,"a":2}',
        '{"a":NaN}',
        '{"a":[1]}',
        '{"a":{"b":1}}',
        '{"a":"\\ud800"}',
        '{"a":1} ',
        "",
        '"a"',
        '{"a":1},{"b":2}',
        '{"a":1e999999999999999999999}',
        '{"a":"}',
    ],
)
def test_anything_else_is_left_to_be_read_line_by_line(line):
    assert plain_objects(f'{{"b":1}}\n{line}\n{{"c":1}}'.encode(), 3) is None


@pytest.mark.parametrize(
    "lines",
    [('{"a":"x}', '{":1}'), ('{"a":[1', "2]}"), ('{"a":{"b":1', "}}"), ('{"a":1},{"b":1}', '{"c":1}'), ("{", '"a":1}')],
)
def test_lines_that_are_json_only_together_are_not_taken(lines):
    assert plain_objects("\n".join(lines).encode(), len(lines)) is None


@given(st.lists(st.one_of(FLAT, NASTY), min_size=1, max_size=4))
def test_what_is_taken_is_what_each_line_says(texts):
    lines = [each.replace("\n", " ").encode() for each in texts]
    found = plain_objects(b"\n".join(lines), len(lines))
    if found is not None:
        assert found == [read_json(each) for each in lines]
        assert [list(each) for each in found] == [list(read_json(each)) for each in lines]


@given(st.lists(FLAT, min_size=1, max_size=3), st.integers(0, 60), NASTY)
def test_a_slip_in_one_line_is_never_read_as_something_else(texts, place, slip):
    block = "\n".join(texts)
    block = block[:place] + slip + block[place:]
    lines = block.encode().split(b"\n")
    found = plain_objects(b"\n".join(lines), len(lines))
    if found is not None:
        assert found == [_alone(each) for each in lines]


def _alone(line):
    try:
        return read_json(line)
    except Malformed as malformed:
        return malformed
