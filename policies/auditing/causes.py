"""Why what was billed differs from what should have been: one cause for each difference, named by its pattern.

A cause is told from what the documents show and nothing else: which periods are missing, at which earlier price the amount
would be right, what the use would have been for it to be right. Where several fit, the most specific is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from policies.auditing.expected import Component, Part
from policies.domain.charge import ChargeModel, Line, PackageRounding
from policies.domain.finding import Direction
from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import minor_unit
from policies.domain.rating import Unrateable, rate

if TYPE_CHECKING:
    from policies.auditing.invoiced import Billed
    from policies.auditing.metered import UsageBook

ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_HUNDREDFOLD = (Decimal(100), Decimal(1000))
# Units that meters and price lists mix up: binary and decimal multiples, bits and bytes, seconds, minutes and hours.
_UNIT_FACTORS = tuple(map(Decimal, ("1000", "1024", "1000000", "1.024", "1.048576", "1.073741824", "60", "3600", "8")))
_NEAR = Decimal("0.002")
_OTHER_MODELS = (ChargeModel.GRADUATED, ChargeModel.VOLUME, ChargeModel.STAIRSTEP)


@dataclass(frozen=True, slots=True)
class Cause:
    """What explains a difference. `policy` names it; findings are made of all differences with the same cause."""

    policy: str
    pattern: str


UNKNOWN_USE = Cause("usage-not-recorded", "U01")
NO_OVERAGE = Cause("overage-not-invoiced", "U05")
NO_USE = Cause("usage-not-invoiced", "U05")
WRONG_TIER = Cause("usage-rated-wrongly", "U05")
FEWER_UNITS = Cause("usage-not-received-by-billing", "U01")
LATE = Cause("late-usage-not-billed", "U04")
TWICE = Cause("usage-counted-twice", "U03")
WALLET = Cause("prepaid-credit-misapplied", "U06")
TRUE_UP = Cause("commitment-not-trued-up", "B09")
NEVER = Cause("line-never-billed", "B01")
NEVER_DELIVERED = Cause("delivered-never-billed", "P03")
SKIPPED = Cause("elapsed-periods-skipped", "B13")
TRIAL = Cause("free-time-not-sold", "B06")
STOPPED = Cause("in-use-no-longer-billed", "P02")
GAP = Cause("billing-period-gap", "I01")
OVERLAP = Cause("billing-period-overlap", "I01")
DOUBLE = Cause("billed-twice", "B14")
MID_TERM = Cause("mid-term-change-billed-wrongly", "I02")
CREDIT = Cause("credit-beyond-bill", "I03")
UPLIFT = Cause("uplift-not-applied", "R01")
BEYOND_UPLIFT = Cause("uplift-beyond-contract", "R01")
DISCOUNT = Cause("discount-outlives-its-end", "R02")
RAMP = Cause("ramp-step-not-billed", "B11")
AMENDMENT = Cause("amendment-not-billed", "K02")
OVERRIDE = Cause("price-override-lost", "B10")
MINOR_UNIT = Cause("minor-unit-error", "B12")
UNIT = Cause("unit-of-measure-mismatch", "B04")
MODEL = Cause("charge-model-differs", "B03")
PRICE = Cause("price-or-quantity-differs", "B02")
NOT_SOLD = Cause("billed-without-agreement-line", "B14")


class Explainer:
    """Names the cause of each difference of one line, knowing all its components."""

    def __init__(self, components: Sequence[Component], usage: UsageBook, currency: str) -> None:
        self._usage = usage
        self._unit = minor_unit(currency)
        self._fixed = [each for each in components if each.part is Part.FIXED]
        self._metered = [each for each in components if each.part is Part.METERED]
        self._billed = [each for each in self._fixed if each.billed > 0]
        self._onset = next((each for each in self._fixed if self.differs(each) and each.billed), None)
        self._factor = self._unit_factor()

    def differs(self, component: Component) -> bool:
        """Whether the difference is more than rounding leaves."""
        if component.difference > 0 and not (component.is_due or _is_invoiced(component)):
            return False
        return component.is_seen and abs(component.difference) > self._unit

    def cause(self, component: Component) -> Cause:
        """What explains the component's difference."""
        if component.credit and component.billed + component.credit < 0:
            return CREDIT
        if component.part is Part.WALLET:
            return WALLET
        if component.part is Part.TRUE_UP:
            return TRUE_UP if component.difference > 0 else PRICE
        if component.part is Part.METERED:
            return self._of_use(component)
        return self._too_little(component) if component.difference > 0 else self._too_much(component)

    # ------------------------------------------------------------------------------------------- fixed prices

    def _too_little(self, component: Component) -> Cause:
        if not component.billed:
            return self._of_missing(component)
        if self._starts_late(component):
            return MID_TERM if component.version.number else TRIAL
        return self._stale(component) or self._since_onset(component)

    def _of_missing(self, component: Component) -> Cause:
        if not self._billed:
            if component.kind is InvoiceLineKind.ONE_TIME and self._usage.readings.get(component.line.line_id):
                return NEVER_DELIVERED
            return NEVER
        first = self._billed[0]
        if component.period.start < first.period.start:
            return TRIAL if self._starts_late(first) else SKIPPED
        if component.version.number and component is self._first_of_version(component):
            return MID_TERM
        is_last = component.period.start >= self._billed[-1].period.end
        return STOPPED if is_last and self._is_in_use_after(self._billed[-1]) else GAP

    def _is_in_use_after(self, component: Component) -> bool:
        """Whether the line was used after the last component that was billed."""
        readings = self._usage.readings.get(component.line.line_id, {}).values()
        return any(each.total and each.period.start >= component.period.end for each in readings)

    def _first_of_version(self, component: Component) -> Component:
        return next(each for each in self._fixed if each.version is component.version)

    @staticmethod
    def _starts_late(component: Component) -> bool:
        """Whether what was billed of the component starts after it."""
        starts = [
            piece.line.period_start for piece, _ in component.pieces if piece.line.period_start and piece.amount > 0
        ]
        return bool(starts) and min(starts) > component.period.start

    def _stale(self, component: Component) -> Cause | None:
        """The change of price or quantity that was not followed, where the amount is that of before it."""
        before = [each for each in self._fixed if each.period.start < component.period.start]
        for earlier in reversed(before):
            if self._same_terms(earlier, component):
                continue
            if self._is_at_terms_of(component, earlier):
                return _change(earlier, component)
        return self._with_discount(component)

    @staticmethod
    def _same_terms(one: Component, other: Component) -> bool:
        return (one.unit_price, one.quantity, one.version.number) == (
            other.unit_price,
            other.quantity,
            other.version.number,
        )

    def _is_at_terms_of(self, component: Component, earlier: Component) -> bool:
        """Whether what was billed is what the earlier price and quantity come to for the component's days."""
        now, then = _product(component), _product(earlier)
        if now is None or then is None or not now:
            return abs(component.billed - earlier.amount) <= self._unit
        return abs(component.amount * then / now - component.billed) <= 2 * self._unit

    def _with_discount(self, component: Component) -> Cause | None:
        """Discounts that ended before, where nothing was charged before they did."""
        line, price = component.line, component.unit_price
        if not line.discounts or not price or line.net_unit_price is None or price == line.net_unit_price:
            return None
        reduced = component.amount * line.net_unit_price / price
        return DISCOUNT if abs(reduced - component.billed) <= 2 * self._unit else None

    def _since_onset(self, component: Component) -> Cause:
        """By what changed where the difference began: nothing before, a price step, or nothing at all."""
        if self._is_scaled(component):
            return MINOR_UNIT
        onset = self._onset or component
        number = self._fixed.index(onset)
        if not number:
            return PRICE
        before = self._fixed[number - 1]
        if not before.billed:
            return PRICE
        return OVERRIDE if self._same_terms(before, onset) else _change(before, onset)

    def _is_scaled(self, component: Component) -> bool:
        """Whether the price was divided by a hundred, or cut to whole units of a currency that has smaller ones."""
        expected, shown = component.unit_price, _shown_price(component)
        if expected is None or shown is None or shown == expected:
            return False
        cut = expected != expected.to_integral_value() and shown == expected.to_integral_value("ROUND_FLOOR")
        by_hundred = (expected / _HUNDRED).to_integral_value("ROUND_FLOOR")
        return cut or shown in (expected / _HUNDRED, by_hundred)

    def _too_much(self, component: Component) -> Cause:
        charged = [piece for piece, _ in component.pieces if piece.amount > 0]
        configurations = {piece.invoice.billing_configuration_id for piece in charged}
        if len(charged) > 1 and len(configurations) > 1:
            return DOUBLE
        if len(charged) > 1 and _overlap(charged):
            return OVERLAP
        if component.line.uplift_percent and self._since_onset(component) is UPLIFT:
            return BEYOND_UPLIFT
        cause = self._stale(component)
        if cause in (RAMP, AMENDMENT):
            return cause
        return MINOR_UNIT if self._is_hundredfold(component) else PRICE

    def _is_hundredfold(self, component: Component) -> bool:
        """Whether billing charges a hundred or a thousand times the price, or the amount where no price is shown."""
        shown = _shown_price(component)
        if shown is not None and component.unit_price:
            return shown / component.unit_price in _HUNDREDFOLD
        return bool(component.amount) and component.billed / component.amount in _HUNDREDFOLD

    # ----------------------------------------------------------------------------------------------- use

    def _of_use(self, component: Component) -> Cause:
        burned = [piece for piece, _ in component.pieces if piece.kind is InvoiceLineKind.CREDIT]
        if burned and component.line.drawdown is not None:
            return WALLET
        if component.difference < 0:
            return self._of_use_too_much(component)
        return self._cause_of_price(component) or self._of_use_too_little(component)

    def _of_use_too_little(self, component: Component) -> Cause:
        if self._is_late(component):
            return LATE
        if not component.billed:
            return NO_OVERAGE if component.kind is InvoiceLineKind.OVERAGE else NO_USE
        if self._factor is not None or self._at_another_model(component):
            return MODEL if self._factor is None else UNIT
        units = _shown_quantity(component)
        is_fewer = units is not None and component.quantity is not None and units < component.quantity
        return FEWER_UNITS if is_fewer else WRONG_TIER

    def _cause_of_price(self, component: Component) -> Cause | None:
        """Why neither the price nor the use of the same days is on an invoice: one cause for both."""
        if component.billed:
            return None
        unbilled = [each for each in self._fixed if each.period.overlaps(component.period) and each.amount > 0]
        if not unbilled or any(each.billed or not self.differs(each) for each in unbilled):
            return None
        return self._of_missing(unbilled[0])

    def _of_use_too_much(self, component: Component) -> Cause:
        charged = [piece for piece, _ in component.pieces if piece.amount > 0]
        if len({piece.invoice.billing_configuration_id for piece in charged}) > 1:
            return DOUBLE
        if len(charged) > 1 and _overlap(charged):
            return OVERLAP
        if self._is_repeated(component):
            return TWICE
        if self._factor is not None:
            return UNIT
        return MODEL if self._at_another_model(component) else PRICE

    def _is_repeated(self, component: Component) -> bool:
        """Whether the amount is right for the use with its repeated records counted again."""
        if component.counted is None:
            return False
        repeated = self._usage.repeated(component.line, component.counted)
        if component.used is None or not repeated:
            return False
        twice = component.used + repeated
        return self._costs(component, twice) or _shown_quantity(component) == twice

    def _is_late(self, component: Component) -> bool:
        """Whether the amount is right for what had been recorded when the invoice was made."""
        if component.counted is None:
            return False
        known = self._usage.used(component.line, component.counted, before=_day_after(component))
        return known is not None and known != component.used and self._costs(component, known)

    def _costs(self, component: Component, quantity: Decimal) -> bool:
        amount = component.amount_at(quantity)
        return amount is not None and abs(amount - component.billed) <= self._unit

    def _at_another_model(self, component: Component) -> bool:
        """Whether another charge model over the same tiers, or the other rounding of blocks, gives what was billed."""
        return any(
            abs(amount - component.billed) <= self._unit for amount in _other_amounts(component.line, component.used)
        )

    def _unit_factor(self) -> Decimal | None:
        """The factor between two units that all invoiced quantities differ by, where there is one."""
        ratios = [
            each.quantity / shown
            for each in self._metered
            if each.quantity and each.billed and (shown := _shown_quantity(each)) and shown > 0
        ]
        for factor in _UNIT_FACTORS:
            for wanted in (factor, 1 / factor):
                if len(ratios) > 1 and all(abs(ratio / wanted - 1) < _NEAR for ratio in ratios):
                    return wanted
        # An allowance hides the factor: what was used, divided, is all within it.
        return None


