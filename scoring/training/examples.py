"""What is learned from: deals as they were seen when they were judged, and what came to be known of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoring.features import FeatureVector

UNSAID = "unknown"
"""The source of an outcome that does not say how it came to be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One outcome of a deal. `amount` is the loss over the whole term in `currency`; without `discovered_at` it was always known."""

    leaked: bool
    source: str = UNSAID
    discovered_at: datetime | None = None
    amount: float | None = None
    currency: str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One deal. `vector` holds what was known when it was made; `accepted` is whether it was signed, so that it could leak.

    `blocked` and `overridden` tell what became of our own verdict: they are counted and never learned from.
    """

    quote_id: str
    made_at: datetime | None
    vector: FeatureVector
    accepted: bool
    simulated: bool = False
    blocked: bool = False
    overridden: bool = False
    outcomes: tuple[Known, ...] = ()
