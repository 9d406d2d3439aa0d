"""Insights: the ledgers kept apart, the metrics with what they rest on, what to fix at the source, and signs of gaming."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.errors import NOT_FOUND, refuse
from app.identifiers import new_id
from app.ledgers import insights
from app.ledgers.activity import COUNTED, activity
from app.ledgers.definitions import DEFINITIONS
from app.ledgers.insights import GROUPS, Asked
from app.ledgers.remembered import Remembered
from app.ledgers.tables import CSV, csv_of
from app.pages import insight_view as view
from app.pages.forms import PageForm
from app.pages.insight_query import LEDGERS, SIDES, Wanted, wanted
from app.pages.page import Nav, Page, PageAsked, PageReply
from app.rules import Rules
from app.store import Role, Store
from policies.domain.company import Company
from policies.patterns import PATTERNS

_LOOKS: Final = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN, Role.AUDITOR})
_NOTES: Final = frozenset({Role.ANALYST, Role.ADMIN})
_KINDS: Final = ("pattern", "policy", "product")
_SHOWN: Final = 50
CSVS: Final = ("ledgers", "by-month", "held", "metrics", "activity", "causes", "fixes", "signals", "reviewers")


class FixForm(PageForm):
    """A fix that was made at the source."""

    kind = SelectField("Made to a", choices=list(_KINDS))
    value = StringField("Which one", [InputRequired("Name the pattern, policy or product."), Length(max=200)])
    made_on = DateField("Works from", [InputRequired("Give the first day on which it worked.")])
    title = StringField("What was done", [InputRequired("Say in a sentence what was done."), Length(max=300)])
    owner = StringField("Who did it", [Length(max=200)])
    note = TextAreaField("Note", [Length(max=2000)])


class InsightPages:
    """The page, its slower part, its tables as CSV, and the form to note a fix."""

    def __init__(self, store: Store, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._rules = rules
        self._remembered = Remembered(store.insights.state)

    def pages(self) -> tuple[Page, ...]:
        """The routes."""
        nav = Nav(label="Insights", order=40)
        return (
            Page(
                method="GET",
                path="/insights",
                name="insights",
                title="Insights",
                handle=self._show,
                roles=_LOOKS,
                nav=nav,
            ),
            Page(
                method="GET",
                path="/insights/signals",
                name="insight-signals",
                title="Signs of gaming",
                handle=self._signals,
                roles=_LOOKS,
            ),
            Page(
                method="GET",
                path="/insights/csv/{name}",
                name="insight-csv",
                title="CSV",
                handle=self._csv,
                roles=_LOOKS,
            ),
            Page(
                method="POST",
                path="/insights/fixes",
                name="note-fix",
                title="Insights",
                handle=self._note,
                roles=_NOTES,
            ),
        )

    def _show(self, asked: PageAsked) -> PageReply:
        return self._shown(asked, FixForm(None, made_on=asked.now.date()))

    def _shown(self, asked: PageAsked, form: PageForm, status: int = 200) -> PageReply:
        want, found = self._looked_up(asked)
        months, rows, metrics = found["months"], found["rows"], found["metrics"]
        ledger = view.the_ledger(rows, want)
        days = want.asked.first, want.asked.last
        fixes = self._remembered.of(("fixes", *days), lambda: insights.fixes(self._store, want.asked))
        reviewers = self._remembered.of(("reviewers", *days), lambda: insights.reviewers(self._store, want.asked))
        context = {
            "want": want,
            "currencies": found["currencies"],
            "groups": [(each, each) for each in GROUPS],
            "ledgers": [(each, DEFINITIONS[each].title) for each in LEDGERS],
            "sides": [("under", "Under-billed"), ("over", "Over-billed")],
            "totals": _totals(found["totals"]),
            "ledger_charts": view.ledger_charts(months, want),
            "held": view.held_chart(found["held"], want),
            "rows": [each | {"label": view.label_of(want.asked.group, each["value"])} for each in _those(rows, want)][
                :_SHOWN
            ],
            "ranked": None if want.asked.group == "month" else view.ranked(rows, want, ledger),
            "activity": found["activity"][:_SHOWN],
            "activity_total": len(found["activity"]),
            "label_of": view.label_of,
            "metrics": view.metric_groups(metrics, want),
            "shares": view.shares_chart(metrics, want),
            "reviewers": [_reviewer(each) for each in reviewers],
            "causes": [each for each in fixes["rows"] if _is_here(each, want)][:_SHOWN],
            "causes_chart": view.causes_chart(fixes["rows"], want),
            "made": [_made(each) for each in fixes["made"]],
            "form": form,
            "may_note": asked.user.may(*_NOTES),
            "definitions": tuple(DEFINITIONS.values()),
            "signals_at": _at(asked, "/insights/signals"),
            "csv": {name: _at(asked, f"/insights/csv/{name}") for name in CSVS},
            "simulated": self._rules().simulated,
        }
        return PageReply(template="insights.html", context=context, status=status)

    def _looked_up(self, asked: PageAsked) -> tuple[Wanted, dict[str, Any]]:
        """What the page and its tables show, and what is wanted with the currency settled."""
        want = wanted(asked)
        by_month = Asked(first=want.asked.first, last=want.asked.last)
        store, remembered, days = self._store, self._remembered, (want.asked.first, want.asked.last)
        found = remembered.of(("ledgers", *days), lambda: insights.ledgers(store, by_month))
        is_month = want.asked.group == "month"
        rows = found["rows"] if is_month else insights.ledger_rows(store, want.asked)
        held = remembered.of(("held", *days), lambda: activity(store, by_month))
        currencies = sorted({each["currency"] for each in found["rows"]})
        want = _settled(want, currencies, self._company())
        return want, {
            "months": found["rows"],
            "rows": rows,
            "metrics": found["metrics"],
            "totals": found["rows"],
            "held": held,
            "activity": held if is_month else activity(store, want.asked),
            "currencies": [(each, each) for each in currencies] or [(want.currency, want.currency)],
        }

    def _signals(self, asked: PageAsked) -> PageReply:
        """The signs: a page of its own, or with part=1 what the insights page puts in its place."""
        want = wanted(asked)
        found = insights.signals(self._store, want.asked, self._company())
        context = {"found": found, "want": want, "csv": _at(asked, "/insights/csv/signals"), "definitions": DEFINITIONS}
        part = "insight_signals_part.html" if asked.query.get("part") == "1" else "insight_signals.html"
        return PageReply(template=part, context=context)

    def _csv(self, asked: PageAsked) -> PageReply:
        name = asked.path["name"]
        if name not in CSVS:
            raise refuse(NOT_FOUND, "There is no such table.")
        want, rows = self._table(asked, name)
        days = f"{want.asked.first}-{want.asked.last}"
        return PageReply.file(csv_of(rows), CSV, f"{name}-{days}.csv")

    def _table(self, asked: PageAsked, name: str) -> tuple[Wanted, Sequence[Mapping[str, Any]]]:
        want = wanted(asked)
        if name == "signals":
            return want, insights.signals(self._store, want.asked, self._company())["rows"]
        if name == "reviewers":
            return want, insights.reviewers(self._store, want.asked)
        if name in ("causes", "fixes"):
            return want, insights.fixes(self._store, want.asked)["rows" if name == "causes" else "made"]
        want, found = self._looked_up(asked)
        tables = {"ledgers": "rows", "by-month": "months", "metrics": "metrics"}
        if name in tables:
            return want, found[tables[name]]
        counts = found["held" if name == "held" else "activity"]
        return want, [{"value": each.value, **{one: getattr(each, one) for one in COUNTED}} for each in counts]

    def _note(self, asked: PageAsked) -> PageReply:
        form = FixForm.of(asked)
        if not form.validate() or not _fits(form, asked.now.date()):
            return self._shown(asked, form, 422)
        self._store.insights.note_fix(
            {
                "fix_id": new_id("fix"),
                "kind": form.kind.data,
                "value": form.value.data.strip(),
                "made_on": form.made_on.data.isoformat(),
                "title": form.title.data,
                "owner": form.owner.data or None,
                "note": form.note.data or None,
                "noted_by": asked.user.id,
            }
        )
        return PageReply.to("/insights#fixes", "The fix is noted. What it brings shows after 28 days.")

    def _company(self) -> Company | None:
        return self._rules().company


def _settled(want: Wanted, currencies: Sequence[str], company: Company | None) -> Wanted:
    """With the currency that is asked for, else the company's where money is in it, else the first."""
    home = company.currency if company is not None and company.currency else "USD"
    usual = home if home in currencies or not currencies else currencies[0]
    chosen = want.currency if want.currency in currencies else usual
    return Wanted(asked=want.asked, currency=chosen, side=want.side, ledger=want.ledger, faults=want.faults)


