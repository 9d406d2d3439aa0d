"""Examples for training: from the store, or from files where there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.learning.deals import Deal, deal_of, deals_of
from app.learning.history import Past, Seen, steps
from app.learning.joining import Joined, Links, join
from app.learning.links import links_in, outcomes_in
from app.portions import uncollected
from app.store import DocumentFilter, DocumentKind
from policies.domain.decision import Verdict
from scoring.training.examples import UNSAID, Example, Known

if TYPE_CHECKING:
    from app.rules import Rules
    from app.store import Document, Store
    from policies.domain.outcome import Outcome
    from scoring.history import History

Progress = Callable[[str, float], object]
"""Told what is being done, and how much of that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnable:
    """Everything that a model is trained on, and what was noticed on the way, in sentences.

    `stored` of the examples have their features from a decision; those of all others were computed again. `data_digest` is of
    every quote and outcome that was looked at.
    """

    examples: tuple[Example, ...]
    history: History
    joined: Joined
    data_digest: str
    stored: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Deals and outcomes as they were found, before anything is computed."""

    deals: tuple[Deal, ...]
    joined: Joined
    data_digest: str


def material_in(store: Store, as_of: datetime) -> Material:
    """What the store holds: imported and sent records, and decisions with the features that they rested on."""
    links, signed = links_in(store)
    outcomes = tuple(
        outcomes_in(each.document for each in store.documents.find(DocumentKind.OUTCOME, DocumentFilter()))
    )
    first: dict[str, datetime] = {}
    for outcome in outcomes:
        quote_id, at = links.quote_of(outcome), outcome.discovered_at
        if quote_id is not None and at is not None and at < first.get(quote_id, datetime.max.replace(tzinfo=at.tzinfo)):
            first[quote_id] = at
    quotes = (each.document for each in store.documents.find(DocumentKind.QUOTE, DocumentFilter()))
    return _material(tuple(deals_of(store, quotes, signed, first)), outcomes, links, as_of)


def material_of(
    quotes: Iterable[Document], outcomes: Iterable[Document], agreements: Iterable[Document], as_of: datetime
) -> Material:
    """What files hold."""
    signed = {each.parent_id: each.id for each in agreements if each.parent_id is not None}
    links = Links(quotes={agreement: quote for quote, agreement in signed.items()})
    deals = tuple([deal_of(each, accepted=each.id in signed) for each in quotes])
    return _material(deals, tuple(outcomes_in(outcomes)), links, as_of)


def learnable(material: Material, rules: Rules, as_of: datetime, *, workers: int = 0, progress: Progress) -> Learnable:
    """The examples of all deals in the order of time, and history as of the moment of learning."""
    past = Past(rules=rules, as_of=as_of, workers=workers)
    total, joined = steps(material.deals) or 1, material.joined

    def done(count: int) -> None:
        if not count % 200:
            progress("following history", count / total)

    with uncollected():
        examples = tuple([_example(each, joined) for each in past.seen(material.deals, joined, done)])
    return Learnable(
        examples=examples,
        history=past.builder.as_of(as_of),
        joined=joined,
        data_digest=material.data_digest,
        stored=len(examples) - past.recomputed,
        notes=(*joined.sentences(), *_of_documents(past, material, as_of)),
    )


def _material(deals: tuple[Deal, ...], outcomes: tuple[Outcome, ...], links: Links, as_of: datetime) -> Material:
    joined = join(outcomes, links, {each.quote_id: each.made_at for each in deals}, as_of)
    digest = hashlib.sha256()
    for deal in sorted(deals, key=lambda each: each.quote_id):
        digest.update(hashlib.sha256(deal.body).digest())
    for outcome in sorted(outcomes, key=lambda each: each.outcome_id):
        digest.update(repr((outcome.outcome_id, outcome.leaked, outcome.amount, outcome.discovered_at)).encode())
    return Material(deals=deals, joined=joined, data_digest=f"sha256:{digest.hexdigest()}")


def _example(seen: Seen, joined: Joined) -> Example:
    deal, vector, accepted = seen
    return Example(
        quote_id=deal.quote_id,
        made_at=deal.made_at,
        vector=vector,
        accepted=accepted,
        simulated=deal.simulated,
        blocked=deal.verdict is Verdict.BLOCK,
        overridden=deal.verdict is Verdict.BLOCK and accepted,
        outcomes=tuple([known_of(each) for each in joined.by_quote.get(deal.quote_id, ())]),
    )


def known_of(outcome: Outcome) -> Known:
    """An outcome as training takes it."""
    return Known(
        leaked=outcome.leaked,
        source=outcome.source.value if outcome.source is not None else UNSAID,
        discovered_at=outcome.discovered_at,
        amount=None if outcome.amount is None else float(outcome.amount),
        currency=outcome.currency,
        pattern=outcome.pattern,
    )


def _of_documents(past: Past, material: Material, as_of: datetime) -> Iterable[str]:
    later = sum(1 for each in material.deals if each.made_at is not None and each.made_at > as_of)
    if later:
        made = "quotes were" if later != 1 else "quote was"
        yield f"{later:,} {made} made after {as_of:%Y-%m-%d} and left out"
    if past.unreadable:
        are = "documents are no quotes" if past.unreadable != 1 else "document is no quote"
        yield f"{past.unreadable:,} stored {are} by today's schema and left out"
