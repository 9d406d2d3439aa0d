"""Usage that no charge of the agreement is for: unknown lines, days outside the term, and more seats than were sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.auditing.causes import UNKNOWN_USE
from policies.auditing.expected import Component, Part, is_by_unit
from policies.auditing.finding_makers import finding_id
from policies.auditing.metered import Reading, Strayed, UsageBook
from policies.domain.charge import Line
from policies.domain.finding import AmountAtRisk, Direction, Effect, Evidence, Exposure, Finding, Remedy
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.period import Period
from policies.domain.wording import called, counted

if TYPE_CHECKING:
    from policies.auditing.expected import Horizon
    from policies.domain.agreement import Agreement

ZERO = Decimal(0)
_OWNER = "billing-operations"
_MOST_EVIDENCE = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stray:
    """What one finding on stray usage says."""

    policy: str
    pattern: str
    line_ids: tuple[str, ...]
    message: str
    remedy: str
    evidence: tuple[Evidence, ...]
    lost: Decimal | None
    assumption: str
    exposures: tuple[Exposure, ...] = ()
    confidence: str = "0.85"


def stray_findings(
    agreement: Agreement,
    usage: UsageBook,
    expected: Sequence[Component],
    horizon: Horizon,
    found: Sequence[Finding],
) -> list[Finding]:
    """Findings on usage that nothing is charged for. `found` are the audit's other findings."""
    by_line: dict[str, list[Component]] = defaultdict(list)
    for each in expected:
        by_line[each.line.line_id].append(each)
    strays = [_unknown(each, agreement, found) for each in usage.strayed.values()]
    for line_id, of_line in by_line.items():
        strays += _outside(agreement, usage, line_id, of_line)
        strays += _beyond_sold(agreement, usage, of_line, horizon)
    return [_finding(agreement, stray) for stray in strays]


def _finding(agreement: Agreement, stray: _Stray) -> Finding:
    named = stray.line_ids or (stray.evidence[0].field,)
    return Finding(
        finding_id=finding_id(agreement, stray.policy, Direction.UNDER, named),
        policy_id=stray.policy,
        pattern=stray.pattern,
        effect=Effect.FLAG,
        direction=Direction.UNDER,
        message=stray.message,
        line_ids=stray.line_ids,
        evidence=stray.evidence,
        amount_at_risk=AmountAtRisk(
            currency=agreement.terms.currency, already_lost=stray.lost, assumptions=(stray.assumption,)
        ),
        exposures=stray.exposures,
        remedy=Remedy(text=stray.remedy),
        owner=_OWNER,
        confidence=Decimal(stray.confidence),
    )


def _unknown(stray: Strayed, agreement: Agreement, found: Sequence[Finding]) -> _Stray:
    """U02: usage under an id that the agreement does not have."""
    silent = sorted({line for each in found if each.policy_id == UNKNOWN_USE.policy for line in each.line_ids})
    guess = f" It may be the use of line {', '.join(silent)}, which has periods without a record." if silent else ""
    records = f"{stray.records} usage record{'s' if stray.records > 1 else ''}"
    return _Stray(
        policy="usage-matches-nothing",
        pattern="U02",
        line_ids=(),
        message=(
            f"{records} for {stray.name} ({counted(stray.quantity)} units, {stray.first} to {stray.last}) match no line of "
            f"{agreement.agreement_id}.{guess}"
        ),
        remedy=f"Find out which line {stray.name} belongs to, correct the records' ids, and audit again.",
        evidence=(Evidence(field=f"usage[{stray.name}]", actual=", ".join(stray.usage_ids)),),
        lost=None,
        assumption="Not assessed: no price is agreed for what matches no line.",
        confidence="0.97",
    )


def _outside(agreement: Agreement, usage: UsageBook, line_id: str, of_line: Sequence[Component]) -> Iterator[_Stray]:
    """Usage before a line's term (U02), and after it (R03: the service goes on)."""
    terms = [each.terms.term for each in of_line if each.terms.term is not None]
    if not terms or of_line[0].kind == "one_time":
        return
    readings = [each for each in usage.outside(line_id, terms) if each.total]
    start, end = min(each.start for each in terms), max(each.end for each in terms)
    after = [each for each in readings if each.period.start >= end]
    other = [each for each in readings if each.period.start < end]
    line = of_line[-1].line
    if other:
        yield _not_in_term(line, other, f"the term begins on {start} and has no charge for these days")
    if after:
        yield _after_term(agreement, of_line, after)


