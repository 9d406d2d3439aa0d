"""What is sent of what happens: the one place that decides it, without any effect.

A decision goes back to where its subject came from: the vendor's object that a connection last read it from. What a decision
over the plain API is on has its events told; where a connection brought the same billing configuration before, its hold and
release are carried out too, since record and billing system would differ otherwise. What is simulated touches no vendor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from app.holding import hold_document
from app.reverify import SYSTEM
from app.store import AlertNote as Alert
from app.store import (
    KeptMessage,
    KnownTarget,
    MessageKind,
    MessageNote,
    Origin,
    RecordedDecision,
    RefusedRequest,
    ReviewChange,
    ToldOfReview,
    origin_bytes,
)
from cpq_hooks.outgoing import VERSION, EventType
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType
from policies.holding import HoldChange, HoldEvent

MOST_FINDINGS: Final = 50
"""So many findings of a decision are sent with its event, the most urgent first; the decision itself has them all."""
_TOLD: Final = (
    "decision_id", "subject", "verdict", "headline", "currency", "totals", "approval", "policy_version", "evaluated_at",
    "valid_until", "simulated", "links",
)  # fmt: skip
_OF_A_FINDING: Final = (
    "finding_id", "policy_id", "pattern", "effect", "direction", "line_ids", "message", "amount_at_risk",
)  # fmt: skip
_HAPPENED: Final[Mapping[HoldEvent, EventType]] = {
    HoldEvent.HELD: EventType.HOLD_PLACED,
    HoldEvent.KEPT: EventType.HOLD_CHANGED,
    HoldEvent.ESCALATED: EventType.HOLD_ESCALATED,
    HoldEvent.OVERDUE: EventType.HOLD_OVERDUE,
    HoldEvent.RELEASED: EventType.HOLD_RELEASED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told of events: by name, and of which; none named is all."""

    name: str
    events: frozenset[EventType] = field(default_factory=frozenset)

    def hears(self, event: EventType) -> bool:
        return not self.events or event in self.events


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Decides what is sent. `listeners` gives those of the moment."""

    listeners: Callable[[], Sequence[Listener]] = tuple

    def looks_at(self, decision: RecordedDecision) -> bool:
        """Whether where the decision's subject came from matters: what is simulated goes nowhere."""
        return not decision.summary.simulated

    def of_decision(
        self, decision: RecordedDecision, change: HoldChange | None, known: KnownTarget | None
    ) -> tuple[MessageNote, ...]:
        """What a decision calls for, with what it did to a hold. `known` is where its subject came from."""
        calls = () if known is None or decision.summary.simulated else tuple(_calls(decision, change, known))
        return (*calls, *self._decision_events(decision), *self._hold_events(change))

    def of_review(self, change: ReviewChange, known: KnownTarget | None) -> tuple[MessageNote, ...]:
        """What a review calls for: its event, and at the vendor the verdict as it is with the review."""
        calls = () if known is None or change.told is None or change.case.simulated else tuple(_reviewed(change, known))
        review = change.review
        told = self._told(
            EventType.REVIEW_RECORDED,
            review.reviewed_at,
            review.subject_type.value,
            review.subject_id,
            lambda: review_event(change),
        )
        return (*calls, *told)

    def of_change(self, change: HoldChange, known: KnownTarget | None) -> tuple[MessageNote, ...]:
        """What a hold calls for that changed without a decision: its events. A vendor that holds already has nothing to do as
        time goes on, and lets go what a person let go.
        """
        return (*_let_go(change, known), *self._hold_events(change))

    def of_alerts(self, raised: Sequence[Alert], resolved: Sequence[Alert], at: datetime) -> tuple[MessageNote, ...]:
        """Events of alerts that are new, or no more."""
        told = [(EventType.ALERT_RAISED, each) for each in raised] + [
            (EventType.ALERT_RESOLVED, each) for each in resolved
        ]
        return tuple(
            note
            for event, alert in told
            for note in self._told(event, at, "alert", alert.alert_id, partial(json.loads, alert.document))
        )

    def of_refusal(self, refused: RefusedRequest) -> tuple[MessageNote, ...]:
        """An event of a request that was refused, where a caller with a key of ours made it. Its body stays here."""
        if refused.key_id is None:
            return ()
        data = {"refused_id": refused.ref_id, "route": refused.route, "status": refused.status}
        link = {"links": {"refused": f"/v1/refused/{refused.ref_id}"}}
        event = EventType.REQUEST_REFUSED
        return tuple(self._told(event, refused.received_at, "request", refused.ref_id, lambda: data | link))

    def of_parking(self, message: KeptMessage, reason: str, at: datetime) -> tuple[MessageNote, ...]:
        """An event of a hold or a release that could not be carried out at the vendor."""
        note = message.note
        if note.kind not in MessageKind.HOLD.family:
            return ()
        data = {
            "message_id": message.message_id,
            "asked_for": note.kind.value,
            "subject_id": note.subject_id,
            "connection": note.destination,
            "object": {"type": note.object_type, "id": note.object_id},
            "because": reason,
            "decision_id": note.decision_id,
            "links": {"decision": f"/v1/decisions/{note.decision_id}"},
        }
        return tuple(self._told(EventType.HOLD_NOT_CARRIED_OUT, at, "hold", str(note.subject_id), lambda: data))

    def _decision_events(self, decision: RecordedDecision) -> Iterator[MessageNote]:
        summary = decision.summary
        subject = summary.subject
        yield from self._told(
            EventType.DECISION_RECORDED,
            summary.created_at,
            subject.type.value,
            subject.id,
            lambda: decision_data(json.loads(decision.document)),
        )

    def _hold_events(self, change: HoldChange | None) -> Iterator[MessageNote]:
        if change is None:
            return
        for each in change.events:
            identity = change.hold.billing_configuration_id
            yield from self._told(_HAPPENED[each], change.at, "hold", identity, lambda: hold_document(change.hold))

    def _told(
        self, event: EventType, at: datetime, object_type: str, object_id: str, data: Callable[[], dict[str, Any]]
    ) -> Iterator[MessageNote]:
        """The event for each who listens to it. What it tells is made where anybody does."""
        hearing = [each for each in self.listeners() if each.hears(event)]
        body = payload(event, at, data()) if hearing else b""
        for each in hearing:
            yield MessageNote(
                kind=MessageKind.EVENT,
                destination=each.name,
                object_type=object_type,
                object_id=object_id,
                event=event.value,
                subject_id=object_id,
                body=body,
            )


