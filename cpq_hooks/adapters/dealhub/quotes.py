"""DealHub's documents as quotes: what a playbook sends while a rep works, and what the quote API has of a quote that exists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.dealhub.lines import frequency_of, items_in, line_of
from cpq_hooks.adapters.dealhub.reading import Named, Reader, iso, named, stamp
from cpq_hooks.signing import sha256_hex
from cpq_hooks.vendor_fields import Fields, stated
from policies.domain.period import add_months

STAGES: Final = {
    "draft": "draft", "rejected": "draft", "recalled": "draft", "pendingapproval": "submitted", "waitingforapproval": "submitted",
    "submitted": "submitted", "readytobesent": "submitted", "ready": "submitted", "approved": "submitted", "published": "sent",
    "sent": "sent", "won": "accepted", "signed": "accepted",
}  # fmt: skip
_CANONICAL_STAGES: Final = frozenset({"draft", "submitted", "sent", "accepted"})
_DEAL_TYPES: Final = {"new": "new", "newbusiness": "new", "renewal": "renewal", "expansion": "expansion", "upsell": "expansion",
                      "amendment": "amendment"}  # fmt: skip
_HARMLESS: Final = ("quote_upgrade_required", "deal_room_info", "approvals", "summary", "info")
_HARMLESS_INFO: Final = (
    "external_quote_id", "customer_id", "contact_name", "contact_email", "dealhub_quote_name", "dealhub_quote_number", "primary_quote",
    "submitted_by", "submission_date", "geo_code", "playbook", "version_id", "external_customer_id", "dealhub_opportunity_id",
)  # fmt: skip


def is_query(payload: Mapping[str, Any]) -> bool:
    return isinstance(payload.get("playbook_data"), Mapping) and "product_data" in payload


def is_callout(payload: Mapping[str, Any]) -> bool:
    return isinstance(payload.get("items"), list) and "playbook_answers" in payload


def query(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """What an external query sends: answers and products as they stand in the editor. Raises `Invalid`."""
    fields = Fields.of(payload)
    answers = fields.object("playbook_data") or Fields({}, fields.ledger, ("playbook_data",))
    return _of_playbook(fields, answers, ("product_data", "bundle_line_items"), payload, reader)


def callout(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """What a pricing callout sends, where it has prices. The request repeats its token, which is nobody's business here."""
    fields = Fields.of(payload).harmless("request_id", "authentication")
    answers = fields.object("playbook_answers") or Fields({}, fields.ledger, ("playbook_answers",))
    return _of_playbook(fields, answers, ("items", "bundle_items"), payload, reader)


def _of_playbook(
    fields: Fields, answers: Fields, names: tuple[str, str], payload: Mapping[str, Any], reader: Reader
) -> Translation:
    known = Named.of(answers)
    reader.currency = _currency(answers, known, reader)
    lines = [line_of(*each, Named.of(each[2]), reader) for each in items_in(fields, *names)]
    quote_id = known.text(reader.answer("quote_id")) or _by_content(payload, reader)
    rep = known.text(reader.answer("rep_id"))
    document = {
        "quote_id": quote_id,
        "source": "dealhub",
        "stage": _stage(known.text(reader.answer("stage")) or reader.option("stage") or "draft", reader),
        "opportunity_id": known.text(reader.answer("opportunity_id")),
        "deal_type": _deal_type(known.text(reader.answer("deal_type")), reader),
        "account": _account(known, reader),
        "rep": {"rep_id": rep} if rep else None,
        "currency": reader.currency,
        **_terms(known, [each for each in lines if each is not None], reader),
    }
    return _done(document, fields, reader, Shape.QUOTE)


def _by_content(payload: Mapping[str, Any], reader: Reader) -> str:
    """A name for a quote that does not say its id: the same as long as it says the same."""
    reader.note(
        f"the request names no quote: let DealHub send the answer {reader.answer('quote_id')}, so that decisions follow the quote"
    )
    kept = {name: value for name, value in payload.items() if name not in {"request_id", "authentication"}}
    return f"playbook-{sha256_hex(json.dumps(kept, default=str, sort_keys=True).encode('utf-8', 'surrogatepass'))[:16]}"


def _currency(answers: Fields, known: Named, reader: Reader) -> str:
    before = len(answers.ledger.problems)
    found = known.currency(reader.answer("currency"))
    if found is not None:
        return found
    own = Named.of(Fields({"currency": reader.option("currency")}, answers.ledger)).currency("currency")
    if own is None and len(answers.ledger.problems) == before:
        answers.ledger.refuse(
            answers.path, "unknown_currency",
            f"no currency is stated: let DealHub send the answer {reader.answer('currency')}, or set the option currency",
        )  # fmt: skip
    return own or ""


def _account(known: Named, reader: Reader) -> dict[str, Any] | None:
    account_id = known.text(reader.answer("account_id"))
    country = (known.text(reader.answer("country")) or "").upper()
    found = {
        "account_id": account_id,
        "name": known.text(reader.answer("account_name")),
        "segment": known.text(reader.answer("segment")),
        "country": country if len(country) == 2 and country.isascii() and country.isalpha() else None,
    }
    return found if account_id else None


def _stage(text: str, reader: Reader) -> str | None:
    word = named(text).replace("_", "")
    stage = word if word in _CANONICAL_STAGES else STAGES.get(word)
    if stage is None:
        reader.note(f"the quote is {text}, which is no stage on the way to the customer")
    return stage


def _deal_type(text: str | None, reader: Reader) -> str | None:
    found = _DEAL_TYPES.get(named(text or "").replace("_", ""))
    if text and found is None:
        reader.note(f"the deal type {text} is none of new, expansion, renewal and amendment")
    return found


