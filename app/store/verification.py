"""Read the whole record again and say whether it is as it was written.

Found: a decision that was changed, removed, put in or moved, a tail that was cut off, an artefact that was exchanged. Not found by
this database alone: someone who may write to all of it and computes the chain anew, or cuts the tail and sets the head back.
Only a copy of the head that is kept elsewhere, an `Anchor`, shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select

from app.store import chain
from app.store.artefacts import Artefacts
from app.store.database import Database
from app.store.errors import Unreadable
from app.store.packing import unpack
from app.store.tables import CHAIN, DECISIONS

_AT_A_TIME: Final = 200
_STATE: Final = select(
    CHAIN.c.length,
    CHAIN.c.head,
    select(func.min(DECISIONS.c.seq)).scalar_subquery().label("lowest"),
    select(func.max(DECISIONS.c.seq)).scalar_subquery().label("highest"),
).where(CHAIN.c.id == 1)
_NEXT: Final = (
    select(DECISIONS)
    .where(DECISIONS.c.seq > bindparam("after"), DECISIONS.c.seq <= bindparam("up_to"))
    .order_by(DECISIONS.c.seq)
    .limit(_AT_A_TIME)
)

Progress = Callable[[int, int], None]
"""Told how many records were checked, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The head of the chain as it was at some time, kept where whoever can write to the database cannot."""

    length: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What verifying found. `first_bad` is the number of the first record that is not as it was written, and `what` says how;
    both are None for a whole chain. `head` is what to keep elsewhere.
    """

    checked: int
    head: Anchor
    first_bad: int | None = None
    what: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.what is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """Whether one record is as it was written and stands where it was put. `wrong` says what is not so; `length` is how many
    records there are.
    """

    seq: int
    length: int
    prev_hash: str
    record_hash: str
    wrong: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.wrong


class _Broken(Exception):  # noqa: N818 - it says what is the matter
    def __init__(self, seq: int, what: str) -> None:
        super().__init__(what)
        self.seq = seq


def verify_chain(
    database: Database, artefacts: Artefacts, *, anchor: Anchor | None = None, progress: Progress | None = None
) -> ChainReport:
    """Check every record up to the head, while others go on recording. Raises `StoreUnavailable`."""
    state = database.read(lambda connection: connection.execute(_STATE).first())
    if state is None:
        return ChainReport(
            checked=0, head=Anchor(length=0, head=chain.GENESIS), first_bad=1, what="the head of the chain is gone"
        )
    reading = _Reading(artefacts, anchor)
    head = Anchor(length=state.length, head=state.head)
    try:
        for rows in _portions(database, state.length):
            for row in rows:
                reading.take(row)
            if progress is not None:
                progress(reading.checked, state.length)
        reading.end(state)
    except _Broken as broken:
        return ChainReport(checked=reading.checked, head=head, first_bad=broken.seq, what=str(broken))
    return ChainReport(checked=reading.checked, head=head)


def verify_link(database: Database, artefacts: Artefacts, decision_id: str) -> LinkReport | None:
    """Check one record and its two neighbours; None where there is no such record. Only `verify_chain` shows that the whole
    of the record is as it was.
    """

    def look(connection: Connection) -> tuple[Any, ...]:
        row = connection.execute(select(DECISIONS).where(DECISIONS.c.decision_id == decision_id)).first()
        if row is None:
            return None, {}, None
        near = select(DECISIONS.c.seq, DECISIONS.c.prev_hash, DECISIONS.c.record_hash)
        near = near.where(DECISIONS.c.seq.in_((row.seq - 1, row.seq + 1)))
        head = connection.execute(select(CHAIN.c.length, CHAIN.c.head).where(CHAIN.c.id == 1)).first()
        return row, {each.seq: each for each in connection.execute(near)}, head

    row, near, head = database.read(look)
    if row is None:
        return None
    wrong = [*_wrong_with(row, artefacts), *_wrong_beside(row, near, head)]
    return LinkReport(
        seq=row.seq,
        length=0 if head is None else head.length,
        prev_hash=row.prev_hash,
        record_hash=row.record_hash,
        wrong=tuple(wrong),
    )


