"""Stripe's quotes as quotes, and accepted ones as agreements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.stripe.discounts import Coupon, coupons_of
from cpq_hooks.adapters.stripe.lines import Item, item_of, terms_of
from cpq_hooks.adapters.stripe.reading import Reader, currency_of, identity, metadata_of, word, written
from cpq_hooks.vendor_fields import Fields, stated

EVERGREEN: Final = "a quote of Stripe's has no end: its subscription goes on until somebody cancels it"
_STAGES: Final = {"draft": "draft", "open": "sent", "accepted": "accepted"}
_LONGEST_TRIAL: Final = 3_650
_LONGEST_TERM: Final = 600
_PERIOD_MONTHS: Final = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
_HARMLESS: Final = (
    "object", "application", "application_fee_amount", "application_fee_percent", "automatic_tax", "default_tax_rates",
    "description", "footer", "from_quote", "header", "livemode", "number", "on_behalf_of", "status_transitions",
    "test_clock", "transfer_data", "amount_subtotal", "amount_total", "total_details", "customer_account", "invoice",
    "subscription", "subscription_schedule",
)  # fmt: skip
_HARMLESS_OF_ITEM: Final = (
    "id", "object", "amount_discount", "amount_subtotal", "amount_tax", "amount_total", "description", "taxes",
    "tax_rates", "adjustable_quantity",
)  # fmt: skip


def quote(payload: Mapping[str, Any], shape: Shape, reader: Reader) -> Translation:
    """A quote with its line items. Raises `Invalid` where it is cut short or what it links to is not expanded."""
    fields = Fields.of(payload)
    reader.currency = currency_of(fields) or ""
    fields.ledger.settle()
    fields.harmless(*_HARMLESS)
    status = fields.text("status")
    if shape is Shape.AGREEMENT and status != "accepted":
        raise NotUnderstood(f"quote {payload.get('id')} is {status}: only an accepted quote is an agreement")
    starts = _start(fields, reader)
    document = {
        **_head(fields, status, reader),
        **_terms(fields, starts, reader),
        "lines": _lines(fields, starts, reader),
    }
    if EVERGREEN in reader.notes:
        document |= _evergreen(document, payload, shape, reader)
    _computed(fields, document, reader)
    if shape is Shape.AGREEMENT:
        document = _as_agreement(document, payload, reader)
    fields.ledger.settle()
    return Translation(
        shape=shape,
        document=stated(document),
        unused=(*reader.unused, *fields.unused()),
        notes=tuple(reader.notes),
    )


def _head(fields: Fields, status: str | None, reader: Reader) -> dict[str, Any]:
    metadata = metadata_of(fields)
    created, expires = reader.stamp(fields, "created"), reader.stamp(fields, "expires_at")
    if status not in _STAGES:
        reader.note(f"the quote is {status}, which is no stage on the way to the customer")
    rep = word(metadata, reader.key("rep_key"))
    return {
        "quote_id": fields.text("id"),
        "source": "stripe",
        "stage": _STAGES.get(status or ""),
        "opportunity_id": word(metadata, reader.key("opportunity_key")),
        "deal_type": word(metadata, reader.key("deal_type_key")),
        "account": account_of(fields, metadata, reader),
        "rep": {"rep_id": rep} if rep else None,
        "currency": reader.currency,
        "created_at": None if created is None else created.isoformat(),
        "valid_until": None if expires is None else expires.isoformat(),
    }


def account_of(fields: Fields, metadata: Mapping[str, Any], reader: Reader) -> dict[str, Any] | None:
    """The customer, with what is known of it where it was expanded."""
    customer = fields.raw("customer")
    customer_id = identity(customer)
    if customer_id is None:
        return None
    known = customer if isinstance(customer, Mapping) else {}
    address = known.get("address")
    own = known.get("metadata")
    return {
        "account_id": customer_id,
        "name": known.get("name") or None,
        "segment": word(own if isinstance(own, Mapping) else metadata, reader.key("segment_key")),
        "country": address.get("country") or None if isinstance(address, Mapping) else None,
        "time_zone": reader.option("time_zone"),
    }


def _start(fields: Fields, reader: Reader) -> datetime | None:
    """When what is quoted begins: on the day that the quote names. One that names none begins when it is accepted."""
    data = fields.object("subscription_data")
    transitions = fields.value.get("status_transitions")
    accepted = transitions.get("accepted_at") if isinstance(transitions, Mapping) else None
    if data is None:
        return reader.moment(accepted)
    data.harmless("description", "metadata", "billing_mode")
    if data.raw("effective_date") == "current_period_end":
        reader.say(data, "effective_date", "current_period_end", "term", "it begins when the current period ends")
        return None
    return reader.stamp(data, "effective_date") or reader.moment(accepted)


def _terms(fields: Fields, starts: datetime | None, reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = {"start_date": None if starts is None else starts.date().isoformat()}
    data = fields.object("subscription_data")
    trial = data.whole("trial_period_days") if data is not None else None
    if trial and data is not None:
        begins = _later(starts, trial)
        if begins is None:
            reader.say(
                data, "trial_period_days", trial, "billing",
                f"billing begins {trial} days after the quote is accepted, on a day that is not known",
            )  # fmt: skip
        else:
            found["billing_start_date"] = begins.isoformat()
    found["payment_terms_days"] = payment_days(fields)
    return found


def _later(starts: datetime | None, trial: int) -> date | None:
    """The day after a trial; None where it is not known, or no trial is that long."""
    if starts is None or not 0 < trial <= _LONGEST_TRIAL:
        return None
    try:
        return (starts + timedelta(days=trial)).date()
    except OverflowError:
        return None


def payment_days(fields: Fields) -> int | None:
    """Within how many days an invoice is to be paid: at once where Stripe charges by itself."""
    settings = fields.object("invoice_settings")
    days = None
    if settings is not None:
        settings.harmless("issuer", "custom_fields", "description", "footer", "account_tax_ids")
        days = settings.whole("days_until_due")
    method = fields.text("collection_method")
    return 0 if method == "charge_automatically" else days


def _lines(fields: Fields, starts: datetime | None, reader: Reader) -> list[dict[str, Any]]:
    shared = coupons_of(fields, reader)
    items = [item for each in listed(fields, "line_items") if (item := _item(each, shared, reader)) is not None]
    recurring = [each for each in items if each.price.charge_type != "one_time"]
    if recurring:
        reader.note(EVERGREEN)
    return [
        {
            "line_id": item.line_id or item.quote_line_id or item.item_id or str(position),
            **terms_of(item, start=starts, alone=_is_alone(item, shared, items), reader=reader),
            "stated_total": _stated(item, reader),
        }
        for position, item in enumerate(items, start=1)
    ]


def _item(fields: Fields, shared: tuple[Coupon, ...], reader: Reader) -> Item | None:
    fields.harmless(*_HARMLESS_OF_ITEM)
    for use in fields.objects("discounts"):  # of a line item, each is an amount with its discount
        use.harmless("amount")
    if fields.has("currency") and (fields.text("currency") or "").upper() != reader.currency:
        fields.ledger.refuse((*fields.path, "currency"), "currency", "the line is in another currency than the quote")
    fields = _with_own_discounts(fields, shared)
    return item_of(fields, shared, reader)


def _with_own_discounts(fields: Fields, shared: tuple[Coupon, ...]) -> Fields:
    """The item without the discounts that are the quote's own, which Stripe repeats on every line item."""
    names = {identity(each.fields.value) for each in shared} - {None}
    uses = fields.value.get("discounts")
    kept = [use for use in uses if not (_coupon_ids(use) & names)] if isinstance(uses, list) else uses
    fields.harmless("discounts")
    return Fields({**fields.value, "discounts": kept}, fields.ledger, fields.path)


