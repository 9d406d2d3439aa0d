"""Decisions on what a connection brought, and who listens to them."""

from dataclasses import replace

from app.outgoing import Listener, Outgoing
from app.store import HoldStep, MessageFilter, MessageState, Origin
from cpq_hooks.outgoing import EventType
from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import SubjectType
from policies.holding import HoldChange, HoldEvent, HoldState
from tests.app.store.builders import NOON, a_decision, a_hold

SUBSCRIPTION = Origin(
    connection="billing", object_type="subscription", object_id="sub_1", needs=(("subscription", "sub_1"),)
)
QUOTE = Origin(connection="cpq", object_type="quote", object_id="qt_1", payload={"id": "qt_1"})


def told(*events, name="erp"):
    """What decides what is sent, with one who listens to these events, or to all."""
    return Outgoing(lambda: (Listener(name=name, events=frozenset(map(EventType, events))),))


def vendors_only():
    return Outgoing(tuple)


def a_verification(number=1, verdict=Verdict.BLOCK, **terms):
    """A decision on a billing configuration."""
    decision = a_decision(verdict=verdict, **terms)
    subject = Subject(type=SubjectType.BILLING_CONFIGURATION, id=f"BC-{number}", content_hash="sha256:c", revision="1")
    return replace(decision, summary=replace(decision.summary, subject=subject))


def held(decision, *events, state=HoldState.HELD):
    """What makes a decision's configuration be held."""
    return _step(decision, state, events or (HoldEvent.HELD,))


def released(decision):
    return _step(decision, HoldState.RELEASED, (HoldEvent.RELEASED,))


def _step(decision, state, events):
    identity = decision.summary.subject.id
    hold = replace(a_hold(), billing_configuration_id=identity, state=state, decision_id=decision.summary.decision_id)
    return HoldStep(billing_configuration_id=identity, after=lambda _: HoldChange(hold=hold, at=NOON, events=events))


def record(store, decision, *, origin=None, hold=None):
    """Record a decision as the inbox does, and say which it was."""
    beside = () if origin is None else (store.outbox.came_from(origin),)
    store.record(decision, hold=hold, beside=beside)
    return decision.summary.decision_id


def waiting(store):
    """What waits to be sent, the oldest first: kind or event, and to whom."""
    found = store.outbox.page(MessageFilter(state=MessageState.WAITING), limit=500)
    return [(each.note.event or each.note.kind.value, each.note.destination) for each in reversed(found)]
