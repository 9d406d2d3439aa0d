"""Whether the rep may give a line's discount without asking: on the line, and in each segment of its ramp."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from policies.check import SATISFIED, Check, CheckResult, Loss, Scope, Undetermined, Violated
from policies.domain.authority import Limit, approver_of, clearing_price, limit_of, lowest_price
from policies.domain.charge import ChargeType
from policies.domain.finding import Change, Evidence
from policies.domain.money import format_amount, plain
from policies.domain.waterfall import percent_off, price_after, readable, repriced
from policies.domain.wording import called
from policies.facts import LineFacts, PricedSegment, QuoteFacts, authority_unsure, priced_segments

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`granted_before` are the kinds of discount that a contract or a partner programme grants already.

    They come off the list price first: only what goes beyond them needs authority.
    """

    granted_before: tuple[str, ...] = ("contracted", "partner")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excess:
    """A discount beyond authority: `base` is the price that it counts from, `limit` the rep's own in percent.

    `below` are the prices under the limit, `lowest` is the lowest of them, and `clearing` the price to ask for instead.
    """

    facts: LineFacts
    quote: QuoteFacts
    parameters: Parameters
    base: Decimal
    limit: Decimal
    below: tuple[PricedSegment, ...]
    lowest: Decimal
    clearing: Decimal

    @property
    def role(self) -> str:
        rep = self.quote.quote.rep
        return str(rep.role if rep is not None else None)


def run(facts: LineFacts, quote: QuoteFacts, parameters: Parameters) -> CheckResult:
    discount = facts.discount_percent
    if discount is not None and not facts.line.ramp:
        if discount <= ZERO:
            return SATISFIED
        limit = quote.authority(facts.product_family)
        if isinstance(limit, Limit) and discount <= limit.strictest:
            return SATISFIED
    return _judged(facts, quote, parameters)


def _judged(facts: LineFacts, quote: QuoteFacts, parameters: Parameters) -> CheckResult:
    line = facts.line
    if facts.list_unit_price is None:
        return Undetermined(f"no list price for {line.product_id} in the catalog or on the line")
    granted = [each for each in line.discounts if each.kind in parameters.granted_before]
    base = price_after(facts.list_unit_price, granted)
    segments = priced_segments(facts)
    if all(each.net_unit_price is None for each in segments):
        return Undetermined(f"line {line.line_id} has no single net unit price to hold against its list price")
    return SATISFIED if _lowest(segments) >= base else _below_base(facts, quote, parameters, base, segments)


def _below_base(
    facts: LineFacts,
    quote: QuoteFacts,
    parameters: Parameters,
    base: Decimal,
    segments: tuple[PricedSegment, ...],
) -> CheckResult:
    lowest = _lowest(segments)
    limit = quote.authority(facts.product_family)
    if isinstance(limit, str):
        return Undetermined(limit)
    allowed = lowest_price(base, limit.strictest, quote.currency)
    if lowest >= allowed:
        return SATISFIED
    if lowest >= lowest_price(base, limit.loosest, quote.currency):
        return Undetermined(authority_unsure(quote, facts.product_family))
    return _violated(
        _Excess(
            facts=facts,
            quote=quote,
            parameters=parameters,
            base=base,
            limit=limit.strictest,
            below=tuple(
                [each for each in segments if each.net_unit_price is not None and each.net_unit_price < allowed]
            ),
            lowest=lowest,
            clearing=clearing_price(base, limit.strictest, quote.currency),
        )
    )


def _lowest(segments: tuple[PricedSegment, ...]) -> Decimal:
    return min([each.net_unit_price for each in segments if each.net_unit_price is not None])


def _violated(excess: _Excess) -> Violated:
    line, limit = excess.facts.line, plain(excess.limit)
    where = " in every segment" if line.ramp else ""
    price = format_amount(excess.clearing, excess.quote.currency)
    return Violated(
        evidence=tuple([_evidence(excess, segment) for segment in excess.below]),
        loss=_loss(excess),
        reports={
            "name": called(line),
            "discount": readable(percent_off(excess.base, excess.lowest)),
            "limit": excess.limit,
            "role": excess.role,
        },
        changes=tuple([change for segment in excess.below for change in _changes(excess, segment)]),
        remedy_text=f"Raise the price to {price}, which is {limit} % off or less{where}",
        approver=_approver(excess),
        clears_without_approval=f"line {line.line_id} discount {limit} % or less{where}",
    )


def _approver(excess: _Excess) -> str | None:
    company, sale = excess.quote.company, excess.quote.sale(excess.facts.product_family)
    table = company.discount_authority if company is not None else None
    if table is None:
        return None

    def covers(role: str) -> bool:
        limit = limit_of(table, role, sale)
        return limit is not None and excess.lowest >= lowest_price(excess.base, limit.strictest, excess.quote.currency)

    return approver_of(table, excess.role, covers)


def _evidence(excess: _Excess, segment: PricedSegment) -> Evidence:
    step = "" if segment.position is None else f".ramp[{segment.position}]"
    return Evidence(
        field=f"lines[{excess.facts.line.line_id}]{step}.net_unit_price",
        actual=plain(segment.net_unit_price or ZERO),
        expected=plain(excess.clearing),
        expected_from=f"company.yaml: discount_authority, role {excess.role}",
    )


def _changes(excess: _Excess, segment: PricedSegment) -> tuple[Change, ...]:
    line, index = excess.facts.line, excess.facts.index
    if segment.position is None:
        return repriced(
            line,
            index,
            list_price=excess.facts.list_unit_price or excess.base,
            target=excess.clearing,
            currency=excess.quote.currency,
            kept=excess.parameters.granted_before,
        )
    stated = line.ramp[segment.position].net_unit_price is not None
    path = f"/lines/{index}/ramp/{segment.position}/net_unit_price"
    return (Change(path=path, value=excess.clearing, absent=not stated),)


def _loss(excess: _Excess) -> Loss:
    """Sum of (base * (1 - limit) - net) * units * periods: what lies beyond the limit, not what lies below list."""
    line_id = excess.facts.line.line_id
    authorised = excess.base * (HUNDRED - excess.limit) / HUNDRED
    per_period = remaining = ZERO
    for segment in excess.below:
        if segment.units is None:
            commits = (
                "is usage, which commits to no" if excess.facts.line.charge_type is ChargeType.USAGE else "states no"
            )
            return Loss(already_lost=None, assumptions=(f"line {line_id} {commits} quantity",))
        if segment.periods is None:
            return Loss(already_lost=None, assumptions=(f"the term or price period of line {line_id} is not stated",))
        excess_each = (authorised - (segment.net_unit_price or ZERO)) * segment.units
        per_period = max(per_period, excess_each)
        remaining += excess_each * segment.periods
    beyond = (
        f"only what lies beyond {plain(excess.limit)} % off {format_amount(excess.base, excess.quote.currency)} counts"
    )
    return Loss(per_period=per_period, remaining_term=remaining, assumptions=(beyond,))


CHECK: Final = Check(
    name="discount-authority",
    scope=Scope.LINE,
    run=run,
    summary="Holds a line's discount, and that of each segment of its ramp, against the rep's own authority.",
    parameters=Parameters,
    reports=("name", "discount", "limit", "role"),
    reads=("product_id", "currency", "price_book", "list_unit_price", "net_unit_price", "ramp", "quantity"),
)
