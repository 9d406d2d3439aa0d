"""A generated decoder takes nothing that marshmallow refuses, and reads what it takes exactly as marshmallow does."""

from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass
from timeit import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from cpq_hooks.canonical import SCHEMAS
from cpq_hooks.canonical.loading import load, load_slowly
from cpq_hooks.canonical.quote import QuoteSchema
from cpq_hooks.compiled import NotPlain, decoder, draft_type, source
from cpq_hooks.problem import Invalid
from policies.domain.charge import Line
from tests.cpq_hooks.generated import documents
from tests.documents import (
    a_billing_configuration_sent,
    a_line_sent,
    a_quote_sent,
    a_review_sent,
    a_usage_sent,
    an_agreement_sent,
    an_invoice_sent,
    an_outcome_sent,
)
from tests.lengths import at_length

SENT = {
    "Quote": a_quote_sent(
        lines=[a_line_sent(discount_percent="20", included_quantity="unlimited", hard_cap=None, colour="red")]
    ),
    "Agreement": an_agreement_sent(),
    "BillingConfiguration": a_billing_configuration_sent(),
    "UsageRecord": a_usage_sent(),
    "Invoice": an_invoice_sent(),
    "Outcome": an_outcome_sent(),
    "Review": a_review_sent(),
}


def everything_in(record):
    """A record with its unknown fields and nulls, which comparing records leaves out."""
    if is_dataclass(record):
        return {item.name: everything_in(getattr(record, item.name)) for item in fields(record)} | {"is": type(record)}
    if isinstance(record, tuple):
        return [everything_in(item) for item in record]
    return dict(record) if hasattr(record, "keys") else record


def same_at_both_speeds(schema, document):
    try:
        quick = decoder(schema)(document)
    except (NotPlain, ValidationError, ArithmeticError, ValueError):
        assert told(load, schema, document) == told(load_slowly, schema, document)
    else:
        assert everything_in(quick) == everything_in(load_slowly(schema, document))


def told(load_it, schema, document):
    """The record, or the problems it is refused with."""
    try:
        return everything_in(load_it(schema, document))
    except Invalid as refused:
        return set(refused.problems)


@pytest.mark.parametrize("name", sorted(SENT))
def test_what_is_plainly_valid_takes_the_short_way(name):
    quick = decoder(SCHEMAS[name])(SENT[name])
    assert everything_in(quick) == everything_in(load_slowly(SCHEMAS[name], SENT[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SENT))
@settings(max_examples=25)
@given(data=st.data())
def test_a_decoder_never_takes_what_marshmallow_refuses(name, data):
    same_at_both_speeds(SCHEMAS[name], data.draw(documents(SCHEMAS[name])))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", sorted(SENT))
@settings(max_examples=at_length(300))
@given(data=st.data())
def test_a_decoder_never_takes_what_marshmallow_refuses_in_hundreds_of_documents(name, data):
    same_at_both_speeds(SCHEMAS[name], data.draw(documents(SCHEMAS[name])))


def test_a_record_that_was_filled_as_a_draft_is_as_frozen_as_any():
    line = decoder(QuoteSchema)(a_quote_sent()).lines[0]
    assert type(line) is Line
    with pytest.raises(FrozenInstanceError):
        line.quantity = 5
    assert hash(line) == hash(load_slowly(QuoteSchema, a_quote_sent()).lines[0])


def test_a_record_that_checks_itself_cannot_be_filled_from_outside():
    @dataclass(frozen=True, slots=True)
    class Careful:
        size: int

        def __post_init__(self):
            assert self.size

    with pytest.raises(TypeError, match="checks itself"):
        draft_type(Careful)


def test_the_source_of_a_decoder_can_be_read():
    text = source(QuoteSchema)
    assert "def decode_QuoteSchema(d, places):" in text
    assert "get('net_unit_price')" in text


def test_a_document_with_one_odd_value_still_takes_the_short_way():
    odd = a_quote_sent(lines=[a_line_sent(net_unit_price="1e2"), a_line_sent(line_id="2", quantity="0.123456789012")])
    assert decoder(QuoteSchema)(odd) == load_slowly(QuoteSchema, odd)


def test_the_short_way_is_several_times_as_short():
    sent = a_quote_sent(lines=[a_line_sent(line_id=str(at)) for at in range(100)])
    quick = min(repeat(lambda: decoder(QuoteSchema)(sent), number=1, repeat=20))
    slow = min(repeat(lambda: load_slowly(QuoteSchema, sent), number=1, repeat=5))
    assert slow > 5 * quick  # measured: twenty times


@pytest.mark.parametrize("document", [a_quote_sent(lines=[a_line_sent(net_unit_price="x")]), [], None, {}])
def test_what_the_decoder_declines_is_worded_by_marshmallow(document):
    with pytest.raises(NotPlain) if not isinstance(document, dict) or not document else pytest.raises(ValidationError):
        decoder(QuoteSchema)(document)
    with pytest.raises(Invalid):
        load(QuoteSchema, document)
