"""Kill Bill's client: objects come with account, tags and catalog, and a dry run is asked for without being kept."""

from __future__ import annotations

import json

import pytest

from cpq_hooks.adapter import Need, Shape, VendorCall
from cpq_hooks.adapters.killbill import ADAPTER
from cpq_hooks.clients import failures
from cpq_hooks.clients.killbill import CLIENT, UnknownResource
from tests.cpq_hooks.adapters.killbill_objects import a_catalog, a_connection, an_invoice, an_item, wrapped
from tests.cpq_hooks.clients.wire import NOON, Reply, Scripted, StillClock

XML = {"Content-Type": "text/xml"}


def _client(*replies):
    wire = Scripted(
        *(each if isinstance(each, (Reply, Exception)) else Reply(body=json.dumps(each).encode()) for each in replies)
    )
    return CLIENT(a_connection(), transport=wire, clock=StillClock().clock), wire


def test_a_subscription_comes_with_account_tags_fields_and_catalog():
    whole = wrapped()
    client, wire = _client(
        whole["subscription"],
        whole["account"],
        [],
        [],
        [{"name": "agreement_id", "value": "A-1"}],
        Reply(body=a_catalog(), headers=XML),
    )
    found = client.fetch(Need(resource="subscription", id="sub-1"))
    (translation,) = ADAPTER.translate(found, Shape.BILLING_CONFIGURATION, a_connection())
    assert translation.document["agreement_id"] == "A-1"
    assert translation.document["charges"][0]["billing_timing"] == "in_advance"
    asked = wire.asked[0]
    assert (asked.headers["X-Killbill-ApiKey"], asked.headers["Authorization"]) == ("k", "Basic YWRtaW46cHc=")


def test_a_catalog_that_is_no_xml_is_unreadable_and_one_that_is_missing_is_done_without():
    whole = wrapped()
    parts = (whole["subscription"], whole["account"], [], [], [])
    client, _ = _client(*parts, Reply(status=404))
    assert "catalog" not in client.fetch(Need(resource="subscription", id="sub-1"))
    client, _ = _client(*parts, Reply(body=b"<catalog>", headers=XML))
    with pytest.raises(failures.Unreadable):
        client.fetch(Need(resource="subscription", id="sub-1"))


def test_a_dry_run_is_the_preview_of_an_account():
    client, wire = _client(an_invoice(an_item(), invoiceId=None), wrapped()["account"], [], [])
    found = client.fetch(Need(resource="preview", id="acc-1"))
    assert ADAPTER.translate(found, Shape.INVOICE, a_connection())[0].document["invoice_id"] == "dry-run"
    assert json.loads(wire.asked[0].body) == {"dryRunType": "UPCOMING_INVOICE"}
    assert "accountId=acc-1" in wire.asked[0].url


def test_a_tag_that_is_gone_already_is_released():
    gone = VendorCall(method="DELETE", path="/1.0/kb/accounts/a/tags?tagDef=x", purpose="let go")
    assert _client(Reply(status=404))[0].execute(gone).status == 204
    with pytest.raises(failures.NotAllowed):
        _client(Reply(status=401), Reply(status=401))[0].execute(gone)


def test_every_subscription_that_bills_is_told_once_a_day():
    bundles = [
        {"subscriptions": [{"subscriptionId": "s1", "state": "ACTIVE"}, {"subscriptionId": "s2", "state": "CANCELLED"}]}
    ]
    client, _ = _client(bundles)
    assert [each.key for each in client.reconcile(NOON)] == ["reconcile:subscription:s1:20261101"]


def test_what_the_adapter_never_asks_for_is_refused():
    with pytest.raises(UnknownResource):
        _client()[0].fetch(Need(resource="payment", id="x"))
