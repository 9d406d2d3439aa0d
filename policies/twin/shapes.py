"""What depends on use, by the shapes that a counted period has: most of thirty years' months are one shape.

A shape is a period that a price counts in without its dates: the price that holds, the share of a whole period, and how
much of the use each of its invoices knows. What a shape bills at a quantity is worked out once, and laid over the days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import ChargeModel
from policies.domain.dues import payable
from policies.domain.invoice import InvoiceLineKind
from policies.domain.metering import Cost, billed_in_turn, cost_of_overage, cost_of_use, counted_periods, known_up_to
from policies.domain.money import RoundingPolicy, minor_unit
from policies.domain.price_steps import PriceStep, price_steps
from policies.domain.schedule import charges
from policies.domain.terms import Unscheduled
from policies.twin.shortfalls import Amount, Place, shortfalls

if TYPE_CHECKING:
    from policies.domain.metering import Usage
    from policies.domain.terms import Terms
    from policies.twin.use import Rhythm

ZERO = Decimal(0)


@dataclass(slots=True, eq=False)
class Shape:
    """A period that a price counts in, whichever days it has. `times` is how much of the use each of its parts knows."""

    cost: Cost
    step: PriceStep
    share: Decimal
    factor: Decimal
    times: tuple[Decimal, ...]
    unit: Decimal
    _known: dict[Decimal, tuple[Decimal, ...] | None] = field(default_factory=dict)

    def at(self, quantity: Decimal) -> tuple[Decimal, ...] | None:
        """What each part bills at a quantity, in whole minor units; None where the quantity has no price."""
        if quantity not in self._known:
            self._known[quantity] = self._rated(quantity)
        return self._known[quantity]

    def _rated(self, quantity: Decimal) -> tuple[Decimal, ...] | None:
        uses = [quantity * self.factor * times for times in self.times]
        exact = paid = ZERO
        result = []
        try:
            for amount in billed_in_turn(self.cost, self.step, self.share, uses):
                exact += amount
                to_date = payable(exact, self.unit)
                result.append(to_date - paid)
                paid = to_date
        except Unscheduled:
            return None
        return tuple(result)


@dataclass(frozen=True, slots=True)
class Laid:
    """Terms whose bill depends on use, over their days: what is billed whatever the use, and where each shape lies."""

    fixed: tuple[Amount, ...]
    places: tuple[Place, ...]
    shapes: tuple[Shape, ...]

    def rates(self, quantity: Decimal) -> bool:
        """Whether every period has a price at the quantity."""
        return all(each.at(quantity) is not None for each in self.shapes)

    def amounts(self, quantity: Decimal) -> Iterator[Amount]:
        """Everything that is billed at a quantity that has a price."""
        yield from self.fixed
        for invoice_date, period, piece, part in self.places:
            amount = (piece.at(quantity) or ())[part]
            if amount:
                yield Amount(invoice_date, period, amount, False)


def is_coupled(terms: Terms) -> bool:
    """Whether what a period bills depends on all before it: prepaid credit, or rounding that is carried on."""
    return terms.line.drawdown is not None or terms.rounding is not RoundingPolicy.ROUND_THEN_SUM


class Memory:
    """What terms come to, worked out once: with every repair that is tried, most of a match's terms are as they were.

    Terms are told apart by all that they say, not by which object they are.
    """

    def __init__(self) -> None:
        self._charged: list[tuple[Terms, list[Amount]]] = []
        self._laid: list[tuple[Terms, Decimal, Rhythm, Laid]] = []

    def charged(self, terms: Terms) -> list[Amount]:
        """What terms bill without any use. Raises `Unscheduled`."""
        found = next((amounts for known, amounts in self._charged if known == terms), None)
        if found is None:
            found = charged(terms, None)
            self._charged.append((terms, found))
        return found

    def laid(self, terms: Terms, factor: Decimal, rhythm: Rhythm) -> Laid:
        """Terms over their days, as `laid` has them. Raises `Unscheduled`."""
        wanted = (rhythm, factor, terms)
        found = next((one for known, by, at, one in self._laid if (at, by, known) == wanted), None)
        if found is None:
            found = laid(terms, factor, rhythm, self)
            self._laid.append((terms, factor, rhythm, found))
        return found


def laid(terms: Terms, factor: Decimal, rhythm: Rhythm, memory: Memory) -> Laid:
    """Terms that are not coupled, at use of a rhythm; `factor` is the meter's units in one of the agreement's.

    Raises `Unscheduled` where nothing determines the schedule.
    """
    is_beside = not terms.is_usage or terms.line.model is ChargeModel.FLAT
    fixed = memory.charged(_without_commitment(terms)) if is_beside else []
    steps = [step for step in price_steps(terms) if not step.is_free]
    cost = cost_of_overage(terms.line) if is_beside else cost_of_use(terms.line)
    times, unit = rhythm.on(terms), minor_unit(terms.currency)
    shapes: dict[object, Shape] = {}
    places: list[Place] = []
    for period, step, share, parts in counted_periods(terms, steps):
        known = tuple(map(times, known_up_to(period, parts)))
        key = (step.quantity, step.unit_price, step.factor, share, known)
        if key not in shapes:
            shapes[key] = Shape(cost, step, share, factor, known, unit)
        for number, (part, invoiced) in enumerate(parts):
            day = invoiced if terms.first_invoice is None else max(invoiced, terms.first_invoice)
            places.append(Place(day, part, shapes[key], number))
    places += shortfalls(terms, fixed, places)
    return Laid(tuple(fixed), tuple(places), tuple(shapes.values()))


def _without_commitment(terms: Terms) -> Terms:
    line = terms.line
    return terms if line.minimum_commitment is None else replace(terms, line=replace(line, minimum_commitment=None))


def charged(terms: Terms, usage: Usage | None) -> list[Amount]:
    """Everything that terms bill, worked out period by period. Raises `Unscheduled`."""
    return [
        Amount(each.invoice_date, each.service_period, each.amount, each.kind is InvoiceLineKind.ONE_TIME)
        for each in charges(terms, usage)
    ]