def _coupon_ids(use: Any) -> set[Any]:
    found: set[Any] = set()
    while isinstance(use, Mapping):
        source = use.get("source")
        coupon = use.get("coupon") or (source.get("coupon") if isinstance(source, Mapping) else None)
        found.add(identity(coupon))
        use = use.get("discount")
    return found - {None}


def _is_alone(item: Item, shared: tuple[Coupon, ...], items: list[Item]) -> bool:
    """Whether an amount off the invoice is one off this line: it is its own, or no other line is on the invoice."""
    return len(items) == 1 or not any(each in shared for each in item.coupons)


def _stated(item: Item, reader: Reader) -> str | None:
    """A one-time line's total as Stripe has it, after discounts and before tax; a recurring one's is of one period only."""
    if item.price.charge_type != "one_time":
        return None
    value = item.fields.value
    before, off = value.get("amount_subtotal"), value.get("amount_discount") or 0
    if not isinstance(before, int) or not isinstance(off, int):
        return None
    return written(reader.major(Decimal(before - off)))


def listed(fields: Fields, name: str) -> tuple[Fields, ...]:
    """The objects of a nested list. One that Stripe cut short is refused: half of a quote is not judged."""
    found = fields.object(name)
    if found is None:
        fields.ledger.refuse(
            (*fields.path, name), "not_expanded", f"{name} is wanted here: fetch it with expand[]={name}"
        )
        return ()
    found.harmless("object", "url", "total_count", "first_id", "last_id", "count", "total")
    if found.flag("has_more"):
        found.ledger.refuse(
            (*found.path, "has_more"), "cut_short", f"only the first of {name} are here: fetch the rest of the list"
        )
    return found.objects("data")


