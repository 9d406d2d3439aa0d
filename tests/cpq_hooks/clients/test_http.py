"""Calls: repeated where that helps and harms nobody, bounded, redacted; answers that are none become typed failures."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from decimal import Decimal

import pytest
import requests

from cpq_hooks.adapter import VendorCall
from cpq_hooks.clients import failures
from cpq_hooks.clients.http import Limits, Request, Session, paged
from cpq_hooks.connection import Connection
from tests.cpq_hooks.clients.wire import Reply, Scripted, StillClock

SECRET = "a/secret+of=ours"
THERE = Connection(name="there", connector="x", base_url="https://vendor.example/v1", secrets={"api": (SECRET,)})
GET = Request(method="GET", path="/things")


def _session(*replies, clock=None, connection=THERE, **settings):
    vendor = Scripted(*replies)
    return Session(connection, transport=vendor, clock=(clock or StillClock()).clock, **settings), vendor


def test_what_failed_for_the_moment_is_asked_again_with_growing_waits():
    clock = StillClock(chance=0.5)
    session, vendor = _session(Reply(500), Reply(503), Reply(200, b'{"price": 1.10}'), clock=clock)
    assert session.get("/things", [("a", "b c")]) == {"price": Decimal("1.10")}
    assert clock.slept == [0.25, 0.5]
    assert vendor.asked[0].url == "https://vendor.example/v1/things?a=b+c"


def test_the_vendor_says_when_to_come_back():
    clock = StillClock(chance=0)
    session, _ = _session(Reply(429, headers={"Retry-After": "7"}), Reply(), clock=clock)
    session.send(GET)
    assert clock.slept == [7.0]


def test_a_wait_beyond_the_budget_is_left_to_the_caller():
    session, _ = _session(Reply(429, headers={"Retry-After": "600"}))
    with pytest.raises(failures.Throttled) as failed:
        session.send(GET)
    assert failed.value.wait == 600
    assert failed.value.again


@pytest.mark.parametrize(
    ("reply", "kind", "asked"),
    [
        (Reply(400), failures.Refused, 1),
        (Reply(401), failures.NotAllowed, 1),
        (Reply(404), failures.NotThere, 1),
        (Reply(409), failures.Conflicting, 1),
        (Reply(302, headers={"Location": "http://169.254.169.254/"}), failures.Moved, 1),
        (Reply(500), failures.VendorDown, 5),
        (requests.exceptions.ReadTimeout(), failures.Unreachable, 5),
        (requests.exceptions.SSLError("x"), failures.Unreachable, 5),
    ],
)
def test_each_failure_has_its_type_and_its_number_of_attempts(reply, kind, asked):
    session, vendor = _session(*[reply] * asked)
    with pytest.raises(kind):
        session.send(GET)
    assert len(vendor.asked) == asked


def test_what_may_have_been_done_is_not_done_twice_without_a_key():
    call = VendorCall(method="POST", path="/things", purpose="make it", form=(("a", "1"),))
    for reply in (Reply(500), requests.exceptions.ReadTimeout()):
        session, vendor = _session(reply, idempotency_header="Idempotency-Key")
        with pytest.raises(failures.CallFailed) as failed:
            session.execute(call)
        assert failed.value.perhaps_done
        assert len(vendor.asked) == 1


def test_with_a_key_it_is_done_again_under_the_same_key():
    call = VendorCall(method="POST", path="/things", purpose="make it", json={"a": 1}, idempotency_key="k1")
    session, vendor = _session(Reply(500), Reply(), idempotency_header="Idempotency-Key")
    session.execute(call)
    assert [each.headers["Idempotency-Key"] for each in vendor.asked] == ["k1", "k1"]
    assert vendor.asked[1].body == b'{"a":1}'


def test_what_surely_was_not_done_is_asked_again():
    call = VendorCall(method="POST", path="/things", purpose="make it")
    session, vendor = _session(Reply(429), requests.exceptions.ConnectTimeout(), Reply())
    session.execute(call)
    assert len(vendor.asked) == 3


def test_no_secret_is_in_a_failure_or_an_attempt():
    seen = []
    body = f"bad key {SECRET} {requests.utils.quote(SECRET, safe='')} sk_live_abc123".encode()
    session, _ = _session(Reply(400, body), seen=seen.append)
    with pytest.raises(failures.Refused) as failed:
        session.send(Request(method="GET", path=f"/things?key={SECRET}"))
    told = f"{failed.value!r} {failed.value.__cause__!r} {seen!r} {session.connection!r}"
    assert "secret" not in told.replace("secrets", "")
    assert "sk_live" not in told


def test_credentials_are_renewed_once_after_a_401():
    asked = []

    def authorize(fresh):
        asked.append(fresh)
        return [("Authorization", "Bearer new" if fresh else "Bearer old")]

    session, vendor = _session(Reply(401), Reply(), authorize=authorize)
    session.send(GET)
    assert [each.headers["Authorization"] for each in vendor.asked] == ["Bearer old", "Bearer new"]
    session, vendor = _session(Reply(401), Reply(401), authorize=authorize)
    with pytest.raises(failures.NotAllowed):
        session.send(GET)


def test_credentials_do_not_leave_for_another_host():
    session, vendor = _session(Reply(), authorize=lambda fresh: [("Authorization", "Bearer x")])
    with pytest.raises(failures.Forbidden):
        session.send(Request(method="GET", path="https://elsewhere.example/v1/things"))
    assert vendor.asked == []


@pytest.mark.parametrize("path", ["things", "//elsewhere.example", "/a/../b", "/a\\b", ""])
def test_a_path_that_could_lead_elsewhere_is_refused(path):
    session, _ = _session()
    with pytest.raises(failures.Forbidden):
        session.send(Request(method="GET", path=path))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Sorry</html>", "text/html; charset=utf-8"),
        (b'{"a": ', "application/json"),
        (b"\xff", "application/json"),
    ],
)
def test_an_answer_that_is_no_json_is_said_to_be_none(body, kind):
    session, _ = _session(Reply(200, body, {"Content-Type": kind}))
    with pytest.raises(failures.Unreadable):
        session.get("/things")


def test_an_answer_that_is_too_long_is_left():
    session, _ = _session(Reply(200, b" " * 2_000_000), limits=Limits(most_bytes=1_000_000, attempts=1))
    with pytest.raises(failures.Unreadable, match="longer than"):
        session.get("/things")


def test_calls_keep_to_the_connections_rate():
    clock = StillClock()
    session, _ = _session(*[Reply()] * 3, clock=clock, limits=Limits(calls_per_second=10, burst=1))
    for _ in range(3):
        session.send(GET)
    assert clock.slept == pytest.approx([0.1, 0.1])


def test_pages_are_read_to_the_end_and_a_circle_is_noticed():
    pages = {"a": ("1", "b"), "b": ("2", None)}
    assert [page[0] for page in paged(pages.__getitem__, lambda page: page[1], "a")] == ["1", "2"]
    with pytest.raises(failures.Unreadable):
        list(paged(lambda cursor: cursor, lambda page: "a", "a"))


@contextmanager
def _a_vendor_that(answer):
    """A listening socket that hands each connection to `answer` and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    done = threading.Event()

    def serve():
        while not done.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            with peer:
                peer.recv(65_536)
                answer(peer, done)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Connection(
            name="here", connector="x", base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", allow_private=True
        )
    finally:
        done.set()
        thread.join(5)
        listener.close()


def _half_a_page(peer, done):
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")


def _drip(peer, done):
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not done.wait(0.05):
        try:
            peer.sendall(b" ")
        except OSError:
            return


def _nothing(peer, done):
    done.wait(10)


def _sound(peer, done):
    peer.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n')


def test_a_real_answer_in_chunks_is_read_whole():
    with _a_vendor_that(_sound) as there:
        assert Session(there).get("/") == {"a": 1}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(_half_a_page, failures.Unreadable), (_drip, failures.OutOfTime), (_nothing, failures.Unreachable)],
)
def test_half_a_page_a_page_without_end_and_no_page_are_left_in_time(answer, kind):
    with _a_vendor_that(answer) as there:
        session = Session(there, limits=Limits(connect=1, read=0.3, budget=0.6, attempts=1))
        with pytest.raises(kind):
            session.get("/")


def test_this_machine_is_not_called_unless_that_is_allowed():
    with _a_vendor_that(_sound) as there:
        session = Session(Connection(name="x", connector="x", base_url=there.base_url.replace("http:", "https:")))
        with pytest.raises(failures.Forbidden):
            session.get("/")
