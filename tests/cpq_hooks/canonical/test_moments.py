"""A moment that is read along the short cut is the one that marshmallow reads, and none is taken that marshmallow refuses."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from cpq_hooks.canonical.records import UsageRecordSchema
from cpq_hooks.compiled import NotPlain, decoder

PLAIN = ("2024-01-31T09:30:00Z", "2024-02-29 23:59:59.123456Z", "2199-12-31T00:00:00Z")
NEARLY = st.tuples(
    st.sampled_from(PLAIN), st.lists(st.tuples(st.integers(0, 26), st.sampled_from("0123456789-:.,TZ W+")), max_size=3)
)


def usage(at):
    return {"usage_id": "a", "line_id": "1", "quantity": "1", "at": at}


@pytest.mark.parametrize("text", PLAIN)
def test_moments_of_utc_are_read_exactly(text):
    at = decoder(UsageRecordSchema)(usage(text)).at
    assert at == UsageRecordSchema().load(usage(text)).at
    assert at.tzinfo is UTC


def test_a_moment_to_the_microsecond_is_that_one():
    at = decoder(UsageRecordSchema)(usage(PLAIN[1])).at
    assert at == datetime(2024, 2, 29, 23, 59, 59, 123_456, tzinfo=UTC)


@given(NEARLY)
def test_what_nearly_is_a_moment_is_read_as_by_marshmallow_or_left_to_it(given_):
    text, slips = given_
    signs = list(text)
    for place, sign in slips:
        signs[place % len(signs)] = sign
    document = usage("".join(signs))
    try:
        found = decoder(UsageRecordSchema)(document)
    except (NotPlain, ValidationError, ValueError):
        return
    assert found == UsageRecordSchema().load(document)
