"""A Revenue Cloud quote in canonical form: its prices are those of one pricing term, as canonical prices are."""

from __future__ import annotations

from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.salesforce_revenue_cloud.graph import LINE, QUOTE, RELATIONSHIP, Graph, Node, graph_of
from cpq_hooks.adapters.salesforce_revenue_cloud.lines import lines_of
from cpq_hooks.adapters.salesforce_revenue_cloud.reading import HARMLESS, Reader
from cpq_hooks.salesforce.words import payment_days, stages_of
from cpq_hooks.vendor_fields import Fields, stated

NO_CURRENCY: Final = (
    "the quote states no currency (CurrencyIsoCode), as in an organisation with one currency: set the option currency of the "
    "connection"
)
_STAGES: Final = ("draft", "submitted", "sent", "accepted")


def quote(payload: Any, shape: Shape, reader: Reader) -> Translation:
    """The quote of a graph. Raises `NotUnderstood`, `Invalid`."""
    graph, request = graph_of(payload)
    heads = graph.of(QUOTE)
    if len(heads) != 1:
        raise NotUnderstood(f"a transaction is on one Quote, and this graph holds {len(heads)}")
    head = heads[0]
    request.harmless(
        "pricingPref",
        "catalogRatesPref",
        "configurationPref",
        "taxPref",
        "contextDetails",
        "configurationOptions",
        "stage",
    )
    document = {**_head(head, graph, reader), "lines": lines_of(graph, reader)}
    head.record.harmless(*HARMLESS)
    for node in graph.nodes:
        if node.kind not in {QUOTE, LINE, RELATIONSHIP}:
            node.record.harmless(*node.record.value)
            if node.kind == "QuoteLineItemAttribute":
                reader.note("attributes of products are not read: what they change is taken from the prices")
            else:
                reader.note(f"records of type {node.kind} are not read")
    request.ledger.settle()
    if not document["lines"]:
        request.ledger.refuse(
            ("graph", "records"), "no_lines", "no line has a price yet: check it after pricing has run"
        )
        request.ledger.settle()
    if shape is Shape.AGREEMENT:
        if document["stage"] != "accepted":
            raise NotUnderstood("only an accepted quote is an agreement")
        document = {"agreement_id": head.record.text("ContractId") or document["quote_id"], **document}
    return Translation(
        shape=shape, document=stated(document), unused=(*reader.unused, *request.unused()), notes=tuple(reader.notes)
    )


def _head(node: Node, graph: Graph, reader: Reader) -> dict[str, Any]:
    record = node.record
    currency = record.text("CurrencyIsoCode") or reader.option("currency")
    if currency is None:
        reader.note(NO_CURRENCY)
    account = record.text("QuoteAccountId") or record.text("AccountId")
    owner = record.text("OwnerId")
    return {
        "quote_id": node.name,
        "revision": record.text("SystemModstamp"),
        "source": "salesforce-revenue-cloud",
        "stage": graph.stage if graph.stage in _STAGES else _stage(record, reader),
        "opportunity_id": record.text("OpportunityId"),
        "account": None if account is None else {"account_id": account, "time_zone": reader.option("time_zone")},
        "rep": None if owner is None else {"rep_id": owner},
        "currency": None if currency is None else currency.upper(),
        "price_book": reader.option("price_book"),
        "created_at": record.moment("CreatedDate"),
        "valid_until": record.day("ExpirationDate"),
        "start_date": record.day("StartDate"),
        "end_date": record.day("EndDate"),
        "payment_terms_days": _payment(record, reader),
    }


def _stage(record: Fields, reader: Reader) -> str | None:
    status = record.text("Status")
    found = None if status is None else stages_of(reader.option("stages")).get(status.lower())
    if status is not None and found is None:
        reader.note(f"the quote's status {status} is no stage that is known: set the option stages")
    return found


def _payment(record: Fields, reader: Reader) -> int | None:
    for name in ("PaymentTerms", "PaymentTerm", "PaymentTerms__c"):
        terms = record.text(name)
        if terms is not None:
            days = payment_days(terms)
            if days is None:
                reader.say(record, name, "billing", f"the payment terms {terms} are none that are known")
            return days
    return None
