"""What should have been billed: the charges of each line with the usage of their periods, and how each amount comes about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.auditing.metered import UsageBook
from policies.domain.charge import ChargeModel, ChargeType, Line, QuantityBasis
from policies.domain.invoice import InvoiceLineKind
from policies.domain.metering import has_overage
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.period import Period
from policies.domain.rating import ONE, ZERO, Unrateable, billable_quantity, rate, rate_overage
from policies.domain.schedule import Charge, Terms, charges

if TYPE_CHECKING:
    from policies.amended import Version
    from policies.auditing.invoiced import Billed


_SUMMED = frozenset({None, QuantityBasis.SUM})


class Part(StrEnum):
    """Which part of a line an amount is: its price, its use, the true-up of its commitment, or prepaid credit burned."""

    FIXED = "fixed"
    METERED = "metered"
    TRUE_UP = "true_up"
    WALLET = "wallet"


@dataclass(slots=True, kw_only=True)
class Component:
    """One amount that should be billed for a service period, and, once invoices are matched, what was billed for it.

    `used` None on a metered part means that the use is not known; `amount` is then what is due for none. `credit` is what
    was given back, `excused` the part of it that is within what was billed.
    """

    version: Version
    terms: Terms
    part: Part
    period: Period
    invoice_date: date
    amount: Decimal
    kind: InvoiceLineKind
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    used: Decimal | None = None
    counted: Period | None = None
    how: tuple[str, ...] = ()
    is_due: bool = False
    pieces: list[tuple[Billed, Decimal]] = field(default_factory=list)
    billed: Decimal = ZERO
    credit: Decimal = ZERO
    excused: Decimal = ZERO
    is_foreign: bool = False

    @property
    def line(self) -> Line:
        return self.version.line

    @property
    def is_unknown(self) -> bool:
        """Whether its amount cannot be told, because its use is not known."""
        return self.part is Part.METERED and self.used is None and self.counted is not None

    @property
    def is_seen(self) -> bool:
        """Whether the audit looks at it: it is due, or something was billed for it already."""
        return self.is_due or bool(self.pieces) or self.is_foreign

    @property
    def expected(self) -> Decimal:
        """What should stand on invoices in the end, after the credits that were given within what was billed."""
        return self.amount - self.excused

    @property
    def difference(self) -> Decimal:
        """Expected less billed; zero where either cannot be told."""
        return ZERO if self.is_unknown or self.is_foreign else self.expected - self.billed - self.credit

    def amount_at(self, quantity: Decimal) -> Decimal | None:
        """What the period would cost at another quantity; None where that has no amount."""
        try:
            return round_to_currency(
                _rated(self.terms, quantity, self.unit_price, explain=False)[0], self.terms.currency
            )
        except Unrateable:
            return None


def components(version: Version, usage: UsageBook) -> list[Component]:
    """Everything that a version of a line should bill over its term. Raises `Unscheduled` where that is not determined."""
    terms = version.terms
    probe = _Probe(version.line, usage)
    found = charges(terms, probe if depends_on_use(version.line) else None)
    built = [_of_charge(version, terms, charge) for charge in found if not _is_use(version.line, charge)]
    built += _metered(version, terms, [charge for charge in found if _is_use(version.line, charge)], probe)
    return sorted(built, key=lambda each: (each.period.start, each.part, each.invoice_date))


def depends_on_use(line: Line) -> bool:
    """Whether any charge of the line needs to know its use."""
    return has_overage(line) or (line.charge_type is ChargeType.USAGE and line.model is not ChargeModel.FLAT)


def is_by_unit(line: Line) -> bool:
    """Whether the line sells a number of units, where a further one has no price."""
    return (
        line.charge_type is ChargeType.RECURRING
        and line.model is ChargeModel.PER_UNIT
        and not depends_on_use(line)
        and not line.hard_cap
        and not line.included_unlimited
    )


class _Probe:
    """The usage of a line as its schedule asks for it, remembering each period that was asked for."""

    def __init__(self, line: Line, usage: UsageBook) -> None:
        self._line = line
        self._usage = usage
        self.asked: dict[Period, tuple[Period, Decimal | None]] = {}
        self._last: Period | None = None

    def __call__(self, period: Period) -> Decimal | None:
        """The use from a counted period's start; the days that were not asked for before are its latest part."""
        used = self._usage.used(self._line, period)
        before = self._last
        part = period
        if before is not None and before.start == period.start and before.end < period.end:
            part = Period(before.end, period.end)
        self._last = period
        self.asked[part] = (period, used)
        return used

    def why_unknown(self, period: Period) -> str:
        """Why the use of a counted period is not known."""
        return self._usage.why_unknown(self._line, period)


def _is_use(line: Line, charge: Charge) -> bool:
    return (
        depends_on_use(line) and not charge.true_up and charge.kind in (InvoiceLineKind.USAGE, InvoiceLineKind.OVERAGE)
    )


def _of_charge(version: Version, terms: Terms, charge: Charge) -> Component:
    part = Part.TRUE_UP if charge.true_up else Part.FIXED
    part = Part.WALLET if charge.kind is InvoiceLineKind.CREDIT else part
    return Component(
        version=version,
        terms=terms,
        part=part,
        period=charge.service_period,
        invoice_date=charge.invoice_date,
        amount=charge.amount,
        kind=charge.kind,
        quantity=charge.quantity,
        unit_price=charge.unit_price,
        how=tuple(_told(terms, charge, part)),
    )


