"""Outbound Messages: what Salesforce sends as SOAP when a record has changed.

They are not signed. A delivery is taken where its address ends in the connection's secret, or the connection says that the
proxy before us checked Salesforce's certificate, and in any case only from the organisation that the connection names. They
are thin and unordered, so that all they are good for is to say which record to fetch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cpq_hooks.adapter import (
    Delivery,
    Event,
    Genuine,
    Need,
    NotUnderstood,
    Option,
    Refusal,
    Shape,
    VendorReply,
    ordered,
)
from cpq_hooks.connection import Connection
from cpq_hooks.reading import Malformed
from cpq_hooks.signing import matches_any

_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_OUTBOUND: Final = "http://soap.sforce.com/2005/09/outbound"
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TYPES: Final = ("text/xml", "application/soap+xml", "application/xml")
_ID_OF_ORGANISATION: Final = 15  # the three letters behind them only say how the fifteen are spelt
MOST_NOTIFICATIONS: Final = 100
SECRET_FIELDS: Final = ("SessionId",)
"""An administrator may have Salesforce send its session along, with which everything can be read."""
TRUSTS_PROXY: Final = Option(
    name="outbound_messages",
    about="How an Outbound Message is known: by the secret in its address (key, the usual), or by Salesforce's certificate, "
    "which a proxy before Quoteguard checks (certificate).",
    choices=("key", "certificate"),
)
_ACK: Final = VendorReply(
    status=200,
    content_type="text/xml; charset=utf-8",
    body=(
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}"><soapenv:Body>'
        f'<notificationsResponse xmlns="{_OUTBOUND}"><Ack>true</Ack></notificationsResponse>'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One changed record: its type, its id and the fields that the administrator chose to send, as text."""

    notification_id: str
    record_type: str
    record_id: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One delivery: which organisation sent it, and its notifications."""

    organisation: str
    notifications: tuple[Notification, ...]


def is_message(delivery: Delivery) -> bool:
    """Whether a delivery is SOAP, by its content type or, where that is missing, by its first sign."""
    declared = (delivery.header("content-type") or "").split(";")[0].strip().lower()
    return declared in _TYPES or (not declared and delivery.body.lstrip()[:1] == b"<")


def acknowledged() -> VendorReply:
    """The answer that stops Salesforce from sending it again."""
    return _ACK


def verify(delivery: Delivery, connection: Connection) -> Genuine | Refusal:
    """Whether the connection's own organisation sent it, as far as can be told of what is not signed. Never raises."""
    if not connection.tenant:
        return Refusal(
            because="the connection names no organisation (tenant), so that no Outbound Message is taken", status=503
        )
    if connection.option("outbound_messages", "key") == "key":
        keys = [value for name, value in delivery.query if name == "key"]
        secrets = [each for each in connection.secrets.get("url", ()) if each.strip()]
        if not secrets:
            return Refusal(
                because="the connection has no secret for the address of Outbound Messages (url)", status=503
            )
        if not matches_any(keys[0] if len(keys) == 1 else None, secrets):
            return Refusal(because="the address does not end in the connection's secret", status=403)
    try:
        organisation = read_message(delivery.body).organisation
    except Malformed as fault:
        return Refusal(because=f"the message cannot be read: {fault.message}", status=400)
    if not same_organisation(organisation, connection.tenant):
        return Refusal(because="the message is from another organisation than the connection's", status=403)
    return Genuine(tenant=connection.tenant)  # as the connection spells it: there is a short form and a long one


def same_organisation(one: str, other: str) -> bool:
    """Whether two ids are one organisation's: the short form has 15 signs, the long one 18."""
    return len(one) >= _ID_OF_ORGANISATION and one[:_ID_OF_ORGANISATION] == other[:_ID_OF_ORGANISATION]


