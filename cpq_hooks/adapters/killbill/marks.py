"""What a hold of ours notes on an account, so that the release takes away our tag and no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cpq_hooks.vendor_terms import mappings

HOLD: Final = "quoteguard_hold"
OFF: Final = "AUTO_INVOICING_OFF"
OFF_ID: Final = "00000000-0000-0000-0000-000000000002"
"""The tag's definition, which is the same in every Kill Bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A hold: under which decision, and the custom field that notes it."""

    decision_id: str
    field_id: str | None


def mark_of(wrapping: Mapping[str, Any]) -> Mark | None:
    """The hold that an account's custom fields tell of."""
    for each in mappings(wrapping.get("custom_fields")):
        if each.get("name") == HOLD and each.get("value"):
            identity = each.get("customFieldId")
            return Mark(decision_id=str(each["value"]), field_id=identity if isinstance(identity, str) else None)
    return None
