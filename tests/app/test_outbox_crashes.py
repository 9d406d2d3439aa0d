"""Killed at any point between record, claim, send and mark, every message arrives at least once, in order, and none is lost."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from app.courier import Courier
from app.store import MessageFilter, MessageState
from app.store.inbox_tables import QUEUE
from app.store.outbox_tables import OUTBOX_MESSAGES
from policies.domain.decision import Verdict
from tests.app.store.builders import a_store
from tests.fakes import Clock
from tests.receivers import Vendor, document, listening
from tests.sending import SUBSCRIPTION, a_verification, held, record, released, told

LEASE = timedelta(minutes=5)


class Killed(BaseException):
    """The process is gone."""


class Deadly:
    """A database or a vendor that kills whoever uses it, before or after its n-th use."""

    def __init__(self, number):
        self.left = number

    def use(self, work):
        self._step()
        result = work()
        self._step()
        return result

    def _step(self):
        self.left -= 1
        if self.left == 0:
            raise Killed


class DeadlyVendor(Vendor):
    deadly = None

    def fetch(self, need, *, budget=None):
        return self._through(lambda: super(DeadlyVendor, self).fetch(need))

    def execute(self, call, *, budget=None):
        return self._through(lambda: super(DeadlyVendor, self).execute(call))

    def _through(self, work):
        return work() if self.deadly is None else self.deadly.use(work)


def deadly_writes(store, deadly):
    """Have every transaction kill before it begins or after it is committed."""
    database = store._database
    write = database.write
    database.write = lambda work: deadly.use(lambda: write(work))


def act(store, number):
    """A block and the fix after it, as the inbox would record them."""
    for verdict, step in ((Verdict.BLOCK, held), (Verdict.ALLOW, released)):
        decision = a_verification(number, verdict=verdict)
        answer = document(decision.summary.decision_id, "billing_configuration", f"BC-{number}", verdict.value)
        decision = replace(decision, document=answer)
        record(store, decision, origin=SUBSCRIPTION, hold=step(decision))


def killed_at(url, number, erp):
    """Live one life that ends at its n-th step, then as many as it takes. False where the first life came to its end."""
    clock, vendor = Clock(), DeadlyVendor(steps=2)
    sending = told("decision.recorded", "hold.placed", "hold.released")
    with a_store(url, clock=clock, sending=sending) as store:
        store._database.write(forget_what_was_sent)
        act(store, number)
        vendor.deadly = Deadly(number)
        write = store._database.write
        deadly_writes(store, vendor.deadly)
        was_killed = False
        try:
            deliver(store, clock, vendor, erp)
        except Killed:
            was_killed = True
        vendor.deadly, store._database.write = None, write
        clock.advance(minutes=6)
        deliver(store, clock, vendor, erp)
        settled(store, number)
    in_order(vendor.paths)
    return was_killed


def deliver(store, clock, vendor, erp):
    endpoint = {"erp": erp.endpoint()}
    Courier(store, vendor.connections("billing"), vendor, lambda: endpoint, clock, lease=LEASE).deliver_due()


def forget_what_was_sent(connection):
    for table in (OUTBOX_MESSAGES, QUEUE):
        connection.execute(delete(table))


def settled(store, number):
    """Everything has arrived, and is marked so where it is told of."""
    messages = store.outbox.page(MessageFilter(), limit=500)
    assert {each.state for each in messages} == {MessageState.DELIVERED}
    assert len(messages) == 8
    assert store.outbox.line.counts().waiting == 0
    assert all(each.sent_at for each in store.holds.history(f"BC-{number}"))


def in_order(paths):
    """Each call was made at least once, and whatever was made again was the one that was under way."""
    seen = [path for path, _ in itertools.groupby(paths)]
    assert seen == ["/hold/sub_1/0", "/hold/sub_1/1", "/write/sub_1", "/release/sub_1", "/write/sub_1"]


@pytest.mark.slow
def test_a_kill_at_any_step_loses_nothing_and_keeps_the_order(database_url):
    with listening() as erp:
        for number in itertools.count(1):
            erp.taken.clear()
            if not killed_at(database_url, number, erp):
                break
            assert len({headers["webhook-id"] for headers, _ in erp.taken}) == 4
    assert number > 40
