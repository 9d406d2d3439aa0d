"""Line items as the terms of charges.

A line item's price is per unit and billing period: one that is billed annually costs its price each year. HubSpot bills in
advance, a discount lasts as long as the line, and a line without a term goes on until somebody cancels it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.hubspot.reading import (
    Reader,
    currency_of,
    day,
    divides,
    fine,
    identity,
    months_of,
    parted,
    properties_of,
    written,
)
from cpq_hooks.adapters.hubspot.tiers import MODELS, Tier, tiers_of
from cpq_hooks.vendor_fields import Fields
from policies.domain.period import add_months

HARMLESS: Final = frozenset((
    "name", "description", "createdate", "hs_createdate", "hs_lastmodifieddate", "hs_object_id", "hs_images", "hs_url",
    "hs_position_on_quote", "hs_product_id", "hs_sku", "hs_product_type", "hs_variant_id", "hs_external_id", "amount", "hs_acv",
    "hs_arr", "hs_mrr", "hs_tcv", "hs_pre_discount_amount", "hs_total_discount", "hs_recurring_billing_terms", "tax",
    "hs_recurring_billing_number_of_payments", "hs_recurring_billing_end_date", "hs_sync_amount", "hs_tax_rate_group_id", "hs_tax_rate",
    "hs_tax_category", "hs_tax_label", "hs_tax_amount", "hs_auto_tax_amount", "hs_post_tax_amount", "hs_origin_key", "hs_group_key",
    "hs_ecom_product_id", "hs_line_item_currency_code", "hs_allow_buyer_selected_quantity", "hs_buyer_selected_quantity_min",
    "hs_buyer_selected_quantity_max", "hs_is_editable_price", "hs_is_optional", "hs_billing_start_delay_type", "price",
    "hs_billing_period_start_date", "hs_billing_period_end_date", "hs_folder_id", "hs_folder_name",
))  # fmt: skip
FREQUENCIES: Final[dict[str, int | None]] = {
    "weekly": None, "biweekly": None, "monthly": 1, "quarterly": 3, "per_six_months": 6, "annually": 12, "per_two_years": 24,
    "per_three_years": 36, "per_four_years": 48, "per_five_years": 60,
}  # fmt: skip
_CANONICAL: Final = {1: "monthly", 3: "quarterly", 6: "semiannual", 12: "annual"}
_PERIODS: Final = (("year", 12), ("quarter", 3), ("month", 1))
_LONGEST_TERM: Final = 1_200
_ONCE: Final = frozenset({"", "one_time", "onetime", "once"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line item, read. `months` is its billing period (0 for what is sold once, None where it has no canonical form)."""

    line_id: str
    fields: Fields
    product_id: str
    is_custom: bool
    months: int | None
    term: int | None
    starts: date | None
    quantity: Decimal | None
    price: Decimal | None
    model: str
    tiers: tuple[Tier, ...]
    percent: Decimal | None
    off: Decimal | None
    cost: Decimal | None

    @property
    def is_recurring(self) -> bool:
        return self.months != 0

    @property
    def goes_on(self) -> bool:
        """Whether it is billed until somebody cancels it."""
        return self.is_recurring and self.term is None

    def ends(self) -> date | None:
        """The last day of its term, where that is known."""
        if self.starts is None or self.term is None:
            return None
        try:
            return date.fromordinal(add_months(self.starts, self.term).toordinal() - 1)
        except (ValueError, OverflowError):  # beyond the last day that there is
            return None


def item_of(record: Fields, position: int, reader: Reader, calculated: Iterable[str] = ()) -> Item:
    """A line item, read; what is wrong with it is noted in the ledger."""
    fields = properties_of(record, HARMLESS, calculated)
    line_id = identity(record) or str(position)
    currency = currency_of(fields, "hs_line_item_currency_code")
    if currency is not None and reader.currency and currency != reader.currency:
        fields.ledger.refuse(
            (*fields.path, "hs_line_item_currency_code"),
            "currency",
            "the line is in another currency than the document",
        )
    months = _months(fields, reader)
    model = _model(fields, reader)
    quantity, price = fields.number("quantity"), fields.number("price")
    product_id = _product(fields, reader)
    percent, off = _discount(fields, price, quantity, reader)
    if not model and price is None:
        fields.ledger.refuse((*fields.path, "price"), "no_price", "the line item has no price")
    item = Item(
        line_id=line_id, fields=fields, product_id=product_id or f"custom-{line_id}", is_custom=product_id is None, months=months,
        term=_term(fields, months, reader), starts=_start(fields, months, reader), quantity=quantity, price=price,
        model=model or "per_unit", tiers=tuple(tiers_of(fields, reader)) if model else (), percent=percent, off=off,
        cost=fields.number("hs_cost_of_goods_sold"),
    )  # fmt: skip
    _uncertain(item, reader)
    return item


