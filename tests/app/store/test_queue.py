"""The line: one holder for each item, in order by key, back again when a holder dies, and done once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.store import LeaseLost, QueueState
from app.store.queue import Queue
from tests.app.store.builders import a_store
from tests.fakes import Clock

LEASE = timedelta(minutes=5)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(database_url, clock):
    with a_store(database_url, clock=clock) as opened:
        yield opened


@pytest.fixture
def line(store, clock):
    return Queue(store._database, clock, "test")


def ids(line, count):
    return [claimed.item_id if (claimed := line.claim()) else None for _ in range(count)]


def test_items_are_had_in_the_order_in_which_they_were_added(line):
    assert [line.add(f"i{number}", f"k{number}") for number in (1, 2, 3)] == [True, True, True]
    assert ids(line, 4) == ["i1", "i2", "i3", None]


def test_an_item_is_in_the_line_once(line):
    assert line.add("i1", "k")
    assert not line.add("i1", "other")
    assert line.counts().waiting == 1


def test_lines_do_not_disturb_each_other(line, store, clock):
    other = Queue(store._database, clock, "other")
    line.add("i1", "k")
    other.add("i1", "k")
    assert line.claim().queue == "test"
    assert other.claim().queue == "other"


def test_of_one_key_one_item_is_had_at_a_time_and_in_order(line):
    for number in (1, 2):
        line.add(f"a{number}", "a")
    line.add("b1", "b")
    first = line.claim()
    assert (first.item_id, line.claim().item_id, line.claim()) == ("a1", "b1", None)
    line.finish(first)
    assert line.claim().item_id == "a2"


def test_an_item_whose_holder_died_comes_back_when_the_lease_runs_out(line, clock):
    line.add("i1", "k")
    lost = line.claim(LEASE)
    clock.advance(minutes=4)
    assert line.claim() is None
    clock.advance(minutes=1)
    again = line.claim(LEASE)
    assert (again.item_id, again.attempts) == ("i1", 2)
    for late in (line.finish, lambda item: line.retry(item, clock(), "late"), lambda item: line.park(item, "late")):
        with pytest.raises(LeaseLost):
            late(lost)
    line.finish(again)
    assert line.counts().waiting == 0


def test_a_lost_lease_undoes_what_was_done_in_the_same_transaction(line, store, clock):
    line.add("i1", "k")
    lost = line.claim(LEASE)
    clock.advance(minutes=6)
    line.claim(LEASE)

    def work(connection):
        line.add_in(connection, "i2", "k")
        line.finish_in(connection, lost)

    with pytest.raises(LeaseLost):
        store._database.write(work)
    assert line.get("i2") is None


def test_what_is_to_be_tried_again_waits_and_what_shares_its_key_waits_with_it(line, clock):
    line.add("a1", "a")
    line.add("a2", "a")
    line.retry(line.claim(), clock() + timedelta(seconds=30), "the vendor is away")
    waiting = line.get("a1")
    assert (waiting.reason, waiting.attempts, waiting.is_claimed) == ("the vendor is away", 1, False)
    assert line.claim() is None
    clock.advance(seconds=30)
    assert line.claim().item_id == "a1"


def test_what_is_parked_waits_for_a_person_and_lets_its_key_go_on(line):
    line.add("a1", "a")
    line.add("a2", "a")
    line.park(line.claim(), "the object is broken")
    assert line.claim().item_id == "a2"
    [parked] = line.page(QueueState.PARKED)
    assert (parked.item_id, parked.reason) == ("a1", "the object is broken")
    assert (line.counts().waiting, line.counts().parked) == (1, 1)


def test_a_parked_item_gets_a_new_beginning(line):
    line.add("a1", "a")
    line.park(line.claim(), "broken")
    assert line.again(["a1", "nobody"]) == 1
    assert line.claim().attempts == 1


def test_an_item_that_somebody_has_is_not_given_a_new_beginning(line):
    line.add("a1", "a")
    line.claim()
    assert line.again(["a1"]) == 0


def test_an_item_can_be_put_in_for_later(line, clock):
    line.add("a1", "a", due_at=clock() + timedelta(hours=1))
    assert line.claim() is None
    clock.advance(hours=1)
    assert line.claim().item_id == "a1"


def test_pages_follow_each_other(line):
    for number in range(5):
        line.add(f"i{number}", "k")
    first = line.page(limit=3)
    assert [each.item_id for each in (*first, *line.page(limit=3, after=first[-1].item_id))] == [
        f"i{number}" for number in range(5)
    ]


def test_a_key_of_any_length_or_content_is_taken(line):
    for number, key in enumerate(("x" * 100_000, "\ud800\x00", "ünïcode")):
        assert line.add(f"i{number}", key)
        assert line.claim().item_id == f"i{number}"


def test_many_workers_never_have_an_item_twice_nor_two_of_a_key(line):
    for number in range(120):
        line.add(f"i{number:03}", f"k{number % 7}")
    held, had = Counter(), []

    def worker(_):
        while True:
            item = line.claim()
            if item is None:
                if line.counts().waiting == 0:
                    return
                continue
            held[item.ordering_key] += 1
            assert held[item.ordering_key] == 1
            had.append(item.item_id)
            held[item.ordering_key] -= 1
            line.finish(item)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(worker, range(4)))
    assert sorted(had) == [f"i{number:03}" for number in range(120)]
    assert all(of == sorted(of) for key in range(7) if (of := [i for i in had if int(i[1:]) % 7 == key]))
