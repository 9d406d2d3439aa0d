"""Whoever repeats a request under its key gets the first answer again, and the work is done once."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from app.store import AlreadyAnswered, Answer, DecisionFilter, IdempotencyConflict, KeyedAnswer, KeyedRequest
from app.store.errors import StoreError
from tests.app.store.builders import NOON, a_decision, a_store

REQUEST = KeyedRequest(key_id="k1", route="POST /v1/quotes/check", idempotency_key="abc", digest="sha256:one")


def answered(body=b'{"verdict": "flag"}', *, hours=24, **other):
    answer = Answer(status=200, content_type="application/json", body=body)
    return KeyedAnswer(request=replace(REQUEST, **other), answer=answer, expires_at=NOON + timedelta(hours=hours))


class Clock:
    """A clock that stands until it is set."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(database_url, clock):
    with a_store(database_url, clock=clock) as opened:
        yield opened


def recorded(store):
    return len(store.decisions.page(DecisionFilter()).decisions)


def test_a_request_that_repeats_gets_the_first_answer(store):
    assert store.idempotency.find(REQUEST) is None
    store.record(a_decision(), answer=answered())
    assert store.idempotency.find(REQUEST) == answered().answer


def test_an_answer_without_a_decision_is_kept_too(store):
    store.idempotency.keep(answered(b'{"title": "Unprocessable"}'))
    assert store.idempotency.find(REQUEST).body == b'{"title": "Unprocessable"}'


def test_the_same_key_with_other_content_is_a_conflict(store):
    store.record(a_decision(), answer=answered())
    with pytest.raises(IdempotencyConflict):
        store.idempotency.find(replace(REQUEST, digest="sha256:two"))
    with pytest.raises(IdempotencyConflict):
        store.record(a_decision(), answer=answered(digest="sha256:two"))
    assert recorded(store) == 1


def test_a_key_means_nothing_to_another_caller_route_or_key(store):
    store.record(a_decision(), answer=answered())
    for other in ({"key_id": "k2"}, {"route": "POST /v1/usage"}, {"idempotency_key": "abd"}):
        assert store.idempotency.find(replace(REQUEST, **other)) is None
        store.record(a_decision(), answer=answered(**other))
    assert recorded(store) == 4


def test_a_request_that_was_answered_meanwhile_records_nothing(store):
    store.record(a_decision(), answer=answered(b"first"))
    with pytest.raises(AlreadyAnswered) as found:
        store.record(a_decision(), answer=answered(b"second"))
    assert found.value.answer.body == b"first"
    assert recorded(store) == 1
    assert store.verify_chain().is_whole


def test_an_answer_is_not_kept_where_its_decision_could_not_be(store):
    with pytest.raises(StoreError):
        store.record(a_decision(policies="sha256:unknown"), answer=answered())
    assert store.idempotency.find(REQUEST) is None


def test_an_expired_answer_is_forgotten_and_its_place_taken(store, clock):
    store.record(a_decision(), answer=answered(b"first", hours=1))
    clock.now += timedelta(hours=1)
    assert store.idempotency.find(REQUEST) is None
    store.record(a_decision(), answer=answered(b"second", digest="sha256:two"))
    assert store.idempotency.find(replace(REQUEST, digest="sha256:two")).body == b"second"


def test_purging_removes_what_has_expired_and_nothing_else(store, clock):
    store.idempotency.keep(answered(hours=1))
    store.idempotency.keep(answered(hours=3, idempotency_key="later"))
    clock.now += timedelta(hours=2)
    assert store.idempotency.purge() == 1
    assert store.idempotency.find(replace(REQUEST, idempotency_key="later")) is not None


def test_of_many_at_the_same_time_one_records_and_all_get_its_answer(store):
    start = threading.Barrier(6, timeout=10)
    bodies = []

    def send(number):
        start.wait()
        try:
            store.record(a_decision(), answer=answered(b"%d" % number))
            bodies.append(b"%d" % number)
        except AlreadyAnswered as earlier:
            bodies.append(earlier.answer.body)

    threads = [threading.Thread(target=send, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies) == 6
    assert len(set(bodies)) == 1
    assert recorded(store) == 1
