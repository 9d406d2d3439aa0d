"""The page on webhooks: its consumer works as it stands, and its table names every event."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from app.outgoing import payload
from app.store import KeptMessage, MessageKind, MessageNote, MessageState
from app.telling import Sender
from app.webhooks import FILE, Endpoint, endpoints_of
from cpq_hooks.clients.failures import NotAllowed
from cpq_hooks.outgoing import VERSION, EventType
from tests.receivers import OLDER, SECRET

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
CONSUMER = re.search(r"<!-- consumer -->\n```python\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def consumer(tmp_path):
    """The page's consumer, as a process of its own: where it is, and what it has taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {"PATH": os.environ["PATH"], "PORT": str(port), "ERP_WEBHOOK_SECRET": SECRET}
    process = subprocess.Popen([sys.executable, "-c", CONSUMER], cwd=tmp_path, env=environ, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/in", tmp_path / "events.db"
    finally:
        process.kill()
        process.wait(10)


def event(message_id):
    body = payload(EventType.HOLD_PLACED, datetime.now(UTC), {"billing_configuration_id": "BC-1 für Zürich"})
    note = MessageNote(kind=MessageKind.EVENT, destination="erp", object_type="hold", object_id="BC-1", body=body)
    now = datetime.now(UTC)
    return KeptMessage(seq=1, message_id=message_id, created_at=now, state=MessageState.WAITING, note=note)


def send(url, message_id, *secrets):
    endpoint = Endpoint(name="erp", url=url, secrets=secrets, allow_private=True)
    return Sender(lambda: datetime.now(UTC)).send(event(message_id), endpoint)


def test_the_consumer_takes_each_event_once_and_none_that_is_forged(consumer):
    url, file = consumer
    for message_id in ("msg_1", "msg_2", "msg_1"):
        assert send(url, message_id, OLDER, SECRET).status == 204
    with pytest.raises(NotAllowed):
        send(url, "msg_3", OLDER)
    with sqlite3.connect(file) as events:
        assert events.execute("SELECT id, type FROM events ORDER BY id").fetchall() == [
            ("msg_1", "hold.placed"), ("msg_2", "hold.placed"),
        ]  # fmt: skip


def test_the_table_names_every_event_and_no_other():
    table = PAGE.split("| type | when |")[1].split("\n\n")[0]
    named = re.findall(r"`((?:decision|review|hold|alert|request)\.\w+)`", table)
    assert sorted(named) == sorted(each.value for each in EventType)
    assert f'"version": "{VERSION}"' in PAGE


def test_the_example_of_the_file_is_taken(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    (tmp_path / FILE).write_text(example)
    assert list(endpoints_of(tmp_path, {"ERP_WEBHOOK_SECRET": SECRET})) == ["erp"]
    assert yaml.safe_load(example)["webhooks"][0]["events"] == ["hold.placed", "hold.released", "hold.not_carried_out"]
