"""Tellings on their way: in order, each at least once, no more than a channel takes, and none of it delays a decision."""

import json
from datetime import timedelta

import pytest

from app.alerts.config import Channel
from app.alerts.dispatch import Dispatcher
from app.alerts.entries import AlertsFile, ChannelEntry, ChannelKind, RateLimit, RouteEntry
from app.alerts.noticing import Noticing
from app.alerts.senders import Senders
from app.store import DeliveryState, NoticeKind, NoticeNote
from cpq_hooks.clients.failures import Unreachable
from tests.app.store.builders import a_decision, a_store
from tests.fakes import Clock
from tests.receivers import Reply, listening

FILE = AlertsFile(
    channels={"desk": ChannelEntry(name="desk", rate_limit=RateLimit(messages=2, minutes=60))},
    routes=(RouteEntry(channels=("desk",)),),
)
DOCUMENT = {
    "risk": {"tier": "alert", "score": "0.93"},
    "findings": [
        {
            "policy_id": "overage",
            "pattern": "Q11",
            "effect": "flag",
            "owner": "pricing",
            "message": "No overage\nprice <script>\u202e",
            "remedy": {"text": "Set it to $0.012"},
        }
    ],
    "approval": {"required": [{"role": "manager", "due_at": "2026-03-03T17:00:00Z"}]},
}


class Desk:
    """A channel that keeps what it takes; `fails` has failures to come."""

    def __init__(self):
        self.fails, self.taken = [], []

    def __call__(self, channel, message):
        if self.fails and self.fails.pop(0):
            raise Unreachable("desk did not take it")
        self.taken.append(message)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with a_store(f"sqlite:///{tmp_path}/q.db", clock=clock, noticing=Noticing(lambda: FILE)) as opened:
        yield opened


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def dispatcher(store, clock, desk):
    channels = {"desk": Channel(entry=FILE.channels["desk"], secret="slack://TOKEN")}
    return Dispatcher(
        store=store, file=lambda: FILE, channels=lambda: channels, company=lambda: None, clock=clock, send=desk,
        address="https://q.example", chance=lambda: 0.0,
    )  # fmt: skip


def work(dispatcher):
    notices = dispatcher.store.notices
    while (item := notices.planning.claim()) is not None:
        dispatcher.handle_notice(item)
    while (item := notices.sending.claim()) is not None:
        dispatcher.handle_telling(item)


def flagged(store, number=1, **document):
    store.record(a_decision(quote_id=f"Q-{number}", document=json.dumps(DOCUMENT | document).encode()))


def test_an_alert_is_told_at_once_with_everything_in_it(store, dispatcher, desk):
    flagged(store)
    work(dispatcher)
    [message] = desk.taken
    assert message.subject == "FLAG: Q-1: $14,400 at risk"
    assert message.body.splitlines() == [
        "Net price under the floor.",
        "",
        "Money at risk: $14,400",
        "Leakage risk: 0.93 (tier alert)",
        "- No overage price <script> Fix: Set it to $0.012.",
        "Approval by manager, due 2026-03-03T17:00:00Z",
        "https://q.example/scorecards/quotes/Q-1",
    ]


def test_a_channel_that_was_down_gets_everything_in_order(store, dispatcher, desk, clock):
    desk.fails = [True, True]
    flagged(store, 1)
    flagged(store, 2)
    work(dispatcher)
    assert desk.taken == []
    for _ in range(10):
        clock.now += timedelta(minutes=1)
        work(dispatcher)
    assert [each.subject[6:9] for each in desk.taken] == ["Q-1", "Q-2"]


def test_what_is_beyond_the_limit_is_summed_up_in_one(store, dispatcher, desk, clock):
    for number in range(16):
        flagged(store, number)
        clock.now += timedelta(seconds=1)
        work(dispatcher)
    assert len(desk.taken) == 2
    clock.now += timedelta(hours=1)
    work(dispatcher)
    assert [each.subject for each in desk.taken[2:]] == ["And 14 more"]
    assert store.notices.counts()[DeliveryState.SENT] == 16


def test_a_sender_that_dies_before_it_marks_repeats_under_the_same_id(store, dispatcher, desk, clock):
    flagged(store)
    dispatcher.handle_notice(store.notices.planning.claim())
    item = store.notices.sending.claim()
    desk(None, delivered := type("Sent", (), {"delivery_id": item.item_id})())
    clock.now += timedelta(minutes=6)
    work(dispatcher)
    assert [each.delivery_id for each in desk.taken] == [delivered.delivery_id] * 2


def test_a_channel_that_takes_nothing_for_a_day_is_given_up_with_the_reason(store, dispatcher, desk, clock):
    desk.fails = [True] * 1000
    flagged(store)
    for _ in range(120):
        work(dispatcher)
        clock.now += timedelta(minutes=15)
    [given_up] = store.notices.page([DeliveryState.GIVEN_UP])
    assert "desk did not take it" in given_up.reason
    desk.fails = []
    store.notices.again([given_up.delivery_id])
    work(dispatcher)
    assert len(desk.taken) == 1


def test_the_digest_has_the_week_and_the_next_one_what_came_after(store, dispatcher, desk, clock):
    digest = {"risk": {"tier": "digest", "score": "0.81"}}
    flagged(store, 1, **digest)
    flagged(store, 2, **digest)
    work(dispatcher)
    assert desk.taken == []
    clock.now += timedelta(days=7)
    work(dispatcher)
    flagged(store, 3, **digest)
    work(dispatcher)
    clock.now += timedelta(days=7)
    work(dispatcher)
    subjects = [each.subject for each in desk.taken]
    assert subjects == [
        "Weekly digest: 2 deals with a leakage risk of 70 to 90 %",
        "Weekly digest: 1 deal with a leakage risk of 70 to 90 %",
    ]
    assert 'href="https://q.example/scorecards/quotes/Q-1"' in desk.taken[0].html


@pytest.mark.parametrize(
    ("kind", "look"),
    [
        (ChannelKind.WEBHOOK, lambda body: body["notices"][0]["subject"]["id"]),
        (ChannelKind.JIRA, lambda body: body["fields"]["summary"].split(": ")[1]),
        (ChannelKind.SERVICENOW, lambda body: body["short_description"].split(": ")[1]),
    ],
)
def test_tickets_are_posted_with_their_authorization_and_the_id_of_the_telling(store, dispatcher, desk, kind, look):
    flagged(store)
    work(dispatcher)
    with listening(Reply(status=201)) as server:
        url = f"http://127.0.0.1:{server.server_port}/in"
        entry = ChannelEntry(name="tickets", kind=kind, url=url, project="DEAL", allow_private=True)
        Senders(by_apprise=desk)(Channel(entry=entry, secret="Bearer abc"), desk.taken[0])
    [(headers, body)] = server.taken
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer abc", desk.taken[0].delivery_id)
    assert look(json.loads(body)) == "Q-1"


def test_an_amount_of_a_watch_alert_is_not_made_up(store, dispatcher, desk):
    note = NoticeNote(
        kind=NoticeKind.WATCH, dedupe_key="w", subject_type="agreement", subject_id="A/1",
        facts={"headline": "Ends soon.", "due_on": "2026-04-01", "subject_id": "A/1"},
    )  # fmt: skip
    store.notices.put([note])
    work(dispatcher)
    assert desk.taken[0].subject == "About to leak by 2026-04-01: A/1"
    assert desk.taken[0].body.endswith("https://q.example/audits/A%2F1\n")
