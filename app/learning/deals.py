"""Deals to learn from: each quote once, with the features that were stored when it was decided on, where there are any."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType
from scoring.features import FeatureVector
from scoring.model.stored import of_json

if TYPE_CHECKING:
    from app.store import Document, Store
    from app.store.decisions import DecisionNote

_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A quote to learn from: the canonical document in its last known state, and when it was made, where that is known.

    `vector` holds the features as they were when it was decided on; None has them computed again. `accepted` is known where
    an agreement on the quote is. `verdict` is that of the last decision before the deal was signed.
    """

    quote_id: str
    body: bytes
    made_at: datetime | None = None
    vector: FeatureVector | None = None
    accepted: bool = False
    simulated: bool = False
    verdict: Verdict | None = None


def deals_of(
    store: Store,
    quotes: Iterable[Document],
    signed: Mapping[str, datetime | None],
    known_from: Mapping[str, datetime],
) -> Iterator[Deal]:
    """Every quote that is stored or was decided on. `signed` says when, by quote; `known_from` when its first outcome came.

    The newest decision before either counts: what was decided afterwards may have known what turned out.
    """
    noted = _last_decisions(store, signed, known_from)
    for document in quotes:
        deal = deal_of(document, accepted=document.id in signed)
        note = noted.pop(document.id, None)
        yield deal if note is None else replace(deal, vector=vector_in(note), verdict=note.verdict)
    for quote_id, note in noted.items():
        decision = store.decisions.get(note.decision_id)
        if decision is None or decision.decision.basis.request_format != "canonical":
            continue
        yield Deal(
            quote_id=quote_id,
            body=decision.decision.request,
            made_at=note.created_at,
            vector=vector_in(note),
            accepted=quote_id in signed,
            simulated=note.simulated,
            verdict=note.verdict,
        )


def deal_of(document: Document, *, accepted: bool = False) -> Deal:
    """The deal of a document that nobody decided on."""
    return Deal(
        quote_id=document.id,
        body=document.body,
        made_at=document.occurred_at,
        accepted=accepted,
        simulated=document.simulated,
    )


def _last_decisions(
    store: Store, signed: Mapping[str, datetime | None], known_from: Mapping[str, datetime]
) -> dict[str, DecisionNote]:
    """By quote the newest decision of those that came before it was signed and before anything turned out."""
    found: dict[str, DecisionNote] = {}
    for note in store.decisions.notes(SubjectType.QUOTE):
        signing, outcome = signed.get(note.subject_id), known_from.get(note.subject_id)
        if signing is not None and note.created_at >= signing + _A_DAY:
            continue  # a day of signing is told without a time
        if outcome is None or note.created_at < outcome:
            found[note.subject_id] = note
    return found


def vector_in(note: DecisionNote) -> FeatureVector | None:
    """The features that a decision was scored from; None where it has none of the present list.

    Those of an index for cold starts are none: it asks no history, so they say nothing of rep and product.
    """
    if note.context is None:
        return None
    kept: Any = json.loads(note.context).get("scoring", {})
    try:
        return of_json(kept["vector"]) if kept.get("model") is not None and "vector" in kept else None
    except ValueError:  # of another list of features, or none at all
        return None
