"""Orders as quotes, and completed ones as agreements: what they create or add, priced by override or by the catalog.

An order names rate plans of the catalog and overrides some of their prices. Where a price is in neither the order nor what
was fetched of the catalog, there is no quote: half of one is not judged. What an order changes on existing subscriptions is
said, for it is no line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.zuora.charges import Discount, Plan, Segment, Span, read_charges
from cpq_hooks.adapters.zuora.commitments import commitments
from cpq_hooks.adapters.zuora.discounts import reduce
from cpq_hooks.adapters.zuora.order_items import item_lines
from cpq_hooks.adapters.zuora.overrides import charges_of
from cpq_hooks.adapters.zuora.reading import Reader, add_period, currency_of, day_of, iso, spelt, word, written
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.vendor_fields import Fields

CATALOG: Final = "quoteguardCatalog"
"""Where our client puts the catalog's charges by product rate plan."""

_STAGES: Final = {
    "draft": "draft",
    "scheduled": "accepted",
    "executing": "accepted",
    "pending": "accepted",
    "completed": "accepted",
}
_HARMLESS: Final = (
    "success", "orderNumber", "createdDate", "createdBy", "updatedDate", "updatedBy", "description", "invoiceScheduleId", "status",
    "customFields", "reasonCode", "category", "orderLineItems", "subscriptions", "processingOptions", "schedulingOptions", "version",
    "previewOptions", "externallyManagedBy", "currency", "existingAccountNumber", "existingAccountId", "newAccount", "orderDate", CATALOG,
)  # fmt: skip
_CHANGES: Final[Mapping[str, str]] = {
    "updateproduct": "price", "removeproduct": "price", "changeplan": "price", "suspend": "billing", "resume": "billing",
    "termsandconditions": "term", "renewsubscription": "term", "cancelsubscription": "term", "ownertransfer": "billing",
}  # fmt: skip


def order(payload: Mapping[str, Any], shape: Shape, reader: Reader) -> Translation:
    """An order's lines. Raises `Invalid` where prices are missing, or where it has none."""
    inner = payload.get("order")
    holder = inner if isinstance(inner, Mapping) else payload
    fields = Fields.of(holder, path=("order",) if holder is inner else ())
    fields.harmless(*_HARMLESS)
    reader.currency = currency_of(fields, reader)
    lines = [*item_lines(fields, reader), *_action_lines(fields, payload.get(CATALOG) or holder.get(CATALOG), reader)]
    fields.ledger.settle()
    if not lines:
        told = "; ".join(reader.notes) or "it neither creates a subscription nor adds a product, nor has line items"
        raise Invalid(
            [Problem(path="$.subscriptions", message=f"the order has no line of a quote: {told}", code="no_lines")]
        )
    document = _head(fields, shape, lines, reader)
    return reader.translation(shape, {**document, "lines": lines}, fields)


def _head(fields: Fields, shape: Shape, lines: list[dict[str, Any]], reader: Reader) -> dict[str, Any]:
    number = fields.text("orderNumber") or "order"
    account = fields.text("existingAccountNumber") or fields.text("existingAccountId")
    signed = iso(day_of(fields, "orderDate"))
    starts = [day for each in lines if (day := each.get("start_date"))]
    ends = [day for each in lines if (day := each.get("end_date"))]
    head = {
        "quote_id": reader.custom(fields, "quote_field", "QuoteNumber__QT") or number,
        "source": "zuora",
        "stage": _STAGES.get(spelt(fields.text("status"))),
        "deal_type": "amendment"
        if reader.notes and any("changes subscription" in each for each in reader.notes)
        else None,
        "account": {"account_id": account} if account else None,
        "currency": reader.currency,
        "created_at": signed,
        "start_date": min(starts, default=None),
        "end_date": max(ends, default=None) if len(ends) == len(lines) else None,
        "renewal": _renewal(fields),
        "payment_terms_days": _payment_days(fields),
    }
    if shape is Shape.AGREEMENT:
        agreement = reader.custom(fields, "agreement_field", "AgreementId__c")
        only = _only_subscription(fields) if reader.option("agreement_is") == "subscription" else None
        return {**head, "agreement_id": agreement or only or number, "signed_on": signed}
    return head


