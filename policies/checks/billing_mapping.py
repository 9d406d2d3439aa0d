"""Whether billing knows what is sold: the product, its charge template, and for usage its meter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import SATISFIED, Check, CheckResult, Loss, Scope, Undetermined, Violated
from policies.domain.charge import ChargeType
from policies.domain.finding import Evidence
from policies.domain.wording import field_of

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Whether a mapping without a general-ledger code, or without a tax code, counts as none."""

    gl_code_required: bool = False
    tax_code_required: bool = False


def run(facts: LineFacts, quote: QuoteFacts, parameters: Parameters) -> CheckResult:
    product, line = facts.product, facts.line
    mapping = product.billing if product is not None else None
    if mapping is None:
        if quote.catalog is None:
            return Undetermined("no catalog is loaded")
        custom = "a custom line for which the catalog has no product" if line.is_custom else "not in the catalog"
        return _violated(
            facts, "product_id", custom if product is None else "in the catalog, but not mapped to billing"
        )
    if line.charge_type is ChargeType.USAGE and mapping.meter is None:
        return _violated(facts, "product_id", "sold by use, and billing has no meter for it")
    if parameters.gl_code_required and mapping.gl_code is None:
        return _violated(facts, "product_id", "mapped to billing without a general-ledger code")
    if parameters.tax_code_required and mapping.tax_code is None:
        return _violated(facts, "product_id", "mapped to billing without a tax code")
    return SATISFIED


def _violated(facts: LineFacts, name: str, reason: str) -> Violated:
    line = facts.line
    return Violated(
        evidence=(
            Evidence(
                field=field_of(line, name),
                actual=line.product_id,
                expected="a product with a billing mapping",
                expected_from="catalog",
            ),
        ),
        loss=_loss(facts),
        reports={"reason": reason},
        remedy_text=f"Map {line.product_id} to a charge in billing, or sell a product of the catalog that is mapped",
    )


def _loss(facts: LineFacts) -> Loss:
    """The whole line over its term: without a charge it is never invoiced."""
    if facts.line.charge_type is ChargeType.USAGE:
        return Loss(assumptions=("how much will be used is not known",))
    if facts.net_total is None:
        return Loss(assumptions=("the total of the line cannot be told from its terms",))
    billed = max(Decimal(0), facts.net_total)
    return Loss(remaining_term=billed, assumptions=("a line without a billing charge is never invoiced",))


CHECK: Final = Check(
    name="billing-mapping",
    scope=Scope.LINE,
    run=run,
    summary="Every line's product is in the catalog and mapped to billing, usage with a meter.",
    parameters=Parameters,
    reports=("reason",),
    reads=("product_id", "charge_type"),
)
