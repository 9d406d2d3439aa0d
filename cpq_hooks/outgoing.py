"""The events that Quoteguard tells others of, by the names under which they are sent."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

VERSION: Final = "1"
"""The version of what is sent. It changes when a field goes away or means something else, not when one is added."""


class EventType(StrEnum):
    """What happened."""

    DECISION_RECORDED = "decision.recorded"
    REVIEW_RECORDED = "review.recorded"
    HOLD_PLACED = "hold.placed"
    HOLD_CHANGED = "hold.changed"
    HOLD_ESCALATED = "hold.escalated"
    HOLD_OVERDUE = "hold.overdue"
    HOLD_RELEASED = "hold.released"
    HOLD_NOT_CARRIED_OUT = "hold.not_carried_out"
    ALERT_RAISED = "alert.raised"
    ALERT_RESOLVED = "alert.resolved"
    REQUEST_REFUSED = "request.refused"
