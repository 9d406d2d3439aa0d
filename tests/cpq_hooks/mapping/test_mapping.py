"""Mapping files: how any system's documents become canonical ones, and what is told of a file that cannot be followed."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from cpq_hooks.canonical import load_quote
from cpq_hooks.mapping import MappingRefused, read_mapping, translate
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json

EXAMPLES = Path(__file__).parents[3] / "examples" / "connectors"


def follow(text, payload, shape="quote", position=1):
    return list(translate(read_mapping(text).sections[shape], payload, position=position))


def a_mapping(**line):
    """A mapping of a flat row, with one line; what the test is about is written as YAML's own JSON."""
    fields = {"line_id": {"constant": "1"}, "product_id": "sku", "charge_type": {"constant": "recurring"}} | line
    quote = {"quote_id": "id", "currency": {"path": "cur", "default": "USD"}, "lines": {"fields": fields}}
    return json.dumps({"quote": {"fields": quote}})


def line_of(mapping, row):
    [(document, _)] = follow(mapping, {"id": "Q", "sku": "S"} | row)
    return document["lines"][0]


def test_the_example_reads_as_worked_out_by_hand():
    mapping = (EXAMPLES / "acme-mapping.yaml").read_text("utf-8")
    payload = read_json((EXAMPLES / "acme-quote.json").read_bytes())
    [(document, unused)] = follow(mapping, payload)
    quote = load_quote(document)
    assert (quote.quote_id, quote.revision, quote.stage, quote.currency) == ("AC-7781", "2", "sent", "EUR")
    assert (str(quote.start_date), str(quote.end_date), quote.term_months) == ("2027-01-01", "2027-12-31", 12)
    seats, calls = quote.lines
    assert (seats.list_unit_price, seats.net_unit_price, seats.overage_unit_price) == (40, 36, 45)
    assert (calls.line_id, calls.charge_type, calls.net_unit_price) == ("2", "usage", Decimal("0.015"))
    assert [(each.path, each.bears_on) for each in unused] == [("$.skonto_percent", None)]


def test_a_flat_row_makes_a_quote_with_one_line():
    line = line_of(a_mapping(net_unit_price="Unit Price"), {"Unit Price": "9.90"})
    assert line == {"line_id": "1", "product_id": "S", "charge_type": "recurring", "net_unit_price": "9.90"}


@pytest.mark.parametrize(
    ("source", "sent", "read"),
    [
        ({"path": "p", "unit": "minor"}, 1250, "12.50"),
        ({"path": "p", "factor": "0.001"}, 12, "0.012"),
        ({"path": "p", "decimal": ",", "group": "."}, "1.234,56", "1234.56"),
        ({"path": ["gone", "p"]}, "7", "7"),
        ({"path": "gone", "default": "3"}, "7", "3"),
    ],
)
def test_numbers_are_read_as_the_sender_writes_them(source, sent, read):
    assert line_of(a_mapping(net_unit_price=source), {"p": sent})["net_unit_price"] == read


def test_minor_units_follow_the_currency_of_the_document():
    mapping = a_mapping(net_unit_price={"path": "p", "unit": "minor"})
    assert line_of(mapping, {"p": 1250, "cur": "JPY"})["net_unit_price"] == "1250"
    assert line_of(mapping, {"p": 1250, "cur": "KWD"})["net_unit_price"] == "1.250"


def test_a_share_becomes_a_percentage():
    mapping = a_mapping(uplift_percent={"path": "u", "unit": "fraction"})
    assert Decimal(line_of(mapping, {"u": Decimal("0.035")})["uplift_percent"]) == Decimal("3.5")


def test_moments_of_the_epoch_are_days_in_utc():
    # 1,767,225,600 seconds after 1970 is the first second of 2026.
    mapping = a_mapping(start_date={"path": "s", "unit": "epoch_seconds"})
    assert line_of(mapping, {"s": 1767225600})["start_date"] == "2026-01-01"
    assert line_of(mapping, {"s": 1767225599})["start_date"] == "2025-12-31"


