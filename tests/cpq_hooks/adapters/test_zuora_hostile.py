"""Whatever stands in a field of Zuora's objects, reading ends in a translation or in a refusal that says where."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpq_hooks.adapter import Genuine, NotUnderstood, Refusal, Shape, Target, Translation
from cpq_hooks.adapters.zuora import ADAPTER
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.zuora_objects import (
    a_catalog,
    a_catalog_charge,
    a_charge,
    a_connection,
    a_creation,
    a_delivery,
    a_discount,
    a_subscription,
    a_tier,
    a_usage_charge,
    an_order,
    an_override,
)
from tests.lengths import at_length

pytestmark = pytest.mark.fuzz

ITEM = {"subscriptionNumber": "A-S1", "chargeNumber": "C-1", "chargeType": "Usage", "chargeAmount": 5, "serviceStartDate": "2026-01-01",
        "serviceEndDate": "2026-01-31", "quantity": 1, "taxAmount": 1, "taxationItems": {"data": [{"taxAmount": 1}]}, "processingType": "Charge"}  # fmt: skip
SUBSCRIPTION = a_subscription(
    a_charge(chargeSegments=[{"segment": 1, "price": 1}, {"segment": 2, "price": 2, "effectiveStartDate": "2026-03-01"}]),
    a_usage_charge("C-2", tiers=[a_tier(10, 1, 0), a_tier(None, 2, 11)], chargeFunction="CreditCommitment"),
    a_charge("C-3", chargeFunction="CommitmentTrueUp", model="FlatFee"),
    a_charge("C-4", prepaidOperationType="topup", prepaidQuantity=3, validityPeriodType="MONTH", specificBillingPeriod=2),
    a_usage_charge("C-5", "Overage", includedUnits=3, overagePrice=1, numberOfPeriods=2, prepaidOperationType="drawdown", drawdownRate=1),
    a_charge("C-6", endDateCondition="Fixed_Period", upToPeriods=2, upToPeriodsType="Weeks", effectiveEndDate=None),
    a_discount(discountPercentage=5, discountApplyDetails=[{"appliedProductRatePlanChargeId": "x"}], effectiveEndDate="2026-02-01"),
    a_discount("DiscountFixedAmount", "D-2", discountAmount=5),
    quoteguardAccount={"basicInfo": {"batch": "Batch1", "Quoteguard_Hold__c": "batch|B|A-S1"}, "billingAndPayment": {"billCycleDay": 5}},
    quoteguardBillingPreview={"invoiceItems": [ITEM]}, Quoteguard_Hold__c="batch|Batch1|d",
)  # fmt: skip
ORDER = {
    **an_order(a_creation({"productRatePlanId": "prp-1", "chargeOverrides": [{**an_override(listPrice=5, tiers=[a_tier(None, 1)]), "billing": {"billCycleType": "SpecificDayofMonth", "billCycleDay": 3}}]})),
    "orderLineItems": [{"itemName": "x", "amountPerUnit": 5, "quantity": 2, "amount": 10, "listPricePerUnit": 6}],
    "quoteguardCatalog": a_catalog(a_catalog_charge()),
}  # fmt: skip
OBJECTS = [
    (SUBSCRIPTION, Shape.BILLING_CONFIGURATION),
    (ORDER, Shape.QUOTE),
    (ORDER, Shape.AGREEMENT),
    ({"id": "i", "currency": "USD", "invoiceDate": "2026-01-01", "amount": 5, "invoiceItems": [ITEM]}, Shape.INVOICE),
    (
        {"previewResult": {"invoices": [{"invoiceItems": [ITEM]}], "orderDeltaMetrics": {"m": [{"currency": "USD"}]}}},
        Shape.INVOICE,
    ),
    ({"usage": [{"id": "u", "quantity": 1, "startDateTime": "2026-01-01", "chargeNumber": "C"}]}, Shape.USAGE),
]
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.sampled_from(["", "9999-12-31", "0001-01-01", "2026-02-30", "Per_Week", "EVERGREEN", "-1", "1e400", {}, [], [None], [{}], {"a": [1]}, 10**30]),
)  # fmt: skip


def _places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield from _places(each, (*path, name))


def _with(payload, path, junk):
    changed = copy.deepcopy(payload)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = junk
    return changed


CASES = [(payload, shape, path) for payload, shape in OBJECTS for path in _places(payload) if path]


@settings(max_examples=at_length(1_500), deadline=None)
@given(st.sampled_from(CASES), JUNK)
def test_any_field_may_hold_anything(case, junk):
    payload, shape, path = case
    changed = _with(payload, path, junk)
    try:
        found = ADAPTER.translate(changed, shape, a_connection(currency="USD"))
    except (NotUnderstood, Invalid):
        return
    assert all(isinstance(each, Translation) for each in found)
    json.dumps([each.document for each in found])


@settings(max_examples=at_length(500), deadline=None)
@given(
    st.sampled_from([case for case in CASES if case[1] is Shape.BILLING_CONFIGURATION]),
    JUNK,
    st.sampled_from(["filter", "batch", "suspend"]),
)
def test_no_object_breaks_a_hold(case, junk, kind):
    payload, _, path = case
    target = Target(object_type="subscription", object_id="A-S1", payload=_with(payload, path, junk))
    for make in (ADAPTER.hold, ADAPTER.release, ADAPTER.write_back):
        make(target, {"decision_id": "d"}, a_connection(hold=kind, hold_batch="Batch50"))


@settings(max_examples=at_length(500), deadline=None)
@given(st.binary(max_size=200), st.text(max_size=30), st.sampled_from(["basic", "hmac", "both"]))
def test_no_bytes_break_a_callout(body, header, wanted):
    delivery = a_delivery(body, {"authorization": header, "x-sign": header, "x-time": header})
    options = {
        "callout_auth": wanted,
        "hmac_header": "X-Sign",
        "hmac_timestamp_header": "X-Time",
        "hmac_data": "{url}{query}{body}",
    }
    assert isinstance(ADAPTER.verify(delivery, a_connection(**options)), (Genuine, Refusal))
    try:
        ADAPTER.events(delivery, a_connection(locale="en_US", date_format="MM/dd/yyyy"))
    except (Malformed, NotUnderstood, Invalid):
        return
