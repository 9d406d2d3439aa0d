"""Whether a price stands in the field of another period: a month's price where a year's belongs, or the other way round.

The price is held against the list price of the same period. A ratio of 1/12, 12, 1/3, 3, 1/4 or 4, within 2 %, that turns
it into the list price of another period gives it away. Discounts that the line states in whole percents are taken as
meant: a price that is 75 % off because someone gave 75 % is no month's price in a quarterly field.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.charge import ChargeModel, ChargeType, PricePeriod
from policies.domain.finding import Change, Direction, Effect, Evidence
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.waterfall import price_after, repriced
from policies.domain.wording import field_of, spelt

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
TOLERANCE: Final = Decimal("0.02")
NEAREST: Final = Decimal(3)
_MONTHS: Final = {PricePeriod.MONTH: ONE, PricePeriod.QUARTER: Decimal(3), PricePeriod.YEAR: Decimal(12)}
# Between -190 % and 65 % off, no ratio is near a third or three: most prices are settled by two comparisons.
_SURCHARGED, _DISCOUNTED = Decimal(-190), Decimal(65)
_BY_UNIT: Final = frozenset({ChargeModel.PER_UNIT, ChargeModel.FLAT})
_CERTAIN, _LIKELY, _POSSIBLE = Decimal("0.97"), Decimal("0.85"), Decimal("0.70")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mistaken:
    """A price that is the list price of `meant`. `times` turns it into one of the line's own period."""

    facts: LineFacts
    quote: QuoteFacts
    meant: PricePeriod
    times: Decimal
    list_is_right: bool
    list_price: Decimal

    @property
    def is_extreme(self) -> bool:
        """Whether no discount explains it: nobody sells at a twelfth of the list price, or at three times it."""
        return self.times < ONE or self.times > Decimal(5)


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    line, discount = facts.line, facts.discount_percent
    if discount is not None and _SURCHARGED < discount < _DISCOUNTED:
        listed = line.list_unit_price
        if listed is None or not facts.list_from_catalog or listed == facts.list_unit_price:
            return SATISFIED
    if line.charge_type is not ChargeType.RECURRING or line.net_unit_price is None or line.model not in _BY_UNIT:
        return NOT_APPLICABLE
    if discount is None:
        return Undetermined(f"no list price for {line.product_id} in the catalog or on the line")
    return _judged(facts, quote, line.net_unit_price, facts.list_unit_price or ZERO)


def _judged(facts: LineFacts, quote: QuoteFacts, net: Decimal, list_price: Decimal) -> CheckResult:
    line, own = facts.line, _months(facts, facts.price_period)
    if own is None or not list_price:
        return SATISFIED
    stated = line.list_unit_price if facts.list_from_catalog else None
    of_list = _period_of(stated / list_price, own) if stated else None
    meant = of_list or _period_of(net / _meant_share(line) / list_price, own)
    if meant is None:
        return SATISFIED
    return _violated(
        _Mistaken(
            facts=facts,
            quote=quote,
            meant=meant,
            times=own / _MONTHS[meant],
            list_is_right=of_list is None and line.list_unit_price is not None,
            list_price=list_price,
        )
    )


def _months(facts: LineFacts, period: PricePeriod | None) -> Decimal | None:
    return facts.months if period is PricePeriod.TERM else _MONTHS.get(period) if period is not None else None


def _period_of(ratio: Decimal, own_months: Decimal) -> PricePeriod | None:
    """The period whose list price a price is, given its ratio to the list price of its own period."""
    if ONE / NEAREST * (ONE + TOLERANCE) < ratio < NEAREST * (ONE - TOLERANCE):
        return None
    months = ratio * own_months
    return next((period for period, length in _MONTHS.items() if abs(months - length) <= TOLERANCE * length), None)


def _meant_share(line: Line) -> Decimal:
    """What is left of the list price after discounts that somebody gave on purpose: those in whole percents.

    A CPQ that computes the discount from the price states 91.67 % for a month's price in a yearly field.
    """
    percents = [each.percent for each in line.discounts]
    if not percents or any(percent is None or percent % ONE or percent >= HUNDRED for percent in percents):
        return ONE
    return price_after(ONE, line.discounts) or ONE


def _violated(mistaken: _Mistaken) -> Violated:
    facts, line, currency = mistaken.facts, mistaken.facts.line, mistaken.quote.currency
    changes, text = _remedy(mistaken)
    doubtful = not mistaken.is_extreme
    return Violated(
        evidence=(
            Evidence(
                field=field_of(line, "net_unit_price"),
                actual=spelt(line.net_unit_price),
                expected=plain(mistaken.list_price),
                expected_from=_source(mistaken),
            ),
            Evidence(
                field=field_of(line, "price_period"), actual=spelt(line.price_period), expected=mistaken.meant.value
            ),
        ),
        loss=_loss(facts, mistaken.times),
        reports={
            "price": format_amount(line.net_unit_price or ZERO, currency),
            "period": facts.price_period,
            "meant": mistaken.meant.value,
            "list_price": format_amount(mistaken.list_price, currency),
        },
        changes=changes,
        remedy_text=text,
        direction=Direction.UNDER if mistaken.times > ONE else Direction.OVER,
        # A third or a quarter of a list price that stands beside it may be a deep discount: someone has to say so.
        effect=Effect.FLAG if doubtful and mistaken.list_is_right else None,
        confidence=_CERTAIN if mistaken.is_extreme else _POSSIBLE if mistaken.list_is_right else _LIKELY,
    )


def _source(mistaken: _Mistaken) -> str:
    facts, book = mistaken.facts, mistaken.quote.price_book
    if not facts.list_from_catalog or book is None:
        return "line list price"
    return f"catalog {facts.line.product_id}, price book {book.price_book}, for one {facts.price_period}"


def _remedy(mistaken: _Mistaken) -> tuple[tuple[Change, ...], str]:
    """The price for the period where the list price beside it is right, else the period for the price."""
    facts, line, currency = mistaken.facts, mistaken.facts.line, mistaken.quote.currency
    if not mistaken.list_is_right:
        path = f"/lines/{facts.index}/price_period"
        edit = Change(path=path, value=mistaken.meant, absent=line.price_period is None)
        return (edit,), f"Set the price period to {mistaken.meant}"
    target = round_to_currency((line.net_unit_price or ZERO) * mistaken.times, currency)
    edits = repriced(line, facts.index, list_price=mistaken.list_price, target=target, currency=currency)
    return edits, f"Set the price to {format_amount(target, currency)} for one {facts.price_period}"


def _loss(facts: LineFacts, times: Decimal) -> Loss:
    """|recomputed - quoted|, with the price as that of the period whose list price it is."""
    if facts.net_total is None or facts.line.net_unit_price is None or facts.units is None:
        return Loss(assumptions=("the term or the quantity is not stated",))
    per_period = abs(times - ONE) * facts.line.net_unit_price * facts.units
    return Loss(per_period=per_period, remaining_term=abs(times - ONE) * facts.net_total)


CHECK: Final = Check(
    name="price-period",
    scope=Scope.LINE,
    run=run,
    summary="A price is not the list price of another period (a twelfth, a quarter, a third of it, or as many times it).",
    reports=("price", "period", "meant", "list_price"),
    reads=("product_id", "net_unit_price", "list_unit_price", "price_period", "discounts", "price_book", "currency"),
)
