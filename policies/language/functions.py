"""The functions of the language, as the reference shows them. What each one accepts is checked in `calls`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Function:
    """One function: how it is written and what it says."""

    signature: str
    meaning: str
    example: str

    @property
    def name(self) -> str:
        return self.signature.partition("(")[0]


_ALL: Final = (
    Function("min(a, b, ...)", "the least of numbers, or the earliest of dates", "min(line.quantity, 100)"),
    Function("max(a, b, ...)", "the greatest of numbers, or the latest of dates", "max(line.quantity - 10, 0)"),
    Function("abs(x)", "the number without its sign", "abs(line.net_unit_price - line.list_unit_price) <= 1"),
    Function(
        "round(x, places)",
        "the number to that many decimals, half away from zero; without `places`, to a whole number",
        "round(line.net_unit_price, 2)",
    ),
    Function(
        "coalesce(x, default)",
        "the first value that there is; only the last one has to be there",
        "coalesce(line.uplift_percent, 0)",
    ),
    Function(
        "days_between(a, b)",
        "the days from date a to date b, negative when b is earlier",
        "days_between(quote.start_date, quote.end_date) >= 364",
    ),
    Function("date_of(moment)", "the calendar day of a date and time, as it was written", "date_of(quote.created_at)"),
    Function('date("2026-01-31")', "a date, written out", 'quote.start_date >= date("2026-01-01")'),
    Function("lower(text)", "the text in small letters", 'lower(line.product_id) == "setup"'),
    Function("starts_with(text, part)", "whether the text begins so", 'starts_with(line.product_id, "CUSTOM-")'),
    Function("contains(text, part)", "whether the part occurs in the text", 'contains(line.product_id, "-EU")'),
    Function(
        "any(condition for x in list if other)",
        "whether the condition holds for at least one item",
        "any(t.unit_price < 0 for t in line.tiers if t.unit_price != null)",
    ),
    Function(
        "all(condition for x in list if other)",
        "whether the condition holds for every item; true for an empty list",
        "all(d.ends_on != null for d in line.discounts)",
    ),
    Function(
        "sum(number for x in list if other)",
        "the total over the items; 0 for an empty list",
        "sum(d.percent for d in line.discounts if d.percent != null) <= 100",
    ),
    Function(
        "count(x for x in list if other)",
        "how many items there are; `count(list)` counts all",
        "count(line.discounts) <= 3",
    ),
    Function(
        "stated_null(path)",
        "whether the sender wrote an explicit null, which is not the same as leaving the field out",
        "stated_null(line.overage_unit_price)",
    ),
    Function(
        "table(name, key)",
        "a value from a table of the policy; `name[key]` says the same, and `name` alone takes the table's own `by`",
        "table(longest_term, quote.deal_type)",
    ),
)

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType({function.name: function for function in _ALL})