def _months(fields: Fields, reader: Reader) -> int | None:
    frequency = (
        fields.text("recurringbillingfrequency") or fields.text("hs_recurring_billing_frequency") or ""
    ).lower()
    if frequency in _ONCE:
        return 0
    months = FREQUENCIES.get(frequency)
    if months is None:
        reader.say(
            fields, "recurringbillingfrequency", frequency, "billing",
            f"a line is billed {frequency}, for which there is no canonical period",
        )  # fmt: skip
    return months


def _model(fields: Fields, reader: Reader) -> str:
    """The tiered model, or nothing where each unit costs the price; HubSpot calls that flat."""
    model = (fields.text("hs_pricing_model") or "").lower()
    if model in MODELS:
        return model
    fields.harmless("hs_tier_ranges", "hs_tier_prices")
    if model not in {"", "flat", "standard"}:
        reader.say(fields, "hs_pricing_model", model, "price", f"a line's pricing model {model} is not known")
    return ""


def _product(fields: Fields, reader: Reader) -> str | None:
    """What the catalog knows the product by; nothing where the line was made for this quote."""
    sku, product = fields.text("hs_sku"), fields.text("hs_product_id")
    return (product or sku) if reader.option("product_from") == "product_id" else (sku or product)


def _discount(
    fields: Fields, price: Decimal | None, quantity: Decimal | None, reader: Reader
) -> tuple[Decimal | None, Decimal | None]:
    """The percentage or the amount off each unit. Where both stand, HubSpot's own sum tells which one counts."""
    percent, off = fields.number("hs_discount_percentage") or None, fields.number("discount") or None
    if percent is None or off is None:
        return percent, off
    amount = fields.number("amount")
    if price is None or quantity is None or amount is None:
        fields.ledger.refuse(
            (*fields.path, "discount"), "two_discounts",
            "the line has an amount and a percentage off, and without its amount nobody can tell which counts",
        )  # fmt: skip
        return None, None
    cent = Decimal("0.01")
    if abs(amount - (price - off) * quantity) <= cent:
        reader.say(
            fields,
            "hs_discount_percentage",
            percent,
            "discount",
            "a line has two discounts; its amount counts the one per unit",
        )
        return None, off
    if abs(amount - price * quantity * (100 - percent) / 100) <= cent:
        reader.say(fields, "discount", off, "discount", "a line has two discounts; its amount counts the percentage")
        return percent, None
    fields.ledger.refuse(
        (*fields.path, "discount"),
        "two_discounts",
        "the line has an amount and a percentage off, and its amount fits neither",
    )
    return None, None


def _term(fields: Fields, months: int | None, reader: Reader) -> int | None:
    """The term in months: as the billing period says, else as the number of months does."""
    period, stated = fields.text("hs_recurring_billing_period"), fields.whole("hs_term_in_months") or None
    if months == 0:
        return None
    found = months_of(period) if period else None
    if period and found is None:
        reader.say(
            fields, "hs_recurring_billing_period", period, "term", f"a line's term {period} is not one of whole months"
        )
        return None
    if found is not None and stated is not None and stated != found:
        reader.say(
            fields, "hs_term_in_months", stated, "term",
            f"a line's term is {found} months by its billing period and {stated} by hs_term_in_months; the first counts",
        )  # fmt: skip
    term = found if found is not None else stated
    if term is not None and not 0 < term <= _LONGEST_TERM:
        reader.say(fields, "hs_term_in_months", term, "term", f"a term of {term} months is none")
        return None
    return term


