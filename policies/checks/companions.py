"""Whether the products that have to be sold along with others are on the quote."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

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
from policies.domain.charge import ChargeModel, ChargeType, Line, PricePeriod
from policies.domain.finding import Change, Evidence
from policies.domain.money import format_amount
from policies.domain.period import MONTHS

if TYPE_CHECKING:
    from policies.domain.catalog import Companion, Product
    from policies.facts import QuoteFacts

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


def run(quote: QuoteFacts, _: NoParameters) -> CheckResult:
    if quote.catalog is None:
        return Undetermined("no catalog is loaded")
    rules = sorted(_rules(quote), key=lambda each: (each[0].product_id, each[1].product_id))
    if not rules:
        return NOT_APPLICABLE
    found: list[Violated] = []
    unknown: list[str] = []
    for product, rule in rules:
        applies = _applies(rule, quote)
        if isinstance(applies, str):
            unknown.append(applies)
        elif applies:
            missing = _missing(product, rule, quote)
            if missing is not None:
                found.append(missing)
    if not found and unknown:
        return Undetermined(unknown[0])
    return tuple(found) or SATISFIED


def _rules(quote: QuoteFacts) -> Iterator[tuple[Product, Companion]]:
    """Each rule of each product that is sold, once."""
    products = {facts.line.product_id: facts.product for facts in quote.lines if facts.product is not None}
    for product in products.values():
        for rule in product.requires:
            yield product, rule


def _applies(rule: Companion, quote: QuoteFacts) -> bool | str:
    """Whether the rule is for this deal, or why that cannot be told."""
    if rule.segment is not None and quote.segment is None:
        return "the account's segment is not stated"
    if rule.segment is not None and rule.segment != quote.segment:
        return False
    if rule.minimum_acv is not None and quote.acv is None:
        return "the annual contract value cannot be told"
    return rule.minimum_acv is None or quote.acv is None or quote.acv >= rule.minimum_acv


def _missing(product: Product, rule: Companion, quote: QuoteFacts) -> Violated | None:
    lines = [facts for facts in quote.lines if facts.line.product_id == rule.product_id]
    sold: Decimal | None = ZERO
    for facts in lines:
        sold = sold + facts.net_total if sold is not None and facts.net_total is not None else None
    if lines and (rule.minimum_amount is None or sold is None or sold >= rule.minimum_amount):
        return None
    line = _line_of(rule, quote) if not lines else None
    return Violated(
        evidence=(
            Evidence(field="lines", actual=_said(sold, quote) if lines else None, **_expected(product, rule, quote)),
        ),
        loss=_loss(rule, sold, line, quote),
        reports={
            "product": product.name or product.product_id,
            "companion": _name(rule.product_id, quote),
            "missing": f"comes to only {_said(sold, quote)}" if lines else "is missing",
        },
        line_ids=tuple(facts.line.line_id for facts in quote.lines if facts.line.product_id == product.product_id),
        changes=(Change(path="/lines/-", value=line),) if line is not None else (),
        remedy_text=f"Add {_name(rule.product_id, quote)}"
        if not lines
        else f"Sell at least {_said(rule.minimum_amount, quote)} of {_name(rule.product_id, quote)}",
        discriminator=f"{product.product_id} {rule.product_id}",
    )


def _expected(product: Product, rule: Companion, quote: QuoteFacts) -> dict[str, str]:
    least = f", {_said(rule.minimum_amount, quote)} or more" if rule.minimum_amount is not None else ""
    return {
        "expected": f"a line of {rule.product_id}{least}",
        "expected_from": f"catalog {product.product_id}: requires {rule.product_id}",
    }


def _name(product_id: str, quote: QuoteFacts) -> str:
    product = quote.catalog.products.get(product_id) if quote.catalog is not None else None
    return (product.name if product is not None else None) or product_id


def _said(amount: Decimal | None, quote: QuoteFacts) -> str:
    return format_amount(amount or ZERO, quote.currency)


def _line_of(rule: Companion, quote: QuoteFacts) -> Line | None:
    """A complete line at list price, where one of the product is what one sells: a flat price or a one-time fee."""
    catalog, book = quote.catalog, quote.price_book
    product = catalog.products.get(rule.product_id) if catalog is not None else None
    if product is None or catalog is None or book is None or book.currency != quote.currency:
        return None
    price = catalog.price(rule.product_id, book.price_book, quote.segment)
    charge_type, once = product.charge_type, product.charge_type is ChargeType.ONE_TIME
    flat = charge_type is ChargeType.RECURRING and product.charge_model is ChargeModel.FLAT
    if charge_type is None or price is None or price.list_unit_price is None or not (once or flat):
        return None
    return Line(
        line_id=_free_id(rule.product_id, quote),
        product_id=product.product_id,
        product_name=product.name,
        product_family=product.family,
        charge_type=charge_type,
        charge_model=product.charge_model,
        quantity=ONE,
        price_period=price.price_period,
        list_unit_price=price.list_unit_price,
        net_unit_price=max(price.list_unit_price, rule.minimum_amount or ZERO) if once else price.list_unit_price,
    )


def _free_id(product_id: str, quote: QuoteFacts) -> str:
    taken = {facts.line.line_id for facts in quote.lines}
    number = next(n for n in range(len(taken) + 1) if (product_id if not n else f"{product_id}-{n}") not in taken)
    return product_id if not number else f"{product_id}-{number}"


def _loss(rule: Companion, sold: Decimal | None, line: Line | None, quote: QuoteFacts) -> Loss:
    """The least that has to be sold less what is; without a least, the companion at list price over the term."""
    if rule.minimum_amount is not None and sold is not None:
        return Loss(remaining_term=rule.minimum_amount - sold, assumptions=("the least that the catalog asks for",))
    periods = _periods(line, quote)
    if line is None or line.net_unit_price is None or periods is None:
        return Loss(assumptions=(f"how much of {rule.product_id} would be sold is not known",))
    return Loss(remaining_term=line.net_unit_price * periods, assumptions=(f"one {rule.product_id} at list price",))


def _periods(line: Line | None, quote: QuoteFacts) -> Decimal | None:
    if line is None or line.price_period is None:
        return None
    if line.price_period in (PricePeriod.ONE_TIME, PricePeriod.TERM):
        return ONE
    return quote.term_months / MONTHS[line.price_period] if quote.term_months is not None else None


CHECK: Final = Check(
    name="companions",
    scope=Scope.QUOTE,
    run=run,
    summary="Products that the catalog requires along with others are on the quote, for as much as it asks.",
    reports=("product", "companion", "missing"),
    reads=("product_id", "quantity", "net_unit_price"),
)
