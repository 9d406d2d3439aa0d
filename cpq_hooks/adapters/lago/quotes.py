"""A quote's version with its billing items as a quote, and an approved one with its signed order form as an agreement.

Billing items are what Lago's own screens saved: a snapshot of plans, add-ons and coupons in camel case, and beside each
what the deal changes of it (`overrides`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.lago.coupons import Coupon, coupon_of
from cpq_hooks.adapters.lago.plans import Plan, Setting
from cpq_hooks.adapters.lago.subscriptions import account_of, metrics_of
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Reading, day_of, iso, mapping, mappings, written

_STAGES: Final = {"draft": "draft", "approved": "sent"}
_DEALS: Final = {"subscription_creation": "new", "subscription_amendment": "amendment"}
_HARMLESS: Final = (
    "lago_id", "lago_customer_id", "lago_subscription_id", "lago_organization_id", "updated_at", "current_version", "content", "name",
    "description", "metadata", "contacts", "internal_notes", "created_at",
)  # fmt: skip
_HARMLESS_OF_VERSION: Final = (
    "lago_id", "lago_quote_id", "lago_organization_id", "void_reason", "approved_at", "voided_at", "created_at", "updated_at", "content",
    "share_token", "billing_items",
)  # fmt: skip
_HARMLESS_OF_FORM: Final = (
    "lago_id", "number", "void_reason", "voided_at", "signed_document_url", "lago_organization_id", "lago_customer_id", "lago_quote_id",
    "lago_quote_version_id", "created_at", "updated_at",
)  # fmt: skip
_HARMLESS_BESIDE: Final = ("customer", "webhook_type", "object_type", "organization_id", "plans")
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_TRIAL: Final = 3_650
_VERBATIM: Final = frozenset({"values", "metadata"})


def quote(wrapping: Mapping[str, Any], shape: Shape, reading: Reading) -> Translation:
    """A quote. Raises `Invalid` without its billing items, and `NotUnderstood` where it is no agreement yet."""
    whole = Fields.of(wrapping).harmless(*_HARMLESS_BESIDE)
    fields = whole.object("quote") or Fields({}, whole.ledger, ("quote",))
    version = fields.object("current_version") or whole.object("quote_version") or Fields({}, whole.ledger, ("quote",))
    reading.in_zone(mapping(wrapping.get("customer")).get("applicable_timezone"))
    _currency(version, reading)
    whole.ledger.settle()
    form = whole.object("order_form")
    signed = _signed(form, reading)
    status = version.text("status") or ""
    if shape is Shape.AGREEMENT and signed is None:
        raise NotUnderstood(
            f"quote {fields.value.get('number')} has no signed order form: only what is signed is an agreement"
        )
    document = {
        **_head(fields, version, wrapping, status, signed, form, reading),
        **_body(whole, fields, version, reading),
    }
    if shape is Shape.AGREEMENT:
        document = {"agreement_id": document["quote_id"], **document, "signed_on": day_of(signed)}
    return reading.translation(shape, document, whole)


def _currency(version: Fields, reading: Reading) -> None:
    if version.has("currency"):
        reading.take_currency(version, "currency")
        return
    own = reading.option("currency")
    reading.take_currency(Fields({"currency": own}, version.ledger, version.path), "currency")


def _signed(form: Fields | None, reading: Reading) -> datetime | None:
    if form is None:
        return None
    form.harmless(*_HARMLESS_OF_FORM)
    at = reading.moment(form, "signed_at")
    return at if form.text("status") == "signed" else None


def _head(
    fields: Fields,
    version: Fields,
    wrapping: Mapping[str, Any],
    status: str,
    signed: datetime | None,
    form: Fields | None,
    reading: Reading,
) -> dict[str, Any]:
    fields.harmless(*(name for name in _HARMLESS if name != "current_version"))
    version.harmless(*_HARMLESS_OF_VERSION)
    stage = "accepted" if signed is not None else _STAGES.get(status)
    if stage is None:
        reading.note(f"the quote is {status or 'without a status'}, which is no stage on the way to the customer")
    owners = mappings(fields.raw("owners"))
    rep = owners[0] if owners else {}
    expires = None if form is None else reading.moment(form, "expires_at")
    return {
        "quote_id": fields.text("number") or fields.text("lago_id"),
        "revision": version.text("version"),
        "source": "lago",
        "stage": stage,
        "deal_type": _DEALS.get(fields.text("order_type") or ""),
        "account": account_of(mapping(wrapping.get("customer")), fields.value.get("lago_customer_id")),
        "rep": {"rep_id": rep.get("email") or rep.get("lago_id")} if rep else None,
        "currency": reading.currency,
        "created_at": iso(reading.moment(fields, "created_at")),
        "valid_until": iso(expires),
        "start_date": day_of(reading.moment(version, "start_date")),
        "end_date": day_of(reading.moment(version, "end_date")),
    }


def _body(whole: Fields, fields: Fields, version: Fields, reading: Reading) -> dict[str, Any]:
    billing = version.value.get("billing_items")
    if not isinstance(billing, Mapping):
        fields.ledger.refuse(
            (*version.path, "billing_items"), "not_expanded",
            "the quote's billing items are wanted here: events and lists leave them out, so fetch the quote by its id",
        )  # fmt: skip
        return {"lines": []}
    items = Fields(snake(billing), whole.ledger, (*version.path, "billing_items"))
    coupons = _coupons(items, reading)
    plans = items.objects("plans")
    lines: list[dict[str, Any]] = []
    terms: dict[str, Any] = {}
    for each in plans:
        found, own = _plan(each, whole, coupons, reading)
        lines += found
        terms = terms or own
    lines += [
        line
        for name in ("addons", "add_ons")
        for position, each in enumerate(items.objects(name), 1)
        for line in _addon(each, position, reading)
    ]
    lines += [_wallet(each, position, reading) for position, each in enumerate(items.objects("wallet_credits"), 1)]
    reading.unused.extend(items.unused())
    if plans and not version.value.get("end_date") and "end_date" not in terms:
        terms["renewal"] = {"auto_renew": True}
        reading.note("its subscription has no end: it goes on until somebody ends it")
    return {**{name: value for name, value in terms.items() if not version.value.get(name)}, "lines": lines}


# ---------------------------------------------------------------------------------------------------- plans


def _plan(
    item: Fields, whole: Fields, coupons: tuple[Coupon, ...], reading: Reading
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A quoted plan: the catalog's, as the snapshot has it, with what the deal overrides."""
    payload, overrides = mapping(item.raw("payload")), mapping(item.raw("overrides"))
    item.harmless("id", "local_id", "type")
    code = str(payload.get("code") or "")
    catalog = next((each for each in mappings(whole.value.get("plans")) if each.get("code") == code), {})
    base = _merged(catalog, _codes(payload))
    merged = _merged(base, overrides)
    if not merged.get("interval"):
        item.ledger.refuse(
            (*item.path, "payload"),
            "not_expanded",
            f"the plan {code} is wanted beside the quote, under plans: its snapshot is not whole",
        )
        return [], {}
    fields = Fields(merged, item.ledger, (*item.path, "payload"))
    start = reading.moment(fields, "start_date")
    end = reading.moment(fields, "end_date")
    setting = Setting(
        owner=code, coupons=coupons, metrics=metrics_of(whole) or _metrics(payload, item), start=start, listed=base
    )
    lines = [_line(each, fields, start, reading) for each in Plan(fields, setting, reading).lines()]
    reading.unused.extend(fields.unused())
    own = {"start_date": day_of(start), "end_date": day_of(end)}
    return lines, {name: value for name, value in own.items() if value is not None}


