"""A quote with its quoted subscription, charges and ramps as a quote, and an accepted one as an agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.chargebee.discounts import Coupon, coupons_of
from cpq_hooks.adapters.chargebee.items import Item, item_of, money, months_of, period_terms, shelf_of
from cpq_hooks.adapters.chargebee.lines import names_of, terms_of
from cpq_hooks.adapters.chargebee.older import is_older, modern
from cpq_hooks.adapters.chargebee.subscriptions import account_of, own_word, take_currency
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Reading, cut, day_before, day_of, iso, last_day, mapping, months_after, word, written

_STAGES: Final = {
    "draft": "draft", "open": "sent", "proposed": "sent", "pending_approval": "submitted", "approval_rejected": "draft",
    "accepted": "accepted", "invoiced": "accepted",
}  # fmt: skip
_DEALS: Final = {
    "create_subscription_for_customer": "new",
    "change_subscription": "amendment",
    "renew_subscription": "renewal",
}
_HARMLESS: Final = (
    "object", "name", "po_number", "customer_id", "subscription_id", "invoice_id", "vat_number", "vat_number_prefix", "total_payable",
    "charge_on_acceptance", "sub_total", "total", "credits_applied", "amount_paid", "amount_due", "resource_version", "updated_at",
    "line_item_taxes", "taxes", "tax_category", "shipping_address", "billing_address", "business_entity_id", "deleted", "line_items",
    "line_item_discounts", "line_item_tiers", "discounts", "meta_data", "metadata", "net_term_days",
)  # fmt: skip
_HARMLESS_OF_SUBSCRIPTION: Final = (
    "id", "object", "po_number", "auto_collection", "changes_scheduled_at", "change_option", "offline_payment_method", "shipping_address",
    "billing_period", "billing_period_unit", "has_scheduled_changes", "quantity", "event_based_addons",
)  # fmt: skip
_HARMLESS_OF_SEGMENT: Final = (
    "ramp_tier_id", "discount_amount", "md_discount_amount", "item_level_discount_amount", "md_item_level_discount_amount",
    "discount_per_billing_cycle", "discount_per_billing_cycle_in_decimal", "item_level_discount_per_billing_cycle",
    "item_level_discount_per_billing_cycle_in_decimal", "net_amount", "md_net_amount", "amount_per_billing_cycle",
    "amount_per_billing_cycle_in_decimal",
)  # fmt: skip
_HARMLESS_BESIDE: Final = ("customer", "card", "quote_line_groups", "object")
_LONGEST: Final = 1_200


def quote(wrapping: Mapping[str, Any], shape: Shape, reading: Reading) -> Translation:
    """A quote. Raises `Invalid` where what it quotes did not come along, and `NotUnderstood` for no agreement yet."""
    if is_older(mapping(wrapping.get("quoted_subscription"))):
        wrapping = modern(wrapping, "quoted_subscription")
    whole = Fields.of(wrapping).harmless(*_HARMLESS_BESIDE)
    fields = whole.object("quote") or Fields({}, whole.ledger, ("quote",))
    take_currency(fields, reading)
    whole.ledger.settle()
    fields.harmless(*_HARMLESS, *(name for name in fields.value if name.startswith("cf_")))
    status = fields.text("status")
    if shape is Shape.AGREEMENT and _STAGES.get(status or "") != "accepted":
        raise NotUnderstood(f"quote {fields.value.get('id')} is {status}: only an accepted quote is an agreement")
    document = {**_head(fields, wrapping, status, reading), **_body(whole, fields, reading)}
    if shape is Shape.AGREEMENT:
        identity = own_word(fields, "agreement_key", "agreement_id", reading) or document["quote_id"]
        document = {"agreement_id": identity, **document}
    return reading.translation(shape, document, whole)


def _head(fields: Fields, wrapping: Mapping[str, Any], status: str | None, reading: Reading) -> dict[str, Any]:
    stage = _STAGES.get(status or "")
    if stage is None:
        reading.note(f"the quote is {status}, which is no stage on the way to the customer")
    if fields.text("price_type") == "tax_inclusive":
        reading.note("its prices contain tax, so the net prices are lower than they stand here")
    version, rep = fields.text("version"), own_word(fields, "rep_key", "rep_id", reading)
    customer = mapping(wrapping.get("customer"))
    days = fields.value.get("net_term_days", customer.get("net_term_days"))
    text = fields.text("notes") if not isinstance(fields.value.get("notes"), list) else None
    return {
        "quote_id": fields.text("id"),
        "revision": version,
        "source": "chargebee",
        "stage": stage,
        "deal_type": _DEALS.get(fields.text("operation_type") or ""),
        "opportunity_id": own_word(fields, "opportunity_key", "opportunity_id", reading),
        "account": account_of(wrapping, fields.value.get("customer_id")),
        "rep": {"rep_id": rep} if rep else None,
        "currency": reading.currency,
        "created_at": iso(reading.stamp(fields, "date")),
        "valid_until": iso(reading.stamp(fields, "valid_till")),
        "payment_terms_days": days if isinstance(days, int) and not isinstance(days, bool) else None,
        "special_terms": [*([{"text": text}] if text else []), *_notes(fields)],
    }


def _notes(fields: Fields) -> list[dict[str, Any]]:
    """The notes on a quote are clauses in free text."""
    if not isinstance(fields.value.get("notes"), list):
        return []
    found = [each.text("note") for each in fields.objects("notes")]
    fields.harmless("notes")
    return [{"text": each} for each in found if each]


def _body(whole: Fields, fields: Fields, reading: Reading) -> dict[str, Any]:
    quoted = whole.object("quoted_subscription")
    charges = whole.object("quoted_charge")
    if quoted is None and charges is None:
        fields.ledger.refuse(
            ("quoted_subscription",), "not_expanded",
            "the quoted subscription or the quoted charges are wanted beside the quote: fetch the quote by its id",
        )  # fmt: skip
        return {"lines": []}
    starts, ends = reading.stamp(fields, "contract_term_start"), reading.stamp(fields, "contract_term_end")
    fee = money(fields, "contract_term_termination_fee", reading)
    if fee:
        reading.note(f"a termination fee of {written(fee)} {reading.currency} is on the quote")
    found: dict[str, Any] = {"lines": []}
    if quoted is not None:
        found = _subscription(whole, quoted, starts, ends, reading)
    if charges is not None:
        found["lines"] = [*found["lines"], *_charges(whole, charges, found.get("start_date"), reading)]
    return found


def _subscription(
    whole: Fields, quoted: Fields, starts: datetime | None, ends: datetime | None, reading: Reading
) -> dict[str, Any]:
    quoted.harmless(*_HARMLESS_OF_SUBSCRIPTION)
    months = months_of(quoted)
    term = _term(quoted, starts, ends, months, reading)
    begins = term["begins"]
    ramp = whole.object("quoted_ramp")
    ramp_tiers = ramp.objects("item_tiers") if ramp is not None else ()
    shelf = shelf_of(whole, (*quoted.objects("item_tiers"), *ramp_tiers), months)
    coupons = coupons_of(quoted, whole.objects("coupons"), reading)
    trial = reading.stamp(quoted, "trial_end")
    if trial is not None and (begins is None or trial > begins):
        term["document"]["billing_start_date"] = day_of(trial)
    items = [found for each in quoted.objects("subscription_items") if (found := item_of(each, shelf, reading))]
    lines = _lines(items, coupons, begins, reading)
    segments = ramp.objects("line_items") if ramp is not None else ()
    if ramp is not None and segments:
        ramp.harmless("id", "object", "discounts")
        steps = [found for each in segments if (found := item_of(each.harmless(*_HARMLESS_OF_SEGMENT), shelf, reading))]
        lines = _ramped(steps, reading)
    return {**term["document"], "lines": lines}


def _lines(
    items: Sequence[Item], coupons: Sequence[Coupon], begins: datetime | None, reading: Reading
) -> list[dict[str, Any]]:
    recurring = [each for each in items if each.charge_type != "one_time"]
    lines = []
    for item, name in zip(items, names_of(items), strict=True):
        others = [*(each for each in recurring if each is not item), item]
        line = {"line_id": name, **terms_of(item, coupons, others, begins, reading)}
        lines.append({**line, **_cycles(item, begins)})
    return lines


def _cycles(item: Item, begins: datetime | None) -> dict[str, Any]:
    """Where an item is charged for some cycles only: its own last day."""
    if not item.cycles or not item.billed or item.item_type == "plan" or begins is None or item.cycles * 12 > _LONGEST:
        return {}
    after = months_after(begins.date(), item.cycles * item.billed)
    return {} if after is None else {"end_date": day_before(after).isoformat()}


def _term(
    quoted: Fields, starts: datetime | None, ends: datetime | None, months: int | None, reading: Reading
) -> dict[str, Any]:
    """When it begins and ends, and what happens then. `begins` is the moment of the start, where it is known."""
    own = reading.stamp(quoted, "start_date")
    contract = quoted.object("quoted_contract_term") or quoted.object("contract_term")
    cycles, left = None, quoted.whole("remaining_billing_cycles")
    document: dict[str, Any] = {}
    if contract is not None:
        contract.harmless(
            "id",
            "object",
            "status",
            "created_at",
            "subscription_id",
            "total_contract_value",
            "remaining_billing_cycles",
        )
        starts = reading.stamp(contract, "contract_start") or starts
        ends = reading.stamp(contract, "contract_end") or ends
        cycles = contract.whole("billing_cycle")
        document["renewal"] = _renewal(contract, quoted, months, reading)
        value = money(contract, "total_contract_value_before_tax", reading)
        document["stated_totals"] = {"tcv": written(value)} if value is not None else None
    elif left is not None and ends is None:
        reading.note("a quoted subscription's billing cycles are taken as all of its cycles")
        cycles, document["renewal"] = left, {"auto_renew": False}
    elif ends is None:
        document["renewal"] = {"auto_renew": True}
    quoted.harmless("contract_term_billing_cycle_on_renewal")
    begins = own or starts
    document["start_date"] = day_of(begins)
    if ends is not None:
        document["end_date"] = last_day(starts or begins or ends, ends).isoformat()
    elif cycles and months and cycles * months <= _LONGEST:
        document["term_months"] = cycles * months
    return {"begins": begins, "document": document}


def _renewal(contract: Fields, quoted: Fields, months: int | None, reading: Reading) -> dict[str, Any]:
    action = contract.text("action_at_term_end") or "renew"
    cycles = quoted.whole("contract_term_billing_cycle_on_renewal") or contract.whole("renewal_billing_cycles")
    if action in {"renew_once", "evergreen"}:
        reading.note(f"at the end of its contract term it is to {action.replace('_', ' ')}")
    return {
        "auto_renew": action != "cancel",
        "term_months": cycles * months if cycles and months and cycles * months <= _LONGEST else None,
        "notice_days": contract.whole("cancellation_cutoff_period"),
    }


# ---------------------------------------------------------------------------------------------------- ramps


def _ramped(steps: Sequence[Item], reading: Reading) -> list[dict[str, Any]]:
    """One line an item price, its dated steps as a ramp. The steps' own net amounts contain their discounts."""
    by_price: dict[str, list[Item]] = {}
    for each in steps:
        by_price.setdefault(each.item_price_id, []).append(each)
    lines = []
    for name, group in by_price.items():
        ordered = sorted(group, key=lambda each: str(each.fields.value.get("start_date")).zfill(20))
        lines.append(_ramp_line(name, ordered, reading))
    return lines


