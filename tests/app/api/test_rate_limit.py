"""The sliding window: exact in one period, smooth over its edge, shared among processes."""

import multiprocessing

import pytest

from app.api.rate_limit import CountsInFolder, CountsInMemory, RateLimiter
from app.config import RateLimit


class Seconds:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["memory", "folder"])
def counts(request, tmp_path):
    return CountsInMemory() if request.param == "memory" else CountsInFolder(tmp_path)


def test_as_many_requests_pass_as_the_limit_says(counts):
    limiter = RateLimiter(RateLimit(3, "minute"), counts, now=Seconds(600.0))
    assert [limiter.ask("key").allowed for _ in range(5)] == [True, True, True, False, False]


def test_each_key_has_its_own_count(counts):
    limiter = RateLimiter(RateLimit(1, "minute"), counts, now=Seconds(600.0))
    assert limiter.ask("one").allowed
    assert limiter.ask("other").allowed
    assert not limiter.ask("one").allowed


def test_the_period_before_counts_by_the_share_that_still_lies_in_the_window(counts):
    now = Seconds(600.0)
    limiter = RateLimiter(RateLimit(4, "minute"), counts, now=now)
    for _ in range(4):
        limiter.ask("key")
    now.now = 690.0  # half into the next minute: two of the four still count
    assert [limiter.ask("key").allowed for _ in range(3)] == [True, True, False]


def test_after_two_quiet_periods_nothing_counts(counts):
    now = Seconds(600.0)
    limiter = RateLimiter(RateLimit(1, "minute"), counts, now=now)
    limiter.ask("key")
    now.now = 720.0
    assert limiter.ask("key").allowed


@pytest.mark.parametrize("began", [600.0, 617.0, 655.5])
def test_whoever_comes_back_when_told_to_is_let_in(counts, began):
    now = Seconds(began)
    limiter = RateLimiter(RateLimit(5, "minute"), counts, now=now)
    while (told := limiter.ask("key")).allowed:
        pass
    now.now += told.seconds
    assert limiter.ask("key").allowed
    assert told.seconds <= 120


def test_the_headers_say_what_is_left(counts):
    limiter = RateLimiter(RateLimit(2, "minute"), counts, now=Seconds(615.0))
    assert dict(limiter.ask("key").headers) == {"RateLimit-Policy": '"key";q=2;w=60', "RateLimit": '"key";r=1;t=45'}
    limiter.ask("key")
    # One request fits again when half of the last minute's two has left the window: 45 s to its end and 30 s more.
    assert dict(limiter.ask("key").headers)["Retry-After"] == "75"


def test_a_folder_that_is_gone_stops_nobody(tmp_path):
    limiter = RateLimiter(RateLimit(1, "minute"), CountsInFolder(tmp_path / "gone"))
    assert limiter.ask("key").allowed
    assert limiter.ask("key").allowed


def _let_through(folder):
    limiter = RateLimiter(RateLimit(100, "day"), CountsInFolder(folder), now=Seconds(86400.0))
    return sum(limiter.ask("key").allowed for _ in range(80))


def test_processes_count_together(tmp_path):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert sum(pool.map(_let_through, [tmp_path] * 4)) == 100
