"""Chargebee's objects in canonical form: every number here was worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.chargebee import ADAPTER
from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_invoice, load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from policies.domain.rating import rate
from tests.cpq_hooks.adapters.chargebee_objects import (
    a_connection,
    a_discount,
    a_quote,
    a_subscription,
    an_event,
    an_item,
    an_item_price,
    at,
    wrapped,
)

_LOADS = {
    Shape.QUOTE: load_quote,
    Shape.AGREEMENT: load_agreement,
    Shape.BILLING_CONFIGURATION: load_billing_configuration,
    Shape.INVOICE: load_invoice,
}
SPEC = Path(__file__).parents[4] / "shared" / "fixtures" / "chargebee" / "chargebee_api_v1_spec.json"


def _read(payload, shape=Shape.BILLING_CONFIGURATION, **options):
    """The translation and what it loads as, from the very JSON that would travel."""
    (found,) = ADAPTER.translate(read_json(json.dumps(payload).encode()), shape, a_connection(**options))
    return found, _LOADS[shape](json.loads(json.dumps(found.document)))


def _charge(payload, **options):
    _, configuration = _read(payload, **options)
    return configuration.charges[0]


def _tiers(*rows, **changes):
    names = ("starting_unit", "ending_unit", "price")
    return [{"item_price_id": "seat-USD-Monthly", **dict(zip(names, row, strict=True)), **changes} for row in rows]


def test_a_subscription_is_a_configuration_with_chargebees_defaults_written_out():
    meta = {"agreement_id": "A-1", "quote_id": "Q-7"}
    found, configuration = _read(wrapped(a_subscription(meta_data=meta)))
    charge = configuration.charges[0]
    assert (configuration.billing_configuration_id, configuration.agreement_id, configuration.quote_id) == (
        "sub_1",
        "A-1",
        "Q-7",
    )
    assert (configuration.status, charge.state, configuration.auto_renew) == ("active", "active", True)
    assert (charge.terms.net_unit_price, charge.terms.quantity) == (Decimal(20), Decimal(10))
    assert (charge.terms.billing_frequency, charge.terms.billing_timing) == ("monthly", "in_advance")
    assert (charge.terms.start_date, charge.terms.end_date) == (date(2026, 1, 1), None)
    assert configuration.account.name == "Initech"
    assert found.unused == ()


@pytest.mark.parametrize(("currency", "price"), [("USD", "19.99"), ("JPY", "1999"), ("KWD", "1.999")])
def test_minor_units_are_those_of_the_currency(currency, price):
    subscription = a_subscription(an_item(unit_price=1999), currency_code=currency)
    assert _charge(wrapped(subscription, an_item_price(currency_code=currency))).terms.net_unit_price == Decimal(price)


def test_decimals_are_in_whole_units_of_the_currency_and_go_before():
    item = an_item(unit_price=12, unit_price_in_decimal="0.1234", quantity=2, quantity_in_decimal="2.5")
    terms = _charge(wrapped(a_subscription(item))).terms
    assert (terms.net_unit_price, terms.quantity) == (Decimal("0.1234"), Decimal("2.5"))


@pytest.mark.parametrize(
    ("count", "unit", "period", "frequency", "price"),
    [
        (1, "month", "month", "monthly", "120"), (3, "month", "quarter", "quarterly", "120"), (6, "month", "quarter", "semiannual", "60"),
        (1, "year", "year", "annual", "120"), (12, "month", "year", "annual", "120"), (2, "year", "year", None, "60"),
    ],
)  # fmt: skip
def test_a_billing_period_is_a_price_period_and_a_frequency(count, unit, period, frequency, price):
    subscription = a_subscription(an_item(unit_price=12000), billing_period=count, billing_period_unit=unit)
    terms = _charge(wrapped(subscription, an_item_price(price=12000, period=count, unit=unit))).terms
    assert (terms.price_period, terms.billing_frequency, terms.net_unit_price) == (period, frequency, Decimal(price))


@pytest.mark.parametrize(
    ("model", "tiers", "quantity", "amount"),
    [
        ("tiered", [(1, 10, 500), (11, None, 300)], 15, "65"),  # 10 x 5 + 5 x 3
        ("volume", [(1, 10, 500), (11, None, 300)], 15, "45"),  # 15 x 3
        ("stairstep", [(1, 10, 5000), (11, None, 9000)], 15, "90"),
    ],
)
def test_tiers_come_to_what_chargebee_charges(model, tiers, quantity, amount):
    item = an_item(quantity=quantity, unit_price=None, amount=1)
    subscription = a_subscription(item, item_tiers=_tiers(*tiers))
    terms = _charge(wrapped(subscription, an_item_price(model=model, price=None))).terms
    assert rate(terms, Decimal(quantity)).amount == Decimal(amount)


def test_a_tier_may_have_a_fee_of_its_own():
    tiers = [*_tiers((1, 10, 5000), pricing_type="flat_fee"), *_tiers((11, None, 300))]
    subscription = a_subscription(an_item(quantity=15, unit_price=None), item_tiers=tiers)
    terms = _charge(wrapped(subscription, an_item_price(model="tiered", price=None))).terms
    assert rate(terms, Decimal(15)).amount == Decimal(65)  # 50 for the first ten, 5 x 3


def test_tiers_without_their_item_price_are_said_and_not_guessed():
    subscription = a_subscription(an_item(unit_price=None), item_tiers=_tiers((1, None, 500)))
    found, configuration = _read(wrapped(subscription, an_item_price("other")))
    assert configuration.charges[0].terms.charge_model is None
    assert any(each.bears_on == "price" for each in found.unused)


def test_a_flat_fee_is_for_any_quantity():
    terms = _charge(
        wrapped(a_subscription(an_item(quantity=None, unit_price=9900)), an_item_price(model="flat_fee"))
    ).terms
    assert (terms.charge_model, terms.net_unit_price) == ("flat", Decimal(99))


def test_a_metered_item_is_usage_in_arrears_without_a_quantity():
    item = {"id": "seat", "metered": True, "usage_calculation": "max_usage", "unit": "call"}
    subscription = a_subscription(an_item(quantity=None, metered_quantity="42"))
    charge = _charge(wrapped(subscription, an_item_price(item=item))).terms
    assert (charge.charge_type, charge.billing_timing, charge.quantity_basis) == ("usage", "in_arrears", "peak")
    assert (charge.quantity, charge.unit_of_measure) == (None, "call")


def test_free_units_are_said():
    found, _ = _read(wrapped(a_subscription(an_item(free_quantity=3))))
    assert [(each.bears_on, each.value) for each in found.unused] == [("price", "3")]


def test_an_addon_by_the_month_on_a_yearly_plan_is_billed_with_the_plan():
    addon = an_item("support-USD-Monthly", quantity=None, unit_price=500, item_type="addon")
    subscription = a_subscription(an_item(), addon, billing_period=1, billing_period_unit="year")
    prices = [
        an_item_price(period=1, unit="year"),
        an_item_price("support-USD-Monthly", "flat_fee", 500, item_type="addon"),
    ]
    terms = _read(wrapped(subscription, *prices))[1].charges[1].terms
    assert (terms.price_period, terms.billing_frequency, terms.net_unit_price) == ("month", "annual", Decimal(5))


def test_a_discount_on_the_invoice_lowers_each_item():
    charge = _charge(wrapped(a_subscription(discounts=[a_discount()])))
    assert (charge.terms.list_unit_price, charge.terms.net_unit_price) == (Decimal(20), Decimal(18))
    assert charge.terms.discounts[0].is_open_ended


def test_a_limited_discount_ends_after_whole_billing_periods():
    discount = a_discount(duration_type="limited_period", period=3, period_unit="month")
    assert _charge(wrapped(a_subscription(discounts=[discount]))).terms.discounts[0].periods == 3
    yearly = a_subscription(discounts=[discount], billing_period_unit="year")
    assert _charge(wrapped(yearly, an_item_price(unit="year"))).terms.discounts[0].periods == 1


def test_a_coupon_on_an_item_comes_before_one_on_the_invoice():
    coupons = [
        {"id": "TEN", "name": "TEN", "discount_type": "percentage", "discount_percentage": 10, "apply_on": "invoice_amount"},
        {"id": "HUNDRED", "name": "HUNDRED", "discount_type": "fixed_amount", "discount_amount": 5000, "currency_code": "USD",
         "apply_on": "each_specified_item", "item_constraints": [{"item_type": "plan", "constraint": "all"}]},
    ]  # fmt: skip
    subscription = a_subscription(coupons=[{"coupon_id": "TEN"}, {"coupon_id": "HUNDRED", "applied_count": 1}])
    terms = _charge(wrapped(subscription, coupons=coupons)).terms
    assert terms.net_unit_price == Decimal("13.5")  # 20 - 50/10 = 15, less 10 %


def test_a_coupon_that_did_not_come_along_is_said():
    found, configuration = _read(wrapped(a_subscription(coupons=[{"coupon_id": "TEN"}])))
    assert configuration.charges[0].terms.net_unit_price == Decimal(20)
    assert [each.bears_on for each in found.unused] == ["discount"]


def test_an_amount_off_an_invoice_with_several_items_is_said():
    discount = a_discount(type="fixed_amount", percentage=None, amount=1000)
    two = a_subscription(an_item(), an_item("support", 1, 500, item_type="addon"), discounts=[discount])
    found, configuration = _read(wrapped(two, an_item_price(), an_item_price("support", price=500)))
    assert configuration.charges[0].terms.net_unit_price == Decimal(20)
    assert any("takes 10 USD off" in note for note in found.notes)


def test_a_trial_is_days_before_billing():
    charge = _charge(
        wrapped(a_subscription(status="in_trial", trial_start=at("2026-01-01"), trial_end=at("2026-01-15")))
    )
    assert (charge.state, charge.trial_days) == ("in_trial", 14)


@pytest.mark.parametrize(
    ("changes", "ends", "goes_on"),
    [
        ({"status": "non_renewing", "cancelled_at": at("2026-07-01")}, date(2026, 6, 30), False),
        ({"remaining_billing_cycles": 11}, date(2026, 12, 31), False),
        ({"contract_term": {"contract_start": at("2026-01-01"), "contract_end": at("2027-01-01"), "action_at_term_end": "cancel"}},
         date(2026, 12, 31), False),
        ({"contract_term": {"contract_start": at("2026-01-01"), "contract_end": at("2027-01-01"), "action_at_term_end": "evergreen"}},
         date(2026, 12, 31), True),
        ({}, None, True),
    ],
)  # fmt: skip
def test_a_subscription_ends_as_it_says(changes, ends, goes_on):
    _, configuration = _read(wrapped(a_subscription(**changes)))
    assert (configuration.charges[0].terms.end_date, configuration.auto_renew) == (ends, goes_on)


def test_a_ramp_that_is_scheduled_is_a_ramp_of_the_charge():
    ramp = {"id": "r1", "status": "scheduled", "effective_from": at("2026-07-01"), "subscription_id": "sub_1",
            "items_to_update": [{"item_price_id": "seat-USD-Monthly", "item_type": "plan", "quantity": 25, "unit_price": 1800}]}  # fmt: skip
    found, configuration = _read(wrapped(a_subscription(has_scheduled_changes=True), ramps=[ramp]))
    first, second = configuration.charges[0].terms.ramp
    assert (first.start_date, first.end_date, first.quantity, first.net_unit_price) == (
        date(2026, 1, 1), date(2026, 6, 30), Decimal(10), Decimal(20),
    )  # fmt: skip
    assert (second.start_date, second.end_date, second.quantity, second.net_unit_price) == (
        date(2026, 7, 1), None, Decimal(25), Decimal(18),
    )  # fmt: skip
    assert found.unused == ()


def test_what_a_ramp_does_beside_is_said():
    ramp = {"id": "r1", "status": "scheduled", "effective_from": at("2026-07-01"), "coupons_to_add": [{"coupon_id": "TEN"}],
            "items_to_add": [{"item_price_id": "x", "unit_price": 5}]}  # fmt: skip
    found, _ = _read(wrapped(a_subscription(), ramps=[ramp]))
    assert {each.bears_on for each in found.unused} == {"discount", "price"}


def test_scheduled_changes_that_did_not_come_along_are_said():
    found, _ = _read(wrapped(a_subscription(has_scheduled_changes=True), ramps=[]))
    assert [each.path for each in found.unused] == ["$.subscription.has_scheduled_changes"]


def test_a_subscription_of_an_older_catalog_is_read_as_well():
    subscription = {
        "id": "sub_1", "plan_id": "pro", "plan_quantity": 4, "status": "active", "created_at": at("2026-01-01"), "started_at": at("2026-01-01"),
        "addons": [{"id": "support", "quantity": 1}],
    }  # fmt: skip
    plan = {
        "id": "pro",
        "price": 5000,
        "period": 1,
        "period_unit": "month",
        "charge_model": "per_unit",
        "setup_cost": 10000,
    }
    addon = {
        "id": "support",
        "price": 900,
        "type": "on_off",
        "charge_type": "recurring",
        "period": 1,
        "period_unit": "month",
    }
    _, configuration = _read({"subscription": subscription, "plans": [plan], "addons": [addon]}, currency="USD")
    by_id = {each.charge_id: each.terms for each in configuration.charges}
    assert (by_id["sub_1:pro"].net_unit_price, by_id["sub_1:pro"].quantity) == (Decimal(50), Decimal(4))
    assert (by_id["sub_1:support"].charge_model, by_id["sub_1:support"].net_unit_price) == ("flat", Decimal(9))
    assert (by_id["sub_1:pro:setup"].charge_type, by_id["sub_1:pro:setup"].net_unit_price) == ("one_time", Decimal(100))


def test_a_quote_has_its_term_and_what_follows():
    found, quote = _read(a_quote(), Shape.QUOTE)
    line = quote.lines[0]
    assert (quote.quote_id, quote.stage, quote.deal_type, quote.payment_terms_days) == ("Q-7", "sent", "new", 30)
    assert (quote.start_date, quote.end_date) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (quote.renewal.auto_renew, quote.renewal.notice_days) == (True, 30)
    assert quote.stated_totals.tcv == Decimal(2400)  # 20 x 10 x 12
    assert (line.line_id, line.net_unit_price, line.quantity) == ("seat-USD-Monthly", Decimal(20), Decimal(10))
    assert found.unused == ()


def test_an_accepted_quote_is_an_agreement_and_an_open_one_is_none():
    _, agreement = _read(a_quote(status="accepted"), Shape.AGREEMENT)
    assert (agreement.agreement_id, agreement.quote_id) == ("Q-7", "Q-7")
    with pytest.raises(NotUnderstood, match="only an accepted quote"):
        _read(a_quote(), Shape.AGREEMENT)


def test_a_quote_without_what_it_quotes_is_refused():
    with pytest.raises(Invalid, match="fetch the quote by its id"):
        _read({"quote": a_quote()["quote"]}, Shape.QUOTE)


def test_quoted_ramps_are_ramps_with_their_net_prices():
    steps = [
        {"item_price_id": "seat-USD-Monthly", "item_type": "plan", "quantity": 10, "unit_price": 2000, "billing_period": 1,
         "billing_period_unit": "month", "start_date": at("2026-01-01"), "end_date": at("2026-07-01"), "net_amount_per_billing_cycle": 18000},
        {"item_price_id": "seat-USD-Monthly", "item_type": "plan", "quantity": 20, "unit_price": 2000, "billing_period": 1,
         "billing_period_unit": "month", "start_date": at("2026-07-01"), "end_date": at("2027-01-01"), "net_amount_per_billing_cycle": 40000},
    ]  # fmt: skip
    _, quote = _read({**a_quote(), "quoted_ramp": {"id": "Q-7", "line_items": steps}}, Shape.QUOTE)
    (line,) = quote.lines
    assert [(each.quantity, each.net_unit_price, each.end_date) for each in line.ramp] == [
        (Decimal(10), Decimal(18), date(2026, 6, 30)),
        (Decimal(20), Decimal(20), date(2026, 12, 31)),
    ]


def test_quoted_charges_come_once():
    charges = {"charges": [{"amount": 150000, "description": "Onboarding"}],
               "invoice_items": [{"item_price_id": "training", "quantity": 2, "unit_price": 40000}]}  # fmt: skip
    _, quote = _read({**a_quote(), "quoted_charge": charges}, Shape.QUOTE)
    once = {each.product_name or each.product_id: each for each in quote.lines if each.charge_type == "one_time"}
    assert (once["Onboarding"].net_unit_price, once["Onboarding"].price_period) == (Decimal(1500), "one_time")
    assert (once["training"].net_unit_price, once["training"].quantity) == (Decimal(400), Decimal(2))


def test_an_invoice_has_its_lines_discounts_and_tax():
    lines = [
        {"id": "li_1", "date_from": at("2026-01-01"), "date_to": at("2026-02-01"), "unit_amount": 2000, "quantity": 10, "amount": 20000,
         "discount_amount": 2000, "tax_amount": 1800, "entity_type": "plan_item_price", "entity_id": "seat-USD-Monthly", "subscription_id": "sub_1"},
        {"id": "li_2", "date_from": at("2026-01-01"), "date_to": at("2026-01-01"), "unit_amount": 10000, "quantity": 1, "amount": 10000,
         "entity_type": "charge_item_price", "entity_id": "setup", "subscription_id": "sub_1"},
    ]  # fmt: skip
    payload = {"invoice": {"id": "5", "customer_id": "cust_1", "currency_code": "USD", "date": at("2026-01-01"), "status": "pending",
                           "line_items": lines, "tax": 1800, "total": 29800, "price_type": "tax_exclusive"}}  # fmt: skip
    found, invoice = _read(payload, Shape.INVOICE)
    assert [(each.kind, each.amount) for each in invoice.lines] == [
        ("recurring", Decimal(200)), ("discount", Decimal(-20)), ("one_time", Decimal(100)), ("tax", Decimal(18)),
    ]  # fmt: skip
    assert (invoice.total, invoice.billing_configuration_id) == (Decimal(298), "sub_1")
    assert invoice.lines[0].period_end == date(2026, 1, 31)
    assert "the invoice is pending: it has not gone out" in found.notes


def test_an_event_and_a_list_hold_their_objects():
    assert ADAPTER.translate(an_event(), Shape.BILLING_CONFIGURATION, a_connection())
    listed = {"list": [wrapped(), wrapped(a_subscription(id="sub_2"))], "next_offset": None}
    assert len(ADAPTER.translate(listed, Shape.BILLING_CONFIGURATION, a_connection())) == 2
    with pytest.raises(NotUnderstood, match="a quote is wanted"):
        ADAPTER.translate(an_event(), Shape.QUOTE, a_connection())


def test_every_field_that_the_published_interface_gives_a_subscription_is_known():
    """API v1 has no other document that is published whole: each field of its subscription is read or named as harmless."""
    if not SPEC.exists():
        pytest.skip("the vendor's specification is not here")
    fields = json.loads(SPEC.read_text())["components"]["schemas"]["Subscription"]["properties"]
    payload = {name: _sample(name, each) for name, each in fields.items()}
    found, configuration = _read(
        {
            "subscription": payload,
            "plans": [{"id": "plan", "price": 100, "period": 1, "period_unit": "month", "charge_model": "per_unit"}],
        },
        currency="USD",
    )
    assert configuration.charges[0].terms.net_unit_price == 1
    assert {each.bears_on for each in found.unused} <= {
        "discount",
        "price",
    }  # a coupon and scheduled changes that did not come along
    assert {each.path for each in found.unused} == {
        "$.subscription.coupons[0].coupon_id",
        "$.subscription.has_scheduled_changes",
    }


def _sample(name, schema):
    samples = {"plan_id": "plan", "addons": [], "coupons": [{"coupon_id": "TEN"}], "id": "sub_1"}
    if name in samples:
        return samples[name]
    kinds = {
        "integer": 1767225600,
        "string": (schema.get("enum") or ["text"])[0],
        "boolean": True,
        "array": [],
        "object": {"line1": "x"},
    }
    return 2 if name in {"plan_quantity", "remaining_billing_cycles"} else kinds[schema["type"]]
