"""Vendors' deliveries to a real server and worker that are killed at random points: nothing is lost, done twice or left old.

`python -m benchmarks.deliveries` does the same with thousands, and measures how long a vendor waits.
"""

import time
from collections import deque

import pytest

from app.store import EventFilter, EventState
from benchmarks.acme_site import running
from benchmarks.faults import Senders, run
from tests.acme import a_quote, an_event


@pytest.mark.slow
def test_killed_at_random_points_each_object_ends_in_its_newest_state_and_each_decision_is_made_once(
    tmp_path, database_url
):
    with running(tmp_path, database_url, lease=2) as site:
        found = run(site, 200, kills=4, seed=7)
    assert found.faults == []
    assert found.deliveries == 200
    assert found.superseded
    assert sum(found.kills.values()) == 4


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_leaves_nothing_behind_and_says_nothing_of_what_was_sent(tmp_path, sqlite_url):
    with running(tmp_path, sqlite_url) as site:
        site.vendor.objects["/quote/Jane-Doe"] = a_quote("Jane-Doe")
        senders = Senders(site.port, deque())
        assert senders._send([an_event(1, "Jane-Doe"), an_event(2, "gone")])
        with site.store() as store:
            until = time.monotonic() + 30
            while store.inbox.line.counts().waiting and time.monotonic() < until:
                time.sleep(0.05)
            states = {each.note.object_id: each.state for each in store.inbox.page(EventFilter())}
        assert site.worker.stop() == 0
        # Two threads have one each, and either may be done first.
        assert sorted(line["became"] for line in site.worker.logged("inbox")) == ["done", "ignored"]
        assert states == {"Jane-Doe": EventState.DONE, "gone": EventState.IGNORED}
        assert "Jane" not in site.worker.log.read_text() + site.web.log.read_text()