def _is_here(row: Mapping[str, Any], want: Wanted) -> bool:
    return bool(row["currency"] == want.currency and row["side"] == want.side)


def _those(rows: Sequence[Mapping[str, Any]], want: Wanted) -> list[dict[str, Any]]:
    return [dict(each) for each in rows if _is_here(each, want)]


def _totals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The five ledgers of each currency and side over the span."""
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = row["currency"], row["side"]
        total = sums.setdefault(key, {"currency": key[0], "side": key[1], **dict.fromkeys(LEDGERS, view.NOTHING)})
        for name in LEDGERS:
            total[name] += view.amount(row[name])
    return [sums[key] for key in sorted(sums, key=lambda each: (each[0], SIDES.index(each[1])))]


def _reviewer(told: Mapping[str, Any]) -> dict[str, Any]:
    rows = {name: view.row_of(told[name]) for name in ("approvals", "seconds", "a_day")}
    return {"reviewer": told["reviewer"], "hurried": told["hurried"], **rows}


def _made(fix: Mapping[str, Any]) -> dict[str, Any]:
    return {**fix, "said": view.effect_words(fix)}


def _at(asked: PageAsked, path: str) -> str:
    """Another address with the same filters."""
    whole = asked.with_query()
    return path + whole[len(asked.address) :] if asked.method == "GET" else path


def _fits(form: PageForm, today: date) -> bool:
    if form.kind.data == "pattern" and form.value.data.strip() not in PATTERNS:
        form.value.errors = ["There is no such pattern: write its number, such as U05."]
        return False
    if not date(2000, 1, 1) <= form.made_on.data <= today:
        form.made_on.errors = ["A fix is noted once it works: not before 2000, and not after today."]
        return False
    return True
