"""JSON is read exactly, and what cannot be taken exactly is refused with its place."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.reading import Malformed, TooLarge, read_json, read_json_lines


def test_numbers_are_exact():
    read = read_json(b'{"price": 0.10, "count": 3, "large": 12345678901234567890.123456789}')
    assert read == {"price": Decimal("0.10"), "count": 3, "large": Decimal("12345678901234567890.123456789")}
    assert str(read["price"]) == "0.10"
    assert type(read["count"]) is int


def test_a_byte_order_mark_is_no_part_of_the_document():
    assert read_json(b'\xef\xbb\xbf{"a": "\xc3\xbc"}') == {"a": "ü"}


def test_a_whole_pair_of_surrogates_is_one_character():
    assert read_json(rb'["\ud83d\ude00"]') == ["😀"]


@pytest.mark.parametrize(
    ("raw", "place", "path", "said"),
    [
        (b"", (1, 1), None, "there is nothing here"),
        (b" \n ", (1, 1), None, "there is nothing here"),
        (b'{"a": 1,}', (1, 9), None, "a key in double quotes is missing here"),
        (b"[1,]", (1, 4), None, "a value is missing or not JSON here"),
        (b'{"a" 1}', (1, 6), None, "a colon is missing after the key"),
        (b'{"a": 1 "b": 2}', (1, 9), None, "a comma or the end of the list or object is missing here"),
        (b'{"a": 1', (1, 8), None, "the document ends too early"),
        (b'{"a": "x', (1, 7), None, "the text that starts here has no closing quote"),
        (b'{\n "a": "x\ny"}', (2, 9), None, "a line break or control character stands unescaped in a text"),
        (b'{"a": 1} {}', (1, 10), None, "something stands after the end of the JSON value"),
        (b'{"a": 01}', (1, 8), None, "a comma or the end of the list or object is missing here"),
        (b"{'a': 1}", (1, 2), None, "a key in double quotes is missing here"),
        (b'{"a":\n NaN}', (2, 2), "$.a", "NaN is not JSON: send a number, or leave the field out"),
        (b"[1, -Infinity]", (1, 5), "$[1]", "-Infinity is not JSON: send a number, or leave the field out"),
        (b'{"a": {"b": 1, "b": 2}}', (1, 16), "$.a.b", 'the key "b" stands twice in one object: send it once'),
        (rb'{"a": 1, "\u0061": 2}', (1, 10), "$.a", 'the key "a" stands twice in one object: send it once'),
        (rb'{"a": ["x", "\ud800"]}', (1, 13), "$.a[1]", "the text holds half of a surrogate pair"),
        (rb'{"\udfff": 1}', (1, 2), r'$["\udfff"]', "the text holds half of a surrogate pair"),
        (b'{"a": 1e99999999999999999999}', (1, 7), "$.a", "the number's exponent is out of any range"),
        (b'{"a": "\xff"}', (1, 8), None, "the text is not UTF-8: send it in UTF-8"),
        ('{"a": 1}'.encode("utf-16"), (1, 1), None, "the text is not UTF-8: send it in UTF-8"),
    ],
)
def test_what_is_not_plain_json_is_refused_with_its_place(raw, place, path, said):
    with pytest.raises(Malformed) as refused:
        read_json(raw)
    assert (refused.value.line, refused.value.column) == place
    assert refused.value.path == path
    assert refused.value.message.startswith(said)


def test_a_whole_number_of_thousands_of_digits_is_refused_where_it_stands():
    with pytest.raises(Malformed, match="the whole number has 5,000 digits") as refused:
        read_json(b'{"long text": "' + b"7" * 5000 + b'", "a": [0, ' + b"1" * 5000 + b"]}")
    assert refused.value.path == "$.a[1]"


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_hundred_thousand_brackets_are_refused_not_followed(raw):
    with pytest.raises(Malformed, match="nested more than 64 deep"):
        read_json(raw)


def test_sixty_four_levels_are_taken_and_one_more_is_not():
    assert read_json(b"[" * 64 + b"]" * 64)
    with pytest.raises(Malformed) as refused:
        read_json(b'{"a": 1, "b": ' + b"[" * 64 + b"]" * 64 + b"}")
    assert refused.value.path.startswith("$.b[0][0]")
    assert refused.value.column == 15 + 63


def test_a_fault_too_far_to_look_for_is_told_without_its_place():
    with pytest.raises(Malformed) as refused:
        read_json(b"[" + b"1," * 200_000 + b"NaN]")
    assert refused.value.message.startswith("NaN is not JSON")
    assert refused.value.message.endswith("(somewhere in the document)")
    assert refused.value.path == "$"


def test_more_bytes_than_are_taken_are_not_even_read():
    with pytest.raises(TooLarge, match="the body has 9 bytes, and at most 8 are taken") as refused:
        read_json(b"not JSON!", max_bytes=8)
    assert (refused.value.size, refused.value.limit) == (9, 8)


def test_one_bad_line_of_json_lines_does_not_lose_the_others():
    read = list(read_json_lines(b'{"a": 1}\n\n{"a": \n{"a": 3}\r\n'))
    assert [number for number, _ in read] == [1, 3, 4]
    assert read[0][1] == {"a": 1}
    assert isinstance(read[1][1], Malformed)
    assert read[1][1].line == 3
    assert read[2][1] == {"a": 3}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_every_document_is_read_as_the_standard_library_reads_it(value, ascii_only):
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(JSON, st.binary(max_size=3), st.integers(0, 200))
def test_any_bytes_give_a_value_or_say_where_they_are_malformed(value, noise, position):
    raw = json.dumps(value).encode()
    raw = raw[:position] + noise + raw[position + 1 :]
    try:
        read_json(raw)
    except Malformed as fault:
        refused = fault
    else:
        return
    assert refused.line >= 1
    assert refused.column >= 1
    assert refused.message
