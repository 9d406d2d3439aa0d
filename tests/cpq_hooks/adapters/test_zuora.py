"""Zuora's subscriptions in canonical form: every number here was worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.zuora import ADAPTER
from cpq_hooks.canonical import load_billing_configuration
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from policies.domain.rating import rate
from policies.twin.readiness import invoicing_charges
from tests.cpq_hooks.adapters.zuora_objects import (
    a_charge,
    a_connection,
    a_discount,
    a_plan,
    a_subscription,
    a_tier,
    a_usage_charge,
)


def _read(*charges, options=None, **changes):
    """The translation and what it loads as, from the very JSON that would travel."""
    raw = json.dumps(a_subscription(*charges, **changes)).encode()
    (found,) = ADAPTER.translate(read_json(raw), Shape.BILLING_CONFIGURATION, a_connection(**(options or {})))
    return found, load_billing_configuration(json.loads(json.dumps(found.document)))


def _terms(*charges, **changes):
    return _read(*charges, **changes)[1].charges[0].terms


def test_a_subscription_is_a_configuration_with_zuoras_defaults_written_out():
    found, configuration = _read(a_charge(billingTiming=None))
    charge = configuration.charges[0]
    assert (configuration.billing_configuration_id, configuration.source, configuration.status) == (
        "A-S1",
        "zuora",
        "Active",
    )
    assert (charge.charge_id, charge.terms.product_id, charge.state) == ("C-1", "SKU-1", "Active")
    assert (charge.terms.net_unit_price, charge.terms.quantity, charge.terms.price_period) == (
        Decimal(120),
        Decimal(10),
        "year",
    )
    assert (charge.terms.billing_frequency, charge.terms.billing_timing) == ("annual", "in_advance")
    assert (charge.terms.uplift_percent, charge.terms.uplift_at) == (Decimal(0), "renewal")
    assert (configuration.auto_renew, configuration.billing_anchor_day, found.unused, found.notes) == (True, 1, (), ())


def test_zuora_ends_a_charge_on_the_day_after_its_last():
    terms = _terms()
    assert (terms.start_date, terms.end_date) == (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("period", "number", "base", "price_period", "frequency", "price"),
    [
        ("Month", None, "Per_Billing_Period", "month", "monthly", "120"),
        ("Quarter", None, "Per_Billing_Period", "quarter", "quarterly", "120"),
        ("Semi_Annual", None, "Per_Billing_Period", "quarter", "semiannual", "60"),
        ("Semi-Annual", None, "Per_Billing_Period", "quarter", "semiannual", "60"),
        ("Annual", None, "Per_Month", "month", "annual", "120"),
        ("Month", None, "Per_Year", "year", "monthly", "120"),
        ("Specific_Months", 3, "Per_Billing_Period", "quarter", "quarterly", "120"),
        ("Two_Years", None, "Per_Billing_Period", "year", None, "60"),
        ("Subscription_Term", None, "Per_Billing_Period", "term", "term", "120"),
    ],
)
def test_a_billing_period_and_a_price_base_are_a_frequency_and_a_price_period(
    period, number, base, price_period, frequency, price
):
    terms = _terms(a_charge(billingPeriod=period, specificBillingPeriod=number, listPriceBase=base))
    assert (terms.price_period, terms.billing_frequency, terms.net_unit_price) == (
        price_period,
        frequency,
        Decimal(price),
    )


@pytest.mark.parametrize("period", ["Week", "Specific_Weeks", "Specific_Days", "Eighteen_Months"])
def test_a_period_that_has_no_canonical_frequency_is_said(period):
    found, configuration = _read(a_charge(billingPeriod=period, specificBillingPeriod=2))
    assert configuration.charges[0].terms.billing_frequency is None
    assert [(each.path, each.bears_on) for each in found.unused] == [
        ("$.ratePlans[0].ratePlanCharges[0].billingPeriod", "billing")
    ]
    assert found.notes


def test_a_flat_fee_costs_the_same_whatever_the_quantity():
    terms = _terms(a_charge(model="FlatFee", quantity=None, price=Decimal("99.5").__float__()))
    assert (terms.model, rate(terms, Decimal(7)).amount) == ("flat", Decimal("99.5"))


def test_tiers_with_a_fee_and_a_price_rate_as_zuora_rates_them():
    tiers = [a_tier(10, 20, "0E-9", "FlatFee"), a_tier(None, 4, 11)]
    terms = _terms(a_charge(type="OneTime", model="Tiered", price=None, tiers=tiers, quantity=11))
    assert rate(terms, Decimal(11)).amount == 20 + 1 * 4
    assert (terms.start_date, terms.end_date, terms.price_period) == (date(2026, 1, 1), date(2026, 1, 1), "one_time")


def test_volume_prices_every_unit_at_the_tier_that_holds_them():
    terms = _terms(a_usage_charge(model="Volume", tiers=[a_tier(100, 1), a_tier(None, 0.5, 101)]))
    assert (rate(terms, Decimal(100)).amount, rate(terms, Decimal(101)).amount) == (Decimal(100), Decimal("50.5"))


def test_tiered_with_overage_bills_what_lies_beyond_the_last_tier():
    tiers = [a_tier(100, 0), a_tier(200, 2, 101)]
    terms = _terms(a_usage_charge(model="TieredWithOverage", tiers=tiers, overagePrice=5))
    assert [rate(terms, Decimal(used)).amount for used in (100, 130, 210)] == [0, 30 * 2, 100 * 2 + 10 * 5]


def test_overage_leaves_the_included_units_free():
    terms = _terms(a_usage_charge(model="Overage", includedUnits=500, overagePrice=0.5))
    assert (terms.included_quantity, rate(terms, Decimal(520)).amount) == (500, 20 * Decimal("0.5"))


def test_overage_that_is_smoothed_or_credited_is_said():
    found, _ = _read(
        a_usage_charge(
            model="Overage", includedUnits=500, overagePrice=1, numberOfPeriods=6, smoothingModel="RollingWindow",
            overageUnusedUnitsCreditOption="CreditBySpecificRate", unusedUnitsCreditRates=0.1,
        )
    )  # fmt: skip
    assert {each.path.rpartition(".")[2] for each in found.unused} == {"numberOfPeriods", "unusedUnitsCreditRates"}


def test_a_high_watermark_counts_the_peak():
    terms = _terms(a_usage_charge(model="HighWatermarkVolumePricing", tiers=[a_tier(None, 2)]))
    assert (terms.quantity_basis, terms.model) == ("peak", "volume")


@pytest.mark.parametrize("model", ["MultiAttributePricing", "PreratedPerUnit", "PreratedPricing", "NotYetInvented"])
def test_a_model_without_a_price_of_its_own_is_named_and_left_out(model):
    found, configuration = _read(a_charge(), a_usage_charge("C-2", model, price=None))
    assert [each.charge_id for each in configuration.charges] == ["C-1"]
    assert [(each.value, each.bears_on) for each in found.unused] == [(model, "price")]
    assert "C-2" in found.notes[0]


def test_a_delivery_has_a_price_and_no_period():
    found, configuration = _read(
        a_charge(model="Delivery", billingPeriod="Month", price=9, quantity=1, numberOfDeliveries=52.0)
    )
    terms = configuration.charges[0].terms
    assert (terms.net_unit_price, terms.price_period) == (Decimal(9), None)
    assert "52 of them" in found.notes[0]


def test_a_negative_price_is_said_and_no_charge():
    found, configuration = _read(a_charge(), a_charge("C-2", price=-5))
    assert len(configuration.charges) == 1
    assert [each.value for each in found.unused] == ["-5"]


def test_segments_of_a_charge_are_a_ramp():
    first = a_charge(effectiveEndDate="2026-07-01")
    second = a_charge(segment=2, price=150, quantity=20, effectiveStartDate="2026-07-01")
    _, configuration = _read(second, first)
    (charge,) = configuration.charges
    assert (charge.charge_id, charge.terms.start_date, charge.terms.end_date) == (
        "C-1",
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    steps = [(each.start_date, each.end_date, each.quantity, each.net_unit_price) for each in charge.terms.ramp]
    assert steps == [
        (date(2026, 1, 1), date(2026, 6, 30), 10, 120),
        (date(2026, 7, 1), date(2026, 12, 31), 20, 150),
    ]


def test_segments_as_the_api_nests_them_are_read_too():
    segments = [
        {
            "segment": 1,
            "price": 100,
            "quantity": 5,
            "effectiveStartDate": "2026-01-01",
            "effectiveEndDate": "2026-07-01",
        },
        {
            "segment": 2,
            "price": 110,
            "quantity": 5,
            "effectiveStartDate": "2026-07-01",
            "effectiveEndDate": "2027-01-01",
        },
    ]
    found, configuration = _read(a_charge(chargeSegments=segments))
    assert [each.net_unit_price for each in configuration.charges[0].terms.ramp] == [100, 110]
    assert found.unused == ()


def test_segments_that_differ_in_more_than_price_and_quantity_are_charges_by_themselves():
    first = a_charge(effectiveEndDate="2026-07-01")
    _, configuration = _read(
        first, a_charge(segment=2, billingPeriod="Month", price=10, effectiveStartDate="2026-07-01")
    )
    assert [each.charge_id for each in configuration.charges] == ["C-1:1", "C-1:2"]


# ------------------------------------------------------------------------------------------------ discounts


def test_a_percentage_comes_off_every_charge_that_it_is_for():
    terms = _terms(a_charge(), a_discount(discountPercentage=25))
    assert (terms.list_unit_price, terms.net_unit_price) == (Decimal(120), Decimal(90))
    assert [(each.kind, each.percent, each.is_open_ended) for each in terms.discounts] == [("Launch", 25, True)]


def test_a_discount_that_ends_first_ends_on_its_last_day():
    found, configuration = _read(
        a_charge(), a_discount(discountPercentage=10, effectiveEndDate="2026-04-01", endDateCondition="Fixed_Period")
    )
    assert [each.ends_on for each in configuration.charges[0].terms.discounts] == [date(2026, 3, 31)]
    assert "whole billing periods" in found.notes[0]


def test_a_discount_that_starts_later_is_not_in_the_price_yet():
    terms = _terms(a_charge(), a_discount(discountPercentage=10, effectiveStartDate="2026-07-01"))
    assert (terms.net_unit_price, terms.discounts[0].starts_on) == (Decimal(120), date(2026, 7, 1))


def test_a_discount_takes_its_share_off_tiers():
    terms = _terms(a_usage_charge(tiers=[a_tier(None, 2)]), a_discount(discountPercentage=50))
    assert rate(terms, Decimal(10)).amount == 10


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({"applyDiscountTo": "ONETIMEUSAGE"}, 120), ({"applyDiscountTo": "RECURRING"}, 60),
        ({"discountApplyDetails": [{"appliedProductRatePlanChargeId": "prpc-C-2"}]}, 120),
        ({"discountApplyDetails": [{"appliedProductRatePlanChargeId": "prpc-C-1"}]}, 60),
        ({"effectiveStartDate": "2025-01-01", "effectiveEndDate": "2026-01-01"}, 120),
    ],
)  # fmt: skip
def test_a_discount_is_for_the_charges_that_it_names(changes, price):
    assert _terms(a_charge(), a_discount(discountPercentage=50, **changes)).net_unit_price == price


def test_a_rate_plans_discount_stays_in_its_rate_plan():
    plans = [a_plan(a_charge()), a_plan(a_charge("C-2"), a_discount(discountPercentage=50, discountLevel="rateplan"))]
    _, configuration = _read(ratePlans=plans)
    assert [each.terms.net_unit_price for each in configuration.charges] == [120, 60]


def test_discounts_one_after_the_other_multiply():
    assert (
        _terms(
            a_charge(), a_discount(discountPercentage=50), a_discount(number="D-2", discountPercentage=10)
        ).net_unit_price
        == 54
    )


def test_stacked_discounts_are_said_and_not_added_up():
    pair = [a_discount(number=each, discountPercentage=50, isStackedDiscount=True) for each in ("D-1", "D-2")]
    found, configuration = _read(a_charge(), *pair)
    assert configuration.charges[0].terms.net_unit_price == 120
    assert [each.bears_on for each in found.unused] == ["discount"]


def test_an_amount_on_one_charge_of_the_same_period_is_one_per_unit():
    terms = _terms(a_charge(), a_discount("DiscountFixedAmount", discountAmount=100))
    assert (terms.net_unit_price, terms.list_unit_price, terms.discounts[0].amount) == (110, 120, 10)


@pytest.mark.parametrize(
    "other",
    [{"billingPeriod": "Month"}, {"discountAmount": 99.999}, {"discountAmount": 5_000}, {"name": "two", "extra": True}],
)
def test_an_amount_that_is_none_per_unit_is_said(other):
    more = [a_charge("C-2")] if other.pop("extra", None) else []
    charge = a_charge(quantity=7) if other.get("discountAmount") == 99.999 else a_charge()
    found, configuration = _read(charge, *more, a_discount("DiscountFixedAmount", **{"discountAmount": 100, **other}))
    assert configuration.charges[0].terms.net_unit_price == 120
    assert [(each.path.rpartition(".")[2], each.bears_on) for each in found.unused] == [("discountAmount", "discount")]


# --------------------------------------------------------------------------------- renewal, triggers and term


def test_a_stated_rise_is_one_at_renewal():
    terms = _terms(a_charge(priceChangeOption="SpecificPercentageValue", priceIncreasePercentage=7))
    assert (terms.uplift_percent, terms.uplift_at) == (Decimal(7), "renewal")


def test_the_catalogs_price_at_renewal_is_said_with_what_silently_prevents_it():
    found, configuration = _read(a_charge(priceChangeOption="UseLatestProductCatalogPricing"))
    assert configuration.charges[0].terms.uplift_percent is None
    assert [each.bears_on for each in found.unused] == ["price"]
    assert "unit of measure has changed" in found.notes[0]


def test_an_evergreen_subscription_never_renews_and_so_never_rises():
    charge = a_charge(effectiveEndDate=None, priceChangeOption="SpecificPercentageValue", priceIncreasePercentage=7)
    found, configuration = _read(charge, termType="EVERGREEN", termEndDate=None, autoRenew=False)
    terms = configuration.charges[0].terms
    assert (terms.end_date, terms.uplift_percent, configuration.auto_renew) == (None, 0, True)
    assert "never renews" in found.notes[0]


@pytest.mark.parametrize(
    ("changes", "head", "field"),
    [
        ({"triggerEvent": "SpecificDate", "triggerDate": None}, {}, "trigger_date"),
        ({"triggerEvent": "ServiceActivation"}, {"serviceActivationDate": None}, "service_activation_date"),
        ({"triggerEvent": "CustomerAcceptance"}, {"customerAcceptanceDate": None}, "customer_acceptance_date"),
    ],
)
def test_a_charge_whose_trigger_is_blank_never_bills(changes, head, field):
    pending = a_charge(effectiveStartDate=None, effectiveEndDate=None, **changes)
    found, configuration = _read(pending, **head)
    assert found.document["charges"][0][field] is None
    assert invoicing_charges(configuration) == ()


def test_a_pending_subscription_says_so_once():
    pending = a_charge(effectiveStartDate=None, effectiveEndDate=None, triggerEvent="ServiceActivation")
    found, configuration = _read(pending, serviceActivationDate=None, status="Pending Activation")
    assert "service_activation_date" not in found.document["charges"][0]
    assert configuration.charges[0].state == "Pending Activation"


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"endDateCondition": "Fixed_Period", "upToPeriods": "3", "upToPeriodsType": "Months"}, date(2026, 3, 31)),
        ({"endDateCondition": "Fixed_Period", "upToPeriods": 2, "upToPeriodsType": "Weeks"}, date(2026, 1, 14)),
        (
            {"endDateCondition": "Fixed_Period", "upToPeriods": 2, "upToPeriodsType": "Billing_Periods"},
            date(2026, 2, 28),
        ),
        ({"endDateCondition": "Specific_End_Date", "specificEndDate": "2026-05-01"}, date(2026, 4, 30)),
        ({"endDateCondition": "Subscription_End"}, date(2026, 12, 31)),
    ],
)
def test_an_end_that_is_not_dated_yet_follows_from_its_condition(changes, end):
    assert _terms(a_charge(effectiveEndDate=None, billingPeriod="Month", **changes)).end_date == end


@pytest.mark.parametrize(
    ("day", "account", "anchor"),
    [
        ("SpecificDayofMonth(31st)", None, 31), ("SpecificDayofMonth/15th", None, 15), ("SubscriptionStartDay", None, 1),
        ("DefaultFromCustomer", 10, 10), ("DefaultFromCustomer", 0, None), ("DefaultFromCustomer", None, None),
    ],
)  # fmt: skip
def test_periods_turn_on_the_charges_or_the_accounts_bill_cycle_day(day, account, anchor):
    known = {} if account is None else {"quoteguardAccount": {"billingAndPayment": {"billCycleDay": account}}}
    assert _read(a_charge(billingDay=day), **known)[1].billing_anchor_day == anchor


# ------------------------------------------------------------------------------ prepayments and commitments


def test_a_minimum_commitment_belongs_to_the_usage_that_counts_towards_it():
    commitment = a_charge(
        "C-2", chargeFunction="CommitmentTrueUp", commitmentType="CURRENCY", model="FlatFee", price=1000, quantity=None
    )
    usage = a_usage_charge("C-1", "PerUnit", price=2, chargeFunction="CreditCommitment")
    _, configuration = _read(usage, commitment)
    (charge,) = configuration.charges
    found = charge.terms.minimum_commitment
    assert (found.amount, found.period, found.true_up) == (1000, "year", True)


def test_a_commitment_that_several_charges_count_towards_is_said():
    commitment = a_charge("C-3", chargeFunction="CommitmentTrueUp", model="FlatFee", price=1000)
    pair = [a_usage_charge(each, "PerUnit", price=2, chargeFunction="CreditCommitment") for each in ("C-1", "C-2")]
    found, configuration = _read(*pair, commitment)
    assert len(configuration.charges) == 2
    assert [each.bears_on for each in found.unused] == ["price"]


def test_prepaid_money_is_drawn_down_by_its_one_usage_charge():
    topup = a_charge(
        "C-2", type="OneTime", model="FlatFee", price=5000, quantity=None, isPrepaid=True, prepaidOperationType="topup",
        commitmentType="CURRENCY", validityPeriodType="SUBSCRIPTION_TERM",
    )  # fmt: skip
    _, configuration = _read(a_usage_charge("C-1", "PerUnit", price=2, prepaidOperationType="drawdown"), topup)
    usage, prepaid = configuration.charges
    assert (usage.terms.drawdown.credit_amount, usage.terms.drawdown.expires_on) == (5000, date(2026, 12, 31))
    assert prepaid.terms.net_unit_price == 5000


def test_prepaid_units_of_the_same_period_are_included():
    topup = a_charge(
        "C-2",
        prepaidOperationType="topup",
        prepaidQuantity=100,
        quantity=3,
        validityPeriodType="MONTH",
        billingPeriod="Month",
    )
    _, configuration = _read(a_usage_charge("C-1", "PerUnit", price=2, prepaidOperationType="drawdown"), topup)
    assert configuration.charges[0].terms.included_quantity == 300


def test_prepaid_units_that_nothing_tells_the_use_of_are_said():
    found, _ = _read(
        a_charge(prepaidOperationType="topup", prepaidQuantity=100, validityPeriodType="ANNUAL", isRollover=True)
    )
    assert {each.path.rpartition(".")[2] for each in found.unused} == {"prepaidQuantity", "isRollover"}


# ------------------------------------------------------------------------------------- ids, and what is refused


def test_custom_fields_tie_a_subscription_to_our_documents():
    charge = a_charge(QuoteLineId__c="L1", Line__c="3")
    options = {"line_field": "Line__c", "product_from": "charge"}
    _, configuration = _read(charge, options=options, QuoteNumber__QT="Q-1", customFields={"AgreementId__c": "AG-1"})
    assert (configuration.quote_id, configuration.agreement_id) == ("Q-1", "AG-1")
    assert (configuration.charges[0].quote_line_id, configuration.charges[0].terms.line_id) == ("L1", "3")
    assert configuration.charges[0].terms.product_id == "prpc-C-1"


def test_a_field_that_nobody_knows_is_said():
    found, _ = _read(a_charge(surchargePercentage=5))
    assert [(each.path, each.value) for each in found.unused] == [
        ("$.ratePlans[0].ratePlanCharges[0].surchargePercentage", "5")
    ]


def test_previews_that_the_client_fetched_are_the_configurations():
    items = [
        {"subscriptionNumber": "A-S1", "chargeNumber": "C-1", "chargeType": "Recurring", "processingType": "charge", "chargeAmount": 1200,
         "serviceStartDate": "2026-01-01", "serviceEndDate": "2026-12-31", "quantity": 10},
        {"subscriptionNumber": "A-S2", "chargeNumber": "C-7", "chargeAmount": 5, "serviceStartDate": "2026-01-01", "serviceEndDate": "2026-01-31"},
    ]  # fmt: skip
    found, _ = _read(quoteguardBillingPreview={"accountId": "acc", "invoiceItems": items})
    (preview,) = found.document["previews"]
    assert (preview["issued_on"], preview["total"], len(preview["lines"])) == ("2026-01-01", "1200", 1)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"currency": "XXZ"}, "$.currency"), ({"ratePlans": []}, "$.ratePlans"), ({"ratePlans": 3}, "$.ratePlans"),
        ({"ratePlans": [a_plan(a_charge(price=None))]}, "$.ratePlans[0].ratePlanCharges[0].price"),
        ({"ratePlans": [a_plan(a_charge(price=True))]}, "$.ratePlans[0].ratePlanCharges[0].price"),
        ({"ratePlans": [a_plan(a_charge(effectiveStartDate="01/02/2026"))]}, "$.ratePlans[0].ratePlanCharges[0].effectiveStartDate"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(changes, place):
    with pytest.raises(Invalid) as refused:
        _read(**changes)
    assert place in [each.path for each in refused.value.problems]


def test_an_answer_that_failed_is_no_subscription():
    with pytest.raises(NotUnderstood, match="the call failed"):
        _read(success=False)


def test_a_charge_that_waits_does_not_say_when_periods_turn():
    pending = a_charge(
        "C-2", effectiveStartDate=None, effectiveEndDate=None, triggerEvent="SpecificDate", triggerDate=None
    )
    found, configuration = _read(a_charge(), pending)
    assert (configuration.billing_anchor_day, found.notes) == (1, ())
