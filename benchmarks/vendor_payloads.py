"""What each vendor's inline request for one and the same quote looks like: signed, and in the vendor's own words.

The lines are plain subscriptions, most with a discount, as full of the vendor's other fields as its senders leave them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any, Final

from app.connections import Connected
from app.deliveries import Sent
from cpq_hooks.adapter import Adapter
from cpq_hooks.adapters.dealhub import ADAPTER as DEALHUB
from cpq_hooks.adapters.generic import ADAPTER as GENERIC
from cpq_hooks.adapters.hubspot import ADAPTER as HUBSPOT
from cpq_hooks.adapters.hubspot.known import PROPERTIES
from cpq_hooks.adapters.hubspot.signatures import OWN_MOMENT, OWN_SIGNATURE, signature_v3
from cpq_hooks.adapters.salesforce_cpq import ADAPTER as SALESFORCE_CPQ
from cpq_hooks.adapters.salesforce_cpq import names
from cpq_hooks.adapters.salesforce_revenue_cloud import ADAPTER as REVENUE_CLOUD
from cpq_hooks.connection import Connection
from cpq_hooks.salesforce import relay
from cpq_hooks.signing import hmac_hex

_SECRET: Final = "a-secret-of-the-benchmark"
_URL: Final = "http://127.0.0.1/v1/hooks/measured"
_START, _END = "2026-01-01", "2026-12-31"
_MAPPING: Final = """
quote:
  fields:
    quote_id: number
    revision: version
    currency: currency.code
    stage: {path: status, values: {Open: draft, Review: submitted, Won: accepted}}
    account: {account_id: customer.id, name: customer.name}
    rep: {rep_id: owner, role: {constant: ae}}
    start_date: {path: from, format: "%d.%m.%Y"}
    end_date: {path: to, format: "%d.%m.%Y", ends_before: true}
    billing_frequency: {path: rhythm, values: {M: monthly, Q: quarterly, Y: annual}}
    lines:
      each: items
      only: {kind: [seat, usage]}
      fields:
        line_id: {position: true}
        product_id: sku
        charge_type: {path: kind, values: {seat: recurring, usage: usage}}
        quantity: pieces
        price_period: {constant: month}
        list_unit_price: {path: list, unit: minor}
        net_unit_price: {path: net, unit: minor}
        unit_cost: [cost, prices.cost]
  ignore: [links]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """An inline request: to which connection it is sent, and whether the whole of it is genuine."""

    connected: Connected
    sent: Sent


def requests(lines: int) -> dict[str, Measured]:
    """Every inline request that is measured, by what it is called in the table."""
    return {name: make(lines) for name, make in _MAKERS.items()}


def _salesforce_plugin(lines: int) -> Measured:
    each = [{"key": n, "parentItemKey": None, "record": _quote_line(n)} for n in range(1, lines + 1)]
    return _of_salesforce({"quote": {"record": _sbqq_quote(), "lineItems": each, "lineItemGroups": []}})


def _salesforce_raw(lines: int) -> Measured:
    """A QuoteModel as CPQ itself has it: every field of the package's is there, most of them null."""
    nothing = dict.fromkeys(sorted(each for each in names.LINE if not each.startswith("Quoteguard_")))
    item = dict.fromkeys(sorted(names.ITEM)) | {"upliftable": False, "descriptionLocked": False}
    each = [{**item, "key": n, "record": {**nothing, **_quote_line(n)}} for n in range(1, lines + 1)]
    record = {**dict.fromkeys(sorted(names.OF_QUOTE)), **_sbqq_quote()}
    return _of_salesforce({"record": record, "lineItems": each, "lineItemGroups": [], "nextKey": lines + 1})


def _sbqq_quote() -> dict[str, Any]:
    return {
        "attributes": {"type": "SBQQ__Quote__c"}, "Id": "a0q000000000001AAA", "Name": "Q-00042", "SBQQ__Type__c": "Quote",
        "SBQQ__Status__c": "In Review", "SBQQ__StartDate__c": _START, "SBQQ__EndDate__c": _END,
        "SBQQ__BillingFrequency__c": "Monthly", "SBQQ__PaymentTerms__c": "Net 30", "SBQQ__LineItemCount__c": 50,
    }  # fmt: skip


