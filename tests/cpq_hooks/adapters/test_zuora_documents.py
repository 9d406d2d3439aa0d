"""Zuora's orders, invoices, previews and usage in canonical form, and its official examples where they are there."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.zuora import ADAPTER
from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_invoice, load_quote, load_usage
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from policies.domain.rating import rate
from tests.cpq_hooks.adapters.zuora_objects import (
    a_catalog,
    a_catalog_charge,
    a_connection,
    a_creation,
    a_delivery,
    a_discount,
    a_tier,
    an_order,
    an_override,
)

EXAMPLES = Path(__file__).parents[4] / "shared" / "fixtures" / "zuora" / "examples"
_LOADS = {
    Shape.QUOTE: load_quote, Shape.AGREEMENT: load_agreement, Shape.BILLING_CONFIGURATION: load_billing_configuration,
    Shape.INVOICE: load_invoice, Shape.USAGE: load_usage,
}  # fmt: skip


def _all(payload, shape, **options):
    found = ADAPTER.translate(read_json(json.dumps(payload).encode()), shape, a_connection(**options))
    return found, [_LOADS[shape](json.loads(json.dumps(each.document))) for each in found]


def _one(payload, shape=Shape.QUOTE, **options):
    (found,), (loaded,) = _all(payload, shape, **options)
    return found, loaded


def _bought(*overrides, catalog=None, plan="prp-1"):
    order = an_order(a_creation({"productRatePlanId": plan, "chargeOverrides": list(overrides)}))
    return order if catalog is None else {**order, "quoteguardCatalog": catalog}


# --------------------------------------------------------------------------------------------------- orders


def test_an_order_is_a_quote_at_the_catalogs_price_in_its_currency():
    found, quote = _one(_bought(catalog=a_catalog(a_catalog_charge())))
    (line,) = quote.lines
    assert (quote.quote_id, quote.stage, quote.payment_terms_days) == ("O-1", "accepted", 30)
    assert (quote.renewal.auto_renew, quote.renewal.term_months) == (True, 12)
    assert (line.line_id, line.product_id, line.net_unit_price, line.list_unit_price, line.quantity) == (
        "A-S1:prpc-1",
        "SKU-1",
        100,
        100,
        1,
    )
    assert (line.start_date, line.end_date, line.price_period) == (date(2026, 1, 1), date(2026, 12, 31), "month")
    assert found.unused == ()


def test_an_override_is_a_discount_from_the_catalogs_price():
    override = an_override(
        listPrice=80, quantity=25, priceChangeOption="SpecificPercentageValue", priceIncreasePercentage=5
    )
    (line,) = _one(_bought(override, catalog=a_catalog(a_catalog_charge())))[1].lines
    assert (line.net_unit_price, line.list_unit_price, line.quantity, line.uplift_percent) == (80, 100, 25, 5)
    assert [(each.kind, each.amount) for each in line.discounts] == [("price override", 20)]


def test_an_override_keeps_the_list_price_in_the_lines_own_period():
    charge = a_catalog_charge(billingPeriod="Semi_Annual", pricing=[{"currency": "USD", "price": 600}])
    (line,) = _one(_bought(an_override(listPrice=480, quantity=1), catalog=a_catalog(charge)))[1].lines
    assert (line.net_unit_price, line.list_unit_price, line.price_period) == (240, 300, "quarter")
    assert [each.amount for each in line.discounts] == [60]


def test_an_override_that_states_everything_needs_no_catalog():
    tiers = [a_tier(10, 5, 0), a_tier(None, 4, 11)]
    override = {
        **an_override(block="usageTiered", tiers=tiers, uom="GB"),
        "billing": {"billingPeriod": "Month"},
        "name": "Storage",
    }
    found, quote = _one(_bought(override))
    (line,) = quote.lines
    assert rate(line, Decimal(12)).amount == 10 * 5 + 2 * 4
    assert "may have more" in found.notes[0]


def test_dates_and_billing_of_an_override_are_the_lines():
    override = {
        **an_override(listPrice=80), "startDate": {"triggerEvent": "SpecificDate", "specificTriggerDate": "2026-03-01"},
        "endDate": {"endDateCondition": "Fixed_Period", "upToPeriods": 6, "upToPeriodsType": "Months"},
        "billing": {"billingPeriod": "Quarter", "billingTiming": "IN_ARREARS", "billCycleType": "SpecificDayofMonth", "billCycleDay": 15},
    }  # fmt: skip
    (line,) = _one(_bought(override, catalog=a_catalog(a_catalog_charge(listPriceBase="Per_Month"))))[1].lines
    assert (line.start_date, line.end_date) == (date(2026, 3, 1), date(2026, 8, 31))
    assert (line.billing_frequency, line.billing_timing, line.price_period) == ("quarterly", "in_arrears", "month")


def test_a_discount_of_the_plan_is_taken_off_its_lines():
    discount = {name: each for name, each in a_discount(discountPercentage=10).items() if "effective" not in name}
    catalog = a_catalog(
        a_catalog_charge(), {**discount, "id": "d", "pricing": [{"currency": "USD", "discountPercentage": 10}]}
    )
    (line,) = _one(_bought(catalog=catalog))[1].lines
    assert (line.net_unit_price, [each.percent for each in line.discounts]) == (90, [10])


def test_an_order_without_its_prices_is_no_quote():
    with pytest.raises(Invalid, match="in Zuora's catalog and not in the order"):
        _one(_bought(an_override(quantity=3)))


def test_the_catalogs_price_in_another_currency_is_none():
    with pytest.raises(Invalid, match="neither a price nor tiers"):
        _one(_bought(catalog=a_catalog(a_catalog_charge(pricing=[{"currency": "EUR", "price": 1}]))))


def test_what_an_order_changes_elsewhere_is_said():
    order = _bought(catalog=a_catalog(a_catalog_charge()))
    order["subscriptions"].append(
        {"subscriptionNumber": "A-S2", "orderActions": [{"type": "CancelSubscription", "cancelSubscription": {"x": 1}}]}
    )
    found, quote = _one(order)
    assert [(each.value, each.bears_on) for each in found.unused] == [("CancelSubscription", "term")]
    assert (quote.deal_type, len(quote.lines)) == ("amendment", 1)


def test_a_product_that_is_added_is_a_line():
    action = {
        "type": "AddProduct",
        "triggerDates": [{"name": "ContractEffective", "triggerDate": "2026-05-01"}],
        "addProduct": {"productRatePlanId": "prp-1"},
    }
    (line,) = _one({**an_order(action), "quoteguardCatalog": a_catalog(a_catalog_charge())})[1].lines
    assert (line.start_date, line.end_date, line.net_unit_price) == (date(2026, 5, 1), None, 100)


def test_an_order_is_an_agreement_where_that_is_asked():
    _, agreement = _one(_bought(catalog=a_catalog(a_catalog_charge())), Shape.AGREEMENT)
    assert (agreement.agreement_id, agreement.signed_on) == ("O-1", date(2026, 1, 1))
    _, agreement = _one(_bought(catalog=a_catalog(a_catalog_charge())), Shape.AGREEMENT, agreement_is="subscription")
    assert agreement.agreement_id == "A-S1"


def test_each_order_of_a_list_is_a_quote_and_what_is_wrong_has_its_place():
    good, bad = _bought(catalog=a_catalog(a_catalog_charge())), _bought()
    assert [
        each.quote_id
        for each in _all({"success": True, "orders": [good, {**good, "orderNumber": "O-2"}]}, Shape.QUOTE)[1]
    ] == ["O-1", "O-2"]
    with pytest.raises(Invalid) as refused:
        _all([good, bad], Shape.QUOTE)
    assert refused.value.problems[0].path.startswith("$[1].subscriptions[0]")


# ---------------------------------------------------------------------------------------- invoices and usage


def _item(amount, **changes):
    return {"chargeNumber": "C-1", "subscriptionNumber": "A-S1", "chargeType": "Recurring", "processingType": "Charge", "chargeAmount": amount,
            "serviceStartDate": "2026-01-01", "serviceEndDate": "2026-01-31", "quantity": 2, "taxAmount": 0, **changes}  # fmt: skip


def test_an_invoice_has_its_items_and_its_tax():
    payload = {
        "id": "i",
        "invoiceNumber": "INV1",
        "accountId": "a",
        "currency": "EUR",
        "invoiceDate": "2026-01-01",
        "amount": 107.1,
    }
    _, invoice = _one(
        {**payload, "invoiceItems": [_item(100, taxAmount=17.1), _item(-10, processingType="Discount")]}, Shape.INVOICE
    )
    assert (invoice.invoice_id, invoice.issued_on, invoice.total, invoice.billing_configuration_id) == (
        "INV1",
        date(2026, 1, 1),
        Decimal("107.1"),
        "A-S1",
    )
    assert [(each.kind, each.amount) for each in invoice.lines] == [
        ("recurring", 100),
        ("tax", Decimal("17.1")),
        ("discount", -10),
    ]


def test_a_billing_preview_is_invoices_by_the_day_on_which_each_part_is_due():
    items = [
        _item(100),
        _item(100, serviceStartDate="2026-02-01", serviceEndDate="2026-02-28"),
        _item(7, chargeType="Usage"),
    ]
    found, invoices = _all(
        {"accountId": "a", "invoiceItems": items, "success": True, "creditMemoItems": [{}]},
        Shape.INVOICE,
        currency="USD",
    )
    assert [(each.issued_on, each.total) for each in invoices] == [(date(2026, 1, 1), 100), (date(2026, 2, 1), 107)]
    assert [each.path for each in found[0].unused] == ["$.creditMemoItems"]


def test_a_preview_without_a_currency_means_nothing():
    with pytest.raises(Invalid, match="option currency"):
        _all({"accountId": "a", "invoiceItems": [_item(1)], "success": True}, Shape.INVOICE)


def test_usage_is_read_record_by_record():
    record = {"id": "u", "accountNumber": "A-1", "subscriptionNumber": "A-S1", "chargeNumber": "C-1", "quantity": 12.5, "unitOfMeasure": "GB",
              "startDateTime": "2026-01-05 10:00:00", "status": "Pending"}  # fmt: skip
    found, (usage,) = _all({"usage": [record], "success": True}, Shape.USAGE, agreement_is="subscription")
    assert (usage.usage_id, usage.quantity, usage.agreement_id, usage.line_id) == ("u", Decimal("12.5"), "A-S1", "C-1")
    assert "read as UTC" in found[0].notes[0]


def test_usage_of_a_period_is_one_of_days():
    record = {
        "Id": "u",
        "AccountId": "a",
        "ChargeNumber": "C-1",
        "Quantity": 3,
        "StartDateTime": "2026-01-01T00:00:00Z",
        "EndDateTime": "2026-01-31T00:00:00Z",
    }
    _, usage = _one(record, Shape.USAGE)
    assert (usage.period_start, usage.period_end, usage.at) == (date(2026, 1, 1), date(2026, 1, 31), None)


def test_usage_that_names_no_charge_is_refused():
    with pytest.raises(Invalid, match="unit of measure"):
        _all({"id": "u", "quantity": 1, "startDateTime": "2026-01-01T00:00:00Z"}, Shape.USAGE)


def test_a_plan_that_is_bought_twice_is_two_lines():
    plans = [{"productRatePlanId": "prp-1"}, {"productRatePlanId": "prp-1"}]
    _, quote = _one({**an_order(a_creation(*plans)), "quoteguardCatalog": a_catalog(a_catalog_charge())})
    assert [each.line_id for each in quote.lines] == ["A-S1:prpc-1", "A-S1:prpc-1:2"]


# --------------------------------------------------------------------------------------- official examples

officially = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the vendor's examples are not here")


def _example(name, shape, **options):
    payload = ADAPTER.parse((EXAMPLES / name).read_bytes())
    found = ADAPTER.translate(payload, shape, a_connection(**options))
    return found, [_LOADS[shape](json.loads(json.dumps(each.document))) for each in found]


@officially
@pytest.mark.parametrize("name", ["GET_SubscriptionsByKey.response.json", "GET_SubscriptionsByAccount.response.json"])
def test_the_official_subscription_costs_100_dollars_a_year(name):
    (found,), (configuration,) = _example(name, Shape.BILLING_CONFIGURATION)
    fee, delivery = configuration.charges
    assert (configuration.billing_configuration_id, configuration.auto_renew) == ("A-S00007412", True)
    assert (fee.charge_id, fee.terms.model, fee.terms.net_unit_price, fee.terms.price_period) == (
        "C-00032238",
        "flat",
        100,
        "year",
    )
    assert (fee.terms.start_date, fee.terms.end_date) == (date(2017, 1, 1), date(2017, 12, 31))
    assert (delivery.terms.net_unit_price, delivery.terms.price_period) == (9, None)
    said = {each.path.rpartition(".")[2]: each.bears_on for each in found.unused}
    assert said == {
        "discountAmount": "discount",
        "subscriptionChargeDeliverySchedule": "billing",
        "subscriptionChargeIntervalPricing": "price",
    }


@officially
def test_the_official_tiered_fee_of_eleven_units_is_24_dollars():
    (found,), (configuration,) = _example("GET_SubscriptionsByKeyAndVersion.response.json", Shape.BILLING_CONFIGURATION)
    (charge,) = configuration.charges
    assert rate(charge.terms, Decimal(11)).amount == 24  # 20 for the first ten, 4 for the eleventh: Zuora's own tcv
    assert (charge.terms.start_date, charge.terms.end_date, found.unused) == (date(2012, 2, 1), date(2012, 2, 1), ())


@officially
def test_the_official_order_sells_two_webcams_and_changes_three_subscriptions():
    (found,), (quote,) = _example("GET_Order.response.json", Shape.QUOTE)
    (line,) = quote.lines
    assert (line.product_id, line.quantity, line.net_unit_price, line.list_unit_price, line.stated_total) == (
        "C9201",
        2,
        5000,
        59,
        10000,
    )
    assert [each.value for each in found.unused] == ["UpdateProduct", "Suspend", "Resume", "TermsAndConditions"]


@officially
@pytest.mark.parametrize(
    ("name", "price"), [("GET_OrderLineItem.response.json", 5000), ("POSTOrderPreviewRequestType.example.json", 50)]
)
def test_official_order_line_items_are_lines_once_the_currency_is_known(name, price):
    _, (quote,) = _example(name, Shape.QUOTE, currency="USD")
    assert [(each.quantity, each.net_unit_price, each.charge_type) for each in quote.lines] == [(2, price, "one_time")]
    with pytest.raises(Invalid, match="option currency"):
        _example(name, Shape.QUOTE)


@officially
def test_the_official_preview_of_an_order_comes_to_14193():
    _, invoices = _example("POST_PreviewOrder.response.json", Shape.INVOICE)
    assert [(each.issued_on, each.total) for each in invoices] == [
        (date(2018, 12, 1), Decimal("63.22")), (date(2018, 12, 23), Decimal("8.71")), (date(2019, 1, 1), Decimal(70)),
    ]  # fmt: skip
    assert sum(each.total for each in invoices) == Decimal("141.93")


@officially
def test_the_official_preview_of_a_subscription_is_90_and_10_of_tax():
    _, (invoice,) = _example("POST_PreviewSubscription.response.json", Shape.INVOICE, currency="USD")
    assert ([(each.kind, each.amount) for each in invoice.lines], invoice.total) == ([(None, 90), ("tax", 10)], 100)


@officially
def test_the_official_items_are_an_invoice_once_the_currency_is_known():
    (found,), (invoice,) = _example("GET_InvoiceItems.response.json", Shape.INVOICE, currency="USD")
    amounts = [(each.kind, each.amount) for each in invoice.lines]
    assert amounts == [
        ("recurring", Decimal("21.1")),
        ("tax", Decimal("2.11")),
        ("discount", Decimal("-2.1")),
        ("tax", Decimal("0.21")),
    ]
    assert "says a tax of 0" in found.notes[0]


REFUSED = {
    "GETPublicNotificationDefinitionResponse.example.json": "a notification's definition",
    "GET_BillingPreviewRun.response.json": "its file does",
    "GET_CalloutHistory.response.json": "not the object",
    "GET_OrdersBySubscriptionNumber.response.json": "no line of its own",
    "GET_RampByRampNumber.response.json": "not their prices",
    "GET_RampMetricsByOrderNumber.response.json": "metrics are sums",
    "GET_RatePlan.response.json": "it names no charges",
    "GET_RetrieveProductRatePlanCharge.response.json": "nobody has bought yet",
    "Get_GetInvoice.response.json": "no items here",
    "Object_GETProductRatePlanCharge.response.json": "nobody has bought yet",
    "POSTOrderRequestType.example.json": "currency",
    "POSTPublicNotificationDefinitionRequest.example.json": "a notification's definition",
    "POSTSubscriptionPreviewType.example.json": "send the subscription that it made",
    "POSTSubscriptionType.example.json": "send the subscription that it made",
    "POST_EventTrigger.response.json": "an event trigger's definition",
    "POST_Order.response.json": "holds no prices",
    "PUTSubscriptionType.example.json": "a request to change a subscription",
    "PostEventTriggerRequest.example.json": "an event trigger's definition",
}


@officially
@pytest.mark.parametrize("name", sorted(REFUSED))
def test_official_examples_that_make_no_document_are_refused_in_words(name):
    shape = Shape.INVOICE if "Invoice" in name or "Preview" in name else Shape.QUOTE
    with pytest.raises((Invalid, NotUnderstood), match=REFUSED[name]):
        _example(name, shape)


@officially
def test_all_27_official_examples_are_spoken_for():
    documents = {
        "GET_SubscriptionsByKey.response.json", "GET_SubscriptionsByAccount.response.json", "GET_SubscriptionsByKeyAndVersion.response.json",
        "GET_Order.response.json", "GET_OrderLineItem.response.json", "POSTOrderPreviewRequestType.example.json", "POST_PreviewOrder.response.json",
        "POST_PreviewSubscription.response.json", "GET_InvoiceItems.response.json",
    }  # fmt: skip
    assert {each.name for each in EXAMPLES.iterdir()} == documents | set(REFUSED)
    assert len(documents | set(REFUSED)) == 27


@officially
def test_the_official_callout_history_is_what_a_callout_says():
    history = json.loads((EXAMPLES / "GET_CalloutHistory.response.json").read_bytes())["calloutHistories"][0]
    body = json.dumps(history["eventContext"]).encode()
    (event,) = ADAPTER.events(a_delivery(body), a_connection(locale="en_US", date_format="MM/dd/yyyy"))
    assert (event.object_id, event.kind) == ("A-S00000003", "SubscriptionCreated")
    assert event.payload["said"]["Subscription.TCV"] == "12500.00"
    assert event.payload["said"]["Subscription.SubscriptionDetailTable.Effective Start Date"] == "2016-01-01"
