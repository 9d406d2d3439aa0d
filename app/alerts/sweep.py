"""What comes near: cases that are due, alerts that nobody took, waivers that end, first invoices that are held.

Done again, it finds the same, which is only counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from app.alerts.entries import AlertsFile
from app.alerts.noticing import case_notice, hold_notice, short
from app.store import Case, CaseFilter, HoldFilter, KeptReview, NoticeKind, NoticeNote, Store
from policies.domain.company import Company
from policies.domain.decision import Verdict
from policies.domain.period import local_date
from policies.holding import HoldState

_A_PAGE: Final = 200


def sweep(store: Store, file: AlertsFile, company: Company | None, now: datetime) -> int:
    """Put in what comes near; how many notices are new."""
    return sum(store.notices.put([note]) for note in near(store, file, company, now))


def near(store: Store, file: AlertsFile, company: Company | None, now: datetime) -> Iterator[NoticeNote]:
    """What comes near, as notices."""
    today = local_date(now, "UTC" if company is None else company.calendar.time_zone)
    hours = f"Answer is due within {file.due_hours} hours."
    for case in _cases(store, CaseFilter(is_open=True, due_before=now + timedelta(hours=file.due_hours))):
        yield case_notice(NoticeKind.DEADLINE, case, case.due_at, hours)
    opened_before = now - timedelta(hours=file.escalate_hours)
    for case in _cases(store, CaseFilter(is_open=True, unassigned=True)):
        if case.opened_at <= opened_before and _is_alert(case, file):
            why = f"It has waited for more than {file.escalate_hours} hours."
            yield case_notice(NoticeKind.ESCALATION, case, case.due_at, why)
    held = (HoldState.HELD, HoldState.ESCALATED)
    due = HoldFilter(states=held, due_before=today + timedelta(days=file.first_invoice_days + 1))
    page: str | None = None
    while True:
        found = store.holds.page(due, limit=_A_PAGE, page=page)
        yield from map(hold_notice, found.holds)
        page = found.next_page
        if page is None:
            break
    for review in store.notices.waivers_ending(today, today + timedelta(days=file.waiver_days)):
        yield _waiver_notice(review)


def _cases(store: Store, wanted: CaseFilter) -> Iterator[Case]:
    page: str | None = None
    while True:
        found = store.desk.page(wanted, limit=_A_PAGE, page=page)
        yield from found.cases
        page = found.next_page
        if page is None:
            return


def _is_alert(case: Case, file: AlertsFile) -> bool:
    if case.tier == "alert":
        return True
    if case.verdict is not Verdict.BLOCK:
        return False
    amounts = [each for each in (case.at_risk_under, case.at_risk_over) if each is not None]
    return file.blocks_from is None or max(amounts, default=file.blocks_from) >= file.blocks_from


def _waiver_notice(review: KeptReview) -> NoticeNote:
    due = "" if review.expires_on is None else review.expires_on.isoformat()
    facts: dict[str, object] = {
        "subject_type": review.subject_type.value,
        "subject_id": short(review.subject_id),
        "headline": short(f"Waived by {review.actor_name}: {review.reason}"),
        "due_on": due,
        "owners": [review.actor_id],
        "links": {},
    }
    return NoticeNote(
        kind=NoticeKind.WAIVER,
        dedupe_key=f"waiver:{review.review_id}",
        subject_type=review.subject_type.value,
        subject_id=review.subject_id,
        decision_id=review.decision_id,
        simulated=review.simulated,
        facts=facts,
    )
