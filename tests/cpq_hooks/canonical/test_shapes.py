"""What holds of every shape: it is described, it is read or refused and nothing else, and it is written as it was read."""

import warnings

import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields as marshmallow_fields

from cpq_hooks.canonical import SCHEMAS, to_document
from cpq_hooks.canonical.fields import Described
from cpq_hooks.canonical.loading import load, load_slowly
from cpq_hooks.canonical.record import schema_of
from cpq_hooks.problem import Invalid
from tests.cpq_hooks.generated import JSON, documents
from tests.lengths import at_length

SENT = ["Agreement", "BillingConfiguration", "Invoice", "Outcome", "Quote", "Review", "UsageRecord"]


def described_fields(schema, seen):
    if schema in seen:
        return
    seen.add(schema)
    for name, each in schema_of(schema).fields.items():
        yield schema, name, each
        inner = getattr(each, "inner", each)
        if isinstance(inner, marshmallow_fields.Nested):
            yield from described_fields(type(inner.schema), seen)


def test_every_field_of_every_shape_is_described_in_a_sentence():
    seen = set()
    for shape in SCHEMAS.values():
        for schema, name, each in described_fields(shape, seen):
            assert isinstance(each, Described), (schema, name)
            said = each.metadata["description"]
            assert len(said) > 1, (schema, name)
            assert said.endswith("."), (schema, name, said)
            assert schema.__doc__, schema
    assert len(seen) > 40


def test_openapi_is_generated_from_the_schemas():
    spec = APISpec(title="t", version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, schema in SCHEMAS.items():
            spec.components.schema(name, schema=schema)
    found = spec.to_dict()["components"]["schemas"]
    assert found["Quote"]["required"] == ["currency", "lines", "quote_id"]
    price = found["Line"]["properties"]["net_unit_price"]
    assert price["type"] == ["string", "number", "null"]
    assert price["description"].startswith("The price agreed")
    assert found["Line"]["properties"]["billing_timing"]["enum"] == ["in_advance", "in_arrears", None]
    assert found["Quote"]["properties"]["lines"]["items"] == {
        "$ref": "#/components/schemas/Line",
        "description": "One line of the document.",
    }
    assert found["Decision"]["properties"]["verdict"]["enum"] == ["allow", "flag", "block"]
    assert "counted" in found["Finding"]["required"]


def told(load_it, schema, document):
    """What loading comes to: the record, or the problems."""
    try:
        return load_it(schema, document)
    except Invalid as refused:
        problems = refused.problems
    assert problems
    for problem in problems:
        assert problem.path.startswith("$")
        assert problem.message.encode("utf-8")
        assert problem.code.isidentifier()
    return problems


@pytest.mark.parametrize("name", sorted(SCHEMAS))
@settings(max_examples=20)
@given(document=JSON)
def test_any_json_value_is_a_record_or_refused_in_words(name, document):
    told(load, SCHEMAS[name], document)


@pytest.mark.parametrize("name", SENT)
@settings(max_examples=20)
@given(data=st.data())
def test_what_was_read_is_read_again_from_what_was_written(name, data):
    document = data.draw(documents(SCHEMAS[name]))
    record = told(load, SCHEMAS[name], document)
    if not isinstance(record, tuple):
        assert load_slowly(SCHEMAS[name], to_document(record)) == record
        assert to_document(load(SCHEMAS[name], to_document(record))) == to_document(record)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", SENT)
@settings(max_examples=at_length(150))
@given(data=st.data())
def test_many_documents_are_records_or_refused_and_written_as_read(name, data):
    document = data.draw(documents(SCHEMAS[name]))
    record = told(load, SCHEMAS[name], document)
    if not isinstance(record, tuple):
        assert load_slowly(SCHEMAS[name], to_document(record)) == record