def payload(event: EventType, at: datetime, data: Mapping[str, Any]) -> bytes:
    """An event as it is sent: the same bytes however often."""
    moment = at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
    told = {"type": event.value, "version": VERSION, "timestamp": moment, "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def decision_data(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent of a decision's answer: what it is on and what it says, without evidence, patches and other detail."""
    findings = document.get("findings") or []
    told: dict[str, Any] = {name: document.get(name) for name in _TOLD}
    told["findings"] = [{name: each.get(name) for name in _OF_A_FINDING} for each in findings[:MOST_FINDINGS]]
    told["findings_in_all"] = len(findings)
    return told


def _calls(decision: RecordedDecision, change: HoldChange | None, known: KnownTarget) -> Iterator[MessageNote]:
    """What has to be done at the vendor, in order: first what stops money, then what people read."""
    hold = _hold_of(decision, change, known)
    if hold is not None:
        yield _call(hold, decision, known)
    is_own = known.decision_id == decision.summary.decision_id
    if not is_own and decision.summary.key_id != SYSTEM:
        return
    if is_own and known.origin.answered:
        return
    written = _digest(decision)
    if known.origin.callback is not None:
        yield _call(MessageKind.CALLBACK, decision, known, written)
    elif written != known.written:
        yield _call(MessageKind.WRITE_BACK, decision, known, written)


def _hold_of(decision: RecordedDecision, change: HoldChange | None, known: KnownTarget) -> MessageKind | None:
    """Whether to hold, to release, or neither: holds are asked for until one was carried out, releases after a hold."""
    if decision.summary.subject.type is SubjectType.BILLING_CONFIGURATION:
        holds = change is not None and change.hold.state.holds
        news = change is not None and bool({HoldEvent.HELD, HoldEvent.KEPT} & set(change.events))
    else:
        if known.origin.answered or known.decision_id != decision.summary.decision_id:
            return None
        holds, news = decision.summary.verdict is Verdict.BLOCK, False
    if holds:
        return MessageKind.HOLD if news or known.carried is not MessageKind.HOLD else None
    return MessageKind.RELEASE if known.wanted is MessageKind.HOLD else None


def _let_go(change: HoldChange, known: KnownTarget | None) -> Iterator[MessageNote]:
    hold = change.hold
    if known is None or hold.simulated or HoldEvent.RELEASED not in change.events:
        return
    if known.wanted is MessageKind.HOLD:
        yield MessageNote(
            kind=MessageKind.RELEASE,
            destination=known.origin.connection,
            object_type=known.origin.object_type,
            object_id=known.origin.object_id,
            subject_id=hold.billing_configuration_id,
            decision_id=hold.decision_id,
            body=origin_bytes(known.origin),
        )


def _call(kind: MessageKind, decision: RecordedDecision, known: KnownTarget, written: str | None = None) -> MessageNote:
    origin, summary = known.origin, decision.summary
    return MessageNote(
        kind=kind,
        destination=origin.connection,
        object_type=origin.object_type,
        object_id=origin.object_id,
        subject_id=summary.subject.id,
        decision_id=summary.decision_id,
        body=origin_bytes(origin),
        written=written,
    )


def _reviewed(change: ReviewChange, known: KnownTarget) -> Iterator[MessageNote]:
    """What has to be done at the vendor after a review: what was let pass goes on, and people read who decided."""
    case, told = change.case, change.told
    if told is None:
        return
    body = reviewed_body(known.origin, told)
    note = MessageNote(
        kind=MessageKind.WRITE_BACK,
        destination=known.origin.connection,
        object_type=known.origin.object_type,
        object_id=known.origin.object_id,
        subject_id=case.subject_id,
        decision_id=case.decision_id,
        body=body,
    )
    is_quote = case.subject_type is SubjectType.QUOTE
    # A first invoice is let go by the verification that follows, which has it on record who waived.
    if is_quote and told.is_final and told.verdict is not Verdict.BLOCK and known.wanted is MessageKind.HOLD:
        yield replace(note, kind=MessageKind.RELEASE)
    written = _digest_of(case.content_hash, told.verdict, told.headline)
    waits = known.origin.callback is not None and told.is_final
    yield replace(note, kind=MessageKind.CALLBACK if waits else MessageKind.WRITE_BACK, written=written)


def reviewed_body(origin: Origin, told: ToldOfReview) -> bytes:
    """What has to be known when a review is written back: the vendor's object, and what the review makes of the decision."""
    reviewed = {
        "verdict": told.verdict.value,
        "headline": told.headline,
        "approved": dict(told.approved),
        "waived": dict(told.waived),
    }
    return json.dumps(json.loads(origin_bytes(origin)) | {"reviewed": reviewed}).encode("ascii")


def as_reviewed(document: Mapping[str, Any], body: bytes) -> Mapping[str, Any]:
    """A decision as it is with the review that a message tells of; as it was where the message tells of none."""
    reviewed = json.loads(body).get("reviewed")
    if reviewed is None:
        return document
    approved, waived = reviewed["approved"], reviewed["waived"]
    findings = [
        {
            **each,
            "approved_by": approved.get(each["finding_id"], each.get("approved_by")),
            "waived_by": waived.get(each["finding_id"], each.get("waived_by")),
        }
        for each in document.get("findings") or []
    ]
    said = {"verdict": reviewed["verdict"], "headline": reviewed["headline"]}
    return {**document, **said, "findings": findings}


def review_event(change: ReviewChange) -> dict[str, Any]:
    """What is sent of a review to those who listen."""
    review, case = change.review, change.case
    return {
        "review_id": review.review_id,
        "decision_id": review.decision_id,
        "subject": {"type": review.subject_type.value, "id": review.subject_id, "content_hash": review.content_hash},
        "action": review.action.value,
        "reason_code": review.reason_code,
        "reason": review.reason,
        "finding_ids": list(review.finding_ids),
        "expires_on": None if review.expires_on is None else review.expires_on.isoformat(),
        "reviewer": {"id": review.actor_id, "name": review.actor_name, "on_behalf_of": review.on_behalf_of},
        "state": case.state.value,
        "waits_for": list(case.waits_for),
        "verdict": None if change.told is None else change.told.verdict.value,
        "headline": None if change.told is None else change.told.headline,
        "simulated": case.simulated,
        "links": {"decision": f"/v1/decisions/{review.decision_id}"},
    }


def _digest(decision: RecordedDecision) -> str:
    """What a reader at the vendor would see of a decision, but for its id: writing it again for the same would cause the next
    notice of a change, and that the next decision.
    """
    summary = decision.summary
    return _digest_of(summary.subject.content_hash, summary.verdict, summary.headline)


def _digest_of(content_hash: str, verdict: Verdict, headline: str) -> str:
    told = json.dumps([content_hash, verdict.value, headline])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