def _terms(known: Named, lines: Sequence[dict[str, Any]], reader: Reader) -> dict[str, Any]:
    """The document's dates and rhythm; a line whose duration is another than the others' has dates of its own."""
    starts = known.day(reader.answer("start_date"))
    terms = {each["months"] for each in lines if each["months"] is not None}
    stated_term = known.whole(reader.answer("term_months"))
    term = stated_term or max(terms, default=None)
    ids = {each["line_id"] for each in lines}
    for each in lines:
        months = each.pop("months")
        if each["parent_line_id"] not in ids:
            each["parent_line_id"] = None  # a bundle without a price of its own is no line
        if months is not None and months != term:
            _own_end(each, starts, months, reader)
    frequency = known.text(reader.answer("billing_frequency"))
    place = known.place(reader.answer("billing_frequency"))
    if frequency and frequency_of(frequency) is None and place is not None:
        reader.say(place[0], place[1], frequency, "billing", f"a billing frequency of {frequency} is not known")
    special = known.text(reader.answer("special_terms"))
    renews = known.flag(reader.answer("renewal"))
    return {
        "start_date": iso(starts),
        "term_months": term,
        "billing_frequency": frequency_of(frequency),
        "payment_terms_days": known.whole(reader.answer("payment_terms_days")),
        "renewal": None if renews is None else {"auto_renew": renews},
        "special_terms": [{"text": special}] if special else None,
        "lines": list(lines),
    }


def _own_end(line: dict[str, Any], starts: date | None, months: int, reader: Reader) -> None:
    begins = date.fromisoformat(line["start_date"]) if line["start_date"] else starts
    if begins is None:
        reader.note(
            f"line {line['line_id']} runs for {months} months and not as long as the quote, and no start is stated"
        )
        return
    line["end_date"] = date.fromordinal(add_months(begins, months).toordinal() - 1).isoformat()


def _done(document: Mapping[str, Any], fields: Fields, reader: Reader, shape: Shape) -> Translation:
    fields.ledger.settle()
    return Translation(
        shape=shape, document=stated(document), unused=(*reader.unused, *fields.unused()), notes=tuple(reader.notes)
    )


def quote(payload: Mapping[str, Any], shape: Shape, reader: Reader) -> Translation:
    """A quote as the quote API has it with info, line items and answers. Raises `NotUnderstood`, `Invalid`."""
    fields = Fields.of(payload)
    quote_id, status = fields.text("dealhub_quote_id"), fields.text("status") or ""
    if quote_id is None:
        raise NotUnderstood("for a quote, DealHub's quote or what a playbook sends is wanted")
    if fields.flag("quote_upgrade_required"):
        raise NotUnderstood(
            f"quote {quote_id} is a draft of an older version, of which DealHub tells nothing: open and save it there"
        )
    info = fields.object("info")
    fields.harmless(*_HARMLESS)
    if info is None or not isinstance(fields.value.get("line_items"), list):
        raise NotUnderstood(
            f"quote {quote_id} comes without info and line items: ask for feature=info and feature=line_items"
        )
    answers = Named.of(info, _answers(fields))
    reader.currency = answers.currency("currency") or _currency(fields, answers, reader)
    stage = _stage(status, reader) if status else None
    if shape is Shape.AGREEMENT and stage != "accepted":
        raise NotUnderstood(f"quote {quote_id} is {status or 'without a status'}: only one that is won is an agreement")
    lines = []
    for line_id, parent, item in items_in(fields, "line_items", "bundle_line_items"):
        found = line_of(line_id, parent, item, Named.of(item), reader)
        total = item.number("net_price")
        if found is not None:
            lines.append({**found, "stated_total": None if total is None else format(total, "f")})
    document = _document(quote_id, stage, info, answers, lines, reader)
    if shape is Shape.AGREEMENT:
        signed = stamp(info.text("won_date"))
        document = {
            "agreement_id": quote_id,
            **document,
            "signed_on": None if signed is None else signed.date().isoformat(),
        }
    return _done(document, fields, reader, shape)


def _document(
    quote_id: str, stage: str | None, info: Fields, answers: Named, lines: list[dict[str, Any]], reader: Reader
) -> dict[str, Any]:
    info.harmless(*_HARMLESS_INFO)
    rep, account = info.text("created_by"), _account(answers, reader)
    customer = info.text("external_customer_id")
    if account is None and customer:
        account = {"account_id": customer, "name": info.text("account_name")}
    created = stamp(info.text("creation_date"))
    expires = stamp(info.text("expiration_date"))
    return {
        "quote_id": quote_id,
        "source": "dealhub",
        "stage": stage,
        "opportunity_id": info.text("external_opportunity_id") or answers.text(reader.answer("opportunity_id")),
        "deal_type": _deal_type(answers.text(reader.answer("deal_type")), reader),
        "account": account,
        "rep": {"rep_id": answers.text(reader.answer("rep_id")) or rep} if rep else None,
        "currency": reader.currency,
        "created_at": None if created is None else created.isoformat(),
        "valid_until": None if expires is None else expires.isoformat(),
        **_terms(answers, lines, reader),
    }


def _answers(fields: Fields) -> Fields:
    """The playbook's answers by group and question, as external queries name them. They are the company's own words."""
    found: dict[str, Any] = {}
    for each in fields.objects("answers"):
        group, question = each.text("group_id"), each.text("question_id")
        if group and question:
            found[f"{group}.{question}"] = each.value.get("answer")
    fields.harmless("answers")
    return Fields(found, fields.ledger, ("answers",))