def _ramp_line(name: str, group: Sequence[Item], reading: Reading) -> dict[str, Any]:
    first = group[0]
    line = {"line_id": name, **terms_of(first, (), [first], None, reading)}
    dated = [(each, *_dates(each, reading)) for each in group]
    line["start_date"], line["end_date"] = dated[0][1], dated[-1][2]
    line["net_unit_price"] = written(_net(first, reading))
    if len(group) == 1 or not first.is_plain:
        if len(group) > 1:
            reading.say(
                first.fields,
                "unit_price",
                "a ramp",
                "price",
                f"the steps of {name} have tiers, which a ramp cannot hold",
            )
        return line
    line["ramp"] = [
        {
            "start_date": starts,
            "end_date": ends,
            "quantity": written(each.quantity),
            "net_unit_price": written(_net(each, reading)),
        }
        for each, starts, ends in dated
        if starts is not None
    ]
    return line


def _dates(item: Item, reading: Reading) -> tuple[str | None, str | None]:
    starts, ends = reading.stamp(item.fields, "start_date"), reading.stamp(item.fields, "end_date")
    return day_of(starts), None if ends is None else last_day(starts or ends, ends).isoformat()


def _net(item: Item, reading: Reading) -> Decimal | None:
    """The net price of one unit and canonical period: what one cycle comes to, over its quantity, where that is exact."""
    _, parts = period_terms(item, reading)
    net = money(item.fields, "net_amount_per_billing_cycle", reading)
    price = item.rate.unit_price
    if net is None or item.rate.steps or not item.quantity or price is None:
        return None if price is None else price / parts
    each = cut(net / item.quantity)
    if each * item.quantity != net:
        reading.say(
            item.fields, "net_amount_per_billing_cycle", written(net), "discount", "a discount is no amount per unit"
        )
        return price / parts
    return each / parts


