"""What is kept for a time only, among documents: which of them are old, what still needs them, and their erasure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, tuple_

from app.bookkeeping.recovery import CaseState
from app.store.access_log import logged_columns
from app.store.database import Database
from app.store.identifiers import moment, stamp
from app.store.ledger_tables import RECOVERY_CASES
from app.store.people_records import Access
from app.store.people_tables import ACCESS_LOG
from app.store.records import DocumentKind
from app.store.tables import DOCUMENTS, HOLDS
from policies.holding import HoldState

_AT_A_TIME: Final = 500
_CLOSED: Final = (CaseState.RECOVERED.value, CaseState.WRITTEN_OFF.value)
_KEY: Final = (DOCUMENTS.c.id, DOCUMENTS.c.version)
_ERASE: Final = delete(DOCUMENTS).where(
    DOCUMENTS.c.kind == bindparam("of_kind"),
    DOCUMENTS.c.id == bindparam("of_id"),
    DOCUMENTS.c.version == bindparam("of_version"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldDocument:
    """One version of a document, without its content. `is_in_force` where no later version came."""

    kind: DocumentKind
    id: str
    version: int
    digest: str
    received_at: datetime
    is_in_force: bool
    account_id: str | None
    agreement_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """What something open is about: ids of configurations, agreements and accounts."""

    configurations: frozenset[str] = frozenset()
    agreements: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


class Erasure:
    """The documents that a company does not keep for good."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def older(self, kind: DocumentKind, than: timedelta) -> Iterator[tuple[OldDocument, ...]]:
        """Every version of the documents of a kind that were received longer ago, by document, the oldest version first.

        In portions; all versions of one document are in the same one.
        """
        columns = [column for column in DOCUMENTS.c if column.name != "body"]
        these = (DOCUMENTS.c.kind == kind.value, DOCUMENTS.c.received_at < stamp(self._clock() - than))
        query = select(*columns).where(*these).order_by(*_KEY).limit(_AT_A_TIME)
        found = self._rows(query)
        while found:
            last = found[-1].id
            if len(found) == _AT_A_TIME:
                after = tuple_(*_KEY) > tuple_(last, found[-1].version)
                found = [
                    *found,
                    *self._rows(select(*columns).where(*these, DOCUMENTS.c.id == last, after).order_by(*_KEY)),
                ]
            yield tuple(map(_old, found))
            found = self._rows(query.where(DOCUMENTS.c.id > last))

    def in_recovery(self) -> Concerned:
        """What recovery cases with money that is still to come are about."""
        columns = RECOVERY_CASES.c
        is_open = columns.recoverable > columns.recovered + columns.written_off
        query = select(columns.agreement_id, columns.account_id)
        rows = self._rows(query.where(or_(columns.state.not_in(_CLOSED), is_open)))
        return Concerned(
            agreements=_stated(row.agreement_id for row in rows), accounts=_stated(row.account_id for row in rows)
        )

    def held(self) -> Concerned:
        """What is held before its first invoice."""
        columns = HOLDS.c
        query = select(columns.billing_configuration_id, columns.agreement_id, columns.account_id)
        rows = self._rows(query.where(columns.state.in_([each.value for each in HoldState if each.holds])))
        return Concerned(
            configurations=_stated(row.billing_configuration_id for row in rows),
            agreements=_stated(row.agreement_id for row in rows),
            accounts=_stated(row.account_id for row in rows),
        )

    def erase(self, documents: Sequence[OldDocument], did: Callable[[OldDocument], Access]) -> int:
        """Erase these versions and log it of each, all or none; how many there were."""
        if not documents:
            return 0
        now = self._clock()

        def work(connection: Connection) -> int:
            gone = [each for each in documents if _erase(connection, each)]
            if gone:
                connection.execute(insert(ACCESS_LOG), [logged_columns(did(each), now) for each in gone])
            return len(gone)

        return self._database.write(work)

    def _rows(self, query: Any) -> Sequence[Row[Any]]:
        return self._database.read(lambda connection: connection.execute(query).all())


def _erase(connection: Connection, document: OldDocument) -> bool:
    key = {"of_kind": document.kind.value, "of_id": document.id, "of_version": document.version}
    return connection.execute(_ERASE, key).rowcount == 1


def _stated(ids: Iterable[str | None]) -> frozenset[str]:
    return frozenset(each for each in ids if each is not None)


def _old(row: Row[Any]) -> OldDocument:
    return OldDocument(
        kind=DocumentKind(row.kind),
        id=row.id,
        version=row.version,
        digest=row.digest,
        received_at=moment(row.received_at),
        is_in_force=row.superseded_at is None,
        account_id=row.account_id,
        agreement_id=row.agreement_id,
    )
