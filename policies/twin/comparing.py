"""Two sides' bills, held against each other: whether they are the same at any use, where they part, and what that costs.

Invoices are compared by their date. Where some differ, amounts are compared once more by the days that they are for, cut
where both sides begin a period: what is the same then only comes on other days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policies.domain.money import minor_unit
from policies.twin.bills import Biller, same_without_billing
from policies.twin.gaps import Gap, differing, drift, gap
from policies.twin.grid import Grid, grid
from policies.twin.invoices import Invoices
from policies.twin.model import Parting
from policies.twin.use import ONE, Use, is_metered

ZERO = Decimal(0)
# Where so many quantities show a difference, no more are needed but the largest ones: a table may have a thousand tiers.
_ENOUGH, _LARGEST = 40, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """On what bills are compared: the day on which the renewed term starts, today, and the use that is expected."""

    currency: str
    today: date
    renewal_from: date | None = None
    expected: Decimal | None = None
    months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two sides' bills differ. `term` and `renewal` are at the expected use; None where no use could be expected."""

    first: Parting | None = None
    largest: Parting | None = None
    term: Gap | None = None
    renewal: Gap | None = None
    parts_in_term: bool = False
    parts_in_renewal: bool = False
    is_timing: bool = False
    shifted: Decimal = ZERO
    drift: Decimal = ZERO

    @property
    def is_equal(self) -> bool:
        """Whether both sides bill the same, at any use, in the term and in the renewed term."""
        return not (self.parts_in_term or self.parts_in_renewal or self.drift)


EQUAL = Comparison()


class _Seen(NamedTuple):
    """An invoice that differs, at a use."""

    use: Use | None
    day: date
    agreement: Decimal
    billing: Decimal
    in_term: bool

    @property
    def difference(self) -> Decimal:
        return self.agreement - self.billing


def same_bills(agreement: Biller, billing: Biller, basis: Basis, *, in_renewal: bool = False) -> bool:
    """Whether both sides bill the same over the term (or, `in_renewal`, the renewed term) at any use. Raises `Unscheduled`."""
    if same_without_billing(agreement, billing):
        return True
    unit = minor_unit(basis.currency)
    invoices = Invoices(agreement, billing, basis.renewal_from)
    for use in _uses(agreement, billing, basis):
        if not agreement.rates(use):
            continue
        if any(each.in_term is not in_renewal for each in invoices.differing(use, unit)):
            return False
        if use is None or use.quantity == basis.expected:
            agreed, billed = (each.bill(use).split(basis.renewal_from)[in_renewal] for each in (agreement, billing))
            if drift(agreed, billed) > unit:
                return False
    return True


def compare(agreement: Biller, billing: Biller, basis: Basis) -> Comparison:
    """The comparison of the two sides of a match. Raises `Unscheduled`."""
    if same_without_billing(agreement, billing):
        return EQUAL
    unit = minor_unit(basis.currency)
    uses = _uses(agreement, billing, basis)
    invoices = Invoices(agreement, billing, basis.renewal_from)
    seen = list(_seen(invoices, basis, uses))
    expected = _expected(agreement, billing, basis)
    total = ZERO
    if not seen and (expected is not None or uses == (None,)):
        total = drift(
            agreement.bill(expected).split(basis.renewal_from)[0], billing.bill(expected).split(basis.renewal_from)[0]
        )
    if not seen and total <= unit:
        return EQUAL
    told = _Told(invoices, basis, uses)
    return told.comparison(seen, expected, total)


def _seen(invoices: Invoices, basis: Basis, uses: Sequence[Use | None]) -> Iterator[_Seen]:
    unit, shown = minor_unit(basis.currency), 0
    for at, use in enumerate(uses):
        if (shown > _ENOUGH and at < len(uses) - _LARGEST) or not invoices.agreement.rates(use):
            continue
        found = [_Seen(use, *each) for each in invoices.differing(use, unit)]
        # What differs in the renewed term alone says nothing of the term: it may part at a quantity still to come.
        shown += any(each.in_term for each in found)
        yield from found


