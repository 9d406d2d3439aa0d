"""Bills: what streams invoice at an assumed use, by invoice date; and whether two streams cannot but bill the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING

from policies.domain.charge import UpliftAt
from policies.domain.period import Period, billing_periods, starts_month
from policies.domain.price_steps import has_one_price
from policies.domain.terms import Unscheduled
from policies.twin.shapes import Laid, Memory, charged, is_coupled
from policies.twin.shortfalls import Amount
from policies.twin.use import ONE, Rhythm, Use, flows, is_metered

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.domain.terms import Terms
    from policies.twin.model import Stream

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bill:
    """Everything that streams invoice over their horizon, at one use."""

    amounts: tuple[Amount, ...]

    def by_date(self) -> Mapping[date, Decimal]:
        """What each invoice comes to."""
        sums: dict[date, Decimal] = defaultdict(lambda: ZERO)
        for each in self.amounts:
            sums[each.invoice_date] += each.amount
        return sums

    def on(self, day: date) -> Mapping[Period, Decimal]:
        """The invoice of a day, by service period."""
        sums: dict[Period, Decimal] = defaultdict(lambda: ZERO)
        for each in self.amounts:
            if each.invoice_date == day:
                sums[each.period] += each.amount
        return sums

    def split(self, day: date | None) -> tuple[Bill, Bill]:
        """What is for service before a day, and from it on."""
        if day is None:
            return self, Bill(())
        return (
            Bill(tuple(each for each in self.amounts if each.period.start < day)),
            Bill(tuple(each for each in self.amounts if each.period.start >= day)),
        )


@dataclass(slots=True)
class Biller:
    """The bills of one side of a match. `factors` are the meter's units that one of the agreement's is, by stream id.

    `unrated` is the use that has no price, such as a quantity beyond the last tier: nothing is billed for it.
    """

    streams: Sequence[Stream]
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    unrated: set[Use | None] = field(default_factory=set)
    _known: dict[Use | None, Bill] = field(default_factory=dict)
    _fixed: list[Amount] | None = None
    _metered: list[tuple[Terms, Decimal]] | None = None
    _laid: dict[Rhythm, Mapping[tuple[int, Decimal], Laid]] = field(default_factory=dict)

    def bill(self, use: Use | None) -> Bill:
        """The bill at a use; each is made once. Raises `Unscheduled` where what does not depend on use has no schedule."""
        found = self._known.get(use)
        if found is None:
            amounts = list(self.not_metered())
            for terms, factor in self.metered():
                known = self.laid(use.rhythm) if use is not None and not is_coupled(terms) else {}
                try:
                    amounts += self._metered_amounts(known.get((id(terms), factor)), terms, factor, use)
                except Unscheduled:
                    self.unrated.add(use)
            amounts.sort()
            found = self._known[use] = Bill(tuple(amounts))
        return found

    def laid(self, rhythm: Rhythm) -> Mapping[tuple[int, Decimal], Laid]:
        """The terms that depend on use and are not coupled, over their days, where they have a schedule."""
        if rhythm not in self._laid:
            found = {}
            for terms, factor in self.metered():
                with suppress(Unscheduled):
                    if not is_coupled(terms):
                        found[id(terms), factor] = self.memory.laid(terms, factor, rhythm)
            self._laid[rhythm] = found
        return self._laid[rhythm]

    def first_months(self, use: Use | None, until: date) -> Bill:
        """The part of the bill that is invoiced before a day, and perhaps more, without the work of the whole."""
        if use in self._known:
            return self._known[use]
        amounts: list[Amount] = []
        for terms, factor in self.terms():
            for part in _until(terms, until):
                amounts += charged(part, use.on(part, factor) if use is not None and is_metered(part) else None)
        amounts.sort()
        return Bill(tuple(amounts))

    def rates(self, use: Use | None) -> bool:
        """Whether a use has a price."""
        if use is None or use in self._known or not self.is_laid(use.rhythm):
            self.bill(use)
            return use not in self.unrated
        return all(each.rates(use.quantity) for each in self.laid(use.rhythm).values())

    def is_laid(self, rhythm: Rhythm) -> bool:
        """Whether all that depends on use has a schedule, and no period's bill depends on another's."""
        return len(self.laid(rhythm)) == len(self.metered())

    @property
    def is_metered(self) -> bool:
        return bool(self.metered())

    def terms(self) -> list[tuple[Terms, Decimal]]:
        """All terms of the side, each with its factor."""
        return [(terms, self.factors.get(each.id, ONE)) for each in self.streams for terms in each.terms]

    def metered(self) -> Sequence[tuple[Terms, Decimal]]:
        """Those that depend on use."""
        if self._metered is None:
            self._metered = [each for each in self.terms() if is_metered(each[0])]
        return self._metered

    def not_metered(self) -> Sequence[Amount]:
        """What is billed whatever the use, by terms that do not depend on it. Raises `Unscheduled`."""
        if self._fixed is None:
            fixed = (terms for terms, _ in self.terms() if not is_metered(terms))
            self._fixed = [each for terms in fixed for each in self.memory.charged(terms)]
        return self._fixed

    def _metered_amounts(self, known: Laid | None, terms: Terms, factor: Decimal, use: Use | None) -> list[Amount]:
        if use is None:
            return self.memory.charged(terms)
        if known is None:
            return charged(terms, use.on(terms, factor))
        if not known.rates(use.quantity):
            raise Unscheduled("the quantity has no price")
        return list(known.amounts(use.quantity))


def _until(terms: Terms, until: date) -> Iterator[Terms]:
    """The terms up to the end of a period of their calendar, where what comes later has no say in what comes before."""
    term = terms.term
    if term is None or term.end <= until:
        yield terms
    elif term.start < until:
        turns = _turns(terms, term)
        if turns is None:
            yield terms
        else:
            periods = billing_periods(Period(term.start, until), turns, terms.anchor_day, terms.anchor)
            yield replace(terms, term=Period(term.start, min(term.end, periods[-1].whole.end)))


def _turns(terms: Terms, term: Period) -> int | None:
    """After how many months a price and an invoice both begin again; None where the end of the term counts before that.

    A term that does not end with a month is prorated by days throughout, unless price and invoice are by the month.
    """
    line, months = terms.line, (terms.price_months, terms.billing_months)
    if terms.comes_once or None in months or line.minimum_commitment is not None or line.drawdown is not None:
        return None
    turns = max(months[0] or 1, months[1] or 1)
    ends_whole = starts_month(term.end, terms.anchor or term.start, terms.anchor_day)
    return None if line.discounts or not (ends_whole or turns == 1) else turns


def same_without_billing(one: Biller, other: Biller) -> bool:
    """Whether both sides bill by the same terms: then their bills are the same, at any use."""
    left = [_key(terms, factor) for terms, factor in _joined(other.terms())]
    for terms, factor in _joined(one.terms()):
        key = _key(terms, factor)
        if key not in left:
            return False
        left.remove(key)
    return not left


def _joined(all_terms: Sequence[tuple[Terms, Decimal]]) -> list[tuple[Terms, Decimal]]:
    """The terms, with those made one that go on as before: a term and its renewal at the same price."""
    result: list[tuple[Terms, Decimal]] = []
    for terms, factor in all_terms:
        if result and _goes_on(result[-1][0], terms):
            before = result.pop()[0]
            result.append((replace(before, term=Period(before.dated.start, terms.dated.end)), factor))
        else:
            result.append((terms, factor))
    return result


def _goes_on(before: Terms, after: Terms) -> bool:
    if before.term is None or after.term is None or before.term.end != after.term.start:
        return False
    months = (before.price_months, before.billing_months)
    if None in months or not (has_one_price(before) and has_one_price(after)) or before.first_invoice is not None:
        return False
    if before.line.minimum_commitment is not None or before.line.drawdown is not None:
        return False
    if _key(replace(before, since=None), ONE)[:-_OF_DATES] != _key(replace(after, since=None), ONE)[:-_OF_DATES]:
        return False
    turns = max(months[0] or 1, months[1] or 1)
    return billing_periods(after.term, turns, before.anchor_day, before.anchor)[0].whole.start == after.term.start


_OF_DATES = 2


def _key(terms: Terms, factor: Decimal) -> tuple[object, ...]:
    """Everything that the bills of terms follow from; the last two are its days."""
    line, anchor, term = terms.line, terms.anchor, terms.term
    is_dated = any(each.starts_on is not None or not each.is_open_ended for each in line.discounts)
    start = date.min if term is None else term.start
    return (
        *_BILLED(line),
        _UPLIFT(line) if _rises(line) else None,
        *((line.discounts, line.list_unit_price) if is_dated else ()),
        *((factor, line.quantity_basis, flows(terms)) if is_metered(terms) else ()),
        line.quantity,
        line.model,
        terms.price_period,
        None if terms.comes_once else (terms.billing_frequency, terms.billing_timing, anchor),
        terms.anchor_day or (anchor and anchor.day),
        terms.first_invoice,
        terms.priced_until,
        terms.rounding,
        (terms.since, terms.risen) if _counts_from_its_beginning(line) else None,
        max(terms.billing_start or date.min, start),
        term,
    )


def _counts_from_its_beginning(line: Line) -> bool:
    return bool(_rises(line) or line.free_months or line.discounts)


def _rises(line: Line) -> bool:
    """Whether the line's own uplift may raise its price within a term: what rises at a renewal does not."""
    return bool(line.uplift_percent) and line.uplift_at is not UpliftAt.RENEWAL


_BILLED = attrgetter(
    "charge_type",
    "net_unit_price",
    "tiers",
    "package",
    "percentage",
    "included_quantity",
    "included_unlimited",
    "overage_unit_price",
    "hard_cap",
    "minimum_amount",
    "maximum_amount",
    "minimum_commitment",
    "drawdown",
    "free_months",
    "ramp",
)
_UPLIFT = attrgetter("uplift_percent", "uplift_method", "uplift_at")
