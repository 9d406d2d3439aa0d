"""A worker that is asked how it is: its metrics and its health on an address of its own."""

import json
import socket
from io import StringIO
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from app.config import Listening, Settings, SettingsError
from app.lines import measure_lines
from app.observability.answering import NotListening, answering, health, metrics_of
from app.observability.logs import make_logger
from app.observability.metrics import Metrics
from app.worker import Duty, Worker
from tests.app.store.builders import a_store
from tests.fakes import Clock


def asked(port, path):
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_what_a_worker_does_is_seen_where_it_answers(sqlite_url):
    metrics, clock = Metrics.in_memory(version="1"), Clock()
    with a_store(sqlite_url, clock=clock) as store:
        line = store.notices.sending
        for number in range(3):
            line.add(f"i{number}", f"k{number}")

        def exposition():
            measure_lines(store, metrics, clock())
            return metrics.exposition()

        handle = lambda item: line.finish(item) or {"became": "sent"}  # noqa: E731
        logger = make_logger(StringIO(), level="info", log_format="json")
        worker = Worker((Duty(line=line, handle=handle),), logger, count=metrics.worked)
        with answering("127.0.0.1", 0, {"/metrics": metrics_of(exposition), "/healthz": health}) as port:
            assert [worker.do_one(), worker.do_one()] == [True, True]
            kind, told = asked(port, "/metrics")
            assert json.loads(asked(port, "/healthz")[1]) == {"status": "ok"}
            with pytest.raises(HTTPError, match="404"):
                asked(port, "/")
    assert kind.startswith("text/plain")
    assert 'quoteguard_worker_items_total{became="sent",queue="notice_deliveries"} 2.0' in told
    assert 'quoteguard_worker_item_seconds_count{queue="notice_deliveries"} 2.0' in told
    assert 'quoteguard_queue_waiting{queue="notice_deliveries"} 1.0' in told


def test_a_fault_in_an_item_is_counted(sqlite_url):
    metrics = Metrics.in_memory(version="1")
    with a_store(sqlite_url) as store:
        store.notices.sending.add("i1", "k1")

        def handle(_):
            raise KeyError("Jane Doe")

        duty = Duty(line=store.notices.sending, handle=handle)
        worker = Worker((duty,), make_logger(StringIO(), level="info", log_format="json"), count=metrics.worked)
        with pytest.raises(KeyError):
            worker.do_one()
    assert b'quoteguard_worker_items_total{became="fault",queue="notice_deliveries"} 1.0' in metrics.exposition()


def test_an_address_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NotListening, match=f"127.0.0.1:{port}"), answering("127.0.0.1", port, {}):
            pass


def test_the_address_is_stated_with_its_port():
    read = Settings.from_environment({"QUOTEGUARD_WORKER_METRICS": "[::1]:9101"})
    assert read.worker_metrics == Listening("::1", 9101)
    for wrong in ("9101", "127.0.0.1", ":9101", "127.0.0.1:99999", "127.0.0.1:x"):
        with pytest.raises(SettingsError, match="must read like"):
            Settings.from_environment({"QUOTEGUARD_WORKER_METRICS": wrong})
