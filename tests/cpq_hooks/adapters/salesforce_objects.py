"""QuoteModels as Salesforce CPQ writes them, with what a test does not name left as a plain subscription line has it."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

from cpq_hooks.adapter import Delivery
from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ORGANISATION = "00D5g000004XYZaEAG"


def a_connection(**options):
    return Connection(
        name="crm",
        connector="salesforce-cpq",
        tenant=ORGANISATION,
        options={"currency": "USD", **options},
        secrets={"relay": ("new-secret", "old-secret"), "url": ("in-the-address",)},
    )


def a_line(number=1, **changes):
    """A monthly subscription at 100.00, one year long, ten units: 12,000.00. `_item` changes the wrapper."""
    item = changes.pop("_item", {})
    record = {
        "attributes": {"type": "SBQQ__QuoteLine__c"},
        "Id": f"a0l00000000{number:04d}AAA",
        "SBQQ__ProductCode__c": "PLATFORM",
        "SBQQ__ProductName__c": "Platform",
        "SBQQ__Product__c": "01t000000000001AAA",
        "SBQQ__ChargeType__c": "Recurring",
        "SBQQ__SubscriptionPricing__c": "Fixed Price",
        "SBQQ__DefaultSubscriptionTerm__c": 1.0,
        "SBQQ__ProrateMultiplier__c": 12.0,
        "SBQQ__ListPrice__c": 100.0,
        "SBQQ__ProratedListPrice__c": 1200.0,
        "SBQQ__NetPrice__c": 1200.0,
        "SBQQ__NetTotal__c": 12000.0,
        "SBQQ__Quantity__c": 10.0,
        "SBQQ__EffectiveQuantity__c": 10.0,
        **{f"SBQQ__{name}__c" if "__" not in name else name: value for name, value in changes.items()},
    }
    return {"key": number, "parentItemKey": None, "record": record, **item}


def a_model(*lines, **changes):
    """A quote of one year from 1 January 2027."""
    record = {
        "attributes": {"type": "SBQQ__Quote__c"},
        "Id": "a0q000000000001AAA",
        "Name": "Q-00042",
        "SBQQ__Type__c": "Quote",
        "SBQQ__Status__c": "Draft",
        "SBQQ__StartDate__c": "2027-01-01",
        "SBQQ__SubscriptionTerm__c": 12.0,
        "SBQQ__BillingFrequency__c": "Annual",
        "SBQQ__PaymentTerms__c": "Net 30",
        **{f"SBQQ__{name}__c" if "__" not in name else name: value for name, value in changes.items()},
    }
    return {"record": record, "lineItems": list(lines) or [a_line()], "lineItemGroups": [], "nextKey": 2}


def as_read(value):
    """The value as it comes out of JSON text: decimals exact."""
    return read_json(json.dumps(value).encode())


def a_delivery(value, *, secret="new-secret", stamp=None, query=(), **headers):
    """A delivery of the relay's, signed by the recipe's own definition."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    stamp = str(int(NOON.timestamp())) if stamp is None else stamp
    signature = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    signed = {"x-quoteguard-timestamp": stamp, "x-quoteguard-signature": f"v1={signature}"}
    return Delivery(
        method="POST",
        url="https://quotes.example/v1/hooks/crm",
        headers={"content-type": "application/json", **signed, **headers},
        body=body,
        received_at=NOON,
        query=tuple(query),
    )


def an_outbound_message(*notifications, organisation=ORGANISATION):
    """An Outbound Message; each notification is (id, type, fields)."""
    told = "".join(
        f'<Notification><Id>{identity}</Id><sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        + "".join(f"<sf:{name}>{value}</sf:{name}>" for name, value in fields.items())
        + "</sObject></Notification>"
        for identity, kind, fields in notifications
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{organisation}</OrganizationId><ActionId>04k000000000001AAA</ActionId>"
        f'<SessionId xsi:nil="true"/>{told}</notifications></soapenv:Body></soapenv:Envelope>'
    ).encode()


def a_soap_delivery(body, *, key="in-the-address"):
    return Delivery(
        method="POST",
        url="https://quotes.example/v1/hooks/crm",
        headers={"content-type": "text/xml; charset=utf-8", "soapaction": '""'},
        body=body,
        received_at=NOON,
        query=(("key", key),) if key is not None else (),
    )
