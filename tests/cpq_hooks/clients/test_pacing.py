"""Waiting: jitter, Retry-After in its forms, and the limit per connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.clients.pacing import RateLimit, asked_wait, jittered
from tests.cpq_hooks.clients.wire import NOON, StillClock


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0.5", 0.5),
        ("Sun, 01 Nov 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        (None, None),
        ("999999999999", 604_800.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert asked_wait(header, NOON) == seconds


def test_a_vendor_may_count_in_milliseconds():
    assert asked_wait("2500", NOON, milliseconds=True) == 2.5


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_no_wait_is_longer_than_the_longest(attempt, chance):
    assert 0 <= jittered(attempt, first=0.5, longest=20, chance=chance) <= 20


def test_waits_double_until_the_longest():
    assert [jittered(n, first=1, longest=5, chance=1) for n in range(4)] == [1, 2, 4, 5]


def test_calls_beyond_the_burst_wait_their_turn():
    clock = StillClock()
    limit = RateLimit(per_second=2, burst=2, clock=clock.clock)
    assert [limit.reserve() for _ in range(4)] == [0.0, 0.0, 0.5, 1.0]
    clock.at += 2
    assert limit.reserve() == 0.0
