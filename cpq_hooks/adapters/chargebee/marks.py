"""What a hold of ours writes into a subscription's meta data, and what it has to put back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cpq_hooks.vendor_terms import mapping

HOLD: Final = "quoteguard_hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A hold: under which decision, by which means (pending or pause), what stood there, and since when (Unix time)."""

    decision_id: str
    means: str
    created: bool
    closed: bool
    since: int


def mark_of(subscription: Mapping[str, Any]) -> Mark | None:
    """The hold that a subscription's meta data tell of; None where people have made it unreadable."""
    found = mapping(mapping(subscription.get("meta_data")).get(HOLD))
    if not found.get("decision"):
        return None
    since = found.get("since")
    return Mark(
        decision_id=str(found["decision"]),
        means=str(found.get("by") or "pending"),
        created=found.get("create_pending_invoices") is True,
        closed=found.get("auto_close_invoices") is not False,
        since=since if isinstance(since, int) and not isinstance(since, bool) else 0,
    )


def with_mark(subscription: Mapping[str, Any], decision: str, means: str, since: int) -> str:
    """The meta data with a mark, as JSON text; all else in them stays."""
    before = {name: subscription.get(name) for name in ("create_pending_invoices", "auto_close_invoices")}
    mark = {
        "decision": decision,
        "by": means,
        "since": since,
        **{k: v for k, v in before.items() if isinstance(v, bool)},
    }
    return _text({**mapping(subscription.get("meta_data")), HOLD: mark})


def without_mark(subscription: Mapping[str, Any]) -> str:
    return _text({key: value for key, value in mapping(subscription.get("meta_data")).items() if key != HOLD})


def _text(meta: Mapping[str, Any]) -> str:
    return json.dumps(meta, ensure_ascii=False, default=str)
