"""Decisions and findings over a span of days, by month or by anything that the days are counted by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ledgers.statistics import Interval, wilson

if TYPE_CHECKING:
    from app.ledgers.insights import Asked
    from app.store import Store

COUNTED = ("decisions", "allowed", "flagged", "blocked", "findings", "consented", "shadow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What was decided under one heading, in all currencies: these are counts, not money."""

    value: str
    decisions: int
    allowed: int
    flagged: int
    blocked: int
    findings: int
    consented: int
    shadow: int

    @property
    def held(self) -> int:
        return self.flagged + self.blocked

    @property
    def held_share(self) -> float | None:
        """The share of decisions that did not simply pass; None where none was made."""
        return self.held / self.decisions if self.decisions else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.held, self.decisions) if self.decisions else None


def activity(store: Store, asked: Asked) -> tuple[Activity, ...]:
    """Counts by the group that is asked for, in its order."""
    by_month = asked.group == "month"
    sums: dict[str, Counter[str]] = {}
    for row in store.ledgers.counts(asked.span, "all" if by_month else asked.group, by_month=by_month):
        sums.setdefault(row.value, Counter()).update({name: int(getattr(row, name)) for name in COUNTED})
    return tuple(Activity(value=value, **{name: counts[name] for name in COUNTED}) for value, counts in sums.items())
