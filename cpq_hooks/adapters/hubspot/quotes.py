"""HubSpot's quotes, and its deals with line items, as quotes; accepted ones as agreements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.hubspot.documents import (
    Span,
    account_of,
    calculated,
    common_currency,
    items_of,
    known_only,
    lines_of,
    renewal_of,
    rep_of,
    terms_without_dates,
    whole_of,
)
from cpq_hooks.adapters.hubspot.reading import Reader, day, identity, moment, properties_of
from cpq_hooks.vendor_fields import Fields, stated

STAGES: Final = {
    "DRAFT": "draft", "REJECTED": "draft", "PENDING_APPROVAL": "submitted", "APPROVED": "sent", "APPROVAL_NOT_NEEDED": "sent",
    "PENDING_BUYER_ACTION": "sent", "ACCEPTED": "accepted", "WON": "accepted", "SIGNED": "accepted", "PAID": "accepted",
}  # fmt: skip
PUBLISHED: Final = frozenset({"APPROVED", "APPROVAL_NOT_NEEDED", "PENDING_BUYER_ACTION"})
_DEAL_TYPES: Final = {
    "newbusiness": "new", "new": "new", "renewal": "renewal", "expansion": "expansion", "upsell": "expansion", "amendment": "amendment",
}  # fmt: skip
_HARMLESS: Final = frozenset((
    "hs_title", "hs_quote_number", "hs_proposal_slug", "hs_slug", "hs_domain", "hs_quote_link", "hs_public_url_key", "hs_language",
    "hs_locale", "hs_terms", "hs_comments", "hs_createdate", "hs_lastmodifieddate", "hs_object_id", "hs_quote_amount",
    "hs_quote_total_preference", "hs_template", "hs_template_type", "hs_locked", "hs_timezone", "hs_logo_url", "hs_primary_color",
    "hs_show_line_item_discounts", "hs_show_countersignature_box", "hs_show_signature_box", "hs_payment_enabled", "hs_payment_type",
    "hs_allowed_payment_methods", "hs_collect_billing_address", "hs_collect_shipping_address", "hs_payment_status", "hs_payment_date",
    "hs_approver_id", "hs_approval_status", "hs_feedback", "hs_associated_deal_owner_id", "hs_quote_owner_id", "hs_currency",
    "hs_acv", "hs_arr", "hs_mrr", "hs_tcv", "hs_collect_custom_fields", "hs_accepted_date",
))  # fmt: skip
_MONTHS: Final = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
_SIGNED_ON: Final = ("hs_accepted_date", "hs_esign_date", "hs_payment_date")


def quote(payload: Mapping[str, Any], shape: Shape, reader: Reader) -> Translation:
    """A quote as our client puts it together: the quote, its line items, deal, company and owner. Raises `Invalid`."""
    fields = Fields.of(payload)
    record = fields.object("quote")
    if record is None:
        raise NotUnderstood("for a quote, the quote with its line items is wanted")
    own = properties_of(record, _HARMLESS, calculated(fields, "quotes"))
    deal = _deal(fields)
    reader.currency = common_currency(
        fields, [(own, "hs_currency"), *([(deal, "deal_currency_code")] if deal else [])], reader
    )
    status = (own.text("hs_status") or own.text("hs_quote_status") or "").upper()
    stage = _stage(own, status, reader)
    if shape is Shape.AGREEMENT and stage != "accepted":
        raise NotUnderstood(
            f"quote {identity(record)} is {status or 'without a status'}: only an accepted one is an agreement"
        )
    document: dict[str, Any] = {
        "quote_id": identity(record),
        "source": "hubspot",
        "stage": stage,
        **_around(fields, own, deal, reader),
        "created_at": moment(own, "hs_createdate") or moment(record, "createdAt"),
        "valid_until": _iso(day(own, "hs_expiration_date")),
        **_terms(fields, own, reader),
    }
    if shape is Shape.AGREEMENT:
        document = _as_agreement(document, own, reader)
    return _done(document, fields, shape, reader)


def deal(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """A deal with line items of its own, as a quote. Raises `Invalid`."""
    fields = Fields.of(payload)
    own = _deal(fields)
    if own is None:
        raise NotUnderstood("for a deal, the deal with its line items is wanted")
    reader.currency = common_currency(fields, [(own, "deal_currency_code")], reader)
    record = Fields(fields.value["deal"], fields.ledger, ("deal",))
    won = own.flag("hs_is_closed_won")
    document = {
        "quote_id": f"deal-{identity(record)}",
        "source": "hubspot",
        "stage": "accepted" if won else "draft",
        **_around(fields, own, own, reader),
        "created_at": moment(own, "createdate"),
        **_terms(fields, own, reader),
    }
    return _done(document, fields, Shape.QUOTE, reader)


def _done(document: dict[str, Any], fields: Fields, shape: Shape, reader: Reader) -> Translation:
    known_only(fields, reader)
    fields.ledger.settle()
    return Translation(
        shape=shape, document=stated(document), unused=(*reader.unused, *fields.unused()), notes=tuple(reader.notes)
    )


def _deal(fields: Fields) -> Fields | None:
    """The deal's properties; of a deal only those that are named here are ever asked for."""
    record = fields.object("deal")
    fields.harmless("deal")
    known = record.value.get("properties") if record is not None else None
    return Fields(known, fields.ledger, ("deal", "properties")) if isinstance(known, Mapping) else None


