"""Whatever stands in a field of Stripe's objects, reading ends in a translation or in a refusal that says where."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpq_hooks.adapter import NotUnderstood, Shape, Target, Translation
from cpq_hooks.adapters.stripe import ADAPTER
from cpq_hooks.problem import Invalid
from tests.cpq_hooks.adapters.stripe_objects import (
    a_connection,
    a_discount,
    a_line_item,
    a_phase,
    a_phase_item,
    a_price,
    a_quote,
    a_schedule,
    a_subscription,
    an_item,
    tiered,
)
from tests.lengths import at_length

pytestmark = pytest.mark.fuzz

TIER = {"up_to": 10, "unit_amount": 500, "flat_amount": 100}
PACK = {"divide_by": 10, "round": "up"}
LINE = {
    "id": "il_1", "amount": 100, "quantity": 1, "period": {"start": 1, "end": 2}, "discount_amounts": [{"amount": 1}],
    "parent": {"type": "subscription_item_details", "subscription_item_details": {"subscription_item": "si_1"}},
    "pricing": {"price_details": {"price": a_price(), "product": "p"}, "unit_amount_decimal": "1"},
    "pretax_credit_amounts": [{"type": "credit_balance_transaction", "amount": 1}],
}  # fmt: skip
INVOICE = {
    "id": "in_1", "object": "invoice", "currency": "usd", "lines": {"data": [LINE], "has_more": False}, "total": 100,
    "status": "draft", "auto_advance": True, "created": 1, "metadata": {}, "total_taxes": [{"amount": 1}],
}  # fmt: skip
SUBSCRIPTION = a_subscription(
    an_item(tiered("graduated", TIER), discounts=[a_discount("repeating", 3, percent_off=5)]),
    an_item(a_price(transform_quantity=PACK), identity="si_2"),
    discounts=[a_discount(amount_off=5, currency="usd", applies_to={"products": ["x"]})],
    latest_invoice=INVOICE, draft_invoices=[INVOICE], customer={"id": "cus_1", "address": {"country": "DE"}, "metadata": {}},
    pause_collection={"behavior": "void", "resumes_at": 1}, trial_end=1_767_600_000, trial_start=1_767_300_000,
    pending_update={"subscription_items": []}, metadata={"quoteguard_hold": "d", "quoteguard_hold_before": "void:1"},
)  # fmt: skip
SCHEDULE = a_schedule(
    a_phase("2026-01-01", "2026-02-01", a_phase_item(), discounts=[{"coupon": a_discount()["source"]["coupon"]}]),
    a_phase(
        "2026-02-01", "2026-03-01", a_phase_item(quantity=2), add_invoice_items=[a_phase_item(a_price("f", 1, None))]
    ),
    subscription=SUBSCRIPTION,
)
QUOTE = a_quote(
    a_line_item(discounts=[{"amount": 1, "discount": a_discount(percent_off=5)}]),
    discounts=[a_discount("once", percent_off=5)],
)
OBJECTS = [
    (SUBSCRIPTION, Shape.BILLING_CONFIGURATION),
    (SCHEDULE, Shape.BILLING_CONFIGURATION),
    (QUOTE, Shape.QUOTE),
    ({**QUOTE, "status": "accepted"}, Shape.AGREEMENT),
    (INVOICE, Shape.INVOICE),
]
ODD = [None, "", "x", "1e999", "NaN", -1, 0, 10**30, True, False, [], {}, [1], ["x"], {"x": 1}, [{}], [None], [[]]]


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
        return ADAPTER.translate(payload, shape)
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
def test_no_odd_value_makes_a_hold_or_a_release_raise(payload):
    decision = {"decision_id": "d", "evaluated_at": "2026-01-01T00:00:00+00:00"}
    for path in [each for each in _places(payload) if each]:
        for odd in ODD:
            target = Target(object_type=payload["object"], object_id="x", payload=_with(payload, path, odd))
            calls = [
                *ADAPTER.hold(target, decision, a_connection()),
                *ADAPTER.release(target, decision, a_connection()),
            ]
            assert all(call.path.startswith("/v1/") for call in calls)
