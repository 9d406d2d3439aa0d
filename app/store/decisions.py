"""Decisions: appended to the chain, found again, listed. Never changed."""

from __future__ import annotations

import base64
import binascii
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
)

from app.store import chain
from app.store.database import Database, Prepared
from app.store.decision_rows import content_of, stored_of, summary_of
from app.store.errors import BadPageToken
from app.store.identifiers import moment, searchable, stamp
from app.store.packing import pack, unpack
from app.store.plain_columns import Plain
from app.store.records import DecisionFilter, DecisionPage, DecisionSummary, Receipt, RecordedDecision, StoredDecision
from app.store.tables import CHAIN, DECISIONS
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType

_DOCUMENTS: Final = frozenset({"context", "document", "request"})
_LARGEST: Final = 2**63 - 1
_LONGEST_PAGE: Final = 500
_PORTION: Final = 100
_FEW_WEEKS: Final = timedelta(days=31)
_SUBJECT_TYPES: Final = tuple(each.value for each in SubjectType)
_INSERT: Final = Prepared(insert(DECISIONS))
_HEAD: Final = Prepared(select(CHAIN.c.length, CHAIN.c.head).where(CHAIN.c.id == literal_column("1")).with_for_update())
_WHOLE: Final = select(DECISIONS)
_SUMMARY: Final = select(*[column for column in DECISIONS.c if column.name not in _DOCUMENTS])
_ANSWERED: Final = _SUMMARY.add_columns(DECISIONS.c.document)
_NOTE: Final = select(
    DECISIONS.c.seq,
    DECISIONS.c.decision_id,
    DECISIONS.c.subject_id,
    DECISIONS.c.created_at,
    DECISIONS.c.verdict,
    DECISIONS.c.simulated,
    DECISIONS.c.context,
)
_LAST: Final = (
    DECISIONS.c.decision_id,
    DECISIONS.c.subject_id,
    DECISIONS.c.created_at,
    DECISIONS.c.verdict,
    DECISIONS.c.rep_id,
    DECISIONS.c.context,
    DECISIONS.c.document,
    DECISIONS.c.request,
)
_BY_ID: Final = _WHOLE.where(DECISIONS.c.decision_id == bindparam("decision_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNote:
    """What learning needs of a decision, without its documents."""

    decision_id: str
    subject_id: str
    created_at: datetime
    verdict: Verdict
    simulated: bool
    context: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDecision:
    """The last decision of some time on a document. `request` is None where it was not asked for."""

    decision_id: str
    subject_id: str
    created_at: datetime
    verdict: Verdict
    rep_id: str | None
    context: bytes | None
    document: bytes
    request: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A decision ready to be appended: its columns but for its place in the chain, and the digest of its content."""

    columns: Mapping[str, Any]
    digest: str


class DecisionLog:
    """The append-only table of decisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, decision_id: str) -> StoredDecision | None:
        """The decision with this id."""
        return self._one(_BY_ID, decision_id=searchable(decision_id))

    def by_content_hash(
        self, content_hash: str, *, policy_version: str | None = None, model_version: str | None = None
    ) -> StoredDecision | None:
        """The newest decision on exactly this content, under the versions that are given."""
        query = _WHOLE.where(DECISIONS.c.content_hash == bindparam("content_hash"))
        if policy_version is not None:
            query = query.where(_equal("policy_version", policy_version, by_index=False))
        if model_version is not None:
            query = query.where(_equal("model_version", model_version, by_index=False))
        return self._one(_newest(query), content_hash=searchable(content_hash))

    def latest_for_subject(self, subject_type: SubjectType, subject_id: str) -> StoredDecision | None:
        """The newest decision on this document, whatever its revision."""
        query = _WHOLE.where(DECISIONS.c.subject_type == subject_type.value, DECISIONS.c.subject_id == bindparam("id"))
        return self._one(_newest(query), id=searchable(subject_id))

    def page(self, wanted: DecisionFilter, *, limit: int = 50, page: str | None = None) -> DecisionPage:
        """Up to `limit` decisions (at most 500), newest first, from the start or from a page's token.

        What is recorded while someone turns pages neither repeats nor hides an entry. Raises `BadPageToken`.
        """
        limit = max(1, min(limit, _LONGEST_PAGE))
        query = listed(wanted).limit(limit + 1)
        if page is not None:
            query = query.where(DECISIONS.c.seq < _read_token(page))
        rows = self._database.read(lambda connection: connection.execute(query).all())
        more = len(rows) > limit
        return DecisionPage(
            decisions=tuple([summary_of(row) for row in rows[:limit]]),
            next_page=_token(rows[limit - 1].seq) if more else None,
        )

    def summaries(self, decision_ids: Sequence[str]) -> dict[str, DecisionSummary]:
        """The decisions with these ids, by id, without their documents."""
        if not decision_ids:
            return {}
        query = _SUMMARY.where(DECISIONS.c.decision_id.in_([searchable(each) for each in decision_ids]))
        return {row.decision_id: summary_of(row) for row in self._rows(query)}

    def each(self, wanted: DecisionFilter) -> Iterator[StoredDecision]:
        """Every decision that is wanted with its documents, the oldest first. Read in portions, so that any number may be
        there; what is recorded meanwhile is there too.
        """
        query = _WHOLE.where(*_conditions(wanted)).order_by(DECISIONS.c.seq).limit(_PORTION)
        seq = 0
        while rows := self._rows(query.where(DECISIONS.c.seq > seq)):
            yield from map(stored_of, rows)
            seq = rows[-1].seq

    def notes(self, subject_type: SubjectType) -> Iterator[DecisionNote]:
        """Every decision on documents of a type, the oldest first. Read in portions, so that any number may be there."""
        query = (
            _NOTE.where(DECISIONS.c.subject_type == subject_type.value).order_by(DECISIONS.c.seq).limit(_LONGEST_PAGE)
        )
        seq = 0
        while rows := self._rows(query.where(DECISIONS.c.seq > seq)):
            yield from map(_note, rows)
            seq = rows[-1].seq

    def last_of_each(
        self, subject_type: SubjectType, start: datetime, end: datetime, *, requests: bool
    ) -> Iterator[LastDecision]:
        """The last decision from `start` on and before `end` on each document of a type, the oldest first, with what was asked
        where `requests` says so. Read in portions, so that any number may be there.
        """
        these = (
            DECISIONS.c.subject_type == subject_type.value,
            DECISIONS.c.created_at >= stamp(start),
            DECISIONS.c.created_at < stamp(end),
        )
        newest = select(func.max(DECISIONS.c.seq)).where(*these).group_by(DECISIONS.c.subject_id)
        seqs = array("q", sorted(self._database.read(lambda connection: connection.execute(newest).scalars().all())))
        names = [column for column in _LAST if requests or column.name != "request"]
        for at in range(0, len(seqs), _PORTION):
            query = select(*names).where(DECISIONS.c.seq.in_(seqs[at : at + _PORTION].tolist()))
            for row in self._rows(query.order_by(DECISIONS.c.seq)):
                yield _last(row, unpack(row.request) if requests else None)

    def documents(self, wanted: DecisionFilter) -> Iterator[tuple[DecisionSummary, bytes]]:
        """The decisions that fit with their answers, the newest first. Read in portions, so that any number may fit."""
        query = _ANSWERED.where(*_conditions(wanted)).order_by(DECISIONS.c.seq.desc()).limit(_LONGEST_PAGE)
        seq = _LARGEST
        while rows := self._rows(query.where(DECISIONS.c.seq < seq)):
            for row in rows:
                yield summary_of(row), unpack(row.document)
            seq = rows[-1].seq

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        return self._database.read(lambda connection: connection.execute(query).all())

    def _one(self, query: Select[Any], **given: str) -> StoredDecision | None:
        row = self._database.read(lambda connection: connection.execute(query, given).first())
        return None if row is None else stored_of(row)


def seal(decision: RecordedDecision) -> Sealed:
    """Everything that recording needs and that can be done before the chain is held up: texts, packing, digest."""
    content = content_of(decision)
    digest = chain.content_digest(content)
    for name in _DOCUMENTS:
        content[name] = pack(content[name])
    return Sealed(columns=content, digest=digest)


def append(connection: Connection, sealed: Sealed) -> Receipt:
    """Put the decision at the head of the chain, in the caller's transaction, which holds the head until it commits."""
    length, head = _HEAD.run(connection, {}).one()
    seq = length + 1
    receipt = Receipt(seq=seq, prev_hash=head, record_hash=chain.record_hash(head, seq, sealed.digest))
    # A trigger moves the head.
    _INSERT.run(connection, {**sealed.columns, "seq": seq, "prev_hash": head, "record_hash": receipt.record_hash})
    return receipt


def listed(wanted: DecisionFilter) -> Select[Any]:
    """The decisions that are wanted, the newest first, without their documents."""
    return _SUMMARY.where(*_conditions(wanted)).order_by(DECISIONS.c.seq.desc())


def _note(row: Row[Any]) -> DecisionNote:
    return DecisionNote(
        decision_id=row.decision_id,
        subject_id=row.subject_id,
        created_at=moment(row.created_at),
        verdict=Verdict(row.verdict),
        simulated=row.simulated,
        context=unpack(row.context),
    )


def _last(row: Row[Any], request: bytes | None) -> LastDecision:
    return LastDecision(
        decision_id=row.decision_id,
        subject_id=row.subject_id,
        created_at=moment(row.created_at),
        verdict=Verdict(row.verdict),
        rep_id=row.rep_id,
        context=unpack(row.context),
        document=unpack(row.document),
        request=request,
    )


def _is_short(wanted: DecisionFilter) -> bool:
    """Whether the decisions are of a few weeks, so that their time says most of them."""
    first, before = wanted.created_from, wanted.created_before
    return first is not None and before is not None and before - first <= _FEW_WEEKS


def _equal(name: str, value: Any, *, by_index: bool = True) -> ColumnElement[bool]:
    """That a column has a value; `by_index` False where another column leads to the rows."""
    column: Column[Any] = DECISIONS.c[name]
    said: ColumnElement[bool] = (column if by_index else Plain(column)) == value
    return said


def _newest(query: Select[Any]) -> Select[Any]:
    return query.order_by(DECISIONS.c.seq.desc()).limit(1)


def _narrow(wanted: DecisionFilter) -> dict[str, Any]:
    """Filters that few decisions fit, by column."""
    return {
        "subject_id": searchable(wanted.subject_id),
        "content_hash": searchable(wanted.content_hash),
        "rep_id": searchable(wanted.rep_id),
        "account_id": searchable(wanted.account_id),
    }


def _wide(wanted: DecisionFilter) -> dict[str, Any]:
    """Filters that many decisions may fit, by column, those first that likely say most."""
    found: dict[str, Any] = {
        "verdict": wanted.verdict and wanted.verdict.value,
        "model_version": searchable(wanted.model_version),
        "policy_version": searchable(wanted.policy_version),
        "source": searchable(wanted.source),
        "simulated": wanted.simulated,
    }
    if wanted.verdict is Verdict.ALLOW:
        found["verdict"] = found.pop("verdict")
    return found


def _conditions(wanted: DecisionFilter) -> list[ColumnElement[bool]]:
    conditions = [_equal(name, value) for name, value in _narrow(wanted).items() if value is not None]
    # One column leads to the rows, and SQLite must not choose another.
    is_found = bool(conditions) or _is_short(wanted)
    for name, value in _wide(wanted).items():
        if value is not None:
            conditions.append(_equal(name, value, by_index=not is_found))
            is_found = True
    if wanted.subject_type is not None:
        conditions.append(DECISIONS.c.subject_type == wanted.subject_type.value)
    elif wanted.subject_id is not None:
        # The index of documents begins with their type.
        conditions.append(DECISIONS.c.subject_type.in_(_SUBJECT_TYPES))
    if wanted.created_from is not None:
        conditions.append(DECISIONS.c.created_at >= stamp(wanted.created_from))
    if wanted.created_before is not None:
        conditions.append(DECISIONS.c.created_at < stamp(wanted.created_before))
    if wanted.newest_only:
        later = DECISIONS.alias("later")
        same = (later.c.subject_type == DECISIONS.c.subject_type, later.c.subject_id == DECISIONS.c.subject_id)
        conditions.append(~exists().where(*same, later.c.seq > DECISIONS.c.seq))
    return conditions


def _token(seq: int) -> str:
    return base64.urlsafe_b64encode(f"seq:{seq}".encode("ascii")).decode("ascii").rstrip("=")


def _read_token(token: str) -> int:
    """The sequence number before which the page begins."""
    try:
        text = base64.urlsafe_b64decode(token.encode("ascii") + b"==").decode("ascii")
        kind, _, seq = text.partition(":")
        if kind != "seq" or not seq.isdecimal() or int(seq) > _LARGEST:
            raise BadPageToken("this is no page token of ours")
    except (UnicodeError, binascii.Error):
        raise BadPageToken("this is no page token of ours") from None
    return int(seq)
