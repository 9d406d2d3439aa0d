"""DealHub's client: a quote with the features that are read, and what DealHub says where there is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from cpq_hooks.adapter import Need, Shape, ordered
from cpq_hooks.adapters.dealhub import ADAPTER
from cpq_hooks.clients import failures
from cpq_hooks.clients.dealhub import DealHubClient, UnknownResource
from tests.cpq_hooks.adapters.dealhub_objects import a_connection, a_quote
from tests.cpq_hooks.clients.wire import Reply, Scripted, StillClock


def _client(*replies):
    wire = Scripted(*replies)
    return DealHubClient.of(a_connection(), clock=StillClock().clock, transport=wire), wire


def test_a_quote_is_fetched_with_what_is_read_of_it_and_without_approvals():
    client, wire = _client(Reply(body=json.dumps(a_quote()).encode()))
    payload = client.fetch(Need(resource="quote", id="dh/1"))
    asked = urlsplit(wire.asked[0].url)
    assert asked.path == "/api/v2/quote/dh%2F1"
    assert parse_qs(asked.query)["feature"] == ["info", "summary", "line_items", "answers"]
    assert wire.asked[0].headers["Authorization"] == "Bearer api-token"
    assert ADAPTER.translate(payload, Shape.QUOTE)[0].document["quote_id"] == "dh-1"


def test_a_quote_that_is_gone_is_told_by_400_and_other_400s_are_refusals():
    client, _ = _client(Reply(status=400, body=b'{"message":"Entity (ID = dh-1) not found"}'))
    with pytest.raises(failures.NotThere):
        client.fetch(Need(resource="quote", id="dh-1"))
    client, _ = _client(Reply(status=400, body=b'{"message":"Unrecognized parameter: feature"}'))
    with pytest.raises(failures.Refused) as caught:
        client.fetch(Need(resource="quote", id="dh-1"))
    assert not isinstance(caught.value, failures.NotThere)


def test_a_wrong_token_is_403_and_no_outage():
    client, _ = _client(*[Reply(status=403, body=b'{"message":"Unauthenticated"}')] * 3)
    with pytest.raises(failures.NotAllowed) as caught:
        client.fetch(Need(resource="quote", id="dh-1"))
    assert "api-token" not in str(caught.value)


def test_an_answer_that_is_no_quote_is_tried_again_later():
    client, _ = _client(Reply(body=b"[]"))
    with pytest.raises(failures.Unreadable):
        client.fetch(Need(resource="quote", id="dh-1"))
    with pytest.raises(UnknownResource):
        client.fetch(Need(resource="contact", id="1"))


def _listed(identity, status="PendingApproval", **dates):
    return {"dealhub_quote_id": identity, "status": status, "quote_upgrade_required": False, "info": dates}


def _page(*quotes, more, inside=False):
    word = {"more_results_matching_the_request": more}
    return Reply(body=json.dumps({"quotes": quotes, **({"info": word} if inside else word)}).encode())


SINCE = datetime(2026, 10, 31, 11, tzinfo=UTC)


def test_what_was_made_submitted_or_won_since_is_found_in_the_list_of_all_quotes():
    old = _listed("old", creation_date="2026-01-01 09:00:00", submission_date="2026-01-02 09:00:00")
    sent = _listed("sent", creation_date="2026-01-01 09:00:00", submission_date="2026-10-31 12:30:00")
    won = _listed("won", "Won", creation_date="2026-01-01 09:00:00", won_date="2026-10-31 00:00:00")
    lost = _listed("lost", "Lost", creation_date="2026-10-31 12:00:00")
    client, wire = _client(_page(old, sent, more=True), _page(won, lost, {"status": 3}, more=False, inside=True))
    found = {event.object_id: event for event in client.reconcile(SINCE)}
    assert {name: event.shape for name, event in found.items()} == {"sent": Shape.QUOTE, "won": Shape.AGREEMENT}
    assert found["sent"].version == ordered(datetime(2026, 10, 31, 12, 30, tzinfo=UTC))
    assert found["won"].needs == (Need(resource="quote", id="won"),)
    assert [parse_qs(urlsplit(each.url).query)["offset"] for each in wire.asked] == [["0"], ["2"]]


def test_a_list_of_nothing_or_without_dates_tells_of_nothing():
    client, _ = _client(
        _page(_listed("upgrade"), _listed("odd", creation_date=5), more=True, inside=True), _page(more=True)
    )
    assert list(client.reconcile(SINCE)) == []