def _not_in_term(line: Line, readings: Sequence[Reading], why: str) -> _Stray:
    return _Stray(
        policy="usage-outside-every-period",
        pattern="U02",
        line_ids=(line.line_id,),
        message=f"{called(line)} was used from {readings[0].period.start} to {readings[-1].period.last_day}, and {why}.",
        remedy="Find out under which agreement the use was, or correct the records' dates.",
        evidence=_readings(line, readings),
        lost=None,
        assumption="Not assessed: no price is agreed for these days.",
    )


def _after_term(agreement: Agreement, of_line: Sequence[Component], readings: Sequence[Reading]) -> _Stray:
    """R03, valued at what the same days cost last, where the line has a price that does not depend on use."""
    line, currency = of_line[-1].line, agreement.terms.currency
    fixed = [each for each in of_line if each.part is Part.FIXED and each.amount > 0]
    lost = None
    if fixed:
        a_day = fixed[-1].amount / fixed[-1].period.days
        lost = round_to_currency(a_day * sum(each.period.days for each in readings), currency)
    shown = "" if lost is None else f": {format_amount(lost, currency)} at the last price"
    return _Stray(
        policy="service-after-term",
        pattern="R03",
        line_ids=(line.line_id,),
        message=f"{called(line)} is still in use after the term, from {readings[0].period.start} to "
        f"{readings[-1].period.last_day}{shown}.",
        remedy="Book the renewal, or end the service; invoice the days in between once the renewal's price is agreed.",
        evidence=_readings(line, readings),
        lost=lost,
        assumption="Not recoverable before a renewal is agreed; valued at the last price, without uplift."
        if lost is not None
        else "Not assessed: no price is agreed after the term.",
    )


def _readings(line: Line, readings: Sequence[Reading]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            field=f"lines[{line.line_id}].usage[{each.period.start}/{each.period.last_day}]", actual=plain(each.total)
        )
        for each in readings[:_MOST_EVIDENCE]
    )


def _beyond_sold(
    agreement: Agreement, usage: UsageBook, of_line: Sequence[Component], horizon: Horizon
) -> Iterator[_Stray]:
    """P01: more units in use than were sold, where the agreement has no price for the next one."""
    over = [
        (each, used)
        for each in of_line
        if each.part is Part.FIXED
        and each.quantity
        and is_by_unit(each.line)
        and each.is_seen
        and horizon.reaches(each)
        for used in [_peak(usage, each)]
        if used is not None and used > each.quantity
    ]
    if not over:
        return
    line, currency = over[0][0].line, agreement.terms.currency
    exposures = tuple(
        Exposure(line_id=line.line_id, amount=_value(each, used, currency), period=each.period) for each, used in over
    )
    lost = sum((each.amount for each in exposures), ZERO)
    yield _Stray(
        policy="more-in-use-than-billed",
        pattern="P01",
        line_ids=(line.line_id,),
        message=f"{called(line)}: more units are in use than were sold and billed, in {len(over)} period"
        f"{'s' if len(over) > 1 else ''} from {over[0][0].period.start} to {over[-1][0].period.last_day}: "
        f"{format_amount(lost, currency)} at the agreed price.",
        remedy="Amend the agreement to what is deployed, with a price for each further unit, and true up at renewal.",
        evidence=tuple(
            Evidence(
                field=f"lines[{line.line_id}].periods[{each.period.start}/{each.period.last_day}].used",
                actual=plain(used),
                expected=plain(each.quantity or ZERO),
                expected_from="the quantity sold",
            )
            for each, used in over[:_MOST_EVIDENCE]
        ),
        lost=lost,
        assumption="Not recoverable without the customer's consent: the agreement has no price for more units. "
        "Valued at the net unit price.",
        exposures=exposures,
    )


def _peak(usage: UsageBook, component: Component) -> Decimal | None:
    """The most that was in use within the component's days; the line has no other way of counting seats."""
    found = [
        each
        for each in usage.within(component.line.line_id, component.period)
        if _mostly(each.period, component.period)
    ]
    return max((each.highest for each in found), default=None)


def _mostly(reading: Period, period: Period) -> bool:
    """Whether a reading lies within a period, not partly in its neighbour, which may have been for another quantity."""
    return period.covers(reading)


def _value(component: Component, used: Decimal, currency: str) -> Decimal:
    sold = component.quantity or ZERO
    return round_to_currency(component.amount * (used - sold) / sold, currency) if sold else ZERO
