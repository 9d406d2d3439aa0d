"""Revenue Cloud's Place Sales Transaction in canonical form, and the verdict as a procedure plan takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpq_hooks.adapter import Genuine, Need, NotUnderstood, Refusal, Shape, Target
from cpq_hooks.adapters.salesforce_revenue_cloud import ADAPTER
from cpq_hooks.canonical import load_agreement, load_quote
from cpq_hooks.problem import Invalid
from policies.domain.schedule import committed_total
from tests.cpq_hooks.adapters.salesforce_objects import (
    a_connection,
    a_delivery,
    a_soap_delivery,
    an_outbound_message,
    as_read,
)

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "salesforce"


def _entry(reference, kind, method="POST", **fields):
    return {"referenceId": reference, "record": {"attributes": {"type": kind, "method": method}, **fields}}


def _a_line(reference="refLine1", **changes):
    """Ten units at 90 a month, list 100, for 2027: 10,800."""
    fields = {
        "QuoteId": "@{refQuote.id}", "Product2Id": "01tPLATFORM", "Quantity": 10, "ListPrice": 100, "UnitPrice": 100,
        "Discount": 10, "NetUnitPrice": 90, "NetTotalPrice": 10800, "SellingModelType": "TermDefined",
        "PricingTerm": 1, "PricingTermUnit": "Months", "PricingTermCount": 12, "BillingFrequency": "Annual",
        "StartDate": "2027-01-01", "EndDate": "2027-12-31", **changes,
    }  # fmt: skip
    return _entry(reference, "QuoteLineItem", **fields)


def _a_transaction(*entries, **changes):
    head = _entry("refQuote", "Quote", Name="Acme", Status="Draft", **changes)
    return {"pricingPref": "System", "graph": {"graphId": "g", "records": [head, *(entries or (_a_line(),))]}}


def _translated(payload, **options):
    (found,) = ADAPTER.translate(as_read(payload), Shape.QUOTE, a_connection(**options))
    load_quote(found.document)
    return found


def _total(found):
    quote = load_quote(found.document)
    return sum(committed_total(each, quote) for each in quote.lines)


def test_a_transaction_becomes_a_quote():
    found = _translated(_a_transaction(OpportunityId="006A", QuoteAccountId="001A", ExpirationDate="2026-12-31"))
    line = found.document["lines"][0]
    assert (found.document["quote_id"], found.document["stage"]) == ("refQuote", "draft")
    assert (line["line_id"], line["net_unit_price"], line["price_period"]) == ("refLine1", "90", "month")
    assert line["discounts"] == [{"kind": "additional", "percent": "10"}]
    assert (_total(found), found.unused) == (10800, ())


@pytest.mark.parametrize("quantity", [10, "10", "10.0"])
def test_a_quantity_is_text_or_a_number(quantity):
    assert load_quote(_translated(_a_transaction(_a_line(Quantity=quantity))).document).lines[0].quantity == 10


@pytest.mark.parametrize(
    ("unit", "length", "price", "period", "canonical"),
    [
        ("Annual", 1, 1080, "year", "1080"),
        ("Quarterly", 1, 270, "quarter", "270"),
        ("Semi-Annual", 1, 540, "quarter", "270"),
        ("Months", 24, 2160, "year", "1080"),
    ],
)
def test_the_pricing_term_says_what_a_price_pays_for(unit, length, price, period, canonical):
    line = _a_line(
        PricingTermUnit=unit, PricingTerm=length, NetUnitPrice=price, ListPrice=None, UnitPrice=price, Discount=None
    )
    found = _translated(_a_transaction(line))
    assert (found.document["lines"][0]["price_period"], found.document["lines"][0]["net_unit_price"]) == (
        period,
        canonical,
    )
    assert _total(found) == 10800


def test_weeks_are_a_price_for_the_whole_term():
    found = _translated(
        _a_transaction(_a_line(PricingTermUnit="Weekly", PricingTermCount=52, NetUnitPrice=20, NetTotalPrice=10400))
    )
    assert found.document["lines"][0]["price_period"] == "term"
    assert _total(found) == 10400


def test_references_are_resolved_to_ids_where_there_are_any():
    part = _entry(
        "refLine2",
        "QuoteLineItem",
        Id="0QL2",
        QuoteId="@{refQuote.id}",
        Product2Id="01tX",
        Quantity="1",
        UnitPrice=0,
        SellingModelType="OneTime",
    )
    relation = _entry(
        "refRel", "QuoteLineRelationship", MainQuoteLineId="@{refLine1.id}", AssociatedQuoteLineId="@{refLine2.id}",
        AssociatedQuoteLinePricing="NotIncludedInBundlePrice",
    )  # fmt: skip
    lines = _translated(_a_transaction(_a_line(), part, relation)).document["lines"]
    assert [(each["line_id"], each.get("parent_line_id")) for each in lines] == [
        ("refLine1", None),
        ("0QL2", "refLine1"),
    ]


def test_what_the_transaction_deletes_is_not_on_the_quote():
    gone = _entry("refLine2", "QuoteLineItem", "DELETE", Id="0QL2", UnitPrice=5)
    assert len(_translated(_a_transaction(_a_line(), gone)).document["lines"]) == 1


def test_a_line_without_a_price_is_left_out_and_said():
    found = _translated(_a_transaction(_a_line(), _entry("refLine2", "QuoteLineItem", Product2Id="01tX", Quantity=1)))
    assert len(found.document["lines"]) == 1
    assert [each.bears_on for each in found.unused] == ["price"]
    with pytest.raises(Invalid, match="no line has a price"):
        _translated(_a_transaction(_entry("refLine2", "QuoteLineItem", Product2Id="01tX", Quantity=1)))


def test_what_is_not_known_is_said():
    found = _translated(
        _a_transaction(
            _a_line(
                BillingFrequency="Milestone", UnitPriceUplift=3, Ramp_Price__c=7, SubscriptionTerm=12, EndDate=None
            ),
            PaymentTerms="EOM",
        )
    )
    assert {each.path.rpartition(".")[2]: each.bears_on for each in found.unused} == {
        "PaymentTerms": "billing", "BillingFrequency": "billing", "UnitPriceUplift": "price", "Ramp_Price__c": "price", "SubscriptionTerm": "term",
    }  # fmt: skip


@pytest.mark.parametrize(
    "payload", [{}, {"graph": 1}, [], "x", {"graph": {"records": []}}, {"graph": {"records": [{"record": {}}]}}]
)
def test_what_is_no_transaction_is_said_to_be_none(payload):
    with pytest.raises((NotUnderstood, Invalid)):
        ADAPTER.translate(payload, Shape.QUOTE, a_connection())


def test_only_an_accepted_quote_is_an_agreement():
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(as_read(_a_transaction()), Shape.AGREEMENT, a_connection())
    accepted = _a_transaction(ContractId="800A")
    accepted["graph"]["records"][0]["record"]["Status"] = "Accepted"
    (found,) = ADAPTER.translate(as_read(accepted), Shape.AGREEMENT, a_connection())
    assert load_agreement(found.document).agreement_id == "800A"


def test_the_relay_is_known_by_its_signature_and_the_quote_waits():
    delivery = a_delivery({**_a_transaction(), "stage": "submitted"})
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Genuine)
    assert isinstance(ADAPTER.verify(a_delivery(_a_transaction(), secret="wrong"), a_connection()), Refusal)
    inline = ADAPTER.inline(delivery, a_connection())
    assert inline is not None
    assert inline.translation.document["stage"] == "submitted"
    assert ADAPTER.events(delivery, a_connection())[0].object_id == "refQuote"


@pytest.mark.parametrize(
    ("decision", "status", "said"),
    [
        ({"verdict": "allow", "headline": "Nothing stands in the way.", "findings": []}, "SUCCESS", "Nothing stands"),
        ({"verdict": "block", "headline": "x", "findings": [{"effect": "block", "message": "Under the floor", "line_ids": ["refLine1"]}]}, "FAILED", "Under the floor."),
        ({"verdict": "flag", "headline": "A person must look.", "findings": []}, "SUCCESS", "A person must look."),
        ({"checked": False, "fail_mode": "open", "headline": "Not checked"}, "SUCCESS", "Not checked."),
        ({"checked": False, "fail_mode": "hold", "headline": "Not checked"}, "FAILED", "Not checked."),
    ],
)  # fmt: skip
def test_the_answer_is_a_status_and_a_message(decision, status, said):
    told = json.loads(ADAPTER.answer(decision, a_delivery(_a_transaction()), a_connection()).body)
    assert told["status"] == status
    assert said in told["message"]


def test_holds_and_messages_are_salesforce_s_own():
    (call,) = ADAPTER.hold(
        Target(object_type="Quote", object_id="0Q0A"), {"decision_id": "d", "verdict": "block"}, a_connection()
    )
    assert (call.path, call.json["Quoteguard_Hold__c"]) == ("/services/data/v62.0/sobjects/Quote/0Q0A", True)
    delivery = a_soap_delivery(an_outbound_message(("04l1", "QuoteLineItem", {"Id": "0QL1", "QuoteId": "0Q0A"})))
    assert ADAPTER.events(delivery, a_connection())[0].needs == (Need(resource="Quote", id="0Q0A"),)


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the vendor's own payloads are not here")
def test_the_official_transactions_are_read():
    first = ADAPTER.parse((FIXTURES / "rlm_place_sales_transaction.request.json").read_bytes())
    second = ADAPTER.parse((FIXTURES / "rlm_place_sales_transaction_transactiontype.request.json").read_bytes())
    one, two = (ADAPTER.translate(each, Shape.QUOTE, a_connection())[0].document for each in (first, second))
    assert load_quote(one).quote_id == load_quote(two).quote_id == "refQuote"
    (line,) = one["lines"]  # the other one has no price yet
    assert (line["net_unit_price"], line["quantity"], line["start_date"], line["end_date"]) == (
        "100",
        "1",
        "2024-10-29",
        "2025-03-01",
    )
    assert (two["lines"][0]["net_unit_price"], two["lines"][0]["quantity"], two["opportunity_id"]) == (
        "49.99",
        "10",
        "006xx000001a2oWAAQ",
    )
