"""Set-ups that are verified one after the other: a price that a change lost, and a contract that is set up twice."""

import json
from datetime import timedelta

import pytest

from app.answering import Limits
from app.assess import Call, Caller
from app.replay import replay
from app.rules import read_home, take_up
from app.set_up_gate import SetUpGate
from tests.app.store.builders import a_store
from tests.fakes import Clock

LINE = {
    "line_id": "1",
    "product_id": "SEAT",
    "charge_type": "recurring",
    "quantity": "5",
    "price_period": "month",
    "net_unit_price": "40",
}
AGREEMENT = {
    "agreement_id": "AG-1",
    "currency": "USD",
    "start_date": "2030-01-01",
    "end_date": "2030-12-31",
    "billing_frequency": "monthly",
    "billing_timing": "in_advance",
    "renewal": {"auto_renew": False},
    "lines": [LINE],
}
CONFIGURATION = {
    "billing_configuration_id": "BC-1",
    "revision": "1",
    "agreement_id": "AG-1",
    "currency": "USD",
    "auto_renew": False,
    "charges": [LINE | {"charge_id": "C-1", "quote_line_id": "1"}],
    "agreement": AGREEMENT,
}


@pytest.fixture
def verify(database_url):
    with a_store(database_url) as store:
        rules, clock = take_up(read_home(None), tested=False), Clock()
        limits = Limits(max_bytes=100_000, max_lines=100, idempotency=timedelta(hours=1))
        gate = SetUpGate(store, lambda: rules, clock, limits)

        def decision(**terms):
            clock.advance(minutes=1)
            raw = json.dumps(CONFIGURATION | terms).encode()
            answer = json.loads(gate.verify(Call(raw=raw, caller=Caller(key_id=None))).body)
            assert replay(answer["decision_id"], store).same
            return answer

        yield decision


def patterns(decision):
    return [each["pattern"] for each in decision["findings"]]


def test_a_price_that_the_first_revision_had_and_the_second_lost_is_an_override_lost(verify):
    assert patterns(verify()) == []
    lower = LINE | {"charge_id": "C-1", "quote_line_id": "1", "net_unit_price": "36"}
    assert patterns(verify(revision="2", charges=[lower])) == ["B10"]


def test_a_second_configuration_of_an_agreement_bills_it_twice(verify):
    assert patterns(verify()) == []
    again = verify(billing_configuration_id="BC-2")
    assert patterns(again) == ["B14"]
    assert again["findings"][0]["message"] == (
        "SEAT (line 1) is billed by charges C-1 and BC-1/C-1: $2,400 too much over the term. "
        "First on the invoice of 2030-01-01: $0 agreed, $200 billed."
    )


def test_a_configuration_in_place_of_one_that_was_cancelled_is_the_only_one(verify):
    verify(status="cancelled", source="stripe")
    assert patterns(verify(billing_configuration_id="BC-2")) == []
