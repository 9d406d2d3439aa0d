"""The tables of what comes in from vendors, and of the line in which it waits, as the store's statements see them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.store.tables import METADATA

# On SQLite only a column of this very type counts by itself.
_COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")
# Versions are compared byte by byte, whatever language the database speaks.
_VERSION: Final = Text().with_variant(Text(collation="C"), "postgresql")


def _required(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


QUEUE: Final = Table(
    "queue",
    METADATA,
    Column("seq", _COUNTER, primary_key=True),
    _required("queue"),
    _required("item_id"),
    _required("ordering_key"),
    _required("state"),
    # When it is its turn; where it is claimed, when the lease runs out.
    _required("due_at"),
    _required("added_at"),
    _required("attempts", Integer),
    Column("lease", Text),
    Column("reason", Text),
    UniqueConstraint("queue", "item_id", name="queue_items"),
    Index("queue_by_due", "queue", "state", "due_at", "seq"),
    Index("queue_by_key", "queue", "ordering_key", "seq"),
)

INBOX_DELIVERIES: Final = Table(
    "inbox_deliveries",
    METADATA,
    Column("delivery_id", Text, primary_key=True),
    _required("connection"),
    _required("received_at"),
    _required("method"),
    # Address, parameters and headers as JSON, without secrets.
    _required("envelope", LargeBinary),
    _required("body", LargeBinary),
    Index("inbox_deliveries_by_time", "received_at"),
)

INBOX_EVENTS: Final = Table(
    "inbox_events",
    METADATA,
    Column("event_id", Text, primary_key=True),
    _required("connection"),
    _required("dedupe_key"),
    Column("delivery_id", Text),
    _required("received_at"),
    _required("kind"),
    _required("object_type"),
    _required("object_id"),
    Column("version", Text),
    Column("occurred_at", Text),
    _required("state"),
    Column("reason", Text),
    Column("handled_at", Text),
    Column("decision_id", Text),
    # What has to be fetched and what that is, as JSON.
    _required("told", LargeBinary),
    UniqueConstraint("connection", "dedupe_key", name="inbox_events_once"),
    Index("inbox_events_by_time", "received_at", "event_id"),
    Index("inbox_events_by_state", "state", "received_at", "event_id"),
    Index("inbox_events_by_delivery", "delivery_id"),
)

INBOX_OBJECTS: Final = Table(
    "inbox_objects",
    METADATA,
    Column("connection", Text, primary_key=True),
    Column("object_key", Text, primary_key=True),
    Column("version", _VERSION),
    _required("event_id"),
    Column("decision_id", Text),
    _required("updated_at"),
)

INBOX_CURSORS: Final = Table(
    "inbox_cursors",
    METADATA,
    Column("connection", Text, primary_key=True),
    _required("since"),
    _required("asked_at"),
)
