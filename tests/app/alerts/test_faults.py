"""What goes wrong: a file that is broken for a while, changes of the clock, too many messages, and channels that are down or hang."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from app.alerts.config import Channel, live_alerts
from app.alerts.dispatch import Dispatcher
from app.alerts.noticing import Noticing
from app.alerts.senders import Senders
from app.store import DeliveryState, NoticeKind, NoticeNote
from cpq_hooks.clients.exchange import Limits
from tests.app.store.builders import a_decision, a_store
from tests.fakes import Clock
from tests.receivers import Listening, Reply, listening

AT_ONCE = timedelta(microseconds=1)
GOOD = """\
channels:
  - {name: desk, kind: webhook, url: "http://127.0.0.1:%d/in", allow_private: true%s}
routes:
  - {channels: [desk]}
"""
BROKEN = "channels:\n  - {name: desk, knd: webhook}\nroutes: [\n"
QUICK = Limits(connect=0.3, read=0.3, budget=0.5, attempts=1, most_bytes=1024)
BERLIN = ', quiet_hours: {begins: "18:00", ends: "08:00", time_zone: Europe/Berlin}'
LIMITED = ", rate_limit: {messages: 2, minutes: 60}"


@dataclass
class Site:
    """A home folder with an alerts.yaml, and a store and a dispatcher that read it as the server and the worker do."""

    home: object
    clock: Clock
    port: int = 0
    opened: list = field(default_factory=list)

    def write(self, text, terms=""):
        (self.home / "alerts.yaml").write_text(text % (self.port, terms) if "%" in text else text)

    def start(self):
        self.file = live_alerts(self.home, AT_ONCE)
        url = f"sqlite:///{self.home}/q.db"
        self.store = a_store(url, clock=self.clock, noticing=Noticing(live_alerts(self.home, AT_ONCE)))
        self.opened.append(self.store)
        channels = lambda: {name: Channel(entry=each) for name, each in self.file().channels.items()}  # noqa: E731
        self.dispatcher = Dispatcher(
            store=self.store, file=self.file, channels=channels, company=lambda: None, clock=self.clock,
            send=Senders(by_apprise=None, limits=QUICK), chance=lambda: 0.0,
        )  # fmt: skip
        return self

    def flagged(self, number, tier="none"):
        document = {"verdict": "flag", "findings": [], "risk": {"tier": tier}}
        self.store.record(a_decision(quote_id=f"Q-{number}", document=json.dumps(document).encode()))

    def work(self):
        notices = self.store.notices
        while (item := notices.planning.claim()) is not None:
            self.dispatcher.handle_notice(item)
        while (item := notices.sending.claim()) is not None:
            self.dispatcher.handle_telling(item)

    def counts(self):
        return {state: n for state, n in self.store.notices.counts().items() if n}


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path, Clock())
    yield made
    for each in made.opened:
        each.close()


@pytest.fixture
def free_port():
    """A port of loopback on which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@contextmanager
def listening_on(port):
    """A listener at the port of a channel that was down."""
    server = Listening()
    server.server_close()
    server.socket = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def subjects(server):
    return [json.loads(body)["notices"][0]["subject"]["id"] for _, body in server.taken]


def test_a_file_that_breaks_leaves_the_last_good_one_and_is_taken_up_once_it_is_good_again(site):
    with listening() as first, listening() as second:
        site.port = first.server_port
        site.write(GOOD)
        site.start().flagged(1)
        site.work()
        site.write(BROKEN)
        site.flagged(2)
        site.work()
        site.port = second.server_port
        site.write(GOOD)
        site.flagged(3)
        site.work()
        assert (subjects(first), subjects(second)) == (["Q-1", "Q-2"], ["Q-3"])


def test_what_is_decided_while_the_file_could_never_be_read_is_told_once_it_can(site):
    with listening() as server:
        site.port = server.server_port
        site.write(BROKEN)
        site.start().flagged(1)
        site.work()
        assert server.taken == []
        site.write(GOOD)
        site.clock.advance(minutes=2)
        site.work()
        assert subjects(server) == ["Q-1"]


@pytest.mark.parametrize(
    ("friday", "monday"),
    [
        # The clocks go forward on 29 March 2026, and back on 25 October: 08:00 in Berlin is 06:00 UTC, and 07:00.
        (datetime(2026, 3, 27, 18, tzinfo=UTC), datetime(2026, 3, 30, 6, tzinfo=UTC)),
        (datetime(2026, 10, 23, 17, tzinfo=UTC), datetime(2026, 10, 26, 7, tzinfo=UTC)),
    ],
)
def test_over_a_change_of_the_clock_quiet_hours_end_at_eight_on_the_wall(site, friday, monday):
    with listening() as server:
        site.port, site.clock.now = server.server_port, friday
        site.write(GOOD, BERLIN)
        site.start().flagged(1)
        site.flagged(2, tier="alert")
        site.work()
        assert subjects(server) == ["Q-2"]
        for now, told in ((monday - timedelta(seconds=1), 1), (monday, 2)):
            site.clock.now = now
            site.work()
            assert len(server.taken) == told


