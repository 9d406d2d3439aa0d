"""Every kind of notice goes by segment, product and pattern, also where its own record has none of them."""

import json
from datetime import date, timedelta

import pytest

from app.alerts.config import Channel
from app.alerts.dispatch import Dispatcher
from app.alerts.entries import AlertsFile, ChannelEntry, RouteEntry
from app.alerts.noticing import Noticing
from app.alerts.sweep import sweep
from app.desk.queueing import Queueing
from app.desk.service import DealDeskService
from app.store import AlertNote, Document, DocumentKind, NoticeKind
from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import SubjectType
from tests.app.desk.builders import COMPANY, a_review, somebody
from tests.app.store.builders import NOON, a_decision, a_hold, a_step, a_store
from tests.fakes import Clock

ROUTES = {
    "enterprise": RouteEntry(channels=("enterprise",), segments=("enterprise",)),
    "smb": RouteEntry(channels=("smb",), segments=("smb",)),
    "seats": RouteEntry(channels=("seats",), products=("SEAT",)),
    "usage": RouteEntry(channels=("usage",), products=("API",)),
    "overage": RouteEntry(channels=("overage",), patterns=("Q11",)),
}
FILE = AlertsFile(channels={name: ChannelEntry(name=name) for name in ROUTES}, routes=tuple(ROUTES.values()))
TERMS = {"account": {"segment": "enterprise"}, "lines": [{"line_id": "1", "product_id": "SEAT"}]}
FITS = ["enterprise", "overage", "seats"]


@pytest.fixture
def clock():
    return Clock(now=NOON)


@pytest.fixture
def store(sqlite_url, clock):
    queueing = Queueing(lambda: COMPANY)
    with a_store(sqlite_url, clock=clock, noticing=Noticing(lambda: FILE), queueing=queueing) as opened:
        yield opened


def flagged(store, tier="none", **terms):
    """A flagged decision on a quote; what is told of the decision itself is left aside here."""
    finding = {"finding_id": "fnd_1", "policy_id": "overage", "pattern": "Q11", "effect": "flag", "line_ids": []}
    finding |= {"approver": "manager", "approved_by": None, "waived_by": None}
    document = {"verdict": "flag", "findings": [finding], "risk": {"tier": tier}}
    request = {"quote_id": "Q-1", **TERMS}
    decision = a_decision(document=json.dumps(document).encode(), request=json.dumps(request).encode(), **terms)
    store.record(decision)
    return decision.summary.decision_id


def routed(store, clock):
    """Who is told of what."""
    channels = {name: Channel(entry=entry) for name, entry in FILE.channels.items()}
    dispatcher = Dispatcher(
        store=store,
        file=lambda: FILE,
        channels=lambda: channels,
        company=lambda: COMPANY,
        clock=clock,
        send=lambda *_: None,
    )
    while (item := store.notices.planning.claim()) is not None:
        dispatcher.handle_notice(item)
    told = {}
    for each in store.notices.page([], limit=100):
        told.setdefault(each.notice.note.kind, []).append(each.channel)
    return {kind: sorted(names) for kind, names in told.items()}


@pytest.mark.parametrize(
    ("tier", "kind"), [("alert", NoticeKind.ALERT), ("digest", NoticeKind.DIGEST), ("none", NoticeKind.QUEUE)]
)
def test_a_decision_is_told_by_what_it_says_itself(store, clock, tier, kind):
    flagged(store, tier)
    assert routed(store, clock) == {kind: FITS}


def test_deadlines_and_alerts_that_nobody_took_are_told_by_their_decision(store, clock):
    flagged(store, "alert")
    clock.advance(hours=30)
    assert sweep(store, FILE, COMPANY, clock()) == 2
    told = routed(store, clock)
    assert (told[NoticeKind.DEADLINE], told[NoticeKind.ESCALATION]) == (FITS, FITS)


def test_waivers_that_end_are_told_by_the_decision_that_they_were_given_to(store, clock):
    decision_id = flagged(store)
    ends = (NOON + timedelta(days=10)).date()
    waive = a_review("waive", "fnd_1", expires_on=ends)
    DealDeskService(store, lambda: COMPANY, clock).review(decision_id, waive, somebody("manager"))
    sweep(store, FILE, COMPANY, clock())
    assert routed(store, clock)[NoticeKind.WAIVER] == FITS


def agreement(store, **terms):
    body = json.dumps({"agreement_id": "AG-1", **TERMS, **terms}).encode()
    store.documents.put(DocumentKind.AGREEMENT, [Document(id="AG-1", body=body, agreement_id="AG-1", parent_id="Q-9")])


def test_a_first_invoice_is_told_by_its_set_up_and_by_the_agreement_that_it_is_to_bill(store, clock):
    """The set-up has its products and no segment; the agreement has both."""
    agreement(store)
    body = {"billing_configuration_id": "BC-1", "agreement_id": "AG-1", "charges": [{"product_id": "API"}]}
    document = Document(id="BC-1", body=json.dumps(body).encode(), agreement_id="AG-1")
    subject = Subject(type=SubjectType.BILLING_CONFIGURATION, id="BC-1", content_hash="sha256:b")
    finding = {"policy_id": "overage", "pattern": "Q11", "effect": "block"}
    decision = a_decision(
        subject=subject, verdict=Verdict.ALLOW, decision_id="dec_1",
        request=document.body, document=json.dumps({"verdict": "block", "findings": [finding]}).encode(),
    )  # fmt: skip
    hold = a_step(a_hold(first_invoice_date=NOON.date() + timedelta(days=3)))
    store.record(decision, hold=hold, document=(DocumentKind.BILLING_CONFIGURATION, document))
    sweep(store, FILE, COMPANY, clock())
    assert routed(store, clock) == {NoticeKind.FIRST_INVOICE: ["enterprise", "overage", "usage"]}


def test_the_watch_is_told_by_the_agreement(store, clock):
    agreement(store)
    note = AlertNote(
        alert_id="alr_1",
        agreement_id="AG-1",
        policy_id="uplift",
        pattern="Q11",
        due_on=date(2026, 4, 1),
        document=b"{}",
    )
    store.alerts.note("AG-1", [note])
    assert routed(store, clock) == {NoticeKind.WATCH: FITS}


def test_an_agreement_without_a_segment_is_told_by_the_quote_that_it_was_made_from(store, clock):
    agreement(store, account={}, lines=[])
    store.documents.put(
        DocumentKind.QUOTE, [Document(id="Q-9", body=json.dumps({"quote_id": "Q-9", **TERMS}).encode())]
    )
    note = AlertNote(
        alert_id="alr_1",
        agreement_id="AG-1",
        policy_id="uplift",
        pattern="R01",
        due_on=date(2026, 4, 1),
        document=b"{}",
    )
    store.alerts.note("AG-1", [note])
    assert routed(store, clock) == {NoticeKind.WATCH: ["enterprise", "seats"]}


def test_what_is_known_nowhere_fits_no_route_that_names_it(store, clock):
    note = AlertNote(
        alert_id="alr_1",
        agreement_id="AG-7",
        policy_id="uplift",
        pattern="R01",
        due_on=date(2026, 4, 1),
        document=b"{}",
    )
    store.alerts.note("AG-7", [note])
    assert routed(store, clock) == {}
