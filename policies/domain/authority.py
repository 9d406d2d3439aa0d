"""Who may discount how far: how the company's authority table is read.

Of the rules of a role that fit a sale the most specific one counts: a rule that names the product family goes before
one that does not, then one that names the deal type, then one with a deal size band, and of two bands the narrower one
that still holds the deal. Of two rules that are equally specific the stricter one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.money import WIDE, has_too_many_decimals, round_to_currency

if TYPE_CHECKING:
    from policies.domain.company import AuthorityRule, DiscountAuthority
    from policies.domain.quote import DealType

HUNDRED: Final = Decimal(100)
ZERO: Final = Decimal(0)
_RATE_QUANTUM: Final = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class Sale:
    """What the table is asked about; None is not known. `deal_size` is the ACV in the table's currency."""

    product_family: str | None = None
    deal_type: DealType | None = None
    deal_size: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """The largest discount in percent that a role may give.

    The two numbers differ only where the table asks for something that is not known of the sale.
    """

    strictest: Decimal
    loosest: Decimal


def limit_of(table: DiscountAuthority, role: str, sale: Sale) -> Limit | None:
    """How far a role may go by itself; None where no rule is sure to fit."""
    fitting = [(rule, fits) for rule in table.rules if rule.role == role and (fits := _fits(rule, sale)) is not False]
    if len(fitting) > 1:
        fitting.sort(key=_specificity, reverse=True)
    limits: list[Decimal] = []
    for rule, sure in fitting:
        limits.append(rule.maximum_discount_percent)
        if sure:
            return Limit(min(limits), max(limits))
    return None


def not_known_of(table: DiscountAuthority, role: str, sale: Sale) -> tuple[str, ...]:
    """What the role's rules ask for and is not known of the sale, in words."""
    rules = [rule for rule in table.rules if rule.role == role]
    asked = {
        "the product's family": sale.product_family is None and any(rule.product_family for rule in rules),
        "the deal type": sale.deal_type is None and any(rule.deal_type for rule in rules),
        "the deal size": sale.deal_size is None and any(rule.deal_size_up_to is not None for rule in rules),
    }
    return tuple(words for words, missing in asked.items() if missing)


def approver_of(table: DiscountAuthority, role: str | None, covers: Callable[[str], bool]) -> str:
    """The lowest role above the given one whose own limit covers what is asked; the highest of all where none does."""
    above = table.ladder.index(role) + 1 if role in table.ladder else 0
    return next((candidate for candidate in table.ladder[above:] if covers(candidate)), table.ladder[-1])


def lowest_price(base: Decimal, percent: Decimal, currency: str) -> Decimal:
    """The lowest unit price that is still within a discount of `percent` on `base`.

    A price in whole minor units may have been rounded to the nearest one: 10 % off 99.99 is 89.991, so 89.99 is within.
    """
    exact = base * (HUNDRED - percent) / HUNDRED
    if has_too_many_decimals(base, currency):
        return exact
    return min(exact, round_to_currency(exact, currency, ROUND_HALF_UP))


def clearing_price(base: Decimal, percent: Decimal, currency: str) -> Decimal:
    """The price to ask for instead: at the limit, rounded up, so that it is within it whatever is computed from it.

    To the minor unit, except where `base` itself is finer than that, as rates for usage are: then to twelve decimals.
    """
    exact = base * (HUNDRED - percent) / HUNDRED
    if has_too_many_decimals(base, currency):
        return exact.quantize(_RATE_QUANTUM, ROUND_CEILING, WIDE).normalize(WIDE) + ZERO
    return round_to_currency(exact, currency, ROUND_CEILING)


def _fits(rule: AuthorityRule, sale: Sale) -> bool | None:
    """Whether a rule fits a sale; None where it names something that is not known of the sale."""
    sure = True
    if rule.product_family is not None and rule.product_family != sale.product_family:
        if sale.product_family is not None:
            return False
        sure = False
    if rule.deal_type is not None and rule.deal_type is not sale.deal_type:
        if sale.deal_type is not None:
            return False
        sure = False
    if rule.deal_size_up_to is not None and (sale.deal_size is None or sale.deal_size > rule.deal_size_up_to):
        if sale.deal_size is not None:
            return False
        sure = False
    return sure or None


def _specificity(fitting: tuple[AuthorityRule, bool | None]) -> tuple[bool, bool, bool, Decimal, Decimal]:
    """Sorts the rule that counts first to the top."""
    rule, _ = fitting
    band = rule.deal_size_up_to
    return (
        rule.product_family is not None,
        rule.deal_type is not None,
        band is not None,
        -band if band is not None else ZERO,
        -rule.maximum_discount_percent,
    )
