"""One small example of everything that each connector reads: its objects, its deliveries, and a connection to read them with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cpq_hooks.adapter import Adapter, Delivery, Shape
from cpq_hooks.adapters import chargebee, dealhub, generic, hubspot, killbill, lago, salesforce_cpq, stripe, zuora
from cpq_hooks.adapters import salesforce_revenue_cloud as revenue_cloud
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json
from tests.cpq_hooks.adapters import chargebee_objects as of_chargebee
from tests.cpq_hooks.adapters import dealhub_objects as of_dealhub
from tests.cpq_hooks.adapters import hubspot_objects as of_hubspot
from tests.cpq_hooks.adapters import killbill_objects as of_killbill
from tests.cpq_hooks.adapters import lago_objects as of_lago
from tests.cpq_hooks.adapters import salesforce_objects as of_salesforce
from tests.cpq_hooks.adapters import stripe_objects as of_stripe
from tests.cpq_hooks.adapters import zuora_objects as of_zuora

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
JSON = "application/json"
_GENERIC = Path(__file__).parents[3] / "examples" / "connectors"


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """`objects` are payloads with the shape that each is read as; `bodies` what the vendor sends, as JSON values or as bytes."""

    adapter: Adapter
    connection: Connection
    objects: tuple[tuple[Any, Shape], ...]
    bodies: tuple[Any, ...]
    headers: tuple[str, ...]
    content_types: tuple[str, ...] = (JSON,)
    query: tuple[tuple[str, str], ...] = field(default=())

    @property
    def name(self) -> str:
        return self.adapter.name

    def delivery(self, body: Any, content_type: str = JSON, **changes: Any) -> Delivery:
        raw = body if isinstance(body, bytes) else json.dumps(body, default=str).encode("utf-8", "surrogatepass")
        headers = {"content-type": content_type, **changes.pop("headers", {})}
        url = "https://hooks.example.com/v1/hooks/crm"
        terms = {"method": "POST", "url": url, "received_at": NOON, "query": self.query, **changes}
        return Delivery(headers=headers, body=raw, **terms)


def _read(value: Any) -> Any:
    """As it comes out of JSON text: decimals are exact."""
    return read_json(json.dumps(value).encode())


def _generic() -> Vendor:
    options = {"mapping": (_GENERIC / "acme-mapping.yaml").read_text("utf-8"), "signature_header": "X-Signature"}
    connection = Connection(
        name="acme", connector="generic", options=options, secrets={"webhook": ("new", "old"), "user": ("acme",)}
    )
    quote = read_json((_GENERIC / "acme-quote.json").read_bytes())
    return Vendor(
        adapter=generic.ADAPTER, connection=connection, objects=((quote, Shape.QUOTE),), bodies=(quote,), headers=("x-signature", "authorization")
    )  # fmt: skip


def _revenue_cloud() -> Vendor:
    line = {
        "QuoteId": "@{refQuote.id}", "Product2Id": "01tPLATFORM", "Quantity": 10, "ListPrice": 100, "UnitPrice": 100, "Discount": 10,
        "NetUnitPrice": 90, "NetTotalPrice": 10800, "SellingModelType": "TermDefined", "PricingTerm": 1, "PricingTermUnit": "Months",
        "PricingTermCount": 12, "BillingFrequency": "Annual", "StartDate": "2027-01-01", "EndDate": "2027-12-31",
        "attributes": {"type": "QuoteLineItem", "method": "POST"},
    }  # fmt: skip
    head = {
        "attributes": {"type": "Quote", "method": "POST"},
        "Name": "Acme",
        "Status": "Draft",
        "OpportunityId": "006A",
    }
    records = [{"referenceId": "refQuote", "record": head}, {"referenceId": "refLine1", "record": line}]
    payload = _read({"pricingPref": "System", "graph": {"graphId": "g", "records": records}})
    return Vendor(
        adapter=revenue_cloud.ADAPTER, connection=of_salesforce.a_connection(), objects=((payload, Shape.QUOTE), (payload, Shape.AGREEMENT)),
        bodies=(payload, _message("Quote", "QuoteLineItem")), headers=_RELAY, content_types=(JSON, "text/xml"), query=(("key", "in-the-address"),),
    )  # fmt: skip


_RELAY = ("x-quoteguard-signature", "x-quoteguard-timestamp", "authorization")


def _message(kind: str, line: str) -> bytes:
    fields = {"Id": "a0q000000000001AAA", "SystemModstamp": "2026-11-01T11:00:00.000Z", "QuoteId": "0Q0"}
    return of_salesforce.an_outbound_message(("04l1", kind, fields), ("04l2", line, fields))


def _salesforce_cpq() -> Vendor:
    line = of_salesforce.a_line(
        2,
        Discount=5.0,
        SegmentIndex=1,
        SegmentKey="s",
        SegmentLabel="Year 1",
        StartDate="2027-01-01",
        EndDate="2027-12-31",
    )
    model = of_salesforce.as_read(of_salesforce.a_model(of_salesforce.a_line(), line))
    return Vendor(
        adapter=salesforce_cpq.ADAPTER, connection=of_salesforce.a_connection(),
        objects=((model, Shape.QUOTE), (model, Shape.AGREEMENT), ({"context": json.dumps({"quote": model}, default=str)}, Shape.QUOTE)),
        bodies=(model, {"model": json.dumps(model, default=str)}, _message("SBQQ__Quote__c", "SBQQ__QuoteLine__c")), headers=_RELAY,
        content_types=(JSON, "text/xml"), query=(("key", "in-the-address"),),
    )  # fmt: skip


def _stripe() -> Vendor:
    tier = {"up_to": 10, "unit_amount": 500, "flat_amount": 100}
    subscription = of_stripe.a_subscription(
        of_stripe.an_item(of_stripe.tiered("graduated", tier, {"up_to": None, "unit_amount": 400})),
        of_stripe.an_item(of_stripe.a_price(transform_quantity={"divide_by": 10, "round": "up"}), identity="si_2"),
        discounts=[of_stripe.a_discount("repeating", 3, percent_off=5)], metadata={"agreement_id": "A"}, draft_invoices=[],
    )  # fmt: skip
    quote = of_stripe.a_quote(of_stripe.a_line_item(), discounts=[of_stripe.a_discount("once", percent_off=5)])
    phases = [
        of_stripe.a_phase(*each, of_stripe.a_phase_item())
        for each in (("2026-01-01", "2026-02-01"), ("2026-02-01", "2027-01-01"))
    ]
    invoice = {
        "id": "in_1", "object": "invoice", "currency": "usd", "status": "draft", "auto_advance": True, "created": 1, "metadata": {}, "total": 100,
        "lines": of_stripe.a_list({"id": "il_1", "amount": 100, "quantity": 1, "period": {"start": 1, "end": 86_401}, "pricing": {"price_details": {"price": of_stripe.a_price()}}}),
    }  # fmt: skip
    return Vendor(
        adapter=stripe.ADAPTER, connection=of_stripe.a_connection(),
        objects=tuple((_read(each), shape) for each, shape in (
            (subscription, Shape.BILLING_CONFIGURATION), (of_stripe.a_schedule(*phases, subscription=subscription), Shape.BILLING_CONFIGURATION),
            (quote, Shape.QUOTE), ({**quote, "status": "accepted"}, Shape.AGREEMENT), (invoice, Shape.INVOICE),
        )),
        bodies=(of_stripe.an_event("customer.subscription.updated", subscription, data={"object": subscription, "previous_attributes": {"metadata": {"quoteguard_verdict": "x"}}}),
                of_stripe.an_event("customer.discount.created", {"id": "di_1", "object": "discount", "subscription": "sub_1"})),
        headers=("stripe-signature",),
    )  # fmt: skip


def _zuora() -> Vendor:
    item = {"subscriptionNumber": "A-S1", "chargeNumber": "C-1", "chargeType": "Usage", "chargeAmount": 5, "serviceStartDate": "2026-01-01",
            "serviceEndDate": "2026-01-31", "quantity": 1, "taxAmount": 1}  # fmt: skip
    subscription = of_zuora.a_subscription(
        of_zuora.a_charge(chargeSegments=[{"segment": 1, "price": 1}, {"segment": 2, "price": 2, "effectiveStartDate": "2026-03-01"}]),
        of_zuora.a_usage_charge("C-2", tiers=[of_zuora.a_tier(10, 1, 0), of_zuora.a_tier(None, 2, 11)]),
        of_zuora.a_charge("C-6", endDateCondition="Fixed_Period", upToPeriods=2, upToPeriodsType="Months", effectiveEndDate=None),
        of_zuora.a_discount(discountPercentage=5, effectiveEndDate="2026-02-01"),
    )  # fmt: skip
    plan = {"productRatePlanId": "prp-1", "chargeOverrides": [of_zuora.an_override(listPrice=5)]}
    order = {
        **of_zuora.an_order(of_zuora.a_creation(plan)),
        "quoteguardCatalog": of_zuora.a_catalog(of_zuora.a_catalog_charge()),
    }
    invoice = {"id": "i", "currency": "USD", "invoiceDate": "2026-01-01", "amount": 5, "invoiceItems": [item]}
    usage = {
        "usage": [
            {
                "id": "u",
                "quantity": 1,
                "startDateTime": "2026-01-01",
                "chargeNumber": "C",
                "subscriptionNumber": "A-S1",
                "unitOfMeasure": "GB",
            }
        ]
    }
    told = {"<Event.Category>": "SubscriptionCreated", "<Subscription.SubscriptionNumber>": "A-S1", "<Subscription.Version>": "2",
            "<Event.Timestamp>": "2015-01-13T22:31:43.248+0800", "<Subscription.TCV>": "$12,500.00"}  # fmt: skip
    return Vendor(
        adapter=zuora.ADAPTER, connection=of_zuora.a_connection(locale="en_US", date_format="MM/dd/yyyy"),
        objects=tuple((_read(each), shape) for each, shape in (
            (subscription, Shape.BILLING_CONFIGURATION), (order, Shape.QUOTE), (order, Shape.AGREEMENT), (invoice, Shape.INVOICE), (usage, Shape.USAGE),
        )),
        bodies=(told, b"Event.Category=SubscriptionCreated&Subscription.SubscriptionNumber=A-S1"), headers=("authorization", "x-signature"),
        content_types=(JSON, "application/x-www-form-urlencoded"),
    )  # fmt: skip


def _chargebee() -> Vendor:
    subscription = of_chargebee.wrapped(
        of_chargebee.a_subscription(
            of_chargebee.an_item(), discounts=[of_chargebee.a_discount(duration_type="limited_period", period=3, period_unit="month")],
            coupons=[{"coupon_id": "TEN", "apply_till": of_chargebee.at("2026-05-01")}],
        ),
        coupons=[{"id": "TEN", "discount_type": "percentage", "discount_percentage": 5, "apply_on": "invoice_amount", "duration_type": "forever"}],
    )  # fmt: skip
    return Vendor(
        adapter=chargebee.ADAPTER, connection=of_chargebee.a_connection(),
        objects=((_read(subscription), Shape.BILLING_CONFIGURATION), (_read(of_chargebee.a_quote()), Shape.QUOTE), (_read(of_chargebee.a_quote(status="accepted")), Shape.AGREEMENT)),
        bodies=(of_chargebee.an_event(), of_chargebee.an_event("quote_created", **of_chargebee.a_quote())), headers=("authorization",),
    )  # fmt: skip


def _lago() -> Vendor:
    ranges = {"graduated_ranges": [{"from_value": 0, "to_value": None, "per_unit_amount": "1", "flat_amount": "2"}]}
    plan = of_lago.a_plan(
        of_lago.a_charge("graduated", properties=ranges),
        fixed=[of_lago.a_fixed_charge()],
        minimum_commitment={"amount_cents": 5},
    )
    subscription = of_lago.wrapped(plan, applied=[of_lago.an_applied()], ending_at="2026-12-31T00:00:00Z")
    quote = of_lago.a_quote(form={"status": "signed", "signed_at": "2026-01-01T00:00:00Z"})
    told = {
        "webhook_type": "subscription.started",
        "object_type": "subscription",
        "organization_id": "org_1",
        "subscription": {"external_id": "sub_1"},
    }
    return Vendor(
        adapter=lago.ADAPTER, connection=of_lago.a_connection(),
        objects=((_read(subscription), Shape.BILLING_CONFIGURATION), (_read(quote), Shape.QUOTE), (_read(quote), Shape.AGREEMENT)),
        bodies=(told, {"webhook_type": "quote.created", "object_type": "quote", "organization_id": "org_1", **_read(quote)}),
        headers=("x-lago-signature", "x-lago-signature-algorithm", "x-lago-unique-key"),
    )  # fmt: skip


def _killbill() -> Vendor:
    phase = of_killbill.a_phase(usages=of_killbill.a_usage(of_killbill.a_block("1", "5", "2")))
    catalog = of_killbill.a_catalog(phase, of_killbill.a_trial())
    subscription = of_killbill.wrapped(killbill.ADAPTER.parse(catalog), tags=[{"tagDefinitionName": "X"}], quantity=2)
    told = {
        "eventType": "SUBSCRIPTION_CREATION",
        "accountId": "acc-1",
        "objectType": "SUBSCRIPTION",
        "objectId": "sub-1",
        "metaData": '{"a":1}',
    }
    return Vendor(
        adapter=killbill.ADAPTER, connection=of_killbill.a_connection(),
        objects=((subscription, Shape.BILLING_CONFIGURATION), ({"invoice": of_killbill.an_invoice(of_killbill.an_item())}, Shape.INVOICE)),
        bodies=(told, catalog), headers=("authorization",), query=(("secret", "s3cret-new"),),
    )  # fmt: skip


def _dealhub() -> Vendor:
    query, quote = _read(of_dealhub.a_query()), _read(of_dealhub.a_quote(answers=[("general", "term_months", "12")]))
    callout = _read(
        of_dealhub.a_callout(
            {
                "id": 1,
                "sku": "A",
                "quantity": 15,
                "duration": 12,
                "list_price": 100,
                "net_per_unit": 90,
                "returned_attributes": {"quoteguard_verdict": "text"},
            }
        )
    )
    return Vendor(
        adapter=dealhub.ADAPTER, connection=of_dealhub.a_connection(),
        objects=((query, Shape.QUOTE), (callout, Shape.QUOTE), (quote, Shape.QUOTE), ({**quote, "status": "Won"}, Shape.AGREEMENT)),
        bodies=(of_dealhub.a_webhook(), query, callout), headers=("authorization",),
    )  # fmt: skip


def _hubspot() -> Vendor:
    tiers = {
        "hs_pricing_model": "graduated",
        "hs_tier_ranges": '[{"start":0,"end":9},{"start":10}]',
        "hs_tier_prices": '[{"index":0,"price":1},{"index":1,"price":2}]',
    }
    quote = of_hubspot.a_quote(
        of_hubspot.a_line(hs_discount_percentage="5"),
        of_hubspot.a_line("2", **tiers),
        deal=of_hubspot.a_record("3", dealtype="newbusiness"),
    )
    accepted = {**quote, "quote": of_hubspot.a_record("101", hs_status="ACCEPTED", hs_currency="USD")}
    return Vendor(
        adapter=hubspot.ADAPTER, connection=of_hubspot.a_connection(workflow_action="accept"),
        objects=((_read(quote), Shape.QUOTE), (_read(accepted), Shape.AGREEMENT), (_read(of_hubspot.a_subscription()), Shape.BILLING_CONFIGURATION)),
        bodies=([of_hubspot.an_event()], of_hubspot.an_action(), quote),
        headers=("x-hubspot-signature-v3", "x-hubspot-request-timestamp", "x-hubspot-signature", "x-hubspot-signature-version"),
    )  # fmt: skip


def vendors() -> tuple[Vendor, ...]:
    makers = (
        _chargebee, _dealhub, _generic, _hubspot, _killbill, _lago, _revenue_cloud, _salesforce_cpq, _stripe, _zuora,
    )  # fmt: skip
    return tuple(make() for make in makers)
