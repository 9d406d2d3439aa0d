"""Stripe's objects in canonical form: every number here was worked out by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.stripe import ADAPTER
from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_invoice, load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from policies.domain.rating import rate
from tests.cpq_hooks.adapters.stripe_objects import (
    a_connection,
    a_discount,
    a_line_item,
    a_list,
    a_phase,
    a_phase_item,
    a_price,
    a_quote,
    a_schedule,
    a_subscription,
    an_event,
    an_item,
    at,
    tiered,
)

_LOADS = {
    Shape.QUOTE: load_quote,
    Shape.AGREEMENT: load_agreement,
    Shape.BILLING_CONFIGURATION: load_billing_configuration,
    Shape.INVOICE: load_invoice,
}
FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "stripe" / "fixtures3.json"


def _read(payload, shape=Shape.BILLING_CONFIGURATION, **options):
    """The translation and what it loads as, from the very JSON that would travel."""
    (found,) = ADAPTER.translate(read_json(json.dumps(payload).encode()), shape, a_connection(**options))
    return found, _LOADS[shape](json.loads(json.dumps(found.document)))


def _charge(*items, **changes):
    _, configuration = _read(a_subscription(*items, **changes))
    return configuration.charges[0]


def test_a_subscription_is_a_configuration_with_stripes_defaults_written_out():
    found, configuration = _read(
        a_subscription(an_item(quantity=10), metadata={"agreement_id": "A-1", "quote_id": "Q-1"})
    )
    charge = configuration.charges[0]
    assert (configuration.billing_configuration_id, configuration.agreement_id) == ("sub_1", "A-1")
    assert (configuration.status, charge.state, configuration.auto_renew) == ("active", "active", True)
    assert (charge.terms.net_unit_price, charge.terms.quantity) == (Decimal(20), Decimal(10))
    assert (charge.terms.billing_frequency, charge.terms.billing_timing) == ("monthly", "in_advance")
    assert configuration.billing_anchor_day == 1
    assert found.unused == ()


@pytest.mark.parametrize(
    ("currency", "amount", "price"),
    [
        ("usd", 1999, "19.99"),
        ("jpy", 5000, "5000"),
        ("kwd", 12340, "12.34"),
        ("isk", 50000, "500"),
        ("ugx", 500, "5"),
        ("mga", 7, "7"),
    ],
)
def test_smallest_units_are_those_that_stripe_counts_in(currency, amount, price):
    item = an_item(a_price(amount=amount, currency=currency))
    assert _charge(item, currency=currency).terms.net_unit_price == Decimal(price)


def test_a_price_below_a_cent_is_exact():
    price = a_price(amount=None, unit_amount_decimal="0.0123456789")
    assert _charge(an_item(price)).terms.net_unit_price == Decimal("0.000123456789")


@pytest.mark.parametrize(
    ("interval", "count", "period", "frequency", "price"),
    [
        ("month", 1, "month", "monthly", "120"), ("month", 3, "quarter", "quarterly", "120"),
        ("month", 6, "quarter", "semiannual", "60"), ("year", 1, "year", "annual", "120"),
        ("month", 12, "year", "annual", "120"), ("year", 2, "year", None, "60"),
    ],
)  # fmt: skip
def test_an_interval_is_a_price_period_and_a_frequency(interval, count, period, frequency, price):
    terms = _charge(an_item(a_price(amount=12000, interval=interval, count=count))).terms
    assert (terms.price_period, terms.billing_frequency) == (period, frequency)
    assert terms.net_unit_price == Decimal(price)


def test_weeks_have_no_canonical_period_and_that_is_said():
    found, configuration = _read(a_subscription(an_item(a_price(interval="week", count=2))))
    assert configuration.charges[0].terms.price_period is None
    assert [each.bears_on for each in found.unused] == ["billing"]
    assert found.notes


def test_graduated_tiers_with_fees_rate_as_stripe_rates_them():
    tiers = (
        {"up_to": 10, "unit_amount": 500, "flat_amount": 1000},
        {"up_to": None, "unit_amount": None, "unit_amount_decimal": "250.5", "flat_amount": None},
    )
    terms = _charge(an_item(tiered("graduated", *tiers), quantity=12)).terms
    assert rate(terms, Decimal(12)).amount == Decimal(10) + 10 * Decimal(5) + 2 * Decimal("2.505")


def test_volume_tiers_price_all_units_at_one_tier():
    tiers = ({"up_to": 10, "unit_amount": 500}, {"up_to": None, "unit_amount": 400, "flat_amount": 300})
    assert rate(_charge(an_item(tiered("volume", *tiers))).terms, Decimal(12)).amount == Decimal(51)


def test_the_plans_of_older_versions_are_read_as_well():
    plan = {
        "id": "plan_1", "object": "plan", "amount": None, "billing_scheme": "tiered", "currency": "eur",
        "interval": "month", "interval_count": 1, "usage_type": "licensed", "tiers_mode": "graduated", "product": "prod_1",
        "tiers": [
            {"up_to": "10", "unit_amount": "1000", "flat_amount": "0"}, {"up_to": "inf", "unit_amount": "800", "flat_amount": "500"},
        ],
    }  # fmt: skip
    item = {"id": "si_1", "object": "subscription_item", "plan": plan, "quantity": 12, "metadata": {}}
    payload = a_subscription(items=a_list(item), currency=None, discounts=None, discount=None)
    found, configuration = _read(payload)
    terms = configuration.charges[0].terms
    assert configuration.currency == "EUR"
    assert rate(terms, Decimal(12)).amount == 10 * Decimal(10) + 2 * Decimal(8) + Decimal(5)
    assert found.unused == ()


def test_transformed_quantities_are_packages():
    terms = _charge(an_item(a_price(transform_quantity={"divide_by": 100, "round": "up"}), quantity=250)).terms
    assert rate(terms, Decimal(250)).amount == Decimal(60)
    assert (terms.package.size, terms.package.rounding) == (Decimal(100), "up")


@pytest.mark.parametrize(
    ("aggregate", "basis"),
    [(None, "sum"), ("sum", "sum"), ("max", "peak"), ("last_during_period", "latest"), ("last_ever", "latest")],
)
def test_metered_prices_are_usage_in_arrears_with_their_basis(aggregate, basis):
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "metered", "aggregate_usage": aggregate}
    terms = _charge(an_item(a_price(recurring=recurring), quantity=None)).terms
    assert (terms.charge_type, terms.billing_timing, terms.quantity_basis) == ("usage", "in_arrears", basis)


def test_a_meter_says_how_it_adds_up():
    meter = {"id": "mtr_1", "default_aggregation": {"formula": "count"}}
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "metered", "meter": meter}
    found, configuration = _read(a_subscription(an_item(a_price(recurring=recurring), quantity=None)))
    assert configuration.charges[0].terms.quantity_basis is None
    assert [each.bears_on for each in found.unused] == ["billing"]


def test_a_coupon_forever_is_a_discount_without_end():
    terms = _charge(discounts=[a_discount(percent_off=25)]).terms
    assert (terms.list_unit_price, terms.net_unit_price) == (Decimal(20), Decimal(15))
    assert terms.discounts[0].percent == 25
    assert terms.discounts[0].is_open_ended


def test_coupons_take_off_one_after_the_other_and_the_items_own_comes_first():
    terms = _charge(an_item(discounts=[a_discount(percent_off=10)]), discounts=[a_discount(percent_off=50)]).terms
    assert terms.net_unit_price == Decimal(9)


def test_a_coupon_once_holds_for_one_billing_period():
    assert _charge(discounts=[a_discount("once", percent_off=10)]).terms.discounts[0].periods == 1


@pytest.mark.parametrize(("interval", "periods"), [("month", 3), ("year", 1)])
def test_three_months_of_a_coupon_are_three_invoices_by_month_and_a_whole_year_by_year(interval, periods):
    coupon = a_discount("repeating", 3, end="2026-04-01T10:00:00", percent_off=10)
    assert _charge(an_item(a_price(interval=interval)), discounts=[coupon]).terms.discounts[0].periods == periods


def test_a_coupon_that_came_later_is_not_in_the_price_at_the_start():
    coupon = a_discount("repeating", 2, start="2026-03-01T10:00:00", end="2026-05-01T10:00:00", percent_off=10)
    terms = _charge(discounts=[coupon]).terms
    assert terms.net_unit_price == Decimal(20)
    assert (terms.discounts[0].starts_on.isoformat(), terms.discounts[0].ends_on.isoformat()) == (
        "2026-03-01",
        "2026-04-30",
    )


def test_an_amount_off_one_charge_is_so_much_per_unit():
    terms = _charge(an_item(quantity=10), discounts=[a_discount(amount_off=5000, currency="usd")]).terms
    assert (terms.net_unit_price, terms.discounts[0].amount) == (Decimal(15), Decimal(5))


def test_an_amount_off_that_divides_unevenly_or_is_shared_is_said_and_not_guessed():
    coupon = a_discount(amount_off=1000, currency="usd")
    uneven, _ = _read(a_subscription(an_item(quantity=3), discounts=[coupon]))
    shared, _ = _read(a_subscription(an_item(), an_item(identity="si_2"), discounts=[coupon]))
    for found in (uneven, shared):
        assert {each.bears_on for each in found.unused} == {"discount"}
        assert found.document["charges"][0]["net_unit_price"] == "20"


def test_a_coupon_is_for_its_products_alone():
    coupon = a_discount(percent_off=50, applies_to={"products": ["prod_a"]})
    items = (an_item(a_price("a")), an_item(a_price("b"), identity="si_2"))
    _, configuration = _read(a_subscription(*items, discounts=[coupon]))
    assert [each.terms.net_unit_price for each in configuration.charges] == [10, 20]


def test_the_customers_coupon_counts_where_the_subscription_has_none():
    customer = {"id": "cus_1", "name": "Acme", "discount": a_discount(percent_off=50)}
    _, configuration = _read(a_subscription(customer=customer))
    assert configuration.charges[0].terms.net_unit_price == 10
    assert configuration.account.name == "Acme"


def test_a_trial_an_end_and_a_pause_are_told_in_stripes_words():
    payload = a_subscription(
        status="trialing", trial_start=at("2026-01-01T10:00:00"), trial_end=at("2026-01-15T10:00:00"),
        cancel_at=at("2027-01-01T10:00:00"), pause_collection={"behavior": "void", "resumes_at": None},
    )  # fmt: skip
    found, configuration = _read(payload)
    charge = configuration.charges[0]
    assert (charge.trial_days, charge.terms.end_date.isoformat()) == (14, "2026-12-31")
    assert (configuration.status, configuration.auto_renew) == ("trialing", False)
    assert found.document["pause_collection"] == "void"


def test_it_ends_with_its_period_where_it_is_not_to_renew():
    assert _charge(cancel_at_period_end=True).terms.end_date.isoformat() == "2026-01-31"


def test_a_draft_that_nobody_lets_go_is_told():
    invoice = {"id": "in_1", "object": "invoice", "status": "draft", "auto_advance": False}
    assert _read(a_subscription(latest_invoice=invoice))[0].document["auto_advance"] is False


def test_our_own_hold_is_no_fault_of_the_set_up():
    held = {"quoteguard_hold": "dec_1", "quoteguard_hold_before": "none"}
    found, _ = _read(a_subscription(metadata=held, pause_collection={"behavior": "keep_as_draft", "resumes_at": None}))
    assert "pause_collection" not in found.document
    assert "dec_1" in found.notes[0]


def test_days_begin_in_the_accounts_time_zone():
    payload = a_subscription(start_date=at("2026-01-01T05:00:00"))
    _, utc = _read(payload)
    _, los_angeles = _read(payload, time_zone="America/Los_Angeles")
    assert utc.charges[0].terms.start_date.isoformat() == "2026-01-01"
    assert los_angeles.charges[0].terms.start_date.isoformat() == "2025-12-31"
    assert los_angeles.time_zone == "America/Los_Angeles"


def test_metadata_tie_charges_to_lines_by_the_keys_that_are_configured():
    item = an_item(a_price(metadata={"sku": "SEAT"}), metadata={"ql": "7", "line_id": "2"})
    _, configuration = _read(
        a_subscription(item, metadata={"contract": "A-9"}),
        agreement_key="contract",
        quote_line_key="ql",
        product_key="sku",
    )
    charge = configuration.charges[0]
    assert (configuration.agreement_id, charge.quote_line_id, charge.terms.line_id) == ("A-9", "7", "2")
    assert charge.terms.product_id == "SEAT"


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        (a_subscription(items=a_list(an_item(), has_more=True)), "has_more"),
        (a_subscription(an_item("price_1")), "price"),
        (a_subscription(an_item(tiered("graduated"))), "tiers"),
        (a_subscription(an_item(a_price(currency="eur"))), "currency"),
        (a_subscription(an_item(a_price(amount=None))), "unit_amount"),
        (a_subscription(discounts=["di_1"]), "discounts"),
        (a_subscription(currency="xyz", items=a_list()), "currency"),
        (a_subscription(start_date="soon"), "start_date"),
    ],
)
def test_what_is_cut_short_or_not_there_is_refused_with_its_place(payload, path):
    with pytest.raises(Invalid) as refused:
        ADAPTER.translate(payload, Shape.BILLING_CONFIGURATION)
    assert any(path in each.path for each in refused.value.problems)


def test_what_bears_on_billing_and_is_not_understood_is_said():
    found, _ = _read(
        a_subscription(billing_thresholds={"amount_gte": 50000}, pending_update={"subscription_items": [{}]})
    )
    assert {each.path.split(".")[1] for each in found.unused} == {"billing_thresholds", "pending_update"}


# ------------------------------------------------------------------------------------------------- schedules


def test_phases_are_the_steps_of_a_ramp():
    phases = (
        a_phase("2026-01-01", "2027-01-01", a_phase_item(quantity=10)),
        a_phase("2027-01-01", "2028-01-01", a_phase_item(a_price(amount=1800), quantity=20, price_changed=None)),
    )
    phases[1]["items"][0]["price"]["product"] = "prod_price_seat"
    _, configuration = _read(a_schedule(*phases, end_behavior="cancel"))
    terms = configuration.charges[0].terms
    assert configuration.billing_configuration_id == "sub_sched_1"
    assert (configuration.status, configuration.auto_renew) == ("not_started", False)
    steps = [(s.start_date.isoformat(), s.end_date.isoformat(), s.quantity, s.net_unit_price) for s in terms.ramp]
    assert steps == [("2026-01-01", "2026-12-31", 10, 20), ("2027-01-01", "2027-12-31", 20, 18)]
    assert (terms.start_date.isoformat(), terms.end_date.isoformat()) == ("2026-01-01", "2027-12-31")


def test_a_phase_without_an_item_ends_its_charge_and_begins_a_new_one():
    seat, other = a_phase_item(quantity=1), a_phase_item(a_price("other"), quantity=1)
    phases = (
        a_phase("2026-01-01", "2026-02-01", seat),
        a_phase("2026-02-01", "2026-03-01", other),
        a_phase("2026-03-01", "2026-04-01", seat),
    )
    _, configuration = _read(a_schedule(*phases))
    spans = [(c.terms.product_id, c.terms.start_date.month, c.terms.end_date.month) for c in configuration.charges]
    assert sorted(spans) == [("prod_other", 2, 2), ("prod_price_seat", 1, 1), ("prod_price_seat", 3, 3)]
    assert len({c.charge_id for c in configuration.charges}) == 3


def test_a_phase_discount_is_in_its_step_and_one_that_ends_makes_two_steps():
    once = {"coupon": a_discount("once", percent_off=50)["source"]["coupon"]}
    phases = (
        a_phase("2026-01-01", "2026-04-01", a_phase_item(quantity=2), discounts=[once]),
        a_phase("2026-04-01", "2026-07-01", a_phase_item(quantity=3)),
    )
    _, configuration = _read(a_schedule(*phases))
    steps = [(s.start_date.isoformat(), s.quantity, s.net_unit_price) for s in configuration.charges[0].terms.ramp]
    assert steps == [("2026-01-01", 2, 10), ("2026-02-01", 2, 20), ("2026-04-01", 3, 20)]


def test_what_a_phase_adds_to_its_invoice_is_charged_once():
    fee = {"price": a_price("setup", 50000, interval=None), "quantity": 1, "discounts": []}
    _, configuration = _read(a_schedule(a_phase("2026-01-01", "2027-01-01", a_phase_item(), add_invoice_items=[fee])))
    charge = configuration.charges[1]
    assert (charge.terms.charge_type, charge.terms.net_unit_price) == ("one_time", 500)
    assert charge.terms.start_date.isoformat() == "2026-01-01"


def test_a_schedule_that_lets_go_goes_on():
    found, configuration = _read(a_schedule(a_phase("2026-01-01", "2027-01-01", a_phase_item())))
    assert configuration.auto_renew is True
    assert any("lets go" in each for each in found.notes)


def test_a_subscription_and_its_schedule_are_one_configuration():
    schedule = a_schedule(a_phase("2026-01-01", "2027-01-01", a_phase_item()), status="active")
    _, by_subscription = _read(a_subscription(schedule=schedule))
    _, by_schedule = _read({**schedule, "subscription": a_subscription(schedule="sub_sched_1")})
    assert by_subscription.billing_configuration_id == by_schedule.billing_configuration_id == "sub_sched_1"
    assert by_subscription.status == by_schedule.status == "active"


def test_the_plans_in_phases_of_older_versions_are_read_as_well():
    plan = {
        "id": "plan_1",
        "object": "plan",
        "amount": 1500,
        "currency": "usd",
        "interval": "month",
        "interval_count": 1,
        "usage_type": "licensed",
        "product": "prod_1",
    }
    phase = a_phase("2026-01-01", "2027-01-01")
    del phase["items"]
    _, configuration = _read(a_schedule({**phase, "plans": [{"plan": plan, "quantity": 2}]}))
    assert configuration.charges[0].terms.net_unit_price == 15


# ----------------------------------------------------------------------------------------------------- quotes


def test_a_quote_is_a_quote_with_its_terms():
    setup = a_line_item(
        a_price("setup", 100000, interval=None), identity="li_2", amount_subtotal=100000, amount_discount=10000
    )
    computed = {
        "recurring": {
            "amount_subtotal": 20000,
            "interval": "month",
            "interval_count": 1,
            "total_details": {"amount_discount": 0},
        }
    }
    _, quote = _read(
        a_quote(a_line_item(quantity=10), setup, computed=computed, metadata={"opportunity_id": "006", "rep_id": "r1"}),
        Shape.QUOTE,
    )
    assert (quote.quote_id, quote.stage, quote.opportunity_id, quote.rep.rep_id) == ("qt_1", "sent", "006", "r1")
    assert (quote.start_date.isoformat(), quote.payment_terms_days) == ("2026-03-01", 30)
    assert [(line.line_id, line.charge_type, line.net_unit_price) for line in quote.lines] == [
        ("li_1", "recurring", 20), ("li_2", "one_time", 1000),
    ]  # fmt: skip
    assert quote.lines[1].stated_total == 900
    assert quote.stated_totals.mrr == 200


def test_a_trial_on_a_dated_quote_is_when_billing_begins_and_else_it_is_said():
    data = {"effective_date": at("2026-03-01"), "trial_period_days": 14}
    _, quote = _read(a_quote(a_line_item(), subscription_data=data), Shape.QUOTE)
    assert quote.billing_start_date.isoformat() == "2026-03-15"
    found, _ = _read(a_quote(a_line_item(), subscription_data={**data, "effective_date": None}), Shape.QUOTE)
    assert [each.bears_on for each in found.unused] == ["billing"]


def test_the_quotes_own_coupon_counts_once_though_stripe_repeats_it_on_lines():
    coupon = a_discount(percent_off=10)
    line = a_line_item(discounts=[{"amount": 200, "discount": coupon}])
    _, quote = _read(a_quote(line, discounts=[coupon]), Shape.QUOTE)
    assert quote.lines[0].net_unit_price == 18


def test_an_accepted_quote_is_an_agreement_and_an_open_one_is_none():
    accepted = a_quote(
        a_line_item(),
        status="accepted",
        status_transitions={"accepted_at": at("2026-02-01")},
        metadata={"agreement_id": "A-1"},
    )
    _, agreement = _read(accepted, Shape.AGREEMENT)
    assert (agreement.agreement_id, agreement.quote_id, agreement.signed_on.isoformat()) == (
        "A-1",
        "qt_1",
        "2026-02-01",
    )
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(a_quote(a_line_item()), Shape.AGREEMENT)


def test_a_quote_has_the_term_that_its_metadata_or_the_connection_state():
    _, stated = _read(a_quote(a_line_item(), metadata={"term_months": "24"}), Shape.QUOTE, term_months="12")
    _, usual = _read(a_quote(a_line_item()), Shape.QUOTE, term_months="12")
    _, none = _read(a_quote(a_line_item()), Shape.QUOTE)
    assert [each.term_months for each in (stated, usual, none)] == [24, 12, None]
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(a_quote(a_line_item(), metadata={"term_months": "long"}), Shape.QUOTE)


def test_an_agreement_without_a_stated_term_is_bound_for_its_longest_billing_period():
    lines = (a_line_item(), a_line_item(a_price("y", interval="year"), identity="li_2"))
    found, agreement = _read(a_quote(*lines, status="accepted"), Shape.AGREEMENT)
    assert (agreement.terms.term_months, agreement.terms.renewal.term_months) == (12, 12)
    assert any("no term is stated" in each for each in found.notes)


# --------------------------------------------------------------------------------------------------- invoices


def _an_invoice(*lines, **changes):
    invoice = {
        "id": "in_1", "object": "invoice", "currency": "usd", "customer": "cus_1", "created": at("2026-01-01"), "status": "open",
        "lines": a_list(*lines), "total": 22000, "metadata": {}, "status_transitions": {"finalized_at": at("2026-01-02")},
    }  # fmt: skip
    return {**invoice, **changes}


PERIOD = {"start": at("2026-01-01T10:00:00"), "end": at("2026-02-01T10:00:00")}
NEW_LINE = {
    "id": "il_1", "object": "line_item", "amount": 25000, "quantity": 10, "period": PERIOD, "metadata": {"line_id": "1"},
    "discount_amounts": [{"amount": 5000, "discount": "di_1"}],
    "parent": {"type": "subscription_item_details", "subscription_item_details": {"subscription_item": "si_1", "proration": False}},
    "pricing": {"type": "price_details", "price_details": {"price": "price_1", "product": "prod_1"}, "unit_amount_decimal": "2500"},
}  # fmt: skip


def test_an_invoice_of_the_current_version():
    parent = {
        "type": "subscription_details",
        "subscription_details": {"subscription": "sub_1", "metadata": {"agreement_id": "A-1"}},
    }
    found, invoice = _read(
        _an_invoice(NEW_LINE, parent=parent, total_taxes=[{"amount": 2000, "tax_behavior": "exclusive"}]), Shape.INVOICE
    )
    assert (invoice.billing_configuration_id, invoice.agreement_id, invoice.issued_on.isoformat()) == (
        "sub_1",
        "A-1",
        "2026-01-02",
    )
    assert [(line.kind, line.amount) for line in invoice.lines] == [("recurring", 250), ("discount", -50), ("tax", 20)]
    first = invoice.lines[0]
    assert (first.charge_id, first.line_id, first.unit_price, first.period_end.isoformat()) == (
        "si_1",
        "1",
        25,
        "2026-01-31",
    )
    assert invoice.total == sum(line.amount for line in invoice.lines)
    assert found.unused == ()


def test_an_invoice_of_an_older_version():
    line = {
        "id": "il_1", "object": "line_item", "amount": 20000, "quantity": 10, "period": PERIOD, "type": "subscription",
        "subscription_item": "si_1", "price": a_price(), "proration": False,
    }  # fmt: skip
    _, invoice = _read(_an_invoice(line, subscription="sub_1", tax=2000), Shape.INVOICE)
    assert invoice.billing_configuration_id == "sub_1"
    assert [(each.kind, each.amount) for each in invoice.lines] == [("recurring", 200), ("tax", 20)]
    assert invoice.lines[0].product_id == "prod_price_seat"


def test_prorated_credit_usage_and_extra_items_have_their_kinds():
    credit = {**NEW_LINE, "amount": -1000, "discount_amounts": []}
    usage = {"id": "il_2", "amount": 300, "plan": {"usage_type": "metered", "interval": "month"}, "period": PERIOD}
    extra = {"id": "il_3", "amount": 500, "type": "invoiceitem", "period": PERIOD}
    _, invoice = _read(_an_invoice(credit, usage, extra), Shape.INVOICE)
    assert [line.kind for line in invoice.lines] == ["credit", "usage", "one_time"]


def test_a_preview_has_no_id_and_says_so():
    preview = _an_invoice(NEW_LINE, amount_due=22000)
    del preview["id"], preview["object"]
    found, invoice = _read(preview, Shape.INVOICE)
    assert invoice.invoice_id == "preview"
    assert any("preview" in each for each in found.notes)


# ------------------------------------------------------------------------------------------------ everything


def test_lists_and_events_are_unpacked():
    two = ADAPTER.translate(a_list(a_subscription(), a_subscription(id="sub_2")), Shape.BILLING_CONFIGURATION)
    assert [each.document["billing_configuration_id"] for each in two] == ["sub_1", "sub_2"]
    (one,) = ADAPTER.translate(an_event("quote.created", a_quote(a_line_item())), Shape.QUOTE)
    assert one.document["quote_id"] == "qt_1"


@pytest.mark.parametrize("payload", [{}, [], 1, None, {"object": "charge"}, {"object": "list", "data": None}])
def test_what_is_not_stripes_is_not_understood(payload):
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(payload, Shape.QUOTE)
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(payload, Shape.USAGE)


@pytest.mark.skipif(not FIXTURES.exists(), reason="Stripe's own fixtures are not here")
def test_stripes_official_objects_are_read():
    official = read_json(FIXTURES.read_bytes())["resources"]
    _, configuration = _read_official(official["subscription"], Shape.BILLING_CONFIGURATION)
    assert (configuration.charges[0].terms.net_unit_price, configuration.charges[0].terms.package.rounding) == (
        20,
        "down",
    )
    quote = {**official["quote"], "line_items": a_list(official["item"])}
    _, read = _read_official(quote, Shape.QUOTE)
    assert (read.lines[0].net_unit_price, read.lines[0].charge_type, read.stage) == (10, "one_time", "draft")
    _, invoice = _read_official(official["invoice"], Shape.INVOICE)
    assert (invoice.total, invoice.lines[0].amount, invoice.billing_configuration_id) == (10, 10, "subscription")
    schedule = official["subscription_schedule"]
    schedule["phases"][0]["items"][0]["price"] = official["price"]
    _, scheduled = _read_official(schedule, Shape.BILLING_CONFIGURATION)
    assert (scheduled.charges[0].terms.net_unit_price, scheduled.charges[0].terms.end_date.isoformat()) == (
        20,
        "2025-07-31",
    )


def _read_official(payload, shape):
    (found,) = ADAPTER.translate(payload, shape)
    return found, _LOADS[shape](found.document)
