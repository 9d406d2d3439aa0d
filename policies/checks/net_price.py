"""Whether list price and stated discounts lead to the net unit price."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import ChargeType, Discount
from policies.domain.finding import Change, Direction, Evidence
from policies.domain.money import format_amount, has_too_many_decimals, minor_unit, plain, round_to_currency
from policies.domain.waterfall import active_at, price_after
from policies.domain.wording import field_of

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
HALF: Final = Decimal("0.5")


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    line, net = facts.line, facts.line.net_unit_price
    listed = line.list_unit_price
    if not line.discounts or listed is None or net is None:
        return NOT_APPLICABLE
    discounts = active_at(line, facts.term.start if facts.term is not None else None)
    expected = price_after(listed, discounts)
    if expected == net:
        return SATISFIED
    # 20 % and $10 off $100 is $70 or $72, and 10 % twice is 19 % or 20 %: any order that is stated in full will do.
    readings = (expected, price_after(listed, discounts[::-1]), _added_up(listed, discounts))
    tolerance = _tolerance(listed, discounts, quote.currency)
    if any(abs(net - reading) <= tolerance for reading in readings):
        return SATISFIED
    return _violated(facts, quote, net, expected)


def _added_up(listed: Decimal, discounts: Sequence[Discount]) -> Decimal:
    percent = sum((each.percent for each in discounts if each.percent is not None), ZERO)
    amount = sum((each.amount for each in discounts if each.amount is not None), ZERO)
    return max(ZERO, listed * (HUNDRED - percent) / HUNDRED - amount)


def _tolerance(listed: Decimal, discounts: Sequence[Discount], currency: str) -> Decimal:
    """The minor unit (a hundredth of a price below it), and half of the last decimal that each percentage is written with."""
    rounding = min(minor_unit(currency), listed / HUNDRED)
    halves = [HALF.scaleb(_last_place(each.percent)) for each in discounts if each.percent is not None]
    return rounding + listed * sum(halves, ZERO) / HUNDRED


def _last_place(percent: Decimal) -> int:
    exponent = percent.as_tuple().exponent
    return min(0, exponent) if isinstance(exponent, int) else 0


def _violated(facts: LineFacts, quote: QuoteFacts, net: Decimal, expected: Decimal) -> Violated:
    line = facts.line
    if not has_too_many_decimals(line.list_unit_price or ZERO, quote.currency):
        expected = round_to_currency(expected, quote.currency)
    text = format_amount(expected, quote.currency)
    return Violated(
        evidence=(
            Evidence(
                field=field_of(line, "net_unit_price"),
                actual=plain(net),
                expected=plain(expected),
                expected_from="line list price and discounts",
            ),
        ),
        loss=_loss(facts, abs(expected - net)),
        reports={"net": format_amount(net, quote.currency), "expected": text},
        changes=(Change(path=f"/lines/{facts.index}/net_unit_price", value=expected),),
        remedy_text=f"Set the net unit price to {text}, or state the discount that was meant",
        direction=Direction.UNDER if net < expected else Direction.OVER,
    )


def _loss(facts: LineFacts, difference: Decimal) -> Loss:
    """|stated - recomputed| for each unit and period."""
    if facts.line.charge_type is ChargeType.USAGE or facts.units is None:
        return Loss(assumptions=("the quantity is not known",))
    per_period = difference * facts.units
    if facts.periods is None:
        return Loss(per_period=per_period, assumptions=("the term or the price period is not stated",))
    return Loss(per_period=per_period, remaining_term=per_period * facts.periods)


CHECK: Final = Check(
    name="net-price",
    scope=Scope.LINE,
    run=run,
    summary="The net unit price is the list price less the stated discounts, in any order, but for rounding.",
    reports=("net", "expected"),
    reads=("list_unit_price", "net_unit_price", "discounts", "start_date"),
)
