"""Erasing documents that a company does not keep for good, once nothing needs them any more. Decisions are never erased.

A document's time runs from when it was received, or from the end of its agreement where that came later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from app.people.person import system
from app.store import Access, AccessFilter, Concerned, DocumentFilter, DocumentKind, OldDocument, Store
from app.watching import today
from cpq_hooks.canonical import load_agreement
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from policies.domain.agreement import Agreement
from policies.domain.company import Company, Retention
from policies.domain.terms import term_of

EVERY: Final = timedelta(hours=24)
"""How often housekeeping erases."""
_OF_AN_ACCOUNT: Final = frozenset(
    {DocumentKind.USAGE, DocumentKind.INVOICE, DocumentKind.BILLING_CONFIGURATION, DocumentKind.AGREEMENT}
)
_SWEPT: Final = ("erased", "retention", "documents")
_DAY: Final = timedelta(days=1)


class Needed(StrEnum):
    """Why a document whose time is over is kept all the same."""

    RECOVERY = "an open recovery case needs it"
    HOLD = "a hold needs it"
    IN_FORCE = "its agreement is in force"
    ENDED_LATELY = "its agreement ended too short a time ago"
    UNREADABLE = "the end of its agreement cannot be told"
    EARLIER = "an earlier version of it is kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSwept:
    """What became of the documents of one kind that are older than its days, counted by version."""

    kind: str
    days: int
    erased: int
    kept: Mapping[str, int] = field(default_factory=dict)


Did = Callable[[str, str, str, str], Access]
"""Who erases: action, type and id of the subject, and detail, as an entry of the access log."""


def days_of(retention: Retention) -> Mapping[DocumentKind, int]:
    """For how many days each kind is kept; what is kept for good is not named."""
    stated = {kind: getattr(retention, f"{kind.value}_days") for kind in DocumentKind}
    return {kind: days for kind, days in stated.items() if days is not None}


def sweep(store: Store, company: Company | None, now: datetime, did: Did, *, apply: bool) -> tuple[KindSwept, ...]:
    """Find what is over its time and not needed, kind by kind, and erase it where `apply`. Each erasure is in the access log.

    Agreements come last: the time of the others hangs on them.
    """
    stated = days_of(Retention() if company is None else company.retention)
    order = sorted(stated, key=lambda kind: kind is DocumentKind.AGREEMENT)
    needs = _Needs(store, today(now, company))
    return tuple(_sweep_kind(store, needs, kind, stated[kind], did, apply=apply) for kind in order)


def sweep_daily(
    store: Store, company: Company | None, now: datetime, told: Callable[[str, int], object] = lambda *_: None
) -> int:
    """What housekeeping does: `sweep`, unless one was made within a day; how many versions were erased.

    `told` hears how many of each kind.
    """
    if company is None or not days_of(company.retention):
        return 0
    action, about, identity = _SWEPT
    last = store.access.newest(AccessFilter(action=action, subject_type=about, subject_id=identity), limit=1)
    if last and last[0].at > now - EVERY:
        return 0
    swept = sweep(store, company, now, _housekeeping, apply=True)
    store.access.add(_housekeeping(*_SWEPT, detail=_words(swept)))
    for each in swept:
        told(each.kind, each.erased)
    return sum(each.erased for each in swept)


def _sweep_kind(store: Store, needs: _Needs, kind: DocumentKind, days: int, did: Did, *, apply: bool) -> KindSwept:
    erased, kept = 0, Counter[str]()

    def entry(old: OldDocument) -> Access:
        detail = f"version {old.version}, received {old.received_at:%Y-%m-%d}, {old.digest}; kept {days} days"
        return did("erased", old.kind.value, old.id, detail)

    for portion in store.erasure.older(kind, timedelta(days=days)):
        over: list[OldDocument] = []
        held_back: set[str] = set()
        for each in portion:
            reason = Needed.EARLIER if each.id in held_back else needs.reason(each, days)
            if reason is None:
                over.append(each)
            else:
                # Versions are numbered from those that are there: none may be missing at the end.
                held_back.add(each.id)
                kept[reason.value] += 1
        erased += store.erasure.erase(over, entry) if apply else len(over)
    return KindSwept(kind=kind.value, days=days, erased=erased, kept=dict(kept))


class _Needs:
    """What needs documents, as it is when the sweep begins."""

    def __init__(self, store: Store, day: date) -> None:
        self._store = store
        self._day = day
        self._concerned = {Needed.RECOVERY: store.erasure.in_recovery(), Needed.HOLD: store.erasure.held()}
        self._ends: dict[str, date | Needed | None] = {}
        self._of_accounts: dict[str, tuple[str, ...]] = {}

    def reason(self, old: OldDocument, days: int) -> Needed | None:
        """Why the version is needed; None where it is not."""
        agreement = old.id if old.kind is DocumentKind.AGREEMENT else old.agreement_id
        for reason, concerned in self._concerned.items():
            if _is_about(concerned, old, agreement):
                return reason
        # What came before the version in force says nothing of what is to be billed.
        if not old.is_in_force:
            return None
        found = [self._by_end(each, days) for each in self._agreements(old, agreement)]
        return next((each for each in found if each is not None), None)

    def _agreements(self, old: OldDocument, agreement: str | None) -> Sequence[str]:
        if agreement is not None:
            return (agreement,)
        if old.account_id is None or old.kind not in _OF_AN_ACCOUNT:
            return ()
        if old.account_id not in self._of_accounts:
            wanted = DocumentFilter(account_id=old.account_id)
            found = self._store.documents.find(DocumentKind.AGREEMENT, wanted)
            self._of_accounts[old.account_id] = tuple(each.document.id for each in found)
        return self._of_accounts[old.account_id]

    def _by_end(self, agreement_id: str, days: int) -> Needed | None:
        if agreement_id not in self._ends:
            self._ends[agreement_id] = self._end(agreement_id)
        end = self._ends[agreement_id]
        if end is None or isinstance(end, Needed):
            return end
        if self._day < end:
            return Needed.IN_FORCE
        return Needed.ENDED_LATELY if self._day < end + timedelta(days=days) else None

    def _end(self, agreement_id: str) -> date | Needed | None:
        """The first day after the agreement; None where it is not stored, and nothing hangs on it."""
        stored = self._store.documents.get(DocumentKind.AGREEMENT, agreement_id)
        if stored is None:
            return None
        try:
            end = end_of(load_agreement(read_json(stored.document.body), max_lines=None))
        except (Invalid, Malformed):
            return Needed.UNREADABLE
        return Needed.IN_FORCE if end is None else end


def end_of(agreement: Agreement) -> date | None:
    """The first day on which nothing of the agreement is in force any more; None where it goes on until somebody ends it."""
    terms = agreement.terms
    if terms.renewal is not None and terms.renewal.auto_renew:
        return None
    term = term_of(terms)
    ends = [term.end] if term is not None else []
    lines = [*terms.lines, *(line for amendment in agreement.amendments for line in amendment.lines)]
    last_days = [line.end_date for line in lines] + [amendment.end_date for amendment in agreement.amendments]
    ends += [last + _DAY for last in last_days if last is not None and last < date.max]
    return max(ends, default=None)


def _is_about(concerned: Concerned, old: OldDocument, agreement: str | None) -> bool:
    if old.kind is DocumentKind.BILLING_CONFIGURATION and old.id in concerned.configurations:
        return True
    if agreement is not None:
        return agreement in concerned.agreements
    return old.kind in _OF_AN_ACCOUNT and old.account_id in concerned.accounts


def _housekeeping(action: str, subject_type: str, subject_id: str, detail: str = "") -> Access:
    return Access(
        user_id="",
        user_name="housekeeping",
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        detail=detail,
    )


def by_command(action: str, subject_type: str, subject_id: str, detail: str = "") -> Access:
    """Erasing from the command line, for the access log."""
    return system(action, subject_type, subject_id, detail)


def _words(swept: Sequence[KindSwept]) -> str:
    return "; ".join(
        f"{each.kind} after {each.days} days: {each.erased} erased, {sum(each.kept.values())} still needed"
        for each in swept
    )
