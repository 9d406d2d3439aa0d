"""DealHub's products as lines, whether an external query, a pricing callout or the quote API tells of them.

DealHub multiplies a unit price by factors, of which quantity and duration are the usual ones. A product with a duration is billed by
it, so its price is for one unit of duration; one without is sold once.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal
from typing import Any, Final

from cpq_hooks.adapters.dealhub.reading import Named, Reader, iso, written
from cpq_hooks.vendor_fields import Fields

_FREQUENCIES: Final = {
    "monthly": "monthly", "month": "monthly", "quarterly": "quarterly", "quarter": "quarterly", "semiannual": "semiannual",
    "semi_annual": "semiannual", "semi_annually": "semiannual", "half_yearly": "semiannual", "annual": "annual", "annually": "annual",
    "yearly": "annual", "year": "annual", "once": "once", "one_time": "once", "upfront": "term", "up_front": "term", "prepaid": "term",
}  # fmt: skip
_TYPES: Final = {
    "recurring": "recurring", "subscription": "recurring", "one_time": "one_time", "onetime": "one_time", "one_off": "one_time",
    "usage": "usage", "consumption": "usage",
}  # fmt: skip
_HARMLESS: Final = (
    "type",
    "returned_attributes",
    "primary_tag",
    "group_name",
    "system_name",
    "system_id",
    "bundle_ref",
    "id",
    "net_price",
    "description",
)
_FINEST: Final = Decimal("1e-12")
_LARGE: Final = Decimal("1e15")
_WIDE: Final = Context(prec=60)


def frequency_of(text: str | None) -> str | None:
    return _FREQUENCIES.get((text or "").strip().lower().replace(" ", "_").replace("-", "_"))


def items_in(parent: Fields, name: str, nested: str) -> Iterator[tuple[str, str | None, Fields]]:
    """The products of a list and those within bundles: each with its line's id, and that of its bundle."""
    for number, each in enumerate(parent.objects(name), start=1):
        line_id = each.text("id") or str(number)
        yield line_id, None, each
        for inner, part in enumerate(each.objects(nested), start=1):
            yield part.text("id") or f"{line_id}.{inner}", line_id, part


def line_of(line_id: str, parent: str | None, item: Fields, known: Named, reader: Reader) -> dict[str, Any] | None:
    """A product as a line. One without any price is refused, save for a bundle, whose price is in its parts."""
    item.harmless(*_HARMLESS)
    if isinstance(item.value.get("product_factors"), dict) or isinstance(item.value.get("attributes"), dict):
        known = Named.of(item, item.object("product_factors"), item.object("attributes"))
    sku = known.text(reader.attribute("sku"))
    net, listed, percent = _prices(known, reader)
    if net is None:
        _without_price(item, sku, parent, reader)
        return None
    months = _duration(known, reader)
    kind = _kind(known, months, reader)
    unit = "year" if reader.duration_months() == 12 else "month"
    if kind == "recurring" and months is None:
        reader.note(f"line {line_id} recurs, and no duration says what its price is for: it is taken for a {unit}'s")
    name = known.text(reader.attribute("name")) or known.text("name")
    return {
        "line_id": line_id,
        "parent_line_id": parent,
        "product_id": sku or name or f"custom-{line_id}",
        "is_custom": None if sku else True,
        "product_name": name,
        "product_family": known.text(reader.attribute("family")),
        "charge_type": kind,
        "charge_model": "per_unit",
        "quantity": written(known.number(reader.attribute("quantity"))),
        "price_period": "one_time" if kind == "one_time" else unit,
        "list_unit_price": written(listed),
        "net_unit_price": written(net),
        "discounts": [{"percent": written(percent)}] if percent else None,
        "unit_cost": written(known.number(reader.attribute("cost"))),
        "billing_frequency": "once" if kind == "one_time" else _frequency(known, reader),
        "start_date": iso(known.day(reader.attribute("start_date"))),
        "months": months,
    }


def _without_price(item: Fields, sku: str | None, parent: str | None, reader: Reader) -> None:
    is_bundle = bool(item.value.get("bundle_line_items") or item.value.get("bundle_items"))
    if is_bundle and parent is None:
        item.harmless(*(name for name in item.value if name not in {"bundle_line_items", "bundle_items"}))
        return
    wanted = f"{reader.attribute('net')} or {reader.attribute('list')}"
    item.ledger.refuse(
        item.path, "no_price",
        f"product {sku or 'without a SKU'} comes without a price: let DealHub send the attribute {wanted} with it",
    )  # fmt: skip


def _prices(known: Named, reader: Reader) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Net and list price, and the percentage between them where that explains the one by the other."""
    net, listed = known.number(reader.attribute("net")), known.number(reader.attribute("list"))
    place = known.place(reader.attribute("discount"))
    percent = known.number(reader.attribute("discount")) or None
    if listed is None or percent is None:
        if percent is not None and place is not None:
            reader.say(
                place[0], place[1], percent, "discount", "a discount stands without the list price that it is off"
            )
        return (net if net is not None else listed), listed, None
    if max(abs(listed), abs(percent)) > _LARGE:
        return listed, None, None  # which the canonical form refuses
    reduced = (listed * (100 - percent) / 100).quantize(_FINEST, context=_WIDE).normalize()
    if net is None:
        return reduced, listed, percent
    if abs(reduced - net) <= Decimal("0.005"):
        return net, listed, percent
    if place is not None:
        reader.say(
            place[0],
            place[1],
            percent,
            "discount",
            f"a discount of {percent} is not what lies between {listed} and {net}",
        )
    return net, listed, None


def _duration(known: Named, reader: Reader) -> int | None:
    """The line's term in months."""
    place = known.place(reader.attribute("duration"))
    duration = known.number(reader.attribute("duration"))
    if duration is None or place is None or duration == 0:
        return None
    months = duration * reader.duration_months()
    if months != months.to_integral_value() or not 0 < months <= 1_200:
        reader.say(place[0], place[1], duration, "term", f"a duration of {duration} is no number of whole months")
        return None
    return int(months)


def _kind(known: Named, months: int | None, reader: Reader) -> str:
    place = known.place(reader.attribute("charge_type"))
    text = (known.text(reader.attribute("charge_type")) or "").lower().replace(" ", "_").replace("-", "_")
    if text and text not in _TYPES and place is not None:
        reader.say(place[0], place[1], text, "billing", f"the charge type {text} is not known")
    return _TYPES.get(text) or ("one_time" if months is None else "recurring")


def _frequency(known: Named, reader: Reader) -> str | None:
    place = known.place(reader.attribute("billing_frequency"))
    text = known.text(reader.attribute("billing_frequency"))
    found = frequency_of(text)
    if text and found is None and place is not None:
        reader.say(place[0], place[1], text, "billing", f"a billing frequency of {text} is not known")
    return found
