"""Whatever stands in a field of Chargebee's, Lago's and Kill Bill's objects, reading ends in a translation or in a refusal."""

from __future__ import annotations

import copy
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpq_hooks.adapter import NotUnderstood, Shape, Target
from cpq_hooks.adapters import chargebee, killbill, lago
from cpq_hooks.problem import Invalid
from tests.cpq_hooks.adapters import chargebee_objects, killbill_objects, lago_objects
from tests.cpq_hooks.adapters.chargebee_objects import a_discount, an_item, at
from tests.lengths import at_length

pytestmark = pytest.mark.fuzz

_RAMP = {"id": "r", "status": "scheduled", "effective_from": at("2026-07-01"), "items_to_update": [{"item_price_id": "seat-USD-Monthly", "quantity": 2}],
         "items_to_remove": ["x"]}  # fmt: skip
_TIERS = [
    {
        "item_price_id": "seat-USD-Monthly",
        "starting_unit": 1,
        "ending_unit": None,
        "price": 500,
        "pricing_type": "package",
        "package_size": 5,
    }
]
_COUPON = {"id": "TEN", "discount_type": "fixed_amount", "discount_amount": 5, "apply_on": "each_specified_item", "duration_type": "limited_period",
           "duration_month": 3, "item_constraints": [{"item_type": "plan", "constraint": "specific", "item_price_ids": ["a"]}]}  # fmt: skip
CHARGEBEE = chargebee_objects.wrapped(
    chargebee_objects.a_subscription(
        an_item(free_quantity=1, billing_cycles=3, trial_end=at("2026-02-01")), discounts=[a_discount(duration_type="limited_period", period=3, period_unit="month")],
        coupons=[{"coupon_id": "TEN", "apply_till": at("2026-05-01")}], item_tiers=_TIERS, trial_end=at("2026-02-01"), trial_start=at("2026-01-01"),
        contract_term={"contract_start": at("2026-01-01"), "contract_end": at("2027-01-01"), "action_at_term_end": "cancel"}, meta_data={"quote_id": "q"},
        pause_date=at("2026-03-01"), remaining_billing_cycles=3, free_period=1, free_period_unit="month",
    ),
    coupons=[_COUPON], ramps=[_RAMP], pending_invoices=[{"id": "d", "date": 5}],
)  # fmt: skip
LAGO = lago_objects.wrapped(
    lago_objects.a_plan(
        lago_objects.a_charge("graduated", properties={"graduated_ranges": [{"from_value": 0, "to_value": None, "per_unit_amount": "1", "flat_amount": "2"}]},
                              applied_pricing_unit={"conversion_rate": "2", "code": "CR"}, filters=[{"values": {"a": ["b"]}, "properties": {}}]),
        lago_objects.a_charge("percentage", "pay", properties={"rate": "1", "fixed_amount": "1"}),
        fixed=[lago_objects.a_fixed_charge()], minimum_commitment={"amount_cents": 5}, usage_thresholds=[{"amount_cents": 5}], trial_period=5.0,
    ),
    applied=[lago_objects.an_applied()], coupons=[{"code": "TEN", "plan_codes": ["scale"]}], ending_at="2026-12-31T00:00:00Z",
)  # fmt: skip
KILLBILL = killbill_objects.wrapped(
    killbill.ADAPTER.parse(
        killbill_objects.a_catalog(
            killbill_objects.a_phase(usages=killbill_objects.a_usage(killbill_objects.a_block("1", "5", "2"))), killbill_objects.a_trial()
        )
    ),
    tags=[{"tagDefinitionName": "X"}], custom=[{"name": "quoteguard_hold", "value": "d"}],
    events=[{"eventType": "PHASE", "effectiveDate": "2026-01-01", "phase": "a-trial", "isBlockedBilling": False}], quantity=2,
)  # fmt: skip
OBJECTS = [
    (chargebee.ADAPTER, CHARGEBEE, Shape.BILLING_CONFIGURATION, chargebee_objects.a_connection()),
    (chargebee.ADAPTER, chargebee_objects.a_quote(), Shape.QUOTE, chargebee_objects.a_connection()),
    (lago.ADAPTER, LAGO, Shape.BILLING_CONFIGURATION, lago_objects.a_connection()),
    (lago.ADAPTER, lago_objects.a_quote(form={"status": "signed", "signed_at": "2026-01-01T00:00:00Z"}), Shape.AGREEMENT, lago_objects.a_connection()),
    (killbill.ADAPTER, KILLBILL, Shape.BILLING_CONFIGURATION, killbill_objects.a_connection()),
    (killbill.ADAPTER, {"invoice": killbill_objects.an_invoice(killbill_objects.an_item())}, Shape.INVOICE, killbill_objects.a_connection()),
]  # fmt: skip
ODD = st.sampled_from(
    [None, "", "x", "ü" * 300, 0, -1, 10**30, 2**63, True, False, [], {}, [None], [{}], {"id": 1}, "1e999", "NaN", "2026-13-45", "9999-12-31T23:59:59Z",
     "0001-01-01", -(10**12), 253402300799, Decimal("1E+30"), "-5"]
)  # fmt: skip


def _places(value, path=()):
    yield path
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _places(each, (*path, name))
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from _places(each, (*path, position))


def _changed(value, path, odd):
    if not path:
        return odd
    changed = copy.deepcopy(value)
    holder = changed
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = odd
    return changed


@settings(max_examples=at_length(1_500), deadline=None)
@given(data=st.data(), which=st.integers(0, len(OBJECTS) - 1), odd=ODD)
def test_no_value_in_any_place_makes_reading_fail(data, which, odd):
    adapter, payload, shape, connection = OBJECTS[which]
    changed = _changed(payload, data.draw(st.sampled_from(list(_places(payload)))), odd)
    try:
        for found in adapter.translate(changed, shape, connection):
            json.dumps(found.document)
    except (Invalid, NotUnderstood):
        pass
    kind = (
        "quote" if shape in {Shape.QUOTE, Shape.AGREEMENT} else "invoice" if shape is Shape.INVOICE else "subscription"
    )
    target = Target(object_type=kind, object_id="x", payload=changed)
    for calls in (adapter.hold, adapter.release, adapter.write_back):
        json.dumps([each.json for each in calls(target, {"decision_id": "d", "evaluated_at": "x"}, connection)])