class _Told:
    """What is said of invoices that differ."""

    def __init__(self, invoices: Invoices, basis: Basis, uses: Sequence[Use | None]) -> None:
        self.invoices, self.agreement, self.billing = invoices, invoices.agreement, invoices.billing
        self.basis = basis
        self.is_metered = uses != (None,)
        self.uses = uses

    def comparison(self, seen: Sequence[_Seen], expected: Use | None, total: Decimal) -> Comparison:
        is_known = expected is not None or not self.is_metered
        term, renewal, shifted = self._gaps(expected) if is_known else (None, None, ZERO)
        in_term = [each for each in seen if each.in_term]
        first = self._first(in_term or seen)
        largest = max(
            _likely(in_term or seen), key=lambda each: (abs(each.difference), -each.day.toordinal()), default=None
        )
        return Comparison(
            first=first and self._parting(first),
            largest=largest and self._parting(largest),
            term=term,
            renewal=renewal,
            parts_in_term=bool(in_term),
            parts_in_renewal=len(in_term) < len(seen),
            is_timing=bool(in_term) and self._is_timing(in_term, term),
            shifted=shifted,
            drift=total,
        )

    def _gaps(self, use: Use | None) -> tuple[Gap, Gap | None, Decimal]:
        both = (self.agreement.bill(use), self.billing.bill(use))
        (term, renewal), (own_term, own_renewal) = (each.split(self.basis.renewal_from) for each in both)
        in_term = gap(term, own_term, self.basis.today)
        after = None if self.basis.renewal_from is None else gap(renewal, own_renewal, self.basis.today)
        moved = (max(ZERO, agreed - billed) for _, agreed, billed in differing(term, own_term, ZERO))
        return in_term, after, sum(moved, ZERO) if in_term.is_none else ZERO

    def _is_timing(self, seen: Sequence[_Seen], term: Gap | None) -> bool:
        """Whether the days alone differ: at the use that is expected, else where the most differs."""
        if term is not None and not term.is_none:
            return False
        most = max(seen, key=lambda each: abs(each.difference))
        return self._gaps(most.use)[0].is_none

    def _first(self, seen: Sequence[_Seen]) -> _Seen | None:
        """The earliest invoice that differs, at the smallest use at which it does: a whole number, where one does."""
        if not seen:
            return None
        day = min(each.day for each in seen)
        found = [each for each in seen if each.day == day]
        whole = [each for each in found if each.use is None or each.use.quantity % 1 == 0]
        first = min(whole or found, key=lambda each: (each.use is not None and each.use.uneven, _quantity(each)))
        return self._smallest(first) if whole and first.use is not None and not first.use.uneven else first

    def _smallest(self, seen: _Seen) -> _Seen:
        """The same invoice at the smallest whole use above the last one at which it does not differ."""
        use = seen.use
        if use is None:
            return seen
        below = [each.quantity for each in self.uses if each is not None and each.quantity < use.quantity]
        low, high = int(max(below, default=ZERO)), int(use.quantity)
        while high - low > 1:
            middle = (low + high) // 2
            tried = self._at(seen, replace(use, quantity=Decimal(middle)))
            if abs(tried.difference) > minor_unit(self.basis.currency):
                seen, high = tried, middle
            else:
                low = middle
        return seen

    def _at(self, seen: _Seen, use: Use) -> _Seen:
        """The same invoice at another use."""
        return _Seen(use, *self.invoices.on(seen.day, use, in_term=seen.in_term))

    def _parting(self, seen: _Seen) -> Parting:
        agreed, billed = self.agreement.bill(seen.use).on(seen.day), self.billing.bill(seen.use).on(seen.day)
        periods = sorted(agreed.keys() | billed.keys())
        period = next((each for each in periods if agreed.get(each, ZERO) != billed.get(each, ZERO)), periods[0])
        return Parting(
            period=period,
            invoice_date=seen.day,
            agreement=seen.agreement,
            billing=seen.billing,
            quantity=None if seen.use is None or self._is_fixed(seen) else seen.use.quantity,
        )

    def _is_fixed(self, seen: _Seen) -> bool:
        """Whether the difference is the same without any use and at ten times as much."""
        if seen.use is None:
            return True
        others = (ZERO, max(ONE, seen.use.quantity) * 10)
        return all(self._at(seen, replace(seen.use, quantity=each)).difference == seen.difference for each in others)


# ---------------------------------------------------------------------------------------------------- use


def _uses(agreement: Biller, billing: Biller, basis: Basis) -> Sequence[Use | None]:
    """Every use that is looked at: what is expected first, and uneven use where the two sides count in other periods."""
    if not (agreement.is_metered or billing.is_metered):
        return (None,)
    both = [*agreement.terms(), *billing.terms()]
    found: Grid = grid(both, basis.months)
    quantities = dict.fromkeys(found.quantities)
    first = [] if basis.expected is None else [basis.expected]
    uses = [Use(each, basis.months) for each in dict.fromkeys([*first, *quantities])]
    if len({terms.price_months for terms, _ in both if is_metered(terms)}) > 1 and basis.months is not None:
        uses += [Use(each, basis.months, uneven=True) for each in (found.largest_edge, found.largest_edge * 2)]
    return tuple(uses)


def _expected(agreement: Biller, billing: Biller, basis: Basis) -> Use | None:
    if basis.expected is None or not (agreement.is_metered or billing.is_metered):
        return None
    use = Use(basis.expected, basis.months)
    return use if agreement.rates(use) else None


def _quantity(seen: _Seen) -> Decimal:
    return ZERO if seen.use is None else seen.use.quantity


def _likely(seen: Sequence[_Seen]) -> Sequence[_Seen]:
    """Without the farthest quantity, which is there to tell prices apart, where others show a difference too."""
    far = max((_quantity(each) for each in seen), default=ZERO)
    nearer = [each for each in seen if _quantity(each) < far or each.use is None]
    return nearer or seen
