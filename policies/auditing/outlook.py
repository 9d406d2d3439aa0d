"""What a fault costs from now on: where the agreement still runs and the fault was not mended in the last period seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.money import round_to_currency

if TYPE_CHECKING:
    from policies.auditing.expected import Component

ZERO = Decimal(0)
_LOOKED_BACK = 3
# These happen once or are over with the period that they happened in: nothing says that they go on.
_PASSING = frozenset(
    {
        "late-usage-not-billed", "usage-counted-twice", "credit-beyond-bill", "delivered-never-billed", "free-time-not-sold",
        "elapsed-periods-skipped", "billing-period-gap", "billing-period-overlap", "mid-term-change-billed-wrongly",
        "prepaid-credit-misapplied", "commitment-not-trued-up", "usage-not-recorded",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A fault that goes on: what it costs in a period, and until the end of the term. `assumption` says how that is told."""

    per_period: Decimal
    remaining_term: Decimal
    assumption: str


def outlook(policy: str, those: Sequence[Component], expected: Iterable[Component], currency: str) -> Outlook | None:
    """What the differences come to if they go on as in the last periods; None where they do not, or nothing is left.

    A period that is cut short counts by its days, as a part of the last one that differs.
    """
    if policy in _PASSING:
        return None
    groups: dict[tuple[str, str], list[Component]] = defaultdict(list)
    for each in those:
        groups[each.line.line_id, each.part].append(each)
    all_parts: dict[tuple[str, str], list[Component]] = defaultdict(list)
    for each in expected:
        all_parts[each.line.line_id, each.part].append(each)
    found = [_of(wrong, all_parts[key]) for key, wrong in groups.items()]
    going = [each for each in found if each is not None]
    if not going:
        return None
    periods = max(count for _, _, count in going)
    seen = "the last period" if periods == 1 else f"the last {periods} periods"
    return Outlook(
        per_period=round_to_currency(sum((each for each, _, _ in going), ZERO), currency),
        remaining_term=round_to_currency(sum((each * left for each, left, _ in going), ZERO), currency),
        assumption=f"Per period and for the remaining term: if it goes on as in {seen}.",
    )


def _of(wrong: Sequence[Component], of_part: Sequence[Component]) -> tuple[Decimal, Decimal, int] | None:
    """The mean of the last differences, how many periods are left, and of how many it is the mean."""
    last = max(wrong, key=lambda each: each.period)
    known = [each for each in of_part if each.is_seen and not each.is_unknown and not each.is_foreign]
    left = [each for each in of_part if not each.is_seen and each.period.start >= last.period.end]
    if not left or any(each.period > last.period for each in known):
        return None
    looked = sorted(wrong, key=lambda each: each.period)[-_LOOKED_BACK:]
    mean = sum((abs(each.difference) for each in looked), ZERO) / len(looked)
    days = max(each.period.days for each in looked)
    shares = (Decimal(1) if each.period.days * 10 > days * 9 else Decimal(each.period.days) / days for each in left)
    return mean, sum(shares, ZERO), len(looked)
