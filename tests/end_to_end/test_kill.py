"""Killed in the middle of its work, the program has on record whatever it answered, once, and goes on."""

import http.client
import itertools
import json
import random
import threading

import pytest

from app.store import Scope, Store
from app.store.upgrade import upgrade
from tests.end_to_end.process import CHECK, Client, serving

SENDERS = 4
KILLS = 2
MOST_BEFORE_A_KILL = 60


class Senders:
    """Threads that send quotes one after the other, and what arrived of the answers, by Idempotency-Key."""

    def __init__(self, client, quote, numbers, sent, received):
        self._client, self._quote, self._numbers = client, quote, numbers
        self._sent, self._received = sent, received
        self._progress = threading.Condition()
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]

    def until(self, count):
        """Send until so many answers have arrived, and go on sending."""
        goal = len(self._received) + count
        for thread in self._threads:
            thread.start()
        with self._progress:
            assert self._progress.wait_for(lambda: len(self._received) >= goal, 20)

    def end(self):
        for thread in self._threads:
            thread.join(20)

    def _send(self):
        connection = self._client.connect()
        for number in self._numbers:
            key = f"key-{number}"
            self._sent[key] = body = json.dumps(self._quote | {"quote_id": f"Q-{number}"})
            try:
                status, text, _ = self._client.ask("POST", CHECK, body, connection=connection, Idempotency_Key=key)
            except (OSError, http.client.HTTPException):
                return  # killed: nobody knows what became of this one
            assert status == 200
            with self._progress:
                self._received[key] = text
                self._progress.notify_all()


@pytest.mark.slow
def test_what_was_answered_is_on_record_after_a_kill_and_nothing_is_there_twice(home, database_url, example):
    upgrade(database_url)
    with Store.open(database_url) as store:
        secret = store.keys.create("test", [Scope.CHECK]).secret
    quote, numbers, sent, received = example("seat-contract-at-28"), itertools.count(), {}, {}
    for _ in range(KILLS):
        with serving(home, database_url, metrics_dir=home / "metrics") as server:
            senders = Senders(Client(server.port, secret), quote, numbers, sent, received)
            senders.until(random.randint(1, MOST_BEFORE_A_KILL))
            server.kill()
            senders.end()
        assert_on_record(database_url, received)
    with serving(home, database_url, metrics_dir=home / "metrics") as server:
        client = Client(server.port, secret)
        for key, body in sent.items():
            status, text, _ = client.ask("POST", CHECK, body, Idempotency_Key=key)
            assert status == 200
            assert text == received.setdefault(key, text)
    assert len(sent) > SENDERS
    assert assert_on_record(database_url, received) == len(sent)


def assert_on_record(url, received):
    """Every answer is there as it was received, and the chain is whole; the answer is how many decisions there are."""
    with Store.open(url) as store:
        for text in received.values():
            stored = store.decisions.get(json.loads(text)["decision_id"])
            assert stored is not None
            assert stored.decision.document == text
        report = store.verify_chain()
        assert report.is_whole, report.what
        return report.checked
