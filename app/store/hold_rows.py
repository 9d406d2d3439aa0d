"""A hold, and what happened to it, as rows, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row

from app.store.decision_rows import amount_of, minor_units
from app.store.identifiers import moment, searchable, stamp
from app.store.packing import pack, unpack
from app.store.records import HoldEntry
from policies.domain.money import round_to_currency
from policies.holding import Hold, HoldChange, HoldEvent, HoldReason, HoldState

_NO_DATE: Final = "9999-12-31"


def columns_of(hold: Hold) -> dict[str, Any]:
    """What a hold's row says of it, but for its key."""
    first = hold.first_invoice_date
    return {
        "state": hold.state.value,
        "since": stamp(hold.since),
        "held_since": None if hold.held_since is None else stamp(hold.held_since),
        "decision_id": hold.decision_id,
        "revision": searchable(hold.revision),
        "agreement_id": searchable(hold.agreement_id),
        "account_id": searchable(hold.account_id),
        "due": _NO_DATE if first is None else first.isoformat(),
        "first_invoice_date": None if first is None else first.isoformat(),
        "is_overdue": hold.is_overdue,
        "released_by": searchable(hold.released_by),
        "released_why": searchable(hold.released_why),
        "currency": hold.currency,
        "at_risk_under": _minor(hold.at_risk_under, hold.currency),
        "at_risk_over": _minor(hold.at_risk_over, hold.currency),
        "simulated": hold.simulated,
        "reasons": pack(_written(hold.reasons)),
    }


def hold_of(row: Row[Any]) -> Hold:
    """The hold that a row stands for."""
    return Hold(
        billing_configuration_id=row.billing_configuration_id,
        state=HoldState(row.state),
        since=moment(row.since),
        held_since=None if row.held_since is None else moment(row.held_since),
        decision_id=row.decision_id,
        revision=row.revision,
        agreement_id=row.agreement_id,
        account_id=row.account_id,
        first_invoice_date=_day(row.first_invoice_date),
        is_overdue=row.is_overdue,
        released_by=row.released_by,
        released_why=row.released_why,
        currency=row.currency,
        at_risk_under=amount_of(row.at_risk_under, row.currency),
        at_risk_over=amount_of(row.at_risk_over, row.currency),
        simulated=row.simulated,
        reasons=_read(row.reasons),
    )


def entry_columns(change: HoldChange, configuration_id: str, last: int) -> list[dict[str, Any]]:
    """The rows for what happened, numbered on from the last that is there."""
    hold = change.hold
    same = {
        "billing_configuration_id": configuration_id,
        "state": hold.state.value,
        "at": stamp(change.at),
        "decision_id": hold.decision_id,
        "first_invoice_date": None if hold.first_invoice_date is None else hold.first_invoice_date.isoformat(),
        "released_by": searchable(hold.released_by),
        "released_why": searchable(hold.released_why),
        "reasons": pack(_written(hold.reasons)),
        "sent_at": None,
    }
    return [same | {"number": last + step, "event": event.value} for step, event in enumerate(change.events, start=1)]


def entry_of(row: Row[Any]) -> HoldEntry:
    """What happened, as a row has it."""
    return HoldEntry(
        number=row.number,
        event=HoldEvent(row.event),
        state=HoldState(row.state),
        at=moment(row.at),
        decision_id=row.decision_id,
        first_invoice_date=_day(row.first_invoice_date),
        released_by=row.released_by,
        released_why=row.released_why,
        reasons=_read(row.reasons),
        sent_at=None if row.sent_at is None else moment(row.sent_at),
    )


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return minor_units(None if amount is None else round_to_currency(amount, currency), currency)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _written(reasons: Iterable[HoldReason]) -> bytes:
    return json.dumps([asdict(each) for each in reasons], separators=(",", ":")).encode("ascii")


def _read(stored: bytes) -> tuple[HoldReason, ...]:
    return tuple(HoldReason(**each) for each in json.loads(unpack(stored)))
