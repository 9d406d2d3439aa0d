"""Comparable deals: one row a quote that follows its newest decision, and how each turned out."""

import json

import pytest

from app.store import Document, DocumentKind
from app.store.comparables import band_of
from tests.app.store.builders import a_decision, a_store

LINES = [{"product_id": "SEAT", "product_family": "Platform", "charge_type": "recurring", "price_period": "month"}]


@pytest.fixture
def store(database_url):
    with a_store(database_url) as opened:
        yield opened


def a_quote(quote_id, quantity="100", family="Platform", segment="smb"):
    line = LINES[0] | {
        "quantity": quantity,
        "net_unit_price": "10",
        "list_unit_price": "12.5",
        "product_family": family,
    }
    request = {"quote_id": quote_id, "account": {"segment": segment}, "lines": [line]}
    return a_decision(quote_id=quote_id, request=json.dumps(request).encode())


def like(store, decision):
    return [each.quote_id for each in store.comparables.like(store.ledgers.read(decision), limit=8)]


def test_deals_are_alike_by_families_segment_and_size(store):
    mine = a_quote("Q-1")
    others = [
        a_quote("Q-2"),
        a_quote("Q-3", family="Services"),
        a_quote("Q-4", segment="mid"),
        a_quote("Q-5", quantity="900"),
    ]
    for each in (mine, *others):
        store.record(each)
    assert like(store, mine) == ["Q-2"]


def test_a_quote_is_known_as_it_was_decided_last(store):
    mine = a_quote("Q-1")
    for each in (mine, a_quote("Q-2", quantity="900"), a_quote("Q-2")):
        store.record(each)
    [other] = store.comparables.like(store.ledgers.read(mine), limit=8)
    assert (other.quote_id, other.annual, other.discount) == ("Q-2", 1_200_000, 2_000)


def test_counting_again_makes_the_same_rows(store):
    mine = a_quote("Q-1")
    for each in (mine, a_quote("Q-2", quantity="900"), a_quote("Q-2")):
        store.record(each)
    before = store.comparables.like(store.ledgers.read(mine), limit=8)
    store.rebuild_insights()
    assert store.comparables.like(store.ledgers.read(mine), limit=8) == before


def test_how_a_deal_turned_out_is_found_through_what_was_signed_of_it(store):
    put = store.documents.put
    put(DocumentKind.AGREEMENT, [Document(id="A-1", body=b'{"agreement_id":"A-1"}', parent_id="Q-1")])
    put(DocumentKind.BILLING_CONFIGURATION, [Document(id="B-1", body=b"{}", agreement_id="A-1")])
    outcome = {"outcome_id": "O-1", "leaked": True, "subject": {"type": "billing_configuration", "id": "B-1"}}
    put(DocumentKind.OUTCOME, [Document(id="O-1", body=json.dumps(outcome).encode(), parent_id="B-1")])
    [turned] = store.comparables.turned(["Q-1", "Q-2"])
    assert (turned.quote_id, json.loads(turned.outcome)["outcome_id"]) == ("Q-1", "O-1")


def test_sizes_come_in_bands():
    assert [band_of(each, "USD") for each in (None, 0, 499_999, 500_000, 100_000_000)] == [-1, 0, 0, 1, 8]
    assert band_of(5_000, "JPY") == 1  # a yen has no smaller unit
