"""What Quoteguard writes into Stripe's metadata: its verdict, and what a hold has to put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

VERDICT: Final = "quoteguard_verdict"
DECISION: Final = "quoteguard_decision"
HEADLINE: Final = "quoteguard_headline"
HOLD: Final = "quoteguard_hold"
BEFORE: Final = "quoteguard_hold_before"
SINCE: Final = "quoteguard_hold_since"
PREFIX: Final = "quoteguard_"
LONGEST_VALUE: Final = 500
NOTHING: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A hold of ours: under which decision, what stood there before, and since when (Unix time; None where not known)."""

    decision_id: str
    before: str
    since: int | None


def mark_of(payload: Any) -> Mark | None:
    """The hold that an object's metadata tell of."""
    metadata = payload.get("metadata") if isinstance(payload, Mapping) else None
    if not isinstance(metadata, Mapping) or not metadata.get(HOLD):
        return None
    since = str(metadata.get(SINCE) or "")
    return Mark(
        decision_id=str(metadata[HOLD]),
        before=str(metadata.get(BEFORE) or NOTHING),
        since=int(since) if since.isascii() and since.isdigit() and len(since) < 12 else None,
    )
