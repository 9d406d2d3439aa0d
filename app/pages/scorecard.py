"""The scorecard of a quote: everything about the deal on one page, its fixes tried, and the review of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from wtforms import DateField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.desk.refusals import NotAllowed, ReviewRefused
from app.errors import NOT_FOUND, refuse
from app.pages.forms import PageForm
from app.pages.page import Page, PageAsked, PageReply, Viewed
from app.pages.record_masking import Masking, on_paper
from app.pages.reviewers import actor_of
from app.pages.scorecard_pdf import pdf_of
from app.pages.scorecard_view import Reader, ScorecardRoom, choosable, context_of, fixes_for, review_rules
from app.scorecards.lowering import lowered
from app.scorecards.reading import Deal, deal_of
from app.scorecards.trying import NotTried, Tried, try_fixes
from cpq_hooks.canonical import load_review
from cpq_hooks.problem import Invalid
from policies.domain.review import ReviewAction

PATH: Final = "/scorecards/quotes/{quote_id}"
_PDF: Final = ".pdf"
_APPLY: Final = "apply-the-fix"
_LONGEST_PATCH: Final = 2_000
_ACTIONS: Final = (
    (ReviewAction.APPROVE.value, "Approve"),
    (ReviewAction.WAIVE.value, "Waive until a day"),
    (ReviewAction.REQUEST_CHANGES.value, "Ask for changes"),
    (ReviewAction.REJECT.value, "Reject"),
    (ReviewAction.ESCALATE.value, "Pass it up"),
)
_DONE: Final = {
    ReviewAction.APPROVE: "Approved.",
    ReviewAction.WAIVE: "Waived.",
    ReviewAction.REQUEST_CHANGES: "Changes are asked for; the CPQ is told.",
    ReviewAction.REJECT: "Rejected; the CPQ is told.",
    ReviewAction.ESCALATE: "Passed up.",
}


class ReviewForm(PageForm):
    """What a reviewer decides."""

    action = RadioField("Decision", [InputRequired("Choose what to do.")], validate_choice=False)
    finding_ids = SelectMultipleField("About", validate_choice=False)
    reason_code = SelectField("Reason", validate_choice=False)
    reason = TextAreaField("In words", [InputRequired("Say why."), Length(max=4000)])
    expires_on = DateField("Waived until", [Optional()])
    escalate_to = StringField("Pass it to the role", [Length(max=200)])
    case_version = HiddenField()
    decision_id = HiddenField()


class ScorecardPages:
    """The page, its PDF, and what is done on it."""

    def __init__(self, room: ScorecardRoom) -> None:
        self._room = room

    def pages(self) -> tuple[Page, ...]:
        """One address: looked at, and sent to."""
        common = {"path": PATH, "title": "Scorecard", "template": "scorecard.html"}
        return (
            Page(method="GET", name="scorecard", handle=self._show, **common),  # type: ignore[arg-type]
            Page(method="POST", name="scorecard-act", handle=self._act, **common),  # type: ignore[arg-type]
        )

    # ------------------------------------------------------------------------------------------------ look

    def _show(self, asked: PageAsked) -> PageReply:
        quote_id = asked.path["quote_id"]
        deal = deal_of(self._room.store, quote_id, asked.query.get("decision"))
        if deal is None and quote_id.endswith(_PDF):
            return self._pdf(asked, quote_id.removesuffix(_PDF))
        deal, reader = self._seen(asked, deal)
        return self._page(asked, deal, reader, viewed=(Viewed(subject_type="quote", subject_id=deal.quote_id),))

    def _pdf(self, asked: PageAsked, quote_id: str) -> PageReply:
        deal, reader = self._seen(asked, deal_of(self._room.store, quote_id, asked.query.get("decision")))
        shown = on_paper(context_of(self._room, asked, deal, reader), Masking.by(self._room.rules()), asked.user)
        body = pdf_of(shown, asked.now)
        name = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in quote_id)[:60].strip("-")
        viewed = (Viewed(subject_type="quote", subject_id=deal.quote_id, action="exported", detail="PDF"),)
        return PageReply.file(body, "application/pdf", f"scorecard-{name or 'quote'}.pdf", viewed=viewed)

    def _seen(self, asked: PageAsked, deal: Deal | None) -> tuple[Deal, Reader]:
        """The deal, where it is there and the reader's business. A rep is not told which other deals there are."""
        if deal is not None and (reader := Reader.of(asked, deal)).may_see:
            return deal, reader
        raise refuse(NOT_FOUND, "No quote with this id was checked that is yours to look at.")

    def _page(
        self,
        asked: PageAsked,
        deal: Deal,
        reader: Reader,
        status: int = 200,
        viewed: tuple[Viewed, ...] = (),
        **more: Any,
    ) -> PageReply:
        context = context_of(self._room, asked, deal, reader) | more
        if context["form"] is None:
            case = context["case"]
            context["form"] = ReviewForm(None, case_version="" if case is None else str(case.version))
        self._offer(context["form"], deal)
        context["pdf"] = _address(f"{deal.quote_id}{_PDF}", None if deal.is_newest else deal.summary.decision_id)
        context["newest"] = _address(deal.quote_id)
        seen = _address(deal.quote_id, None if deal.is_newest else deal.summary.decision_id)
        context["lines_at"] = f"{seen}{'?' if deal.is_newest else '&'}lines="
        title = f"Quote {deal.quote_id[:80]}"
        return PageReply(template="scorecard.html", context=context, status=status, viewed=viewed, title=title)

    def _offer(self, form: PageForm, deal: Deal) -> None:
        codes = review_rules(self._room).codes
        form.action.choices = list(_ACTIONS)
        form.reason_code.choices = [("", "No code"), *[(each.code, each.title) for each in codes]]
        form.finding_ids.choices = choosable(deal.document)
        form.decision_id.data = deal.summary.decision_id

    # ------------------------------------------------------------------------------------------------- act

    def _act(self, asked: PageAsked) -> PageReply:
        deal, reader = self._seen(
            asked, deal_of(self._room.store, asked.path["quote_id"], asked.form.get("decision_id"))
        )
        doing = {"try": self._try, "send-back": self._send_back, "lower": self._lower, "review": self._review}
        handle = doing.get(asked.form.get("do", ""))
        if handle is None:
            raise refuse(NOT_FOUND, "There is nothing of this kind to do.")
        return handle(asked, deal, reader)

    def _try(self, asked: PageAsked, deal: Deal, reader: Reader) -> PageReply:
        if not reader.may_try:
            return self._refused(asked, deal, reader, "Trying a fix is for the desk and for the deal's own rep.", 403)
        try:
            tried = self._tried(asked, deal)
        except (NotTried, Invalid) as failed:
            return self._refused(asked, deal, reader, str(failed), 422)
        return self._page(asked, deal, reader, tried=tried)

    def _tried(self, asked: PageAsked, deal: Deal) -> Tried:
        only = asked.form.get("only")
        chosen = {only} if only else set(asked.form.getlist("fix"))
        offered = fixes_for(deal.document, Reader.of(asked, deal))
        return try_fixes(deal, [each for each in offered if each.finding_id in chosen], self._room.gate)

    def _lower(self, asked: PageAsked, deal: Deal, reader: Reader) -> PageReply:
        if not (reader.may_review and reader.sees_all):
            return self._refused(asked, deal, reader, "This is for the deal desk.", 403)
        return self._page(asked, deal, reader, lowering=lowered(deal, self._room.rules(), self._room.models))

    def _send_back(self, asked: PageAsked, deal: Deal, reader: Reader) -> PageReply:
        """Ask for the tried fixes: a review, which reaches the CPQ as every review does."""
        try:
            tried = self._tried(asked, deal)
        except (NotTried, Invalid) as failed:
            return self._refused(asked, deal, reader, str(failed), 422)
        codes = {each.code for each in review_rules(self._room).codes}
        sent = {
            "action": ReviewAction.REQUEST_CHANGES.value,
            "reason": reason_of(tried, asked.form.get("reason", "")),
            "finding_ids": [each.finding_id for each in tried.fixes],
            "case_version": _whole(asked.form.get("case_version")),
        }
        if _APPLY in codes:
            sent["reason_code"] = _APPLY
        return self._recorded(asked, deal, reader, sent, None, tried=tried)

    def _review(self, asked: PageAsked, deal: Deal, reader: Reader) -> PageReply:
        form = ReviewForm.of(asked)
        self._offer(form, deal)
        if not form.validate():
            return self._page(asked, deal, reader, 422, form=form)
        sent = {
            "action": form.action.data,
            "reason": form.reason.data,
            "finding_ids": form.finding_ids.data or [],
            "reason_code": form.reason_code.data or None,
            "expires_on": form.expires_on.data.isoformat() if form.expires_on.data else None,
            "escalate_to": (form.escalate_to.data or "").strip() or None,
            "case_version": _whole(form.case_version.data),
        }
        return self._recorded(asked, deal, reader, sent, form)

    def _recorded(
        self,
        asked: PageAsked,
        deal: Deal,
        reader: Reader,
        sent: Mapping[str, Any],
        form: ReviewForm | None,
        **more: Any,
    ) -> PageReply:
        """Record a review, or say what stands against it on the page, with what was typed still there."""
        try:
            review = load_review({name: value for name, value in sent.items() if value is not None})
            reviewed = self._room.desk.review(deal.summary.decision_id, review, actor_of(asked.user))
        except Invalid as invalid:
            left = _into(form, invalid)
            return self._page(asked, deal, reader, 422, form=form, refused=left, **more)
        except ReviewRefused as refused:
            status = 403 if isinstance(refused, NotAllowed) else 409
            return self._page(asked, deal, reader, status, form=form, refused=refused.message, **more)
        told = _DONE[review.action] if reviewed.is_new else "This was recorded already; nothing was done twice."
        return PageReply.to(_address(deal.quote_id), told)

    def _refused(self, asked: PageAsked, deal: Deal, reader: Reader, message: str, status: int) -> PageReply:
        return self._page(asked, deal, reader, status, refused=message)