def read_message(body: bytes) -> Message:
    """The message in a SOAP envelope. Raises `Malformed`: what is no such message, and entities and DTDs of any kind."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise _malformed("it declares a document type or entities, which no Outbound Message does") from None
    except ParseError as error:
        line, column = error.position
        raise Malformed("the XML is broken", line=line, column=column + 1) from None
    except (ValueError, LookupError):
        raise _malformed("its encoding is none that is read: send UTF-8") from None
    told = root.find(f"{{{_ENVELOPE}}}Body/{{{_OUTBOUND}}}notifications")
    if told is None:
        raise _malformed("it is SOAP, but no Outbound Message: Body/notifications is missing")
    found = told.findall(f"{{{_OUTBOUND}}}Notification")
    if not found or len(found) > MOST_NOTIFICATIONS:
        raise _malformed(f"an Outbound Message has 1 to {MOST_NOTIFICATIONS} notifications, and this one {len(found)}")
    return Message(
        organisation=_text(told.find(f"{{{_OUTBOUND}}}OrganizationId"), "OrganizationId"),
        notifications=tuple(_notification(each) for each in found),
    )


def _notification(element: Element) -> Notification:
    record = element.find(f"{{{_OUTBOUND}}}sObject")
    if record is None:
        raise _malformed("a notification holds no sObject")
    fields = {each.tag.rpartition("}")[2]: (each.text or "").strip() for each in record}
    record_type = record.get(_TYPE, "").rpartition(":")[2]
    if not record_type or not fields.get("Id"):
        raise _malformed("an sObject has a type and an Id")
    return Notification(
        notification_id=_text(element.find(f"{{{_OUTBOUND}}}Id"), "Notification/Id"),
        record_type=record_type,
        record_id=fields["Id"],
        fields=fields,
    )


def events_of(delivery: Delivery, connection: Connection, quote_of: Mapping[str, str]) -> tuple[Event, ...]:
    """What the notifications tell, each once. `quote_of` names, for each type of record that bears on a quote, the field
    that holds the quote's id. Raises `Malformed`, and `NotUnderstood` where another organisation sent it.
    """
    message = read_message(delivery.body)
    if not connection.tenant or not same_organisation(message.organisation, connection.tenant):
        raise NotUnderstood("the message is from another organisation than the connection's")
    once = {each.notification_id: each for each in message.notifications}
    quote_type = next(kind for kind, name in quote_of.items() if name == "Id")
    return tuple(_event(each, quote_of, quote_type) for each in once.values())


def _event(told: Notification, quote_of: Mapping[str, str], quote_type: str) -> Event:
    name = quote_of.get(told.record_type)
    quote_id = told.fields.get(name) if name is not None else None
    because = None
    if name is None:
        because = f"records of type {told.record_type} bear on no quote that is read"
    elif not quote_id:
        because = f"the message does not hold {name}: add this field to the Outbound Message"
    if because is not None or quote_id is None:
        return Event(
            key=told.notification_id, kind=told.record_type, object_type=told.record_type, object_id=told.record_id,
            ignored=because,
        )  # fmt: skip
    at = _changed_at(told) if told.record_type == quote_type else None  # a line's moment says nothing of its quote
    deleted = told.record_type == quote_type and told.fields.get("IsDeleted") == "true"
    return Event(
        key=told.notification_id,
        kind=told.record_type,
        object_type=quote_type,
        object_id=quote_id,
        version=None if at is None else ordered(at),
        occurred_at=at,
        shape=Shape.QUOTE,
        deleted=deleted,
        needs=() if deleted else (Need(resource=quote_type, id=quote_id),),
    )


def _changed_at(told: Notification) -> datetime | None:
    for name in ("SystemModstamp", "LastModifiedDate"):
        try:
            found = datetime.fromisoformat(told.fields[name])
        except (KeyError, ValueError):
            continue
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return None


def _text(element: Element | None, name: str) -> str:
    text = "" if element is None else (element.text or "").strip()
    if not text:
        raise _malformed(f"{name} is missing")
    return text


def _malformed(message: str) -> Malformed:
    return Malformed(message, line=1, column=1)
