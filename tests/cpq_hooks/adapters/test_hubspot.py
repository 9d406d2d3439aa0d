"""HubSpot's objects in canonical form: every number here was worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.hubspot import ADAPTER
from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_invoice, load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from policies.domain.rating import rate
from policies.domain.schedule import line_total, resolve
from tests.cpq_hooks.adapters.hubspot_objects import a_connection, a_line, a_quote, a_record, a_subscription

_LOADS = {
    Shape.QUOTE: load_quote,
    Shape.AGREEMENT: load_agreement,
    Shape.BILLING_CONFIGURATION: load_billing_configuration,
    Shape.INVOICE: load_invoice,
}
LINE_ITEM = Path(__file__).parents[4] / "shared" / "fixtures" / "hubspot" / "line_item.create.properties.json"


def _read(payload, shape=Shape.QUOTE, **options):
    """The translation and what it loads as, from the very JSON that would travel."""
    (found,) = ADAPTER.translate(read_json(json.dumps(payload).encode()), shape, a_connection(**options))
    return found, _LOADS[shape](json.loads(json.dumps(found.document)))


def _line(**properties):
    return _read(a_quote(a_line(**properties)))[1].lines[0]


def _refused(payload, shape=Shape.QUOTE, **options):
    with pytest.raises(Invalid) as caught:
        _read(payload, shape, **options)
    return [(each.path, each.code) for each in caught.value.problems]


def test_a_quote_with_hubspots_defaults_written_out():
    found, quote = _read(
        a_quote(
            deal=a_record("201", dealtype="newbusiness", hubspot_owner_id="9"),
            company=a_record("401", name="Acme", hs_country_code="de"),
            owner={"id": "9", "firstName": "Ada", "lastName": "Byron", "teams": [{"id": "1", "name": "EMEA"}]},
        )
    )
    line = quote.lines[0]
    assert (quote.quote_id, quote.stage, quote.currency, quote.opportunity_id) == ("101", "draft", "USD", "201")
    assert (quote.deal_type, quote.account.account_id, quote.account.country) == ("new", "401", "DE")
    assert (quote.rep.rep_id, quote.rep.name, quote.rep.team) == ("9", "Ada Byron", "EMEA")
    assert (quote.start_date, quote.end_date) == (date(2026, 1, 1), date(2026, 12, 31))
    assert quote.renewal.auto_renew is False
    assert (line.product_id, line.net_unit_price, line.quantity) == ("SEAT", Decimal(20), Decimal(10))
    assert (line.price_period, line.billing_frequency, line.billing_timing) == ("month", "monthly", "in_advance")
    assert line_total(resolve(line, quote)) == Decimal(2400)
    assert (found.unused, found.notes) == ((), ())


@pytest.mark.parametrize(
    ("frequency", "period", "canonical", "price", "term"),
    [
        ("monthly", "month", "monthly", "1200", "P24M"),
        ("quarterly", "quarter", "quarterly", "1200", "P2Y"),
        ("per_six_months", "quarter", "semiannual", "600", "P1Y12M"),
        ("annually", "year", "annual", "1200", "P24M"),
        ("per_two_years", "term", "term", "1200", "P24M"),
    ],
)
def test_a_price_is_for_one_billing_period(frequency, period, canonical, price, term):
    line = _line(price="1200", recurringbillingfrequency=frequency, hs_recurring_billing_period=term)
    assert (line.price_period, line.billing_frequency) == (period, canonical)
    assert line.net_unit_price == Decimal(price)


@pytest.mark.parametrize(
    ("frequency", "term", "total"),
    [("monthly", "P8M", 8 * 1200), ("quarterly", "P1Y", 4 * 1200), ("per_six_months", "P2Y", 4 * 1200),
     ("annually", "P3Y", 3 * 1200), ("per_three_years", "P3Y", 1200)],
)  # fmt: skip
def test_a_lines_total_is_its_price_times_its_payments(frequency, term, total):
    line = a_line(price="1200", quantity="1", recurringbillingfrequency=frequency, hs_recurring_billing_period=term)
    _, quote = _read(a_quote(line))
    assert line_total(resolve(quote.lines[0], quote)) == Decimal(total)


def test_the_line_item_of_hubspots_forum_is_two_units_at_6000_for_24_months():
    if not LINE_ITEM.exists():
        pytest.skip("the example is not here")
    properties = json.loads(LINE_ITEM.read_text())["properties"]
    found, quote = _read(a_quote(a_record("1", **properties, hs_recurring_billing_start_date="2026-01-01")))
    line = quote.lines[0]
    assert (line.net_unit_price, line.quantity, line.price_period, quote.end_date) == (
        6000, 2, "month", date(2027, 12, 31),
    )  # fmt: skip
    assert (line.is_custom, line.product_name) == (True, "1 year implementation consultation")
    assert line_total(resolve(line, quote)) == 2 * 6000 * 24
    assert found.unused == ()


def test_a_percentage_off_is_in_the_net_price_and_beside_it():
    line = _line(price="33.33", hs_discount_percentage="12.5")
    assert (line.list_unit_price, line.net_unit_price) == (Decimal("33.33"), Decimal("29.16375"))
    assert [(each.percent, each.amount) for each in line.discounts] == [(Decimal("12.5"), None)]


def test_an_amount_off_is_off_each_unit_in_each_period():
    line = _line(price="1200", discount="200", recurringbillingfrequency="per_six_months")
    assert (line.list_unit_price, line.net_unit_price) == (Decimal(600), Decimal(500))
    assert line.discounts[0].amount == Decimal(100)


def test_of_two_discounts_hubspots_own_amount_says_which_counts():
    both = {"price": "100", "quantity": "3", "discount": "20", "hs_discount_percentage": "10"}
    found, quote = _read(a_quote(a_line(**both, amount="240.00")))
    assert quote.lines[0].net_unit_price == Decimal(80)
    assert [each.bears_on for each in found.unused] == ["discount"]
    _, quote = _read(a_quote(a_line(**both, amount="270.00")))
    assert quote.lines[0].net_unit_price == Decimal(90)
    assert _refused(a_quote(a_line(**both))) == [("$.line_items[0].properties.discount", "two_discounts")]
    assert _refused(a_quote(a_line(**both, amount="1"))) == [("$.line_items[0].properties.discount", "two_discounts")]


def test_what_is_sold_once_has_no_period_and_states_its_amount():
    line = _line(recurringbillingfrequency=None, hs_recurring_billing_period=None, amount="200.00")
    assert (line.charge_type, line.price_period, line.billing_frequency) == ("one_time", "one_time", "once")
    assert line.stated_total == Decimal(200)


def test_without_a_term_a_line_goes_on_and_that_is_said():
    found, quote = _read(a_quote(a_line(hs_recurring_billing_period=None)))
    assert (quote.renewal.auto_renew, quote.term_months) == (True, None)
    assert "501" in found.notes[0]
    _, quote = _read(a_quote(a_line(hs_recurring_billing_period=None)), term_months="36")
    assert (quote.term_months, quote.renewal.term_months) == (36, 36)


def test_lines_of_different_terms_have_dates_of_their_own():
    lines = (
        a_line("1"),
        a_line("2", hs_recurring_billing_period="P24M"),
        a_line("3", hs_recurring_billing_start_date="2026-02-01"),
    )
    _, quote = _read(a_quote(*lines))
    assert [each.end_date for each in quote.lines] == [date(2026, 12, 31), date(2027, 12, 31), date(2027, 1, 31)]
    assert [each.start_date for each in quote.lines] == [date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1)]


def test_a_shorter_term_without_a_start_is_said_and_not_dropped():
    bare = {"hs_recurring_billing_start_date": None}
    found, quote = _read(a_quote(a_line("1", **bare), a_line("2", **bare, hs_recurring_billing_period="P24M")))
    assert quote.term_months == 24
    assert [(each.bears_on, each.value) for each in found.unused] == [("term", "P12M")]


@pytest.mark.parametrize(
    ("properties", "bears_on"),
    [
        ({"recurringbillingfrequency": "weekly"}, "billing"),
        ({"recurringbillingfrequency": "per_two_years", "hs_recurring_billing_period": "P48M"}, "billing"),
        ({"hs_recurring_billing_period": "P12W"}, "term"),
        ({"hs_term_in_months": "24"}, "term"),
        ({"hs_recurring_billing_start_date": None, "hs_billing_start_delay_days": "30"}, "billing"),
        ({"hs_recurring_billing_start_date": None, "hs_billing_start_delay_months": "2"}, "billing"),
        ({"hs_is_optional": "true"}, "price"),
        ({"hs_allow_buyer_selected_quantity": "true"}, "price"),
        ({"hs_pricing_model": "by_moonlight"}, "price"),
        ({"our_rebate_percent": "10"}, "discount"),
        ({"our_uplift_at_renewal": "5"}, "discount"),
        ({"minimum_monthly_fee": "100"}, "price"),
    ],
)
def test_what_bears_on_the_bill_and_is_not_understood_is_said(properties, bears_on):
    found, _ = _read(a_quote(a_line(**properties)))
    assert bears_on in [each.bears_on for each in found.unused]


def test_calculated_properties_follow_from_others_and_are_not_said():
    around = {"calculated_properties": {"line_items": ["our_net_price"]}}
    found, _ = _read(a_quote(a_line(our_net_price="1"), around=around))
    assert found.unused == ()


def test_without_the_right_to_list_properties_it_is_said_that_custom_ones_are_not_read():
    found, _ = _read(a_quote(around={"known_properties_only": True}))
    assert "crm.schemas" in found.notes[0]


def _tiered(model, prices, **more):
    ranges = '[{"start":0,"end":99},{"start":100,"end":199},{"start":200}]'
    written = json.dumps([{"index": place, "price": price} for place, price in prices])
    return a_line(
        price=None, quantity="150", hs_pricing_model=model, hs_tier_ranges=ranges, hs_tier_prices=written, **more
    )


@pytest.mark.parametrize(
    ("model", "amount"), [("volume", 150 * 80), ("graduated", 99 * 100 + 51 * 80), ("stairstep", 80)]
)
def test_tiers_are_rated_as_hubspot_rates_them_whatever_the_order_of_the_prices(model, amount):
    line = _read(a_quote(_tiered(model, [(2, 60), (0, 100), (1, 80)])))[1].lines[0]
    assert rate(line, Decimal(150)).amount == Decimal(amount)


def test_a_percentage_off_is_off_every_tier():
    line = _read(a_quote(_tiered("volume", [(0, 100), (1, 80), (2, 60)], hs_discount_percentage="25")))[1].lines[0]
    assert rate(line, Decimal(150)).amount == Decimal(150 * 60)


def test_an_amount_off_steps_is_said():
    found, quote = _read(a_quote(_tiered("stairstep", [(0, 100), (1, 80), (2, 60)], discount="5")))
    assert [each.bears_on for each in found.unused] == ["discount"]
    assert quote.lines[0].tiers[0].flat_fee == Decimal(100)


def test_prices_of_other_currencies_are_left_and_a_missing_one_is_refused():
    both = [
        {"index": each, "price": price, "currency": code}
        for code, price in (("GBP", 1), ("USD", 2))
        for each in (0, 1, 2)
    ]
    line = _tiered("volume", [])
    line["properties"]["hs_tier_prices"] = json.dumps(both)
    assert rate(_read(a_quote(line))[1].lines[0], Decimal(150)).amount == Decimal(300)
    line["properties"]["hs_tier_prices"] = json.dumps(both[:3])
    assert _refused(a_quote(line)) == [("$.line_items[0].properties.hs_tier_prices", "no_price")]


def test_a_gap_between_tiers_is_kept_for_the_policies():
    line = _tiered("volume", [(0, 100), (1, 80), (2, 60)])
    line["properties"]["hs_tier_ranges"] = '[{"start":1,"end":99},{"start":120,"end":199},{"start":200}]'
    tiers = _read(a_quote(line))[1].lines[0].tiers
    assert [each.starts_at for each in tiers] == [None, Decimal(120), None]


@pytest.mark.parametrize(
    ("properties", "stage"),
    [
        ({"hs_status": "DRAFT"}, "draft"), ({"hs_status": "REJECTED"}, "draft"),
        ({"hs_status": "PENDING_APPROVAL"}, "submitted"), ({"hs_status": "APPROVED"}, "sent"),
        ({"hs_status": "APPROVAL_NOT_NEEDED"}, "sent"), ({"hs_status": "ACCEPTED"}, "accepted"),
        ({"hs_status": "APPROVED", "hs_payment_status": "PAID"}, "accepted"),
        ({"hs_status": "APPROVED", "hs_esign_num_signers_required": "2", "hs_esign_num_signers_completed": "2"}, "accepted"),
        ({"hs_status": "APPROVED", "hs_esign_num_signers_required": "2", "hs_esign_num_signers_completed": "1"}, "sent"),
        ({"hs_status": "ARCHIVED"}, None),
    ],
)  # fmt: skip
def test_where_a_quote_stands(properties, stage):
    assert _read(a_quote(**properties))[1].stage == stage


def test_an_accepted_quote_is_an_agreement_and_a_draft_is_none():
    _, agreement = _read(a_quote(hs_status="ACCEPTED", hs_payment_date="1767225600000"), Shape.AGREEMENT)
    assert (agreement.agreement_id, agreement.signed_on) == ("101", date(2026, 1, 1))
    with pytest.raises(NotUnderstood):
        _read(a_quote(), Shape.AGREEMENT)


def test_an_agreement_without_a_term_is_held_against_billing_by_its_longest_period():
    bare = {"hs_recurring_billing_period": None}
    payload = a_quote(
        a_line("1", **bare), a_line("2", **bare, recurringbillingfrequency="annually"), hs_status="ACCEPTED"
    )
    found, agreement = _read(payload, Shape.AGREEMENT)
    assert (found.document["term_months"], found.document["renewal"]["auto_renew"]) == (12, True)
    assert agreement.agreement_id == "101"
    assert "one billing period, 12 months" in " ".join(found.notes)


@pytest.mark.parametrize(("terms", "days"), [("30", 30), ("NET_45", 45), ("Net 60 days", 60), ("DUE_ON_RECEIPT", 0)])
def test_payment_terms_are_days(terms, days):
    assert _read(a_quote(hs_net_payment_terms=terms))[1].payment_terms_days == days


def test_payment_terms_that_are_no_days_are_said():
    found, quote = _read(a_quote(hs_net_payment_terms="2/10 net 30"))
    assert quote.payment_terms_days is None
    assert [each.bears_on for each in found.unused] == ["billing"]


def test_a_discount_of_the_whole_quote_is_said_with_its_value():
    around = {"discounts": [a_record("1", hs_label="Spring", hs_type="PERCENT", hs_value="10")],
              "fees": [a_record("2", hs_label="Set-up", hs_type="FIXED", hs_value="500")]}  # fmt: skip
    found, _ = _read(a_quote(around=around))
    assert [(each.bears_on, each.value) for each in found.unused] == [("discount", "10"), ("price", "500")]
    assert "Spring (10 percent)" in found.notes[0]


def test_existing_business_is_not_guessed_to_be_a_renewal():
    found, quote = _read(a_quote(deal=a_record("1", dealtype="existingbusiness")))
    assert quote.deal_type is None
    assert "renewal or an expansion" in found.notes[0]
    _, quote = _read(a_quote(our_type="Renewal"), deal_type_property="our_type")
    assert quote.deal_type == "renewal"


def test_a_currency_is_stated_somewhere_or_refused():
    assert _refused(a_quote(hs_currency=None)) == [("$", "unknown_currency")]
    assert _read(a_quote(hs_currency=None), currency="EUR")[1].currency == "EUR"
    assert _read(a_quote(a_line(hs_line_item_currency_code="gbp"), hs_currency=None))[1].currency == "GBP"
    assert _refused(a_quote(a_line(hs_line_item_currency_code="GBP"))) == [
        ("$.line_items[0].properties.hs_line_item_currency_code", "currency")
    ]


def test_half_of_a_quote_is_not_judged():
    payload = a_quote()
    del payload["line_items"]
    assert _refused(payload) == [("$.line_items", "not_fetched")]
    assert _refused(a_quote(a_line(price=None))) == [("$.line_items[0].properties.price", "no_price")]


def test_a_deal_with_line_items_is_a_quote_of_its_own_name():
    payload = {"deal": a_record("201", deal_currency_code="USD", dealtype="renewal"), "line_items": [a_line()]}
    _, quote = _read(payload)
    assert (quote.quote_id, quote.opportunity_id, quote.deal_type, quote.stage) == (
        "deal-201",
        "201",
        "renewal",
        "draft",
    )


# ------------------------------------------------------------------------------------------- billing and invoices


def test_the_subscriptions_of_one_quote_are_one_configuration():
    payload = a_subscription(a_line("1", hs_sku="SEAT"), identity="99", around={"quote": {"id": "101"}})
    other = a_subscription(
        a_line("2", hs_sku="CARE", price="1200", recurringbillingfrequency=None), identity="301",
        hs_recurring_billing_frequency="annually",
    )["subscriptions"]  # fmt: skip
    payload["subscriptions"] += other
    found, configuration = _read(payload, Shape.BILLING_CONFIGURATION)
    assert (configuration.billing_configuration_id, configuration.quote_id, configuration.status) == (
        "99",
        "101",
        "active",
    )
    assert [each.charge_id for each in configuration.charges] == ["1", "2"]
    assert [each.terms.price_period for each in configuration.charges] == ["month", "year"]
    assert configuration.charges[0].terms.end_date == date(2026, 12, 31)
    assert configuration.billing_anchor_day == 1
    assert found.unused == ()


def test_a_subscription_that_makes_no_invoices_has_charges_that_reach_none():
    _, configuration = _read(a_subscription(hs_invoice_creation="off"), Shape.BILLING_CONFIGURATION)
    assert configuration.charges[0].invoiceable is False


def test_a_pause_that_is_our_own_hold_is_no_fault_of_the_set_up():
    own = a_subscription(hs_status="paused", quoteguard_hold="dec_1")
    found, configuration = _read(own, Shape.BILLING_CONFIGURATION)
    assert configuration.status == "active"
    assert "dec_1" in " ".join(found.notes)
    assert _read(a_subscription(hs_status="paused"), Shape.BILLING_CONFIGURATION)[1].status == "paused"


def test_an_invoice_has_its_lines_after_discounts_and_says_what_is_on_none():
    payload = {
        "invoice": a_record(
            "701", hs_currency="USD", hs_invoice_date="2026-02-01", hs_amount_billed="214.00", hs_balance_due="0"
        ),
        "line_items": [
            a_line(amount="180.00", hs_discount_percentage="10"),
            a_line("2", recurringbillingfrequency="", amount="20.00"),
        ],
        "company": a_record("401", name="Acme"),
        "subscription": {"id": "301"},
    }
    found, invoice = _read(payload, Shape.INVOICE)
    assert (invoice.invoice_id, invoice.account_id, invoice.billing_configuration_id) == ("701", "401", "301")
    assert [(each.kind, each.amount) for each in invoice.lines] == [
        ("recurring", Decimal(180)),
        ("one_time", Decimal(20)),
    ]
    assert invoice.total == Decimal(214)
    assert "$200 and the invoice to $214" in found.notes[0]


@pytest.mark.parametrize("payload", [None, [], {}, {"x": 1}, "quote"])
@pytest.mark.parametrize(
    "shape", [Shape.QUOTE, Shape.AGREEMENT, Shape.BILLING_CONFIGURATION, Shape.INVOICE, Shape.USAGE]
)
def test_what_is_nothing_of_hubspots_is_not_understood(payload, shape):
    with pytest.raises((NotUnderstood, Invalid)):
        ADAPTER.translate(payload, shape, a_connection())
