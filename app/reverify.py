"""Verified again: what was verified once is looked at anew when the agreement that it bills changes.

That goes on beside the request that changed it. Nothing of what was stored is lost where it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.assess import Answer, Call, Caller, Verifier
from app.ingest import BILLING_CONFIGURATIONS, document_of
from app.store import Document, DocumentFilter, DocumentKind, Store, StoredDocument
from cpq_hooks.canonical import load_agreement, load_billing_configuration
from cpq_hooks.reading import read_json
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType
from policies.twin.content import set_up_hash

if TYPE_CHECKING:
    from policies.domain.billing import BillingConfiguration

SYSTEM: Final = "system"
"""Who asks where a configuration is verified again by itself."""
_PATIENT: Final = 3600.0


class NotStored(LookupError):  # noqa: N818 - it says what is the matter
    """No billing configuration is stored under this id."""


class Reverifier:
    """Verifies stored configurations again. `on_failure` is told which one could not be, and why; it may not raise."""

    def __init__(
        self, verifier: Verifier, store: Store, on_failure: Callable[[str, Exception], None] = lambda *_: None
    ) -> None:
        self._verifier = verifier
        self._store = store
        self._on_failure = on_failure
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reverify")

    def again(self, configuration_id: str, caller: Caller | None = None, *, wait_seconds: float = _PATIENT) -> Answer:
        """The decision on a configuration as it is stored, against what is known now. Raises `NotStored`."""
        stored = self._store.documents.get(DocumentKind.BILLING_CONFIGURATION, configuration_id)
        if stored is None:
            raise NotStored(configuration_id)
        raw = document_of(BILLING_CONFIGURATIONS, _named(stored)).body
        return self._verifier.verify(Call(raw=raw, caller=caller or Caller(key_id=SYSTEM), wait_seconds=wait_seconds))

    def agreements_stored(self, agreements: Iterable[Document]) -> None:
        """Have the configurations that bill these agreements verified again, beside whatever the caller does next."""
        ids = [each.id for each in agreements]
        if ids:
            self._pool.submit(self._catch_up, ids)

    def reviewed(self, subject_type: SubjectType, subject_id: str, state: CaseState) -> None:
        """Have a configuration that reviewers let go verified again, beside whatever the caller does next."""
        if subject_type is SubjectType.BILLING_CONFIGURATION and state in (CaseState.APPROVED, CaseState.WAIVED):
            self._pool.submit(self._after_review, subject_id)

    def catch_up(self, agreements: Iterable[Document]) -> None:
        """Verify the configurations that bill these agreements again, now. Raises whatever keeps one from being verified."""
        for each in agreements:
            for configuration_id in self._outdated(each.id):
                self.again(configuration_id)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    def _catch_up(self, agreement_ids: list[str]) -> None:
        for agreement_id in agreement_ids:
            try:
                for configuration_id in self._outdated(agreement_id):
                    self.again(configuration_id)
            except Exception as error:  # noqa: BLE001 - it is told, and the next one has its turn
                self._on_failure(agreement_id, error)

    def _after_review(self, configuration_id: str) -> None:
        try:
            self.again(configuration_id)
        except Exception as error:  # noqa: BLE001 - it is told; the next verification lets go what was waived
            self._on_failure(configuration_id, error)

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