def test_every_value_that_cannot_be_read_is_told_with_its_place():
    mapping = a_mapping(
        net_unit_price="p",
        start_date={"path": "s", "format": "%d.%m.%Y"},
        charge_model={"path": "m", "values": {"F": "flat"}},
    )
    with pytest.raises(Invalid) as caught:
        follow(mapping, {"id": "Q", "sku": "S", "p": "cheap", "s": "2026-01-01", "m": "G"})
    assert [problem.path for problem in caught.value.problems] == ["$.p", "$.s", "$.m"]


def test_a_binary_infinity_is_no_price():
    with pytest.raises(Invalid):
        line_of(a_mapping(net_unit_price="p"), {"p": "Infinity"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("quotes: {fields: {}}", 'Did you mean "quote"'),
        ("quote: {fields: {quote_id: id, currency: c, lines: {fields: {line_id: a, product_id: b, charge_typ: c}}}}", "charge_type"),
        ("quote: {fields: {quote_id: id, currency: c}}", "lines cannot be left out"),
        (a_mapping(billing_frequency={"path": "f", "values": {"M": "monthy"}}), "monthly"),
        (a_mapping(billing_frequency={"constant": "fortnightly"}), "is not one of"),
        (a_mapping(net_unit_price={"path": "p", "unit": "cents"}), "minor"),
        (a_mapping(net_unit_price={"path": "p", "unit": "epoch_seconds"}), "does not fit here"),
        (a_mapping(net_unit_price={"path": "p", "constant": "1"}), "say one of them"),
        (a_mapping(net_unit_price={"pth": "p"}), "path"),
        ("quote: [1]", "keys such as"),
        ("quote: {", "mapping:1"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_followed_is_refused_with_the_place(text, told):
    with pytest.raises(MappingRefused, match=told):
        read_mapping(text)


def test_all_faults_of_a_file_are_told_at_once():
    with pytest.raises(MappingRefused) as caught:
        read_mapping(a_mapping(net_unit_price={"pth": "p"}, charge_model={"constant": "flt"}, colour="c"))
    assert len(caught.value.reasons) == 4


def outcome_of(row, **section):
    """What a mapping of a flat row says of a deal that was looked at."""
    fields = {
        "outcome_id": {"position": True, "prefix": "O-"},
        "leaked": {"path": "seen", "values": {"bad": True, "ok": False}},
    }
    subject = {"type": {"constant": "quote"}, "id": "id"}
    mapping = json.dumps({"outcome": {"fields": fields | {"subject": subject}} | section})
    return follow(mapping, row, "outcome", position=7)


def test_a_row_counts_only_with_the_words_that_are_asked_for():
    only = {"only": {"seen": ["bad", "ok"]}}
    assert outcome_of({"id": "Q", "seen": ""}, **only) == []
    [(document, _)] = outcome_of({"id": "Q", "seen": "bad"}, **only)
    assert document == {"outcome_id": "O-7", "leaked": True, "subject": {"type": "quote", "id": "Q"}}


@pytest.mark.parametrize(
    ("row", "price"),
    [
        ({"value": "10", "pieces": "4"}, "2.5"),
        ({"value": "10", "pieces": "3"}, "3.333333333333"),
        ({"value": "10"}, "10"),
        ({"value": "0", "pieces": "4"}, "0"),
    ],
)
def test_a_price_is_the_value_divided_by_the_pieces(row, price):
    source = {"path": "value", "divided_by": "pieces", "otherwise": {"path": "value"}}
    assert Decimal(line_of(a_mapping(net_unit_price=source), row)["net_unit_price"]) == Decimal(price)


def test_nothing_is_divided_by_zero():
    with pytest.raises(Invalid, match="it is zero"):
        line_of(a_mapping(net_unit_price={"path": "v", "divided_by": "n"}), {"v": "10", "n": "0"})


def test_a_word_for_what_is_missing_states_nothing():
    [(document, _)] = outcome_of({"id": "NA", "seen": "ok"}, missing=["NA"])
    assert document["subject"] == {"type": "quote"}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"path": "n", "prefix": "S-"}, "prefix is for texts"),
        ({"constant": "1", "divided_by": "n"}, "divided_by is for numbers that come from a path"),
        ({"path": "n", "default": "1", "otherwise": {"path": "m"}}, "in place of default"),
    ],
)
def test_keys_that_do_not_fit_a_price_are_refused(source, told):
    with pytest.raises(MappingRefused, match=told):
        read_mapping(a_mapping(net_unit_price=source))
