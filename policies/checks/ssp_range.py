"""Whether each line is sold within the range of its stand-alone selling price, and what would move between lines if not.

Revenue is allocated in proportion to stand-alone selling prices (ASC 606-10-32-31). A line within its range counts at
its own price, any other at the middle of its range.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.charge import ChargeType
from policies.domain.finding import Evidence, Exposure
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.wording import listed
from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
TWO: Final = Decimal(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Allocated:
    """A line's quoted total and its stand-alone selling price over the term."""

    line_id: str
    quoted: Decimal
    standalone: Decimal


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    outside, unknown, priced = [], [], False
    for facts in quote.lines:
        net, low, high = facts.line.net_unit_price, facts.ssp_low, facts.ssp_high
        if net is None or facts.line.charge_type is ChargeType.USAGE:
            continue
        priced = True
        if low is None and high is None:
            unknown.append(facts.line.product_id)
        elif (low is not None and net < low) or (high is not None and net > high):
            outside.append(facts)
    if outside and _may_move(quote):
        return _violated(quote, outside)
    if unknown:
        return Undetermined(f"no stand-alone selling range for {listed(list(dict.fromkeys(unknown)))} in the catalog")
    return SATISFIED if priced else NOT_APPLICABLE


def _may_move(quote: QuoteFacts) -> bool:
    """Whether revenue can move between lines at all: what is sold alone keeps its whole price, whatever its range."""
    return sum(facts.line.charge_type is not ChargeType.USAGE for facts in quote.lines) > 1


def _violated(quote: QuoteFacts, outside: list[LineFacts]) -> Violated:
    loss = _loss(quote)
    return Violated(
        line_ids=tuple(each.line.line_id for each in outside),
        evidence=tuple(
            Evidence(
                field=f"lines[{each.line.line_id}].net_unit_price",
                actual=plain(each.line.net_unit_price or ZERO),
                expected=_range(each),
                expected_from=f"catalog {each.line.product_id}, stand-alone selling range",
            )
            for each in outside
        ),
        loss=loss,
        reports={"products": listed([each.line.product_id for each in outside]), "shift": _spoken(quote, loss)},
        remedy_text="Bring the prices into their ranges, or file the finance memo that explains them",
    )


def _range(facts: LineFacts) -> str:
    low = "0" if facts.ssp_low is None else plain(facts.ssp_low)
    return f"{low} or more" if facts.ssp_high is None else f"{low} to {plain(facts.ssp_high)}"


def _spoken(quote: QuoteFacts, loss: Loss) -> str:
    if loss.remaining_term is None:
        return "an amount that is not known"
    return format_amount(round_to_currency(loss.remaining_term, quote.currency), quote.currency)


def _loss(quote: QuoteFacts) -> Loss:
    """|quoted - price of the deal * SSP / sum of SSP| for each line; what one line gains another loses, so half of the sum."""
    committed = [each for each in quote.lines if each.line.charge_type is not ChargeType.USAGE]
    allocated = [_allocated(each) for each in committed]
    known = [each for each in allocated if each is not None]
    standalone = sum((each.standalone for each in known), ZERO)
    if len(known) < len(committed) or not standalone:
        unknown = [each.line.product_id for each, found in zip(committed, allocated, strict=True) if found is None]
        reason = (
            f"the stand-alone selling price of {listed(unknown)} is not known" if unknown else "nothing is sold alone"
        )
        return Loss(already_lost=None, assumptions=(f"{reason}, so nothing can be allocated",))
    price = sum((each.quoted for each in known), ZERO)
    shifts = [(each, abs(each.quoted - price * each.standalone / standalone)) for each in known]
    return Loss(
        remaining_term=sum((shift for _, shift in shifts), ZERO) / TWO,
        assumptions=(
            "revenue that moves between lines; what the customer pays stays the same",
            "a line outside its range counts at the middle of it",
        ),
        exposures=tuple(Exposure(line_id=each.line_id, amount=shift / TWO) for each, shift in shifts if shift),
    )


def _allocated(facts: LineFacts) -> _Allocated | None:
    net, low, high = facts.line.net_unit_price, facts.ssp_low, facts.ssp_high
    volume = facts.units * facts.periods if facts.units is not None and facts.periods is not None else None
    if facts.net_total is None or volume is None or net is None or low is None or high is None:
        return None
    standalone = net if low <= net <= high else (low + high) / TWO
    return _Allocated(line_id=facts.line.line_id, quoted=facts.net_total, standalone=standalone * volume)


CHECK: Final = Check(
    name="ssp-range",
    scope=Scope.QUOTE,
    run=run,
    summary="Holds each line's price against its stand-alone selling range, and shows what revenue would move.",
    reports=("products", "shift"),
    reads=("product_id", "net_unit_price", "quantity", "currency"),
)
