"""E-mail by apprise, to a mail server on loopback; and what apprise is not let do."""

import asyncio
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest

from app.alerts.by_apprise import ByApprise
from app.alerts.config import Channel
from app.alerts.entries import ChannelEntry
from app.alerts.wording import Message
from cpq_hooks.clients.failures import Forbidden, Unreachable

# What apprise loads warns of its own oldness.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MESSAGE = Message(
    delivery_id="tel_1",
    subject="FLAG: Q-1",
    body="No overage price.\n",
    html="<p>No overage price.</p>",
    thread_id="ntc_1",
)


@contextmanager
def a_mail_server():
    """A server that takes every message; gives its port and what it took."""
    taken, loop, ready = [], asyncio.new_event_loop(), threading.Event()

    async def talk(reader, writer):
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).strip():
            if line.upper() == b"DATA":
                writer.write(b"354 go on\r\n")
                taken.append((await reader.readuntil(b"\r\n.\r\n"))[:-5])
            if line.upper() == b"QUIT":
                break
            writer.write(b"250 ok\r\n")
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(talk, "127.0.0.1", 0))
    thread = threading.Thread(target=lambda: (ready.set(), loop.run_forever()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server.sockets[0].getsockname()[1], taken
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


def a_channel(address, **terms):
    return Channel(entry=ChannelEntry(name="mail", **terms), secret=address)


def an_address(port):
    return f"mailto://127.0.0.1:{port}?from=a@x.example&to=b@x.example&mode=insecure"


def test_a_message_arrives_as_text_and_page_in_its_thread():
    with a_mail_server() as (port, taken):
        ByApprise()(a_channel(an_address(port), allow_private=True), MESSAGE)
    [mail] = [message_from_bytes(each, policy=policy.default) for each in taken]
    assert mail["Subject"] == "FLAG: Q-1"
    assert (mail["References"], mail["X-Quoteguard-Id"]) == ("<ntc_1@quoteguard>", "tel_1")
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}


def test_a_server_that_is_away_is_told_by_the_channels_name_alone():
    with a_mail_server() as (port, _):
        pass
    with pytest.raises(Unreachable, match=r"^mail did not take it$"):
        ByApprise()(a_channel(an_address(port), allow_private=True), MESSAGE)


@pytest.mark.parametrize(
    "address",
    ["json://127.0.0.1/x", "file:///tmp/x", "gotify://127.0.0.1/token", "mailto://169.254.169.254", "nonsense"],
)
def test_private_addresses_and_those_that_are_no_channel_are_refused(address):
    refused = ByApprise().check(a_channel(address))
    assert refused is not None
    assert "token" not in refused
    with pytest.raises(Forbidden):
        ByApprise()(a_channel(address), MESSAGE)
