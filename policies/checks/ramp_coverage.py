"""Whether the segments of a ramp follow one another without a gap or an overlap, over the whole term, each with its terms.

Before its first segment a line's own price and quantity hold, so a ramp may start later where the line has both. After a
segment's stated end nothing is billed until the next one starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import ChargeModel, RampSegment
from policies.domain.finding import Change, Direction, Evidence, Exposure
from policies.domain.period import MONTHS, Period, periods_in
from policies.domain.wording import field_of, listed, spelt

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_ONE_DAY: Final = timedelta(days=1)


class _Placed(NamedTuple):
    """A segment and its position on the line."""

    position: int
    segment: RampSegment


class _Defect(NamedTuple):
    """What is wrong with a segment's field. `days` at the terms of segment `priced_as` are what it may cost."""

    sentence: str
    position: int
    field: str
    actual: date | None = None
    expected: date | None = None
    days: Period | None = None
    priced_as: RampSegment | None = None


def run(facts: LineFacts, _quote: QuoteFacts, _: NoParameters) -> CheckResult:
    if not facts.line.ramp:
        return NOT_APPLICABLE
    steps = sorted((_Placed(at, segment) for at, segment in enumerate(facts.line.ramp)), key=_start)
    missing = [*_gaps(steps), *_uncovered(facts, steps), *_incomplete(facts, steps)]
    twice = list(_overlaps(steps))
    found = []
    if missing:
        found.append(_violated(facts, missing, Direction.UNDER, "gap"))
    if twice:
        found.append(_violated(facts, twice, Direction.OVER, "overlap"))
    return tuple(found) or SATISFIED


def _start(placed: _Placed) -> date:
    return placed.segment.start_date


def _gaps(steps: Sequence[_Placed]) -> Iterator[_Defect]:
    for (at, one), (_, following) in pairwise(steps):
        if one.end_date is not None and one.end_date + _ONE_DAY < following.start_date:
            days = Period(one.end_date + _ONE_DAY, following.start_date)
            expected = following.start_date - _ONE_DAY
            yield _Defect(f"nothing is priced from {days}", at, "end_date", one.end_date, expected, days, one)


def _overlaps(steps: Sequence[_Placed]) -> Iterator[_Defect]:
    for (at, one), (_, following) in pairwise(steps):
        end = one.end_date + _ONE_DAY if one.end_date is not None else following.start_date
        if end > following.start_date:
            days = Period(following.start_date, end)
            earlier = following.start_date - _ONE_DAY
            expected = earlier if earlier >= one.start_date else None
            yield _Defect(f"two segments price {days}", at, "end_date", one.end_date, expected, days, one)


def _uncovered(facts: LineFacts, steps: Sequence[_Placed]) -> Iterator[_Defect]:
    term = facts.term
    if term is None:
        return
    (first_at, first), (last_at, last) = steps[0], max(steps, key=lambda placed: placed.segment.end_date or date.max)
    if first.start_date > term.start and not _has_own_terms(facts):
        days = Period(term.start, min(first.start_date, term.end))
        say = f"the ramp starts on {first.start_date}, after the term"
        yield _Defect(say, first_at, "start_date", first.start_date, term.start, days, first)
    if last.end_date is None or last.end_date == term.last_day:
        return
    if last.end_date < term.last_day:
        days = Period(max(last.end_date + _ONE_DAY, term.start), term.end)
        say = f"the ramp ends on {last.end_date}, before the term"
    else:
        days = Period(max(last.start_date, term.end), last.end_date + _ONE_DAY)
        say = f"the ramp plans until {last.end_date}, and the term commits only until {term.last_day}"
    expected = term.last_day if last.start_date <= term.last_day else None
    yield _Defect(say, last_at, "end_date", last.end_date, expected, days, last)


def _has_own_terms(facts: LineFacts) -> bool:
    line = facts.line
    priced = line.net_unit_price is not None or line.tiers or line.percentage is not None
    return bool(priced) and (line.quantity is not None or line.charge_model is ChargeModel.FLAT)


def _incomplete(facts: LineFacts, steps: Sequence[_Placed]) -> Iterator[_Defect]:
    line = facts.line
    priced = line.net_unit_price is not None or line.tiers or line.percentage is not None
    counted = line.quantity is not None or line.charge_model is ChargeModel.FLAT
    for at, segment in steps:
        if segment.net_unit_price is None and not priced:
            yield _Defect(f"segment {at + 1} has no price", at, "net_unit_price")
        if segment.quantity is None and not counted:
            yield _Defect(f"segment {at + 1} has no quantity", at, "quantity")


def _violated(facts: LineFacts, defects: Sequence[_Defect], direction: Direction, kind: str) -> Violated:
    line = facts.line
    changes = tuple(_change(facts, each) for each in defects if each.expected is not None)
    complete = len(changes) == len(defects)
    return Violated(
        evidence=tuple(
            Evidence(
                field=field_of(line, f"ramp[{each.position}].{each.field}"),
                actual=spelt(each.actual),
                expected=spelt(each.expected),
                expected_from="the next segment, or the line's term" if each.expected is not None else None,
            )
            for each in defects
        ),
        loss=_loss(facts, defects, kind),
        reports={"defects": listed([each.sentence for each in defects])},
        changes=changes if complete else (),
        remedy_text="Let each segment end on the day before the next one starts, and the last one with the term"
        if complete
        else "State dates, price and quantity of every segment, one after the other over the whole term",
        direction=direction,
        discriminator=kind,
    )


def _change(facts: LineFacts, defect: _Defect) -> Change:
    return Change(path=f"/lines/{facts.index}/ramp/{defect.position}/{defect.field}", value=defect.expected)


def _loss(facts: LineFacts, defects: Sequence[_Defect], kind: str) -> Loss:
    """The days between, beyond or twice in segments, at the terms of the segment before them."""
    line_id = facts.line.line_id
    exposures = []
    for each in defects:
        amount = _amount(facts, each)
        if amount is None:
            return Loss(assumptions=("the price of a segment, or the time it pays for, is not stated",))
        exposures.append(Exposure(line_id=line_id, amount=amount, period=each.days))
    twice = kind == "overlap"
    assumption = (
        "both segments bill the days that they share" if twice else "the days cost what the segment beside them costs"
    )
    total = sum((exposure.amount for exposure in exposures), ZERO)
    return Loss(remaining_term=total, assumptions=(assumption,), exposures=tuple(exposures))


def _amount(facts: LineFacts, defect: _Defect) -> Decimal | None:
    line, segment, days = facts.line, defect.priced_as, defect.days
    months = MONTHS.get(facts.price_period) if facts.price_period is not None else None
    if segment is None or days is None or months is None:
        return None
    price = line.net_unit_price if segment.net_unit_price is None else segment.net_unit_price
    units = facts.units if segment.quantity is None or line.charge_model is ChargeModel.FLAT else segment.quantity
    if price is None or units is None:
        return None
    anchor = facts.term.start if facts.term is not None else days.start
    return price * units * periods_in(days, months, anchor=anchor)


CHECK: Final = Check(
    name="ramp-coverage",
    scope=Scope.LINE,
    run=run,
    summary="The segments of a ramp cover the term one after the other, each with a price and a quantity.",
    reports=("defects",),
    reads=("ramp", "start_date", "end_date", "term_months", "net_unit_price", "quantity"),
)
