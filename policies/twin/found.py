"""What a finder yields: a difference, or that something could not be told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, TypeAlias

from policies.domain.decision import NotAssessed
from policies.domain.finding import Direction
from policies.twin.model import Difference

Found: TypeAlias = Difference | NotAssessed
SURE: Final = Decimal("0.97")
"""Exact fields on both sides, found by the documents' own ids."""


def difference(cause: str, direction: Direction, **told: Any) -> Difference:
    """A difference with what is told of it; without money, lines or charges where that is not."""
    nothing: dict[str, Any] = dict.fromkeys(("first", "largest", "under", "over", "per_period", "already_lost"))
    nothing |= {"line_ids": (), "charge_ids": (), "confidence": SURE}
    return Difference(cause=cause, direction=direction, **(nothing | told))
