"""What a callout tells: parameters of the address, of a form or of a JSON body, under names that an administrator chose.

A callout names an object; the object is then fetched, for merge fields are a few of its fields. `Zuora-Request-Id` is
another one on every retry, so an event's key is the event's name, the object and its version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from cpq_hooks.adapter import Delivery, Event, Need, NotUnderstood, Shape, ordered
from cpq_hooks.adapters.zuora.locales import Forms, UnknownForm
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid, Problem, json_path
from cpq_hooks.reading import Malformed, read_json
from cpq_hooks.signing import sha256_hex

_MOST: Final = 500
_LONGEST_ID: Final = 200
_EVENT: Final = ("Event.Category", "EventCategory", "Event.Name", "EventName", "eventType", "event")
_MOMENT: Final = ("Event.Timestamp", "EventTimestamp", "Event.Date")
_IDENTITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("Order.OrderNumber", "OrderNumber", "Order.Number", "Order.ID", "OrderId"),
    "invoice": ("Invoice.ID", "InvoiceId", "Invoice.InvoiceNumber", "InvoiceNumber", "Invoice.Number"),
    "subscription": (
        "Subscription.SubscriptionNumber", "SubscriptionNumber", "Subscription.SubscriptionName", "Subscription.Name",
        "Subscription.Number", "SubscriptionName", "Subscription.ID", "SubscriptionId",
    ),
}  # fmt: skip
_VERSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("Order.Version",),
    "invoice": ("Invoice.Version",),
    "subscription": ("Subscription.Version", "SubscriptionVersion", "Version"),
}
_SHAPES: Final = {
    "order": Shape.QUOTE,
    "invoice": Shape.INVOICE,
    "subscription": Shape.BILLING_CONFIGURATION,
}
_STARTS: Final = (("order", ("order",)), ("invoice", ("invoice",)), ("subscription", ("subscription", "amendment")))
_OVER: Final = ("deleted", "removed")
_AMOUNTS: Final = ("TCV", "CMRR", "Amount", "Balance", "UnitPrice", "Unit Price", "Total", "QTY", "Quantity")
_DAYS: Final = (
    "ServiceActivation", "ContractEffective", "CustomerAcceptance", "TermStartDate", "TermEndDate", "CreateDate",
    "Effective Start Date", "Effective End Date", "StartDate", "EndDate", "InvoiceDate", "DueDate",
)  # fmt: skip


def events(delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
    """The one event of a callout. Raises `Malformed`, `NotUnderstood`, and `Invalid` where a value is not as it should be."""
    params = params_of(delivery)
    kind = _named(params, connection, "event_field", _EVENT) or "callout"
    found = _subject(params, connection, kind)
    moment = _moment(_named(params, connection, "time_field", _MOMENT))
    said = said_of(params, connection)
    if found is None:
        return (_ignored(kind, params, moment),)
    resource, identity = found
    version = _version(params, connection, resource)
    shape = (
        Shape.AGREEMENT if connection.option("order_is") == "agreement" and resource == "order" else _SHAPES[resource]
    )
    over = kind.lower().endswith(_OVER)
    return (
        Event(
            key=f"{kind}:{resource}:{identity}:{_which(version, moment, params)}"[:_LONGEST_ID * 2],
            kind=kind, object_type=resource, object_id=identity,
            version=None if version is None else ordered(version),
            occurred_at=moment, shape=shape, deleted=over,
            needs=() if over else (Need(resource=resource, id=identity),), payload={"said": said},
        ),
    )  # fmt: skip


def params_of(delivery: Delivery) -> dict[str, Any]:
    """The parameters by name, without the brackets of merge fields. Raises `Malformed`, and `NotUnderstood` for two of a name."""
    found: dict[str, Any] = {}
    for name, value in (*delivery.query, *_of_body(delivery)):
        bare = name.strip().removeprefix("<").removesuffix(">").strip()
        if bare in found and found[bare] != value:
            raise NotUnderstood(f"the callout has {bare} twice, with different values")
        found[bare] = value
    if len(found) > _MOST:
        raise NotUnderstood(f"the callout has more than {_MOST} parameters")
    return found


def _of_body(delivery: Delivery) -> Iterable[tuple[str, Any]]:
    body = delivery.body.strip()
    if not body:
        return ()
    if body[:1] in b"{[" or "json" in (delivery.header("content-type") or ""):
        payload = read_json(delivery.body)
        if not isinstance(payload, Mapping):
            raise NotUnderstood("the body of a callout is an object of merge fields")
        return _flat(payload, "")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8", line=1, column=error.start + 1) from None
    try:
        return parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST, separator="&"
        )
    except ValueError:
        raise NotUnderstood("the body of the callout is neither a form nor JSON") from None


def _flat(payload: Mapping[str, Any], before: str) -> Iterable[tuple[str, Any]]:
    """Nested objects by names with dots; a merge field's own name keeps its brackets off at any depth."""
    for name, value in payload.items():
        bare = name.strip().removeprefix("<").removesuffix(">").strip()
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{bare}.")
        else:
            yield f"{before}{bare}", value


