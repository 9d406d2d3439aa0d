"""A rep's own deals: whether each may be sent, the one edit that mends it, and who has to consent otherwise. Nothing of the risk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from app.desk.chains import in_the_way
from app.pages.page import PageAsked, PageReply
from app.pages.queue_view import address_of
from app.store import BadPageToken, Case, DecisionFilter, DecisionSummary, Store, Unreadable
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType

_A_PAGE: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class MyDeal:
    """A quote as its rep sees it. `fix` is the remedy of what stands in the way first, `waits_for` who has to consent."""

    summary: DecisionSummary
    href: str
    state: str
    fix: str
    more_fixes: int
    waits_for: Sequence[str]
    asked_for: str = ""


def my_deals(asked: PageAsked, store: Store) -> PageReply:
    """The page with the reader's own quotes, the newest decision of each, the latest first."""
    rep_id = asked.user.rep_id
    verdict = asked.query.get("verdict", "")
    wanted = DecisionFilter(
        subject_type=SubjectType.QUOTE,
        rep_id=rep_id or "",
        verdict=Verdict(verdict) if verdict in tuple(Verdict) else None,
        subject_id=asked.query.get("q", "").strip() or None,
        newest_only=True,
    )
    try:
        found = store.decisions.page(wanted, limit=_A_PAGE, page=asked.query.get("page"))
    except BadPageToken:
        return PageReply.to(asked.with_query(page=None))
    deals = [_deal(summary, store) for summary in found.decisions] if rep_id else []
    context = {
        "deals": deals,
        "has_rep_id": rep_id is not None,
        "next": asked.with_query(page=found.next_page) if found.next_page and rep_id else "",
        "first": asked.with_query(page=None) if asked.query.get("page") else "",
        "some_simulated": any(deal.summary.simulated for deal in deals),
    }
    return PageReply(template="my_deals.html", title="My deals", context=context)


def _deal(summary: DecisionSummary, store: Store) -> MyDeal:
    case = None if summary.verdict is Verdict.ALLOW else store.desk.case(SubjectType.QUOTE, summary.subject.id)
    fixes = [] if summary.verdict is Verdict.ALLOW else _fixes(summary, store)
    return MyDeal(
        summary=summary,
        href=address_of(SubjectType.QUOTE, summary.subject.id),
        state=_state(summary, case),
        fix=fixes[0] if fixes else "",
        more_fixes=max(len(fixes) - 1, 0),
        waits_for=() if case is None else case.waits_for,
        asked_for=_asked_for(case, store),
    )


def _state(summary: DecisionSummary, case: Case | None) -> str:
    if case is not None:
        return case.state.value
    return "may_be_sent" if summary.verdict is Verdict.ALLOW else "open"


def _asked_for(case: Case | None, store: Store) -> str:
    """What the desk wrote, where it waits for changes or turned the deal down."""
    if case is None or case.state.value not in ("waiting_for_changes", "rejected"):
        return ""
    reviews = store.desk.reviews(case.subject_type, case.subject_id)
    return reviews[-1].reason if reviews else ""


def _fixes(summary: DecisionSummary, store: Store) -> list[str]:
    with suppress(Unreadable, ValueError):
        stored = store.decisions.get(summary.decision_id)
        if stored is not None:
            document = json.loads(stored.decision.document)
            return [text for each in in_the_way(document) if (text := _text(each.get("remedy")))]
    return []


def _text(remedy: Any) -> str:
    text = remedy.get("text") if isinstance(remedy, Mapping) else None
    return text if isinstance(text, str) else ""
