"""Salesforce CPQ's QuoteModel in canonical form. Expected numbers are worked out by hand in each test."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.salesforce_cpq import ADAPTER
from cpq_hooks.canonical import load_agreement, load_quote
from cpq_hooks.problem import Invalid
from policies.domain.schedule import committed_total
from tests.cpq_hooks.adapters.salesforce_objects import a_connection, a_line, a_model, as_read

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "salesforce"


def _translated(model, **options):
    (found,) = ADAPTER.translate(as_read(model), Shape.QUOTE, a_connection(**options))
    load_quote(found.document)
    return found


def _line(*lines, **changes):
    return _translated(a_model(*lines, **changes)).document["lines"][0]


def _total(found):
    quote = load_quote(found.document)
    return sum(committed_total(each, quote) for each in quote.lines)


# ------------------------------------------------------------------------------------------- the wrappings


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: model,
        lambda model: {"quote": model},
        lambda model: {"context": json.dumps({"quote": model})},
        lambda model: {"saver": "SBQQ.QuoteAPI.QuoteSaver", "model": json.dumps(model)},
        json.dumps,
    ],
)
def test_a_quote_model_is_the_same_in_each_of_its_wrappings(wrap):
    model = a_model()
    assert _translated(wrap(model)).document == _translated(model).document


@pytest.mark.parametrize("payload", [{}, [], {"context": "{"}, {"quote": {"quote": 1}}, "text", 7, {"record": []}])
def test_what_is_no_quote_model_is_said_to_be_none(payload):
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(payload, Shape.QUOTE, a_connection())


# --------------------------------------------------------------------------------------------------- prices


def test_a_net_price_of_the_whole_term_becomes_the_price_of_one_period():
    # 100.00 a month for 12 months less 10 % is 1,080.00 a unit: 90.00 a month.
    found = _translated(a_model(a_line(Discount=10.0, NetPrice=1080.0, NetTotal=10800.0)))
    line = found.document["lines"][0]
    assert (line["list_unit_price"], line["net_unit_price"], line["price_period"]) == ("100", "90", "month")
    assert line["discounts"] == [{"kind": "additional", "percent": "10"}]
    assert line["stated_total"] == "10800"
    assert _total(found) == 10800


@pytest.mark.parametrize(
    ("default_term", "multiplier", "listed", "net", "period", "price"),
    [
        (12, "3", "1200.00", "3600.00", "year", "1200"),  # three years of 1,200 a year
        (3, "4", "300.00", "1200.00", "quarter", "300"),  # four quarters
        (24, "1.5", "2400.00", "3600.00", "year", "1200"),  # 2,400 for two years
        (6, "2", "600.00", "1200.00", "quarter", "300"),  # 600 for two quarters
        (12, "0.3333", "1200.00", "400.00", "year", "1200"),  # four months; the multiplier is rounded
        (1, "12", "83.3333", "1000.00", "month", "83.3333"),  # a price in parts of a cent
    ],
)
def test_the_product_s_own_term_says_what_a_price_pays_for(default_term, multiplier, listed, net, period, price):
    total = str(Decimal(net) * 10)
    line = _line(
        a_line(
            DefaultSubscriptionTerm=default_term,
            ProrateMultiplier=multiplier,
            ListPrice=listed,
            NetPrice=net,
            NetTotal=total,
        )
    )
    assert (line["price_period"], line["net_unit_price"]) == (period, price)


def test_without_the_product_s_term_the_price_is_one_for_the_whole_term():
    found = _translated(a_model(a_line(DefaultSubscriptionTerm=None)))
    line = found.document["lines"][0]
    assert (line["price_period"], line["net_unit_price"], line["list_unit_price"]) == ("term", "1200", "1200")
    assert _total(found) == 12000
    assert any("whole term" in note for note in found.notes)


def test_terms_in_days_end_so_many_days_on():
    model = a_model(
        a_line(DefaultSubscriptionTerm=365, ProrateMultiplier=2, NetPrice=200, NetTotal=2000), SubscriptionTerm=730
    )
    document = _translated(model, term_unit="day").document
    assert (document["end_date"], document["lines"][0]["price_period"]) == ("2028-12-30", "year")
    assert "term_months" not in document


def test_a_product_that_is_no_subscription_is_paid_once():
    line = _line(
        a_line(
            ChargeType=None,
            SubscriptionPricing=None,
            DefaultSubscriptionTerm=None,
            ProrateMultiplier=1,
            NetPrice=100,
            NetTotal=1000,
        )
    )
    assert (line["charge_type"], line["price_period"], line["net_unit_price"]) == ("one_time", "one_time", "100")


@given(
    cents=st.integers(1, 500_000),
    percent=st.integers(0, 90),
    months=st.integers(1, 60),
    quantity=st.integers(1, 5_000),
)
def test_what_a_line_commits_to_is_its_net_total_however_cpq_rounded(cents, percent, months, quantity):
    # CPQ's own arithmetic: prorate, take the discount off, round the unit price to cents, multiply.
    listed = Decimal(cents) / 100
    net = (listed * months * (100 - percent) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    line = a_line(
        ListPrice=str(listed), ProrateMultiplier=months, Discount=percent, NetPrice=str(net),
        NetTotal=str(net * quantity), Quantity=quantity, EffectiveQuantity=quantity,
    )  # fmt: skip
    found = _translated(a_model(line, SubscriptionTerm=months))
    assert abs(_total(found) - net * quantity) <= Decimal("0.005")


# ------------------------------------------------------------------------------------------------ discounts


def test_discounts_are_told_by_kind_in_the_order_of_the_waterfall():
    # 100 less 20 % (volume) is 80, less 10 % is 72, less 5 % (partner) is 68.40: 820.80 a year.
    line = _line(a_line(VolumeDiscount=20, Discount=10, PartnerDiscount=5, NetPrice="820.80", NetTotal="8208.00"))
    assert [(each["kind"], each["percent"]) for each in line["discounts"]] == [
        ("volume", "20"),
        ("additional", "10"),
        ("partner", "5"),
    ]
    assert line["net_unit_price"] == "68.4"


@pytest.mark.parametrize(("prorated", "amount"), [(False, "120.00"), (True, "10.00"), (None, "120.00")])
def test_an_amount_off_is_of_one_unit_and_one_period(prorated, amount):
    line = _line(
        a_line(
            AdditionalDiscountAmount=amount, NetPrice=1080, NetTotal=10800, _item={"amountDiscountProrated": prorated}
        )
    )
    assert line["discounts"] == [{"kind": "additional", "amount": "10"}]
    assert line["net_unit_price"] == "90"


def test_a_contracted_price_is_a_discount_from_list_of_its_own_kind():
    line = _line(a_line(SpecialPrice=80, SpecialPriceType="Contracted Price", NetPrice=960, NetTotal=9600))
    assert line["discounts"] == [{"kind": "contracted", "percent": "20"}]


def test_a_line_takes_the_quote_s_discount_where_it_states_none():
    line = _line(a_line(NetPrice=1080, NetTotal=10800), CustomerDiscount=10)
    assert line["discounts"] == [{"kind": "additional", "percent": "10"}]


def test_discounts_that_do_not_lead_to_the_net_price_are_said_and_not_stated():
    found = _translated(a_model(a_line(Discount=10, NetPrice=600, NetTotal=6000)))
    line = found.document["lines"][0]
    assert "discounts" not in line
    assert line["net_unit_price"] == "50"
    assert [(each.path, each.bears_on) for each in found.unused] == [
        ("$.lineItems[0].record.SBQQ__Discount__c", "discount")
    ]
    assert any("do not lead" in note for note in found.notes)


# ---------------------------------------------------------------------------------------------------- tiers

_TIERS = [
    {"SBQQ__LowerBound__c": 1, "SBQQ__UpperBound__c": 11, "SBQQ__Discount__c": 0},
    {"SBQQ__LowerBound__c": 11, "SBQQ__UpperBound__c": 51, "SBQQ__Discount__c": 10},
    {"SBQQ__LowerBound__c": 51, "SBQQ__UpperBound__c": None, "SBQQ__Discount__c": 20},
]


def _schedule(kind):
    return {"SBQQ__Type__c": kind, "SBQQ__DiscountUnit__c": "Percent", "SBQQ__DiscountTiers__r": {"records": _TIERS}}


def test_a_range_is_a_volume_table_that_ends_below_cpq_s_upper_bound():
    # 20 units at 90 a month: 1,080 a unit and year.
    found = _translated(
        a_model(
            a_line(
                Quantity=20, EffectiveQuantity=20, VolumeDiscount=10, NetPrice=1080, NetTotal=21600,
                DiscountScheduleType="Range", SBQQ__DiscountSchedule__r=_schedule("Range"),
            )
        )
    )  # fmt: skip
    line = found.document["lines"][0]
    assert line["charge_model"] == "volume"
    assert [(each.get("up_to"), each["unit_price"]) for each in line["tiers"]] == [
        ("10", "100"),
        ("50", "90"),
        (None, "80"),
    ]
    assert (_total(found), found.unused) == (21600, ())


def test_a_slab_is_a_graduated_table_whose_net_price_is_the_whole_quantity_s():
    # 10 at 100 and 10 at 90 is 1,900 a month and 22,800 a year.
    found = _translated(
        a_model(
            a_line(
                Quantity=20, EffectiveQuantity=1, NetPrice=22800, NetTotal=22800, DiscountScheduleType="Slab",
                SBQQ__DiscountSchedule__r=_schedule("Slab"),
            )
        )
    )  # fmt: skip
    assert found.document["lines"][0]["charge_model"] == "graduated"
    assert _total(found) == 22800


def test_a_slab_without_its_tiers_is_its_average_price_and_says_so():
    found = _translated(
        a_model(a_line(Quantity=20, EffectiveQuantity=1, NetPrice=22800, NetTotal=22800, DiscountScheduleType="Slab"))
    )
    assert found.document["lines"][0]["net_unit_price"] == "95"  # 1,900 over 20
    assert _total(found) == 22800
    assert any("tiers were not sent" in note for note in found.notes)


def _blocks():
    return [
        {"SBQQ__LowerBound__c": 1, "SBQQ__UpperBound__c": 11, "SBQQ__Price__c": 500},
        {"SBQQ__LowerBound__c": 11, "SBQQ__UpperBound__c": 51, "SBQQ__Price__c": 1500},
    ]


def _a_block(**changes):
    return a_line(
        PricingMethod="Block", DefaultSubscriptionTerm=12, ProrateMultiplier=1, ListPrice=1500, NetPrice=1500,
        NetTotal=1500, Quantity=20, EffectiveQuantity=1, **changes,
    )  # fmt: skip


def test_block_prices_are_stairsteps():
    found = _translated(a_model(_a_block(SBQQ__BlockPrices__r={"records": _blocks()})))
    line = found.document["lines"][0]
    assert line["charge_model"] == "stairstep"
    assert [(each["up_to"], each["flat_fee"]) for each in line["tiers"]] == [("10", "500"), ("50", "1500")]
    assert _total(found) == 1500


def test_a_block_price_without_its_blocks_is_flat():
    found = _translated(a_model(_a_block()))
    line = found.document["lines"][0]
    assert (line["charge_model"], line["net_unit_price"], line["quantity"]) == ("flat", "1500", "20")
    assert _total(found) == 1500


def test_tiers_that_do_not_give_the_net_total_are_left_out_and_said():
    found = _translated(a_model(_a_block(SBQQ__BlockPrices__r={"records": _blocks()[:1]})))
    assert "tiers" not in found.document["lines"][0]
    assert any("block prices do not give" in note for note in found.notes)


def test_consumption_rates_are_the_tiers_of_a_usage_line():
    rates = [
        {
            "SBQQ__LowerBound__c": 0,
            "SBQQ__UpperBound__c": 1001,
            "SBQQ__Price__c": "0.05",
            "SBQQ__PricingMethod__c": "Per Unit",
        },
        {
            "SBQQ__LowerBound__c": 1001,
            "SBQQ__UpperBound__c": None,
            "SBQQ__Price__c": "0.04",
            "SBQQ__PricingMethod__c": "Per Unit",
        },
    ]
    schedule = {"SBQQ__Type__c": "Slab", "SBQQ__UnitOfMeasure__c": "call", "SBQQ__QuoteLineConsumptionRates__r": rates}
    line = _line(
        a_line(
            ChargeType="Usage", ListPrice=0, NetPrice=0, NetTotal=0, SBQQ__QuoteLineConsumptionSchedules__r=[schedule]
        )
    )
    assert (line["charge_type"], line["charge_model"], line["unit_of_measure"]) == ("usage", "graduated", "call")
    assert [(each.get("up_to"), each["unit_price"]) for each in line["tiers"]] == [("1000", "0.05"), (None, "0.04")]
    assert "stated_total" not in line


# ----------------------------------------------------------------------------------- segments and bundles


def _segments(**changes):
    first = a_line(
        1, SegmentKey="K1", SegmentIndex=1, SegmentLabel="Year 1", StartDate="2027-01-01", EndDate="2027-12-31",
        DefaultSubscriptionTerm=12, ProrateMultiplier=1, ListPrice=1200, NetPrice=1200, NetTotal=12000,
    )  # fmt: skip
    second = a_line(
        2, SegmentKey="K1", SegmentIndex=2, SegmentLabel="Year 2", StartDate="2028-01-01", EndDate="2028-12-31", Uplift=5,
        DefaultSubscriptionTerm=12, ProrateMultiplier=1, ListPrice=1200, NetPrice=1260, NetTotal=25200, Quantity=20,
        EffectiveQuantity=20, **changes,
    )  # fmt: skip
    return second, first


def test_segments_are_one_line_with_a_ramp():
    found = _translated(a_model(*_segments(), SubscriptionTerm=24))
    (line,) = found.document["lines"]
    assert (line["line_id"], line["start_date"], line["end_date"]) == ("a0l000000000001AAA", "2027-01-01", "2028-12-31")
    assert [(each["quantity"], each["net_unit_price"]) for each in line["ramp"]] == [("10", "1200"), ("20", "1260")]
    assert line["stated_total"] == "37200"
    assert _total(found) == 37200  # 12,000 and 25,200
    assert any("uplift of 5 %" in note for note in found.notes)


def test_segments_that_cannot_be_one_line_stay_lines_of_their_own():
    found = _translated(a_model(*_segments(BillingFrequency="Monthly"), SubscriptionTerm=24))
    assert len(found.document["lines"]) == 2
    assert any("stay lines of their own" in note for note in found.notes)


def test_a_part_of_a_bundle_names_its_bundle_by_id_or_by_key():
    bundle = a_line(1, Bundle=True)
    by_id = a_line(2, RequiredBy=bundle["record"]["Id"])
    by_key = a_line(3, Bundled=True, NetPrice=0, NetTotal=0, _item={"parentItemKey": 1})
    lines = _translated(a_model(bundle, by_id, by_key)).document["lines"]
    assert [each.get("parent_line_id") for each in lines] == [None, lines[0]["line_id"], lines[0]["line_id"]]
    assert lines[2]["net_unit_price"] == "0"
    assert "list_unit_price" not in lines[2]


def test_what_is_in_no_total_is_left_out_and_said():
    optional, unchanged = (
        a_line(2, Optional=True),
        a_line(3, Existing=True, Quantity=5, PriorQuantity=5, EffectiveQuantity=0),
    )
    fewer = a_line(4, Existing=True, Quantity=5, PriorQuantity=8, EffectiveQuantity=-3)
    found = _translated(a_model(a_line(), optional, unchanged, fewer, NetAmount=9000))
    assert len(found.document["lines"]) == 1
    assert "stated_totals" not in found.document  # the reduction is in the quote's total and is not judged
    assert [each.bears_on for each in found.unused] == ["price"]
    assert sum("optional" in note or "changes nothing" in note or "takes 3 away" in note for note in found.notes) == 3


def test_an_amendment_sells_what_it_adds():
    added = a_line(Existing=True, Quantity=15, PriorQuantity=10, EffectiveQuantity=5, NetTotal=6000)
    found = _translated(a_model(added, Type="Amendment"))
    assert (found.document["deal_type"], found.document["lines"][0]["quantity"]) == ("amendment", "5")
    assert _total(found) == 6000


# ----------------------------------------------------------------------------------- terms and renewals


def test_terms_are_read_from_the_quote_its_groups_and_its_lines():
    model = a_model(
        a_line(_item={"parentGroupKey": 7}, BillingFrequency="Monthly", BillingType="Arrears"),
        a_line(2, StartDate="2027-04-01", SubscriptionTerm=9),
        RenewalTerm=12, RenewalUpliftRate=5, ExpirationDate="2026-12-31", Opportunity2="006A", Account="001A",
    )  # fmt: skip
    model["lineItemGroups"] = [
        {"key": 7, "record": {"SBQQ__StartDate__c": "2027-02-01", "SBQQ__SubscriptionTerm__c": 6}}
    ]
    document = _translated(model).document
    first, second = document["lines"]
    assert (document["start_date"], document["term_months"], document["payment_terms_days"]) == ("2027-01-01", 12, 30)
    assert document["renewal"] == {"term_months": 12, "uplift_percent": "5"}
    assert (first["start_date"], first["end_date"], first["billing_timing"]) == (
        "2027-02-01",
        "2027-07-31",
        "in_arrears",
    )
    assert (second["start_date"], second["end_date"]) == ("2027-04-01", "2027-12-31")


@pytest.mark.parametrize(
    ("method", "rate", "uplift", "said"),
    [
        (None, None, "0", "--None--, which acts as Same"),
        ("Same", None, "0", "Same"),
        ("Same", 5, "5", "will not apply the uplift"),
        ("List", None, None, "list price counts"),
        ("Uplift", None, "0", "nothing will rise"),
        ("Uplift", 5, "5", None),
    ],
)
def test_the_renewal_pricing_method_s_silent_default_is_made_explicit(method, rate, uplift, said):
    account = {"Name": "Acme", "SBQQ__RenewalPricingMethod__c": method}
    found = _translated(a_model(RenewalUpliftRate=rate, SBQQ__Account__r=account, Account="001A"))
    assert (found.document.get("renewal") or {}).get("uplift_percent") == uplift
    assert said is None or any(said in note for note in found.notes)


def test_an_uplift_of_the_line_goes_before_the_quote_s():
    line = _line(a_line(Uplift=7), RenewalUpliftRate=5)
    assert (line["uplift_percent"], line["uplift_at"]) == ("7", "renewal")


def test_words_that_are_not_known_are_said_and_not_guessed():
    found = _translated(a_model(PaymentTerms="2/10 net 30", BillingFrequency="Invoice Plan", Status="In Legal"))
    assert {each.bears_on for each in found.unused} == {"billing"}
    assert not {"payment_terms_days", "billing_frequency", "stage"} & found.document.keys()
    assert _translated(a_model(Status="In Legal"), stages="In Legal=submitted").document["stage"] == "submitted"


# -------------------------------------------------------------------------------------- loose ends


def test_a_custom_field_that_bears_on_money_does_not_vanish():
    found = _translated(a_model(a_line(Ramp_Discount__c=5, Fiscal_Color__c="red", Nothing__c=None), Free_Months__c=2))
    assert {each.path: each.bears_on for each in found.unused} == {
        "$.record.Free_Months__c": None,
        "$.lineItems[0].record.Ramp_Discount__c": "discount",
        "$.lineItems[0].record.Fiscal_Color__c": None,
    }


def test_custom_fields_are_mapped_to_canonical_terms():
    found = _translated(
        a_model(
            a_line(Included__c="1000", Overage__c="0.012", Cost__c=None),
            Rep_Role__c="ae",
            Notice__c=60,
            SalesRep="005A",
        ),
        line_fields="included_quantity=Included__c; overage_unit_price=Overage__c",
        quote_fields="rep.role=Rep_Role__c, renewal.notice_days=Notice__c",
    )
    line = found.document["lines"][0]
    assert (line["included_quantity"], line["overage_unit_price"]) == ("1000", "0.012")
    assert found.document["rep"] == {"rep_id": "005A", "role": "ae"}
    assert found.document["renewal"]["notice_days"] == 60


def test_a_mapping_to_a_term_that_does_not_exist_is_refused():
    with pytest.raises(NotUnderstood, match="overage_unit_price"):
        _translated(a_model(), line_fields="overage_unit_pric=Overage__c")


def test_numbers_may_come_as_text_and_whole_numbers_with_a_point():
    line = _line(
        a_line(Quantity="10.00", EffectiveQuantity="10", NetPrice="1200.00", NetTotal="12000.00", ListPrice="100")
    )
    assert (line["quantity"], line["net_unit_price"]) == ("10", "100")


def test_the_noise_of_binary_numbers_is_taken_off():
    line = _line(a_line(NetPrice=1079.9999999999998, NetTotal=10799.999999999998, Discount=10.000000000000002))
    assert (line["net_unit_price"], line["stated_total"]) == ("90", "10800")
    assert line["discounts"] == [{"kind": "additional", "percent": "10"}]


def test_a_reader_s_answer_with_ids_alone_says_what_is_missing():
    with pytest.raises(Invalid) as refused:
        ADAPTER.translate(
            {"record": {"Id": "a0q1"}, "lineItems": [{"record": {"Id": "a0l1"}}]}, Shape.QUOTE, a_connection()
        )
    assert "no net price" in str(refused.value)


def test_fields_of_the_wrong_kind_are_all_told_at_once():
    with pytest.raises(Invalid) as refused:
        _translated(a_model(a_line(NetPrice="much", Quantity=[]), StartDate="soon"))
    assert {each.path for each in refused.value.problems} == {
        "$.record.SBQQ__StartDate__c", "$.lineItems[0].record.SBQQ__NetPrice__c", "$.lineItems[0].record.SBQQ__Quantity__c",
    }  # fmt: skip


def test_the_currency_is_the_quote_s_own_else_the_connection_s():
    assert _translated(a_model(CurrencyIsoCode__x=None)).document["currency"] == "USD"
    model = a_model()
    model["record"]["CurrencyIsoCode"] = "EUR"
    assert _translated(model).document["currency"] == "EUR"
    (bare,) = ADAPTER.translate(as_read(a_model()), Shape.QUOTE)
    assert "currency" not in bare.document
    assert any("option currency" in note for note in bare.notes)


def test_only_an_accepted_quote_is_an_agreement():
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(as_read(a_model()), Shape.AGREEMENT, a_connection())
    (found,) = ADAPTER.translate(as_read(a_model(Status="Accepted")), Shape.AGREEMENT, a_connection())
    assert load_agreement(found.document).agreement_id == "a0q000000000001AAA"


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the vendor's own payloads are not here")
@pytest.mark.parametrize("name", ["cpq_quote_model.repaired.json", "cpq_calculate_quote.request.repaired.json"])
def test_the_official_quote_model_is_read_whole(name):
    payload = ADAPTER.parse((FIXTURES / name).read_bytes())
    (found,) = ADAPTER.translate(payload, Shape.QUOTE, a_connection())
    quote = load_quote(found.document)
    assert (quote.quote_id, quote.payment_terms_days, len(quote.lines)) == ("a0p61000002NUmoAAG", 30, 1)
    assert (quote.lines[0].product_id, quote.lines[0].net_unit_price, quote.lines[0].stated_total) == ("P1", 100, 100)
    assert (found.unused, found.notes) == ((), ())


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the vendor's own payloads are not here")
def test_the_official_reader_s_answer_is_too_thin_and_says_so():
    payload = ADAPTER.parse((FIXTURES / "cpq_quote_reader.response.repaired.json").read_bytes())
    with pytest.raises(Invalid, match="no net price"):
        ADAPTER.translate(payload, Shape.QUOTE, a_connection())


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
_PLACES = st.sampled_from([*a_line()["record"], *a_model()["record"], "lineItems", "record", "key", "parentItemKey", "lineItemGroups",
    "SBQQ__DiscountSchedule__r", "SBQQ__BlockPrices__r", "SBQQ__Product__r", "SBQQ__SegmentKey__c", "SBQQ__RequiredBy__c",
    "SBQQ__AdditionalDiscountAmount__c", "SBQQ__SpecialPrice__c", "SBQQ__SpecialPriceType__c", "SBQQ__EndDate__c",
    "SBQQ__PricingMethod__c", "SBQQ__Uplift__c", "SBQQ__RenewalTerm__c", "SBQQ__Account__r"])  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(["model", "quote", "item", "line"]), _PLACES, _ANYTHING), max_size=4))
def test_whatever_stands_in_a_field_is_read_or_refused_in_words(changes):
    model = as_read(a_model(a_line(1), a_line(2)))
    item = model["lineItems"][0]
    holders = {"model": model, "quote": model["record"], "item": item, "line": item["record"]}
    for holder, name, value in changes:
        holders[holder][name] = value
    try:
        found = ADAPTER.translate(model, Shape.QUOTE, a_connection())
    except (Invalid, NotUnderstood):
        return
    assert json.loads(json.dumps([each.document for each in found]))
