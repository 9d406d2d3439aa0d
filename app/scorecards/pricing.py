"""A line's way from the list price to what it comes to: every concession with its amount over the term, and every dated price.

A step is the difference between two totals of the same line, with and without that concession, by the very schedule that bills
are made from. So the steps add up to the cent, whatever their order; what a step is called depends on the order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.scorecards.rates import number, rates_of
from policies.derivation import derive
from policies.domain.charge import ChargeType, Discount, Line
from policies.domain.money import minor_unit, plain, round_to_currency
from policies.domain.price_steps import PriceStep, price_of, price_steps
from policies.domain.proration import priced_periods
from policies.domain.schedule import line_total
from policies.domain.terms import Terms, Unscheduled, resolve
from policies.domain.waterfall import active_at, explains, price_after, readable
from policies.facts import LineFacts, at_list

if TYPE_CHECKING:
    from datetime import datetime

    from app.rules import Rules
    from policies.domain.quote import Quote

HUNDRED: Final = Decimal(100)
MOST_LINES: Final = 100
"""So many lines are worked out; what is larger is read in the CPQ."""
_MOST_STEPS: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a concession takes off (below zero) or something else adds, over the term, in the quote's currency."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One price in time. `amount` is what it comes to; None where it cannot be told apart from the others."""

    first: date
    last: date
    quantity: Decimal | None
    unit_price: Decimal | None
    off_list: Decimal | None
    amount: Decimal | None
    is_free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePrice:
    """A line in money. `steps` lead from `list_total` to `net_total`; where one of the two is not known, `because` says why.

    `effective_discount` is in percent of the list total. `rates` are sentences on what use costs.
    """

    line_id: str
    name: str
    charge_type: str
    period: str | None
    list_unit_price: Decimal | None
    net_unit_price: Decimal | None
    quantity: Decimal | None
    list_total: Decimal | None = None
    net_total: Decimal | None = None
    steps: tuple[Step, ...] = ()
    segments: tuple[Segment, ...] = ()
    more_segments: int = 0
    rates: tuple[str, ...] = ()
    because: str = ""

    @property
    def effective_discount(self) -> Decimal | None:
        if self.list_total is None or self.net_total is None or not self.list_total:
            return None
        return readable((self.list_total - self.net_total) * HUNDRED / self.list_total)

    @property
    def is_whole(self) -> bool:
        """Whether the way from list to net is known."""
        return self.list_total is not None and self.net_total is not None

    @property
    def by_kind(self) -> dict[str, Decimal]:
        """The steps summed by their kind: two discounts are one amount."""
        return _by_kind(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Every line, and the sums of those whose way is known. `left_out` counts the others that are charged by time,
    and `beyond` the lines after the first hundred, which are not worked out.
    """

    lines: tuple[LinePrice, ...]
    list_total: Decimal
    net_total: Decimal
    steps: tuple[Step, ...]
    left_out: int
    beyond: int = 0

    @property
    def effective_discount(self) -> Decimal | None:
        """In percent of the list total."""
        return readable((self.list_total - self.net_total) * HUNDRED / self.list_total) if self.list_total else None


def prices_of(quote: Quote, rules: Rules, as_of: datetime, dated: slice = slice(None)) -> Prices:
    """Every line of a quote in money. Only the lines of `dated` come with each price in time, which takes longest to work out."""
    beyond = max(0, len(quote.lines) - MOST_LINES)
    quote = replace(quote, lines=quote.lines[:MOST_LINES])
    facts = derive(quote, as_of=as_of, company=rules.company, catalog=rules.catalog)
    with_dates = range(len(facts.lines))[dated]
    lines = tuple([_line(each, quote, dated=at in with_dates) for at, each in enumerate(facts.lines)])
    whole = [each for each in lines if each.is_whole]
    summed = _by_kind([step for each in whole for step in each.steps])
    return Prices(
        lines=lines,
        list_total=sum((each.list_total or Decimal(0) for each in whole), Decimal(0)),
        net_total=sum((each.net_total or Decimal(0) for each in whole), Decimal(0)),
        steps=tuple(Step(label=label, amount=amount) for label, amount in summed.items()),
        left_out=sum(not each.is_whole and each.charge_type != ChargeType.USAGE for each in lines),
        beyond=beyond,
    )


def _by_kind(steps: Sequence[Step]) -> dict[str, Decimal]:
    summed: dict[str, Decimal] = {}
    for step in steps:
        kind = step.label.partition(":")[0]
        summed[kind] = summed.get(kind, Decimal(0)) + step.amount
    return summed


def _line(facts: LineFacts, quote: Quote, *, dated: bool) -> LinePrice:
    line = facts.line
    told = LinePrice(
        line_id=line.line_id,
        name=facts.product_name,
        charge_type=line.charge_type.value,
        period=facts.price_period.value if facts.price_period is not None else None,
        list_unit_price=facts.list_unit_price,
        net_unit_price=line.net_unit_price,
        quantity=facts.quantity,
        rates=tuple(rates_of(line)),
    )
    if line.charge_type is ChargeType.USAGE:
        return replace(told, because="What it comes to depends on use.")
    try:
        terms = resolve(line, quote, price_period=facts.price_period)
        net = _rounded(line_total(terms), quote)
    except Unscheduled as unknown:
        return replace(told, because=f"It cannot be worked out: {unknown.reason}.")
    segments = _segments(terms, facts, net) if dated else ()
    told = replace(told, net_total=net, segments=segments[:_MOST_STEPS], more_segments=len(segments[_MOST_STEPS:]))
    if facts.list_unit_price is None:
        return replace(told, because="No list price is known, on the line or in the catalog.")
    if line.tiers or line.percentage is not None or line.net_unit_price is None:
        return replace(told, because="Its price is a table, which has no one list price.")
    return _laddered(told, facts, quote, facts.list_unit_price)


def _laddered(told: LinePrice, facts: LineFacts, quote: Quote, listed: Decimal) -> LinePrice:
    """The line with its steps: each the next variant's total less that of the one before."""
    first, steps, level = None, [], Decimal(0)
    for label, line, header in _variants(facts.line, quote, listed):
        try:
            total = _rounded(line_total(resolve(line, header, price_period=facts.price_period)), quote)
        except Unscheduled:
            continue  # its effect is told with the next one
        if first is None:
            first = total
        elif total != level:
            steps.append(Step(label=label, amount=total - level))
        level = total
    if first is None or told.net_total is None:
        return told
    if told.net_total != level:
        steps.append(Step(label="Other terms", amount=told.net_total - level))
    return replace(told, list_total=first, steps=tuple(steps))


def _variants(line: Line, quote: Quote, listed: Decimal) -> Iterator[tuple[str, Line, Quote]]:
    """The line at list, then with one concession after the other, and at last as it is."""
    at_once = replace(quote, billing_start_date=None)
    bare = replace(at_list(line, listed), uplift_percent=None)
    yield "List price", bare, at_once
    for label, price in _prices(line, quote, listed):
        bare = replace(bare, net_unit_price=price)
        yield label, bare, at_once
    if any(each.net_unit_price is not None for each in line.ramp):
        bare = replace(bare, ramp=line.ramp)
        yield "Ramp: prices of its segments", bare, at_once
    if any(each.starts_on or not each.is_open_ended for each in line.discounts):
        bare = replace(bare, discounts=line.discounts)
        yield _dated(line.discounts), bare, at_once
    if line.free_months:
        bare = replace(bare, free_months=line.free_months)
        yield f"Free months: {number(line.free_months)}", bare, at_once
    if line.billing_start_date or quote.billing_start_date:
        bare = replace(bare, billing_start_date=line.billing_start_date)
        yield "Billing starts later", bare, quote
    if line.uplift_percent:
        yield f"Uplift: {number(line.uplift_percent)} % a year", line, quote


def _prices(line: Line, quote: Quote, listed: Decimal) -> Iterator[tuple[str, Decimal]]:
    """The unit price after each discount, or after all of them where they do not explain it."""
    net = line.net_unit_price
    if net is None:
        return
    held = active_at(line, line.start_date or quote.start_date)
    if held and explains(line, listed, held, quote.currency):
        for at, each in enumerate(held, 1):
            price = net if at == len(held) else price_after(listed, held[:at])
            yield f"Discount: {_called(each)}", price
    elif net != listed:
        yield ("Discount: not itemised" if net < listed else "Above list"), net


def _called(discount: Discount) -> str:
    size = f"{plain(discount.percent)} %" if discount.percent is not None else f"{number(discount.amount)} a unit"
    return f"{size} {discount.kind.replace('_', ' ')}" if discount.kind else size


def _dated(discounts: tuple[Discount, ...]) -> str:
    told = []
    for each in discounts:
        if each.ends_on is not None:
            told.append(f"{_called(each)} ends after {each.ends_on.isoformat()}")
        elif each.periods is not None:
            told.append(f"{_called(each)} ends after {each.periods} billing periods")
        elif each.starts_on is not None:
            told.append(f"{_called(each)} starts on {each.starts_on.isoformat()}")
    return "Discounts that end or start: " + "; ".join(told)


def _segments(terms: Terms, facts: LineFacts, net: Decimal) -> tuple[Segment, ...]:
    """The price calendar, with what each part comes to where the parts add up to the whole."""
    if terms.comes_once or terms.term is None:
        return ()
    steps = price_steps(terms)
    amounts: list[Decimal | None] = [_amount(step, terms) for step in steps] if len(steps) > 1 else [net]
    off = abs(sum(each or Decimal(0) for each in amounts) - net)
    if None in amounts or off > minor_unit(terms.currency) * len(steps):
        amounts = [None] * len(steps)
    return tuple(
        Segment(
            first=step.period.start,
            last=step.period.last_day,
            quantity=step.quantity,
            unit_price=step.unit_price,
            off_list=_off_list(step, facts.list_unit_price),
            amount=amount,
            is_free=step.is_free,
        )
        for step, amount in zip(steps, amounts, strict=True)
    )


def _amount(step: PriceStep, terms: Terms) -> Decimal | None:
    if step.is_free:
        return Decimal(0)
    try:
        price = price_of(terms.line, step)
    except Unscheduled:
        return None
    period = step.period
    times = priced_periods(
        period.start,
        period.end,
        terms.price_period,
        terms.billing_frequency,
        terms.anchor,
        terms.anchor_day,
        terms.priced_until,
    )
    return round_to_currency(price * times, terms.currency)


def _off_list(step: PriceStep, listed: Decimal | None) -> Decimal | None:
    if step.unit_price is None or not listed:
        return None
    return readable((listed - step.unit_price) * HUNDRED / listed)


def _rounded(amount: Decimal, quote: Quote) -> Decimal:
    return round_to_currency(amount, quote.currency)