def test_what_is_summed_up_waits_for_the_end_of_quiet_hours_too(site):
    with listening(Reply(status=200)) as server:
        # A Wednesday, 17:30 in Berlin: the channel takes messages again at 18:30, in its quiet hours.
        site.port, site.clock.now = server.server_port, datetime(2026, 3, 4, 16, 30, tzinfo=UTC)
        site.write(GOOD, LIMITED + BERLIN)
        site.start()
        for number in range(5):
            site.flagged(number)
            site.work()
            site.clock.advance(seconds=1)
        site.clock.now = datetime(2026, 3, 5, 6, 59, 59, tzinfo=UTC)
        site.work()
        assert len(server.taken) == 2
        site.clock.advance(seconds=1)
        site.work()
        [_, _, (_, body)] = server.taken
        assert json.loads(body)["subject"] == "And 3 more"
        assert site.counts() == {DeliveryState.SENT: 5}


def test_a_flood_is_told_in_no_more_messages_than_the_limit_each_hour(site):
    with listening(Reply(status=200)) as server:
        site.port = server.server_port
        site.write(GOOD, LIMITED)
        site.start()
        for number in range(24):
            site.flagged(number)
            site.work()
            site.clock.advance(minutes=10)
        told = [len(json.loads(body)["notices"]) for _, body in server.taken]
        # Four hours: two messages at once, then no more than two an hour, and nothing is told twice.
        assert len(told) <= 2 + 2 * 4
        assert sum(told) == site.counts()[DeliveryState.SENT]


def test_a_channel_that_refuses_for_a_day_gets_everything_in_order_and_no_decision_waits(site, free_port):
    site.port = free_port
    site.write(GOOD)
    site.start()
    for number in range(12):
        site.flagged(number)
        site.work()
        site.clock.advance(minutes=119)
    assert site.counts() == {DeliveryState.WAITING: 12}
    with listening_on(free_port) as server:
        for _ in range(20):
            site.work()
            site.clock.advance(minutes=1)
        assert subjects(server) == [f"Q-{number}" for number in range(12)]
    assert site.counts() == {DeliveryState.SENT: 12}


def test_a_channel_that_hangs_holds_up_its_telling_and_no_decision(site):
    with listening(Reply(after=30)) as server:
        site.port = server.server_port
        site.write(GOOD)
        site.start().flagged(1)
        telling = threading.Thread(target=site.work)
        telling.start()
        while not server.taken:
            time.sleep(0.01)
        began = time.monotonic()
        site.flagged(2)
        recorded = telling.is_alive(), time.monotonic() - began
        telling.join()
    assert recorded[0]
    assert recorded[1] < 5
    assert site.counts()[DeliveryState.WAITING] >= 1


def test_waiting_for_the_end_of_quiet_hours_does_not_use_up_the_day_of_tries(site, free_port):
    """Told on Friday evening, due on Monday morning, when the channel is down for half an hour."""
    site.port, site.clock.now = free_port, datetime(2026, 3, 6, 19, tzinfo=UTC)
    site.write(GOOD, BERLIN)
    site.start().flagged(1)
    site.work()
    site.clock.now = datetime(2026, 3, 9, 7, tzinfo=UTC)
    for _ in range(30):
        site.work()
        site.clock.advance(minutes=1)
    assert site.counts() == {DeliveryState.WAITING: 1}
    with listening_on(free_port) as server:
        site.clock.advance(minutes=15)
        site.work()
        assert subjects(server) == ["Q-1"]


def test_after_a_day_in_vain_it_is_given_up_with_the_reason_and_a_person_may_have_it_sent(site, free_port):
    site.port = free_port
    site.write(GOOD)
    site.start()
    site.store.notices.put(
        [
            NoticeNote(
                kind=NoticeKind.WATCH,
                dedupe_key="w",
                subject_type="agreement",
                subject_id="A",
                facts={"subject_id": "A", "headline": "Ends soon.", "due_on": "2026-04-01"},
            )
        ]
    )
    for _ in range(26):
        site.work()
        site.clock.advance(hours=1)
    [given_up] = site.store.notices.page([DeliveryState.GIVEN_UP])
    assert "attempts" in given_up.reason
    with listening_on(free_port) as server:
        site.store.notices.again([given_up.delivery_id])
        site.work()
        assert len(server.taken) == 1