def _computed(fields: Fields, document: dict[str, Any], reader: Reader) -> None:
    """The monthly total that Stripe printed, where it is one month's."""
    fields.harmless("computed")
    computed = fields.value.get("computed")
    recurring = computed.get("recurring") if isinstance(computed, Mapping) else None
    if not isinstance(recurring, Mapping) or not _adds_up(recurring):
        return
    if recurring.get("interval") != "month" or recurring.get("interval_count") != 1:
        return
    if any(each.get("charge_type") == "usage" for each in document["lines"]):
        return
    off = recurring["total_details"].get("amount_discount") or 0
    document["stated_totals"] = {"mrr": written(reader.major(Decimal(recurring["amount_subtotal"] - off)))}


def _adds_up(recurring: Mapping[str, Any]) -> bool:
    details = recurring.get("total_details")
    return isinstance(recurring.get("amount_subtotal"), int) and isinstance(details, Mapping)


def _evergreen(document: Mapping[str, Any], payload: Mapping[str, Any], shape: Shape, reader: Reader) -> dict[str, Any]:
    """The term of what has no end: as the metadata or the connection state it, renewing by itself.

    An agreement needs one to be held against billing: where none is stated, it is the longest billing period, which is all
    that Stripe binds the customer to.
    """
    metadata = payload.get("metadata")
    own = word(metadata if isinstance(metadata, Mapping) else {}, reader.key("term_key")) or reader.option(
        "term_months"
    )
    months = int(own) if own and own.isascii() and own.isdigit() and 0 < len(own) < 4 else 0
    if own and not 1 <= months <= _LONGEST_TERM:
        raise NotUnderstood(f"the quote's term is given as {own!r}: a number of months is wanted")
    if not months and shape is Shape.AGREEMENT:
        months = max((_PERIOD_MONTHS.get(each.get("billing_frequency"), 0) for each in document["lines"]), default=0)
        if months:
            reader.note(f"no term is stated, so it is one billing period, {months} months, renewing by itself")
    if not months:
        return {"renewal": {"auto_renew": True}}
    return {"term_months": months, "renewal": {"auto_renew": True, "term_months": months}}


def _as_agreement(document: dict[str, Any], payload: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    metadata = payload.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    transitions = payload.get("status_transitions")
    accepted = reader.moment(transitions.get("accepted_at") if isinstance(transitions, Mapping) else None)
    return {
        "agreement_id": word(known, reader.key("agreement_key")) or document["quote_id"],
        **document,
        "signed_on": None if accepted is None else accepted.date().isoformat(),
    }
