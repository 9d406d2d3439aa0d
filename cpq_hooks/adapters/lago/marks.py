"""What a hold of ours writes into a customer's metadata, and what it has to put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cpq_hooks.vendor_terms import mappings, word

HOLD: Final = "quoteguard_hold"
HELD_DAYS: Final = 365
_NOTHING: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A hold: under which decision, and the customer's grace period before it (None: the billing entity's)."""

    decision_id: str
    before: int | None


def mark_of(customer: Mapping[str, Any]) -> Mark | None:
    """The hold that a customer's metadata tell of; None where people have made it unreadable."""
    found = next(
        (str(each.get("value")) for each in mappings(customer.get("metadata")) if each.get("key") == HOLD), None
    )
    if not found:
        return None
    before, _, decision = found.partition(":")
    whole = before.isascii() and before.isdigit() and len(before) < 5
    return Mark(decision_id=decision, before=int(before) if whole else None)


def marked(customer: Mapping[str, Any], decision: str, before: int | None) -> list[dict[str, Any]]:
    """The customer's metadata with a mark. Lago takes away what is not sent again, so all of them are."""
    value = f"{_NOTHING if before is None else before}:{decision}"[:100]
    return [*unmarked(customer), {"key": HOLD, "value": value, "display_in_invoice": False}]


def unmarked(customer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The customer's metadata without a mark, each by its own id."""
    return [
        {
            "id": word(each, "lago_id"),
            "key": word(each, "key"),
            "value": word(each, "value"),
            "display_in_invoice": each.get("display_in_invoice") is True,
        }
        for each in mappings(customer.get("metadata"))
        if each.get("key") != HOLD
    ]