def _start(fields: Fields, months: int | None, reader: Reader) -> date | None:
    starts = day(fields, "hs_recurring_billing_start_date")
    for name, unit in (("hs_billing_start_delay_days", "days"), ("hs_billing_start_delay_months", "months")):
        delay = fields.whole(name)
        if delay and months != 0 and starts is None:
            reader.say(
                fields, name, delay, "billing", f"a line's billing begins {delay} {unit} after the customer accepts"
            )
    return starts


def _uncertain(item: Item, reader: Reader) -> None:
    fields = item.fields
    if fields.flag("hs_is_optional"):
        reader.say(
            fields, "hs_is_optional", "true", "price", f"line {item.line_id} is optional, and counts here as sold"
        )
    if fields.flag("hs_allow_buyer_selected_quantity"):
        reader.say(
            fields, "hs_allow_buyer_selected_quantity", "true", "price",
            f"the buyer may choose the quantity of line {item.line_id}; it is judged with the one that stands there",
        )  # fmt: skip
    if item.tiers and item.off is not None and item.model == "stairstep":
        reader.say(fields, "discount", item.off, "discount", "an amount off each unit has no place in a price by steps")


def terms_of(item: Item, reader: Reader) -> dict[str, Any]:
    """The canonical terms of a line item, without its dates."""
    period, parts, frequency = _period(item, reader)
    net = item.price if not item.tiers else None
    terms: dict[str, Any] = {
        "product_id": item.product_id,
        "product_name": item.fields.text("name"),
        "is_custom": True if item.is_custom else None,
        "charge_type": "recurring" if item.is_recurring else "one_time",
        "charge_model": item.model,
        "quantity": written(item.quantity),
        "price_period": period,
        "billing_frequency": frequency,
        "billing_timing": "in_advance" if item.is_recurring else None,
        "unit_cost": None if item.cost is None else written(parted(item.cost, parts)),
        "tiers": [_tier(each, item, parts) for each in item.tiers],
    }
    if net is not None:
        terms["net_unit_price"] = written(parted(_reduced(net, item), parts))
    if item.percent is not None or item.off is not None:
        terms["list_unit_price"] = None if net is None else written(parted(net, parts))
        off = None if item.off is None else parted(item.off, parts)
        terms["discounts"] = [{"percent": written(item.percent), "amount": written(off)}]
        if item.off is not None and item.model == "stairstep":
            terms["discounts"] = None
    return terms


def _reduced(price: Decimal, item: Item) -> Decimal:
    if item.percent is not None:
        return fine(price * (100 - item.percent) / 100)
    return price - item.off if item.off is not None else price


def _tier(tier: Tier, item: Item, parts: int) -> dict[str, Any]:
    is_fee = item.model == "stairstep"
    price = tier.price if is_fee and item.percent is None else _reduced(tier.price, item)
    return {
        "from": written(tier.starts_at),
        "up_to": written(tier.up_to),
        "flat_fee" if is_fee else "unit_price": written(parted(price, parts)),
    }


def _period(item: Item, reader: Reader) -> tuple[str | None, int, str | None]:
    """The canonical price period, how many of them one billing period has, and the billing frequency."""
    months = item.months
    if months == 0:
        return "one_time", 1, "once"
    if months is None:
        return None, 1, None
    if item.term == months and months not in _CANONICAL:
        return "term", 1, "term"
    if months not in _CANONICAL:
        reader.say(
            item.fields, "recurringbillingfrequency", item.fields.text("recurringbillingfrequency"), "billing",
            f"line {item.line_id} is billed every {months} months, which no canonical frequency is",
        )  # fmt: skip
    prices = [each.price for each in item.tiers] or [item.price or Decimal(0)]
    amounts = [*prices, *(_reduced(each, item) for each in prices), *([item.off] if item.off is not None else [])]
    for name, length in _PERIODS:
        if months % length == 0 and all(divides(each, months // length) for each in amounts):
            return name, months // length, _CANONICAL.get(months)
    return None, 1, _CANONICAL.get(months)


def stated_total(item: Item) -> str | None:
    """The line's total over its term as HubSpot has it, where it has one that can be held against the terms."""
    if item.months == 0:
        return written(item.fields.number("amount"))
    total = item.fields.number("hs_tcv")
    fits = item.months is not None and item.term is not None and item.term % item.months == 0
    return written(total) if fits and total else None
