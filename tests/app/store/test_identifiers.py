"""Text in the database sorts by time and can always be written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.identifiers import moment, searchable, stamp

MOMENTS = st.datetimes(timezones=st.just(UTC))


def test_a_moment_is_written_in_utc_to_the_microsecond():
    in_berlin = datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert stamp(in_berlin) == "2026-03-01T09:30:00.000000Z"


@given(MOMENTS, MOMENTS)
def test_moments_sort_as_their_text_does(one, other):
    assert (stamp(one) < stamp(other)) == (one < other)
    assert moment(stamp(one)) == one


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        stamp(datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point


def test_text_that_no_database_takes_is_replaced():
    assert searchable("Q-\x00\ud800é") == "Q-�?é"
    assert searchable("Q-1") == "Q-1"
    assert searchable(None) is None


@given(st.text(st.characters()))
def test_what_is_searchable_stays_as_it_is(text):
    once = searchable(text)
    assert searchable(once) == once
    once.encode()
    assert "\x00" not in once
