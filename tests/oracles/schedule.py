"""A line's whole bill a second way: each day of its term asked for itself, in fractions, with no code of the product's.

Every day says whether it is free, which ramp segment holds, which discounts last and how often the price has risen, and
owes its part of the price: one over the days of the whole period that it is in. Only the records are read.
"""

from bisect import bisect_left
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from math import floor
from typing import NamedTuple

from tests.oracles.days import MONTHS, ONE_DAY, Calendar, cut, days_between, month_on
from tests.oracles.rating import Undetermined, clamped, exact, model_of, slow_overage, slow_rate

DECIMALS = {"JPY": 0, "KRW": 0, "USD": 2, "EUR": 2, "KWD": 3, "TND": 3, "CLF": 4, "UYW": 4}
HALF = Fraction(1, 2)


class Step(NamedTuple):
    """What holds on a day: a quantity at a price, or tiers and percentages so many times."""

    quantity: Fraction | None
    price: Fraction | None
    factor: Fraction


class Part(NamedTuple):
    """An exact amount for some days; amounts of one `group` are rounded as one running sum."""

    start: date
    end: date
    invoiced: date
    kind: str
    group: object
    amount: Fraction


class Bill(NamedTuple):
    """An amount in minor units, on an invoice."""

    invoiced: date
    start: date
    end: date
    kind: str
    true_up: bool
    units: int


def half_up(amount):
    return floor(amount + HALF) if amount >= 0 else -floor(HALF - amount)


