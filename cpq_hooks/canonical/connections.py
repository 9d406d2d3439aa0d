"""The schema of connections.yaml: which vendors' systems are connected, who is told of events, and where secrets lie.

The file holds no secret: it names the variable of the environment, or the file, that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cpq_hooks.canonical.fields import Choice, Flag, refuse
from cpq_hooks.canonical.files import FileRecord, Word
from cpq_hooks.canonical.nesting import Items, Keyed, Part, Table
from cpq_hooks.canonical.record import Placed, Rule
from cpq_hooks.outgoing import EventType
from cpq_hooks.problem import Flaw, shown

MOST_CONNECTIONS: Final = 1_000
MOST_WEBHOOKS: Final = 50
_RESERVED: Final = "QUOTEGUARD_"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlace:
    """Where a secret lies: in a variable of the environment, or in a file."""

    env: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEntry:
    """One connected system as the file has it."""

    name: str
    connector: str
    tenant: str | None = None
    public_url: str | None = None
    base_url: str | None = None
    allow_private: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[SecretPlace, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEntry:
    """One listener as the file has it; no events named is all."""

    name: str
    url: str
    events: tuple[EventType, ...] = ()
    secrets: tuple[SecretPlace, ...] = ()
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFile:
    """All connected systems and listeners by name."""

    connections: Mapping[str, ConnectionEntry] = field(default_factory=dict)
    webhooks: Mapping[str, WebhookEntry] = field(default_factory=dict)


class Address(Word):
    """An address that begins with https:// or http://."""

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "format": "uri"}

    def read(self, value: Any) -> str:
        address = super().read(value)
        if not address.startswith(("https://", "http://")):
            refuse("bad_url", f"{shown(value)} is no address: begin it with https://")
        return address.rstrip("/")


def _is_one_place(place: Any) -> Sequence[Placed]:
    if (place.env is None) is (place.file is None):
        return (((), Flaw("conflict", "a secret lies in env or in file: name one of them")),)
    if place.env is not None and place.env.startswith(_RESERVED):
        message = f"names that begin with {_RESERVED} are the program's own settings: choose another name"
        return ((("env",), Flaw("reserved", message)),)
    return ()


class SecretPlaceSchema(FileRecord):
    """Where a secret lies."""

    record = SecretPlace

    env = Word("The variable of the environment that holds it.")
    file = Word("The file that holds it, and nothing else.")

    conditions = (Rule((), _is_one_place),)


def _has_a_name(entry: Any) -> Sequence[Placed]:
    if _is_name(entry.name):
        return ()
    message = f"{shown(entry.name)} stands in addresses and logs: use small letters, digits and hyphens"
    return ((("name",), Flaw("bad_name", message)),)


def _is_name(name: str) -> bool:
    return name.isascii() and name.replace("-", "").isalnum() and name == name.lower() and name.strip("-") == name


class ConnectionSchema(FileRecord):
    """One connected system."""

    record = ConnectionEntry

    name = Word("The connection's name; it stands in the address that the vendor calls.", required=True)
    connector = Word("Which vendor's language it speaks, such as stripe.", required=True)
    tenant = Word("Which of the vendor's customers we are; deliveries of another are refused.")
    public_url = Address("The address that the vendor calls, as the vendor knows it; signatures are made over it.")
    base_url = Address("Where the vendor's API answers, where that is not the usual address.")
    allow_private = Flag("Whether calls may go to private or loopback addresses.")
    options = Table(Word("A setting's name."), Word("Its value."), "The connector's own settings.")
    secrets = Table(
        Word("What the secret is for, such as webhook or api."),
        Items(
            Part(SecretPlaceSchema, "Where it lies."),
            "The secrets in force, the newest first.",
            least=1,
            most=10,
            noun="places",
        ),
        "Where the secrets lie.",
    )

    conditions = (Rule(("name",), _has_a_name),)


class WebhookSchema(FileRecord):
    """One listener, who is told of events by Standard Webhooks."""

    record = WebhookEntry

    name = Word("The listener's name.", required=True)
    url = Address("Where events are sent.", required=True)
    events = Items(
        Choice(EventType, "An event."), "The events that are sent; none is all.", most=len(EventType), noun="events"
    )
    secrets = Items(
        Part(SecretPlaceSchema, "Where it lies."),
        "The secrets in force, the newest first; what is sent is signed with each.",
        required=True,
        least=1,
        most=10,
        noun="places",
    )
    allow_private = Flag("Whether the address may be a private or loopback one.")

    conditions = (Rule(("name",), _has_a_name),)


class ConnectionFileSchema(FileRecord):
    """All connected systems, and who is told of events."""

    record = ConnectionFile

    connections = Keyed(
        Part(ConnectionSchema, "One connected system."),
        "name",
        "The connected systems.",
        most=MOST_CONNECTIONS,
        noun="connections",
    )
    webhooks = Keyed(
        Part(WebhookSchema, "One listener."),
        "name",
        "Who is told of events.",
        most=MOST_WEBHOOKS,
        noun="webhooks",
    )
