"""The store: one database with everything that Quoteguard remembers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

from app.store import verification
from app.store.access_log import AccessLog
from app.store.alerts import Alerts
from app.store.artefacts import Artefacts
from app.store.comparables import Comparables
from app.store.database import Database
from app.store.decisions import DecisionLog, Sealed, append, seal
from app.store.desk import DealDesk
from app.store.desk_records import BesideReview, Queueing
from app.store.documents import Documents
from app.store.erasure import Erasure
from app.store.holds import Holds, change_in
from app.store.idempotency import Idempotency
from app.store.identifiers import searchable
from app.store.inbox import Inbox
from app.store.insights import Insights
from app.store.keys import ApiKeys
from app.store.ledger_rebuild import rebuild
from app.store.ledgers import Ledgers
from app.store.notices import Notices
from app.store.notices_records import Noticing
from app.store.outbox import Outbox
from app.store.outbox_records import Sending
from app.store.own_secrets import OwnSecrets
from app.store.people import People
from app.store.queue import Queue
from app.store.records import (
    AlertNote,
    Beside,
    Document,
    DocumentKind,
    HoldStep,
    KeyedAnswer,
    Receipt,
    RecordedDecision,
)
from app.store.recovery_cases import RecoveryCases
from app.store.refused import Refused
from app.store.review_counts import reviewed_in
from app.store.sessions import Sessions, SignInAttempts
from app.store.tables import SCHEMA
from app.store.verification import Anchor, ChainReport, LinkReport, Progress

_REFUSED_BYTES: Final = 10 << 20


class Store:
    """Rooms over one database: `decisions`, `artefacts`, `documents`, `keys`, `idempotency`, `refused`, `holds`, `alerts`,
    `inbox`, `outbox`, `trainings`, `rechecks`, `desk`, `ledgers`, `insights`, `comparables`, `recovery`, `people`, `sessions`, `attempts`, `access`,
    `secrets`, `erasure`.

    Safe to share among threads and to carry over a fork. Every call may raise `StoreUnavailable`.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        refused_bytes: int,
        sending: Sending | None = None,
        queueing: Queueing | None = None,
        noticing: Noticing | None = None,
        beside_reviews: Sequence[BesideReview] = (),
    ) -> None:
        self._database = database
        self.notices = Notices(database, clock, noticing)
        self.outbox = Outbox(database, clock, Queue(database, clock, "outbox"), sending)
        self.decisions = DecisionLog(database)
        self.artefacts = Artefacts(database, clock)
        self.idempotency = Idempotency(database, clock)
        self.ledgers = Ledgers(database, clock)
        self.comparables = Comparables(database)
        self.insights = Insights(database, clock)
        self.recovery = RecoveryCases(database, clock)
        self.documents = Documents(database, self.idempotency, clock, self.ledgers.stored_in)
        self.keys = ApiKeys(database, clock)
        self.refused = Refused(database, clock, limit=refused_bytes, told=self.outbox.refused_in)
        self.holds = Holds(database, self.outbox.changed_in)
        self.alerts = Alerts(database, clock, self._watched_in)
        self.inbox = Inbox(database, clock, Queue(database, clock, "inbox"))
        self.secrets = OwnSecrets(database, clock)
        self.trainings = Queue(database, clock, "train")
        self.rechecks = Queue(database, clock, "recheck")
        self.desk = DealDesk(
            database, clock, self.outbox, self.documents, self.idempotency, queueing, (reviewed_in, *beside_reviews)
        )
        self.people = People(database, clock)
        self.sessions = Sessions(database, clock)
        self.attempts = SignInAttempts(database, clock)
        self.access = AccessLog(database, clock)
        self.erasure = Erasure(database, clock)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        timeout: timedelta = timedelta(seconds=5),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        refused_bytes: int = _REFUSED_BYTES,
        sending: Sending | None = None,
        queueing: Queueing | None = None,
        noticing: Noticing | None = None,
        beside_reviews: Sequence[BesideReview] = (),
    ) -> Store:
        """The store at this address. Nothing is connected yet, so a database that is away shows at the first call.

        `timeout` is how long to wait for a connection or a lock, `refused_bytes` how much of a refused body is kept,
        `sending` decides what is sent of what is recorded; without it, nothing is. `queueing` decides which decisions wait for
        a person; without it, none does; `noticing` what people are told of, without it nothing. `beside_reviews` is done in the transaction of every review.
        """
        database = Database(url, timeout=timeout, schema=SCHEMA)
        return cls(
            database,
            clock,
            refused_bytes=refused_bytes,
            sending=sending,
            queueing=queueing,
            noticing=noticing,
            beside_reviews=beside_reviews,
        )

    def record(
        self,
        decision: RecordedDecision,
        *,
        answer: KeyedAnswer | None = None,
        hold: HoldStep | None = None,
        document: tuple[DocumentKind, Document] | None = None,
        beside: Sequence[Beside] = (),
    ) -> Receipt:
        """Append the decision, together with the answer to its Idempotency-Key, what it does to a hold, the document that it is
        on where that is stored as well, and what other rooms do beside it, with what it sends: all or nothing, on disk when this returns.

        Raises `MissingArtefact`; with `answer`, also `AlreadyAnswered` and `IdempotencyConflict`.
        """
        [receipt] = self._append([decision], answer, hold, document, beside)
        return receipt

    def record_all(self, decisions: Sequence[RecordedDecision]) -> tuple[Receipt, ...]:
        """Append many decisions, all or none, with one flush to disk. Other writers wait meanwhile."""
        return tuple(self._append(decisions))

    def verify_chain(self, *, anchor: Anchor | None = None, progress: Progress | None = None) -> ChainReport:
        """Whether every decision is as it was written; see `app.store.verification` for what this can show."""
        return verification.verify_chain(self._database, self.artefacts, anchor=anchor, progress=progress)

    def verify_link(self, decision_id: str) -> LinkReport | None:
        """Whether one decision is as it was written and stands between its neighbours; None where there is none."""
        return verification.verify_link(self._database, self.artefacts, searchable(decision_id))

    def rebuild_insights(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Count again whatever the record holds; the answer is how many decisions were counted."""
        return rebuild(self._database, progress)

    def ping(self) -> None:
        """Raise `StoreUnavailable` unless decisions could be recorded now."""
        self._database.ping()

    def close(self) -> None:
        """Close the connections of this process."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(
        self,
        decisions: Sequence[RecordedDecision],
        answer: KeyedAnswer | None = None,
        hold: HoldStep | None = None,
        document: tuple[DocumentKind, Document] | None = None,
        beside: Sequence[Beside] = (),
    ) -> list[Receipt]:
        sealed = [self._seal(decision) for decision in decisions]
        drafts = [self.desk.draft(decision) for decision in decisions]
        booked = [self.ledgers.read(decision) for decision in decisions]
        told = [self.notices.of_decision(decision) for decision in decisions]

        def work(connection: Connection) -> list[Receipt]:
            if answer is not None:
                self.idempotency.keep_in(connection, answer)
            if document is not None:
                self.documents.put_in(connection, document[0], [document[1]])
            receipts = [append(connection, each) for each in sealed]
            # The head of the chain is ours until the commit, so decisions change a hold in the order of the record.
            change = None if hold is None else change_in(connection, hold)
            for step in beside:
                step(connection, decisions[0])
            for decision, draft, facts in zip(decisions, drafts, booked, strict=True):
                self.outbox.decided_in(connection, decision, change)
                self.desk.decided_in(connection, decision, draft)
                self.ledgers.decided_in(connection, facts, decision, change)
                self.comparables.decided_in(connection, facts)
            self.notices.put_in(connection, [note for notes in told for note in notes])
            return receipts

        return self._database.write(work)

    def _watched_in(self, connection: Connection, raised: Sequence[AlertNote], resolved: Sequence[AlertNote]) -> None:
        self.outbox.watched_in(connection, raised, resolved)
        self.notices.watched_in(connection, raised)

    def _seal(self, decision: RecordedDecision) -> Sealed:
        self.artefacts.require(decision.basis)
        return seal(decision)