class Slow:
    """One line of a document. `usage` tells the use from a day up to another, None where nothing is known of it."""

    def __init__(self, line, quote, *, anchor_day=None, usage=None, one_sum=False):
        self.line, self.quote, self.usage, self.one_sum = line, quote, usage, one_sum
        self.unit = 10 ** DECIMALS[quote.currency]
        self.start, self.end, self.anchor = self.term()
        self.is_usage = line.charge_type == "usage"
        self.model = model_of(line)
        self.price_period = line.price_period
        frequency = line.billing_frequency or quote.billing_frequency
        self.billing_months = MONTHS.get(frequency)
        self.price_months = MONTHS.get(self.price_period)
        if self.is_usage and self.price_period in {None, "one_time"}:
            self.price_months = self.billing_months
        self.billing_start = line.billing_start_date or quote.billing_start_date or date.min
        self.in_arrears = self.is_usage or (line.billing_timing or quote.billing_timing) == "in_arrears"
        self.calendars = {
            months: Calendar(self.anchor, months, anchor_day).over(self.start, self.end) for months in (1, 3, 6, 12)
        }
        self.paid_from = max(self.after_free_months(), self.billing_start)
        self.paid = days_between(self.paid_from, self.end) if self.paid_from < self.end else []

    def term(self):
        """First day, day after the last, and the day that the calendar counts from: the document's where it shares its end."""
        start = self.line.start_date or self.quote.start_date
        common = self.quote.end_date and self.quote.end_date + ONE_DAY
        if common is None and self.quote.term_months:
            common = month_on(self.quote.start_date or start, self.quote.term_months)
        end = common if self.line.end_date is None else self.line.end_date + ONE_DAY
        return start, end, self.quote.start_date if self.quote.start_date and end == common else start

    def after_free_months(self):
        months = Fraction(self.line.free_months or 0)
        whole = floor(months)
        until = month_on(self.start, whole)
        days = (month_on(self.start, whole + 1) - until).days
        return until + timedelta(days=half_up((months - whole) * days))

    # ------------------------------------------------------------------------------------------- what holds on a day

    @cached_property
    def segments(self):
        """The ramp in order, each with its first day and the day after its last; without an end, up to the next one."""
        ramp = sorted(self.line.ramp, key=lambda each: each.start_date)
        following = [*(each.start_date for each in ramp[1:]), self.end]
        ends = [
            after if each.end_date is None else each.end_date + ONE_DAY
            for each, after in zip(ramp, following, strict=False)
        ]
        held = [(each.start_date, end, each) for each, end in zip(ramp, ends, strict=True)]
        return [each for each in held if max(each[0], self.start) < min(each[1], self.end)]

    def step(self, day):
        """What holds on a day that is not free; None where a ramp leaves it out."""
        segment, quantity = None, self.line.quantity
        begun = [each for each in self.segments if each[0] <= day]
        if begun:
            holding = [each for _, after, each in begun if day < after]
            if not holding:
                return None
            segment = holding[-1]
            quantity = quantity if segment.quantity is None else segment.quantity
        if segment is not None and segment.net_unit_price is not None:
            return Step(exact(quantity), Fraction(segment.net_unit_price), Fraction(1))
        rise = self.rise(day)
        if self.model in {"flat", "per_unit", "package"} and self.line.net_unit_price is not None:
            return Step(exact(quantity), self.price(day) * rise, Fraction(1))
        return Step(exact(quantity), None, self.share_left(day) * rise)

    def rise(self, day):
        """By what the uplift has multiplied the price: once for each anniversary that has come."""
        uplift = Fraction(self.line.uplift_percent or 0) / 100
        if self.price_period == "term" or getattr(self.line, "uplift_at", None) == "renewal":
            return Fraction(1)
        years = sum(1 for year in range(1, 31) if month_on(self.start, 12 * year) <= day)
        if getattr(self.line, "uplift_method", None) == "simple":
            return max(Fraction(0), 1 + years * uplift)
        return (1 + uplift) ** years

    def holding(self, day):
        return tuple(each for each in self.line.discounts if self.lasts(each, day))

    def lasts(self, discount, day):
        """Whether a discount holds: by its dates, or for so many invoices from the first that is paid under it."""
        if discount.starts_on is not None and day < discount.starts_on:
            return False
        if discount.ends_on is not None:
            return day <= discount.ends_on
        if discount.periods is None:
            return True
        if discount.periods < 1:
            return False
        first = max(self.paid_from, discount.starts_on or self.paid_from)
        return first >= self.end or day < first or self.invoices_before(first, day) < discount.periods

    def invoices_before(self, first, day):
        """How many billing periods were over between two days."""
        if self.billing_months is None:
            return 0
        turns = self.calendars[self.billing_months].turns
        return sum(1 for turn in turns if first < turn <= day)

    def price(self, day):
        """The net price holds while the discounts of the first day do; after that, the price without those that ended."""
        net, holding, at_start = Fraction(self.line.net_unit_price), self.holding(day), self.holding(self.start)
        if holding == at_start:
            return net
        listed = self.line.list_unit_price
        if listed is not None and abs(taken_off(listed, at_start) - net) <= self.half_a_digit():
            return taken_off(listed, holding)
        for each in reversed(at_start):
            net = net + Fraction(each.amount) if each.percent is None else net / share_after(each)
        return taken_off(net, holding)

    def half_a_digit(self):
        """A net price is the list price less its discounts where only its own last digit, or a cent, was rounded."""
        places = max(0, -self.line.net_unit_price.as_tuple().exponent)
        return min(Fraction(1, 10**places), Fraction(1, self.unit)) / 2

    def share_left(self, day):
        """By what the tiers' prices, which contain the discounts of the first day, are multiplied."""
        holding, at_start = self.holding(day), self.holding(self.start)
        if holding == at_start:
            return Fraction(1)
        left = Fraction(1)
        for each in holding:
            left *= share_after(each)
        for each in at_start:
            left /= share_after(each)
        return left

    # -------------------------------------------------------------------------------------------- what does not depend on use

    @cached_property
    def runs(self):
        """The paid days as (first, day after the last, step), one run as long as nothing changes."""
        held = [(day, self.step(day)) for day in self.paid]
        grouped = [[day for day, _ in run] for _, run in groupby(held, key=lambda each: each[1])]
        steps = [step for step, _ in groupby(held, key=lambda each: each[1])]
        return [
            (days[0], days[-1] + ONE_DAY, step) for days, step in zip(grouped, steps, strict=True) if step is not None
        ]

    def fixed(self):
        """Each billing period at the steps that hold in it, prorated by the day."""
        if not self.runs:
            return
        amounts = [self.amount(step) for *_, step in self.runs]
        for start, end, *_ in self.cut(self.billing_months):
            billed = [(max(start, a), min(end, b), n) for n, (a, b, _) in enumerate(self.runs) if a < end and start < b]
            for first, after, number in billed:
                invoiced = end if self.in_arrears else billed[0][0]
                amount = amounts[number] * self.periods_in(first, after)
                kind = "usage" if self.is_usage else "recurring"
                yield Part(first, after, invoiced, kind, self.group(start, end), amount)

    def amount(self, step, line=None):
        quantity = step.quantity
        if quantity is None:
            if self.model != "flat":
                raise Undetermined
            quantity = 1
        return slow_rate(line or self.line, quantity, price=step.price, factor=step.factor)

    def cut(self, months):
        calendar = None if months is None else self.calendars[months]
        return cut(self.paid_from, self.end, calendar) if self.paid else []

    def periods_in(self, start, end):
        """How often the price is due for some days: each is one part of the whole period that it is in."""
        calendar = self.calendars[self.counted_in]
        count = counted(days_between(start, end), calendar)
        if self.price_months is None:
            return count / counted(self.paid, calendar)
        return count * self.counted_in / self.price_months

    @cached_property
    def counted_in(self):
        """Months where every change is a whole month apart; else the shorter of price period and billing period."""
        changes = [day for start, end, _ in self.runs for day in (start, end)]
        if all(self.calendars[1].is_turn(day) for day in (self.paid_from, self.end, *changes)):
            return 1
        return min(self.price_months or self.billing_months or 1, self.billing_months or self.price_months or 1)

    def group(self, start, end):
        """What is rounded together: the invoices that one price pays for, where that is more than one."""
        if self.billing_months is None:
            return (start, end)
        if self.price_months is None:
            return "term"
        return (
            (start, end) if self.price_months <= self.billing_months else self.calendars[self.price_months].whole(start)
        )

    # ---------------------------------------------------------------------------------------------------------- use

    def metered(self, kind, cost):
        """The cost of each period that the price counts in: at each invoice what it comes to, less what was billed."""
        ends = [end for _, end, *_ in self.cut(self.billing_months)]
        for start, end, first, after in self.cut(self.price_months):
            held = next((step for day in days_between(start, end) if (step := self.held.get(day))), None)
            if held is None:
                continue
            share, billed = Fraction((end - start).days, (after - first).days), Fraction(0)
            inner = [
                day for day in ends if start < day < end and self.line.quantity_basis not in {"latest", "time_weighted"}
            ]
            for begin, stop in zip([start, *inner], [*inner, end], strict=True):
                used = self.usage(start, stop) if self.usage else None
                to_date = max(billed, cost(held, Fraction(used or 0), share, stop == end))
                yield Part(begin, stop, ends[bisect_left(ends, stop)], kind, (start, end), to_date - billed)
                billed = to_date

    @cached_property
    def held(self):
        return {day: step for start, end, step in self.runs for day in days_between(start, end)}

    def cost_of_use(self, step, used, share, is_final):
        line = self.line
        is_plain = self.model == "per_unit" and line.overage_unit_price is not None
        by_overage = is_plain and line.included_quantity is not None and not line.included_unlimited
        amount = slow_rate(unbounded(line), used, price=None if by_overage else step.price, factor=step.factor)
        if line.maximum_amount is not None:
            amount = min(amount, Fraction(line.maximum_amount) * share)
        if line.minimum_amount is not None and is_final:
            amount = max(amount, Fraction(line.minimum_amount) * share)
        return amount

    def cost_of_overage(self, step, used, share, is_final):
        """What use beyond the allowance adds to the price within the line's maximum, beyond its minimum."""
        beyond = slow_overage(self.line, used)
        price = self.amount(step, unbounded(self.line)) * share
        return clamped(self.line, price + beyond, share) - clamped(self.line, price, share)

    # ------------------------------------------------------------------------------------------------------- the whole

    def streams(self):
        line = self.line
        if line.charge_type == "one_time" or (self.price_period == "one_time" and not self.is_usage):
            day = max(self.start, self.billing_start)
            amount = slow_rate(line, 1 if line.quantity is None else line.quantity)
            return [[Part(day, day + ONE_DAY, day, "one_time", day, amount)]]
        if self.is_usage and self.model != "flat":
            return [self.metered("usage", self.cost_of_use)]
        has_overage = line.included_quantity is not None and line.overage_unit_price is not None
        if self.usage is None or not has_overage or line.included_unlimited:
            return [self.fixed()]
        return [self.fixed(), self.metered("overage", self.cost_of_overage)]

    def rounded(self, parts):
        """In minor units, half up; what rounding leaves goes to the next amount of the same group."""
        group, owed, billed = None, Fraction(0), 0
        for part in parts:
            if part.group != group and not self.one_sum:
                group, owed, billed = part.group, Fraction(0), 0
            owed += part.amount * self.unit
            yield part._replace(amount=half_up(owed) - billed)
            billed = half_up(owed)

    def bills(self):
        dues = [part for stream in self.streams() for part in self.rounded(list(stream))]
        bills = [Bill(each.invoiced, each.start, each.end, each.kind, False, each.amount) for each in dues]
        shortfalls = [each._replace(units=half_up(each.units)) for each in self.shortfalls(bills, self.unit)]
        return sorted(each for each in [*bills, *shortfalls, *self.burned(bills)] if each.units)

    def shortfalls(self, bills, unit):
        """What each commitment period lacks: its amount by days, less what is billed for its days."""
        commitment = self.line.minimum_commitment
        if commitment is None or not commitment.true_up or commitment.period in {None, "one_time"}:
            return
        kind = "usage" if self.is_usage else "recurring"
        for start, end, first, after in self.cut(MONTHS.get(commitment.period)):
            owed = Fraction(commitment.amount) * unit * (end - start).days / (after - first).days
            lacking = owed - sum(common_share(each, start, end) for each in bills)
            if lacking > 0:
                yield Bill(end, start, end, kind, True, lacking)

    def burned(self, bills):
        """Prepaid credit pays for use, oldest first, up to the last day on which it is good."""
        drawdown = self.line.drawdown
        if drawdown is None:
            return
        left = Fraction(drawdown.credit_amount) * self.unit
        good_until = drawdown.expires_on + ONE_DAY if drawdown.expires_on else date.max
        for each in sorted(bills, key=lambda bill: (bill.start, bill.end)):
            if each.kind not in {"usage", "overage"}:
                continue
            spent = half_up(min(left, common_share(each, date.min, good_until)))
            left -= spent
            yield each._replace(kind="credit", units=-spent)

    def total(self):
        """What the line commits to without any use, not rounded."""
        parts = [part for stream in self.streams() for part in stream]
        bills = [Bill(each.invoiced, each.start, each.end, each.kind, False, each.amount) for each in parts]
        return sum((each.units for each in [*bills, *self.shortfalls(bills, 1)]), Fraction(0))


def counted(days, calendar):
    by_whole = Counter(calendar.whole(day) for day in days)
    return sum((Fraction(count, (after - first).days) for (first, after), count in by_whole.items()), Fraction(0))


def common_share(bill, start, end):
    """The part of an amount that the days up to another day have of it."""
    common = (min(bill.end, end) - max(bill.start, start)).days
    return bill.units * Fraction(max(0, common), (bill.end - bill.start).days)


def taken_off(price, discounts):
    price = Fraction(price)
    for each in discounts:
        price = price - Fraction(each.amount) if each.percent is None else price * (1 - Fraction(each.percent) / 100)
        price = max(Fraction(0), price)
    return price


def share_after(discount):
    """What is left after a percentage; an amount, and the whole price, do not say what was there before."""
    if discount.percent is None or discount.percent >= 100:
        raise Undetermined
    return 1 - Fraction(discount.percent) / 100


class unbounded:  # noqa: N801 - reads as what it does to a line
    """The line as it stands, but for its minimum and maximum."""

    minimum_amount = maximum_amount = None

    def __init__(self, line):
        self.line = line

    def __getattr__(self, name):
        return getattr(self.line, name)