def _line(line: Mapping[str, Any], fields: Fields, start: datetime | None, reading: Reading) -> dict[str, Any]:
    """A plan's charge as a quote's line: what only a configuration has goes, and a trial is a later start of billing."""
    kept = {name: value for name, value in line.items() if name not in {"id", "trial_days", "invoiceable"}}
    days = line.get("trial_days")
    if not isinstance(days, int) or not 0 < days < _LONGEST_TRIAL:
        return {"line_id": line["id"], **kept}
    if start is None:
        reading.say(
            fields,
            "trial_period",
            days,
            "billing",
            f"billing of {line['id']} begins {days} days after a start that is not known",
        )
        return {"line_id": line["id"], **kept}
    return {"line_id": line["id"], **kept, "billing_start_date": (start + timedelta(days=days)).date().isoformat()}


def _metrics(payload: Mapping[str, Any], item: Fields) -> dict[str, Fields]:
    """The metrics as the snapshot of the plan has them, inside its charges."""
    found = {}
    for each in mappings(payload.get("charges")):
        metric = mapping(each.get("billable_metric"))
        if metric.get("code") and metric.get("aggregation_type"):
            found[str(metric["code"])] = Fields(metric, item.ledger, (*item.path, "payload", "billable_metric"))
    return found


def _codes(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The snapshot with the codes of metrics and add-ons where the API has them."""
    charges = [
        {**_without(each, "billable_metric"), **_code(each, "billable_metric")}
        for each in mappings(payload.get("charges"))
    ]
    fixed = [{**_without(each, "add_on"), **_code(each, "add_on")} for each in mappings(payload.get("fixed_charges"))]
    return {**payload, **({"charges": charges} if charges else {}), **({"fixed_charges": fixed} if fixed else {})}


def _code(each: Mapping[str, Any], name: str) -> dict[str, Any]:
    code = mapping(each.get(name)).get("code") or each.get(f"{name}_code")
    return {f"{name}_code": code} if code else {}


def _without(each: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in each.items() if key != name}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """An object with another's values over it; charges are matched by their metric or add-on."""
    merged = dict(base)
    for name, value in over.items():
        if value is None:
            continue
        key = {"charges": "billable_metric_code", "fixed_charges": "add_on_code"}.get(name)
        if key is not None and isinstance(value, list):
            merged[name] = _matched(mappings(base.get(name)), mappings(value), key)
        elif isinstance(value, Mapping) and isinstance(base.get(name), Mapping) and name == "minimum_commitment":
            merged[name] = {**mapping(base[name]), **value}
        else:
            merged[name] = value
    return merged


def _matched(base: list[Mapping[str, Any]], over: list[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
    by_code = {str(each.get(key)): each for each in over}
    kept = [_merged(each, by_code.pop(str(each.get(key)), {})) for each in base]
    return [*kept, *(dict(each) for each in by_code.values())]


# ------------------------------------------------------------------------- coupons, add-ons and credits


def _coupons(items: Fields, reading: Reading) -> tuple[Coupon, ...]:
    found = []
    for each in items.objects("coupons"):
        each.harmless("id", "local_id", "type")
        merged = {
            **mapping(each.raw("payload")),
            **{k: v for k, v in mapping(each.raw("overrides")).items() if v is not None},
        }
        merged.pop("created_at", None)
        use = Fields(merged, each.ledger, (*each.path, "payload"))
        coupon = coupon_of(use, str(merged.get("code") or "coupon"), use, reading)
        use.harmless(*merged)
        found += [coupon] if coupon is not None else []
    return tuple(found)


def _addon(item: Fields, position: int, reading: Reading) -> list[dict[str, Any]]:
    """So many units of an add-on, once."""
    item.harmless("id", "local_id", "type")
    payload = mapping(item.raw("payload"))
    merged = {**payload, **{k: v for k, v in mapping(item.raw("overrides")).items() if v is not None}}
    fields = Fields(merged, item.ledger, (*item.path, "payload"))
    code = fields.text("code") or f"add-on {position}"
    total, unit = reading.cents(fields, "total_amount_cents"), reading.cents(fields, "unit_amount_cents")
    listed = reading.cents(Fields(payload, item.ledger, (*item.path, "payload")), "unit_amount_cents")
    line = {
        "line_id": f"{code}:{position}", "product_id": code, "product_name": fields.text("invoice_display_name") or fields.text("name"),
        "charge_type": "one_time", "charge_model": "per_unit", "quantity": written(fields.number("units")), "price_period": "one_time",
        "billing_frequency": "once", "net_unit_price": written(unit), "list_unit_price": written(listed) if listed != unit else None,
        "stated_total": written(total), "start_date": day_of(reading.moment(fields, "from_datetime")),
        "end_date": day_of(reading.moment(fields, "to_datetime")),
    }  # fmt: skip
    fields.harmless("description", "tax_codes", "taxes", "id")
    reading.unused.extend(fields.unused())
    return [line]


def _wallet(item: Fields, position: int, reading: Reading) -> dict[str, Any]:
    """Prepaid credits: what is paid for them once, and what they are worth until they expire."""
    item.harmless("id", "local_id", "type")
    fields = Fields(dict(mapping(item.raw("payload"))), item.ledger, (*item.path, "payload"))
    worth = fields.number("rate_amount") or Decimal(1)
    paid, granted = fields.number("paid_credits") or Decimal(0), fields.number("granted_credits") or Decimal(0)
    expires = day_of(reading.moment(fields, "expiration_at"))
    name = fields.text("name") or "prepaid credits"
    fields.harmless("currency", "id", "priority")
    reading.unused.extend(fields.unused())
    return {
        "line_id": f"credits:{position}", "product_id": "prepaid-credits", "product_name": name, "charge_type": "one_time", "quantity": "1",
        "charge_model": "flat", "price_period": "one_time", "billing_frequency": "once",
        "net_unit_price": written(reading.amount(paid * worth, "the price of credits")),
        "drawdown": {"credit_amount": written(reading.amount((paid + granted) * worth, "credit")), "expires_on": expires},
    }  # fmt: skip


def snake(value: Any) -> Any:
    """A value with the names of its fields in snake case; the company's own words stay as they are."""
    if isinstance(value, list):
        return [snake(each) for each in value]
    if isinstance(value, Mapping):
        return {
            (name := _WORDS.sub("_", str(key)).lower()): each if name in _VERBATIM else snake(each)
            for key, each in value.items()
        }
    return value
