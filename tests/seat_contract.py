"""The seat contract of the examples, stored and set up without its overage price: what the pages of set-ups and audits tell of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.assess import Call, Caller
from app.ingest import AGREEMENTS, INVOICES, USAGE, document_of
from app.store import DocumentKind, Store
from cpq_hooks.canonical import load_agreement, load_invoice, load_usage
from cpq_hooks.reading import read_json

FOLDER = Path(__file__).parents[1] / "examples" / "audits" / "seat-contract"
CONFIGURATION: dict[str, Any] = json.loads((FOLDER / "billing-configuration.json").read_text("utf-8"))


def store_seats(store: Store, **terms: Any) -> None:
    """Store the agreement, six months of use and six invoices; `terms` are other fields of the agreement."""
    agreement = json.loads((FOLDER / "agreement.json").read_text("utf-8")) | terms
    store.documents.put(DocumentKind.AGREEMENT, [document_of(AGREEMENTS, load_agreement(agreement, max_lines=None))])
    for kind, filing, load, name in (
        (DocumentKind.USAGE, USAGE, load_usage, "usage.jsonl"),
        (DocumentKind.INVOICE, INVOICES, load_invoice, "invoices.jsonl"),
    ):
        lines = (FOLDER / name).read_text("utf-8").splitlines()
        store.documents.put(kind, [document_of(filing, load(read_json(line.encode()))) for line in lines if line])


def set_up(set_ups: Any, **terms: Any) -> dict[str, Any]:
    """Verify the seat contract's configuration, which has no overage price; `terms` are other fields of it."""
    raw = json.dumps(CONFIGURATION | terms).encode()
    answer = set_ups.verify(Call(raw=raw, caller=Caller(key_id=None), wait_seconds=30))
    found: dict[str, Any] = json.loads(answer.body)
    return found


def mended() -> dict[str, Any]:
    """The fields of a configuration that bills as agreed."""
    charge = CONFIGURATION["charges"][0] | {"included_quantity": "500", "overage_unit_price": "50"}
    return {"revision": "2", "charges": [charge]}
