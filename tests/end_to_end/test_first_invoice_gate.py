"""A blocked configuration is held, and let go once it is mended or waived; if neither happens, somebody hears of it in time."""

import json
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import DBAPIError

from app.assess import Call, Caller
from app.bootstrap import build
from app.config import Settings
from app.housekeeping import chores
from app.store import DocumentKind, StoreUnavailable
from app.store.upgrade import upgrade
from policies.holding import HoldState
from tests.app.store.builders import force
from tests.fakes import Clock

SEATS = {
    "line_id": "1",
    "product_id": "SEAT",
    "charge_type": "recurring",
    "charge_model": "per_unit",
    "unit_of_measure": "seat",
    "quantity": "500",
    "price_period": "month",
    "net_unit_price": "40",
    "included_quantity": "500",
    "quantity_basis": "latest",
    "billing_frequency": "monthly",
    "billing_timing": "in_advance",
    "start_date": "2026-04-01",
    "end_date": "2027-03-31",
}
AGREEMENT = {
    "agreement_id": "AG-1",
    "account": {"account_id": "A-1"},
    "currency": "USD",
    "start_date": "2026-04-01",
    "end_date": "2027-03-31",
    "billing_frequency": "monthly",
    "renewal": {"auto_renew": False},
    "lines": [SEATS | {"overage_unit_price": "50"}],
}
WAIVER = """
waivers:
  - {policy_id: overage-not-set-up, subject_id: BC-1, owner: cfo, reason: billed by hand, expires_on: 2026-12-31}
"""


def a_set_up(**charge):
    """A configuration that bills the seats and, unless told so, no overage."""
    return {
        "billing_configuration_id": "BC-1",
        "agreement_id": "AG-1",
        "currency": "USD",
        "first_invoice_date": "2026-04-01",
        "created_at": "2026-03-01T09:00:00Z",
        "auto_renew": False,
        "status": "active",
        "charges": [{"charge_id": "c1", "state": "active", "invoiceable": True} | SEATS | charge],
        "agreement": AGREEMENT,
    }


@pytest.fixture
def clock():
    return Clock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))  # a Monday


@pytest.fixture
def opened(tmp_path, database_url, clock):
    """Opens the program on this database, with the rules that lie in its folder now."""
    upgrade(database_url)
    built = []

    def call():
        settings = Settings.from_environment(
            {"QUOTEGUARD_HOME": str(tmp_path), "QUOTEGUARD_DATABASE_URL": database_url}
        )
        built.append(build(settings, clock=clock))
        return built[-1]

    yield call
    for services in built:
        services.gate.close()
        services.set_ups.close()
        services.store.close()


def verified(services, document, **terms):
    answer = services.set_ups.verify(Call(raw=json.dumps(document).encode(), caller=Caller(key_id=None), **terms))
    return json.loads(answer.body)


def test_what_is_blocked_is_held_and_released_once_it_is_mended(opened):
    services = opened()
    blocked = verified(services, a_set_up())
    assert blocked["verdict"] == "block"
    hold = services.store.holds.get("BC-1")
    assert (hold.state, hold.decision_id) == (HoldState.HELD, blocked["decision_id"])
    assert (hold.first_invoice_date, hold.agreement_id, hold.account_id) == (date(2026, 4, 1), "AG-1", "A-1")
    assert "overage-not-set-up" in {each.policy_id for each in hold.reasons}
    mended = verified(services, a_set_up(overage_unit_price="50"))
    assert mended["verdict"] != "block"
    hold = services.store.holds.get("BC-1")
    assert (hold.state, hold.released_by, hold.decision_id) == (HoldState.RELEASED, "recheck", mended["decision_id"])
    assert [each.event.value for each in services.store.holds.history("BC-1")] == ["held", "released"]


def test_a_waiver_releases_at_the_recheck_and_not_before(opened, tmp_path):
    services = opened()
    verified(services, a_set_up())
    (tmp_path / "waivers.yaml").write_text(WAIVER)
    again = opened()
    assert again.store.holds.get("BC-1").state is HoldState.HELD
    verified(again, a_set_up())
    hold = again.store.holds.get("BC-1")
    assert (hold.state, hold.released_by) == (HoldState.RELEASED, "cfo")


def test_a_hold_that_stands_is_escalated_and_then_overdue(opened, clock):
    services = opened()
    verified(services, a_set_up())
    todo = chores(services.store, services.settings, lambda: None, clock)["escalated_holds"]
    clock.advance(days=24)  # Thursday 26 March; 27, 30 and 31 March are the working days left
    assert todo() == 0
    clock.advance(days=1)
    assert todo() == 1
    assert services.store.holds.get("BC-1").state is HoldState.ESCALATED
    clock.advance(days=6)
    assert todo() == 1
    assert services.store.holds.get("BC-1").is_overdue
    assert [each.event.value for each in services.store.holds.history("BC-1")] == ["held", "escalated", "overdue"]


def test_a_preview_holds_nothing(opened):
    services = opened()
    assert verified(services, a_set_up(), dry_run=True)["verdict"] == "block"
    assert services.store.holds.get("BC-1") is None


def test_the_same_request_again_changes_nothing(opened):
    services = opened()
    first = verified(services, a_set_up(), idempotency_key="k")
    assert verified(services, a_set_up(), idempotency_key="k") == first
    assert len(services.store.holds.history("BC-1")) == 1


def test_a_hold_that_cannot_be_written_leaves_no_decision_and_no_configuration(opened, database_url):
    services = opened()
    services.store.ping()
    force(database_url, "ALTER TABLE holds RENAME TO mislaid")
    with pytest.raises((StoreUnavailable, DBAPIError)):
        verified(services, a_set_up())
    assert services.store.verify_chain().checked == 0
    assert services.store.documents.get(DocumentKind.BILLING_CONFIGURATION, "BC-1") is None
    force(database_url, "ALTER TABLE mislaid RENAME TO holds")
    assert verified(services, a_set_up())["verdict"] == "block"
    assert services.store.holds.get("BC-1").state is HoldState.HELD
