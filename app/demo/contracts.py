"""Contracts: accepted quotes as they were signed, and what they leave to the deals that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.demo.altered import altered
from app.demo.deals import Occasion, Standing
from app.demo.lines import discounted, price_rounded
from policies.domain.charge import BillingFrequency, ChargeType, Line
from policies.domain.period import Period

if TYPE_CHECKING:
    from policies.domain.quote import Quote

_ONE_DAY: Final = timedelta(days=1)
_HUNDRED: Final = Decimal(100)
_KEPT_AT_RENEWAL: Final = frozenset({"CREDIT-PACK"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """A later deal that changes a line of the contract from a day on."""

    amendment_id: str
    effective: date
    signed_on: date
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """An accepted quote and the amendments to it. `quote` is what was approved; `signed` is what was signed."""

    occasion: Occasion
    quote: Quote
    signed: Quote
    signed_on: date
    alterations: tuple[Alteration, ...] = ()

    @property
    def number(self) -> str:
        """The part of the quote's id that all ids of the contract's documents share."""
        return f"{self.occasion.customer.number:06d}-{self.occasion.number}"

    @property
    def agreement_id(self) -> str:
        return f"SIM-AG-{self.number}"

    @property
    def term(self) -> Period:
        quote = self.signed
        if quote.start_date is None or quote.end_date is None:
            raise LookupError("a simulated contract always has its dates")
        return Period.through(quote.start_date, quote.end_date)

    def standing(self, seats_deployed: Decimal | None) -> Standing:
        """What a renewal or an expansion has to go by."""
        renewal = self.signed.renewal
        uplift = renewal.uplift_percent if renewal is not None else None
        return Standing(
            agreement_id=self.agreement_id,
            lines=tuple(self._last(line) for line in self.signed.lines if _renews(line)),
            term=self.term,
            frequency=self.signed.billing_frequency or BillingFrequency.ANNUAL,
            uplift_percent=uplift or Decimal(0),
            currency=self.signed.currency,
            seats_deployed=seats_deployed,
        )

    def _last(self, line: Line) -> Line:
        """The line as it stands at the end of the term: altered, ramped up, uplifted, without discounts that ran out."""
        for alteration in self.alterations:
            if alteration.line.line_id == line.line_id:
                line = altered(line, quantity=alteration.line.quantity)
        if line.ramp:
            last = line.ramp[-1]
            line = altered(line, quantity=last.quantity or line.quantity, ramp=())
        return _at_last_price(_without_ended(line, self.signed.currency), self.term, self.signed.currency)


def _renews(line: Line) -> bool:
    if line.is_custom or line.product_family == "Legacy":
        return False
    return line.charge_type is not ChargeType.ONE_TIME or line.product_id in _KEPT_AT_RENEWAL


def _without_ended(line: Line, currency: str) -> Line:
    kept = tuple(each for each in line.discounts if each.is_open_ended)
    if len(kept) == len(line.discounts) or line.list_unit_price is None:
        return line
    return altered(line, discounts=kept, net_unit_price=discounted(line.list_unit_price, 0, currency))


def _at_last_price(line: Line, term: Period, currency: str) -> Line:
    """The price of the last year of the term."""
    uplift, net = line.uplift_percent, line.net_unit_price
    line = altered(line, uplift_percent=None, start_date=None, end_date=None, stated_total=None)
    if uplift is None or net is None:
        return line
    anniversaries = (term.last_day - term.start).days // 366
    for _ in range(anniversaries):
        net = net * (_HUNDRED + uplift) / _HUNDRED
    return altered(line, net_unit_price=price_rounded(net, line.list_unit_price or net, currency))


def altered_end(alteration: Alteration) -> date:
    """The last day on which the line that is altered holds."""
    return alteration.effective - _ONE_DAY


def alterations_of(contract: Contract, line: Line) -> Sequence[Alteration]:
    """The amendments that change a line, in order of time."""
    return [each for each in contract.alterations if each.line.line_id == line.line_id]
