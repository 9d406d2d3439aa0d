"""The models: which one scores and why, how right it was, what has drifted, and who put it in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from app.bounded import Unavailable
from app.errors import NOT_FOUND, refuse
from app.ledgers.tables import CSV, csv_of
from app.model_places import Place
from app.models import models_at
from app.models_told import model_json, models_json
from app.pages import model_view as view
from app.pages.charts import Chart
from app.pages.forms import PageForm
from app.pages.page import HTML, Nav, Page, PageAsked, PageReply
from app.reviewing.kept import KeptReviews
from app.reviewing.page import page_of
from app.store import Role, Store
from policies.domain.period import add_months
from scoring.model.errors import LibraryUnavailable, ModelRefused, NoSuchVersion
from scoring.model.registry import InForce

_READS: Final = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN, Role.AUDITOR})
_CHANGES: Final = frozenset({Role.ADMIN})
_MOST_DRIFTS: Final = 25


class ChangeForm(PageForm):
    """A change of what is in force, with its reason."""

    version = HiddenField()
    why = StringField("Why", [InputRequired("Say why: it is kept in the log."), Length(max=500)])


class ModelPages:
    """The list with the champion's card, a page for each model, drift, the monthly review, and what an administrator may do."""

    def __init__(self, store: Store, place: Place, reviews: KeptReviews | None = None) -> None:
        self._store = store
        self._models = models_at(place)
        self._reviews = reviews or KeptReviews(store)

    def pages(self) -> tuple[Page, ...]:
        """The routes."""

        def page(method: str, path: str, name: str, handle: Callable[[PageAsked], PageReply], **more: Any) -> Page:
            roles = _READS if method == "GET" else _CHANGES
            return Page(method=method, path=path, name=name, title="Models", handle=handle, roles=roles, **more)

        nav = Nav(label="Models", order=60)
        return (
            page("GET", "/models", "models", self._list, template="models.html", nav=nav),
            page("GET", "/models/drift", "model-drift", self._drift),
            page("GET", "/models/review", "model-review", self._review),
            page("POST", "/models/promote", "promote-model", self._promote),
            page("POST", "/models/challenge", "challenge-model", self._challenge),
            page("POST", "/models/rollback", "roll-back-model", self._rollback),
            page("GET", "/models/{version}", "model", self._show, template="model.html"),
        )

    def _list(self, asked: PageAsked, form: PageForm | None = None, status: int = 200) -> PageReply:
        told = models_json(self._models)
        champion = self._told(told["champion"]) if told["champion"] else None
        month = add_months(asked.now.date().replace(day=1), -1)
        context = {
            "told": told,
            "champion": champion,
            "card": _card(champion) if champion is not None else None,
            "form": form or ChangeForm(None),
            "may_change": asked.user.may(Role.ADMIN),
            "month": month.isoformat()[:7],
            # Making a review takes work that quotes would wait for: it is shown by itself only once somebody asked for it.
            "is_kept": self._reviews.has(month, asked.now.date()),
            "can_roll_back": self._can_roll_back(),
        }
        return PageReply(template="models.html", context=context, status=status)

    def _show(self, asked: PageAsked) -> PageReply:
        told = self._told(asked.path["version"])
        if told is None:
            raise refuse(NOT_FOUND, "There is no model of this version.")
        card = _card(told)
        if asked.query.get("format") == "csv":
            chart = card.get(asked.query.get("chart", ""))
            if not isinstance(chart, Chart):
                raise refuse(NOT_FOUND, "There is no such table.")
            return PageReply.file(csv_of(chart.records), CSV, f"{chart.key}-{told['version']}.csv")
        context = {
            "told": told,
            "card": card,
            "form": ChangeForm(None, version=told["version"]),
            "may_change": asked.user.may(Role.ADMIN),
        }
        return PageReply(context=context, title=f"Model {told['version']}")

    def _told(self, version: str) -> dict[str, Any] | None:
        try:
            return model_json(self._models, version)
        except NoSuchVersion:
            return None

    def _can_roll_back(self) -> bool:
        try:
            return bool(self._models.in_force().before)
        except ModelRefused:
            return False

    def _drift(self, asked: PageAsked) -> PageReply:
        """Which features moved in a month: a page of its own, or with part=1 what the models' page puts in its place."""
        month, found, because = self._reviewed(asked)
        moved = [each for each in found["drift"] if each["moved"]] if found is not None else []
        context: dict[str, Any] = {
            "month": month.isoformat()[:7],
            "review": found,
            "because": because,
            "moved": moved,
            "rows": found["drift"][:_MOST_DRIFTS] if found is not None else [],
        }
        template = "model_drift_part.html" if asked.query.get("part") == "1" else "model_drift.html"
        return PageReply(template=template, context=context)

    def _review(self, asked: PageAsked) -> PageReply:
        month, found, because = self._reviewed(asked)
        if found is None:
            away: dict[str, Any] = {"month": month.isoformat()[:7], "review": None, "because": because}
            context = {**away, "moved": [], "rows": []}
            return PageReply(template="model_drift.html", context=context, status=503)
        return PageReply.file(page_of(found).encode(), HTML, f"review-{found['month']}.html")

    def _reviewed(self, asked: PageAsked) -> tuple[date, dict[str, Any] | None, str]:
        today = asked.now.date()
        month = _month(asked.query.get("month", ""), add_months(today.replace(day=1), -1))
        try:
            return month, self._reviews.of(month, today), ""
        except Unavailable as away:
            return month, None, str(away)

    def _promote(self, asked: PageAsked) -> PageReply:
        return self._changed(
            asked, "promoted", lambda form, by: self._models.promote(form.version.data, by, form.why.data)
        )

    def _challenge(self, asked: PageAsked) -> PageReply:
        def change(form: PageForm, by: str) -> InForce:
            return self._models.challenge(form.version.data or None, by, form.why.data)

        return self._changed(asked, "challenged", change)

    def _rollback(self, asked: PageAsked) -> PageReply:
        return self._changed(asked, "rolled-back", lambda form, by: self._models.rollback(by, form.why.data))

    def _changed(self, asked: PageAsked, did: str, change: Callable[[PageForm, str], InForce]) -> PageReply:
        form = ChangeForm.of(asked)
        if not form.validate():
            return self._list(asked, form, 422)
        try:
            now = change(form, asked.user.name)
        except (NoSuchVersion, ModelRefused, LibraryUnavailable) as refused:
            form.why.errors = [f"It cannot be done: {refused}."]
            return self._list(asked, form, 422)
        about = form.version.data or now.champion or "none"
        self._store.access.add(asked.user.did(did, "model", about, form.why.data))
        return PageReply.to("/models", f"In force: {now.champion or 'no model'}. Servers take it up by themselves.")


def _card(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a card."""
    card = told["card"]
    part = view.part_of(card)
    those = view.bins(card, part)
    return {
        "part": part,
        "deals": view.deals(card, part),
        "figures": view.figures(card, part),
        "reliability": view.reliability(those) if those else None,
        "unfit": sum(not each.fits for each in those),
        "bins": len(those),
        "tiers": view.tiers(card, part),
        "ways": view.ways(card),
        "sources": view.sources(card),
        "effects": view.effects(card),
        "trees": view.trees(card),
        "served": card.get("served"),
        "because": card.get("because"),
        "held_out_by": card.get("held_out_by"),
        "note": view.note(card),
        "simulated": bool(told.get("simulated") or card.get("simulated")),
    }


def _month(text: str, usual: date) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return usual
    return month if date(2000, 1, 1) <= month < date(9000, 1, 1) else usual