def _stage(own: Fields, status: str, reader: Reader) -> str | None:
    """Where the quote stands. One that is published may be paid or signed already, which other properties say."""
    stage = STAGES.get(status)
    if stage == "sent" and ((own.text("hs_payment_status") or "").upper() == "PAID" or _is_signed(own)):
        return "accepted"
    if stage is None and status:
        reader.note(f"the quote is {status}, which is no stage on the way to the customer")
    return stage


def _is_signed(own: Fields) -> bool:
    wanted, done = own.whole("hs_esign_num_signers_required"), own.whole("hs_esign_num_signers_completed")
    return bool(wanted) and done == wanted


def _around(fields: Fields, own: Fields, deal_: Fields | None, reader: Reader) -> dict[str, Any]:
    record = fields.value.get("deal")
    deal_id = identity(Fields(record, fields.ledger, ("deal",))) if isinstance(record, Mapping) else None
    return {
        "opportunity_id": deal_id,
        "deal_type": _deal_type(own, deal_, reader),
        "account": account_of(fields, reader),
        "rep": rep_of(fields, own, deal_),
        "currency": reader.currency,
    }


def _deal_type(own: Fields, deal_: Fields | None, reader: Reader) -> str | None:
    """What the deal is, by its type; existing business may be renewal or expansion, so it is not guessed."""
    name = reader.option("deal_type_property")
    text = own.text(name) if name else None
    text = text or (deal_.text("dealtype") if deal_ is not None else None)
    found = _DEAL_TYPES.get((text or "").lower().replace(" ", "").replace("_", ""))
    if text and found is None:
        reader.note(
            f"the deal's type {text} may be a renewal or an expansion; a property of the deal type tells, see deal_type_property"
        )
    return found


def _terms(fields: Fields, own: Fields, reader: Reader) -> dict[str, Any]:
    items = items_of(fields, reader)
    span = Span.of(items)
    lines = lines_of(items, span, reader)
    whole_of(fields, reader)
    special = reader.option("special_terms_property")
    text = own.text(special) if special else None
    return {
        "start_date": _iso(span.starts),
        "end_date": _iso(span.ends),
        "term_months": None if span.ends is not None else terms_without_dates(items, span, reader),
        "payment_terms_days": payment_days(own, reader),
        **renewal_of(items, reader),
        "special_terms": [{"text": text}] if text else None,
        "lines": lines,
    }


def payment_days(own: Fields, reader: Reader) -> int | None:
    """Within how many days an invoice is to be paid, where it is a number of days or due at once."""
    name = reader.option("payment_terms_property") or "hs_net_payment_terms"
    text = own.text(name)
    if text is None:
        return None
    digits = "".join(each for each in text if each.isdigit() and each.isascii())
    if (
        digits
        and len(digits) < 4
        and text.upper().replace("NET", "").replace("DAYS", "").replace("_", "").strip() == digits
    ):
        return int(digits)
    if text.upper().replace(" ", "_") in {"DUE_ON_RECEIPT", "DUE_UPON_RECEIPT"}:
        return 0
    reader.say(own, name, text, "billing", f"the payment terms {text} are no number of days")
    return None


def _as_agreement(document: dict[str, Any], own: Fields, reader: Reader) -> dict[str, Any]:
    name = reader.option("agreement_property")
    signed = [found for each in _SIGNED_ON if (found := day(own, each)) is not None]
    agreement_id = (own.text(name) if name else None) or document["quote_id"]
    if document.get("term_months") is None and document.get("end_date") is None:
        document = {**document, **_one_period(document, reader)}
    return {"agreement_id": agreement_id, **document, "signed_on": _iso(signed[0]) if signed else None}


def _one_period(document: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """The term of an agreement that has none: its longest billing period, which is all that binds the customer."""
    months = max((_MONTHS.get(each["billing_frequency"], 0) for each in document["lines"]), default=0)
    if not months:
        return {}
    reader.note(f"no term is stated, so it is one billing period, {months} months, renewing by itself")
    return {"term_months": months, "renewal": {"auto_renew": True, "term_months": months}}


def _iso(found: date | None) -> str | None:
    return None if found is None else found.isoformat()
