"""No check raises on a document that the canonical schema lets through, however odd, and what it says is sound."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.check import NotApplicable, Satisfied, Scope, Undetermined, Violated
from policies.checks import ALL
from policies.derivation import derive
from policies.domain.charge import (
    BillingFrequency,
    BillingTiming,
    ChargeModel,
    ChargeType,
    Discount,
    Drawdown,
    Line,
    MinimumCommitment,
    Package,
    Percentage,
    PricePeriod,
    QuantityBasis,
    RampSegment,
    Tier,
)
from policies.domain.material import content_hash, material
from policies.domain.quote import Approval, DealType, Quote, Renewal, Rep, SpecialTerm, Stage, StatedTotals
from policies.remedy import apply
from tests.builders import a_catalog, a_company, a_line, a_quote, an_authority
from tests.builders import tiers as tiers_of
from tests.lengths import at_length

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)
COMPANY = a_company(
    discount_authority=an_authority(
        {"role": "ae", "maximum_discount_percent": "15", "product_family": "Software"},
        {"role": "ae", "maximum_discount_percent": "5", "deal_size_up_to": "5000"},
    ),
    payment_terms={"standard_days": 30, "approver": "finance", "annual_rate_percent": "8"},
    renewal={"minimum_uplift_percent": "3", "minimum_cap_percent": "3", "expected_renewals": 2},
    margin_floors=[{"minimum_percent": "25", "deal_size_up_to": "10000"}, {"minimum_percent": "100"}],
)
CATALOG = a_catalog(
    {
        "product_id": "A",
        "list_unit_price": "100",
        "ssp_low": "80",
        "ssp_high": "90",
        "unit_cost": "50",
        "overage_unit_price": "2",
        "expected_usage_percent": "120",
        "requires": [
            {"product_id": "B"},
            {"product_id": "C", "minimum_acv": "10", "minimum_amount": "500"},
            {"product_id": "C", "segment": "smb"},
        ],
        "billing": {"charge_template": "tpl-a"},
    },
    {"product_id": "C", "charge_type": "one_time", "list_unit_price": "10", "price_period": "one_time"},
    {"product_id": "B", "price_period": "year", "list_unit_price": "0"},
    promotions=[{"kind": "promo", "duration_months": 3}, {"kind": "long", "duration_months": 1200}],
)
BEFORE = a_quote(
    renewal={"uplift_percent": "3"},
    special_terms=[{"text": "Logo rights."}],
    lines=[a_line(product_id="A", included_unlimited=True, free_months="1", tiers=tiers_of((None, "3")))],
)
APPROVED = content_hash(BEFORE)
TEXTS = (
    "A $5,000 credit; net 60 days, due within 30 days, 3 % uplift capped at 5 %.",
    "\u00a31,000k EUR 5 2 months free 1.2.2026 5 May \u202f$",
    "Prices are fixed for 36 months.",
    "Prices are locked for 999 years.",
    "Customer may terminate for convenience on 30 days notice.",
    "Increases are capped once.",
    "",
    "no most favoured \ud800",
)

numbers = st.one_of(
    st.sampled_from([Decimal(0), Decimal(1), Decimal("0.000000000001"), Decimal(10) ** 15, Decimal(12)]),
    st.decimals(min_value=0, max_value=1000, places=2),
)
percents = st.one_of(st.sampled_from([Decimal(0), Decimal(100)]), st.decimals(min_value=0, max_value=100, places=3))
days = st.one_of(
    st.sampled_from([date(1900, 1, 1), date(2199, 12, 31), date(2024, 2, 29), date(2026, 1, 31)]),
    st.dates(date(2025, 1, 1), date(2029, 1, 1)),
)
moments = days.map(lambda day: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def maybe(strategy):
    return st.one_of(st.none(), strategy)


def in_order(record, first, last):
    """The schema refuses an end before its start, and a hundred years between them."""
    start, end = getattr(record, first), getattr(record, last)
    if start is None or end is None or start <= end <= start + timedelta(days=36500):
        return record
    return replace(record, **{last: start})


discounts = st.builds(
    lambda terms, percent, amount: in_order(
        replace(terms, percent=percent) if amount is None else replace(terms, amount=amount), "starts_on", "ends_on"
    ),
    st.one_of(
        st.builds(Discount, kind=maybe(st.sampled_from(["promo", "long", "contracted", "x"])), starts_on=maybe(days)),
        st.builds(Discount, starts_on=maybe(days), ends_on=maybe(days)),
        st.builds(Discount, periods=st.sampled_from([1, 3, 1200])),
    ),
    percents,
    maybe(numbers),
)
tiers = st.builds(
    Tier,
    up_to=maybe(numbers),
    unit_price=maybe(st.one_of(numbers, st.just(Decimal(-1)))),
    flat_fee=maybe(numbers),
)
segments = st.builds(
    RampSegment, start_date=days, end_date=maybe(days), quantity=maybe(numbers), net_unit_price=maybe(numbers)
).map(lambda segment: in_order(segment, "start_date", "end_date"))
lines = st.builds(
    Line,
    line_id=st.just("1"),
    product_id=st.sampled_from(["A", "B", "C"]),
    charge_type=st.sampled_from(ChargeType),
    product_family=maybe(st.sampled_from(["Software", "Services"])),
    charge_model=maybe(st.sampled_from(ChargeModel)),
    quantity=maybe(numbers.map(lambda number: number or Decimal(1))),
    price_period=maybe(st.sampled_from(PricePeriod)),
    list_unit_price=maybe(numbers),
    net_unit_price=numbers,
    discounts=st.lists(discounts, max_size=3).map(tuple),
    unit_cost=maybe(numbers),
    tiers=st.one_of(st.just(()), st.lists(tiers, max_size=3).map(tuple)),
    package=st.sampled_from([None, None, Package(size=Decimal(7))]),
    included_quantity=maybe(numbers),
    included_unlimited=st.booleans(),
    overage_unit_price=maybe(numbers),
    hard_cap=maybe(st.booleans()),
    minimum_commitment=maybe(
        st.builds(
            MinimumCommitment,
            amount=numbers,
            period=maybe(st.sampled_from(PricePeriod)),
            true_up=maybe(st.booleans()),
        )
    ),
    drawdown=maybe(st.builds(Drawdown, credit_amount=numbers, expires_on=maybe(days))),
    quantity_basis=maybe(st.sampled_from(QuantityBasis)),
    percentage=st.sampled_from([None, None, Percentage(rate_percent=Decimal(2))]),
    is_custom=maybe(st.booleans()),
    minimum_amount=maybe(numbers),
    floor_price=maybe(numbers),
    billing_frequency=maybe(st.sampled_from(BillingFrequency)),
    billing_timing=maybe(st.sampled_from(BillingTiming)),
    start_date=maybe(days),
    end_date=maybe(days),
    billing_start_date=maybe(days),
    free_months=maybe(st.sampled_from([Decimal(0), Decimal("2.5"), Decimal(1200)])),
    ramp=st.lists(segments, max_size=3).map(tuple),
    uplift_percent=maybe(st.sampled_from([Decimal(-100), Decimal(0), Decimal(5), Decimal(1000)])),
    stated_total=maybe(numbers),
).map(lambda line: in_order(line, "start_date", "end_date"))
quotes = st.builds(
    Quote,
    quote_id=st.just("Q-1"),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    lines=st.lists(lines, min_size=1, max_size=3).map(
        lambda found: tuple(replace(line, line_id=str(number)) for number, line in enumerate(found, start=1))
    ),
    deal_type=maybe(st.sampled_from(DealType)),
    rep=maybe(st.builds(Rep, rep_id=st.just("R"), role=maybe(st.sampled_from(["ae", "cfo", "nobody"])))),
    start_date=maybe(days),
    end_date=maybe(days),
    billing_start_date=maybe(days),
    term_months=maybe(st.sampled_from([1, 12, 36, 1200])),
    billing_frequency=maybe(st.sampled_from(BillingFrequency)),
    billing_timing=maybe(st.sampled_from(BillingTiming)),
    payment_terms_days=maybe(st.sampled_from([0, 30, 3650])),
    stage=maybe(st.sampled_from(Stage)),
    price_book=maybe(st.sampled_from(["standard", "unknown"])),
    created_at=maybe(moments),
    valid_until=maybe(moments),
    stated_totals=maybe(
        st.builds(StatedTotals, tcv=maybe(numbers), acv=maybe(numbers), mrr=maybe(numbers), one_time=maybe(numbers))
    ),
    approvals=st.lists(
        st.builds(
            Approval,
            approver_id=st.just("U"),
            role=maybe(st.just("cfo")),
            content_hash=maybe(st.sampled_from(["sha256:0", APPROVED])),
        ),
        max_size=2,
    ).map(tuple),
    renewal=maybe(
        st.builds(
            Renewal,
            auto_renew=maybe(st.booleans()),
            term_months=maybe(st.sampled_from([1, 12, 30, 1200])),
            uplift_percent=maybe(st.sampled_from([Decimal(-100), Decimal(0), Decimal(3), Decimal(1000)])),
            cap_percent=maybe(st.sampled_from([Decimal(0), Decimal(3), Decimal(1000)])),
            notice_days=maybe(st.sampled_from([0, 3650])),
        )
    ),
    termination_for_convenience=maybe(st.booleans()),
    special_terms=st.lists(st.sampled_from(TEXTS).map(lambda text: SpecialTerm(text=text)), max_size=3).map(tuple),
).map(lambda quote: in_order(quote, "start_date", "end_date"))


def judge_all(quote, company, catalog):
    facts = derive(quote, as_of=AS_OF, company=company, catalog=catalog, approved={APPROVED: material(BEFORE)})
    for check in (each for each in ALL.values() if each.scope is not Scope.SETUP):
        for subject in facts.lines if check.scope is Scope.LINE else (None,):
            given_facts = (subject, facts) if subject is not None else (facts,)
            yield check, check.run(*given_facts, check.parameters())


def assert_sound(check, result, quote):
    for found in result if isinstance(result, tuple) else (result,):
        assert isinstance(found, Satisfied | NotApplicable | Undetermined | Violated), check.name
        if isinstance(found, Violated):
            assert set(found.reports) <= set(check.reports), check.name
            assert_honest(check, found)
            apply(quote, found.changes)


def assert_honest(check, found):
    loss = found.loss
    if loss is None or loss.remaining_term is None:
        return
    assert loss.remaining_term.is_finite(), check.name
    assert loss.remaining_term >= 0, check.name
    if loss.exposures:
        spread = sum((each.amount for each in loss.exposures), Decimal(0))
        assert spread == pytest.approx(loss.remaining_term), check.name


@pytest.mark.slow
@given(quote=quotes, company=st.sampled_from([None, COMPANY]), catalog=st.sampled_from([None, CATALOG]))
@settings(max_examples=100)
def test_no_check_raises_and_no_amount_is_negative(quote, company, catalog):
    for check, result in judge_all(quote, company, catalog):
        assert_sound(check, result, quote)


@pytest.mark.fuzz
@given(quote=quotes, company=st.sampled_from([None, COMPANY]), catalog=st.sampled_from([None, CATALOG]))
@settings(max_examples=at_length(1500))
def test_no_check_raises_on_thousands_of_quotes(quote, company, catalog):
    for check, result in judge_all(quote, company, catalog):
        assert_sound(check, result, quote)
