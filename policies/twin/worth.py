"""What streams bill by themselves: in total over the term, before today, and each on its own, at the use that is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.finding import Exposure
from policies.domain.money import plain
from policies.domain.schedule import Charge, charges
from policies.domain.terms import Unscheduled
from policies.twin.model import Parting
from policies.twin.use import Use, is_metered

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.twin.model import Stream
    from policies.twin.setup import SetUp

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
BEYOND_ALLOWANCE: Final = Decimal(120)
"""Use in percent of the allowance, where the catalog does not say how much is expected."""


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
    end = stream.renewal.start if stream.renewal is not None else None
    found = []
    for terms in stream.terms:
        use = None
        if is_metered(terms):
            use = _expected(terms.line, setup, assumptions).on(terms)
        found += [each for each in charges(terms, use) if end is None or each.service_period.start < end]
    return found


def _expected(line: Line, setup: SetUp, assumptions: list[str]) -> Use:
    """The use that a company expects of a line: the catalog's, else a fifth beyond the allowance, else what was sold."""
    product = setup.catalog.products.get(line.product_id) if setup.catalog is not None else None
    percent = product.expected_usage_percent if product is not None else None
    if line.included_quantity:
        share = percent if percent is not None else BEYOND_ALLOWANCE
        whose = "the family's median" if percent is not None else "as the catalog does not say how much is expected"
        assumptions.append(f"usage at {plain(share)} % of allowance, {whose}")
        return Use(quantity=line.included_quantity * share / HUNDRED)
    quantity = line.quantity or max((each.up_to for each in line.tiers if each.up_to is not None), default=None)
    if quantity is None:
        raise Unscheduled("how much will be used is not known")
    assumptions.append(f"usage of {plain(quantity)} in each period")
    return Use(quantity=quantity)


def _first(billed: Sequence[Charge]) -> Parting | None:
    """The first invoice that will not be made."""
    if not billed:
        return None
    earliest = min(billed, key=lambda each: (each.invoice_date, each.service_period.start))
    amount = sum((each.amount for each in billed if each.invoice_date == earliest.invoice_date), ZERO)
    return Parting(period=earliest.service_period, invoice_date=earliest.invoice_date, agreement=amount, billing=ZERO)


def _sum(billed: Sequence[tuple[str, Charge]]) -> Decimal:
    return sum((each.amount for _, each in billed), ZERO)
