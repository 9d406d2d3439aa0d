"""The terms that a line's schedule follows: what the line states, else what its quote states for all lines.

Nothing is guessed: where a date or a period is missing, `Unscheduled` says which. Only the timing has a default, because
it moves no amount: usage is billed in arrears, everything else in advance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from policies.domain.charge import BillingFrequency, BillingTiming, ChargeType, Line, PricePeriod
from policies.domain.money import RoundingPolicy
from policies.domain.period import MONTHS, BillingPeriod, Period, add_months, billing_periods

if TYPE_CHECKING:
    from policies.domain.quote import Quote

# Beyond any contract: a slip of the pen in a year must not cost a schedule of centuries.
_LONGEST_TERM_MONTHS = 30 * 12
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
_ONE_DAY = timedelta(days=1)


class Unscheduled(ValueError):  # noqa: N818 - the name says what is wrong
    """The terms do not determine a schedule; `reason` says what is missing or contradicts itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Everything that decides when a line is billed and for how much.

    `anchor` is a day on which the line's calendar starts a period, and `anchor_day` the day of the month on which periods
    turn, where it is not the anchor's own. `term` is None only for a charge that comes once and has no date.

    Where the line began before these terms (an amendment or a renewal gave it new ones), `since` is the day on which it
    did: free time, discounts by periods and anniversaries count from it. `risen` is how often its price has risen before,
    which only a simple uplift goes by. `priced_until` is the end of the time that a price for the term pays for, where that is
    not the terms' own end: an amendment has ended or extended the line, and its price was agreed for another time.
    `first_invoice` is a day before which no invoice is made; what would have been
    invoiced earlier is invoiced on it.
    """

    line: Line
    currency: str
    term: Period | None
    billing_start: date | None
    anchor: date | None
    anchor_day: int | None = None
    price_period: PricePeriod | None = None
    billing_frequency: BillingFrequency | None = None
    billing_timing: BillingTiming = BillingTiming.IN_ADVANCE
    payment_terms_days: int | None = None
    time_zone: str | None = None
    since: date | None = None
    risen: int = 0
    priced_until: date | None = None
    first_invoice: date | None = None
    rounding: RoundingPolicy = RoundingPolicy.ROUND_THEN_SUM

    @property
    def comes_once(self) -> bool:
        """Whether the price is due once, whatever the term."""
        line = self.line
        return line.charge_type is ChargeType.ONE_TIME or (
            self.price_period is PricePeriod.ONE_TIME and line.charge_type is not ChargeType.USAGE
        )

    @property
    def is_usage(self) -> bool:
        return self.line.charge_type is ChargeType.USAGE

    @property
    def billing_months(self) -> int | None:
        """The months of a billing period; None where the whole term is one, and where the frequency is not stated."""
        return None if self.billing_frequency is None else MONTHS.get(self.billing_frequency)

    @property
    def price_months(self) -> int | None:
        """The months that one price pays for, None for the whole term. A usage price without period counts as it is billed."""
        if self.is_usage and self.price_period in (None, PricePeriod.ONE_TIME):
            return self.billing_months
        return None if self.price_period is None else MONTHS.get(self.price_period)

    @property
    def dated(self) -> Period:
        """The term. Raises `Unscheduled` where there is none."""
        if self.term is None:
            raise Unscheduled("the start date is not stated")
        return self.term

    @property
    def began(self) -> date:
        """The first day of the line, under these terms or under earlier ones."""
        return self.dated.start if self.since is None else self.since

    @property
    def first_paid_day(self) -> date:
        """The line's first day that is not free: free months count from its beginning; billing may start later still."""
        start = self.began
        if self.line.free_months is not None and self.line.free_months > 0:
            start = _after_free_months(start, self.line.free_months)
        return start if self.billing_start is None else max(start, self.billing_start)

    @property
    def paid_from(self) -> date:
        """The first day of the term that is not free."""
        return self.first_paid_day if self.since is None else max(self.dated.start, self.first_paid_day)

    @property
    def paid_term(self) -> Period | None:
        """The part of the term that is not free; None where all of it is."""
        start, end = self.paid_from, self.dated.end
        return Period(start, end) if start < end else None

    def periods(self, within: Period, months: int | None) -> tuple[BillingPeriod, ...]:
        """The periods of the line's calendar in a part of the term; all of it is one where `months` is None."""
        if months is None:
            return (BillingPeriod(within, within),)
        return billing_periods(within, months, self.anchor_day, self.anchor)

    def billing_periods(self, within: Period) -> tuple[BillingPeriod, ...]:
        """The periods that are invoiced. Raises `Unscheduled` where the billing frequency is not stated."""
        if self.billing_frequency is None:
            raise Unscheduled("the billing frequency is not stated")
        return self.periods(within, self.billing_months)


