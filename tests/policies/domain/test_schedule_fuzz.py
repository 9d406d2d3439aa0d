"""Lines that no one would write: whatever they say, a schedule comes out or the reason why there is none."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.domain.charge import BillingFrequency, BillingTiming, ChargeModel, ChargeType, PricePeriod, QuantityBasis
from policies.domain.rating import Unrateable, rate, rate_overage
from policies.domain.schedule import Unscheduled, charges, committed_total, resolve
from tests.builders import a_line, a_quote
from tests.lengths import at_length

NUMBERS = st.decimals(-(10**15), 10**15, places=12) | st.sampled_from([Decimal(0), Decimal(1), Decimal("1e-12")])
DATES = st.dates(date(2024, 1, 1), date(2030, 1, 1)) | st.dates()


def maybe(strategy):
    return st.none() | strategy


def some(**parts):
    return st.fixed_dictionaries(parts)


def one_of_each(enumeration):
    return st.sampled_from(list(enumeration))


LINES = some(
    charge_type=one_of_each(ChargeType),
    charge_model=maybe(one_of_each(ChargeModel)),
    quantity=maybe(NUMBERS),
    price_period=maybe(one_of_each(PricePeriod)),
    net_unit_price=maybe(NUMBERS),
    list_unit_price=maybe(NUMBERS),
    discounts=st.lists(
        some(
            percent=maybe(NUMBERS),
            amount=maybe(NUMBERS),
            starts_on=maybe(DATES),
            ends_on=maybe(DATES),
            periods=maybe(st.integers(-5, 10**6)),
        ),
        max_size=3,
    ),
    tiers=st.lists(some(up_to=maybe(NUMBERS), unit_price=maybe(NUMBERS), flat_fee=maybe(NUMBERS)), max_size=4),
    package=maybe(some(size=NUMBERS)),
    percentage=maybe(
        some(
            rate_percent=NUMBERS,
            fixed_amount=maybe(NUMBERS),
            minimum=maybe(NUMBERS),
            maximum=maybe(NUMBERS),
            free_amount=maybe(NUMBERS),
        )
    ),
    included_quantity=maybe(NUMBERS),
    included_unlimited=st.booleans(),
    overage_unit_price=maybe(NUMBERS),
    hard_cap=maybe(st.booleans()),
    minimum_amount=maybe(NUMBERS),
    maximum_amount=maybe(NUMBERS),
    minimum_commitment=maybe(
        some(amount=NUMBERS, period=maybe(one_of_each(PricePeriod)), true_up=maybe(st.booleans()))
    ),
    drawdown=maybe(some(credit_amount=NUMBERS, expires_on=maybe(DATES))),
    quantity_basis=maybe(one_of_each(QuantityBasis)),
    billing_frequency=maybe(one_of_each(BillingFrequency)),
    billing_timing=maybe(one_of_each(BillingTiming)),
    start_date=maybe(DATES),
    end_date=maybe(DATES),
    billing_start_date=maybe(DATES),
    free_months=maybe(NUMBERS | st.decimals(0, 5, places=1)),
    ramp=st.lists(
        some(start_date=DATES, end_date=maybe(DATES), quantity=maybe(NUMBERS), net_unit_price=maybe(NUMBERS)),
        max_size=3,
    ),
    uplift_percent=maybe(NUMBERS),
).map(lambda terms: a_line(**terms))

HEADERS = some(
    start_date=maybe(DATES),
    end_date=maybe(DATES),
    term_months=maybe(st.integers(-3, 400)),
    billing_frequency=maybe(one_of_each(BillingFrequency)),
    currency=st.sampled_from(["USD", "JPY", "CLF"]),
).map(lambda header: a_quote(**header))


@pytest.mark.fuzz
@settings(max_examples=at_length(1000))
@given(line=LINES, quote=HEADERS, used=maybe(NUMBERS))
def test_whatever_a_line_says_it_is_billed_or_the_reason_is_known(line, quote, used):
    assert isinstance(committed_total(line, quote), (Decimal, Unscheduled))
    assert billed_or_reason(line, quote, used) is not None


@pytest.mark.fuzz
@settings(max_examples=at_length(1000))
@given(line=LINES, used=NUMBERS)
def test_whatever_a_line_says_it_is_rated_with_steps_or_the_reason_is_known(line, used):
    try:
        rated = rate(line, used, explain=True, currency="USD")
    except Unrateable as refusal:
        rated = refusal.reason
    assert rated
    assert rate_overage(line, used, explain=True).amount is not None


def billed_or_reason(line, quote, used):
    try:
        return charges(resolve(line, quote), lambda _: used)
    except Unscheduled as unknown:
        return unknown.reason
