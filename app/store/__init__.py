"""Everything that Quoteguard remembers, on SQLite or PostgreSQL: `Store` and the records that go in and come out."""

from app.identifiers import new_id
from app.store.artefacts import Artefact, digest_of
from app.store.errors import (
    AlreadyAnswered,
    BadPageToken,
    IdempotencyConflict,
    MissingArtefact,
    SchemaMismatch,
    StoreError,
    StoreUnavailable,
    Unreadable,
)
from app.store.keys import ApiKey, NewKey, Scope, UnknownKey
from app.store.records import (
    Answer,
    Basis,
    DecisionFilter,
    DecisionPage,
    DecisionSummary,
    Document,
    DocumentFilter,
    DocumentKind,
    KeyedAnswer,
    KeyedRequest,
    PutResult,
    Receipt,
    RecordedDecision,
    RefusedRequest,
    StoredDecision,
    StoredDocument,
)
from app.store.refused import KeptRefusal
from app.store.store import Store
from app.store.verification import Anchor, ChainReport

__all__ = [
    "AlreadyAnswered",
    "Anchor",
    "Answer",
    "ApiKey",
    "Artefact",
    "BadPageToken",
    "Basis",
    "ChainReport",
    "DecisionFilter",
    "DecisionPage",
    "DecisionSummary",
    "Document",
    "DocumentFilter",
    "DocumentKind",
    "IdempotencyConflict",
    "KeptRefusal",
    "KeyedAnswer",
    "KeyedRequest",
    "MissingArtefact",
    "NewKey",
    "PutResult",
    "Receipt",
    "RecordedDecision",
    "RefusedRequest",
    "SchemaMismatch",
    "Scope",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "StoredDecision",
    "StoredDocument",
    "UnknownKey",
    "Unreadable",
    "digest_of",
    "new_id",
]
