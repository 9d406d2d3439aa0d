"""The shorter way to a bill gives exactly what the domain's schedule gives."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.demo.bills import bill, has_one_price, total
from app.demo.consumption import Months, as_usage
from policies.domain.charge import BillingFrequency, ChargeModel, ChargeType, Line, PricePeriod
from policies.domain.period import Period
from policies.domain.quote import Quote
from policies.domain.schedule import charges, resolve

EVER = date.max


def by_schedule(line, quote, months, use):
    found = charges(resolve(line, quote), as_usage(use, months) if use is not None else None)
    return Counter((each.invoice_date, each.service_period.start, each.kind, each.amount) for each in found)


def as_counted(billed):
    return Counter((each.invoice_date, each.start, each.kind, each.amount) for each in billed)


def test_every_charge_of_a_history_is_billed_as_the_schedule_says(stories):
    quick = 0
    for deal in (deal for deals in stories for deal in deals if deal.books is not None):
        books = deal.books
        for charge in books.set_up.charges:
            signed, use = books.contract.signed, books.use.get(charge.line.line_id)
            if charge.line.charge_type is ChargeType.ONE_TIME or has_one_price(charge.line, signed, books.months):
                quick += 1
                found = bill(charge.line, signed, books.months, use, EVER)
                assert as_counted(found) == by_schedule(charge.line, signed, books.months, use)
    assert quick > 300


@pytest.mark.parametrize("frequency", list(BillingFrequency)[:4])
@pytest.mark.parametrize("price_period", [PricePeriod.MONTH, PricePeriod.QUARTER, PricePeriod.YEAR])
@pytest.mark.parametrize(("start", "end"), [("2025-01-31", "2026-07-30"), ("2024-12-15", "2025-12-14")])
def test_parts_of_a_price_add_up_to_it_in_every_rhythm(frequency, price_period, start, end):
    quote = Quote(
        quote_id="Q-1",
        currency="USD",
        lines=(),
        start_date=date.fromisoformat(start),
        end_date=date.fromisoformat(end),
        billing_frequency=frequency,
    )
    line = Line(
        line_id="1",
        product_id="P-1",
        charge_type=ChargeType.RECURRING,
        charge_model=ChargeModel.FLAT,
        price_period=price_period,
        net_unit_price=Decimal("100.01"),
    )
    months = Months.of(Period.through(quote.start_date, quote.end_date))
    assert has_one_price(line, quote, months)
    assert as_counted(bill(line, quote, months, None, EVER)) == by_schedule(line, quote, months, None)


def test_the_seat_contract_bills_what_its_six_months_show():
    # 500 seats at $40, overage $50, billed monthly; used 502, 518, 547, 523, 556, 541: overage 9,350 in six months.
    quote = Quote(
        quote_id="Q-1",
        currency="USD",
        lines=(),
        start_date=date(2024, 1, 1),
        end_date=date(2024, 12, 31),
        billing_frequency=BillingFrequency.MONTHLY,
    )
    line = Line(
        line_id="1",
        product_id="SEAT",
        charge_type=ChargeType.RECURRING,
        charge_model=ChargeModel.PER_UNIT,
        price_period=PricePeriod.MONTH,
        quantity=Decimal(500),
        net_unit_price=Decimal(40),
        included_quantity=Decimal(500),
        overage_unit_price=Decimal(50),
    )
    months = Months.of(Period.through(quote.start_date, quote.end_date))
    use = [Decimal(seats) for seats in (502, 518, 547, 523, 556, 541)] + [Decimal(500)] * 20
    overage = [each.amount for each in bill(line, quote, months, use, EVER) if each.kind == "overage"]
    assert overage == [100, 900, 2350, 1150, 2800, 2050]
    assert total(bill(line, quote, months, None, EVER)) == 240_000


def test_a_term_that_changes_its_price_goes_the_long_way(stories):
    ramped = next(
        (deal.books, line)
        for deals in stories
        for deal in deals
        if deal.books is not None
        for line in deal.books.lines()
        if line.ramp
    )
    books, line = ramped
    assert not has_one_price(line, books.contract.signed, books.months)
    flat = replace(line, ramp=())
    assert total(bill(line, books.contract.signed, books.months, None, EVER)) > total(
        bill(flat, books.contract.signed, books.months, None, EVER)
    )