def _told(terms: Terms, charge: Charge, part: Part) -> Iterator[str]:
    """How an amount that does not depend on use comes about."""
    amount = format_amount(charge.amount, terms.currency)
    if part is Part.TRUE_UP and terms.line.minimum_commitment is not None:
        committed = format_amount(terms.line.minimum_commitment.amount, terms.currency)
        yield f"{committed} are committed to for each {terms.line.minimum_commitment.period}; {amount} are missing"
    elif part is Part.WALLET:
        yield f"prepaid credit pays {amount}"
    else:
        yield from _priced(terms, charge)


def _priced(terms: Terms, charge: Charge) -> Iterator[str]:
    quantity = ONE if charge.quantity is None else charge.quantity
    try:
        rated = rate(terms.line, quantity, unit_price=charge.unit_price, explain=True, currency=terms.currency)
    except Unrateable:
        rated = None
    if rated is not None:
        yield from rated.steps
    if rated is None or round_to_currency(rated.amount, terms.currency) != charge.amount:
        what = f"of the price for a {terms.price_period}" if terms.price_period else "of the price"
        yield f"the part {what} for {charge.service_period}: {format_amount(charge.amount, terms.currency)}"


def _metered(version: Version, terms: Terms, use: list[Charge], probe: _Probe) -> Iterator[Component]:
    """One component for each period that use was asked for, also where it costs nothing or is not known."""
    by_period: dict[Period, list[Charge]] = defaultdict(list)
    for charge in use:
        by_period[charge.service_period].append(charge)
    paid = terms.paid_term
    dates = [] if paid is None else [each.period.end for each in terms.billing_periods(paid)]
    for part, (counted, used) in probe.asked.items():
        of_part = by_period.get(part, [])
        amount = sum((charge.amount for charge in of_part), ZERO)
        price = of_part[0].unit_price if of_part else terms.line.net_unit_price
        yield Component(
            version=version,
            terms=terms,
            part=Part.METERED,
            period=part,
            invoice_date=of_part[0].invoice_date
            if of_part
            else next((day for day in dates if day >= part.end), part.end),
            amount=amount,
            kind=InvoiceLineKind.USAGE if terms.is_usage else InvoiceLineKind.OVERAGE,
            quantity=None if used is None else _charged(terms.line, used),
            unit_price=price if terms.is_usage else terms.line.overage_unit_price,
            used=used,
            counted=counted,
            how=(probe.why_unknown(counted),)
            if used is None
            else tuple(_use_told(terms, counted, part, used, price, amount)),
        )


def _charged(line: Line, used: Decimal) -> Decimal:
    """The quantity that an invoice shows: of use all of it, of an overage what lies beyond the allowance."""
    return used if line.charge_type is ChargeType.USAGE else billable_quantity(line, used)


def _use_told(
    terms: Terms, counted: Period, part: Period, used: Decimal, price: Decimal | None, amount: Decimal
) -> Iterator[str]:
    try:
        rated, steps = _rated(terms, used, price, explain=True)
    except Unrateable:
        rated, steps = None, ()
    yield from steps
    if rated is None or round_to_currency(rated, terms.currency) != amount:
        since = f" (use since {counted.start}, less what was billed of it before)" if counted != part else ""
        yield f"for {part}: {format_amount(amount, terms.currency)}{since}"


def _rated(terms: Terms, used: Decimal, price: Decimal | None, *, explain: bool) -> tuple[Decimal, tuple[str, ...]]:
    line = terms.line
    if not terms.is_usage:
        rated = rate_overage(line, used, explain=explain, currency=terms.currency)
    else:
        own = None if line.model is ChargeModel.PER_UNIT and has_overage(line) else price
        rated = rate(line, used, unit_price=own, explain=explain, currency=terms.currency)
    return rated.amount, rated.steps


def accept_whole_readings(component: Component, usage: UsageBook) -> None:
    """Take over what was billed where a reading reaches beyond the component's days and was billed as a whole.

    How much of such a reading falls within the days nobody recorded. Its share by days is as good as all of it.
    """
    if component.counted is None or component.used is None or component.terms.line.quantity_basis not in _SUMMED:
        return
    whole = usage.reaches_beyond(component.line, component.counted)
    if whole is None or component.amount_at(whole) != component.billed:
        return
    component.amount, component.used = component.billed, whole
    component.how += (f"the usage record reaches beyond {component.period}; all of it was billed here",)


def mark_due(found: Iterable[Component], horizon: Horizon) -> None:
    """Mark what should have been invoiced by the audit's day."""
    for each in found:
        each.is_due = horizon.reaches(each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far an audit looks: through a day that was asked for, or as far as its documents go.

    Documents go as far as the last day of use and the first day of the last period that was invoiced. A price is then due
    where its invoice belongs before that `edge`, and what use of complete periods costs also on it.
    """

    as_of: date | None = None
    edge: date | None = None

    def reaches(self, component: Component) -> bool:
        """Whether the component should have been invoiced."""
        if self.as_of is not None:
            return component.invoice_date <= self.as_of
        if self.edge is None:
            return False
        if component.is_unknown:
            return component.period.start < self.edge
        if component.part is Part.FIXED:
            return component.invoice_date < self.edge
        return component.invoice_date <= self.edge

    def is_past(self, component: Component) -> bool:
        """Whether the component's use should be there: its period is over, not merely invoiced in advance."""
        last = self.as_of if self.as_of is not None else self.edge
        return last is not None and component.invoice_date <= last


def included(line: Line) -> Decimal | None:
    """The allowance of a line, where it is a number."""
    return None if line.included_unlimited else line.included_quantity


def spelt(quantity: Decimal | None) -> str:
    """A quantity in a sentence."""
    return "not known" if quantity is None else plain(quantity)
