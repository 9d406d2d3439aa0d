"""Minimum commitments that will fall short by the end of their period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import ChargeModel, ChargeType, PricePeriod
from policies.domain.decision import NotAssessed
from policies.domain.finding import AmountAtRisk, Direction, Evidence
from policies.domain.metering import has_overage
from policies.domain.money import amount_string, format_amount, round_to_currency
from policies.domain.period import MONTHS, Period
from policies.domain.schedule import Unscheduled, charges
from policies.domain.wording import called, field_of
from policies.watching.alert import BILLING, DEAL_DESK, PROJECTED, SURE, Notice
from policies.watching.pace import Pace, Projection, pace_of
from policies.watching.scene import Scene, Watch

if TYPE_CHECKING:
    from policies.domain.charge import Line, MinimumCommitment

ZERO = Decimal(0)
POLICY = "commitment-falls-short"


def commitments(scene: Scene) -> Iterator[Notice | NotAssessed]:
    """A notice for each commitment whose period ends soon, at a pace that leaves it short."""
    for watch in scene.lines:
        commitment = watch.line.minimum_commitment
        if commitment is None or commitment.amount <= ZERO:
            continue
        period = _open_period(scene, watch, commitment)
        if period is not None and scene.is_near(period.last_day, scene.limits.commitment_days):
            yield from _in_period(scene, watch, commitment, period)


def depends_on_use(line: Line) -> bool:
    """Whether what the line bills hangs on use."""
    return has_overage(line) or (line.charge_type is ChargeType.USAGE and line.model is not ChargeModel.FLAT)


def _open_period(scene: Scene, watch: Watch, commitment: MinimumCommitment) -> Period | None:
    """The period of the commitment in which today is."""
    paid = watch.terms.paid_term
    if paid is None or not paid.contains(scene.as_of):
        return None
    if commitment.period is None or commitment.period is PricePeriod.ONE_TIME:
        return None
    months = MONTHS.get(commitment.period)
    return next(each.period for each in watch.terms.periods(paid, months) if each.period.contains(scene.as_of))


def _in_period(
    scene: Scene, watch: Watch, commitment: MinimumCommitment, period: Period
) -> Iterator[Notice | NotAssessed]:
    name, projection = called(watch.line), None
    if depends_on_use(watch.line):
        pace = pace_of(scene.usage, watch.line, period, scene.as_of)
        unknown = _too_little(scene, watch, pace, period)
        if pace is None or unknown:
            yield NotAssessed(policy_id=POLICY, because=unknown, line_ids=watch.ids)
            return
        projection = Projection(scene.usage, watch.line, pace)
    shortfall = _shortfall(watch, commitment, period, projection)
    if shortfall is None or (projection is not None and any(each.overlaps(period) for each in projection.unknown)):
        because = f"what {name} bills in {period} is not known, so neither is what it falls short of"
        yield NotAssessed(policy_id=POLICY, because=because, line_ids=watch.ids)
    elif shortfall > ZERO:
        yield _notice(scene, watch, commitment, period, shortfall, projection)


def _too_little(scene: Scene, watch: Watch, pace: Pace | None, period: Period) -> str:
    """Why no pace can be inferred; empty where one can."""
    name, least = called(watch.line), min(scene.limits.least_usage_days, period.days)
    if pace is None:
        return f"no use of {name} is recorded since {period.start}: unknown, not zero"
    return "" if pace.days >= least else f"only {pace.days} days of use of {name} are known; a pace needs {least}"


def _shortfall(
    watch: Watch, commitment: MinimumCommitment, period: Period, projection: Projection | None
) -> Decimal | None:
    """What a true-up of the period would bill, whether or not one is agreed; None where the schedule is not determined."""
    owed = replace(watch.line, minimum_commitment=replace(commitment, true_up=True), drawdown=None)
    try:
        billed = charges(replace(watch.terms, line=owed), projection)
    except Unscheduled:
        return None
    return sum((each.amount for each in billed if each.true_up and each.service_period == period), ZERO)


def _notice(
    scene: Scene,
    watch: Watch,
    commitment: MinimumCommitment,
    period: Period,
    shortfall: Decimal,
    projection: Projection | None,
) -> Notice:
    name, currency = called(watch.line), scene.currency
    billed = _bills_true_up(watch) if scene.configuration is not None and watch.charges else None
    is_owed = bool(commitment.true_up)
    at_risk = round_to_currency(ZERO, currency) if billed and is_owed else shortfall
    return Notice(
        policy=POLICY,
        pattern="B09" if is_owed else "Q12",
        direction=Direction.UNDER,
        key=period.start.isoformat(),
        line_ids=watch.ids,
        message=(
            f"{name} will fall {format_amount(shortfall, currency)} short of its commitment of "
            f"{format_amount(commitment.amount, currency)} for {period}{_followed_by(billed, is_owed)}."
        ),
        remedy=_remedy(billed, is_owed),
        owner=BILLING if is_owed else DEAL_DESK,
        due_on=period.last_day,
        happens_on=period.end,
        confidence=SURE if projection is None else PROJECTED,
        amount=AmountAtRisk(
            currency=currency,
            per_period=shortfall,
            remaining_term=at_risk,
            already_lost=round_to_currency(ZERO, currency),
            assumptions=tuple(_assumptions(projection, period, billed)),
        ),
        evidence=(
            Evidence(
                field=field_of(watch.line, "minimum_commitment.amount"),
                actual=f"{amount_string(commitment.amount - shortfall, currency)} expected by {period.last_day}",
                expected=amount_string(commitment.amount, currency),
                expected_from="the agreement's commitment",
            ),
        ),
    )


def _bills_true_up(watch: Watch) -> bool:
    agreed = (charge.terms.minimum_commitment for charge in watch.charges)
    return any(each is not None and each.amount > ZERO and bool(each.true_up) for each in agreed)


def _followed_by(billed: bool | None, is_owed: bool) -> str:
    if not is_owed:
        return ", and the agreement has no true-up that would bill it"
    if billed is None:
        return ""
    return ", which billing trues up" if billed else ", and billing has no true-up"


def _remedy(billed: bool | None, is_owed: bool) -> str:
    if not is_owed:
        return "Agree with the customer on what the shortfall costs."
    if billed:
        return "Tell the customer before the true-up does."
    return "Set the commitment up in billing with its true-up before the period ends."


def _assumptions(projection: Projection | None, period: Period, billed: bool | None) -> Iterator[str]:
    if projection is not None:
        pace = projection.pace
        yield (
            f"linear pace from {pace.days} of {period.days} days"
            if pace.is_summed
            else f"what is in use on {pace.until - timedelta(days=1)} stays in use"
        )
    if billed is None:
        yield "no charge is known that would true it up, or not"
    elif billed:
        yield "nothing is lost if billing trues it up"
