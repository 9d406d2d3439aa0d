"""gunicorn as it really runs: two workers that count together, die, are replaced, and stop without losing a request."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.config import Settings
from app.serving import options
from app.store import Scope, Store
from app.store.upgrade import upgrade

ROOT = Path(__file__).parents[2]
QUOTE = json.dumps(
    {
        "quote_id": "Q-1",
        "currency": "USD",
        "lines": [{"line_id": "1", "product_id": "SEATS", "charge_type": "recurring", "net_unit_price": "40"}],
    }
)


class Server:
    """The process, its address, what it logged so far, a key, and the folder that the workers share."""

    def __init__(self, process, key, shared):
        self.process = process
        self.key = key
        self.shared = shared
        self.lines = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        listening = self.wait_for("Listening at")
        self.port = int(re.search(r":(\d+)", listening["event"].partition("//")[2])[1])

    def _read(self):
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def logged(self, event):
        return [json.loads(line) for line in self.lines if event in line]

    def wait_for(self, event, times=1, seconds=60):
        with self._news:
            assert self._news.wait_for(lambda: len(self.logged(event)) >= times, seconds), "".join(self.lines)
        return self.logged(event)[times - 1]

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, body=None, connection=None, **headers):
        connection = connection or self.connect()
        stated = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers}
        connection.request(method, path, body=body, headers=stated)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer

    def metrics(self):
        text = self.ask("GET", "/metrics")[1]
        found = re.findall(r"^([a-z_]+(?:\{.*\})?) ([0-9.e+-]+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}


@contextmanager
def a_server(tmp_path, **environ):
    url = f"sqlite:///{tmp_path / 'quoteguard.db'}"
    upgrade(url)
    with Store.open(url) as store:
        key = store.keys.create("test", tuple(Scope)).secret
    names = {"home": str(tmp_path), "metrics_dir": str(tmp_path / "shared"), "port": "0", "threads": "2"} | environ
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.served"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **{f"QUOTEGUARD_{name.upper()}": value for name, value in names.items()}},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(process, key, tmp_path / "shared")
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            process.kill()
            process.stderr.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with a_server(tmp_path_factory.mktemp("server")) as running:
        yield running


COUNTED = 'quoteguard_requests_total{method="POST",route="/v1/quotes/check",status="200"}'


def test_both_workers_count_together(server):
    before = server.metrics().get(COUNTED, 0)
    # A connection stays with the worker that took it, so enough of them reach both; the second may still be starting.
    sent = 0
    while sent < 40 or (len(list(server.shared.glob("counter_*.db"))) < 2 and sent < 400):
        assert server.ask("POST", "/v1/quotes/check", QUOTE, server.connect())[0] == 200
        sent += 1
    assert len(list(server.shared.glob("counter_*.db"))) == 2
    assert {server.metrics()[COUNTED] - before for _ in range(10)} == {float(sent)}


def test_a_limit_holds_for_both_workers_together(tmp_path):
    with a_server(tmp_path, rate_limit="10/day") as limited:
        statuses = [limited.ask("POST", "/v1/quotes/check", QUOTE)[0] for _ in range(20)]
    assert statuses == [200] * 10 + [429] * 10


@pytest.mark.slow
def test_a_worker_that_is_killed_leaves_its_counts_and_no_gauge(tmp_path):
    with a_server(tmp_path) as doomed:
        for _ in range(10):
            doomed.ask("POST", "/v1/quotes/check", QUOTE)
        victim = int(doomed.logged("Booting worker with pid")[0]["event"].rpartition(" ")[2])
        assert (doomed.shared / f"gauge_livesum_{victim}.db").exists()
        os.kill(victim, signal.SIGKILL)
        doomed.wait_for("Booting worker with pid", times=3)
        assert doomed.metrics()[COUNTED] == 10.0
        assert not list(doomed.shared.glob(f"gauge_live*_{victim}.db"))


@pytest.mark.slow
def test_a_request_that_is_under_way_is_finished_before_the_server_stops(tmp_path):
    with a_server(tmp_path) as stopping:
        connection = stopping.connect()
        connection.putrequest("POST", "/v1/quotes/check")
        connection.putheader("Authorization", f"Bearer {stopping.key}")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(QUOTE)))
        connection.endheaders(QUOTE[:10].encode())
        stopping.ask("GET", "/healthz")
        stopping.process.send_signal(signal.SIGTERM)
        stopping.wait_for("Handling signal: term")
        connection.send(QUOTE[10:].encode())
        assert connection.getresponse().status == 200
        assert stopping.process.wait(timeout=60) == 0


def test_a_connection_is_kept_for_the_next_request(server):
    connection = server.connect()
    assert server.ask("GET", "/healthz", connection=connection)[0] == 200
    kept = connection.sock
    assert server.ask("POST", "/v1/quotes/check", QUOTE, connection)[0] == 200
    assert connection.sock is kept


def test_a_connection_survives_a_refused_body(server):
    connection = server.connect()
    for body in ("{", "x" * 1_000_000):
        assert server.ask("POST", "/v1/quotes/check", body, connection)[0] == 400
    assert server.ask("POST", "/v1/quotes/check", QUOTE, connection)[0] == 200


def test_a_chunked_body_is_read_and_an_oversized_one_refused(server):
    def chunks(size):
        for _ in range(size // 65536):
            yield b" " * 65536
        yield QUOTE.encode()

    assert server.ask("POST", "/v1/quotes/check", chunks(65536))[0] == 200
    status, text, _ = server.ask("POST", "/v1/quotes/check", chunks(20 << 20))
    assert (status, json.loads(text)["length"]) == (413, (20 << 20) + len(QUOTE))


def test_a_body_of_20_megabytes_gets_its_answer_and_not_a_broken_connection(server):
    status, text, _ = server.ask("POST", "/v1/quotes/check", b"x" * (20 << 20))
    assert status == 413
    assert json.loads(text)["refused_id"].startswith("ref_")


@pytest.mark.parametrize(
    "request_line",
    [
        b"POST /v1/quotes/check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /v1/quotes/check HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_and_the_server_lives(server, request_line):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        raw.sendall(request_line)
        assert raw.recv(4096).startswith(b"HTTP/1.1 4")
    assert server.ask("GET", "/healthz")[0] == 200


def test_a_chunk_that_is_none_gets_a_problem(server):
    head = (
        f"POST /v1/quotes/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nnothex\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        raw.sendall(head.encode())
        answer = http.client.HTTPResponse(raw)
        answer.begin()
        assert (answer.status, json.loads(answer.read())["type"]) == (400, "/docs#problem-bad-request")


def test_no_header_says_where_a_request_came_from(tmp_path):
    told = options(Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path)}), tmp_path)
    assert (told["forwarded_allow_ips"], told["secure_scheme_headers"], told["forwarder_headers"]) == ("", {}, "")
    assert told["preload_app"] is False


def test_an_address_of_ipv6_is_written_in_brackets(tmp_path):
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path), "QUOTEGUARD_HOST": "::1"})
    assert options(settings, tmp_path)["bind"] == ["[::1]:8000"]