def resolve(line: Line, quote: Quote, *, price_period: PricePeriod | None = None) -> Terms:
    """The terms of a quote's line; `price_period` is taken where the line states none.

    A line that ends with its quote shares the quote's calendar, so that a line that starts later is billed with the rest
    (co-termed); any other counts from its own start. Raises `Unscheduled` where a date or the price period is missing.
    """
    price_period = line.price_period or price_period
    is_usage = line.charge_type is ChargeType.USAGE
    if price_period is None and line.charge_type is ChargeType.RECURRING:
        raise Unscheduled("the price period is not stated")
    needs_dates = is_usage or not (line.charge_type is ChargeType.ONE_TIME or price_period is PricePeriod.ONE_TIME)
    term, anchor = _dates(
        line.start_date, line.end_date, quote.start_date, quote.end_date, quote.term_months, needs_dates
    )
    billing_start = line.billing_start_date or quote.billing_start_date
    if billing_start is not None and billing_start > _LAST_DAY:
        raise Unscheduled(f"billing would start on {billing_start}, farther away than any contract")
    timing = line.billing_timing or quote.billing_timing or BillingTiming.IN_ADVANCE
    return Terms(
        line=line,
        currency=quote.currency,
        term=term,
        billing_start=billing_start,
        anchor=anchor,
        price_period=price_period,
        billing_frequency=line.billing_frequency or quote.billing_frequency,
        billing_timing=BillingTiming.IN_ARREARS if is_usage else timing,
        payment_terms_days=quote.payment_terms_days,
        time_zone=None if quote.account is None else quote.account.time_zone,
        rounding=quote.rounding or RoundingPolicy.ROUND_THEN_SUM,
    )


def term_of(quote: Quote) -> Period | None:
    """The quote's own term; None where its dates do not tell."""
    try:
        return _dates(None, None, quote.start_date, quote.end_date, quote.term_months, True)[0]
    except Unscheduled:
        return None


# Lines of a quote share most of their dates.
@lru_cache(maxsize=1024)
def _dates(
    line_start: date | None,
    line_end: date | None,
    quote_start: date | None,
    quote_end: date | None,
    months: int | None,
    are_needed: bool,
) -> tuple[Period | None, date | None]:
    """The term and the day that its calendar counts from; none for a charge that comes once without a date."""
    start = line_start or quote_start
    if start is None:
        if are_needed:
            raise Unscheduled("the start date is not stated")
        return None, None
    quote_after = _day_after_last(quote_end, quote_start or start, months)
    end = quote_after if line_end is None else _day_after_last(line_end, start, None)
    if end is None:
        if are_needed:
            raise Unscheduled("neither the end date nor the term is stated")
        end = min(start, _LAST_DAY) + _ONE_DAY
    term = _checked(start, end)
    return term, quote_start if quote_start is not None and end == quote_after else start


def _day_after_last(last_day: date | None, start: date, months: int | None) -> date | None:
    if last_day is not None:
        return min(last_day, _LAST_DAY) + _ONE_DAY
    if months is None:
        return None
    # One month more than any contract has is enough for the check of its length.
    return add_months(min(start, _LAST_DAY), max(0, min(months, _LONGEST_TERM_MONTHS + 1)))


def _checked(start: date, end: date) -> Period:
    in_reach = start >= _FIRST_DAY and end <= _LAST_DAY
    if in_reach and end <= start:
        raise Unscheduled(f"the term starts on {start} and ends before that, on {end - _ONE_DAY}")
    if not in_reach or end > add_months(start, _LONGEST_TERM_MONTHS):
        raise Unscheduled(f"a term from {start} up to {end} is longer or farther away than any contract")
    return Period(start, end)


def _after_free_months(start: date, months: Decimal) -> date:
    """The day after the free time: whole months, then a fraction of the next one in days, half a day rounded up."""
    whole = min(int(months), _LONGEST_TERM_MONTHS)
    after = add_months(start, whole)
    days_in_month = (add_months(start, whole + 1) - after).days
    fraction = min(months - whole, Decimal(1))
    return after + timedelta(days=int((fraction * days_in_month).quantize(Decimal(1), ROUND_HALF_UP)))
