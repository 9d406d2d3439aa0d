"""Prefer: wait, as RFC 7240 has it."""

import pytest

from app.api.preferences import LONGEST_WAIT, wait_of


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=3", 3),
        ("WAIT = 3", 3),
        ('wait="3"', 3),
        ("respond-async, wait=10", 10),
        ('handling=lenient; foo="a, b", wait=7', 7),
        ("wait=0", 0),
    ],
)
def test_the_seconds_are_found_among_other_preferences(header, seconds):
    assert wait_of(header) == seconds


@pytest.mark.parametrize(
    "header", [None, "", "wait", "wait=", "wait=-1", "wait=1.5", "wait=soon", "wait=٣", "=3", ";wait=3", "wait 3"]
)
def test_what_cannot_be_understood_counts_as_not_stated(header):
    assert wait_of(header) is None


def test_of_a_preference_stated_twice_the_first_counts():
    assert wait_of("wait=2, wait=9") == 2
    assert wait_of("wait=soon, wait=9") is None


def test_nobody_waits_longer_than_the_longest_wait():
    assert wait_of("wait=3600") == LONGEST_WAIT
    assert wait_of("wait=" + "9" * 5000) == LONGEST_WAIT
