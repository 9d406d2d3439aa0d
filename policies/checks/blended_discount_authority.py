"""Whether the rep may give the discount that the whole quote comes to, free time and ramps included.

It speaks only where the blend goes further than the deepest single price: up to there discount-authority has said it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, Scope, Undetermined, Violated
from policies.domain.authority import Limit, approver_of, limit_of
from policies.domain.finding import Evidence, Exposure
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.waterfall import percent_off, price_after, readable
from policies.domain.wording import listed
from policies.facts import LineFacts, QuoteFacts, authority_unsure, priced_segments

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
NEGLIGIBLE: Final = Decimal("1e-9")  # of a percent: where a third is divided and multiplied again


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`granted_before` are the kinds of discount that a contract or a partner programme grants already."""

    granted_before: tuple[str, ...] = ("contracted", "partner")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """One line's part: its price over the term before and after what the rep gives, and how far the rep may go."""

    facts: LineFacts
    before: Decimal
    given: Decimal
    limit: Limit

    @property
    def allowed(self) -> Decimal:
        return self.before * self.limit.strictest / HUNDRED


def run(quote: QuoteFacts, parameters: Parameters) -> CheckResult:
    discount = quote.discount_percent
    if discount is None:
        return _unknown(quote)
    if discount <= ZERO:
        return SATISFIED
    deepest, granted = _deepest_price(quote, parameters)
    if discount <= deepest + NEGLIGIBLE and not granted:
        return NOT_APPLICABLE
    shares = _shares(quote, parameters)
    return Undetermined(shares) if isinstance(shares, str) else _judged(quote, shares, deepest)


def _unknown(quote: QuoteFacts) -> Undetermined:
    unlisted = [each.line.product_id for each in quote.lines if each.list_total is None]
    if unlisted:
        return Undetermined(f"no list price over the term for {listed(list(dict.fromkeys(unlisted)))}")
    return Undetermined("the total contract value cannot be told")


def _base(facts: LineFacts, parameters: Parameters) -> Decimal | None:
    """The unit price that the rep's own discount counts from: list, less what is granted already."""
    if facts.list_unit_price is None or not facts.line.discounts:
        return facts.list_unit_price
    granted = [each for each in facts.line.discounts if each.kind in parameters.granted_before]
    return price_after(facts.list_unit_price, granted)


def _deepest_price(quote: QuoteFacts, parameters: Parameters) -> tuple[Decimal, bool]:
    """The largest discount that any single price shows, in percent, and whether some discount was granted before."""
    deepest, granted = ZERO, False
    for facts in quote.lines:
        line, discount = facts.line, facts.discount_percent
        for each in line.discounts:
            if each.kind in parameters.granted_before:
                granted = True
                discount = _deepest_of(facts, parameters)
        if line.ramp:
            discount = _deepest_of(facts, parameters)
        if discount is not None and discount > deepest:
            deepest = discount
    return deepest, granted


def _deepest_of(facts: LineFacts, parameters: Parameters) -> Decimal | None:
    base = _base(facts, parameters)
    prices = [each.net_unit_price for each in priced_segments(facts) if each.net_unit_price is not None]
    return percent_off(base, min(prices)) if base and prices else None


def _shares(quote: QuoteFacts, parameters: Parameters) -> list[_Share] | str:
    """The part of each line that commits to money, or why one is not known."""
    shares = []
    for facts in quote.lines:
        base = _base(facts, parameters)
        if not facts.list_total or facts.net_total is None or base is None:
            continue
        limit = quote.authority(facts.product_family)
        if isinstance(limit, str):
            return limit
        before = facts.list_total * base / (facts.list_unit_price or base)
        shares.append(_Share(facts=facts, before=before, given=before - facts.net_total, limit=limit))
    return shares


def _judged(quote: QuoteFacts, shares: list[_Share], deepest: Decimal) -> CheckResult:
    given = sum((share.given for share in shares), ZERO)
    before = sum((share.before for share in shares), ZERO)
    if not before or given * HUNDRED / before <= deepest + NEGLIGIBLE:
        return NOT_APPLICABLE
    excess = given - sum((share.allowed for share in shares), ZERO)
    if round_to_currency(excess, quote.currency) <= ZERO:
        return SATISFIED
    if given <= sum((share.before * share.limit.loosest / HUNDRED for share in shares), ZERO):
        unsure = next(share for share in shares if share.limit.strictest < share.limit.loosest)
        return Undetermined(authority_unsure(quote, unsure.facts.product_family))
    return _violated(quote, shares, deepest, excess)


def _violated(quote: QuoteFacts, shares: list[_Share], deepest: Decimal, excess: Decimal) -> Violated:
    given = sum((share.given for share in shares), ZERO)
    before = sum((share.before for share in shares), ZERO)
    discount, limit = readable(given * HUNDRED / before), readable((given - excess) * HUNDRED / before)
    rep = quote.quote.rep
    return Violated(
        line_ids=tuple(share.facts.line.line_id for share in shares if share.given > share.allowed),
        evidence=(
            Evidence(
                field="discount_percent",
                actual=plain(discount),
                expected=plain(limit),
                expected_from=f"company.yaml: discount_authority, role {rep.role if rep is not None else None}",
            ),
        ),
        loss=Loss(
            remaining_term=excess,
            assumptions=(f"only what lies beyond {plain(limit)} % of the list price over the term counts",),
            exposures=_exposures(shares, excess),
        ),
        reports={"discount": discount, "limit": limit, "given": given, "deepest": readable(deepest)},
        remedy_text=f"Give at least {format_amount(round_to_currency(excess, quote.currency), quote.currency)} less over the term",
        approver=_approver(quote, shares, given),
        clears_without_approval=f"blended discount {plain(limit)} % or less",
    )


def _exposures(shares: list[_Share], excess: Decimal) -> tuple[Exposure, ...]:
    """The excess on the lines that go beyond their limit, each by how far it goes."""
    beyond = [
        (share.facts.line.line_id, share.given - share.allowed) for share in shares if share.given > share.allowed
    ]
    whole = sum((amount for _, amount in beyond), ZERO)
    return tuple(Exposure(line_id=line_id, amount=excess * amount / whole) for line_id, amount in beyond)


def _approver(quote: QuoteFacts, shares: list[_Share], given: Decimal) -> str | None:
    table = quote.company.discount_authority if quote.company is not None else None
    rep = quote.quote.rep
    if table is None:
        return None

    def covers(role: str) -> bool:
        limits = [limit_of(table, role, quote.sale(share.facts.product_family)) for share in shares]
        allowed = ZERO
        for share, limit in zip(shares, limits, strict=True):
            if limit is None:
                return False
            allowed += share.before * limit.strictest / HUNDRED
        return round_to_currency(given - allowed, quote.currency) <= ZERO

    return approver_of(table, rep.role if rep is not None else None, covers)


CHECK: Final = Check(
    name="blended-discount-authority",
    scope=Scope.QUOTE,
    run=run,
    summary="Holds the discount of the whole quote over its term against the rep's own authority.",
    parameters=Parameters,
    reports=("discount", "limit", "given", "deepest"),
    reads=(
        "product_id",
        "currency",
        "price_book",
        "list_unit_price",
        "net_unit_price",
        "ramp",
        "quantity",
        "free_months",
        "billing_start_date",
        "start_date",
        "end_date",
        "term_months",
    ),
)
