"""The vendors' objects that decisions go back to, one for each subject: where it was last read from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from app.store.identifiers import searchable
from app.store.outbox_records import KnownTarget, MessageKind, MessageNote, Origin
from app.store.outbox_rows import target_columns, target_of
from app.store.outbox_tables import OUTBOX_TARGETS
from app.store.records import RecordedDecision
from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import SubjectType

_ANEW = {"wanted": None, "carried": None, "written": None, "callback": None}


def note_origin(connection: Connection, origin: Origin, decision: RecordedDecision) -> None:
    """A decision's subject came from this object. What was done at another object of before says nothing of this one."""
    subject = decision.summary.subject
    columns = target_columns(origin, decision.summary.decision_id)
    before = known_target(connection, subject)
    if before is None:
        key = {"subject_type": subject.type.value, "subject_id": searchable(subject.id)}
        connection.execute(insert(OUTBOX_TARGETS).values(key | columns))
        return
    if _object_of(before.origin) != _object_of(origin):
        columns = _ANEW | columns
    connection.execute(update(OUTBOX_TARGETS).where(*_of(subject)).values(columns))


def known_target(connection: Connection, subject: Subject) -> KnownTarget | None:
    """Where a subject came from; None where no connection brought it."""
    return target_at(connection, subject.type, subject.id)


def target_at(connection: Connection, subject_type: SubjectType, subject_id: str) -> KnownTarget | None:
    """The same by the subject's kind and id."""
    row = connection.execute(select(OUTBOX_TARGETS).where(*_at(subject_type, subject_id))).first()
    return None if row is None else target_of(row)


def note_asked(connection: Connection, decision: RecordedDecision, notes: Sequence[MessageNote]) -> None:
    """What was asked for at the subject's object by a decision's messages."""
    subject = decision.summary.subject
    note_wanted(connection, (subject.type, subject.id), notes, answered=decision.summary.verdict is not Verdict.BLOCK)


def note_wanted(
    connection: Connection, subject: tuple[SubjectType, str], notes: Sequence[MessageNote], *, answered: bool
) -> None:
    """What messages ask for at a subject's object. `answered` says that a callback among them is the last word."""
    changed: dict[str, Any] = {}
    for note in notes:
        if note.kind in MessageKind.HOLD.family:
            changed["wanted"] = note.kind.value
        if note.written is not None:
            changed["written"] = note.written
        if note.kind is MessageKind.CALLBACK and answered:
            changed["callback"] = None
    if changed:
        connection.execute(update(OUTBOX_TARGETS).where(*_at(*subject)).values(changed))


def note_carried(connection: Connection, note: MessageNote) -> None:
    """A hold or its release was carried out at the object."""
    these = (
        OUTBOX_TARGETS.c.connection == note.destination,
        OUTBOX_TARGETS.c.object_type == note.object_type,
        OUTBOX_TARGETS.c.object_id == note.object_id,
        OUTBOX_TARGETS.c.subject_id == note.subject_id,
    )
    connection.execute(update(OUTBOX_TARGETS).where(*these).values(carried=note.kind.value))


def _of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return _at(subject.type, subject.id)


def _at(subject_type: SubjectType, subject_id: str) -> tuple[ColumnElement[bool], ...]:
    return OUTBOX_TARGETS.c.subject_type == subject_type.value, OUTBOX_TARGETS.c.subject_id == searchable(subject_id)


def _object_of(origin: Origin) -> tuple[str, str, str]:
    return searchable(origin.connection), origin.object_type, origin.object_id
