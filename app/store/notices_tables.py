"""The tables of notices, as the store's statements see them: what people are to be told, and each telling by its channel."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from app.store.tables import METADATA

# On SQLite only a column of this very type counts by itself.
_COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")


def _required(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


NOTICES: Final = Table(
    "notices",
    METADATA,
    Column("seq", _COUNTER, primary_key=True),
    _required("notice_id"),
    # The first notice on the same; an update has another's id here.
    _required("thread_id"),
    _required("kind"),
    _required("dedupe_key"),
    _required("subject_type"),
    _required("subject_id"),
    Column("decision_id", Text),
    _required("created_at"),
    # When the same was last seen, and how often since.
    _required("last_at"),
    _required("repeats", Integer),
    Column("currency", Text),
    Column("amount", BigInteger),
    # Of what is told: the same again is counted, anything else is an update.
    _required("digest"),
    _required("simulated", Boolean),
    _required("facts", LargeBinary),
    UniqueConstraint("notice_id", name="notices_id"),
    Index("notices_by_key", "dedupe_key", "seq"),
    Index("notices_by_time", "created_at"),
)

NOTICE_DELIVERIES: Final = Table(
    "notice_deliveries",
    METADATA,
    Column("seq", _COUNTER, primary_key=True),
    _required("delivery_id"),
    _required("notice_id"),
    _required("channel"),
    _required("state"),
    _required("created_at"),
    _required("due_at"),
    _required("urgent", Boolean),
    _required("attempts", Integer),
    Column("reason", Text),
    Column("ended_at", Text),
    UniqueConstraint("delivery_id", name="notice_deliveries_id"),
    UniqueConstraint("notice_id", "channel", name="notice_deliveries_once"),
    Index("notice_deliveries_by_channel", "channel", "state", "seq"),
    Index("notice_deliveries_by_end", "channel", "ended_at"),
    Index("notice_deliveries_by_state", "state", "seq"),
)
