"""What goes into the tables of notices and comes out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from app.store.records import AlertNote, RecordedDecision


class NoticeKind(StrEnum):
    """What a notice tells of. The values stand in alerts.yaml and name the templates."""

    ALERT = "alert"
    QUEUE = "queue"
    DIGEST = "digest"
    DEADLINE = "deadline"
    WAIVER = "waiver"
    FIRST_INVOICE = "first-invoice"
    WATCH = "watch"
    ESCALATION = "escalation"


class DeliveryState(StrEnum):
    """What became of a telling. The first three are still to be sent: by itself, in the weekly digest, in one that sums up."""

    WAITING = "waiting"
    DIGEST = "digest"
    SUMMED_UP = "summed-up"
    SENT = "sent"
    GIVEN_UP = "given-up"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeNote:
    """Something to tell. `dedupe_key` is that of all notices on the same; `facts` are what templates may use.

    `amount` is the money at risk in `currency`, None where it is not known.
    """

    kind: NoticeKind
    dedupe_key: str
    subject_type: str
    subject_id: str
    facts: Mapping[str, Any]
    decision_id: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNotice:
    """A notice as it is kept. `repeats` counts how often the same came again; an update has the id of the first in `thread_id`."""

    notice_id: str
    thread_id: str
    created_at: datetime
    last_at: datetime
    repeats: int
    note: NoticeNote

    @property
    def is_update(self) -> bool:
        return self.thread_id != self.notice_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNote:
    """A telling to plan: by which channel, from when on. `reason` says why it waits, where it does."""

    channel: str
    due_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    urgent: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDelivery:
    """A telling of a notice by a channel. `delivery_id` stays however often it is tried, so that a repeat is known."""

    seq: int
    delivery_id: str
    notice: KeptNotice
    channel: str
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    urgent: bool
    attempts: int
    reason: str | None = None
    ended_at: datetime | None = None


class Noticing(Protocol):
    """Decides what people are told. Pure: it may be asked again for the same."""

    def of_decision(self, decision: RecordedDecision) -> Sequence[NoticeNote]:
        """What a decision calls for."""

    def of_alerts(self, raised: Sequence[AlertNote]) -> Sequence[NoticeNote]:
        """What new alerts of the watch call for."""
