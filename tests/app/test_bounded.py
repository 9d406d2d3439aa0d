"""Work that is waited for, but not for ever."""

import time
from threading import Event

import pytest

from app.bounded import OneAtATime, Unavailable


def test_the_answer_of_quick_work_is_given_and_its_error_is_raised():
    bounds = OneAtATime(5, busy="busy", late="late")
    assert bounds.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        bounds.run(lambda: 1 // 0)
    assert bounds.run(lambda: 8) == 8


def test_late_work_goes_on_and_nothing_begins_before_it_ends():
    bounds, go_on = OneAtATime(0.01, busy="busy", late="late"), Event()
    with pytest.raises(Unavailable, match="late"):
        bounds.run(lambda: go_on.wait(5))
    with pytest.raises(Unavailable, match="busy"):
        bounds.run(lambda: 1)
    go_on.set()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            assert bounds.run(lambda: 1) == 1
            return
        except Unavailable:
            time.sleep(0.01)
    pytest.fail("the place was never free again")
