"""HubSpot's client: documents are put together whole, with every property that the account has, page by page."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from cpq_hooks.adapter import Need, Shape, VendorCall, ordered
from cpq_hooks.adapters.hubspot import ADAPTER
from cpq_hooks.canonical import load_billing_configuration, load_quote
from cpq_hooks.clients import failures
from cpq_hooks.clients.hubspot import HubSpotClient, UnknownResource
from tests.cpq_hooks.adapters.hubspot_objects import a_connection, a_line, a_record
from tests.cpq_hooks.clients.wire import Reply, Scripted, StillClock

_PATH = re.compile(r"/crm/(objects|properties)/2026-03/(\w+)(?:/(batch/read|search|(\w+)/associations/(\w+)))?")


class Account(BaseAdapter):
    """A HubSpot account: records by kind and id, associations given out two by two, and only the properties asked for."""

    def __init__(self, records, links, *, names=(), calculated=(), hidden=()):
        super().__init__()
        self.records, self.links, self.hidden = records, links, hidden
        self.properties = [{"name": each, "calculated": each in calculated} for each in (*names, *calculated)]
        self.asked = []

    def send(self, request, **settings):
        self.asked.append(request)
        status, found = self._answer(request)
        response = requests.Response()
        response.status_code = status
        response.headers["Content-Type"] = "application/json"
        response.raw = HTTPResponse(io.BytesIO(json.dumps(found).encode()), preload_content=False)
        return response

    def _answer(self, request):
        parts = urlsplit(request.url)
        if parts.path.startswith("/crm/v3/owners/"):
            return 200, {"id": parts.path.rsplit("/", 1)[1], "firstName": "Ada"}
        found = _PATH.fullmatch(parts.path)
        what, kind, _, identity, other = found.groups()
        if kind in self.hidden or (what in self.hidden):
            return 403, {"message": "This app hasn't been granted all required scopes"}
        if what == "properties":
            return 200, {"results": self.properties}
        if parts.path.endswith("/search"):
            return 200, self._search(kind, json.loads(request.body))
        if identity is not None:
            return 200, self._page(self.links.get((kind, identity, other), []), parse_qs(parts.query))
        return 200, self._batch(kind, json.loads(request.body))

    @staticmethod
    def _page(ids, query):
        start = int(query.get("after", ["0"])[0])
        more = {"paging": {"next": {"after": str(start + 2)}}} if start + 2 < len(ids) else {}
        return {"results": [{"toObjectId": int(each)} for each in ids[start : start + 2]], **more}

    def _batch(self, kind, body):
        known = self.records.get(kind, {})
        found = []
        for each in body["inputs"]:
            if each["id"] in known:
                own = known[each["id"]]
                shown = {name: own["properties"][name] for name in body["properties"] if name in own["properties"]}
                found.append({**own, "properties": shown})
        return {"status": "COMPLETE", "results": list(reversed(found))}

    def _search(self, kind, body):
        since = int(body["filterGroups"][0]["filters"][0]["value"])
        found = [
            each
            for each in self.records.get(kind, {}).values()
            if datetime.fromisoformat(each["properties"]["hs_lastmodifieddate"]).timestamp() * 1000 >= since
        ]
        return {"results": found}


def _client(transport, **options):
    return HubSpotClient.of(a_connection(**options), clock=StillClock().clock, transport=transport)


def _quote_account(**more):
    records = {
        "quotes": {"101": a_record("101", hs_status="DRAFT", hs_currency="USD", hubspot_owner_id="9")},
        "line_items": {str(each): a_line(str(each), our_rebate="5", our_sum="1") for each in range(1, 6)},
        "deals": {"201": a_record("201", dealtype="renewal", secret_margin="1")},
        "companies": {"401": a_record("401", name="Acme", hs_country_code="DE", phone="1")},
        "discounts": {"61": a_record("61", hs_value="10", hs_type="PERCENT")},
    }
    links = {
        ("quotes", "101", "line_items"): ["1", "2", "3", "4", "5"],
        ("quotes", "101", "deals"): ["201"],
        ("quotes", "101", "discounts"): ["61"],
        ("deals", "201", "companies"): ["401"],
        ("line_items", "3", "quotes"): ["101"],
    }
    return Account(records, links, names=("our_rebate",), calculated=("our_sum",), **more)


def test_a_quote_comes_with_its_lines_deal_company_and_owner_and_passes():
    client = _client(_quote_account())
    payload = client.fetch(Need(resource="quote", id="101"))
    (found,) = ADAPTER.translate(payload, Shape.QUOTE, a_connection())
    quote = load_quote(found.document)
    assert [line.line_id for line in quote.lines] == ["1", "2", "3", "4", "5"]
    assert (quote.account.name, quote.rep.rep_id, quote.deal_type) == ("Acme", "9", "renewal")
    assert {each.path for each in found.unused if each.bears_on == "discount"} == {
        "$.discounts[0].properties", *(f"$.line_items[{place}].properties.our_rebate" for place in range(5)),
    }  # fmt: skip
    assert payload["calculated_properties"]["line_items"] == ["our_sum"]


def test_a_line_item_leads_to_its_quote_and_one_without_is_not_there():
    client = _client(_quote_account())
    assert client.fetch(Need(resource="quote_of_line_item", id="3"))["quote"]["id"] == "101"
    with pytest.raises(failures.NotThere):
        client.fetch(Need(resource="quote_of_line_item", id="4"))
    with pytest.raises(failures.NotThere):
        client.fetch(Need(resource="quote", id="999"))


def test_without_the_right_to_list_properties_the_known_ones_are_asked_for():
    payload = _client(_quote_account(hidden=("properties",))).fetch(Need(resource="quote", id="101"))
    assert payload["known_properties_only"] is True
    assert payload["line_items"][0]["properties"]["price"] == "20.00"
    assert "our_rebate" not in payload["line_items"][0]["properties"]


def test_properties_are_listed_once_an_hour():
    account = _quote_account()
    client = _client(account)
    for _ in range(3):
        client.fetch(Need(resource="quote", id="101"))
    assert len([each for each in account.asked if "/properties/" in each.url]) == 2


def test_discounts_that_the_token_may_not_read_do_not_stop_a_quote():
    payload = _client(_quote_account(hidden=("discounts",))).fetch(Need(resource="quote", id="101"))
    assert payload["discounts"] == []


def test_all_subscriptions_of_a_quote_come_together():
    records = {
        "subscriptions": {
            each: a_record(each, hs_status="active", hs_currency_code="USD", hs_recurring_billing_frequency="monthly")
            for each in ("301", "302")
        },
        "line_items": {"1": a_line("1"), "2": a_line("2")},
    }
    links = {
        ("subscriptions", "302", "quotes"): ["101"], ("quotes", "101", "subscriptions"): ["301", "302"],
        ("subscriptions", "301", "line_items"): ["1"], ("subscriptions", "302", "line_items"): ["2"],
    }  # fmt: skip
    payload = _client(Account(records, links)).fetch(Need(resource="subscription", id="302"))
    (found,) = ADAPTER.translate(payload, Shape.BILLING_CONFIGURATION, a_connection())
    configuration = load_billing_configuration(found.document)
    assert configuration.billing_configuration_id == "301"
    assert [each.charge_id for each in configuration.charges] == ["1", "2"]


def test_calls_carry_the_token_and_may_be_repeated():
    wire = Scripted(Reply(status=503), Reply(status=204, body=b""))
    client = _client(wire)
    call = VendorCall(method="POST", path="/automation/actions/callbacks/2026-03/x/complete", purpose="go on", json={})
    assert client.execute(call).status == 204
    assert wire.asked[0].headers["Authorization"] == "Bearer pat-na1-x"
    assert len(wire.asked) == 2


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(status=401), failures.NotAllowed),
        (Reply(status=429, headers={"Retry-After": "86400"}), failures.Throttled),
        (Reply(body=b'{"results": [', headers={"Content-Type": "application/json"}), failures.Unreadable),
        (Reply(body=b"<html>", headers={"Content-Type": "text/html"}), failures.Unreadable),
    ],
)
def test_what_goes_wrong_is_said_without_the_token(reply, failure):
    client = _client(Scripted(*[reply] * 20))
    with pytest.raises(failure) as caught:
        client.fetch(Need(resource="invoice", id="1"))
    assert "pat-na1-x" not in str(caught.value)


def test_what_changed_since_a_moment_is_told_with_the_version_of_its_change():
    records = {
        "quotes": {
            "1": a_record("1", hs_lastmodifieddate="2026-01-01T00:00:00Z"),
            "2": a_record("2", hs_lastmodifieddate="2026-03-01T00:00:00Z"),
        },
        "invoices": {"7": a_record("7", hs_lastmodifieddate="2026-03-02T00:00:00Z")},
    }
    found = list(_client(Account(records, {}, hidden=("subscriptions",))).reconcile(datetime(2026, 2, 1, tzinfo=UTC)))
    assert [(each.object_type, each.object_id) for each in found] == [("quote", "2"), ("invoice", "7")]
    assert found[0].version == ordered(datetime(2026, 3, 1, tzinfo=UTC))
    assert found[0].needs == (Need(resource="quote", id="2"),)


def test_nothing_else_is_fetched():
    with pytest.raises(UnknownResource):
        _client(Scripted()).fetch(Need(resource="contact", id="1"))
