"""What streams bill by themselves: in total over the term, before today, and each on its own, at the use that is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.finding import Exposure
from policies.domain.schedule import Charge, charges
from policies.domain.terms import Unscheduled
from policies.twin.expecting import expected_use
from policies.twin.model import Parting
from policies.twin.use import Use, is_metered

if TYPE_CHECKING:
    from policies.twin.model import Stream
    from policies.twin.setup import SetUp

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What streams bill over the term; None where one of them has no schedule or no use can be assumed for it.

    `before` is what is invoiced before today. `first` is its first invoice, not made. `by_stream` is each stream's own total.
    """

    total: Decimal | None
    before: Decimal | None
    first: Parting | None
    by_stream: tuple[tuple[str, Decimal], ...] = ()
    assumptions: tuple[str, ...] = ()

    def exposures(self, line_ids: Sequence[str]) -> tuple[Exposure, ...]:
        """Each stream's total on its own line; what a charge bills lies on the first of the lines."""
        if self.total is None:
            return ()
        known = frozenset(line_ids)
        place = next(iter(line_ids), None)
        return tuple(
            Exposure(line_id=stream_id if stream_id in known else place, amount=amount)
            for stream_id, amount in self.by_stream
            if amount
        )


def worth_of(streams: Sequence[Stream], setup: SetUp) -> Worth:
    """What these streams bill over the term, the renewal left out."""
    billed: list[tuple[str, Charge]] = []
    assumptions: list[str] = []
    unknown = False
    for stream in streams:
        try:
            billed += [(stream.id, each) for each in _charges_of(stream, setup, assumptions)]
        except Unscheduled as reason:
            unknown = True
            assumptions.append(f"what {stream.id} bills cannot be told: {reason.reason}")
    first = _first([each for _, each in billed])
    said = tuple(dict.fromkeys(assumptions))
    if unknown:
        return Worth(total=None, before=None, first=first, assumptions=said)
    return Worth(
        total=_sum(billed),
        before=_sum([each for each in billed if each[1].invoice_date < setup.today]),
        first=first,
        by_stream=tuple((each.id, _sum([one for one in billed if one[0] == each.id])) for each in streams),
        assumptions=said,
    )


def _charges_of(stream: Stream, setup: SetUp, assumptions: list[str]) -> list[Charge]:
    if stream.unscheduled is not None:
        raise Unscheduled(stream.unscheduled)
    expected = expected_use((stream,), (), setup.catalog)
    if expected.because is not None:
        assumptions.append(expected.because)
    use = None if expected.quantity is None else Use(expected.quantity, expected.months)
    if use is None and any(map(is_metered, stream.terms)):
        raise Unscheduled(expected.because or "how much will be used is not known")
    end = stream.renewal.start if stream.renewal is not None else None
    found = []
    for terms in stream.terms:
        billed = charges(terms, use.on(terms) if use is not None and is_metered(terms) else None)
        found += [each for each in billed if end is None or each.service_period.start < end]
    return found


def _first(billed: Sequence[Charge]) -> Parting | None:
    """The first invoice that will not be made."""
    if not billed:
        return None
    earliest = min(billed, key=lambda each: (each.invoice_date, each.service_period.start))
    amount = sum((each.amount for each in billed if each.invoice_date == earliest.invoice_date), ZERO)
    return Parting(period=earliest.service_period, invoice_date=earliest.invoice_date, agreement=amount, billing=ZERO)


def _sum(billed: Sequence[tuple[str, Charge]]) -> Decimal:
    return sum((each.amount for _, each in billed), ZERO)
