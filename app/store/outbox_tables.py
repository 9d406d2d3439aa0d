"""The tables of what goes out: messages, and the vendors' objects that decisions go back to."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.store.tables import METADATA

# On SQLite only a column of this very type counts by itself.
_COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")


def _required(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


OUTBOX_MESSAGES: Final = Table(
    "outbox_messages",
    METADATA,
    # The order in which messages were made; their ids do not tell it within a millisecond.
    Column("seq", _COUNTER, primary_key=True),
    _required("message_id"),
    _required("kind"),
    # A connection, or, for an event, whoever listens.
    _required("destination"),
    _required("object_type"),
    _required("object_id"),
    Column("event", Text),
    Column("subject_id", Text),
    Column("decision_id", Text),
    _required("created_at"),
    _required("state"),
    _required("attempts", Integer),
    # How many calls of the plan are made.
    _required("calls_made", Integer),
    Column("reason", Text),
    Column("ended_at", Text),
    # An event's payload, or what is known of the vendor's object.
    _required("body", LargeBinary),
    # The calls to make, as they were settled when the first was about to be made.
    Column("plan", LargeBinary),
    UniqueConstraint("message_id", name="outbox_messages_id"),
    Index("outbox_messages_by_state", "state", "seq"),
    Index("outbox_messages_by_object", "destination", "object_type", "object_id", "seq"),
)

OUTBOX_TARGETS: Final = Table(
    "outbox_targets",
    METADATA,
    Column("subject_type", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    _required("connection"),
    _required("object_type"),
    _required("object_id"),
    # The newest decision on what the connection itself brought, and whether its sender got it as an answer.
    _required("decision_id"),
    _required("answered", Boolean),
    # Whether a hold or its release was last asked for, and which of them was last carried out.
    Column("wanted", Text),
    Column("carried", Text),
    # A digest of what was last written back, so that our own writing does not cause the next.
    Column("written", Text),
    Column("callback", Text),
    _required("known", LargeBinary),
)
