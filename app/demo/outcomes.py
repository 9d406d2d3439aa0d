"""What becomes known of a deal: late, and mostly where somebody had a reason to look.

An audit looks at deals that seem suspicious, and at a few by lot. Finance comes across some leaks by itself, later.
Customers complain where they pay too much. Of all other deals nothing is known, whether they leak or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from math import exp
from random import Random
from typing import TYPE_CHECKING, Final

from app.demo.odds import deepest_discount
from app.demo.randomness import around, between
from policies.domain.money import round_to_currency
from policies.domain.outcome import Outcome, OutcomeSource, OutcomeSubject, SubjectType

if TYPE_CHECKING:
    from app.demo.deal import Deal
    from app.demo.defects.bench import Plant
    from policies.domain.quote import Quote

ZERO: Final = Decimal(0)
_BY_LOT: Final = 0.20
_BY_CHANCE: Final = 0.55
_COMPLAINTS: Final = 0.70
_A_YEAR: Final = timedelta(days=365)


class Selection(StrEnum):
    """Why a deal's outcome is known at all."""

    SUSPICION = "suspicion"
    LOT = "lot"
    CHANCE = "chance"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """When and how it comes out whether a deal leaks; it may lie after the end of history."""

    day: date
    source: OutcomeSource
    selection: Selection
    audit_probability: float


def discovery(deal: Deal, rng: Random) -> Discovery | None:
    """How the outcome of an accepted deal comes to be known; None where it never does."""
    start = deal.quote.start_date
    if not deal.is_accepted or start is None:
        return None
    probability = audit_probability(deal.quote, deal.plant)
    if rng.random() < probability:
        return _audit(deal, start, rng, Selection.SUSPICION, probability)
    if rng.random() < _BY_LOT:
        return _audit(deal, start, rng, Selection.LOT, probability)
    if deal.leak is not None and rng.random() < _BY_CHANCE:
        day = shows_from(deal, start) + timedelta(days=int(around(rng, 170, 0.55)))
        return Discovery(
            day=day, source=OutcomeSource.RECONCILIATION, selection=Selection.CHANCE, audit_probability=probability
        )
    if deal.over is not None and rng.random() < _COMPLAINTS:
        day = start + timedelta(days=between(rng, 45, 240))
        return Discovery(
            day=day, source=OutcomeSource.DISPUTE, selection=Selection.COMPLAINT, audit_probability=probability
        )
    return None


def audit_probability(quote: Quote, plant: Plant | None) -> float:
    """How likely an audit picks the deal: from what can be seen of it, never from whether it leaks."""
    seen = -0.75 + 0.07 * deepest_discount(quote.lines) + 0.12 * len(quote.lines)
    seen += 0.9 if plant is not None else 0.0
    seen += 0.6 if any(line.ramp for line in quote.lines) else 0.0
    return 0.80 / (1.0 + exp(-seen))


def shows_from(deal: Deal, start: date) -> date:
    """The first day on which a leak can be seen in the bills."""
    pattern = deal.leak.pattern if deal.leak is not None else ""
    if pattern == "R01":
        return start + _A_YEAR
    if pattern == "R03" and deal.quote.end_date is not None:
        return deal.quote.end_date
    if pattern == "R02":
        ends = [each.ends_on for line in deal.quote.lines for each in line.discounts if each.ends_on is not None]
        return max(ends, default=start)
    return start


def _audit(deal: Deal, start: date, rng: Random, selection: Selection, probability: float) -> Discovery:
    """An audit some months into the service, and after the leak can be seen where there is one."""
    day = start + timedelta(days=20 + int(around(rng, 90, 0.5)))
    earliest = shows_from(deal, start) + timedelta(days=31)
    return Discovery(
        day=max(day, earliest) if deal.leak is not None else day,
        source=OutcomeSource.AUDIT,
        selection=selection,
        audit_probability=probability,
    )


def outcome(deal: Deal, found: Discovery, rng: Random) -> Outcome:
    """The label: whether the deal leaked, and for a leak how much over the whole term, and what of it came back."""
    leak, currency = deal.leak, deal.quote.currency
    amount = round_to_currency(leak.loss or ZERO, currency) if leak is not None else None
    extra: dict[str, object] = {"selected_by": found.selection.value, "simulated": True}
    if deal.over is not None:
        extra["over_billed_amount"] = round_to_currency(-(deal.over.loss or ZERO), currency)
    known = leak or deal.over
    return Outcome(
        outcome_id=f"SIM-O-{deal.quote.quote_id.removeprefix('SIM-Q-')}",
        subject=OutcomeSubject(type=SubjectType.QUOTE, id=deal.quote.quote_id),
        leaked=leak is not None,
        pattern=known.pattern if known is not None else None,
        amount=amount,
        currency=currency,
        discovered_at=datetime.combine(found.day, time(9 + between(rng, 0, 8), between(rng, 0, 59)), UTC),
        recovered_amount=_recovered(amount, currency, rng) if amount is not None else None,
        source=found.source,
        extra=extra,
    )


def _recovered(amount: Decimal, currency: str, rng: Random) -> Decimal:
    """A third to all of it; now and then nothing."""
    percent = 0 if rng.random() < 0.15 else between(rng, 35, 100)
    return round_to_currency(amount * percent / 100, currency)
