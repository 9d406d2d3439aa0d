"""Lago's objects in canonical form: every number here was worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.lago import ADAPTER
from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_invoice, load_quote, load_usage
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from policies.domain.rating import rate
from tests.cpq_hooks.adapters.lago_objects import (
    a_charge,
    a_connection,
    a_fixed_charge,
    a_metric,
    a_plan,
    a_quote,
    an_applied,
    wrapped,
)

_LOADS = {
    Shape.QUOTE: load_quote,
    Shape.AGREEMENT: load_agreement,
    Shape.BILLING_CONFIGURATION: load_billing_configuration,
    Shape.INVOICE: load_invoice,
    Shape.USAGE: load_usage,
}
FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "lago" / "python_client_fixtures"


def _read(payload, shape=Shape.BILLING_CONFIGURATION, **options):
    (found,) = ADAPTER.translate(read_json(json.dumps(payload, default=str).encode()), shape, a_connection(**options))
    return found, _LOADS[shape](json.loads(json.dumps(found.document)))


def _terms(*charges, at=-1, **changes):
    _, configuration = _read(wrapped(a_plan(*charges), **changes))
    return configuration.charges[at].terms


def _fixture(name):
    path = FIXTURES / name
    if not path.exists():
        pytest.skip("the vendor's fixtures are not here")
    return read_json(path.read_bytes())


def test_a_subscription_is_a_configuration_with_lagos_defaults_written_out():
    found, configuration = _read(wrapped())
    base, usage = configuration.charges
    assert (configuration.billing_configuration_id, configuration.agreement_id) == ("sub_1", "A-1")
    assert (base.terms.charge_model, base.terms.net_unit_price, base.terms.billing_timing) == (
        "flat",
        Decimal(500),
        "in_advance",
    )
    assert (usage.terms.charge_type, usage.terms.billing_timing, usage.terms.quantity_basis) == (
        "usage",
        "in_arrears",
        "sum",
    )
    assert (usage.terms.net_unit_price, usage.invoiceable) == (Decimal("0.25"), True)
    assert (base.terms.start_date, configuration.billing_anchor_day) == (date(2026, 1, 15), 15)
    assert (configuration.time_zone, configuration.auto_renew) == ("America/New_York", True)
    assert found.unused == ()


def test_days_begin_in_the_customers_zone():
    _, configuration = _read(wrapped(subscription_at="2026-01-01T03:00:00Z", started_at=None))
    assert configuration.charges[0].terms.start_date == date(2025, 12, 31)


def test_billing_by_the_calendar_is_what_lago_does_unless_it_is_told():
    found, configuration = _read(wrapped(billing_time=None))
    assert configuration.billing_anchor_day == 1
    assert any("by the calendar" in note for note in found.notes)


_RANGES = [
    {"from_value": 0, "to_value": 10, "flat_amount": "0", "per_unit_amount": "5"},
    {"from_value": 11, "to_value": None, "flat_amount": "20", "per_unit_amount": "3"},
]


@pytest.mark.parametrize(
    ("model", "properties", "quantity", "amount"),
    [
        ("standard", {"amount": "0.25"}, 8, "2"),
        ("graduated", {"graduated_ranges": _RANGES}, 15, "85"),  # 10 x 5 + 20 + 5 x 3
        ("volume", {"volume_ranges": _RANGES}, 15, "65"),  # 15 x 3 + 20
        ("package", {"amount": "30", "package_size": 100, "free_units": 50}, 251, "90"),  # 201 over the free ones: three packages
        ("percentage", {"rate": "2.5", "free_units_per_total_aggregation": "100"}, 500, "10"),  # 2.5 % of 400
        ("graduated_percentage", {"graduated_percentage_ranges": [
            {"from_value": 0, "to_value": 1000, "rate": "2", "flat_amount": "0"}, {"from_value": 1001, "to_value": None, "rate": "1", "flat_amount": "5"}]},
         3000, "45"),  # 2 % of 1,000, 1 % of 2,000, and 5
        ("dynamic", {}, 70, "70"),
    ],
)  # fmt: skip
def test_charge_models_come_to_what_lago_charges(model, properties, quantity, amount):
    terms = _terms(a_charge(model, properties=properties))
    assert rate(terms, Decimal(quantity)).amount == Decimal(amount)


def test_a_charge_that_a_program_computes_is_said_and_not_guessed():
    found, configuration = _read(wrapped(a_plan(a_charge("custom", properties={"custom_properties": {}}))))
    assert len(configuration.charges) == 1
    assert any(each.value == "custom" and each.bears_on == "price" for each in found.unused)


def test_amounts_by_the_event_are_said():
    found, _ = _read(wrapped(a_plan(a_charge("percentage", properties={"rate": "1", "fixed_amount": "0.3"}))))
    assert any("by the event" in note for note in found.notes)


@pytest.mark.parametrize(
    ("aggregation", "basis"),
    [
        ("max_agg", "peak"),
        ("latest_agg", "latest"),
        ("weighted_sum_agg", "time_weighted"),
        ("count_agg", "sum"),
        ("custom_agg", None),
    ],
)
def test_a_metric_says_how_use_adds_up(aggregation, basis):
    found, configuration = _read(wrapped(metrics=[a_metric(aggregation=aggregation)]))
    assert configuration.charges[1].terms.quantity_basis == basis
    assert bool(found.unused) is (basis is None)


def test_a_metric_that_carries_on_is_said():
    found, _ = _read(wrapped(metrics=[a_metric(recurring=True)]))
    assert [(each.path, each.bears_on) for each in found.unused] == [("$.billable_metrics[0].recurring", "billing")]


def test_a_filter_is_a_charge_of_its_own():
    filters = [{"invoice_display_name": "France", "properties": {"amount": "0.33"}, "values": {"country": ["France"]}}]
    _, configuration = _read(wrapped(a_plan(a_charge(filters=filters))))
    found = {each.terms.product_id: each.terms.net_unit_price for each in configuration.charges}
    assert found == {"scale": Decimal(500), "api_calls": Decimal("0.25"), "api_calls:country=France": Decimal("0.33")}


def test_minimums_commitments_and_what_is_never_invoiced_are_explicit():
    plan = a_plan(a_charge(min_amount_cents=2500, invoiceable=False), minimum_commitment={"amount_cents": 100000})
    _, configuration = _read(wrapped(plan))
    base, usage = configuration.charges
    assert (base.terms.minimum_commitment.amount, base.terms.minimum_commitment.period) == (Decimal(1000), "month")
    assert (usage.terms.minimum_amount, usage.invoiceable) == (Decimal(25), False)


def test_a_trial_is_on_the_base_fee_alone():
    _, configuration = _read(wrapped(a_plan(a_charge(), trial_period=30.0)))
    assert [each.trial_days for each in configuration.charges] == [30, None]


def test_a_yearly_plan_may_bill_its_charges_by_the_month():
    plan = a_plan(a_charge(), fixed=[a_fixed_charge()], interval="yearly", bill_charges_monthly=True)
    _, configuration = _read(wrapped(plan))
    assert [each.terms.billing_frequency for each in configuration.charges] == ["annual", "monthly", "annual"]
    fixed = configuration.charges[2].terms
    assert (fixed.quantity, fixed.net_unit_price, fixed.billing_timing) == (Decimal(5), Decimal(80), "in_advance")


def test_a_semiannual_plan_is_cut_into_quarters():
    base = _read(wrapped(a_plan(interval="semiannual", amount_cents=60000)))[1].charges[0].terms
    assert (base.price_period, base.billing_frequency, base.net_unit_price) == ("quarter", "semiannual", Decimal(300))


def test_a_coupon_in_percent_is_on_every_charge_for_its_periods():
    _, configuration = _read(
        wrapped(applied=[an_applied(frequency="recurring", frequency_duration=3, frequency_duration_remaining=2)])
    )
    base, usage = configuration.charges
    assert (base.terms.list_unit_price, base.terms.net_unit_price) == (Decimal(500), Decimal(450))
    assert usage.terms.net_unit_price == Decimal("0.225")
    assert base.terms.discounts[0].periods == 3


def test_a_coupon_that_is_limited_is_on_what_it_is_for():
    coupon = {"code": "TEN", "limited_billable_metrics": True, "billable_metric_codes": ["api_calls"], "plan_codes": []}
    _, configuration = _read(wrapped(applied=[an_applied()], coupons=[coupon]))
    assert [each.terms.net_unit_price for each in configuration.charges] == [Decimal(500), Decimal("0.225")]


def test_an_amount_off_the_customers_invoices_is_said_unless_one_fee_is_all():
    use = an_applied(percentage_rate=None, amount_cents=5000, amount_currency="USD", frequency="once")
    found, configuration = _read(wrapped(applied=[use]))
    assert configuration.charges[0].terms.net_unit_price == Decimal(500)
    assert any(each.bears_on == "discount" for each in found.unused)
    alone = _read(wrapped(a_plan(), applied=[use]))[1].charges[0].terms
    assert (alone.net_unit_price, alone.discounts[0].periods) == (Decimal(450), 1)


def test_a_terminated_coupon_is_none():
    _, configuration = _read(
        wrapped(applied=[an_applied(status="terminated"), an_applied(terminated_at="2026-01-11T00:00:00Z")])
    )
    assert configuration.charges[0].terms.discounts == ()


def test_what_is_to_come_and_thresholds_are_said():
    plan = a_plan(a_charge(), usage_thresholds=[{"amount_cents": 10000, "recurring": False}])
    found, _ = _read(wrapped(plan, next_plan_code="starter", downgrade_plan_date="2026-02-15"))
    assert {each.path for each in found.unused} == {
        "$.subscription.next_plan_code",
        "$.subscription.plan.usage_thresholds[0].amount_cents",
    }


def test_a_pricing_unit_is_converted():
    _, configuration = _read(wrapped(a_plan(a_charge(applied_pricing_unit={"code": "CR", "conversion_rate": "0.5"}))))
    assert configuration.charges[1].terms.net_unit_price == Decimal("0.125")


def test_a_quote_has_the_catalogs_prices_and_the_deals():
    found, quote = _read(a_quote(), Shape.QUOTE)
    base, usage = quote.lines
    assert (quote.quote_id, quote.revision, quote.stage, quote.deal_type) == ("QT-2026-0001", "2", "sent", "new")
    assert (quote.start_date, quote.end_date) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (base.list_unit_price, base.net_unit_price) == (Decimal(500), Decimal(450))
    assert usage.net_unit_price == Decimal("0.2")
    assert found.unused == ()


def test_an_order_form_that_is_signed_makes_an_agreement():
    form = {"lago_id": "of1", "status": "signed", "signed_at": "2026-01-03T12:00:00Z", "lago_quote_id": "q1"}
    _, agreement = _read(a_quote(form=form), Shape.AGREEMENT)
    assert (agreement.agreement_id, agreement.signed_on) == ("QT-2026-0001", date(2026, 1, 3))
    with pytest.raises(NotUnderstood, match="no signed order form"):
        _read(a_quote(form={**form, "status": "generated"}), Shape.AGREEMENT)


def test_a_quote_as_its_webhook_has_it_is_refused():
    thin = a_quote()
    del thin["quote"]["current_version"]["billing_items"]
    with pytest.raises(Invalid, match="leave them out"):
        _read(thin, Shape.QUOTE)


def test_add_ons_coupons_and_credits_of_a_quote_are_read():
    items = {
        "addons": [{"id": "a1", "localId": "x", "payload": {"code": "onboarding", "units": 2, "unit_amount_cents": 50000, "total_amount_cents": 100000},
                    "overrides": {"unit_amount_cents": 40000, "total_amount_cents": 80000}}],
        "walletCredits": [{"localId": "y", "type": "wallet_credit", "payload": {"paidCredits": "100", "grantedCredits": "20", "rateAmount": "2",
                                                                               "expirationAt": "2026-12-31T12:00:00Z"}}],
    }  # fmt: skip
    _, quote = _read(a_quote(items), Shape.QUOTE)
    addon, wallet = quote.lines
    assert (addon.list_unit_price, addon.net_unit_price, addon.quantity, addon.stated_total) == (
        Decimal(500),
        Decimal(400),
        2,
        800,
    )
    assert (wallet.net_unit_price, wallet.drawdown.credit_amount) == (Decimal(200), Decimal(240))


def test_a_coupon_of_a_quote_lowers_its_lines():
    whole = a_quote()
    coupon = {
        "id": "k1",
        "localId": "z",
        "type": "coupon",
        "payload": {"code": "TEN", "type": "percentage", "percentageRate": 10, "frequency": "once"},
    }
    whole["quote"]["current_version"]["billing_items"]["coupons"] = [coupon]
    base = _read(whole, Shape.QUOTE)[1].lines[0]
    assert (base.net_unit_price, base.discounts[0].periods) == (Decimal(405), 1)


def test_an_event_is_usage_by_its_metrics_field():
    told = {
        "transaction_id": "t1",
        "code": "api_calls",
        "timestamp": "1767225600.5",
        "external_subscription_id": "sub_1",
        "properties": {"n": "12.5"},
    }
    _, usage = _read({"event": told, "billable_metric": a_metric()}, Shape.USAGE)
    assert (usage.usage_id, usage.quantity, usage.product_id) == ("t1", Decimal("12.5"), "api_calls")
    with pytest.raises(Invalid, match="billable_metric"):
        _read({"event": told}, Shape.USAGE)


# ------------------------------------------------------------------------------- the vendor's own fixtures


def test_the_plan_of_the_client_library():
    found, configuration = _read(_fixture("plan.json"))
    prices = {each.terms.product_id: each.terms.net_unit_price for each in configuration.charges}
    assert prices == {"plan_code": Decimal(9), "bm_code": Decimal("0.22"), "bm_code:country=France": Decimal("0.33")}
    assert (configuration.charges[0].trial_days, configuration.charges[0].terms.minimum_commitment.amount) == (
        3,
        Decimal(10),
    )
    assert {each.value for each in found.unused} >= {"weekly", "0.2"}


def test_the_graduated_plan_of_the_client_library():
    _, configuration = _read(_fixture("graduated_plan.json"))
    assert rate(configuration.charges[1].terms, Decimal(3)).amount == Decimal(
        6400
    )  # one for nothing, two for 3,200 each


def test_the_fixed_charges_and_charges_of_the_client_library():
    plan = a_plan(*_fixture("charges.json")["charges"], fixed=_fixture("fixed_charges.json")["fixed_charges"])
    _, configuration = _read(wrapped(json.loads(json.dumps(plan, default=float))))
    terms = {each.terms.product_id: each.terms for each in configuration.charges}
    assert terms["bm_code"].net_unit_price == Decimal("0.22")
    assert (terms["setup_fee"].quantity, terms["setup_fee"].net_unit_price) == (Decimal(1), Decimal(500))
    assert rate(terms["monthly_support"], Decimal(12)).amount == Decimal(1210)  # 10 x 100 + 50 + 2 x 80


@pytest.mark.parametrize(("name", "kind"), [("invoice.json", "usage"), ("one_off_invoice.json", "one_time")])
def test_the_invoices_of_the_client_library(name, kind):
    found, invoice = _read(_fixture(name), Shape.INVOICE)
    assert [(each.kind, each.amount) for each in invoice.lines] == [(kind, Decimal(1)), ("tax", Decimal("0.2"))]
    assert (invoice.total, invoice.issued_on) == (Decimal("1.2"), date(2022, 6, 2))
    assert found.unused == ()


@pytest.mark.parametrize("name", ["subscription.json", "pending_subscription.json"])
def test_the_subscriptions_of_the_client_library_say_that_their_plan_is_missing(name):
    found, configuration = _read(_fixture(name))
    assert configuration.charges[0].terms.net_unit_price == Decimal(100)
    assert any("did not come along" in note for note in found.notes)


def test_the_usage_of_the_client_library():
    _, usage = _read(_fixture("customer_usage.json"), Shape.USAGE)
    assert (usage.product_id, usage.quantity, usage.period_end) == ("usage_metric", Decimal(1), date(2022, 7, 31))


def test_the_applied_coupon_of_the_client_library_is_over():
    use = _fixture("applied_coupon.json")["applied_coupon"]
    _, configuration = _read(
        wrapped(a_plan(amount_currency="EUR"), applied=[use], coupons=[_fixture("coupon.json")["coupon"]])
    )
    assert configuration.charges[0].terms.discounts == ()


@pytest.mark.parametrize(
    "name",
    [
        "add_on",
        "charge_filter",
        "charge_filters",
        "credit_note",
        "fee",
        "fees",
        "webhook",
        "webhook_endpoint",
        "billable_metric",
        "coupon",
    ],
)
def test_what_makes_no_document_is_refused_in_words(name):
    for shape in ADAPTER.shapes:
        with pytest.raises(NotUnderstood, match="is wanted, and this is"):
            ADAPTER.translate(_fixture(f"{name}.json"), shape, a_connection())
