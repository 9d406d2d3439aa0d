"""The scorecard as PDF, for a folder or an e-mail: verdict, money, findings with their fixes, reasons, every line's price, approvals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from io import BytesIO
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, SimpleDocTemplate, Spacer, Table, TableStyle

from app.pages.pdf_text import BOLD, PLAIN, paragraph, use_fonts, written
from app.pages.showing import moment, money, number, percent, short
from app.scorecards.findings import Cause
from app.scorecards.odds import reasons_of
from app.scorecards.pricing import Prices

_INK: Final = colors.HexColor("#18202b")
_SOFT: Final = colors.HexColor("#4d5a6b")
_LINE: Final = colors.HexColor("#c5ccd6")
_TONES: Final = {"allow": "#176139", "flag": "#7a4a00", "block": "#a01c22"}
_WIDTH: Final = A4[0] - 30 * mm
_LONGEST: Final = 400
_MOST: Final = 25
_MOST_KINDS: Final = 6
_MOST_SHORT: Final = 150


class _Numbered(Canvas):  # type: ignore[misc]
    """Writes at the foot of each page which of how many it is, and from the second one on at its head what it belongs to."""

    def __init__(self, *args: Any, head: str, foot: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head, self._foot, self._pages = head, foot, []  # type: ignore[var-annotated]

    def showPage(self) -> None:  # noqa: N802 - the library's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number_of, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._frame(number_of, len(self._pages))
            super().showPage()
        super().save()

    def _frame(self, page: int, of: int) -> None:
        self.setFont(PLAIN, 6.5)
        self.setFillColor(_SOFT)
        self.drawString(15 * mm, 8 * mm, self._foot)
        self.drawRightString(A4[0] - 15 * mm, 8 * mm, f"page {page} of {of}")
        if page > 1:
            self.drawString(15 * mm, A4[1] - 10 * mm, self._head)


def pdf_of(shown: Mapping[str, Any], now: datetime) -> bytes:
    """The document, of what the page shows to this reader."""
    deal, into = shown["deal"], BytesIO()
    use_fonts()
    title = written(f"Quote {short(deal.quote_id, 80)}")
    paper = SimpleDocTemplate(
        into, pagesize=A4, leftMargin=15 * mm, rightMargin=15 * mm, topMargin=14 * mm, bottomMargin=14 * mm,
        title=title, author="Quoteguard", subject=f"Scorecard, decision {deal.summary.decision_id}", lang="en",
    )  # fmt: skip
    foot = f"{deal.summary.decision_id} · {deal.summary.subject.content_hash[:19]} · printed {moment(now)}"
    if deal.summary.simulated:
        foot = f"Simulated data · {foot}"
    ascii_only = "".join(mark if ord(mark) < 0x250 else "?" for mark in title)
    head = f"{ascii_only} · {shown['document']['verdict']}"
    paper.build(list(_parts(shown)), canvasmaker=partial(_Numbered, head=head, foot=written(foot)))
    return into.getvalue()


def _parts(shown: Mapping[str, Any]) -> Iterable[Flowable]:
    deal, document = shown["deal"], shown["document"]
    account = deal.quote.account
    name = "" if account is None else account.name or account.account_id or ""
    name = shown.get("customer", name)
    yield _text(f"Quote {short(deal.quote_id, 80)}" + (f" for {short(name, 80)}" if name else ""), "title")
    tone = _TONES.get(document["verdict"], "#18202b")
    yield _marked(
        f'<font color="{tone}" name="{BOLD}">{document["verdict"].upper()}</font> ', shown["headline"], "lead"
    )
    yield _text(
        f"Revision {deal.summary.subject.revision or 'not stated'}, decided {moment(deal.summary.created_at)}", "soft"
    )
    yield from _figures(shown)
    yield from _findings(shown)
    if shown["reader"].sees_all:
        yield from _reasons(document.get("risk") or {})
        yield from _lines(shown["prices"], deal.summary.currency)
        yield from _unknown(document.get("not_assessed") or ())
    yield from _approvals(shown)


def _figures(shown: Mapping[str, Any]) -> Iterable[Flowable]:
    if not shown["reader"].sees_all:
        return
    document, currency, prices = shown["document"], shown["deal"].summary.currency, shown["prices"]
    totals, risk = document.get("totals") or {}, document.get("risk") or {}
    rows = [
        (label, money(totals[side], currency))
        for label, side in (("Could go unbilled", "under"), ("Could be billed too much", "over"))
        if totals.get(side) is not None
    ]
    if risk.get("score") is not None:
        rows.append(("Likely to leak", f"{percent(risk['score'], 1)}, {risk.get('tier')} tier"))
        expected = risk.get("expected_leakage")
        rows.append(("Expected leakage", money(expected["amount"], expected["currency"]) if expected else "not known"))
    elif risk.get("index"):
        rows.append(("Risk index, not learned", f"{risk['index']['value']} of 100 points"))
    if prices is not None and prices.list_total:
        rows.append(("List over the term", money(prices.list_total, currency)))
        rows += [(each.label, money(each.amount, currency)) for each in prices.steps]
        rows.append(("Effective net", money(prices.net_total, currency)))
    yield _heading("Money")
    yield _table([[_text(label), _text(value, "right")] for label, value in rows], (0.5, 0.25))


def _findings(shown: Mapping[str, Any]) -> Iterable[Flowable]:
    causes: Sequence[Cause] = shown["causes"]
    if not causes:
        return
    yield _heading("What was found")
    for cause in causes[:_MOST]:
        yield KeepTogether([*_finding(cause, sees_all=shown["reader"].sees_all), Spacer(0, 1.5 * mm)])
    others = [*causes[_MOST:], *shown["more_causes"]]
    for cause in others[:_MOST_SHORT]:
        yield _text(_in_short(cause.finding), "small")
    if len(others) > _MOST_SHORT:
        yield _text(f"And {len(others) - _MOST_SHORT} more root causes: see the page.", "soft")


def _in_short(finding: Mapping[str, Any]) -> str:
    at_risk = finding.get("amount_at_risk") or {}
    told = f"{finding['effect']}: {short(finding.get('message') or '', 200)}"
    if at_risk.get("remaining_term") and finding.get("direction") in ("under", "over"):
        told += f" {money(at_risk['remaining_term'], at_risk.get('currency'))} {finding['direction']}."
    return told


def _finding(cause: Cause, *, sees_all: bool) -> Iterable[Flowable]:
    finding, at_risk = cause.finding, cause.finding.get("amount_at_risk") or {}
    amount = at_risk.get("remaining_term")
    yield _text(short(finding.get("message") or "", _LONGEST), "strong")
    marks = [finding["effect"], str(finding.get("pattern") or "")]
    if amount and finding.get("direction") in ("under", "over"):
        marks.append(f"{money(amount, at_risk.get('currency'))} {finding['direction']} over the term")
    by = {name: finding[name] for name in ("approved_by", "waived_by") if finding.get(name)}
    marks += [f"{name.replace('_', ' ')} {short(who, 60)}" for name, who in by.items()]
    yield _text(" · ".join(each for each in marks if each), "soft")
    for each in (finding.get("evidence") or ())[:6] if sees_all else ():
        told = f"{each['field']} is {_or_nothing(each.get('actual'))}, should be {_or_nothing(each.get('expected'))}"
        yield _text(told + (f" ({short(each['expected_from'], 120)})" if each.get("expected_from") else ""), "small")
    if cause.fix is not None:
        proven = "proven to clear it" if cause.fix.proven else "not proven"
        yield _text(f"Fix: {short(cause.fix.text, 300)} ({proven})", "small")


def _reasons(risk: Mapping[str, Any]) -> Iterable[Flowable]:
    reasons = reasons_of(risk)
    if reasons is not None:
        yield _heading("Why it is scored so")
        rows = [["The average deal", f"{percent(reasons.base, 1)} leak"]]
        rows += [[short(each.label, 160), each.told] for each in reasons.pushes]
        rows.append(["This deal", percent(reasons.score, 1)])
        yield _table([[_text(label), _text(told, "right")] for label, told in rows], (0.65, 0.35))
    elif risk.get("index"):
        yield _heading("Risk index: not learned, and no probability")
        rows = [[short(each["label"], 160), str(each["points"])] for each in risk["index"]["parts"]]
        yield _table([[_text(label), _text(points, "right")] for label, points in rows], (0.75, 0.15))
    elif risk.get("because"):
        yield _heading("Risk")
        yield _text(short(risk["because"], _LONGEST))


def _lines(prices: Prices | None, currency: str) -> Iterable[Flowable]:
    """Every line from list to effective net; the heading of the table stands on each page."""
    if prices is None or not prices.lines:
        return
    kinds = [each.label for each in prices.steps][:_MOST_KINDS]
    heads = ["Line", "Product", "List", *kinds, "Effective net", "Against list"]
    rows: list[list[Flowable | str]] = [
        [_text(each, "head" if at < 2 else "head-right") for at, each in enumerate(heads)]
    ]
    for line in prices.lines:
        by_kind = line.by_kind
        figures = [money(line.list_total, currency) if line.list_total is not None else ""]
        figures += [money(by_kind[each], currency) if each in by_kind else "" for each in kinds]
        figures.append(money(line.net_total, currency) if line.net_total is not None else "by use")
        figures.append("" if line.effective_discount is None else f"{number(-line.effective_discount)} %")
        told = [_text(short(line.line_id, 20), "cell"), _text(short(line.name, 60), "cell")]
        rows.append([*told, *figures])
    yield _heading("Every line from list to effective net")
    share = (1 - 0.06 - 0.22) / (len(heads) - 2)
    yield _table(rows, (0.06, 0.22, *[share] * (len(heads) - 2)), heads=1)
    if prices.beyond:
        yield _text(f"And {prices.beyond} more lines, which are not worked out here.", "soft")


def _unknown(those: Sequence[Mapping[str, Any]]) -> Iterable[Flowable]:
    """What could not be judged, in one place: none of it counts as a pass."""
    if those:
        yield _heading("What could not be judged")
        told = [f"{short(each['policy_id'], 60)}: {short(each.get('because') or '', 160)}" for each in those[:_MOST]]
        told += [f"And {len(those) - _MOST} more."] if len(those) > _MOST else []
        for each in told:
            yield _text(each, "small")


def _approvals(shown: Mapping[str, Any]) -> Iterable[Flowable]:
    yield _heading("Approvals")
    if not shown["consents"] and not shown["reviews"]:
        yield _text("Nobody's consent is asked for.", "soft")
    for each in shown["consents"]:
        step = each.step
        told = f"given by {short(step.given_by, 60)}, {moment(step.given_at)}" if step.given_by else (
            f"by {moment(step.due_at)}" if step.due_at else "no day stated"
        )  # fmt: skip
        yield _text(f"{short(step.role, 60)}: {told}")
    for review in shown["reviews"][-10:]:
        action = review.action.value.replace("_", " ")
        yield _text(
            f"{moment(review.reviewed_at)}, {short(review.actor_name, 60)}: {action}. {short(review.reason, 300)}",
            "small",
        )


def _table(rows: Sequence[Sequence[Flowable | str]], shares: tuple[float, ...], heads: int = 0) -> Flowable:
    """A ruled table. What is text and no paragraph is a figure: in small letters, at the right."""
    if not rows:
        return Spacer(0, 0)
    ruled = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                        ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
                        ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 3), ("ALIGN", (0, 0), (-1, -1), "RIGHT"),
                        ("FONT", (0, 0), (-1, -1), PLAIN, 6.8, 8.8), ("TEXTCOLOR", (0, 0), (-1, -1), _INK)])  # fmt: skip
    widths = [_WIDTH * share for share in shares]
    return Table(rows, colWidths=widths, style=ruled, hAlign="LEFT", repeatRows=heads)


def _heading(text: str) -> Flowable:
    return _text(text, "heading")  # its style keeps it with what follows


def _text(text: str, style: str = "body") -> Flowable:
    return _marked("", text, style)


def _marked(before: str, text: str, style: str) -> Flowable:
    """A paragraph: `before` is markup of ours, the text is a customer's and none."""
    return paragraph(text, _styles()[style], before)


def _or_nothing(value: object) -> str:
    return "nothing" if value is None else short(value, 80)


@cache
def _styles() -> Mapping[str, ParagraphStyle]:
    def style(name: str, size: float, font: str = PLAIN, color: Any = _INK, **more: Any) -> ParagraphStyle:
        return ParagraphStyle(
            name, fontName=font, fontSize=size, leading=size * 1.3, textColor=color, splitLongWords=1, **more
        )

    made = (
        style("title", 14, BOLD, spaceAfter=5),
        style("lead", 10, spaceAfter=2),
        style("heading", 10.5, BOLD, spaceBefore=8, spaceAfter=3, keepWithNext=1),
        style("body", 8.2),
        style("strong", 8.6, BOLD),
        style("right", 8.2, alignment=2),
        style("small", 7.6),
        style("soft", 7.6, color=_SOFT),
        style("cell", 6.8),
        style("head", 6.8, BOLD, color=_SOFT),
        style("head-right", 6.8, BOLD, color=_SOFT, alignment=2),
    )
    return {each.name: each for each in made}
