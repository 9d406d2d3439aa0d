"""Two bills, held against each other: the invoices that differ, what that adds up to, and whose loss it is.

Amounts are set off within one run of days only, cut where both sides begin a period: a quarter that is billed at once is
held against its three months, and too little in one year is never set off against too much in the next.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policies.domain.period import Period
from policies.twin.bills import Bill
from policies.twin.shortfalls import Amount

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What one stretch of time bills too little and too much, each by itself, and how much of it is invoiced already."""

    under: Decimal = ZERO
    over: Decimal = ZERO
    per_period: Decimal | None = None
    lost_under: Decimal = ZERO
    lost_over: Decimal = ZERO

    @property
    def is_none(self) -> bool:
        return not self.under and not self.over


def differing(agreement: Bill, billing: Bill, tolerance: Decimal) -> Iterator[tuple[date, Decimal, Decimal]]:
    """The invoices that differ by more than the tolerance, by date."""
    agreed, billed = agreement.by_date(), billing.by_date()
    for day in sorted(agreed.keys() | billed.keys()):
        one, other = agreed.get(day, ZERO), billed.get(day, ZERO)
        if abs(one - other) > tolerance:
            yield day, one, other


def drift(agreement: Bill, billing: Bill) -> Decimal:
    """What differences add up to that no invoice shows: the sum of all of them, whatever their sign."""
    return sum((abs(one - other) for _, one, other in differing(agreement, billing, ZERO)), ZERO)


def gap(agreement: Bill, billing: Bill, today: date) -> Gap:
    """What two bills differ by; of that what is invoiced before today is lost already."""
    differences = [each for each in _by_service(agreement, billing) if each]
    under = sum((each for each in differences if each > 0), ZERO)
    over = -sum((each for each in differences if each < 0), ZERO)
    past = sum((one - other for day, one, other in differing(agreement, billing, ZERO) if day < today), ZERO)
    sizes = Counter(abs(each) for each in differences if (each > 0) == (under >= over))
    return Gap(
        under=under,
        over=over,
        per_period=sizes.most_common(1)[0][0] if sizes else None,
        lost_under=max(ZERO, min(under, past)),
        lost_over=max(ZERO, min(over, -past)),
    )


def _by_service(agreement: Bill, billing: Bill) -> list[Decimal]:
    """What the agreement bills more than billing does, for each run of days that both sides bill by itself."""
    both = (agreement.amounts, billing.amounts)
    if all(any(each.is_once for each in side) and not all(each.is_once for each in side) for side in both):
        once = [[each for each in side if each.is_once] for side in both]
        others = [[each for each in side if not each.is_once] for side in both]
        return [*_in_runs(*once), *_in_runs(*others)]
    return _in_runs(*both)


def _in_runs(agreement: Sequence[Amount], billing: Sequence[Amount]) -> list[Decimal]:
    cuts = _cuts(agreement, billing)
    sums: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for side, sign in ((agreement, 1), (billing, -1)):
        number = 0
        for each in sorted(side, key=lambda amount: amount.period):
            while number < len(cuts) and cuts[number] <= each.period.start:
                number += 1
            sums[number] += sign * each.amount
    return [sums[number] for number in sorted(sums)]


def _cuts(agreement: Sequence[Amount], billing: Sequence[Amount]) -> list[date]:
    """The days on which both sides begin or end a period, and which lie within none."""
    ends = [{day for each in side for day in (each.period.start, each.period.end)} for side in (agreement, billing)]
    common = ends[0] & ends[1] if all(ends) else ends[0] | ends[1]
    periods = sorted({each.period for side in (agreement, billing) for each in side})
    return [day for day, reach in _reached(sorted(common), periods) if reach <= day]


def _reached(days: Sequence[date], periods: Sequence[Period]) -> Iterator[tuple[date, date]]:
    """Each day, with the latest end of the periods that start before it."""
    number, reach = 0, date.min
    for day in days:
        while number < len(periods) and periods[number].start < day:
            reach = max(reach, periods[number].end)
            number += 1
        yield day, reach
