"""Verified again: what was verified once is looked at anew when the agreement that it bills changes, or a review lets it go.

What there is to look at is put into a line in the transaction of the change, and done beside the request that made it. Where that
fails, or the process dies, it has a later turn: in the worker, or in any web process that keeps house.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from app.assess import Answer, Call, Caller, Verifier
from app.ingest import BILLING_CONFIGURATIONS, document_of
from app.store import (
    Case,
    Claimed,
    Document,
    DocumentFilter,
    DocumentKind,
    KeptReview,
    LeaseLost,
    Store,
    StoredDocument,
    new_id,
)
from cpq_hooks.canonical import load_agreement, load_billing_configuration
from cpq_hooks.reading import read_json
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType
from policies.twin.content import set_up_hash

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from policies.domain.billing import BillingConfiguration

SYSTEM: Final = "system"
"""Who asks where a configuration is verified again by itself."""
_PATIENT: Final = 3600.0
_LEASE: Final = timedelta(minutes=10)
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_MOST_ATTEMPTS: Final = 12
_AGREEMENT: Final = "agreement"
_SET_UP: Final = "billing-configuration"
_LET_GO: Final = (CaseState.APPROVED, CaseState.WAIVED)


class NotStored(LookupError):  # noqa: N818 - it says what is the matter
    """No billing configuration is stored under this id."""


class Reverifier:
    """Verifies stored configurations again. `on_failure` is told of which document one could not be, and why; it may not raise."""

    def __init__(
        self,
        verifier: Verifier,
        store: Store,
        on_failure: Callable[[str, Exception], None] = lambda *_: None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._verifier = verifier
        self._store = store
        self._on_failure = on_failure
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reverify")

    def again(self, configuration_id: str, caller: Caller | None = None, *, wait_seconds: float = _PATIENT) -> Answer:
        """The decision on a configuration as it is stored, against what is known now. Raises `NotStored`."""
        stored = self._store.documents.get(DocumentKind.BILLING_CONFIGURATION, configuration_id)
        if stored is None:
            raise NotStored(configuration_id)
        raw = document_of(BILLING_CONFIGURATIONS, _named(stored)).body
        return self._verifier.verify(Call(raw=raw, caller=caller or Caller(key_id=SYSTEM), wait_seconds=wait_seconds))

    # ------------------------------------------------------------------------------------- what there is to do

    def stored_in(self, connection: Connection, agreements: Iterable[Document]) -> None:
        """In the transaction that stores agreements: the configurations that bill them are to be looked at."""
        for each in agreements:
            self._add(connection, _AGREEMENT, each.id)

    def reviewed_in(self, connection: Connection, review: KeptReview, case: Case) -> None:
        """In the transaction of a review: a configuration that it lets go is to be verified again."""
        if case.subject_type is SubjectType.BILLING_CONFIGURATION and review.state in _LET_GO:
            self._add(connection, _SET_UP, case.subject_id)

    def soon(self) -> None:
        """Do what waits, beside whatever the caller does next."""
        self._pool.submit(self._beside)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    # ------------------------------------------------------------------------------------------------- doing it

    def work_off(self) -> int:
        """Do all that waits and is due; how many things that were."""
        done = 0
        while (item := self._store.rechecks.claim(_LEASE)) is not None:
            try:
                self.handle(item)
            except LeaseLost:  # it took very long, and another has it by now
                continue
            done += 1
        return done

    def _beside(self) -> None:
        try:
            self.work_off()
        except Exception as error:  # noqa: BLE001 - it is told, and what waits has another turn
            self._on_failure("", error)

    def handle(self, item: Claimed) -> dict[str, Any]:
        """Do one thing that waits, or give it a later turn. Raises `LeaseLost`."""
        kind, _, document_id = item.item_id.split(":", 2)
        line = self._store.rechecks
        try:
            told = self._catch_up(document_id) if kind == _AGREEMENT else self._let_go(document_id)
        except Exception as error:  # noqa: BLE001 - it is told and tried again, and the next one has its turn
            self._on_failure(document_id, error)
            reason = type(error).__name__
            if item.attempts >= _MOST_ATTEMPTS:
                line.park(item, reason)
                return {"became": "parked", "reason": reason}
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (item.attempts - 1))
            line.retry(item, self._clock() + pause, reason)
            return {"became": "later", "reason": reason}
        line.finish(item)
        return {"became": "done", "verified": told}

    def catch_up(self, agreements: Iterable[Document]) -> None:
        """Verify the configurations that bill these agreements again, now. Raises whatever keeps one from being verified."""
        for each in agreements:
            self._catch_up(each.id)

    def _add(self, connection: Connection, kind: str, document_id: str) -> None:
        # Each change is an item of its own: what comes while one is worked on must not be taken for done with it.
        self._store.rechecks.add_in(connection, f"{kind}:{new_id('chk')}:{document_id}", f"{kind}:{document_id}")

    def _catch_up(self, agreement_id: str) -> int:
        outdated = self._outdated(agreement_id)
        for each in outdated:
            self.again(each)
        return len(outdated)

    def _let_go(self, configuration_id: str) -> int:
        self.again(configuration_id)
        return 1

    def _outdated(self, agreement_id: str) -> list[str]:
        """The configurations that bill the agreement and were last verified against something else."""
        stored = self._store.documents.get(DocumentKind.AGREEMENT, agreement_id)
        if stored is None:
            return []
        billing = {each.document.id: each for each in self._billing(stored)}
        if not billing:
            return []
        agreement = load_agreement(read_json(stored.document.body), max_lines=None)
        decisions = self._store.decisions
        outdated = []
        for configuration_id, each in billing.items():
            last = decisions.latest_for_subject(SubjectType.BILLING_CONFIGURATION, configuration_id)
            present = set_up_hash(agreement, _named(each))
            if last is not None and last.decision.summary.subject.content_hash != present:
                outdated.append(configuration_id)
        return outdated

    def _billing(self, agreement: StoredDocument) -> Iterator[StoredDocument]:
        find, kind = self._store.documents.find, DocumentKind.BILLING_CONFIGURATION
        yield from find(kind, DocumentFilter(agreement_id=agreement.document.id))
        if agreement.document.parent_id is not None:
            yield from find(kind, DocumentFilter(parent_id=agreement.document.parent_id))


def _named(stored: StoredDocument) -> BillingConfiguration:
    """The stored configuration, with the agreement that it is known to bill where it names none itself."""
    configuration = load_billing_configuration(read_json(stored.document.body), max_lines=None)
    if configuration.agreement_id is not None or stored.document.agreement_id is None:
        return configuration
    return replace(configuration, agreement_id=stored.document.agreement_id)
