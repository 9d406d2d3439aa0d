"""Deals as hypothesis draws them: one line with its document, whatever can be stated about dates, prices and use."""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from policies.domain.charge import (
    BillingFrequency,
    BillingTiming,
    ChargeType,
    Discount,
    Drawdown,
    Line,
    MinimumCommitment,
    PricePeriod,
    QuantityBasis,
    RampSegment,
    UpliftAt,
    UpliftMethod,
)
from policies.domain.money import RoundingPolicy
from policies.domain.quote import Quote
from tests.oracles.days import ONE_DAY, month_on
from tests.oracles.schedule import DECIMALS
from tests.oracles.tariffs import AMOUNTS, MODELS, PRICES, tariffs

_AWKWARD = [date(2023, 1, 31), date(2024, 1, 31), date(2024, 2, 29), date(2023, 2, 28), date(2024, 12, 31)]
_AWKWARD += [date(2024, 8, 30), date(2025, 5, 29), date(2026, 1, 1)]
ANCHORS = st.sampled_from(_AWKWARD) | st.dates(date(2023, 1, 1), date(2026, 12, 31))
PERIODS = st.sampled_from([PricePeriod.MONTH, PricePeriod.QUARTER, PricePeriod.YEAR, PricePeriod.TERM])
PERCENTS = st.sampled_from(["1", "5", "7.5", "10", "12.5", "20", "33", "50", "100"]).map(Decimal)
_RARELY = st.integers(0, 4).map(lambda number: number == 0)


@dataclass(frozen=True)
class Use:
    """So much on each day, over and over; `unknown` is a month of the year of which nothing is known."""

    daily: tuple[Decimal, ...]
    basis: QuantityBasis | None
    unknown: int = 0

    def between(self, start, end):
        """The use of some days by its basis, None where any is unknown."""
        days = [start + timedelta(days=number) for number in range((end - start).days)]
        if any(day.month == self.unknown for day in days):
            return None
        readings = [self.daily[day.toordinal() % len(self.daily)] for day in days]
        if self.basis is QuantityBasis.PEAK:
            return max(readings)
        if self.basis is QuantityBasis.LATEST:
            return readings[-1]
        if self.basis is QuantityBasis.TIME_WEIGHTED:
            return (sum(readings) / len(readings)).quantize(Decimal("0.01"))
        return sum(readings, Decimal(0))


@dataclass(frozen=True)
class Deal:
    """Everything that decides what a line bills."""

    line: Line
    quote: Quote
    anchor_day: int | None
    use: Use | None
    policy: RoundingPolicy

    def words(self):
        """The deal with only what it states, for the report of a failure."""
        return "\n".join(
            [*stated(self.line), *stated(replace(self.quote, lines=())), f"{self.anchor_day} {self.use} {self.policy}"]
        )


def stated(record):
    """The fields that do not have their default, each as name and value."""
    held = [(field, getattr(record, field.name)) for field in fields(record)]
    return [
        f"{field.name}={value}" for field, value in held if value not in (None, (), False) and field.name != "extra"
    ]


@st.composite
def deals(draw, models=MODELS, longest=30):
    """A deal of whole months, or of odd days."""
    start, end, header = draw(terms_in_time(longest))
    tariff, grain = draw(tariffs(models))
    is_whole = draw(st.booleans())

    def a_day(first=start):
        if is_whole:
            return month_on(first, draw(st.integers(0, longest)))
        return first + timedelta(days=draw(st.integers(0, longest * 31)))

    changes = draw(prices(tariff, a_day)) | draw(free_time(a_day)) | draw(commitments(a_day))
    kind = draw(st.sampled_from([ChargeType.RECURRING, ChargeType.RECURRING, ChargeType.USAGE, ChargeType.USAGE, None]))
    line = replace(
        tariff,
        charge_type=kind or ChargeType.ONE_TIME,
        quantity=draw(st.integers(0, 60)) * grain,
        price_period=draw(st.none() | PERIODS) if kind is ChargeType.USAGE else draw(PERIODS),
        billing_timing=draw(st.sampled_from([None, *BillingTiming])),
        quantity_basis=draw(st.sampled_from([None, *QuantityBasis])),
        start_date=start,
        end_date=end - ONE_DAY if header.pop("is_own_end") else None,
        **changes,
    )
    quote = Quote(quote_id="Q", currency=draw(st.sampled_from(sorted(DECIMALS))), lines=(line,), **header)
    aim = draw(st.none() | st.sampled_from([1, 15, 29, 31])) if draw(_RARELY) else None
    return Deal(line, quote, aim, draw(st.none() | uses(line, grain)), draw(st.sampled_from(RoundingPolicy)))


