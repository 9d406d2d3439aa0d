"""Prepaid credit that will expire unused, or run out before its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.decision import NotAssessed
from policies.domain.finding import AmountAtRisk, Direction, Evidence
from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import amount_string, format_amount, round_to_currency
from policies.domain.period import Period
from policies.domain.schedule import Charge, Unscheduled, charges
from policies.domain.wording import called, field_of
from policies.watching.alert import BILLING, DEAL_DESK, PROJECTED, Notice
from policies.watching.commitments import depends_on_use
from policies.watching.pace import Pace, Projection, pace_of
from policies.watching.scene import Scene, Watch, prices_use

if TYPE_CHECKING:
    from policies.domain.charge import Drawdown

ZERO = Decimal(0)
POLICY = "prepaid-credit-ends"
_USE = frozenset({InvoiceLineKind.USAGE, InvoiceLineKind.OVERAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """How a credit will go: what is left at its end, or the day it runs out and what use costs from then to its end."""

    left: Decimal
    runs_out: date | None = None
    beyond: Decimal = ZERO


def credits_ending(scene: Scene) -> Iterator[Notice | NotAssessed]:
    """A notice for each prepaid credit that ends soon, one way or the other."""
    for watch in scene.lines:
        drawdown, paid = watch.line.drawdown, watch.terms.paid_term
        if drawdown is None or drawdown.credit_amount <= ZERO or paid is None or not depends_on_use(watch.line):
            continue
        last = paid.last_day if drawdown.expires_on is None else min(drawdown.expires_on, paid.last_day)
        if paid.start <= scene.as_of <= last:
            yield from _of(scene, watch, drawdown, Period.through(paid.start, last))


def _of(scene: Scene, watch: Watch, drawdown: Drawdown, good: Period) -> Iterator[Notice | NotAssessed]:
    """`good` are the days on which the credit can be burned."""
    pace = pace_of(scene.usage, watch.line, good, scene.as_of)
    least = min(scene.limits.least_usage_days, good.days)
    if pace is None or pace.days < least:
        if scene.is_near(good.last_day, scene.limits.credit_days):
            name, known = called(watch.line), 0 if pace is None else pace.days
            because = f"the credit of {name} ends on {good.last_day}, and {known} days of its use are known; a pace needs {least}"
            yield NotAssessed(policy_id=POLICY, because=because, line_ids=watch.ids)
        return
    projection = Projection(scene.usage, watch.line, pace)
    course = _course(watch, drawdown, good, projection)
    if course is None or any(each.overlaps(good) for each in projection.unknown):
        because = f"what the use of {called(watch.line)} has cost since {good.start} is not known"
        yield NotAssessed(policy_id=POLICY, because=because, line_ids=watch.ids)
    elif course.runs_out is None:
        if course.left and scene.is_near(good.last_day, scene.limits.credit_days):
            yield _expires(scene, watch, drawdown, good, course, pace)
    elif scene.is_near(course.runs_out, scene.limits.credit_days):
        yield _runs_out(scene, watch, drawdown, good, course, pace)


def _course(watch: Watch, drawdown: Drawdown, good: Period, projection: Projection) -> _Course | None:
    try:
        found = charges(watch.terms, projection)
    except Unscheduled:
        return None
    use = sorted(
        (each for each in found if each.kind in _USE and not each.true_up), key=lambda each: each.service_period
    )
    spent = ZERO
    for position, each in enumerate(use):
        cost = _within(each, good)
        if spent + cost >= drawdown.credit_amount and cost:
            day = _day_in(each, (drawdown.credit_amount - spent) / cost, good)
            rest = sum((_within(later, good) for later in use[position + 1 :]), ZERO)
            beyond = spent + cost - drawdown.credit_amount + rest
            return _Course(left=ZERO, runs_out=day if beyond else None, beyond=beyond)
        spent += cost
    return _Course(left=drawdown.credit_amount - spent)


def _within(charge: Charge, good: Period) -> Decimal:
    """The part of an amount for the days on which the credit is good, as if use were even within its period."""
    common = charge.service_period.intersection(good)
    return ZERO if common is None else charge.amount * common.days / charge.service_period.days


def _day_in(charge: Charge, share: Decimal, good: Period) -> date:
    """The day on which a share of the charge's days in the credit's time is over."""
    common = charge.service_period.intersection(good) or charge.service_period
    return common.start + timedelta(days=min(common.days - 1, int(share * common.days)))


def _expires(scene: Scene, watch: Watch, drawdown: Drawdown, good: Period, course: _Course, pace: Pace) -> Notice:
    name, currency = called(watch.line), scene.currency
    left = round_to_currency(course.left, currency)
    return Notice(
        policy="prepaid-credit-expires-unused",
        pattern="U06",
        direction=Direction.OVER,
        key=good.last_day.isoformat(),
        line_ids=watch.ids,
        message=f"{format_amount(left, currency)} of the credit of {name} will be left when it ends on {good.last_day}.",
        remedy="Tell the customer, and decide whether what is left expires or goes into the renewal.",
        owner=DEAL_DESK,
        due_on=good.last_day,
        happens_on=good.end,
        confidence=PROJECTED,
        amount=AmountAtRisk(
            currency=currency,
            already_lost=round_to_currency(ZERO, currency),
            remaining_term=left,
            assumptions=(
                *_pace_words(pace, good),
                "paid by the customer and not used: a reason to leave, not a loss of revenue",
            ),
        ),
        evidence=(_evidence(watch, drawdown, currency),),
    )


def _runs_out(scene: Scene, watch: Watch, drawdown: Drawdown, good: Period, course: _Course, pace: Pace) -> Notice:
    name, currency, day = called(watch.line), scene.currency, course.runs_out or good.last_day
    beyond = round_to_currency(course.beyond, currency)
    billed = prices_use(watch) if scene.configuration is not None and watch.charges else None
    followed = {None: "", True: ", which billing charges", False: ", for which billing has no price"}[billed]
    words = () if billed is False else ("nothing is lost if billing charges use beyond the credit",)
    return Notice(
        policy="prepaid-credit-runs-out",
        pattern="U06",
        direction=Direction.UNDER,
        key=good.last_day.isoformat(),
        line_ids=watch.ids,
        message=(
            f"The credit of {name} will run out on {day}, before it ends on {good.last_day}; use from then on costs "
            f"{format_amount(beyond, currency)}{followed}."
        ),
        remedy="Sell a further credit, or see that billing charges use at its price once the credit is burned.",
        owner=BILLING if billed is False else DEAL_DESK,
        due_on=day,
        happens_on=day,
        confidence=PROJECTED,
        amount=AmountAtRisk(
            currency=currency,
            already_lost=round_to_currency(ZERO, currency),
            remaining_term=round_to_currency(ZERO, currency) if billed else beyond,
            assumptions=(*_pace_words(pace, good), *words),
        ),
        evidence=(_evidence(watch, drawdown, currency),),
    )


def _pace_words(pace: Pace, good: Period) -> tuple[str, ...]:
    return (f"linear pace from {pace.days} of {good.days} days",)


def _evidence(watch: Watch, drawdown: Drawdown, currency: str) -> Evidence:
    return Evidence(
        field=field_of(watch.line, "drawdown.credit_amount"), actual=amount_string(drawdown.credit_amount, currency)
    )