def _quote_line(number: int) -> dict[str, Any]:
    listed, quantity = float(40 + number % 7), float(10 + number)
    net = listed * 12 * 0.9
    return {
        "attributes": {"type": "SBQQ__QuoteLine__c", "url": f"/services/data/v62.0/sobjects/SBQQ__QuoteLine__c/a0l{number:012d}AAA"},
        "Id": f"a0l{number:012d}AAA", "Name": f"QL-{number:07d}", "SBQQ__Quote__c": "a0q000000000001AAA",
        "SBQQ__Number__c": number, "SBQQ__Product__c": "01t000000000001AAA", "SBQQ__ProductCode__c": "SEAT",
        "SBQQ__ProductName__c": "Seats", "SBQQ__ProductFamily__c": "Software", "SBQQ__ChargeType__c": "Recurring",
        "SBQQ__BillingType__c": "Advance", "SBQQ__BillingFrequency__c": "Monthly", "SBQQ__SubscriptionPricing__c": "Fixed Price",
        "SBQQ__SubscriptionType__c": "Renewable", "SBQQ__ProductSubscriptionType__c": "Renewable",
        "SBQQ__DefaultSubscriptionTerm__c": 1, "SBQQ__ProrateMultiplier__c": 12, "SBQQ__Quantity__c": quantity,
        "SBQQ__EffectiveQuantity__c": quantity, "SBQQ__PriorQuantity__c": 0, "SBQQ__ListPrice__c": listed,
        "SBQQ__OriginalPrice__c": listed, "SBQQ__ProratedListPrice__c": listed * 12, "SBQQ__RegularPrice__c": listed * 12,
        "SBQQ__CustomerPrice__c": net, "SBQQ__PartnerPrice__c": net, "SBQQ__NetPrice__c": round(net, 2),
        "SBQQ__Discount__c": 10, "SBQQ__RegularTotal__c": listed * 12 * quantity, "SBQQ__CustomerTotal__c": round(net * quantity, 2),
        "SBQQ__NetTotal__c": round(net * quantity, 2), "SBQQ__PricingMethod__c": "List", "SBQQ__UnitCost__c": 11,
        "SBQQ__EffectiveStartDate__c": _START, "SBQQ__EffectiveEndDate__c": _END, "SBQQ__PricebookEntryId__c": "01u000000000001AAA",
    }  # fmt: skip


def _of_salesforce(payload: Mapping[str, Any]) -> Measured:
    return _by_relay(payload, SALESFORCE_CPQ, "salesforce-cpq")


def _by_relay(payload: Mapping[str, Any], adapter: Adapter, connector: str) -> Measured:
    body, stamp = json.dumps(payload).encode(), str(int(time()))
    headers = {relay.TIMESTAMP: stamp, relay.SIGNATURE: relay.signature_of(_SECRET, stamp, body)}
    return _measured(adapter, connector, body, headers, {"relay": (_SECRET,)}, {"currency": "USD"})


def _revenue_cloud(lines: int) -> Measured:
    head = _entry(
        "refQuote", "Quote", Name="Acme", Status="Draft", StartDate=_START, QuoteAccountId="001A", CurrencyIsoCode="USD"
    )
    each = [_entry(f"refLine{number}", "QuoteLineItem", **_quote_line_item(number)) for number in range(1, lines + 1)]
    return _by_relay({"pricingPref": "System", "graph": {"graphId": "g", "records": [head, *each]}}, REVENUE_CLOUD, "salesforce-revenue-cloud")  # fmt: skip


def _entry(reference: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"referenceId": reference, "record": {"attributes": {"type": kind, "method": "POST"}, **fields}}


def _quote_line_item(number: int) -> dict[str, Any]:
    listed, quantity = 40 + number % 7, 10 + number
    return {
        "QuoteId": "@{refQuote.id}", "Product2Id": "01t000000000001AAA", "ProductCode": "SEAT", "PricebookEntryId": "01u000000000001AAA",
        "Quantity": quantity, "ListPrice": listed, "UnitPrice": listed, "Discount": 10, "NetUnitPrice": round(listed * 0.9, 2),
        "NetTotalPrice": round(listed * 0.9 * 12 * quantity, 2), "SellingModelType": "TermDefined", "PricingTerm": 1,
        "PricingTermUnit": "Months", "PricingTermCount": 12, "BillingFrequency": "Monthly", "StartDate": _START, "EndDate": _END,
        "PeriodBoundary": "Anniversary",
    }  # fmt: skip


def _hubspot(lines: int) -> Measured:
    """As the custom code sends it: every property that it asks for is there, many of them null."""
    each = [_record(str(500 + n), {**dict.fromkeys(PROPERTIES["line_items"]), **_line_item(n)}) for n in range(lines)]
    own = {
        "hs_title": "Offer",
        "hs_status": "PENDING_APPROVAL",
        "hs_currency": "USD",
        "hs_expiration_date": "2026-03-31",
    }
    quote = _record("101", {**dict.fromkeys(PROPERTIES["quotes"]), **own})
    body = json.dumps({"quote": quote, "line_items": each, "deal": None, "company": None, "owner": None}).encode()
    stamp = str(int(time() * 1000))
    headers = {OWN_MOMENT: stamp, OWN_SIGNATURE: signature_v3(_SECRET, "POST", _URL, body, stamp)}
    return _measured(HUBSPOT, "hubspot", body, headers, {"custom_code": (_SECRET,)}, {})


