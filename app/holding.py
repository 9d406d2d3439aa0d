"""Holds as time goes on: whatever is held when its first invoice comes near is escalated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from policies.holding import Hold, HoldChange, escalated

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from policies.domain.company import Company


class StandingHolds(Protocol):
    """Where holds are kept: a room of the store."""

    def escalate(self, step: Callable[[Hold], HoldChange | None]) -> tuple[Hold, ...]: ...


def escalate_holds(holds: StandingHolds, company: Company | None, as_of: datetime) -> tuple[Hold, ...]:
    """Escalate every hold whose time has come, and say which. Done again, it finds nothing new."""
    return holds.escalate(lambda hold: escalated(hold, company, as_of))
