"""Several processes record at the same time, and some of them are killed: no gap, no fork, nothing lost that was confirmed."""

import subprocess
import sys
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest

from app.store import DecisionFilter
from tests.app.store.builders import a_decision, a_store

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


@contextmanager
def writers(url, count, *, each):
    """Processes that record `each` decisions; whatever happens, none outlives the test."""
    command = [sys.executable, "-m", "tests.app.store.writer", url, str(each)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
            process.stdout.close()


def recorded(store):
    """The ids of all decisions, oldest first."""
    ids, page = [], None
    while True:
        listed = store.decisions.page(DecisionFilter(), limit=500, page=page)
        ids += [decision.decision_id for decision in listed.decisions]
        page = listed.next_page
        if page is None:
            return ids[::-1]


def test_processes_that_record_at_the_same_time_make_one_chain(database_url):
    with a_store(database_url) as store, writers(database_url, 4, each=50) as processes:
        confirmed = [process.communicate(timeout=60)[0].split() for process in processes]
        assert [process.returncode for process in processes] == [0] * 4
        assert sorted(recorded(store)) == sorted(chain.from_iterable(confirmed))
        report = store.verify_chain()
        assert (report.checked, report.is_whole) == (200, True)


def test_each_process_finds_its_decisions_in_its_own_order(database_url):
    with a_store(database_url) as store, writers(database_url, 2, each=20) as processes:
        confirmed = [process.communicate(timeout=60)[0].split() for process in processes]
        everything = recorded(store)
        for ids in confirmed:
            assert [decision_id for decision_id in everything if decision_id in ids] == ids


def test_what_was_confirmed_before_a_kill_is_in_the_record(database_url):
    with a_store(database_url) as store:
        confirmed = []
        for kill_after in (1, 7, 30):
            with writers(database_url, 2, each=100_000) as processes:
                confirmed += [processes[0].stdout.readline().strip() for _ in range(kill_after)]
                for process in processes:
                    process.kill()
                for process in processes:
                    # What was written to the pipe before the end counts as confirmed; a line that was cut off does not.
                    confirmed += [line.strip() for line in process.stdout if line.endswith("\n")]
        # The server may still be at work for one that is dead; whoever records next waits for that.
        last = store.record(a_decision())
        ids = recorded(store)
        assert set(confirmed) <= set(ids)
        assert len(confirmed) >= 38
        assert last.seq == len(ids)
        assert store.verify_chain().is_whole
