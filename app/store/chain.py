"""The hash chain: each decision's hash covers its content and the hash before it, so that no past can be changed alone.

A record's content digest is the SHA-256 of a JSON object, written without spaces, in ASCII and with sorted keys, of every
column but the three of the chain itself, in which a document stands as the SHA-256 of its bytes. The record's hash is the SHA-256 of
the JSON array [previous hash, sequence number, content digest]. Anyone can recompute both from the two sentences above.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

GENESIS: Final = "0" * 64
"""What stands before the first record."""

FORMAT: Final = 1
"""Which columns a record's digest covers. A later format may cover more; a record keeps the one that it was written in."""

_FORMATS: Final[Mapping[int, tuple[str, ...]]] = {
    1: (
        "format",
        "decision_id",
        "created_at",
        "subject_type",
        "subject_id",
        "subject_revision",
        "content_hash",
        "verdict",
        "headline",
        "currency",
        "at_risk_under",
        "at_risk_over",
        "policy_version",
        "model_version",
        "source",
        "rep_id",
        "account_id",
        "key_id",
        "simulated",
        "as_of",
        "policies_digest",
        "catalog_digest",
        "company_digest",
        "request_format",
        "context",
        "document",
        "request",
    )
}
_DOCUMENTS: Final = frozenset({"context", "document", "request"})

_encode: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def content_digest(content: Mapping[str, Any]) -> str:
    """The digest of one record's content, by column; documents are given in bytes, as they came.

    Raises KeyError for a format that this program does not know.
    """
    covered: dict[str, Any] = {name: content[name] for name in _FORMATS[content["format"]]}
    for name in _DOCUMENTS:
        document = covered[name]
        covered[name] = None if document is None else hashlib.sha256(document).hexdigest()
    return hashlib.sha256(_encode(covered).encode("ascii")).hexdigest()


def record_hash(prev_hash: str, seq: int, digest: str) -> str:
    """The hash of the record that stands at `seq` after `prev_hash`."""
    return hashlib.sha256(_encode([prev_hash, seq, digest]).encode("ascii")).hexdigest()
