"""What leads from a stored document to its quote, and the stored outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from app.learning.joining import Links
from app.store import DocumentKind
from cpq_hooks.canonical import load_outcome
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json

if TYPE_CHECKING:
    from app.store import Document, Store
    from policies.domain.outcome import Outcome

V = TypeVar("V")


def links_in(store: Store) -> tuple[Links, Mapping[str, datetime | None]]:
    """What leads to quotes, read once for all of them; and by quote when an agreement on it was signed."""
    documents = store.documents
    agreements = [each for each in documents.links(DocumentKind.AGREEMENT) if each.parent_id is not None]
    links = Links(
        quotes={each.id: each.parent_id for each in agreements if each.parent_id is not None},
        configurations={
            each.id: (each.agreement_id, each.parent_id) for each in documents.links(DocumentKind.BILLING_CONFIGURATION)
        },
        invoices={each.id: (each.agreement_id, each.parent_id) for each in documents.links(DocumentKind.INVOICE)},
    )
    return links, {each.parent_id: each.occurred_at for each in agreements if each.parent_id is not None}


def links_asked(store: Store) -> Links:
    """The same, each looked up when it is asked for: for a few outcomes of a large record."""

    def looked_up(kind: DocumentKind, read: Callable[[Document], V]) -> _LookedUp[V]:
        def find(name: str) -> V | None:
            stored = store.documents.get(kind, name)
            return None if stored is None else read(stored.document)

        return _LookedUp(find)

    return Links(
        quotes=looked_up(DocumentKind.AGREEMENT, lambda each: each.parent_id or ""),
        configurations=looked_up(DocumentKind.BILLING_CONFIGURATION, lambda each: (each.agreement_id, each.parent_id)),
        invoices=looked_up(DocumentKind.INVOICE, lambda each: (each.agreement_id, each.parent_id)),
    )


def outcomes_in(documents: Iterable[Document]) -> Iterator[Outcome]:
    """The outcomes of documents; what is none by today's schema is left out."""
    for each in documents:
        try:
            yield load_outcome(read_json(each.body))
        except (Invalid, Malformed):
            continue


@dataclass(frozen=True, slots=True)
class _LookedUp(Mapping[str, V], Generic[V]):
    """A mapping that asks for each value; it cannot say what it holds."""

    find: Callable[[str], V | None]

    def __getitem__(self, name: str) -> V:
        found = self.find(name)
        if not found:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
