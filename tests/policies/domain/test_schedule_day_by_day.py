"""The schedule a second way: slowly, in fractions, one day after the other, without any code of the schedule's own.

Each day of the term asks for itself whether it is free, which ramp segment holds, which discounts last and how often the
price has risen, and owes its part of the price: one over the days of the whole period that it is in.
"""

from bisect import bisect_right
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from policies.domain.schedule import charges, line_total, resolve
from tests.builders import a_line, a_quote
from tests.lengths import at_length

ONE_DAY = timedelta(days=1)
LENGTH = {"month": 1, "quarter": 3, "year": 12, "monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}


def month_on(start, months):
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def boundaries(start, months, end):
    """The days on which periods start, up to one that is not before the end."""
    days = [start]
    while days[-1] < end:
        days.append(month_on(start, months * len(days)))
    return days


def days_of(start, end):
    return [start + timedelta(days=n) for n in range((end - start).days)]


class Slow:
    """A line of `case`, from the first day of its term up to the day after its last; periods count from its anchor."""

    def __init__(self, case):
        self.case = case
        self.start, self.end, self.anchor = case["start"], case["end"], case["anchor"]
        self.invoiced = boundaries(self.anchor, LENGTH[case["frequency"]], self.end)

    def invoice_of(self, day):
        return bisect_right(self.invoiced, day) - 1

    def is_free(self, day):
        months = self.case["free_months"]
        whole = int(months)
        until = month_on(self.start, whole)
        part = Fraction(months - whole) * (month_on(self.start, whole + 1) - until).days
        return day < max(until + timedelta(days=floor(part + Fraction(1, 2))), self.case["billing_start"])

    def discounts(self, day):
        """The percentages that hold; those by period count the invoices from the first day that is not free."""
        for percent, ends_on, periods in self.case["discounts"]:
            if periods is None:
                if ends_on is None or day <= ends_on:
                    yield percent
            elif not self.paid or self.invoice_of(day) - self.invoice_of(self.paid[0]) < periods:
                yield percent

    def price(self, day):
        """What one price period costs on the terms of the day; None where a ramp leaves it out."""
        quantity, price = self.case["quantity"], None
        segments = [each for each in self.case["ramp"] if each[0] <= day]
        if segments:
            holding = [each for each in segments if each[1] is None or day <= each[1]]
            if not holding:
                return None
            _, _, quantity, price = max(holding)
        if price is None:
            price = Fraction(self.case["list"])
            for percent in self.discounts(day):
                price *= 1 - Fraction(percent, 100)
            years = sum(month_on(self.start, 12 * n) <= day for n in range(1, 6))
            price *= (1 + Fraction(self.case["uplift"], 100)) ** years
        return quantity * Fraction(price)

    def owed(self):
        """The amount of each invoice as a fraction, by its number."""
        self.paid = [day for day in days_of(self.start, self.end) if not self.is_free(day)]
        prices = {day: self.price(day) for day in self.paid}
        unit = self.counted_in(prices)
        periods = boundaries(self.anchor, unit, self.end)
        invoices = {}
        for day, price in prices.items():
            at = bisect_right(periods, day) - 1
            last = month_on(self.anchor, unit * (at + 1))
            part = Fraction(unit, LENGTH[self.case["price_period"]] * (last - periods[at]).days)
            number = self.invoice_of(day)
            invoices[number] = invoices.get(number, 0) + (price or 0) * part
        return invoices

    def counted_in(self, prices):
        """Months, where nothing changes within one; else what is invoiced or priced, whichever is shorter."""
        changes = [day for day, price in prices.items() if prices.get(day - ONE_DAY, "none") != price]
        months = set(boundaries(self.anchor, 1, self.end))
        if all(day in months for day in (*changes, self.end)):
            return 1
        return min(LENGTH[self.case["price_period"]], LENGTH[self.case["frequency"]])

    def cents(self):
        """Each invoice in cents: rounded up to date within the time that one price pays for."""
        span = max(LENGTH[self.case["price_period"]], LENGTH[self.case["frequency"]])
        groups = boundaries(self.anchor, span, self.end)
        exact, paid, group, billed = Fraction(0), 0, None, {}
        for number, amount in sorted(self.owed().items()):
            now = bisect_right(groups, self.invoiced[number])
            if now != group:
                exact, paid, group = Fraction(0), 0, now
            exact += amount
            to_date = floor(exact * 100 + Fraction(1, 2))
            billed[number] = to_date - paid
            paid = to_date
        return {number: cents for number, cents in billed.items() if cents}


@st.composite
def cases(draw, *, whole_months):
    anchor = draw(st.dates(date(2023, 1, 1), date(2026, 12, 31)))
    start = month_on(anchor, draw(st.integers(0, 14)))
    start += timedelta(days=0 if whole_months else draw(st.integers(0, 20)))
    months = draw(st.integers(1, 30))
    offset = 0 if whole_months else draw(st.integers(-20, 20))
    end = max(start + ONE_DAY, month_on(start, months) + timedelta(days=offset))

    def a_day():
        return month_on(start, draw(st.integers(0, months))) if whole_months else draw(st.dates(start, end))

    ramp = []
    for first in sorted({a_day() for _ in range(draw(st.integers(0, 3)))}):
        last = draw(st.none() | st.just(a_day() - ONE_DAY))
        if last is None or last >= first:
            ramp.append((first, last, draw(st.integers(1, 50)), draw(st.none() | st.integers(1, 900))))
    ramp = [
        (first, following - ONE_DAY if last is None and following else last, quantity, price)
        for (first, last, quantity, price), following in zip(
            ramp, [*(each[0] for each in ramp[1:]), None], strict=False
        )
    ]
    ends = st.one_of(
        st.just((None, None)), st.integers(1, 9).map(lambda n: (None, n)), st.just((a_day() - ONE_DAY, None))
    )
    discounts = [(draw(st.integers(1, 60)), *draw(ends)) for _ in range(draw(st.integers(0, 2)))]
    return {
        "anchor": anchor,
        "start": start,
        "end": end,
        "quantity": draw(st.integers(1, 500)),
        "list": draw(st.decimals("0.01", 2000, places=2)),
        "discounts": [each for each in discounts if each[1] is None or each[1] >= start],
        "ramp": ramp,
        "uplift": draw(st.integers(0, 12)),
        "free_months": draw(
            st.sampled_from(["0", "1", "2"] if whole_months else ["0", "0.5", "1.5", "2.3"]).map(Decimal)
        ),
        "billing_start": draw(st.just(start) | st.just(a_day())),
        "price_period": draw(st.sampled_from(["month", "quarter", "year"])),
        "frequency": draw(st.sampled_from(["monthly", "quarterly", "semiannual", "annual"])),
    }


def terms_of(case):
    """The case as a sender would write it: the net price contains every discount."""
    net = Decimal(case["list"])
    for percent, *_ in case["discounts"]:
        net *= 1 - Decimal(percent) / 100
    line = a_line(
        start_date=case["start"],
        quantity=case["quantity"],
        list_unit_price=case["list"],
        net_unit_price=net,
        price_period=case["price_period"],
        discounts=[{"percent": p, "ends_on": e, "periods": n} for p, e, n in case["discounts"]],
        ramp=[{"start_date": s, "end_date": e, "quantity": q, "net_unit_price": p} for s, e, q, p in case["ramp"]],
        uplift_percent=case["uplift"],
        free_months=case["free_months"],
        billing_start_date=case["billing_start"],
    )
    header = {"start_date": case["anchor"], "end_date": case["end"] - ONE_DAY, "billing_frequency": case["frequency"]}
    return resolve(line, a_quote(**header))


def compare(case):
    note(f"{case}")
    slow, terms = Slow(case), terms_of(case)
    expected = slow.cents()
    invoices = {}
    for charge in charges(terms):
        number = slow.invoice_of(charge.service_period.start)
        invoices[number] = invoices.get(number, 0) + int(charge.amount * 100)
    assert {number: cents for number, cents in invoices.items() if cents} == expected
    assert abs(Fraction(line_total(terms)) - sum(slow.owed().values())) < Fraction(1, 10**12)


@given(case=cases(whole_months=True))
def test_terms_of_whole_months_are_billed_as_a_day_by_day_count_bills_them(case):
    compare(case)


@given(case=cases(whole_months=False))
def test_terms_of_odd_days_are_billed_as_a_day_by_day_count_bills_them(case):
    compare(case)


@pytest.mark.slow
@pytest.mark.fuzz
@settings(max_examples=at_length(500))
@given(case=cases(whole_months=True) | cases(whole_months=False))
def test_many_more_terms_are_billed_as_a_day_by_day_count_bills_them(case):
    compare(case)