def _creations(fields: Fields) -> list[Fields]:
    found: list[Fields] = []
    for each in fields.objects("subscriptions"):
        found.extend(
            inner
            for action in each.objects("orderActions")
            if (inner := action.object("createSubscription")) is not None
        )
    return found


def _renewal(fields: Fields) -> dict[str, Any] | None:
    """What happens at the end, where all subscriptions that the order creates agree on it."""
    found: list[dict[str, Any]] = []
    for each in _creations(fields):
        terms = each.object("terms")
        if terms is not None:
            renewals = terms.objects("renewalTerms")
            renewal = renewals[0] if renewals else None
            months = _term_months(renewal) if renewal is not None else None
            found.append({"auto_renew": terms.flag("autoRenew"), "term_months": months or None})
    return found[0] if found and all(each == found[0] for each in found) else None


def _term_months(fields: Fields) -> int | None:
    count, unit = fields.whole("period"), spelt(fields.text("periodType"))
    return None if count is None or unit not in {"month", "year"} else count * (12 if unit == "year" else 1)


def _payment_days(fields: Fields) -> int | None:
    """The days of "Net 30", where every subscription says the same."""
    found = {each.text("paymentTerm") for each in _creations(fields)}
    told = found.pop() if len(found) == 1 else None
    days = (told or "").casefold().removeprefix("net").strip()
    return int(days) if days.isascii() and days.isdigit() and len(days) < 4 else None


def _only_subscription(fields: Fields) -> str | None:
    numbers = {word(each.value.get("subscriptionNumber")) for each in fields.objects("subscriptions")}
    numbers |= {word(each.value.get("subscriptionNumber")) for each in _creations(fields)}
    numbers.discard(None)
    return numbers.pop() if len(numbers) == 1 else None


# --------------------------------------------------------------------------------------------- order actions


def _action_lines(fields: Fields, catalog: Any, reader: Reader) -> Iterable[dict[str, Any]]:
    for each in fields.objects("subscriptions"):
        each.harmless(*(name for name in each.value if name != "orderActions"))
        number = word(each.value.get("subscriptionNumber"))
        for action in each.objects("orderActions"):
            yield from _lines_of(action, number, catalog, reader)


def _lines_of(action: Fields, number: str | None, catalog: Any, reader: Reader) -> Iterable[dict[str, Any]]:
    kind = spelt(action.text("type"))
    inner = action.object({"createsubscription": "createSubscription", "addproduct": "addProduct"}.get(kind, "-"))
    action.harmless("sequence", "triggerDates", "customFields", "changeReason", "orderActionNumber")
    if inner is None:
        _say_change(action, kind, number, reader)
        return
    span = _span(action, inner)
    plans = inner.objects("subscribeToRatePlans") if kind == "createsubscription" else (inner,)
    name = word(inner.value.get("subscriptionNumber")) or number or "subscription"
    read = [(plan, charge) for at, each in enumerate(plans) for plan, charge in _plan(each, at, catalog, reader)]
    segments, discounts = read_charges(read, span, reader)
    kept, added = commitments(segments, reader)
    inner.harmless(*inner.value)
    seen: set[str] = set()
    for each in kept:
        line = {**_line(each, name, discounts, kept, reader), **added.get(id(each), {})}
        if line["line_id"] in seen:  # one rate plan, subscribed to twice
            line["line_id"] = f"{line['line_id']}:{each.plan.place + 1}"
        seen.add(line["line_id"])
        yield line


