"""Salesforce's client: it signs in as an app, quotes come with all their lines and tiers, and refusals of single records count."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from cpq_hooks.adapter import Need, Shape, VendorCall, ordered
from cpq_hooks.adapters.salesforce_cpq import ADAPTER
from cpq_hooks.adapters.salesforce_revenue_cloud import ADAPTER as REVENUE_CLOUD
from cpq_hooks.canonical import load_quote
from cpq_hooks.clients import failures
from cpq_hooks.clients.salesforce import SalesforceClient, UnknownResource
from cpq_hooks.connection import Connection
from tests.cpq_hooks.clients.wire import StillClock

_ID = "a0q000000000001AAA"


class Organisation(BaseAdapter):
    """An organisation of a few tables. Queries are read as far as the client writes them."""

    def __init__(self, tables, *, token_lasts=10**6, answers=()):
        super().__init__()
        self.tables, self.answers = tables, list(answers)
        self.token_lasts, self.used, self.tokens, self.asked = token_lasts, 0, 0, []

    def send(self, request, **settings):
        self.asked.append(request)
        parts = urlsplit(request.url)
        if parts.path == "/services/oauth2/token":
            return self._token(request)
        self.used += 1
        if request.headers.get("Authorization") != f"Bearer token-{self.tokens}" or self.used > self.token_lasts:
            self.used, self.token_lasts = 0, 10**6
            return self._reply(401, [{"errorCode": "INVALID_SESSION_ID"}])
        if request.method == "PATCH":
            return self._reply(200, self.answers.pop(0))
        if "ServiceRouter" in parts.path:
            return self._reply(200, self.answers.pop(0))
        if "/sobjects/" in parts.path:
            kind, identity = parts.path.rsplit("/", 2)[1:]
            found = [each for each in self.tables.get(kind, []) if each["Id"] == identity]
            return self._reply(200, found[0]) if found else self._reply(404, [{"errorCode": "NOT_FOUND"}])
        soql = unquote(parse_qs(parts.query)["q"][0])
        if "SystemModstamp >=" in soql:
            return self._since(soql)
        return self._query(soql)

    def _since(self, soql):
        since = re.search(r">= (\S+)", soql)[1]
        rows = self.tables[re.search(r"FROM (\w+)", soql)[1]]
        return self._reply(200, {"done": True, "records": [each for each in rows if each["SystemModstamp"] >= since]})

    def _token(self, request):
        sent = parse_qs(request.body.decode())
        if sent["grant_type"] != ["client_credentials"] or sent.get("client_secret") != ["app-secret"]:
            return self._reply(400, {"error": "invalid_client"})
        self.tokens += 1
        return self._reply(200, {"access_token": f"token-{self.tokens}", "instance_url": "https://elsewhere.example"})

    def _query(self, soql):
        kind = re.search(r"FROM (\w+)", soql)[1]
        holder, wanted = (
            re.search(r"WHERE (\w+) (?:= '(\w+)'|IN \((.*?)\))", soql)[1],
            set(re.findall(r"'(\w+)'", soql.split("AND Id >")[0])),
        )
        after = re.search(r"AND Id > '(\w+)'", soql)
        rows = [each for each in self.tables.get(kind, []) if each.get(holder) in wanted]
        rows = sorted((each for each in rows if after is None or each["Id"] > after[1]), key=lambda each: each["Id"])
        limit = re.search(r"LIMIT (\d+)", soql)
        return self._reply(200, {"done": True, "records": rows[: int(limit[1])] if limit else rows})

    @staticmethod
    def _reply(status, body):
        response = requests.Response()
        response.status_code = status
        response.headers["Content-Type"] = "application/json"
        response.raw = HTTPResponse(io.BytesIO(json.dumps(body).encode()), preload_content=False)
        return response

    def close(self):
        pass


def _connection(secret="app-secret", **options):
    return Connection(
        name="crm", connector="salesforce-cpq", base_url="https://acme.my.salesforce.example",
        options={"currency": "USD", **options}, secrets={"client_id": ("app",), "client_secret": (secret,)},
    )  # fmt: skip


def _client(tables=(), *, secret="app-secret", options=None, **settings):
    organisation = Organisation(dict(tables), **settings)
    client = SalesforceClient.of(
        _connection(secret, **(options or {})), transport=organisation, clock=StillClock().clock
    )
    return client, organisation


def _line(number, **changes):
    return {
        "Id": f"a0l00000000{number:04d}AAA", "SBQQ__Quote__c": _ID, "SBQQ__Product__c": "01t000000000001AAA",
        "SBQQ__ProductCode__c": "P", "SBQQ__ChargeType__c": "Recurring", "SBQQ__DefaultSubscriptionTerm__c": 12,
        "SBQQ__ListPrice__c": 100.0, "SBQQ__NetPrice__c": 90.0, "SBQQ__NetTotal__c": 1800.0, "SBQQ__Quantity__c": 20,
        "SBQQ__ProrateMultiplier__c": 1, "SBQQ__VolumeDiscount__c": 10,
        "SBQQ__DiscountScheduleType__c": "Range", "SBQQ__DiscountSchedule__c": "a0d000000000001AAA", **changes,
    }  # fmt: skip


def _tables(lines):
    schedule = "a0d000000000001AAA"
    tier = {"SBQQ__Schedule__c": schedule}
    return {
        "SBQQ__Quote__c": [{"Id": _ID, "SBQQ__Account__c": "001000000000001AAA", "SBQQ__StartDate__c": "2027-01-01", "SBQQ__SubscriptionTerm__c": 12}],
        "SBQQ__QuoteLine__c": lines,
        "Account": [{"Id": "001000000000001AAA", "Name": "Acme", "SBQQ__RenewalPricingMethod__c": None}],
        "Product2": [{"Id": "01t000000000001AAA", "Name": "Platform", "ProductCode": "P", "SBQQ__SubscriptionTerm__c": 12}],
        "SBQQ__DiscountSchedule__c": [{"Id": schedule, "SBQQ__Type__c": "Range", "SBQQ__DiscountUnit__c": "Percent"}],
        "SBQQ__DiscountTier__c": [
            {"Id": "a0t000000000001AAA", **tier, "SBQQ__LowerBound__c": 1, "SBQQ__UpperBound__c": 11, "SBQQ__Discount__c": 0},
            {"Id": "a0t000000000002AAA", **tier, "SBQQ__LowerBound__c": 11, "SBQQ__UpperBound__c": None, "SBQQ__Discount__c": 10},
        ],
    }  # fmt: skip


def test_a_quote_comes_with_more_lines_than_a_page_and_with_its_tiers():
    client, organisation = _client(_tables([_line(n) for n in range(1, 451)]))
    model = client.fetch(Need(resource="SBQQ__Quote__c", id=_ID))
    assert len(model["lineItems"]) == 450
    (found,) = ADAPTER.translate(model, Shape.QUOTE, _connection())
    quote = load_quote(found.document)
    assert [each.unit_price for each in quote.lines[0].tiers] == [100, 90]
    assert quote.renewal is not None  # the account's silent default is told
    assert quote.renewal.uplift_percent == 0
    assert organisation.tokens == 1


def test_a_token_that_is_worth_no_more_is_renewed_once():
    client, organisation = _client(_tables([_line(1)]), token_lasts=2)
    assert len(client.fetch(Need(resource="SBQQ__Quote__c", id=_ID))["lineItems"]) == 1
    assert organisation.tokens == 2


def test_wrong_credentials_are_no_outage_and_are_not_told():
    client, _ = _client(secret="wrong-secret")
    with pytest.raises(failures.NotAllowed) as refused:
        client.fetch(Need(resource="SBQQ__Quote__c", id=_ID))
    assert "wrong-secret" not in str(refused.value)


def test_cpq_s_own_reader_gives_json_within_text():
    model = {"record": {"Id": _ID}, "lineItems": [{"key": 1, "record": _line(1, SBQQ__DiscountSchedule__c=None)}]}
    client, _ = _client(options={"read_with": "service-router"}, answers=[json.dumps(model)])
    assert client.fetch(Need(resource="SBQQ__Quote__c", id=_ID))["record"]["Id"] == _ID


@pytest.mark.parametrize("answer", ["{", "7", {"record": 1}, []])
def test_a_reader_that_gives_something_else_is_unreadable(answer):
    client, _ = _client(options={"read_with": "service-router"}, answers=[answer])
    with pytest.raises(failures.Unreadable):
        client.fetch(Need(resource="SBQQ__Quote__c", id=_ID))


def test_a_quote_that_is_gone_is_not_there_and_an_id_cannot_carry_a_query():
    client, organisation = _client(_tables([]))
    for identity in ("a0q000000000009AAA", "' OR Id != '", "../x"):
        with pytest.raises(failures.NotThere):
            client.fetch(Need(resource="SBQQ__Quote__c", id=identity))
    assert len(organisation.asked) == 2  # the token, and the one id that could be one
    with pytest.raises(UnknownResource):
        client.fetch(Need(resource="Lead", id=_ID))


def test_a_quote_of_revenue_cloud_comes_as_a_transaction():
    line = {
        "Id": "0QL000000000001AAA",
        "QuoteId": "0Q0000000000001AAA",
        "Product2Id": "01t",
        "UnitPrice": 5,
        "Quantity": 2,
        "SellingModelType": "OneTime",
    }
    client, _ = _client({"Quote": [{"Id": "0Q0000000000001AAA", "Status": "Draft"}], "QuoteLineItem": [line]})
    payload = client.fetch(Need(resource="Quote", id="0Q0000000000001AAA"))
    (found,) = REVENUE_CLOUD.translate(payload, Shape.QUOTE, _connection())
    assert load_quote(found.document).lines[0].line_id == "0QL000000000001AAA"


@pytest.mark.parametrize(("code", "again"), [("UNABLE_TO_LOCK_ROW", True), ("INVALID_FIELD", False)])
def test_a_record_that_is_refused_among_others_fails_the_call(code, again):
    answer = [{"success": True}, {"success": False, "errors": [{"statusCode": code}]}]
    client, _ = _client(answers=[answer])
    call = VendorCall(method="PATCH", path="/services/data/v62.0/composite/sobjects", json={}, purpose="test")
    with pytest.raises(failures.Refused) as refused:
        client.execute(call)
    assert refused.value.again is again


def test_a_write_back_that_is_taken_is_done():
    client, organisation = _client(answers=[[{"success": True}]])
    call = VendorCall(
        method="PATCH", path="/services/data/v62.0/composite/sobjects", json={"records": []}, purpose="test"
    )
    assert client.execute(call).status == 200
    assert organisation.asked[-1].method == "PATCH"


@pytest.mark.parametrize(
    ("connector", "kind"), [("salesforce-cpq", "SBQQ__Quote__c"), ("salesforce-revenue-cloud", "Quote")]
)
def test_what_changed_is_told_with_the_version_of_a_message(connector, kind):
    rows = [
        {"Id": "a0q000000000001AAA", "SystemModstamp": "2026-11-01T11:59:00.000+0000"},
        {"Id": "a0q000000000002AAA", "SystemModstamp": "2026-10-01T00:00:00.000+0000"},
    ]
    organisation = Organisation({kind: rows})
    client = SalesforceClient.of(
        replace(_connection(), connector=connector), transport=organisation, clock=StillClock().clock
    )
    (event,) = client.reconcile(datetime(2026, 11, 1, tzinfo=UTC))
    assert event.needs == (Need(resource=kind, id="a0q000000000001AAA"),)
    assert event.version == ordered(datetime(2026, 11, 1, 11, 59, tzinfo=UTC))
    assert event.key == f"reconcile:{kind}:a0q000000000001AAA:{event.version}"
