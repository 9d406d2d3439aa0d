"""Whether prices can be paid in the quote's currency: no half yen for a seat, no tenth of a cent for a flat fee.

Rates for usage may have any decimals: only what they come to is paid. A price per unit in cents and less is rounded with
the amount, so it passes as well, except in a currency without decimals, where it shows that somebody divided by 100.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import ChargeModel, ChargeType
from policies.domain.finding import Change, Direction, Evidence
from policies.domain.money import CURRENCIES, exponent, format_amount, has_too_many_decimals, plain, round_to_currency
from policies.domain.wording import field_of

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
_FLAT: Final = ChargeModel.FLAT
_WHOLE_ONLY: Final = frozenset(code for code, decimals in CURRENCIES.items() if not decimals)


class _Price(NamedTuple):
    """A price and where it stands: the field as evidence names it, and as a pointer on the line."""

    field: str
    pointer: str
    amount: Decimal


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    line, whole_only = facts.line, quote.quote.currency in _WHOLE_ONLY
    if not whole_only and line.charge_model is not _FLAT and facts.quantity != ONE:
        return SATISFIED
    if line.charge_type is ChargeType.USAGE:
        return NOT_APPLICABLE
    wrong = [price for price in _prices(facts) if has_too_many_decimals(price.amount, quote.currency)]
    return _violated(facts, quote, wrong, whole_only=whole_only) if wrong else SATISFIED


def _prices(facts: LineFacts) -> Iterator[_Price]:
    line = facts.line
    if line.net_unit_price is not None:
        yield _Price("net_unit_price", "net_unit_price", line.net_unit_price)
    for at, segment in enumerate(line.ramp):
        if segment.net_unit_price is not None:
            yield _Price(f"ramp[{at}].net_unit_price", f"ramp/{at}/net_unit_price", segment.net_unit_price)


def _violated(facts: LineFacts, quote: QuoteFacts, wrong: list[_Price], *, whole_only: bool) -> Violated:
    currency = quote.currency
    rounded = [round_to_currency(price.amount, currency) for price in wrong]
    return Violated(
        evidence=tuple(
            Evidence(
                field=field_of(facts.line, price.field),
                actual=plain(price.amount),
                expected=plain(amount),
                expected_from=f"ISO 4217: {currency} has {exponent(currency) or 'no'} decimals",
            )
            for price, amount in zip(wrong, rounded, strict=True)
        ),
        loss=_loss(facts, wrong[0].amount, rounded[0], whole_only=whole_only),
        reports={"price": plain(wrong[0].amount), "currency": currency, "decimals": exponent(currency) or "no"},
        changes=tuple(
            Change(path=f"/lines/{facts.index}/{price.pointer}", value=amount)
            for price, amount in zip(wrong, rounded, strict=True)
        ),
        remedy_text=f"Set the price to {format_amount(rounded[0], currency)}"
        + (", or to a hundred times as much where it was divided by 100" if whole_only else ""),
        direction=Direction.UNDER if whole_only or wrong[0].amount < rounded[0] else Direction.OVER,
    )


def _loss(facts: LineFacts, amount: Decimal, rounded: Decimal, *, whole_only: bool) -> Loss:
    """Amount * (10^k - 1) where a currency without decimals was divided by 10^k; else what rounding makes of it."""
    if facts.units is None or facts.periods is None:
        return Loss(assumptions=("the term or the quantity is not stated",))
    if not whole_only:
        return Loss(remaining_term=abs(rounded - amount) * facts.units * facts.periods)
    if amount * HUNDRED % ONE:
        return Loss(assumptions=(f"{plain(amount)} was not divided by 100; what was meant is not known",))
    lost = amount * (HUNDRED - ONE) * facts.units * facts.periods
    return Loss(remaining_term=lost, assumptions=("the price was divided by 100 on its way here",))


CHECK: Final = Check(
    name="price-decimals",
    scope=Scope.LINE,
    run=run,
    summary="Prices that are paid as they stand have no more decimals than the currency.",
    reports=("price", "currency", "decimals"),
    reads=("net_unit_price", "ramp", "currency", "quantity"),
)
