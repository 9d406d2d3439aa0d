"""Leaks in the billing run and in use: I01, I02, I03, U01 to U06."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.demo.books import Books, Oddity
from app.demo.consumption import is_counted
from app.demo.leaks.bench import HUNDRED, ZERO, Leaked, fixed, is_monthly, over_months, pick, with_overage
from app.demo.randomness import between
from policies.domain.charge import ChargeType
from policies.domain.invoice import InvoiceLineKind
from policies.domain.money import round_to_currency

if TYPE_CHECKING:
    from policies.domain.charge import Line

_FEWEST_MONTHS: Final = 3


def gap_between_periods(books: Books) -> Leaked | None:
    """I01: one month of a line is on no invoice."""
    line = pick(books, [line for line in fixed(books) if is_monthly(books, line)])
    if line is None or books.elapsed_in_term < _FEWEST_MONTHS:
        return None
    start = books.months.starts[between(books.rng, 1, books.elapsed_in_term - 1)]
    kept = line.line_id
    books.afterwards.append(
        lambda billed: [
            each
            for each in billed
            if each.line_id != kept or each.start != start or each.kind is not InvoiceLineKind.RECURRING
        ]
    )
    return Leaked(note=f"{line.product_id} from {start} on is on no invoice", lines=(line.line_id,))


def change_billed_from_next_month(books: Books) -> Leaked | None:
    """I02: a change within a month is billed only from the month after it."""
    if not books.contract.alterations:
        return None
    change = books.contract.alterations[0]
    if change.effective in books.months.starts or change.effective >= books.today:
        return None
    following = books.months.starts[books.months.index(change.effective) + 1]
    later = next((each for each in books.set_up.charges if each.line.start_date == change.effective), None)
    if later is None:  # another leak kept the change out of the set-up
        return None
    skipping = later.acting_as(replace(later.line, billing_start_date=following))
    charges = tuple(skipping if each is later else each for each in books.set_up.charges)
    books.set_up = replace(books.set_up, charges=charges)
    return Leaked(note=f"nothing more from {change.effective} to {following}", lines=(change.line.line_id,))


def credit_beyond_bill(books: Books) -> Leaked | None:
    """I03: a credit gives back more than was billed."""
    billed = [each for each in books.billed(books.today) if each.kind is InvoiceLineKind.RECURRING]
    if not billed:
        return None
    target = billed[int(books.rng.random() * len(billed))]
    factor = Decimal(between(books.rng, 120, 200)) / HUNDRED
    credit = round_to_currency(target.amount * factor, books.contract.signed.currency)
    given = target._replace(kind=InvoiceLineKind.CREDIT, amount=-credit, quantity=None, unit_price=None)
    books.afterwards.append(lambda found: [*found, given])
    return Leaked(note=f"credit of {credit} on {target.amount}", lines=(target.line_id,), loss=credit - target.amount)


def use_never_received(books: Books) -> Leaked | None:
    """U01: the meter was silent for a month or two; nothing was recorded, and nothing billed."""
    return _unbilled_months(books, Oddity(missing=True), "no record of use")


def use_matches_nothing(books: Books) -> Leaked | None:
    """U02: the use of some months was recorded under a product and a contract that do not exist."""
    return _unbilled_months(books, Oddity(product_id="api_calls.v1", orphaned=True), "use recorded under unknown ids")


def use_after_cut_off(books: Books) -> Leaked | None:
    """U04: the use of some months came after the invoice was made, and was not carried forward."""
    # What comes late has to have come by the end of history.
    return _unbilled_months(books, Oddity(received_late=True), "use received after the cut-off", but_last=1)


def _unbilled_months(books: Books, oddity: Oddity, what: str, but_last: int = 0) -> Leaked | None:
    """Months of a line whose use is not billed: of those that have a price."""
    by_line = {line.line_id: _priced_months(books, line) for line in books.lines()}
    line = pick(books, [line for line in books.lines() if len(by_line[line.line_id]) > 1 + but_last])
    if line is None:
        return None
    months = by_line[line.line_id][: len(by_line[line.line_id]) - but_last]
    at = between(books.rng, 0, len(months) - 2)
    chosen = months[at : at + between(books.rng, 1, 2)]
    known = list(books.use_for_billing.get(line.line_id) or books.use[line.line_id])
    for month in chosen:
        books.oddities[line.line_id, month] = oddity
        known[month] = ZERO
    books.use_for_billing[line.line_id] = known
    starts = ", ".join(_said(books.months.starts[month]) for month in chosen)
    return Leaked(note=f"{line.product_id}: {what} for {starts}", lines=(line.line_id,))


def _priced_months(books: Books, line: Line) -> list[int]:
    """The months that have ended whose use costs something by itself."""
    if line.minimum_commitment is not None or line.drawdown is not None or not is_monthly(books, line):
        return []
    if line.charge_type is ChargeType.USAGE and is_counted(line) and line.product_id != "DEVICES":
        return [month for month in range(books.elapsed_in_term) if books.use[line.line_id][month]]
    return over_months(books, line)


def _said(day: date) -> str:
    return day.isoformat()


def use_counted_twice(books: Books) -> Leaked | None:
    """U03: some months' use was recorded twice, with other ids, and billed twice."""
    line = pick(books, [line for line in books.lines() if len(_priced_months(books, line)) > 1])
    if line is None:
        return None
    months = _priced_months(books, line)
    month = months[between(books.rng, 0, len(months) - 1)]
    known = list(books.use[line.line_id])
    known[month] *= 2
    books.oddities[line.line_id, month] = Oddity(doubled=True)
    books.use_for_billing[line.line_id] = known
    return Leaked(note=f"{line.product_id}: {_said(books.months.starts[month])} counts twice", lines=(line.line_id,))


def overage_not_invoiced(books: Books) -> Leaked | None:
    """U05: use beyond the allowance is known, has a price, and is on no invoice."""
    line = pick(books, with_overage(books))
    if line is None or books.contract.alterations:
        return None
    charge = books.charge(line)
    silent = replace(charge.line, overage_unit_price=None)
    in_set_up = books.rng.random() < 0.5
    books.set_up = books.set_up.changed(
        line.line_id, charge.recorded_as(silent) if in_set_up else charge.acting_as(silent)
    )
    months = len(over_months(books, line))
    return Leaked(note=f"{line.product_id}: no overage invoiced in {months} months", lines=(line.line_id,))


def wallet_spends_too_much(books: Books) -> Leaked | None:
    """U06: the wallet pays for use beyond the credit that was bought."""
    line = pick(books, [line for line in books.lines() if line.drawdown is not None])
    if line is None or line.drawdown is None:
        return None
    charge = books.charge(line)
    credit = line.drawdown.credit_amount
    more = replace(line.drawdown, credit_amount=credit * between(books.rng, 120, 180) / HUNDRED)
    books.use[line.line_id] = _enough_use(books, line, credit * 2)
    books.set_up = books.set_up.changed(line.line_id, charge.acting_as(replace(charge.line, drawdown=more)))
    return Leaked(note=f"the wallet spends {more.credit_amount} of {credit}", lines=(line.line_id,))


def _enough_use(books: Books, line: Line, amount: Decimal) -> list[Decimal]:
    """Use that costs so much in three quarters of the time that has passed, or of the term where little has."""
    months = max(
        1, (books.elapsed_in_term if books.elapsed_in_term > _FEWEST_MONTHS else books.months_in_term) * 3 // 4
    )
    monthly = amount / months / (line.net_unit_price or Decimal(1))
    use = books.use[line.line_id]
    return [(monthly * between(books.rng, 92, 108) / HUNDRED).to_integral_value() for _ in use]
