"""Every charge of a line against a second schedule that walks its term day by day, over thousands of drawn deals."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from policies.domain.charge import ChargeModel
from policies.domain.money import RoundingPolicy
from policies.domain.schedule import Unscheduled, charges, line_total, resolve
from tests.lengths import at_length
from tests.oracles.deals import deals
from tests.oracles.rating import Undetermined
from tests.oracles.schedule import DECIMALS, Bill, Slow


def billed(deal, terms):
    """What the product bills, as the oracle writes it."""
    usage = None if deal.use is None else lambda period: deal.use.between(period.start, period.end)
    scale = Decimal(10) ** DECIMALS[deal.quote.currency]
    return sorted(
        Bill(
            each.invoice_date,
            each.service_period.start,
            each.service_period.end,
            str(each.kind),
            each.true_up,
            each.amount * scale,
        )
        for each in charges(terms, usage, deal.policy)
    )


def compare(deal):
    note(deal.words())
    terms = replace(resolve(deal.line, deal.quote), anchor_day=deal.anchor_day)
    slow = Slow(
        deal.line,
        deal.quote,
        anchor_day=deal.anchor_day,
        usage=None if deal.use is None else deal.use.between,
        one_sum=deal.policy is RoundingPolicy.SUM_THEN_ROUND,
    )
    try:
        expected = slow.bills()
        slow.usage = None
        total = slow.total()
    except Undetermined:
        with pytest.raises(Unscheduled):
            billed(deal, terms)
        return
    assert billed(deal, terms) == expected
    assert abs(Fraction(line_total(terms)) - total) < Fraction(1, 10**11)


@settings(max_examples=100)
@given(deal=deals())
def test_any_deal_is_billed_as_a_count_of_its_days_bills_it(deal):
    compare(deal)


@pytest.mark.fuzz
@pytest.mark.parametrize("model", ChargeModel)
@settings(max_examples=at_length(2_250), database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_thousands_of_deals_are_billed_as_a_count_of_their_days_bills_them(model, data):
    compare(data.draw(deals((model,))))
