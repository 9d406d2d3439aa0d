"""The books of one contract: what should be billed, what is set up, used, recorded and billed.

A leak changes the books at one place, and everything after that place follows from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from app.demo.bills import Billed, bill, total
from app.demo.consumption import Months, consumption
from app.demo.contracts import Contract
from app.demo.setup import Charge, SetUp, set_up

if TYPE_CHECKING:
    from policies.domain.charge import Line

ZERO: Final = Decimal(0)
EVER: Final = date.max
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """How a month's record of use departs from what was used: left out, doubled, misdirected, late, or another kind."""

    missing: bool = False
    doubled: bool = False
    product_id: str | None = None
    orphaned: bool = False
    received_late: bool = False


@dataclass(slots=True, kw_only=True)
class Books:
    """One contract's books, open for changes. `today` is where history ends; a renewed contract goes on in another."""

    contract: Contract
    months: Months
    today: date
    rng: Random
    use: dict[str, list[Decimal]]
    set_up: SetUp
    use_for_billing: dict[str, list[Decimal]] = field(default_factory=dict)
    oddities: dict[tuple[str, int], Oddity] = field(default_factory=dict)
    extra_use: list[tuple[Line, int, Decimal]] = field(default_factory=list)
    delivered: list[tuple[Line, date]] = field(default_factory=list)
    twice: bool = False
    is_renewed: bool = False
    afterwards: list[Callable[[list[Billed]], list[Billed]]] = field(default_factory=list)

    @property
    def elapsed(self) -> int:
        """How many months of the contract have ended."""
        return self.months.count_until(self.today - _ONE_DAY)

    @property
    def months_in_term(self) -> int:
        return self.months.count_until(self.contract.term.last_day) + 1

    @property
    def elapsed_in_term(self) -> int:
        return min(self.elapsed, self.months_in_term)

    def lines(self) -> tuple[Line, ...]:
        return self.contract.signed.lines

    def charge(self, line: Line) -> Charge:
        """The charge that is set up for a line."""
        return next(each for each in self.set_up.charges if each.line.line_id == line.line_id)

    def expected(self, until: date = EVER) -> list[Billed]:
        """What the contract says should be billed on invoices before a day."""
        contract = self.contract
        found: list[Billed] = []
        for line in contract.signed.lines:
            if not contract.alterations:
                found += bill(line, contract.signed, self.months, self.use.get(line.line_id), until)
        if contract.alterations:
            for charge in set_up(contract, Random(0)).charges:
                found += bill(charge.line, contract.signed, self.months, self.use.get(charge.line.line_id), until)
        return found

    def billed(self, until: date = EVER) -> list[Billed]:
        """What billing bills on invoices before a day."""
        found: list[Billed] = []
        for charge in self.set_up.charges:
            if charge.recorded.invoiceable:
                line = charge.line
                use = self.use_for_billing.get(line.line_id) or self.use.get(line.line_id)
                own = bill(line, self.contract.signed, self.months, use, until)
                found += [each._replace(charge_id=charge.charge_id) for each in own]
        for change in self.afterwards:
            found = change(found)
        return found

    def shortfall(self) -> Decimal:
        """What is billed too little over the whole term; negative where too much is billed."""
        return total(self.expected()) - total(self.billed())


def open_books(contract: Contract, today: date, rng: Random, use: dict[str, list[Decimal]] | None = None) -> Books:
    """The books of a contract in which everything is as it should be."""
    months = Months.of(contract.term)
    return Books(
        contract=contract,
        months=months,
        today=today,
        rng=rng,
        use=use if use is not None else consumption(contract, months, rng),
        set_up=set_up(contract, rng),
    )


def by_invoice(billed: list[Billed]) -> dict[date, list[Billed]]:
    """The amounts by the invoice that they stand on, in order of date and then of line."""
    invoices: dict[date, list[Billed]] = defaultdict(list)
    for each in sorted(billed, key=lambda each: (each.invoice_date, each.line_id, each.start, each.kind)):
        invoices[each.invoice_date].append(each)
    return invoices
