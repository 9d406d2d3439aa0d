"""Events as they go over the wire: signed with all secrets in force, to where they may go, and taken only where that is said."""

import json
import socket
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.outgoing import payload
from app.store import KeptMessage, MessageKind, MessageNote, MessageState
from app.telling import Sender
from app.webhooks import Endpoint
from cpq_hooks.clients.destinations import Guard
from cpq_hooks.clients.exchange import Limits
from cpq_hooks.clients.failures import (
    CallFailed,
    Forbidden,
    Moved,
    Refused,
    Throttled,
    Unreachable,
    Unreadable,
    VendorDown,
)
from cpq_hooks.outgoing import EventType
from tests.receivers import OLDER, SECRET, Reply, listening

NOW = datetime.now(UTC)
HASTY = Limits(connect=0.5, read=0.5, budget=1.0, attempts=1, most_bytes=64 * 1024)


def a_message(data=None):
    body = payload(EventType.DECISION_RECORDED, NOW, data or {"headline": "Zürich: 5 % under the floor"})
    note = MessageNote(kind=MessageKind.EVENT, destination="erp", object_type="quote", object_id="Q-1", body=body)
    return KeptMessage(seq=1, message_id="msg_1", created_at=NOW, state=MessageState.WAITING, note=note)


def send(endpoint, **terms):
    return Sender(lambda: datetime.now(UTC), **({"limits": HASTY} | terms)).send(a_message(), endpoint)


def test_what_arrives_is_verified_by_the_library_under_each_secret_in_force():
    with listening() as erp:
        send(erp.endpoint(secrets=(SECRET, OLDER)))
        [(headers, body)] = erp.taken
    assert Webhook(SECRET).verify(body, headers) == Webhook(OLDER).verify(body, headers) == json.loads(body)
    assert (headers["webhook-id"], headers["content-type"]) == ("msg_1", "application/json")
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(body, headers)


def test_one_byte_more_is_no_longer_what_was_signed():
    with listening() as erp:
        send(erp.endpoint())
        [(headers, body)] = erp.taken
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(500), VendorDown),
        (Reply(429, headers={"Retry-After": "30"}), Throttled),
        (Reply(404), Refused),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), Moved),
        (Reply(200, b"\n<!DOCTYPE html><title>Log in</title>", {"Content-Type": "text/html"}), Unreadable),
        (Reply(after=1.2), CallFailed),
        (Reply(200, b"x" * 70_000), Unreadable),
        (Reply(200, endless=True), CallFailed),
    ],
)
def test_what_is_not_taken_is_a_failure(reply, failure):
    with listening(reply) as erp, pytest.raises(failure):
        send(erp.endpoint())


@pytest.mark.parametrize(
    "reply", [Reply(200, b"ok", {"Content-Type": "text/html"}), Reply(204), Reply(202, b'{"queued": true}')]
)
def test_any_success_that_is_no_page_is_taken(reply):
    with listening(reply) as erp:
        assert send(erp.endpoint()).status == reply.status


def test_nobody_there_is_said():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/secret-path/in?token=t0ken"
    with pytest.raises(Unreachable) as failed:
        send(Endpoint(name="erp", url=url, secrets=(SECRET,), allow_private=True))
    assert "POST erp" in str(failed.value)
    for secret in ("secret-path", "t0ken", SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in str(failed.value)


def test_a_secret_in_an_answer_is_not_repeated():
    with (
        listening(Reply(400, f"bad {SECRET.removeprefix('whsec_')}".encode())) as erp,
        pytest.raises(Refused) as failed,
    ):
        send(erp.endpoint())
    assert SECRET.removeprefix("whsec_") not in str(failed.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/in", "https://localhost/in", "https://10.0.0.1/in", "https://[::1]/in", "https://169.254.169.254/",
        "https://0x7f.1/in", "http://example.com/in", "https://user:pw@example.com/in", "ftp://example.com/in",
    ],
)  # fmt: skip
def test_what_may_not_be_called_is_not(url):
    with pytest.raises(Forbidden):
        send(Endpoint(name="erp", url=url, secrets=(SECRET,)))


def test_where_clouds_keep_credentials_is_not_called_whatever_is_allowed():
    with pytest.raises(Forbidden):
        send(Endpoint(name="erp", url="http://169.254.169.254/latest", secrets=(SECRET,), allow_private=True))


def test_the_address_that_was_judged_is_the_one_that_is_called():
    with listening() as erp:
        answers = iter([["127.0.0.1"], ["8.8.8.8"]])
        guard = Guard(resolve=lambda host, port: next(answers))
        endpoint = Endpoint(name="erp", url=f"https://erp.example:{erp.server_port}/in", secrets=(SECRET,))
        with pytest.raises(Forbidden):
            send(endpoint, guard=guard)
        assert erp.taken == []
