"""Records as text: word for word what the canonical schemas write."""

import json
from datetime import date
from decimal import Decimal

import pytest

from app.demo.documents import Kind, documents_of
from app.demo.outcomes import discovery, outcome
from app.demo.randomness import stream
from app.demo.setup import configuration
from app.demo.wire import json_text, text_of
from cpq_hooks.canonical import load_agreement, to_document
from policies.domain.charge import ChargeType, Line
from policies.domain.quote import Quote


def test_every_quote_is_written_as_the_schema_writes_it(stories):
    for deal in (deal for deals in stories for deal in deals):
        assert json.loads(text_of(deal.quote)) == to_document(deal.quote)


def test_configurations_are_too(stories):
    for deal in (deal for deals in stories for deal in deals if deal.contract is not None):
        made = configuration(deal.contract, deal.books.set_up)
        assert json.loads(text_of(made)) == to_document(made)


def test_an_agreement_says_what_was_signed_and_amended(stories):
    for deal in (deal for deals in stories for deal in deals if deal.contract is not None):
        [text] = [each.text for each in documents_of(deal, 7, date.max) if each.kind is Kind.AGREEMENT]
        read, contract = load_agreement(json.loads(text)), deal.contract
        assert read.terms == contract.signed
        assert (read.agreement_id, read.signed_on) == (contract.agreement_id, contract.signed_on)
        assert [each.effective_date for each in read.amendments] == [each.effective for each in contract.alterations]


def test_outcomes_are_too_with_what_no_schema_knows(stories):
    rng = stream(1, 2, 3)
    for deal in (deal for deals in stories for deal in deals):
        found = discovery(deal, rng)
        if found is not None:
            made = outcome(deal, found, rng)
            written = json.loads(text_of(made))
            assert {**to_document(made), **{name: written[name] for name in made.extra}} == written


def test_explicit_nulls_unlimited_and_unknown_fields_are_kept():
    line = Line(
        line_id="1",
        product_id="P-1",
        charge_type=ChargeType.USAGE,
        net_unit_price=Decimal("0.10"),
        included_unlimited=True,
        nulls=frozenset({"overage_unit_price"}),
        extra={"colour": "blue"},
    )
    quote = Quote(quote_id="Q-1", currency="USD", lines=(line,), extra={"note": 1})
    assert json.loads(text_of(quote)) == to_document(quote)


def test_a_record_gets_further_fields():
    quote = Quote(quote_id="Q-1", currency="USD", lines=())
    assert json.loads(text_of(quote, simulated="true"))["simulated"] is True


def test_what_has_no_form_is_refused():
    with pytest.raises(TypeError, match="is no record"):
        text_of(object())
    with pytest.raises(TypeError, match="no JSON form"):
        json_text({"a": object()})
