"""Terms in succession: what a line bills under one set of terms after another, where something outlasts the change.

Most amounts are each terms' own. A minimum commitment that an amendment leaves as it was is one commitment: its period is
not cut at the amendment, and is trued up once. Prepaid credit that is stated again is the same credit, and what is left of
it is used on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from policies.domain.charge import PricePeriod
from policies.domain.period import Period
from policies.domain.schedule import charges, dues_of, settled

if TYPE_CHECKING:
    from policies.domain.dues import Due
    from policies.domain.metering import Usage
    from policies.domain.schedule import Charge
    from policies.domain.terms import Terms


class Held(NamedTuple):
    """Terms, and the use that is billed on them."""

    terms: Terms
    usage: Usage | None = None


def charges_in_turn(held: Sequence[Held], renewed_on: date | None = None) -> tuple[Charge, ...]:
    """Every amount of terms that follow each other, as `charges` has them, run by run of what outlasts a change.

    From `renewed_on`, a commitment or a price for the term is owed anew. Raises `Unscheduled`.
    """
    found: list[Charge] = []
    for run in _runs(held, renewed_on):
        found += charges(*run[0]) if len(run) == 1 else _pooled(run)
    return tuple(sorted(found, key=lambda each: (each.invoice_date, each.service_period.start)))


def _pooled(run: Sequence[Held]) -> Sequence[Charge]:
    """The charges of terms that share a commitment or a credit."""
    first, last = run[0].terms, run[-1].terms
    whole = replace(first, term=Period(first.dated.start, last.dated.end))
    dues: list[Due] = list(chain.from_iterable(dues_of(*each) for each in run))
    return settled(whole, dues)


def _runs(held: Sequence[Held], renewed_on: date | None) -> Iterator[list[Held]]:
    run: list[Held] = []
    for each in held:
        if run and not _shares(run[-1].terms, each.terms, renewed_on):
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _shares(before: Terms, after: Terms, renewed_on: date | None) -> bool:
    """Whether a commitment or a credit of terms goes on under those that follow them without a gap."""
    one, other = before.line, after.line
    if before.term is None or after.term is None or before.term.end != after.term.start:
        return False
    if (one.minimum_commitment, one.drawdown) != (other.minimum_commitment, other.drawdown):
        return False
    commitment = one.minimum_commitment
    if commitment is not None and commitment.period is PricePeriod.TERM and after.term.start == renewed_on:
        return False
    return commitment is not None or one.drawdown is not None
