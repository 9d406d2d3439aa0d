"""How long is left, in working time and in words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.desk.deadlines import answer_due, runs_out
from policies.domain.business_time import working_time
from policies.domain.company import BusinessCalendar

WEEK = BusinessCalendar(holidays=(date(2026, 3, 4),))
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "hours"),
    [
        ((2, 9, 30), 0), ((1, 12, 0), 0), ((2, 10, 0), 0.5), ((2, 23, 0), 7.5), ((3, 17, 0), 15.5),
        # Wednesday is a holiday, Saturday and Sunday nobody works.
        ((5, 9, 0), 15.5), ((8, 12, 0), 31.5), ((9, 10, 0), 32.5),
    ],
)  # fmt: skip
def test_working_time_counts_only_when_somebody_works(end, hours):
    day, hour, minute = end
    assert working_time(WEEK, MONDAY, datetime(2026, 3, day, hour, minute, tzinfo=UTC)) == timedelta(hours=hours)


def test_working_time_keeps_its_length_when_the_clocks_change():
    night = BusinessCalendar(time_zone="Europe/Berlin", weekdays=(7,), opens=datetime.min.time(), closes=MONDAY.time())
    # On 29 March the hour from two to three is left out: from midnight to half past nine are eight hours and a half.
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert working_time(night, start, start + timedelta(days=2)) == timedelta(hours=8, minutes=30)


@pytest.mark.parametrize(
    ("hours", "words", "tone"),
    [
        (-1, "overdue since 2 Mar, 08:30 UTC", "bad"), (0, "overdue since 2 Mar, 09:30 UTC", "bad"),
        (-24 * 90, "overdue since 2 Dec 2025", "bad"), (0.4, "24 working minutes left", "warn"), (1, "1 working hour left", "warn"), (7, "7 working hours left", "warn"),
        (24, "8 working hours left", "warn"), (31, "15 working hours left", "plain"), (24 * 7, "4 working days left", "plain"),
    ],
)  # fmt: skip
def test_what_is_left_is_told_in_words(hours, words, tone):
    due = answer_due(MONDAY + timedelta(hours=hours), MONDAY, WEEK)
    assert (due.words, due.tone) == (words, tone)


def test_a_quote_runs_out_at_the_end_of_its_last_day():
    day = datetime(2026, 3, 3, tzinfo=UTC)
    assert runs_out(day, MONDAY).words == "runs out today"
    assert runs_out(day, day).words == "ran out 2 Mar 2026"
    assert runs_out(day + timedelta(days=9), MONDAY).words == "runs out 11 Mar 2026"
    assert runs_out(day, MONDAY, invoice=True).words == "first invoice tomorrow"
    assert runs_out(None, MONDAY) is None
