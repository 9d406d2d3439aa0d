"""Use that is on its way beyond what the price includes, before the period ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import ChargeType
from policies.domain.decision import NotAssessed
from policies.domain.finding import AmountAtRisk, Direction, Evidence
from policies.domain.metering import has_overage
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.period import Period
from policies.domain.rating import Unrateable, overage, rate
from policies.domain.wording import called, counted, field_of
from policies.watching.alert import BILLING, PROJECTED, SURE, Notice
from policies.watching.pace import Pace, pace_of
from policies.watching.scene import Scene, Watch, prices_use

if TYPE_CHECKING:
    from policies.domain.charge import Line

ZERO = Decimal(0)
POLICY = "allowance-about-to-be-passed"


def allowances(scene: Scene) -> Iterator[Notice | NotAssessed]:
    """A notice for each line whose use passes, or is about to pass, its allowance in the open period."""
    for watch in scene.lines:
        line = watch.line
        if not line.included_quantity or line.included_unlimited or line.hard_cap:
            continue
        period = _open_period(watch, scene.as_of)
        if period is not None:
            yield from _within(scene, watch, line.included_quantity, period)


def _open_period(watch: Watch, as_of: date) -> Period | None:
    """The period of the price in which today is; none in free time."""
    paid = watch.terms.paid_term
    if paid is None or not paid.contains(as_of):
        return None
    return next(
        each.period for each in watch.terms.periods(paid, watch.terms.price_months) if each.period.contains(as_of)
    )


def _within(scene: Scene, watch: Watch, included: Decimal, period: Period) -> Iterator[Notice | NotAssessed]:
    line, least = watch.line, scene.limits.least_usage_days
    pace = pace_of(scene.usage, line, period, scene.as_of)
    if pace is None:
        several = scene.usage.is_ambiguous(line, period)
        because = (
            f"{called(line)} has several readings in {period}, and nothing says which of them counts"
            if several
            else f"no use of {called(line)} is recorded since {period.start}: unknown, not zero"
        )
        yield NotAssessed(policy_id=POLICY, because=because, line_ids=watch.ids)
    elif pace.used > included:
        yield _notice(scene, watch, period, pace, None)
    elif pace.days < min(least, period.days):
        because = f"only {pace.days} of {period.days} days of use of {called(line)} are known; a pace needs {least}"
        yield NotAssessed(policy_id=POLICY, because=because, line_ids=watch.ids)
    else:
        day = pace.passes(included, period.end)
        if day is not None:
            yield _notice(scene, watch, period, pace, day)


def _notice(scene: Scene, watch: Watch, period: Period, pace: Pace, day: date | None) -> Notice:
    """`day` is when the allowance will be passed; None where it was."""
    line, name, currency = watch.line, called(watch.line), scene.currency
    included = line.included_quantity or ZERO
    expected = pace.by(period.end)
    cost = _cost(line, expected, currency)
    billed = prices_use(watch) if scene.configuration is not None and watch.charges else None
    told = "" if cost is None else f": {format_amount(cost, currency)} of overage"
    when = "is passed already" if day is None else f"will be passed on {day}"
    return Notice(
        policy=POLICY,
        pattern="U05",
        direction=Direction.UNDER,
        key=period.start.isoformat(),
        line_ids=watch.ids,
        message=(
            f"The allowance of {counted(included)} {name} for {period} {when}; {counted(_rounded(expected))} are expected"
            f"{told}{_followed_by(billed)}."
        ),
        remedy=_remedy(line, billed),
        owner=BILLING,
        due_on=min(scene.as_of if day is None else day, period.last_day),
        happens_on=scene.as_of if day is None else day,
        confidence=SURE if day is None else PROJECTED,
        amount=AmountAtRisk(
            currency=currency,
            per_period=cost,
            remaining_term=round_to_currency(ZERO, currency) if billed and cost is not None else cost,
            already_lost=round_to_currency(ZERO, currency),
            assumptions=tuple(_assumptions(line, period, pace, day, billed)),
        ),
        evidence=(
            Evidence(
                field=field_of(line, "included_quantity"),
                actual=f"{plain(_rounded(pace.used))} used from {pace.since} to {pace.until - timedelta(days=1)}",
                expected=plain(included),
                expected_from="the agreement's allowance",
            ),
        ),
    )


def _followed_by(billed: bool | None) -> str:
    if billed is None:
        return ""
    return ", which billing charges" if billed else ", for which billing has no price"


def _remedy(line: Line, billed: bool | None) -> str:
    if billed:
        return "Tell the customer before the invoice does, and offer a larger allowance."
    if line.overage_unit_price is None and not has_overage(line) and line.net_unit_price is None and not line.tiers:
        return "Agree on an overage price, and set it up in billing before the period is invoiced."
    return "See that billing has the overage price before the period is invoiced."


def _assumptions(line: Line, period: Period, pace: Pace, day: date | None, billed: bool | None) -> Iterator[str]:
    """How sure it is, in words."""
    if pace.is_summed:
        yield f"linear pace from {pace.days} of {period.days} days"
    else:
        yield "what is in use now stays in use"
    if day is not None:
        left = (pace.by(period.end) - pace.used) or Decimal(1)
        slack = 100 * (1 - ((line.included_quantity or ZERO) - pace.used) / left)
        yield f"the allowance holds if use falls by {plain(slack.quantize(Decimal(1)))} % or more from {pace.until} on"
    missing = pace.days - pace.recorded_days
    if missing > 0 and pace.is_summed:
        yield f"{missing} day{'s' if missing > 1 else ''} without a record count as no use, so it may be more"
    if billed is None:
        yield "no charge is known that would bill it, or not"
    elif billed:
        yield "nothing is lost if billing charges it"


def _cost(line: Line, used: Decimal, currency: str) -> Decimal | None:
    """What use beyond the allowance costs in the period; None where the agreement has no price for it."""
    included = line.included_quantity or ZERO
    try:
        if has_overage(line):
            amount = overage(line, used)
        elif line.charge_type is ChargeType.USAGE:
            amount = rate(line, used).amount - rate(line, included).amount
        else:
            return None
    except Unrateable:
        return None
    return round_to_currency(amount, currency)


def _rounded(quantity: Decimal) -> Decimal:
    """To a thousandth, as a person would say it."""
    return quantity.quantize(Decimal("0.001")).normalize() if quantity % 1 else quantity
