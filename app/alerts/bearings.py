"""What routes ask of a notice and its cause does not say: segment, products and patterns, from what is stored of its document.

Cases, waivers, holds and alerts of the watch are told with what their own record has, which is neither segment nor product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from app.alerts.noticing import bearings_of, readable
from app.store import DocumentKind

if TYPE_CHECKING:
    from app.alerts.entries import AlertsFile
    from app.store import KeptNotice, NoticeNote, Store

_NAMES: Final = ("segments", "products", "patterns")
_NEXT: Final = {
    DocumentKind.BILLING_CONFIGURATION: (
        ("agreement_id", DocumentKind.AGREEMENT),
        ("parent_id", DocumentKind.AGREEMENT),
        ("quote_id", DocumentKind.QUOTE),
    ),
    DocumentKind.AGREEMENT: (("parent_id", DocumentKind.QUOTE), ("quote_id", DocumentKind.QUOTE)),
    DocumentKind.QUOTE: (),
}
"""Where a document that does not say enough names the one that was there before it."""


def with_bearings(store: Store, notice: KeptNotice, file: AlertsFile) -> KeptNotice:
    """The notice with what the routes ask of it, as far as it is known. Nothing is looked up that no route asks for."""
    asked = [name for name in _NAMES if any(getattr(route, name) for route in file.routes)]
    known: dict[str, Sequence[str]] = {name: notice.note.facts.get(name) or () for name in asked}
    for document, request in _sources(store, notice.note):
        if all(known.values()):
            break
        found = bearings_of(document, request)
        known |= {name: found[name] for name in asked if not known[name]}
    return replace(notice, note=replace(notice.note, facts={**notice.note.facts, **known}))


def _sources(store: Store, note: NoticeNote) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """What is said of the notice's document, the nearest first: the decision on it, it itself, and what it was made from."""
    if note.decision_id is not None:
        stored = store.decisions.get(note.decision_id)
        if stored is not None:
            yield readable(stored.decision.document), readable(stored.decision.request)
    waiting = [(DocumentKind(note.subject_type), note.subject_id)]
    while waiting:
        kind, document_id = waiting.pop(0)
        found = store.documents.get(kind, document_id)
        if found is not None:
            body = readable(found.document.body)
            yield {}, body
            named = {"agreement_id": found.document.agreement_id, "parent_id": found.document.parent_id}
            for name, before in _NEXT[kind]:
                each = named.get(name) or body.get(name)
                if isinstance(each, str):
                    waiting.append((before, each))
