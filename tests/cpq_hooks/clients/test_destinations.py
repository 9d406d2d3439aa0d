"""Which addresses are called, and that the address that was judged is the one that is connected to."""

from __future__ import annotations

import pytest

from cpq_hooks.clients.destinations import Guard, refusal_of
from cpq_hooks.clients.failures import Forbidden
from cpq_hooks.clients.http import Request, Session
from cpq_hooks.connection import Connection

PRIVATE = ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
NEVER = [
    "169.254.169.254",
    "fe80::1%eth0",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
]
PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_called_only_where_that_is_allowed(address):
    assert refusal_of(address) is not None
    assert refusal_of(address, allow_private=True) is None


@pytest.mark.parametrize("address", [*NEVER, "2002:a9fe:a9fe::", "64:ff9b::7f00:1", "not an address"])
def test_these_are_not_called_from_outside(address):
    assert refusal_of(address) is not None


@pytest.mark.parametrize("address", NEVER)
def test_where_clouds_keep_credentials_is_never_called(address):
    assert refusal_of(address, allow_private=True) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_called(address):
    assert refusal_of(address) is None


def test_one_private_address_among_public_ones_is_enough_to_refuse_a_name():
    guard = Guard(resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Forbidden, match=r"vendor\.example is 10\.0\.0\.1"):
        guard.addresses("vendor.example", 443)


@pytest.mark.parametrize(
    "url",
    [
        "http://vendor.example/",
        "ftp://vendor.example/",
        "https://user:pw@vendor.example/",
        "https:///x",
        "//x",
        "https://[::1",
    ],
)
def test_an_address_without_encryption_or_with_a_password_is_refused(url):
    with pytest.raises(Forbidden):
        Guard().check_url(url)


def test_the_name_is_resolved_once_for_a_connection_and_that_answer_is_used():
    answers = iter([["10.0.0.1"], ["8.8.8.8"]])
    session = Session(
        Connection(name="a", connector="a", base_url="https://vendor.example"),
        guard=Guard(resolve=lambda host, port: next(answers)),
    )
    with pytest.raises(Forbidden):
        session.send(Request(method="GET", path="/"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "017700000001"])
def test_no_spelling_of_this_machine_gets_through(host):
    session = Session(Connection(name="a", connector="a", base_url=f"https://{host}"))
    with pytest.raises(Exception, match=r"not called|cannot be"):
        session.send(Request(method="GET", path="/"), budget=2)
