"""Audits: what agreements should have billed against what was billed, and what can be recovered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from app.api.writing import json_bytes
from app.audits import audit_request
from app.errors import NOT_FOUND, refuse
from app.ledgers.cases import case_json
from app.ledgers.tables import CSV, csv_of
from app.pages.audit_view import MOST_PERIODS, chart_of, names_of, periods_of, recoverable_of
from app.pages.page import Nav, Page, PageAsked, PageReply, Viewed
from app.pages.set_ups import ACTS, LOOKS
from app.store import BadPageToken, DocumentKind, Store
from app.store.audit_list import audit_page, currencies
from app.store.recovery_cases import CaseFilter
from cpq_hooks.canonical import AuditRequest, dump_audit_report
from cpq_hooks.problem import Invalid
from policies.auditing.report import AuditReport

_A_PAGE: Final = 50
_MOST_CASES: Final = 100


class AuditPages:
    """The list of kept audits, and a page for each agreement."""

    def __init__(self, store: Store, *, simulated: bool) -> None:
        self._store = store
        self._simulated = simulated

    def pages(self) -> tuple[Page, ...]:
        """The list, each agreement's page, its draft lines and periods as CSV, and the run of an audit."""

        def page(method: str, path: str, name: str, handle: Callable[[PageAsked], PageReply], **more: Any) -> Page:
            terms: dict[str, Any] = {"title": "Audits", "roles": LOOKS} | more
            return Page(method=method, path=path, name=name, handle=handle, **terms)

        return (
            page("GET", "/audits", "audits", self._list, template="audits.html", nav=Nav(label="Audits", order=30)),
            page("GET", "/audits/{id}", "audit", self._show, template="audit.html"),
            page("GET", "/audits/draft.csv/{id}", "audit-draft", self._draft),
            page("GET", "/audits/periods.csv/{id}", "audit-periods", self._periods),
            page("POST", "/audits/run/{id}", "run-audit", self._run, template="audit.html", roles=ACTS),
        )

    def _list(self, asked: PageAsked) -> PageReply:
        currency, agreement = asked.query.get("currency", ""), asked.query.get("agreement", "").strip()
        try:
            entries, following = audit_page(
                self._store.ledgers,
                currency=currency or None,
                agreement_id=agreement or None,
                limit=_A_PAGE,
                page=asked.query.get("page"),
            )
        except BadPageToken:
            return PageReply.to(asked.with_query(page=None))
        context = {
            "entries": entries,
            "currencies": [(each, each) for each in currencies(self._store.ledgers)],
            "next": asked.with_query(page=following) if following else "",
            "first": asked.with_query(page=None) if asked.query.get("page") else "",
            "agreement": agreement,
            "is_stored": bool(agreement) and not entries and self._agreement(agreement) is not None,
        }
        return PageReply(context=context)

    def _show(self, asked: PageAsked) -> PageReply:
        return self._shown(asked)

    def _shown(self, asked: PageAsked, *, error: str = "", status: int = 200) -> PageReply:
        identity = asked.path["id"]
        report, audited_at = self._report(identity)
        agreement = self._agreement(identity)
        if report is None and agreement is None:
            raise refuse(NOT_FOUND, "No agreement with this id is stored, and no audit of one is kept.")
        cases, _ = self._store.recovery.page(CaseFilter(agreement_id=identity), limit=_MOST_CASES)
        wrong_only = asked.query.get("show", "wrong") != "all"
        context: dict[str, Any] = {
            "id": identity,
            "report": report,
            "audited_at": audited_at,
            "agreement": agreement,
            "names": names_of(agreement),
            "cases": [case_json(each) for each in cases],
            "on_case": {each.finding_id: each.case_id for each in cases},
            "wrong_only": wrong_only,
            "error": error,
            "most": MOST_PERIODS,
            "may_act": asked.user.may(*ACTS),
        }
        if report is not None:
            periods = periods_of(report, wrong_only=wrong_only)
            context |= {"chart": chart_of(report), "periods": periods, "recoverable": recoverable_of(report)}
        viewed = (Viewed(subject_type="agreement", subject_id=identity),)
        return PageReply(context=context, title=f"Audit of {identity[:80]}", viewed=viewed, status=status)

    def _run(self, asked: PageAsked) -> PageReply:
        identity = asked.path["id"]
        try:
            as_of = date.fromisoformat(asked.form["as_of"]) if asked.form.get("as_of") else None
        except ValueError:
            return self._shown(asked, error="Write the day as 2026-03-31, or leave it out.", status=422)
        try:
            report = audit_request(AuditRequest(agreement_id=identity, as_of=as_of), self._store.documents)
        except Invalid as error:
            return self._shown(asked, error="; ".join(each.message for each in error.problems[:3]), status=422)
        self._store.ledgers.audited(json_bytes(dump_audit_report(report)), simulated=self._simulated)
        self._store.access.add(asked.user.did("audited", "agreement", identity))
        return PageReply.to(f"/audits/{quote(identity)}", f"Audited, and kept. {_said(report)}")

    def _draft(self, asked: PageAsked) -> PageReply:
        report, _ = self._report(asked.path["id"])
        if report is None:
            raise refuse(NOT_FOUND, "No audit of this agreement is kept.")
        same = {"agreement_id": report["agreement_id"], "currency": report["currency"]}
        return PageReply.file(csv_of([same | each for each in report["draft_invoice_lines"]]), CSV, "draft-lines.csv")

    def _periods(self, asked: PageAsked) -> PageReply:
        report, _ = self._report(asked.path["id"])
        if report is None:
            raise refuse(NOT_FOUND, "No audit of this agreement is kept.")
        same = {"agreement_id": report["agreement_id"], "currency": report["currency"]}
        return PageReply.file(csv_of([same | each for each in report["periods"]]), CSV, "periods.csv")

    def _report(self, agreement_id: str) -> tuple[dict[str, Any] | None, str | None]:
        kept = self._store.ledgers.audit(agreement_id)
        return (None, None) if kept is None else (json.loads(kept.report, parse_float=str), kept.audited_at)

    def _agreement(self, agreement_id: str) -> Mapping[str, Any] | None:
        stored = self._store.documents.get(DocumentKind.AGREEMENT, agreement_id)
        if stored is None:
            return None
        found: Mapping[str, Any] = json.loads(stored.document.body, parse_float=str)
        return found


def _said(report: AuditReport) -> str:
    """What an audit came to, in a sentence. That nothing differs is not said where nothing was compared."""
    found = len(report.findings)
    if found:
        return f"{found} {'cause was' if found == 1 else 'causes were'} found."
    return "Nothing differs." if report.periods else "Nothing was there to compare: name a day."
