"""Whether discounts that are meant to end do so: promotions within their duration, every other within the term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, Scope, Violated
from policies.domain.catalog import Promotion
from policies.domain.charge import ChargeType, Discount
from policies.domain.finding import Change, Effect, Evidence, Exposure
from policies.domain.period import MONTHS, Period, add_months, periods_in
from policies.domain.waterfall import explains, price_after
from policies.domain.wording import called
from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
ONE_DAY: Final = timedelta(days=1)
NO_PROMOTIONS: Final[Mapping[str, Promotion]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`promotional_kinds` are kinds of discount that speak of a promotion, though the catalog knows none of that name."""

    promotional_kinds: tuple[str, ...] = ("promo", "promotion", "promotional", "introductory", "launch")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dated:
    """One discount of a line: when it starts, and the day after its last one (None where it has no end, or no date)."""

    facts: LineFacts
    quote: QuoteFacts
    position: int
    discount: Discount
    promotion: Promotion | None
    start: date | None
    stated_end: date | None
    billing_months: int | None

    @property
    def term(self) -> Period | None:
        return self.facts.term

    @property
    def allowed_end(self) -> date | None:
        """The day after the last that a promotion allows; where it is none, the end of the term."""
        if self.promotion is None:
            return self.term.end if self.term is not None else None
        return None if self.start is None else add_months(self.start, self.promotion.duration_months)

    @property
    def right_end(self) -> date | None:
        """The allowed end, or the term's where that comes first."""
        if self.allowed_end is None or self.term is None:
            return self.allowed_end
        return min(self.allowed_end, self.term.end)

    @property
    def named(self) -> str:
        return f"the discount {self.discount.kind}" if self.discount.kind else f"discount {self.position + 1}"


def run(facts: LineFacts, quote: QuoteFacts, parameters: Parameters) -> CheckResult:
    if not facts.line.discounts or facts.line.charge_type is ChargeType.ONE_TIME:
        return NOT_APPLICABLE
    promotions = quote.catalog.promotions if quote.catalog is not None else NO_PROMOTIONS
    found = []
    for position, discount in enumerate(facts.line.discounts):
        kind = discount.kind
        is_dated = discount.ends_on is not None or discount.periods is not None or discount.starts_on is not None
        if not is_dated and kind not in promotions and kind not in parameters.promotional_kinds:
            continue
        dated = _dated(facts, quote, position, promotions.get(kind or ""))
        violated = _without_end(dated, parameters) if discount.is_open_ended else _too_late_an_end(dated)
        if violated is not None:
            found.append(violated)
    return tuple(found) if found else SATISFIED


def _dated(facts: LineFacts, quote: QuoteFacts, position: int, promotion: Promotion | None) -> _Dated:
    discount = facts.line.discounts[position]
    start = discount.starts_on or facts.line.start_date or quote.quote.start_date
    frequency = facts.line.billing_frequency or quote.quote.billing_frequency
    months = MONTHS.get(frequency) if frequency is not None else None
    end = None
    if discount.ends_on is not None:
        end = discount.ends_on + ONE_DAY if discount.ends_on < date.max else date.max
    elif discount.periods is not None and start is not None and months is not None:
        end = add_months(start, discount.periods * months)
    return _Dated(
        facts=facts,
        quote=quote,
        position=position,
        discount=discount,
        promotion=promotion,
        start=start,
        stated_end=end,
        billing_months=months,
    )


def _without_end(dated: _Dated, parameters: Parameters) -> Violated | None:
    """A promotion has to end. So has a discount that calls itself one, or that starts in the middle of the term."""
    promotion, term, starts_on = dated.promotion, dated.term, dated.discount.starts_on
    if promotion is not None:
        problem = f"{dated.named} is a promotion of {promotion.duration_months} months and has no end"
        return _violated(dated, problem, _loss(dated, dated.right_end, term.end if term is not None else None))
    unknown = Loss(already_lost=None, assumptions=(f"how long {dated.named} is meant to last is not known",))
    if dated.discount.kind in parameters.promotional_kinds:
        return _violated(dated, f"{dated.named} is promotional and has no end", unknown, Effect.FLAG)
    if term is not None and starts_on is not None and starts_on > term.start:
        return _violated(dated, f"{dated.named} starts on {starts_on} and has no end", unknown, Effect.FLAG)
    return None


def _too_late_an_end(dated: _Dated) -> Violated | None:
    allowed, stated, term = dated.allowed_end, dated.stated_end, dated.term
    if stated is None or allowed is None:
        return None
    last_day = stated - ONE_DAY
    if dated.promotion is not None and stated > allowed:
        months = dated.promotion.duration_months
        problem = f"{dated.named} is a promotion of {months} months and lasts until {last_day}"
        return _violated(dated, problem, _loss(dated, dated.right_end, min(stated, term.end) if term else stated))
    if term is not None and stated > term.end:
        problem = f"{dated.named} lasts until {last_day}, beyond the term"
        return _violated(dated, problem, _renewal_loss(dated, term, stated), Effect.FLAG)
    return None


