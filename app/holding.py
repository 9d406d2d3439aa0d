"""Holds as time goes on, and as they are told: whatever is held when its first invoice comes near is escalated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from policies.domain.money import amount_string
from policies.holding import Hold, HoldChange, HoldReason, escalated

if TYPE_CHECKING:
    from app.store import HoldEntry
    from policies.domain.company import Company


class StandingHolds(Protocol):
    """Where holds are kept: a room of the store."""

    def escalate(self, step: Callable[[Hold], HoldChange | None]) -> tuple[Hold, ...]: ...


def escalate_holds(holds: StandingHolds, company: Company | None, as_of: datetime) -> tuple[Hold, ...]:
    """Escalate every hold whose time has come, and say which. Done again, it finds nothing new."""
    return holds.escalate(lambda hold: escalated(hold, company, as_of))


def hold_document(hold: Hold) -> dict[str, Any]:
    """A hold as JSON."""
    return {
        "billing_configuration_id": hold.billing_configuration_id,
        "revision": hold.revision,
        "agreement_id": hold.agreement_id,
        "account_id": hold.account_id,
        "state": hold.state.value,
        "since": _moment(hold.since),
        "held_since": _moment(hold.held_since),
        "first_invoice_date": _day(hold.first_invoice_date),
        "overdue": hold.is_overdue,
        "decision_id": hold.decision_id,
        "reasons": _reasons(hold.reasons),
        "at_risk": {
            "currency": hold.currency,
            "under": _amount(hold.at_risk_under, hold.currency),
            "over": _amount(hold.at_risk_over, hold.currency),
        },
        "released_by": hold.released_by,
        "released_why": hold.released_why,
        "simulated": hold.simulated,
        "links": {"decision": f"/v1/decisions/{hold.decision_id}"},
    }


def entry_document(entry: HoldEntry) -> dict[str, Any]:
    """One thing that happened to a hold as JSON."""
    return {
        "number": entry.number,
        "event": entry.event.value,
        "state": entry.state.value,
        "at": _moment(entry.at),
        "decision_id": entry.decision_id,
        "first_invoice_date": _day(entry.first_invoice_date),
        "reasons": _reasons(entry.reasons),
        "released_by": entry.released_by,
        "released_why": entry.released_why,
        "sent_at": _moment(entry.sent_at),
    }


def _reasons(reasons: Iterable[HoldReason]) -> list[dict[str, str]]:
    return [asdict(each) for each in reasons]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _amount(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else amount_string(amount, currency)