def _wrong_with(row: Row[Any], artefacts: Artefacts) -> Iterator[str]:
    if _recomputed(row) != row.record_hash:
        yield "it was changed after it was written"
    for digest in filter(None, (row.policies_digest, row.catalog_digest, row.company_digest)):
        try:
            artefact = artefacts.get(digest)
        except Unreadable:
            artefact = None
        if artefact is None:
            yield f"what it was decided with, {digest}, is missing or was changed"


def _wrong_beside(row: Row[Any], near: Mapping[int, Row[Any]], head: Row[Any] | None) -> Iterator[str]:
    before, after = near.get(row.seq - 1), near.get(row.seq + 1)
    if (chain.GENESIS if row.seq == 1 else before and before.record_hash) != row.prev_hash:
        yield "the record before it is not the one that it was written after"
    if head is None:
        yield "the head of the chain is gone"
    elif row.seq < head.length and (after is None or after.prev_hash != row.record_hash):
        yield "the record after it was not written after this one"
    elif row.seq == head.length and head.head != row.record_hash:
        yield "the head of the chain names another last record"
    elif row.seq > head.length:
        yield "it was put in beside the chain"


class _Reading:
    """Follows the chain record by record, and stops at the first that is wrong."""

    def __init__(self, artefacts: Artefacts, anchor: Anchor | None) -> None:
        self.checked = 0
        self._last = chain.GENESIS
        self._artefacts = artefacts
        self._anchor = anchor
        self._genuine: set[str] = set()

    def take(self, row: Row[*tuple[Any, ...]]) -> None:
        expected = self.checked + 1
        if row.seq != expected:
            raise _Broken(expected, f"record {expected} is missing")
        if row.prev_hash != self._last:
            raise _Broken(
                expected,
                f"record {expected} was written after another record than the one that stands before it now: "
                "one of the two was moved, exchanged, or changed together with its hash",
            )
        if _recomputed(row) != row.record_hash:
            raise _Broken(expected, f"record {expected} ({row.decision_id}) was changed after it was written")
        self._hold_to_the_anchor(row)
        for digest in (row.policies_digest, row.catalog_digest, row.company_digest):
            self._check_artefact(digest, row)
        self._last = row.record_hash
        self.checked = expected

    def end(self, state: Row[*tuple[Any, ...]]) -> None:
        after = self.checked + 1
        if self.checked < state.length:
            raise _Broken(after, f"record {after} is missing: {state.length} were written")
        if self._last != state.head:
            raise _Broken(self.checked, "the head of the chain names another last record")
        if state.highest is not None and (state.highest > state.length or state.lowest < 1):
            stray = state.highest if state.highest > state.length else state.lowest
            raise _Broken(stray, f"record {stray} was put in beside the chain")
        if self._anchor is not None and self._anchor.length > self.checked:
            raise _Broken(
                after, f"record {after} is missing: there were {self._anchor.length} when the anchor was taken"
            )

    def _hold_to_the_anchor(self, row: Row[*tuple[Any, ...]]) -> None:
        anchor = self._anchor
        if anchor is not None and row.seq == anchor.length and row.record_hash != anchor.head:
            raise _Broken(
                row.seq, f"record {row.seq} is not the one that the anchor was taken from: the chain was rewritten"
            )

    def _check_artefact(self, digest: str | None, row: Row[*tuple[Any, ...]]) -> None:
        if digest is None or digest in self._genuine:
            return
        try:
            artefact = self._artefacts.get(digest)
        except Unreadable:
            artefact = None
        if artefact is None:
            raise _Broken(row.seq, f"what record {row.seq} was decided with, {digest}, is missing or was changed")
        self._genuine.add(digest)


def _portions(database: Database, length: int) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    after = 0
    while after < length:
        given = {"after": after, "up_to": length}
        rows = database.read(lambda connection: connection.execute(_NEXT, given).all())  # noqa: B023 - read at once
        if not rows:
            return
        yield rows
        after = rows[-1].seq


def _recomputed(row: Row[*tuple[Any, ...]]) -> str | None:
    """The hash that the row should have; None where it cannot be read at all."""
    content = dict(row._mapping)  # noqa: SLF001 - public in SQLAlchemy, out of the way of column names
    try:
        for name in ("context", "document", "request"):
            content[name] = unpack(content[name])
        return chain.record_hash(row.prev_hash, row.seq, chain.content_digest(content))
    except (Unreadable, KeyError):
        return None
