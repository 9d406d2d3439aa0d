"""Documents for tests: each builder gives a small valid one, and takes what the test is about.

Values may be written as text, the way a sender writes them: `a_line(quantity="5", ends_on="2026-06-30")`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from policies.domain.catalog import Catalog, CatalogPrice, PriceBook, Product, Promotion
from policies.domain.charge import Line, Tier
from policies.domain.company import Company
from policies.domain.quote import Quote


def a_line(**terms: Any) -> Line:
    """Ten seats at $100 a month, unless the test says otherwise."""
    defaults = {
        "line_id": "1",
        "product_id": "SEATS",
        "charge_type": "recurring",
        "quantity": "10",
        "price_period": "month",
        "net_unit_price": "100",
    }
    return built(Line, defaults | terms)


def a_usage_line(**terms: Any) -> Line:
    """Calls at $0.01 each, counted and billed monthly, unless the test says otherwise."""
    defaults = {"product_id": "CALLS", "charge_type": "usage", "quantity": None, "net_unit_price": "0.01"}
    return a_line(**(defaults | terms))


def tiers(*steps: tuple[Any, ...]) -> tuple[Tier, ...]:
    """Tiers as (up_to, unit_price) or (up_to, unit_price, flat_fee)."""
    return tuple(built(Tier, dict(zip(("up_to", "unit_price", "flat_fee"), step, strict=False))) for step in steps)


def a_quote(**terms: Any) -> Quote:
    """One line for the year 2026 in US dollars, billed monthly in advance, unless the test says otherwise."""
    defaults = {
        "quote_id": "Q-1",
        "currency": "USD",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "billing_frequency": "monthly",
        "billing_timing": "in_advance",
        "lines": [a_line()],
    }
    return built(Quote, defaults | terms)


LADDER = {"ae": "10", "manager": "20", "director": "30", "cro": "40", "cfo": "100"}


def an_authority(*rules: Mapping[str, Any], **limits: str) -> dict[str, Any]:
    """A discount authority table: one general limit a role (from AE 10 % to CFO 100 %), and further rules."""
    general = [{"role": role, "maximum_discount_percent": limit} for role, limit in (LADDER | limits).items()]
    return {"ladder": list(LADDER), "rules": [*rules, *general]}


def a_company(**tables: Any) -> Company:
    """A company in US dollars with the usual ladder of discount authority, unless the test says otherwise."""
    return built(Company, {"name": "Test", "currency": "USD", "discount_authority": an_authority()} | tables)


def a_catalog(
    *products: Mapping[str, Any], promotions: Sequence[Mapping[str, Any]] = (), currency: str = "USD"
) -> Catalog:
    """Products with the prices of one price book, "standard"; a product's price terms may stand beside its own."""
    return Catalog(
        products={each["product_id"]: _a_product(dict(each)) for each in products},
        price_books={"standard": PriceBook(price_book="standard", currency=currency)},
        promotions={each["kind"]: built(Promotion, each) for each in promotions},
    )


def _a_product(terms: dict[str, Any]) -> Product:
    named = {each.name for each in fields(CatalogPrice)}
    price = {name: terms.pop(name) for name in list(terms) if name in named}
    prices = [{"price_book": "standard", "price_period": "month"} | price] if price else []
    return built(Product, {"prices": prices} | terms)


def built(record: type, values: Mapping[str, Any]) -> Any:
    """A record of the domain from values as a sender would write them; nested records may be mappings."""
    hints = _hints(record)
    return record(**{name: _typed(hints[name], value) for name, value in values.items()})


@cache
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record, localns={"Mapping": Mapping})


def _typed(hint: Any, value: Any) -> Any:
    """The value as its field has it: text becomes a number, a date or a member, a mapping a record, a list a tuple."""
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for option in options:
        if isinstance(value, str) and option in (Decimal, date, datetime):
            return Decimal(value) if option is Decimal else option.fromisoformat(value)
        if isinstance(value, str) and isinstance(option, type) and issubclass(option, Enum):
            return option(value)
        if isinstance(value, int) and not isinstance(value, bool) and option is Decimal:
            return Decimal(value)
        if isinstance(value, Mapping) and is_dataclass(option):
            return built(option, value)
        if isinstance(value, (list, tuple)) and get_origin(option) is tuple:
            return tuple(_typed(get_args(option)[0], item) for item in value)
        if isinstance(value, Mapping) and get_origin(option) is Mapping:
            key, item = get_args(option)
            return {_typed(key, name): _typed(item, held) for name, held in value.items()}
    return value
