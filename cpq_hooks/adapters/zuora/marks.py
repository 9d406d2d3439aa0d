"""The note that a hold leaves on what it holds: what stood there before, so that the release puts back that and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

HOLD_FIELD: Final = "Quoteguard_Hold__c"
VERDICT_FIELD: Final = "Quoteguard_Verdict__c"
LONGEST: Final = 255
_KINDS: Final = ("filter", "batch", "suspend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How something is held (`filter`, `batch` or `suspend`), what stood before, and by which decision."""

    kind: str
    before: str
    decision_id: str

    @property
    def fits(self) -> bool:
        """Whether a custom field holds all of it."""
        return len(f"{self.kind}|{self.before}|{self.decision_id}") <= LONGEST

    def text(self) -> str:
        return f"{self.kind}|{self.before}|{self.decision_id}"[:LONGEST]


def mark_of(payload: Any, field: str = HOLD_FIELD) -> Mark | None:
    """The mark on an object, in its own fields or under `customFields`; None where there is none of ours."""
    if not isinstance(payload, Mapping):
        return None
    within = payload.get("customFields")
    value = payload.get(field) or (within.get(field) if isinstance(within, Mapping) else None)
    kind, _, rest = value.partition("|") if isinstance(value, str) else ("", "", "")
    before, _, decision_id = rest.partition("|")
    return Mark(kind=kind, before=before, decision_id=decision_id) if kind in _KINDS else None
