"""A translated document as bytes, and whether it need not be read again."""

from decimal import Decimal

import pytest

from app.vendor_objects import written
from cpq_hooks.reading import read_json


@pytest.mark.parametrize("document", [{"a": "1.50", "b": [1, True, None, {"c": "x"}]}, {}])
def test_a_document_of_plain_values_is_what_its_bytes_say(document):
    raw, known = written(document)
    assert known is document
    assert read_json(raw) == document


@pytest.mark.parametrize("value", [Decimal("1.50"), "Zoë", 'a "word"', "\ud800"])
def test_a_document_that_has_to_be_converted_or_escaped_is_read_again(value):
    raw, known = written({"a": value})
    assert known is None
    assert raw.isascii()
