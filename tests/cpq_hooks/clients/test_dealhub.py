"""DealHub's client: a quote with the features that are read, and what DealHub says where there is none."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from cpq_hooks.adapter import Need, Shape
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