def reason_of(tried: Tried, note: str) -> str:
    """What the CPQ is told: the fixes in words, each value that they set, and the patch where it is not too long."""
    words = "; ".join(each.text.rstrip(".") for each in tried.fixes)
    edits = "; ".join(
        f"{each.place}: {each.before or 'nothing'} becomes {each.after or 'nothing'}" for each in tried.edits
    )
    patch = json.dumps(tried.operations, ensure_ascii=False, default=str)
    parts = [f"{note.strip()} " if note.strip() else "", f"Please apply: {words}. ", f"({edits[:1500]})"]
    if len(patch) <= _LONGEST_PATCH:
        parts.append(f" Patch (RFC 6902): {patch}")
    return "".join(parts)


def _into(form: ReviewForm | None, invalid: Invalid) -> str:
    """Each problem at its field; what has none is the answer."""
    left = []
    for each in invalid.problems:
        name = each.path.removeprefix("$.").partition("[")[0]
        if form is not None and name in form:
            form[name].errors = [*form[name].errors, each.message]
        else:
            left.append(each.message)
    return " ".join(left)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _address(quote_id: str, decision_id: str | None = None) -> str:
    told = f"/scorecards/quotes/{quote(quote_id, safe='/', errors='replace')}"
    return f"{told}?{urlencode({'decision': decision_id})}" if decision_id else told


__all__ = ["PATH", "ScorecardPages", "ScorecardRoom"]
