"""Whatever stands in a field of HubSpot's objects, reading ends in a translation or in a refusal that says where."""

from __future__ import annotations

import copy
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpq_hooks.adapter import Event, NotUnderstood, Shape, Target, Translation
from cpq_hooks.adapters.hubspot import ADAPTER
from cpq_hooks.problem import Invalid
from tests.cpq_hooks.adapters.hubspot_objects import (
    a_connection,
    a_decision,
    a_delivery,
    a_finding,
    a_line,
    a_quote,
    a_record,
    a_subscription,
    an_action,
    an_event,
)
from tests.lengths import at_length

pytestmark = pytest.mark.fuzz

TIERS = {
    "hs_pricing_model": "graduated", "hs_tier_ranges": '[{"start":0,"end":9},{"start":10}]', "discount": "1",
    "hs_tier_prices": '[{"index":0,"price":1},{"index":1,"price":2}]',
}  # fmt: skip
QUOTE = a_quote(
    a_line("9", hs_recurring_billing_period=None, hs_term_in_months="12"),
    a_line(hs_discount_percentage="5", hs_cost_of_goods_sold="1", amount="1", hs_tcv="1"), a_line("2", **TIERS),
    deal=a_record("3", dealtype="newbusiness"), company=a_record("4", name="A"), owner={"id": "5", "teams": [{"name": "x"}]},
    around={
        "discounts": [a_record("6", hs_value="1")], "fees": [a_record("7", hs_value="1")],
        "calculated_properties": {"line_items": ["x"]}, "known_properties_only": False,
    },
)  # fmt: skip
INVOICE = {
    "invoice": a_record("1", hs_currency="USD", hs_amount_billed="2", hs_invoice_date="2026-01-01"),
    "line_items": [a_line(amount="1")], "company": a_record("4"), "subscription": {"id": "5"},
}  # fmt: skip
OBJECTS = [
    (QUOTE, Shape.QUOTE),
    ({**QUOTE, "quote": a_record("1", hs_status="ACCEPTED", hs_currency="USD")}, Shape.AGREEMENT),
    (a_subscription(a_line(), around={"quote": {"id": "9"}}), Shape.BILLING_CONFIGURATION),
    (INVOICE, Shape.INVOICE),
]
ODD = [
    None,
    "",
    "x",
    "1e999",
    "NaN",
    -1,
    0,
    10**30,
    True,
    False,
    [],
    {},
    [1],
    ["x"],
    {"x": 1},
    [{}],
    [None],
    "P9999M",
    "0" * 50,
]


def _places(value, path=()):
    yield path
    for step, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(each, (*path, step))


def _with(payload, path, value):
    changed = copy.deepcopy(payload)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def _read(payload, shape):
    try:
        return ADAPTER.translate(payload, shape, a_connection())
    except (Invalid, NotUnderstood) as refused:
        return str(refused)


@pytest.mark.parametrize(("payload", "shape"), OBJECTS)
def test_one_odd_value_anywhere_is_read_or_refused(payload, shape):
    for path in [each for each in _places(payload) if each]:
        for odd in ODD:
            found = _read(_with(payload, path, odd), shape)
            assert found
            assert isinstance(found, str) or all(isinstance(each, Translation) for each in found)


@settings(deadline=None, max_examples=at_length(200))
@given(st.data())
def test_several_odd_values_are_read_or_refused(data):
    payload, shape = data.draw(st.sampled_from(OBJECTS))
    for _ in range(4):
        places = [each for each in _places(payload) if each]
        payload = _with(payload, data.draw(st.sampled_from(places)), data.draw(st.sampled_from(ODD)))
    assert _read(payload, shape)


@pytest.mark.parametrize("payload", [each for each, _ in OBJECTS])
def test_no_odd_value_makes_a_call_raise_or_lead_elsewhere(payload):
    decision = a_decision(a_finding("501"))
    for path in [each for each in _places(payload) if each]:
        for odd in ODD:
            target = Target(object_type="quote", object_id="x", payload=_with(payload, path, odd), callback="c")
            for make in (ADAPTER.hold, ADAPTER.release, ADAPTER.write_back):
                for call in make(target, decision, a_connection()):
                    assert call.path.startswith(("/crm/objects/", "/automation/actions/", "/payments-subscriptions/"))


@pytest.mark.parametrize("body", [[an_event()], [an_event("object.associationChange")], an_action(), QUOTE])
def test_no_odd_value_in_a_delivery_makes_anything_but_a_clear_refusal(body):
    for path in [each for each in _places(body) if each]:
        for odd in ODD:
            delivery = a_delivery(_with(body, path, odd))
            try:
                found = ADAPTER.events(delivery, a_connection())
                assert all(isinstance(each, Event) for each in found)
            except NotUnderstood:
                pass
            assert ADAPTER.acknowledge(delivery, a_connection()).status == 200
            with suppress(Invalid, NotUnderstood):
                ADAPTER.inline(delivery, a_connection())


@given(st.binary(max_size=200), st.text(max_size=50), st.text(max_size=30))
def test_no_header_and_no_body_makes_verification_raise(body, signature, moment):
    headers = {
        "x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": moment, "x-hubspot-signature": signature,
        "x-hubspot-signature-version": "v2",
    }  # fmt: skip
    for left_out in ("", "x-hubspot-signature-v3"):
        shown = {name: value for name, value in headers.items() if name != left_out}
        ADAPTER.verify(a_delivery(body, headers=shown), a_connection(workflow_action="accept"))