def _say_change(action: Fields, kind: str, number: str | None, reader: Reader) -> None:
    """What an order does to a subscription that exists: no line of a quote, and never without a word."""
    told = action.value.get("type")
    bears = _CHANGES.get(kind, "price")
    for name in action.value:
        if name != "type":
            action.harmless(name)
    reader.say(
        action, "type", told, bears,
        f"the order changes subscription {number} ({told}), which is no line of its own: fetch the subscription to see what it comes to",
    )  # fmt: skip


def _span(action: Fields, inner: Fields) -> Span:
    triggers: dict[str, date | None] = {}
    names = {"contracteffective": "contractEffectiveDate", "serviceactivation": "serviceActivationDate"}
    for each in action.objects("triggerDates"):
        name = names.get(spelt(each.text("name")), "customerAcceptanceDate")
        triggers[name] = day_of(each, "triggerDate")
    terms = inner.object("terms")
    initial = terms.object("initialTerm") if terms is not None else None
    starts = (day_of(initial, "startDate") if initial is not None else None) or triggers.get("contractEffectiveDate")
    evergreen = initial is not None and spelt(initial.text("termType")) == "evergreen"
    ends = None
    if initial is not None and starts is not None and not evergreen:
        ends = day_of(initial, "endDate") or add_period(
            starts, initial.whole("period") or 0, initial.text("periodType")
        )
    return Span(starts=starts, ends=None if ends == starts else ends, triggers=triggers, is_evergreen=evergreen)


def _plan(fields: Fields, place: int, catalog: Any, reader: Reader) -> Iterable[tuple[Plan, Fields]]:
    template = word(fields.value.get("productRatePlanId")) or word(fields.value.get("productRatePlanNumber"))
    known = catalog.get(template) if isinstance(catalog, Mapping) and template else None
    plan = Plan(
        place=place, fields=fields, product_id=_product(known, template, reader), product_name=_name(known),
    )  # fmt: skip
    for each in charges_of(fields, known if isinstance(known, Mapping) else None, reader):
        yield plan, each


def _product(known: Any, template: str | None, reader: Reader) -> str:
    wanted = {"product": "productId", "rate_plan": "productRatePlanId"}.get(
        reader.option("product_from") or "", "productSku"
    )
    found = known.get(wanted) if isinstance(known, Mapping) else None
    return str(found or template or "?")


def _name(known: Any) -> str | None:
    return word(known.get("productName")) if isinstance(known, Mapping) else None


def _line(
    segment: Segment, subscription: str, discounts: list[Discount], segments: list[Segment], reader: Reader
) -> dict[str, Any]:
    """A line with its list price, where the catalog's is known, and the discount that lies between."""
    reduced = reduce(segment, discounts, segments, reader)
    listed = segment.fields.number("originalListPrice")
    terms = reduced.net.terms()
    catalog = segment.price.terms()["net_unit_price"] if listed is None else _listed(segment, listed)
    found = list(reduced.discounts)
    net = Decimal(str(segment.price.unit)) if segment.price.unit is not None else None
    if listed is not None and net is not None and listed > net:
        own = Decimal(catalog or 0) - Decimal(segment.price.terms()["net_unit_price"] or 0)
        found.insert(0, {"kind": "price override", "amount": written(own)})
    code = reader.option("product_from") == "charge" and segment.template
    return {
        "line_id": reader.custom(segment.fields, "quote_line_field", "QuoteLineId__c")
        or f"{subscription}:{segment.number}",
        "product_id": code or segment.plan.product_id,
        "product_name": segment.plan.product_name or segment.name,
        "unit_of_measure": segment.fields.text("uom"),
        **terms,
        **segment.uplift,
        "list_unit_price": catalog,
        "discounts": found,
        "start_date": iso(segment.dates.start),
        "end_date": iso(segment.dates.end),
    }


def _listed(segment: Segment, listed: Decimal) -> str | None:
    unit = segment.price.unit
    if not unit:
        return written(listed)
    return written(segment.price.scaled(listed / unit).per_period()[0].unit)
