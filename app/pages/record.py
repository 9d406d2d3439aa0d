"""The record: every decision searchable, files for auditors, who looked at what, and what was refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import quote

from app.api.refused import refused_document
from app.api.writing import summary_json
from app.chain_checks import found_whole, keep_check, last_check
from app.errors import NOT_FOUND, refuse
from app.ledgers.tables import CSV, csv_of
from app.pages.page import Fields, Nav, Page, PageAsked, PageReply, Viewed
from app.pages.record_decision import JSON_LINES, DecisionPages, line_of
from app.pages.record_masking import HIDDEN, Masking
from app.store import AccessFilter, BadPageToken, DecisionFilter, Role, Store
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType

LOOKS: Final = frozenset({Role.AUDITOR, Role.ADMIN, Role.ANALYST, Role.APPROVER})
TAKES_FILES: Final = frozenset({Role.AUDITOR, Role.ADMIN})
MOST_CHECKED: Final = 20_000
"""A record no longer than this is checked as a whole from the page; a longer one takes the command."""
_A_PAGE: Final = 50
_LONGEST: Final = 300
_NAMES: Final = (
    "q", "verdict", "kind", "rep", "account", "source", "policy", "model", "content", "from", "to", "simulated", "newest",
)  # fmt: skip


class RecordPages:
    """The pages of the record."""

    def __init__(self, store: Store, decision: DecisionPages, masking: Callable[[], Masking]) -> None:
        self._store = store
        self._decision = decision
        self._masking = masking

    def pages(self) -> tuple[Page, ...]:
        """The search, its files, one decision, the access log, and refused requests."""

        def page(path: str, name: str, title: str, handle: Any, *, roles: Any = TAKES_FILES, **more: Any) -> Page:
            return Page(method="GET", path=path, name=name, title=title, handle=handle, roles=roles, **more)

        link = Nav(label="Record", order=80)
        return (
            page("/record", "record", "Record", self._search, roles=LOOKS, template="record.html", nav=link),
            page("/record/decisions.csv", "record-csv", "Record", self._csv),
            page("/record/decisions.jsonl", "record-jsonl", "Record", self._json_lines),
            page("/record/access", "record-access", "Access log", self._access, template="record_access.html"),
            page("/record/refused", "record-refused", "Refused requests", self._refused, template="record_refused.html"),
            page("/record/refused/{id}", "record-refusal", "Refused request", self._refusal, template="record_refusal.html"),
            Page(
                method="POST", path="/record/chain", name="check-chain", title="Record", handle=self._check, roles=TAKES_FILES
            ),
            *self._decision.pages(LOOKS),
        )  # fmt: skip

    def _search(self, asked: PageAsked) -> PageReply:
        stated = _stated(asked.query)
        word = stated.get("q", "")
        if word.startswith("dec_") and self._store.decisions.get(word) is not None:
            return PageReply.to(f"/record/decisions/{quote(word, safe='')}")
        try:
            found = self._store.decisions.page(wanted_of(stated), limit=_A_PAGE, page=asked.query.get("page"))
        except BadPageToken:
            return PageReply.to(asked.with_query(page=None))
        check, masking = last_check(self._store), self._masking()
        files = asked.with_query(page=None).removeprefix(asked.address)
        context = {
            "decisions": [masking.summary(each, asked.user) for each in found.decisions],
            "stated": stated,
            "may_take": asked.user.may(*TAKES_FILES),
            "check": check,
            "is_whole": check is not None and found_whole(check),
            "next": asked.with_query(page=found.next_page) if found.next_page else "",
            "first": asked.with_query(page=None) if asked.query.get("page") else "",
            "csv": f"/record/decisions.csv{files}",
            "lines": f"/record/decisions.jsonl{files}",
        }
        return PageReply(context=context)

    def _csv(self, asked: PageAsked) -> PageReply:
        decisions = self._store.decisions.each(wanted_of(_stated(asked.query)))
        masking = self._masking()

        def parts() -> Iterator[bytes]:
            first = True
            for stored in decisions:
                row = summary_json(stored.decision.summary) | {
                    "seq": stored.receipt.seq,
                    "prev_hash": stored.receipt.prev_hash,
                    "record_hash": stored.receipt.record_hash,
                }
                whole = csv_of([masking.of(row, asked.user)])
                # The names of the columns stand once, and so does the mark of the encoding.
                yield whole if first else whole.split(b"\r\n", 1)[1]
                first = False
            if first:
                yield csv_of([{"decision_id": ""}]).split(b"\r\n", 1)[0] + b"\r\n"

        return PageReply.file(parts(), CSV, "decisions.csv", viewed=(_exported(asked, "CSV"),))

    def _json_lines(self, asked: PageAsked) -> PageReply:
        decisions = self._store.decisions.each(wanted_of(_stated(asked.query)))
        masking = self._masking()

        def parts() -> Iterator[bytes]:
            for stored in decisions:
                line = masking.of(line_of(stored), asked.user)
                if masking.hides_from(asked.user):
                    # What is no JSON has no fields to tell apart.
                    line |= {name: HIDDEN for name in ("request", "decision") if isinstance(line[name], str)}
                yield json.dumps(line, ensure_ascii=True).encode("ascii") + b"\n"

        return PageReply.file(parts(), JSON_LINES, "decisions.jsonl", viewed=(_exported(asked, "JSON Lines"),))

    def _check(self, asked: PageAsked) -> PageReply:
        newest = self._store.decisions.page(DecisionFilter(), limit=1).decisions
        link = self._store.verify_link(newest[0].decision_id) if newest else None
        if link is not None and link.length > MOST_CHECKED:
            told = f"The record is longer than {MOST_CHECKED:,} decisions: run `quoteguard replay --verify-chain`."
            return PageReply.to("/record", told)
        report = self._store.verify_chain()
        keep_check(self._store, report, asked.user.did)
        if report.is_whole:
            return PageReply.to("/record", f"{report.checked:,} decisions, and the chain is whole.")
        return PageReply.to("/record", f"The chain is broken at record {report.first_bad}: {report.what}")

    def _access(self, asked: PageAsked) -> PageReply:
        query = asked.query
        names = {user.name: user.user_id for user in self._store.people.all()}
        person = query.get("person", "").strip()
        wanted = AccessFilter(
            user_id=names.get(person, person) or None,
            action=query.get("action", "").strip() or None,
            subject_id=query.get("subject", "").strip() or None,
            since=_day(query.get("from", "")),
            until=_day(query.get("to", ""), after=True),
        )
        before = query.get("before", "")
        place = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
        found = self._store.access.newest(wanted, limit=_A_PAGE + 1, before=place)
        shown = found[:_A_PAGE]
        more = asked.with_query(before=str(shown[-1].seq)) if len(found) > _A_PAGE else ""
        context = {"entries": shown, "next": more, "first": asked.with_query(before=None) if before else ""}
        return PageReply(context=context)

    def _refused(self, asked: PageAsked) -> PageReply:
        at, _, ref_id = asked.query.get("before", "").partition("~")
        found = self._store.refused.newest(limit=_A_PAGE + 1, before=(at, ref_id) if ref_id else None)
        shown = found[:_A_PAGE]
        more = asked.with_query(before="~".join(shown[-1].place)) if len(found) > _A_PAGE else ""
        context = {
            "entries": [(each, _detail(each.problem)) for each in shown],
            "next": more,
            "first": asked.with_query(before=None) if ref_id else "",
        }
        return PageReply(context=context)

    def _refusal(self, asked: PageAsked) -> PageReply:
        kept = self._store.refused.get(asked.path["id"])
        if kept is None:
            raise refuse(NOT_FOUND, "There is no refused request with this id, or its time is over.")
        told, masking = refused_document(kept), self._masking()
        if masking.hides_from(asked.user):
            body = told["body"] or ""
            told |= {"body": masking.words(body, asked.user), "problem": masking.of(told["problem"], asked.user)}
        context = {"told": told, "problem": json.dumps(told["problem"], indent=2, ensure_ascii=False)}
        viewed = Viewed(subject_type="refused", subject_id=kept.request.ref_id)
        return PageReply(context=context, viewed=(viewed,), title=f"Refused request {kept.request.ref_id}")


def wanted_of(stated: dict[str, str]) -> DecisionFilter:
    """The decisions that the filters ask for. A word that a filter does not know is as none."""
    verdict, kind = stated.get("verdict"), stated.get("kind")
    return DecisionFilter(
        subject_type=SubjectType(kind) if kind in tuple(SubjectType) else None,
        subject_id=stated.get("q"),
        verdict=Verdict(verdict) if verdict in tuple(Verdict) else None,
        rep_id=stated.get("rep"),
        account_id=stated.get("account"),
        source=stated.get("source"),
        policy_version=stated.get("policy"),
        model_version=stated.get("model"),
        content_hash=stated.get("content"),
        simulated={"yes": True, "no": False}.get(stated.get("simulated", "")),
        created_from=_day(stated.get("from", "")),
        created_before=_day(stated.get("to", ""), after=True),
        newest_only=stated.get("newest") == "yes",
    )


def _stated(query: Fields) -> dict[str, str]:
    found = {name: query.get(name, "").strip()[:_LONGEST] for name in _NAMES}
    return {name: value for name, value in found.items() if value}


def _day(text: str, *, after: bool = False) -> datetime | None:
    """The start of a day, or of the one after it; None where it is no day."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return datetime.combine(day.date(), time(), UTC) + (timedelta(days=1) if after else timedelta())
    except (ValueError, OverflowError):
        return None


def _exported(asked: PageAsked, kind: str) -> Viewed:
    filters = ", ".join(f"{name}={value}" for name, value in _stated(asked.query).items())
    return Viewed(
        subject_type="record", subject_id="decisions", action="exported", detail=f"{kind}; {filters or 'all'}"
    )


def _detail(problem: bytes) -> str:
    try:
        found = json.loads(problem)
    except ValueError:
        return ""
    return str(found.get("detail") or found.get("title") or "") if isinstance(found, dict) else ""