def _subject(params: Mapping[str, Any], connection: Connection, kind: str) -> tuple[str, str] | None:
    """Which object the callout is about: by the option, by the event's name, or by which id is there."""
    told = connection.option("object_type")
    by_name = next((each for each, starts in _STARTS if kind.lower().startswith(starts)), None)
    wanted = (told, by_name, *_IDENTITIES)
    for resource in dict.fromkeys(each for each in wanted if each is not None and each in _IDENTITIES):
        own = _named(params, connection, "object_field", ()) if resource in {told, by_name} or not told else None
        identity = own or _first(params, _IDENTITIES[resource])
        if identity is not None:
            return resource, _whole(identity)
    return None


def _whole(identity: str) -> str:
    if len(identity) > _LONGEST_ID or any(not each.isprintable() for each in identity):
        raise NotUnderstood("the id of the object is longer than any of Zuora's, or holds control characters")
    return identity


def _ignored(kind: str, params: Mapping[str, Any], moment: datetime | None) -> Event:
    """A callout that names nothing that is read. Its content is its identity."""
    return Event(
        key=f"{kind}:{_digest(params)}", kind=kind, object_type="unknown", object_id=_digest(params)[:32], occurred_at=moment,
        ignored="the callout names no subscription, order or invoice: add its number or id to the callout's parameters",
    )  # fmt: skip


def _version(params: Mapping[str, Any], connection: Connection, resource: str) -> int | None:
    text = _named(params, connection, "version_field", _VERSIONS[resource])
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise NotUnderstood(f"the version of the {resource} is no whole number: {text[:40]}")
    return int(text)


def _which(version: int | None, moment: datetime | None, params: Mapping[str, Any]) -> str:
    """What tells one event of an object from the next: its version, else the moment, else everything that was sent."""
    if version is not None:
        return str(version)
    return moment.isoformat() if moment is not None else _digest(params)


def _digest(params: Mapping[str, Any]) -> str:
    return sha256_hex(repr(sorted((name, str(value)) for name, value in params.items())).encode("utf-8", "replace"))


def _named(params: Mapping[str, Any], connection: Connection, option: str, usual: tuple[str, ...]) -> str | None:
    """A parameter by the name that an option gives it, or by the usual ones."""
    name = connection.option(option)
    return _first(params, (name,) if name else usual)


def _first(params: Mapping[str, Any], names: Iterable[str]) -> str | None:
    by_folded = {name.casefold(): value for name, value in params.items()}
    for name in names:
        value = by_folded.get(name.casefold())
        if isinstance(value, bool) or value is None or isinstance(value, (Mapping, list)):
            continue
        text = str(value).strip()
        if text.startswith("<") and text.endswith(">"):
            raise NotUnderstood(f"Zuora did not fill the merge field {text[:60]}: it has no such field for this event")
        if text:
            return text
    return None


def _moment(text: str | None) -> datetime | None:
    """The event's moment, which Zuora writes in ISO form with an offset; None where it is written otherwise."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


def said_of(params: Mapping[str, Any], connection: Connection) -> dict[str, str]:
    """The amounts and days among the merge fields, in plain form, where the connection says how they are written.

    Raises `Invalid` with the place of a value that is not written so. Without the options nothing is read, and nothing guessed.
    """
    forms = Forms(connection.option("locale"), connection.option("date_format"))
    said: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in params.items():
        kind = _kind(name, forms)
        if kind is None or not isinstance(value, str) or not value.strip():
            continue
        plain = _plain(kind, value, forms)
        if plain is None:
            problems.append(_not_so(name, kind, value, forms))
        else:
            said[name] = plain
    if problems:
        raise Invalid(problems)
    return said


def _kind(name: str, forms: Forms) -> str | None:
    last = name.rpartition(".")[2]
    if last in _AMOUNTS and forms.locale:
        return "number"
    return "day" if last in _DAYS and forms.date_format else None


def _plain(kind: str, value: str, forms: Forms) -> str | None:
    try:
        if kind == "number":
            number = forms.number(value)
            return None if number is None else format(number, "f")
        day = forms.day(value)
    except UnknownForm as unknown:
        raise NotUnderstood(str(unknown)) from None
    return None if day is None else day.isoformat()


def _not_so(name: str, kind: str, value: str, forms: Forms) -> Problem:
    form = f"an amount as {forms.locale} writes it" if kind == "number" else f"a date as {forms.date_format}"
    message = f"{form} is wanted here, and not {value[:40]!r}: it is not guessed (options locale and date_format)"
    return Problem(path=json_path((name,)), message=message, code="locale")
