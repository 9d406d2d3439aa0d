"""One decision of the record: what came, under which versions it was judged, who reviewed it, its link in the chain, and itself again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.api.writing import summary_json
from app.chain_checks import found_whole, last_check
from app.errors import NOT_FOUND, refuse
from app.model_places import Place
from app.models import scorer_of
from app.pages.page import Page, PageAsked, PageReply, Viewed
from app.pages.queue_view import address_of
from app.pages.record_masking import HIDDEN, Masking
from app.recording import NotReplayable
from app.replay import Replayed, replay
from app.rules import RulesRefused
from app.store import Role, Store, StoredDecision, Unreadable

JSON_LINES: Final = "application/jsonl; charset=utf-8"
_MOST_SHOWN: Final = 60_000
_MOST_DIFFERENCES: Final = 100


class DecisionPages:
    """The page of a decision, and what is tried on it: its link, and making it again."""

    def __init__(self, store: Store, models: Place, masking: Callable[[], Masking]) -> None:
        self._store = store
        self._models = models
        self._masking = masking

    def pages(self, roles: frozenset[Role]) -> tuple[Page, ...]:
        """Looking at a decision, and checking and making it again; neither changes anything."""
        terms: dict[str, Any] = {"title": "Decision", "roles": roles, "template": "record_decision.html"}
        path = "/record/decisions"
        return (
            Page(method="GET", path=f"{path}/{{id}}", name="decision", handle=self._show, **terms),
            Page(method="POST", path=f"{path}/check/{{id}}", name="check-decision", handle=self._check, **terms),
            Page(method="POST", path=f"{path}/replay/{{id}}", name="replay-decision", handle=self._replay, **terms),
        )

    def _show(self, asked: PageAsked) -> PageReply:
        return self._shown(asked, self._stored(asked))

    def _check(self, asked: PageAsked) -> PageReply:
        stored = self._stored(asked)
        link = self._store.verify_link(stored.decision.summary.decision_id)
        return self._shown(asked, stored, link=link, action="checked")

    def _replay(self, asked: PageAsked) -> PageReply:
        stored = self._stored(asked)
        again: Replayed | None = None
        failed = ""
        try:
            again = replay(
                stored.decision.summary.decision_id, self._store, lambda version: scorer_of(self._models, version)
            )
        except (NotReplayable, RulesRefused, ValueError) as error:
            failed = str(error)
        return self._shown(asked, stored, again=again, failed=failed, action="replayed")

    def _stored(self, asked: PageAsked) -> StoredDecision:
        decision_id = asked.path["id"]
        try:
            found = self._store.decisions.get(decision_id)
        except Unreadable:
            told = "The decision is on record and cannot be read: it was changed. Check the whole chain."
            raise refuse(NOT_FOUND, told) from None
        if found is None:
            raise refuse(NOT_FOUND, "There is no decision with this id.")
        return found

    def _shown(self, asked: PageAsked, stored: StoredDecision, action: str = "viewed", **tried: Any) -> PageReply:
        told, masking = stored.decision.summary, self._masking()
        check = last_check(self._store)
        again: Replayed | None = tried.get("again")
        masked = masking.hides_from(asked.user)
        context = {
            "told": masking.summary(told, asked.user),
            "basis": stored.decision.basis,
            "receipt": stored.receipt,
            "subject_page": address_of(told.subject.type, told.subject.id),
            "reviews": self._store.desk.reviews_of_decision(told.decision_id),
            "request": self._words(stored.decision.request, asked),
            "document": self._words(stored.decision.document, asked),
            "masked": masked,
            "check": check,
            "is_whole": check is not None and found_whole(check),
            "link": tried.get("link"),
            "again": again,
            "failed": tried.get("failed", ""),
            "differences": [
                (each.path, *([HIDDEN] * 2 if masked else [_json(each.recorded), _json(each.replayed)]))
                for each in (again.differences[:_MOST_DIFFERENCES] if again is not None else ())
            ],
        }
        viewed = Viewed(subject_type="decision", subject_id=told.decision_id, action=action)
        return PageReply(context=context, title=f"Decision {told.decision_id}", viewed=(viewed,))

    def _words(self, raw: bytes, asked: PageAsked) -> str:
        """A document for a person, with what is hidden from this one, cut where it is very long."""
        masking = self._masking()
        if masking.hides_from(asked.user):
            text = masking.words(raw.decode("utf-8", "backslashreplace"), asked.user)
        else:
            text = _indented(raw)
        return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}\n… cut; the JSON Lines file has all of it"


def _indented(raw: bytes) -> str:
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "backslashreplace")


def line_of(stored: StoredDecision) -> dict[str, Any]:
    """A decision as a line of the auditors' file: what came and what was answered, what it was judged by, its place in the chain."""
    basis = stored.decision.basis
    return {
        **summary_json(stored.decision.summary),
        "as_of": basis.as_of.isoformat(),
        "policies_digest": basis.policies,
        "catalog_digest": basis.catalog,
        "company_digest": basis.company,
        "request_format": basis.request_format,
        "seq": stored.receipt.seq,
        "prev_hash": stored.receipt.prev_hash,
        "record_hash": stored.receipt.record_hash,
        "request": _read(stored.decision.request),
        "decision": _read(stored.decision.document),
    }


def _read(raw: bytes) -> Any:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "backslashreplace")
    return found if isinstance(found, Mapping | list) else raw.decode("utf-8", "backslashreplace")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:2000]