def _violated(dated: _Dated, problem: str, loss: Loss, effect: Effect | None = None) -> Violated:
    discount, end, field = (
        dated.discount,
        dated.right_end,
        f"lines[{dated.facts.line.line_id}].discounts[{dated.position}]",
    )
    last_day = (end - ONE_DAY).isoformat() if end is not None else None
    source = f"catalog promotion {discount.kind}" if dated.promotion is not None else "end of the term"
    stated = discount.ends_on.isoformat() if discount.ends_on is not None else None
    return Violated(
        evidence=(Evidence(field=f"{field}.ends_on", actual=stated, expected=last_day, expected_from=source),),
        loss=loss,
        reports={"name": called(dated.facts.line), "problem": problem, "kind": discount.kind, "last_day": last_day},
        changes=_changes(dated, end),
        remedy_text=f"End {dated.named} on {last_day}" if last_day is not None else f"Give {dated.named} an end",
        discriminator=str(dated.position),
        effect=effect,
    )


def _changes(dated: _Dated, end: date | None) -> tuple[Change, ...]:
    """An end by date; where the discount counts billing periods, or no date is known, by as many of them as fit."""
    discount, path = dated.discount, f"/lines/{dated.facts.index}/discounts/{dated.position}"
    if end is not None and discount.periods is None:
        return (Change(path=f"{path}/ends_on", value=end - ONE_DAY, absent=discount.ends_on is None),)
    periods = _periods_until(dated, end)
    return (Change(path=f"{path}/periods", value=periods, absent=discount.periods is None),) if periods else ()


def _periods_until(dated: _Dated, end: date | None) -> int:
    """The whole billing periods that a discount may last; none where the billing frequency is not known."""
    if dated.billing_months is None:
        return 0
    if end is not None and dated.start is not None and end > dated.start:
        return int(periods_in(Period(dated.start, end), dated.billing_months))
    return dated.promotion.duration_months // dated.billing_months if dated.promotion is not None else 0


def _loss(dated: _Dated, from_day: date | None, until: date | None) -> Loss:
    """(Price without the discount - price with it) * units * the periods after it should have ended."""
    reduction = _reduction_per_period(dated)
    if reduction is None:
        return _unknown(dated)
    periods = _periods_between(dated, from_day, until)
    if periods is None:
        return Loss(per_period=reduction, already_lost=None, assumptions=("the term is not known",))
    note = () if periods else ("within the term it costs nothing; at the renewal it would go on",)
    return Loss(per_period=reduction, remaining_term=reduction * periods, assumptions=note)


def _renewal_loss(dated: _Dated, term: Period, stated_end: date) -> Loss:
    reduction, renewal = _reduction_per_period(dated), dated.quote.renewal_period
    if reduction is None or renewal is None:
        return _unknown(dated)
    amount = reduction * (_periods_between(dated, term.end, min(stated_end, renewal.end)) or ZERO)
    return Loss(
        per_period=reduction,
        remaining_term=amount,
        assumptions=("it falls into the first renewal",),
        exposures=(Exposure(line_id=dated.facts.line.line_id, amount=amount, period=renewal),),
    )


def _unknown(dated: _Dated) -> Loss:
    return Loss(already_lost=None, assumptions=(f"what {dated.named} takes off in a period cannot be told",))


def _reduction_per_period(dated: _Dated) -> Decimal | None:
    line, units = dated.facts.line, dated.facts.units
    if line.net_unit_price is None or units is None or line.ramp or dated.facts.price_period is None:
        return None
    if dated.term is not None and dated.start is not None and dated.start > dated.term.start:
        return (line.net_unit_price - price_after(line.net_unit_price, [dated.discount])) * units
    without = _price_without(dated, line.net_unit_price)
    # A net price that was rounded up may lie a hair above what it is without the discount: that takes nothing off.
    return None if without is None else max(ZERO, without - line.net_unit_price) * units


def _price_without(dated: _Dated, net: Decimal) -> Decimal | None:
    """The unit price once the discount has ended: from list where list and discounts explain the net price, else from it."""
    line, discount = dated.facts.line, dated.discount
    list_price = line.list_unit_price or dated.facts.list_unit_price
    others = [each for position, each in enumerate(line.discounts) if position != dated.position]
    if list_price is not None and explains(line, list_price, line.discounts, dated.quote.currency):
        return price_after(list_price, others)
    if discount.percent is None:
        return net + (discount.amount or ZERO)
    return net * HUNDRED / (HUNDRED - discount.percent) if discount.percent < HUNDRED else list_price


def _periods_between(dated: _Dated, from_day: date | None, until: date | None) -> Decimal | None:
    """How many price periods lie between two days; by months where the quote has no dates."""
    facts = dated.facts
    months = MONTHS.get(facts.price_period) if facts.price_period is not None else None
    if from_day is None or until is None:
        if months is None or facts.months is None or dated.promotion is None:
            return None
        return max(ZERO, facts.months - dated.promotion.duration_months) / months
    if from_day >= until:
        return ZERO
    if months is not None:
        return periods_in(Period(from_day, until), months)
    return Decimal((until - from_day).days) / dated.term.days if dated.term is not None else None


CHECK: Final = Check(
    name="promotion-end",
    scope=Scope.LINE,
    run=run,
    summary="Looks for promotions without an end, or longer than they may last, and for discounts that outlive the term.",
    parameters=Parameters,
    reports=("name", "problem", "kind", "last_day"),
    reads=("discounts", "start_date", "end_date", "term_months", "billing_frequency"),
)
