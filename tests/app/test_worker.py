"""The worker: does what is due, in the order of its duties, outlives every fault, and stops when it is told to."""

import threading
from io import StringIO

import pytest

from app.observability.logs import make_logger
from app.store import StoreUnavailable
from app.worker import Duty, Worker
from tests.acme import a_quote, an_event


@pytest.fixture
def log():
    return StringIO()


def worker_of(log, *duties, **terms):
    return Worker(duties, make_logger(log, level="debug", log_format="json"), **terms)


def test_the_first_duty_that_has_an_item_goes_first(arrivals, log):
    done = []

    def handle(name, line):
        return Duty(line=line, handle=lambda item: done.append(name) or line.finish(item) or {"became": "done"})

    inbox = arrivals.inbox
    worker = worker_of(log, handle("first", inbox.line), handle("second", inbox.asking))
    inbox.asking.add("i1", "k")
    inbox.line.add("i2", "k")
    assert [worker.do_one(), worker.do_one(), worker.do_one()] == [True, True, False]
    assert done == ["first", "second"]


def test_a_fault_in_one_item_does_not_end_the_worker(arrivals, log):
    faults = iter([StoreUnavailable("away"), KeyError("Jane Doe"), None])
    line = arrivals.inbox.line
    for number in range(3):
        line.add(f"i{number}", f"k{number}")

    def handle(item):
        fault = next(faults)
        if fault is not None:
            raise fault
        line.finish(item)
        return {"became": "done"}

    pauses = []
    worker = worker_of(
        log, Duty(line=line, handle=handle), wait=lambda seconds: pauses.append(seconds) or len(pauses) == 3
    )
    worker.run()
    assert [event in log.getvalue() for event in ("store_unavailable", "worker_fault", "done")] == [True] * 3
    assert "Jane" not in log.getvalue()
    assert pauses[0] > 1 > pauses[2]


def test_one_that_is_told_to_stop_finishes_what_it_has_begun(arrivals, log):
    line, begun, go_on = arrivals.inbox.line, threading.Event(), threading.Event()
    line.add("i1", "k")
    line.add("i2", "k")

    def handle(item):
        begun.set()
        assert go_on.wait(10)
        line.finish(item)
        return {"became": "done"}

    worker = worker_of(log, Duty(line=line, handle=handle), threads=1)
    worker.start()
    assert begun.wait(10)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    go_on.set()
    stopping.join(10)
    assert (line.get("i1"), line.get("i2").attempts) == (None, 0)


def test_several_threads_handle_what_vendors_send(arrivals, log):
    for number in range(12):
        arrivals.send({"events": [an_event(number, f"Q-{number}", payload=a_quote(f"Q-{number}"))]})
    inbound = arrivals.inbound()
    duty = Duty(line=arrivals.inbox.line, handle=lambda item: {"became": inbound.handle(item).became})
    worker = worker_of(log, duty, threads=3)
    worker.start()
    deadline = threading.Event()
    while arrivals.inbox.line.counts().waiting and not deadline.wait(0.05):
        pass
    assert worker.stop()
    assert len(arrivals.decisions()) == 12
