"""The adapter contract: all that Quoteguard has to know of a vendor in order to speak with it.

An adapter is pure. It reads bytes and gives values: whether a delivery is genuine, what it tells, which objects have to
be fetched, what these mean in canonical form, and which calls would hold, release or write back. Others make the calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

from cpq_hooks.connection import Connection
from cpq_hooks.reading import read_json

JSON: Final = "application/json"


class Shape(StrEnum):
    """What a document is in canonical form."""

    QUOTE = "quote"
    AGREEMENT = "agreement"
    BILLING_CONFIGURATION = "billing-configuration"
    USAGE = "usage"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request of a vendor's, exactly as it came.

    `url` is the address as the vendor called it, query included: the connection's public address where one is configured.
    `headers` are by lower-case name; where one was sent twice its values are joined by a comma. `query` are the parameters
    of the address, decoded, in order.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    query: tuple[tuple[str, str], ...] = ()
    _told: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)

    def json(self) -> Any:
        """The body as a JSON value, read once however often it is asked for; nobody changes it. Raises `Malformed`."""
        if not self._told:
            self._told.append(read_json(self.body))
        return self._told[0]

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """The delivery comes from whom it says. `tenant` is which of the vendor's customers sent it, where it says so."""

    tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The delivery is not taken. `because` is for the log and the sender and holds no secret.

    `status` and `headers` are the vendor's own kind of refusal, such as 401 with a challenge.
    """

    because: str
    status: int = 401
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A full object that has to be fetched before an event can be judged: the vendor's own resource and id."""

    resource: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one object in the vendor's system.

    `key` is the same for each delivery of the same event and no other within the connection. `version` orders the events of
    one object as text (`ordered` makes such a text); None where the vendor gives no order, and then what is fetched counts.
    `needs` are the objects to fetch; where none are needed, `payload` holds the object. `ignored` says why nothing is to
    be done, in words. `callback` is what waits for the verdict in the vendor's system, such as a workflow: `Target.callback`.
    """

    key: str
    kind: str
    object_type: str
    object_id: str
    version: str | None = None
    occurred_at: datetime | None = None
    shape: Shape | None = None
    deleted: bool = False
    needs: tuple[Need, ...] = ()
    payload: Any = None
    ignored: str | None = None
    callback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A field of the vendor's that has a value and was not understood. `bears_on` is price, term, discount or billing, or None."""

    path: str
    value: str
    bears_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A vendor's object in canonical form: a JSON document of `shape`, not yet checked, and what of it was not understood."""

    shape: Shape
    document: Mapping[str, Any]
    unused: tuple[Unused, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A document whose sender waits for the verdict: what it means, and how long the sender waits at most, in seconds."""

    translation: Translation
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorReply:
    """What the vendor gets as its answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCall:
    """A call that Quoteguard makes to the vendor, as data; the vendor's client adds address and credentials.

    `path` begins with a slash and is below the connection's base address. Either `json` or `form` is the body. `purpose` is
    one sentence for the log. `idempotency_key` makes a repetition harmless where the vendor honours one. `when_refused` says
    what it means that the vendor refuses the call, where that is no failure: what it was for is over. Credentials that are
    refused are a failure all the same.
    """

    method: str
    path: str
    purpose: str
    json: Any = None
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    idempotency_key: str | None = None
    when_refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The vendor's object that a decision was about, and what is known of it: for holds and write-backs."""

    object_type: str
    object_id: str
    payload: Any = None
    callback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A setting of an adapter's own, for the docs and the check of connections.

    With `is_file` the connection names a file beside connections.yaml, and the adapter gets its text.
    """

    name: str
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    is_file: bool = False


class NotUnderstood(ValueError):  # noqa: N818 - it says what the payload is
    """The payload is none of the vendor's that the adapter knows, or not of the shape that is asked for."""


class Adapter(Protocol):
    """One vendor's language. An implementation has no state; everything that varies is in the connection."""

    @property
    def name(self) -> str:
        """The connector's name in addresses and commands, such as stripe."""

    @property
    def title(self) -> str:
        """What people call the system, such as Salesforce CPQ."""

    @property
    def shapes(self) -> frozenset[Shape]:
        """What its documents can become."""

    @property
    def options(self) -> tuple[Option, ...]:
        """The settings that a connection may give."""

    @property
    def secrets(self) -> tuple[Option, ...]:
        """The purposes that a connection needs secrets for."""

    def verify(self, delivery: Delivery, connection: Connection) -> Genuine | Refusal:
        """Whether the delivery is genuine, told from its exact bytes before anything is parsed. Never raises."""

    def events(self, delivery: Delivery, connection: Connection) -> tuple[Event, ...]:
        """What a genuine delivery tells. Raises `NotUnderstood`, and `Malformed` where it cannot be read."""

    def acknowledge(self, delivery: Delivery, connection: Connection) -> VendorReply:
        """What the vendor takes as "stored, do not send again"."""

    def inline(self, delivery: Delivery, connection: Connection) -> Inline | None:
        """The document that waits for a verdict; None where the delivery only tells of events."""

    def answer(self, decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
        """The decision (as the API answers it, or `checked` false) in the vendor's own form."""

    def parse(self, raw: bytes) -> Any:
        """The payload of a file exported from the vendor. Raises `Malformed`."""

    def translate(self, payload: Any, shape: Shape, connection: Connection | None = None) -> tuple[Translation, ...]:
        """A full object in canonical form, or several where the export holds several. Raises `NotUnderstood`, `Invalid`."""

    def hold(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """The calls that keep the quote from going on, or the first invoice from going out; none where the vendor cannot."""

    def release(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """The calls that undo a hold."""

    def write_back(self, target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
        """The calls that put the verdict where the rep or the billing team looks; none where there is no such place."""


@runtime_checkable
class ChecksConnection(Protocol):
    """An adapter that has more to say of a connection than whether its settings and secrets are there."""

    def faults(self, connection: Connection) -> tuple[str, ...]:
        """What is wrong with the connection's settings, each as a sentence; none where nothing is."""


@runtime_checkable
class RepeatsSecrets(Protocol):
    """An adapter whose vendor repeats a secret in the bodies that it sends."""

    @property
    def secret_fields(self) -> tuple[str, ...]:
        """The names of the fields that hold one. Deliveries are stored as they came; where one is shown these are hidden."""


def ordered(*parts: int | datetime) -> str:
    """A version that orders as text: whole numbers from 0 and moments, the most significant first."""
    return ".".join(f"{_microseconds(part) if isinstance(part, datetime) else part:020d}" for part in parts)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def first(texts: Sequence[str | None]) -> str | None:
    """The first text that is there."""
    return next((text for text in texts if text), None)