@st.composite
def terms_in_time(draw, longest):
    """A first day, the day after the last, and the document's dates: shared with the line (co-termed) or its own."""
    anchor, months = draw(ANCHORS), draw(st.integers(1, longest))
    start = month_on(anchor, draw(st.sampled_from([0, 0, 1, 5, 13])))
    if draw(_RARELY):
        start += timedelta(days=draw(st.integers(1, 20)))
    end = month_on(start, months)
    if draw(_RARELY):
        end += timedelta(days=draw(st.integers(-20, 20)))
    end = max(end, start + ONE_DAY)
    is_own = draw(_RARELY)
    last = end + timedelta(days=17) if is_own else end
    header = {"start_date": anchor, "end_date": last - ONE_DAY, "is_own_end": is_own}
    header["billing_frequency"] = draw(st.sampled_from(BillingFrequency))
    header["billing_timing"] = draw(st.sampled_from([None, *BillingTiming]))
    return start, end, header


@st.composite
def prices(draw, tariff, a_day):
    """Discounts, a ramp and an uplift, and a list price that explains the net price, nearly does, or does not."""
    terms = {"discounts": tuple(draw(discounts(a_day)) for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))))}
    if draw(st.booleans()):
        terms["list_unit_price"] = tariff.net_unit_price
        digits = draw(st.sampled_from([1, 2, 6, 12]))
        off = draw(st.sampled_from([0, 0, 0, 1])) * Decimal(1).scaleb(-digits)
        terms["net_unit_price"] = net_of(tariff.net_unit_price, terms["discounts"], digits) + off
    terms["ramp"] = tuple(draw(segments(a_day)) for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2, 3]))))
    if draw(st.booleans()):
        terms["uplift_percent"] = Decimal(draw(st.sampled_from(["3", "5.5", "10", "-4"])))
        terms["uplift_method"] = draw(st.sampled_from([None, *UpliftMethod]))
        terms["uplift_at"] = draw(st.sampled_from([None, None, *UpliftAt]))
    return terms


def net_of(listed, discounts, digits):
    """The list price less its discounts, to so many decimals."""
    for each in discounts:
        listed = listed * (100 - each.percent) / 100 if each.amount is None else max(Decimal(0), listed - each.amount)
    return listed.quantize(Decimal(1).scaleb(-digits))


@st.composite
def discounts(draw, a_day):
    how = {"percent": draw(PERCENTS)} if draw(st.integers(0, 3)) else {"amount": draw(st.integers(1, 30).map(Decimal))}
    kind = draw(st.integers(0, 5))
    if kind in {0, 1}:
        how["ends_on"] = a_day() - ONE_DAY
    elif kind in {2, 3}:
        how["periods"] = draw(st.integers(1, 9))
    if draw(_RARELY):
        how["starts_on"] = a_day()
    return Discount(**how)


@st.composite
def segments(draw, a_day):
    start = a_day()
    return RampSegment(
        start_date=start,
        end_date=draw(st.none() | st.integers(0, 400).map(lambda days: start + timedelta(days=days))),
        quantity=draw(st.none() | st.integers(0, 60).map(Decimal)),
        net_unit_price=draw(st.none() | PRICES),
    )


@st.composite
def free_time(draw, a_day):
    terms = {}
    if draw(_RARELY):
        terms["free_months"] = Decimal(draw(st.sampled_from(["0", "1", "2", "0.5", "1.5", "2.3"])))
    if draw(_RARELY):
        terms["billing_start_date"] = a_day()
    return terms


@st.composite
def commitments(draw, a_day):
    terms = {}
    if draw(_RARELY):
        period, true_up = draw(st.none() | PERIODS), draw(st.sampled_from([None, False, True, True, True]))
        terms["minimum_commitment"] = MinimumCommitment(amount=draw(AMOUNTS), period=period, true_up=true_up)
    if draw(_RARELY):
        good_until = a_day() if draw(st.booleans()) else None
        terms["drawdown"] = Drawdown(credit_amount=draw(AMOUNTS), expires_on=good_until)
    return terms


@st.composite
def uses(draw, line, grain):
    daily = tuple(draw(st.integers(0, 3)) * grain for _ in range(3))
    return Use(daily, line.quantity_basis, draw(st.sampled_from([0, 0, 0, 3, 11])))
