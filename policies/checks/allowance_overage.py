"""Whether use beyond an included allowance has a price: an unpriced overage is billed as zero."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import ChargeModel, ChargeType, QuantityBasis
from policies.domain.finding import Change, Evidence
from policies.domain.money import format_amount, plain
from policies.domain.wording import counted, field_of, spelt

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


def run(facts: LineFacts, quote: QuoteFacts, _: NoParameters) -> CheckResult:
    line = facts.line
    if line.included_quantity is None or line.included_quantity <= ZERO or line.included_unlimited:
        return NOT_APPLICABLE
    if (
        line.hard_cap
        or (line.overage_unit_price is not None and line.overage_unit_price > ZERO)
        or _rates_the_rest(line)
    ):
        return SATISFIED
    return _violated(facts, quote, line.included_quantity)


def _rates_the_rest(line: Line) -> bool:
    """Whether the line is usage whose own price goes on beyond the allowance, which then only means free units."""
    if line.charge_type is not ChargeType.USAGE:
        return False
    if line.model is ChargeModel.PER_UNIT:
        return line.overage_unit_price is None and bool(line.net_unit_price)
    return line.model is not ChargeModel.FLAT


def _violated(facts: LineFacts, quote: QuoteFacts, included: Decimal) -> Violated:
    line, product, price = facts.line, facts.product, _catalog_price(facts)
    percent = product.expected_usage_percent if product is not None else None
    book = quote.price_book.price_book if quote.price_book is not None else None
    return Violated(
        evidence=(
            Evidence(
                field=field_of(line, "overage_unit_price"),
                actual=spelt(line.overage_unit_price),
                expected=spelt(price),
                expected_from=f"catalog {line.product_id}, price book {book}" if price is not None else None,
            ),
        ),
        loss=_loss(facts, included, price, percent),
        reports={
            "included": counted(included),
            "expected_usage": _expected_usage(included, percent),
        },
        changes=(Change(path=f"/lines/{facts.index}/overage_unit_price", value=price, absent=_is_absent(line)),)
        if price is not None
        else (),
        remedy_text=f"Set the overage price to {format_amount(price, quote.currency)}"
        if price is not None
        else "Set an overage price, state a hard cap, or have unlimited use approved",
    )


def _expected_usage(included: Decimal, percent: Decimal | None) -> str:
    if percent is None:
        return "what goes beyond would be free"
    return f"{counted(included * percent / HUNDRED)} are expected"


def _is_absent(line: Line) -> bool:
    return line.overage_unit_price is None and "overage_unit_price" not in line.nulls


def _catalog_price(facts: LineFacts) -> Decimal | None:
    """The catalog's overage price. What flows (calls) costs the same in any period; what stands (seats) costs by period."""
    flows = facts.line.quantity_basis is QuantityBasis.SUM or facts.line.charge_type is ChargeType.USAGE
    price = facts.price.overage_unit_price if flows and facts.price is not None else facts.catalog_overage_unit_price
    return price or None


def _loss(facts: LineFacts, included: Decimal, price: Decimal | None, percent: Decimal | None) -> Loss:
    """max(0, expected usage - included) * list overage price, for each price period of the term."""
    product_id = facts.line.product_id
    if price is None:
        return Loss(assumptions=(f"the catalog has no overage price for {product_id}",))
    if percent is None:
        return Loss(
            assumptions=(f"the catalog does not say how much of its allowance {product_id} is expected to use",)
        )
    per_period = max(ZERO, included * (percent - HUNDRED) / HUNDRED) * price
    usage = f"usage at {plain(percent)} % of allowance, the family's median"
    if facts.periods is None:
        return Loss(per_period=per_period, assumptions=(usage, "the term or the price period is not stated"))
    return Loss(per_period=per_period, remaining_term=per_period * facts.periods, assumptions=(usage,))


CHECK: Final = Check(
    name="allowance-overage",
    scope=Scope.LINE,
    run=run,
    summary="An included quantity needs an overage price, a hard cap, or a usage price that goes on beyond it.",
    reports=("included", "expected_usage"),
    reads=(
        "product_id",
        "included_quantity",
        "included_unlimited",
        "overage_unit_price",
        "hard_cap",
        "net_unit_price",
        "charge_type",
        "charge_model",
    ),
)