def _record(identity: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    stamp = "2026-01-01T09:00:00.000Z"
    return {"id": identity, "properties": properties, "createdAt": stamp, "updatedAt": stamp, "archived": False}


def _line_item(number: int) -> dict[str, Any]:
    price, quantity = 40 + number % 7, 10 + number
    return {
        "name": "Seats", "hs_sku": "SEAT", "hs_product_id": "77", "quantity": str(quantity), "price": str(price),
        "hs_discount_percentage": "10", "amount": f"{price * quantity * 0.9:.2f}", "recurringbillingfrequency": "monthly",
        "hs_recurring_billing_period": "P12M", "hs_recurring_billing_start_date": _START, "hs_cost_of_goods_sold": "11",
        "hs_tcv": f"{price * quantity * 12 * 0.9:.2f}", "hs_lastmodifieddate": "2026-01-01T09:00:00.000Z",
        "hs_object_id": str(500 + number), "createdate": "2026-01-01T09:00:00.000Z", "hs_margin": "12", "hs_margin_tcv": "144",
    }  # fmt: skip


def _dealhub_query(lines: int) -> Measured:
    answers = {
        "general.quote_id": "Q-2026-014", "general.currency": "USD", "general.stage": "submitted", "general.start_date": 1767225600000,
        "general.billing_frequency": "monthly", "general.payment_terms_days": 30, "general.rep_id": "ada@example.com",
    }  # fmt: skip
    each = [
        {"ITEM NAME": "Seats", "SKU": "SEAT", "quantity": 10 + n, "duration": 12, "list_price": 40 + n % 7,
         "net_per_unit": round((40 + n % 7) * 0.9, 2), "discount": 10, "unit_cost": 11, "family": "Software"}
        for n in range(lines)
    ]  # fmt: skip
    return _of_dealhub({"playbook_data": answers, "product_data": each})


def _dealhub_callout(lines: int) -> Measured:
    returned = {"MSRP": "number", "quoteguard_verdict": "text", "quoteguard_message": "text"}
    answers = {"general.currency": "USD", "general.quote_id": "Q-2026-014", "general.start_date": 1767225600000}
    each = [
        {"id": n + 1, "sku": "SEAT", "type": "product", "quantity": 10 + n, "duration": 12, "family": "Software",
         "list_price": 40 + n % 7, "discount": 10, "returned_attributes": returned}
        for n in range(lines)
    ]  # fmt: skip
    return _of_dealhub({"request_id": "r", "authentication": _SECRET, "playbook_answers": answers, "items": each})


def _of_dealhub(payload: Mapping[str, Any]) -> Measured:
    headers = {"authorization": f"Bearer {_SECRET}"}
    return _measured(DEALHUB, "dealhub", json.dumps(payload).encode(), headers, {"token": (_SECRET,)}, {})


def _generic(lines: int) -> Measured:
    each = [
        {"kind": "seat", "sku": "SEAT", "pieces": str(10 + n), "list": 4000 + 100 * (n % 7), "net": 3600 + 90 * (n % 7),
         "prices": {"cost": "11"}, "text": "Seats", "colour": None}
        for n in range(lines)
    ]  # fmt: skip
    payload = {
        "number": "AC-7781", "version": 2, "currency": {"code": "USD"}, "status": "Review", "owner": "rep-4",
        "customer": {"id": "C-19", "name": "Nordwind"}, "from": "01.01.2026", "to": "01.01.2027", "rhythm": "M",
        "links": {"self": "https://acme.example/quotes/7781"}, "items": each,
    }  # fmt: skip
    body = json.dumps(payload).encode()
    headers = {"x-signature": hmac_hex(_SECRET, body)}
    return _measured(GENERIC, "generic", body, headers, {"webhook": (_SECRET,)}, {"mapping": _MAPPING, "waits": "yes"})


def _measured(
    adapter: Adapter, connector: str, body: bytes, headers: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]],
    options: Mapping[str, str],
) -> Measured:  # fmt: skip
    connection = Connection(name="measured", connector=connector, options=options, secrets=secrets)
    headers = {"content-type": "application/json", **headers}
    return Measured(
        connected=Connected(connection, adapter),
        sent=Sent(method="POST", url=_URL, query="", headers=headers, body=body),
    )


_MAKERS: Final[Mapping[str, Callable[[int], Measured]]] = {
    "salesforce-cpq, plugin": _salesforce_plugin,
    "salesforce-cpq, raw": _salesforce_raw,
    "salesforce-revenue-cloud": _revenue_cloud,
    "hubspot, custom code": _hubspot,
    "dealhub, external query": _dealhub_query,
    "dealhub, pricing callout": _dealhub_callout,
    "generic": _generic,
}
