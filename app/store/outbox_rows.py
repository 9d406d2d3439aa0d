"""Messages and targets as rows, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row

from app.identifiers import new_id
from app.store.identifiers import moment, searchable
from app.store.outbox_records import (
    KeptMessage,
    KnownTarget,
    MessageFilter,
    MessageKind,
    MessageNote,
    MessageState,
    Origin,
)
from app.store.outbox_tables import OUTBOX_MESSAGES
from app.store.packing import pack, unpack
from app.store.queue import bounded


def message_columns(note: MessageNote, now: str) -> dict[str, Any]:
    """A new message's row."""
    return {
        "message_id": new_id("msg"),
        "kind": note.kind.value,
        "destination": searchable(note.destination),
        "object_type": bounded(note.object_type),
        "object_id": bounded(note.object_id),
        "event": note.event,
        "subject_id": searchable(note.subject_id),
        "decision_id": note.decision_id,
        "created_at": now,
        "state": MessageState.WAITING.value,
        "attempts": 0,
        "calls_made": 0,
        "body": pack(note.body),
    }


def ordering_key(note: MessageNote) -> str:
    """Messages to one destination on one object go in order; what is told of an object does not wait for calls to it."""
    line = "event" if note.kind is MessageKind.EVENT else "call"
    return f"{line}:{note.destination}/{note.object_type}/{note.object_id}"


def message_of(row: Row[Any]) -> KeptMessage:
    return KeptMessage(
        seq=row.seq,
        message_id=row.message_id,
        created_at=moment(row.created_at),
        state=MessageState(row.state),
        attempts=row.attempts,
        calls_made=row.calls_made,
        plan=unpack(row.plan),
        reason=row.reason,
        ended_at=None if row.ended_at is None else moment(row.ended_at),
        note=MessageNote(
            kind=MessageKind(row.kind),
            destination=row.destination,
            object_type=row.object_type,
            object_id=row.object_id,
            body=unpack(row.body),
            event=row.event,
            subject_id=row.subject_id,
            decision_id=row.decision_id,
        ),
    )


def conditions_of(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    equal = {
        "state": wanted.state and wanted.state.value,
        "kind": wanted.kind and wanted.kind.value,
        "destination": searchable(wanted.destination),
        "object_id": None if wanted.object_id is None else bounded(wanted.object_id),
        "decision_id": searchable(wanted.decision_id),
    }
    return [OUTBOX_MESSAGES.c[name] == value for name, value in equal.items() if value is not None]


def target_columns(origin: Origin, decision_id: str) -> dict[str, Any]:
    """What a target's row says of where its subject came from. An earlier callback stays where no newer one is given."""
    columns = {
        "connection": searchable(origin.connection),
        "object_type": bounded(origin.object_type),
        "object_id": bounded(origin.object_id),
        "decision_id": decision_id,
        "answered": origin.answered,
        "known": pack(origin_bytes(origin)),
    }
    return columns if origin.callback is None else columns | {"callback": searchable(origin.callback)}


def target_of(row: Row[Any]) -> KnownTarget:
    origin = replace(_origin(row.connection, unpack(row.known)), callback=row.callback, answered=row.answered)
    return KnownTarget(
        origin=origin,
        decision_id=row.decision_id,
        wanted=None if row.wanted is None else MessageKind(row.wanted),
        carried=None if row.carried is None else MessageKind(row.carried),
        written=row.written,
    )


def origin_bytes(origin: Origin) -> bytes:
    """What has to be known of the vendor's object when its message is delivered."""
    told = {
        "object": (origin.object_type, origin.object_id),
        "needs": origin.needs,
        "payload": origin.payload,
        "callback": origin.callback,
    }
    return json.dumps(told, default=str).encode("ascii")


def origin_of(note: MessageNote) -> Origin:
    """The vendor's object that a message is for."""
    return _origin(note.destination, note.body)


def _origin(connection_name: str, known: bytes) -> Origin:
    told = json.loads(known)
    object_type, object_id = told["object"]
    return Origin(
        connection=connection_name,
        object_type=object_type,
        object_id=object_id,
        needs=tuple((resource, identity) for resource, identity in told["needs"]),
        payload=told["payload"],
        callback=told["callback"],
    )