def direction_of(difference: Decimal) -> Direction:
    """Whose loss a difference of expected less billed is."""
    return Direction.UNDER if difference > 0 else Direction.OVER


def _change(before: Component, after: Component) -> Cause:
    """What changed between two components of a line."""
    line = after.line
    if before.version.number != after.version.number:
        return AMENDMENT
    if line.ramp and (before.quantity != after.quantity or not line.uplift_percent):
        return RAMP
    if any(not each.is_open_ended for each in line.discounts):
        return DISCOUNT
    return UPLIFT if line.uplift_percent else PRICE


def _product(component: Component) -> Decimal | None:
    if component.unit_price is None:
        return None
    is_flat = component.line.model is ChargeModel.FLAT or component.quantity is None
    return component.unit_price * (1 if is_flat else component.quantity or ZERO)


def _shown_price(component: Component) -> Decimal | None:
    return next((piece.line.unit_price for piece, _ in component.pieces if piece.amount > 0), None)


def _shown_quantity(component: Component) -> Decimal | None:
    return next((piece.line.quantity for piece, _ in component.pieces if piece.amount > 0), None)


def _overlap(pieces: Sequence[Billed]) -> bool:
    """Whether two of the invoice lines are for the same days."""
    periods = sorted(piece.period for piece in pieces if piece.period is not None)
    return any(one.overlaps(other) for one, other in pairwise(periods))


def _is_invoiced(component: Component) -> bool:
    """Whether an invoice for its very days was made, so that what is missing on it will not come on another."""
    return any(piece.period == component.period for piece, _ in component.pieces)


def _day_after(component: Component) -> date:
    return component.invoice_date + timedelta(days=1)


def _other_amounts(line: Line, used: Decimal | None) -> list[Decimal]:
    if used is None:
        return []
    others: list[Line] = []
    if line.tiers:
        others += [replace(line, charge_model=model) for model in _OTHER_MODELS if model is not line.model]
    if line.package is not None:
        others += [replace(line, package=replace(line.package, rounding=rounding)) for rounding in PackageRounding]
    amounts = []
    for other in others:
        try:
            amounts.append(rate(other, used).amount)
        except Unrateable:
            continue
    return amounts