# -------------------------------------------------------------------------------------------------- charges


def _charges(whole: Fields, charges: Fields, starts: str | None, reading: Reading) -> list[dict[str, Any]]:
    """What comes once: item prices, addons of older catalogs, and charges without either."""
    shelf = shelf_of(whole, charges.objects("item_tiers"), 0)
    coupons = coupons_of(charges, whole.objects("coupons"), reading)
    items = []
    for name in ("invoice_items", "addons"):
        for each in charges.objects(name):
            value = {"item_type": "charge", "item_price_id": each.value.get("id"), **each.value}
            each.harmless("id")
            found = item_of(Fields(value, each.ledger, each.path), shelf, reading)
            items += [found] if found is not None else []
    lines = _lines(items, coupons, None, reading)
    for position, each in enumerate(charges.objects("charges"), start=1):
        each.harmless(
            "object", "service_period_in_days", *(n for n in each.value if n.startswith(("avalara_", "taxjar_")))
        )
        amount = money(each, "amount", reading)
        name = each.text("description") or f"charge {position}"
        lines.append(
            {
                "line_id": f"charge:{position}", "product_id": word(each.value, "id") or "adhoc", "product_name": name,
                "charge_type": "one_time", "charge_model": "flat", "quantity": "1", "price_period": "one_time",
                "billing_frequency": "once", "net_unit_price": written(amount), "is_custom": True,
            }
        )  # fmt: skip
    charges.harmless("object")
    return [{**each, "line_id": f"once:{each['line_id']}", "start_date": starts} for each in lines]
