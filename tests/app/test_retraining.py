"""A model is trained when it is time, by one worker at a time, and whatever fails leaves everything as it was."""

import json
import os
import sys
import time
from datetime import timedelta

import pytest

from app.config import Settings
from app.retraining import Ended, Retrainer, run_apart, train_apart
from app.store import Store
from app.store.upgrade import upgrade
from tests.fakes import Clock

COMPARED = {"because": "it is better by 0.01"}


def said(**terms):
    return json.dumps({"version": "v2", "in_force": True, "compared": COMPARED} | terms).encode()


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path / 'quoteguard.db'}"
    upgrade(url)
    with Store.open(url, clock=Clock()) as opened:
        yield opened


def retrainer(store, *ended, days=7):
    ends = iter(ended)
    clock = store.trainings._clock
    made = Retrainer(store.trainings, lambda: next(ends), clock, every=timedelta(days=days))
    made.plan()
    clock.advance(minutes=10)
    return made, clock


def test_of_two_workers_one_trains(store):
    first, _ = retrainer(store, Ended(code=0, said=said()))
    second, _ = retrainer(store)
    item = store.trainings.claim(timedelta(hours=6))
    assert second.line.claim() is None
    assert first.handle(item) == {"became": "promoted", "version": "v2", "because": "it is better by 0.01"}
    assert second.line.claim() is None


def test_a_model_that_does_not_win_is_the_challenger_and_the_next_look_is_tomorrow(store):
    made, clock = retrainer(store, Ended(code=1, said=said(in_force=False)))
    assert made.handle(store.trainings.claim())["became"] == "challenger"
    clock.advance(hours=23)
    assert store.trainings.claim() is None
    clock.advance(hours=2)
    assert store.trainings.claim() is not None


def test_what_failed_is_said_without_the_customers_words_and_tried_again(store):
    made, clock = retrainer(store, Ended(code=1, complained="Traceback\n  ...\nKeyError: 'Jane Doe'\n"))
    told = made.handle(store.trainings.claim())
    assert told == {"became": "failed", "because": "it ended with 1 (KeyError)"}
    assert store.trainings.get("train").reason == told["because"]
    clock.advance(hours=25)
    assert store.trainings.claim() is not None


def test_too_little_to_learn_from_is_said_in_the_programs_own_words(store):
    made, _ = retrainer(store, Ended(code=3, complained="There is too little to learn from.\n  12 known outcomes\n"))
    told = made.handle(store.trainings.claim())
    assert told["because"] == "There is too little to learn from. 12 known outcomes"


def test_a_worker_that_stops_gives_the_training_back_at_once(store):
    def stopping():
        return run_apart([sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ), lambda: True)

    made = Retrainer(store.trainings, stopping, Clock(), every=timedelta(days=1))
    store.trainings.add("train", "train")
    began = time.monotonic()
    assert made.handle(store.trainings.claim()) == {"became": "stopped"}
    assert time.monotonic() - began < 10
    assert store.trainings.claim() is not None


def test_without_a_schedule_nothing_is_planned(store):
    assert Retrainer(store.trainings, lambda: Ended(code=0), Clock(), every=timedelta(0)).plan() is False
    assert store.trainings.claim() is None


@pytest.mark.slow
def test_the_training_is_a_process_of_its_own_that_reads_the_record(tmp_path):
    told = Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path), "QUOTEGUARD_RETRAIN_DAYS": "0.5"})
    upgrade(told.database_url)
    ended = train_apart(told, lambda: False, dict(os.environ))
    assert ended.code == 3
    assert "too little to learn from" in ended.complained
    assert not [each for each in (tmp_path / "models").iterdir() if each.is_dir()]
