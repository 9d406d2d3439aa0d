"""A quote that was reviewed and is checked again, by the real gate: asked again is only for what got worse, and a replay
gives the same answer.
"""

import json
from datetime import date, timedelta

import pytest

from app.assess import Call, Caller
from app.bootstrap import build
from app.config import Settings
from app.desk.actor import Actor
from app.desk.service import DealDeskService
from app.replay import replay
from app.store.upgrade import upgrade
from policies.domain.outcome import SubjectType
from tests.app.desk.builders import a_review, somebody
from tests.fakes import Clock

COMPANY = """
name: Acme
currency: USD
discount_authority:
  ladder: [ae, manager, director]
  rules:
    - {role: ae, maximum_discount_percent: 10}
    - {role: manager, maximum_discount_percent: 30}
    - {role: director, maximum_discount_percent: 60}
payment_terms: {standard_days: 30, approver: finance}
"""
MANAGER = somebody("manager")
FINANCE = somebody("finance", name="Fin")


def a_quote(*, price="80", days=60, **fields):
    """Twenty percent off and sixty days to pay: a manager and finance are asked, unless the test says otherwise."""
    line = {
        "line_id": "1", "product_id": "SEATS", "charge_type": "recurring", "charge_model": "per_unit", "quantity": "10",
        "price_period": "month", "list_unit_price": "100", "net_unit_price": price,
    }  # fmt: skip
    return {
        "quote_id": "Q-1", "currency": "USD", "stage": "submitted", "rep": {"rep_id": "r-1", "role": "ae"},
        "start_date": "2026-04-01", "end_date": "2027-03-31", "term_months": 12, "billing_frequency": "annual",
        "billing_timing": "in_advance", "payment_terms_days": days, "lines": [line],
    } | fields  # fmt: skip


@pytest.fixture
def services(tmp_path):
    (tmp_path / "company.yaml").write_text(COMPANY)
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path)})
    upgrade(settings.database_url)
    built = build(settings, clock=Clock())
    yield built
    built.gate.close()
    built.store.close()


@pytest.fixture
def desk(services):
    return DealDeskService(services.store, lambda: services.rules.current().company, services.clock)


def check(services, quote):
    answer = services.gate.check_quote(Call(raw=json.dumps(quote).encode(), caller=Caller(key_id="sender")))
    told = json.loads(answer.body)
    asked = {each["role"] for each in told["approval"]["required"]} & {"manager", "director", "finance"}
    return told["decision_id"], told["verdict"], asked


def policies_of(services, decision_id, approver):
    document = json.loads(services.store.decisions.get(decision_id).decision.document)
    return [each["finding_id"] for each in document["findings"] if each["approver"] == approver]


def approve_all(services, desk, decision_id):
    standing = services.store.desk.standing(SubjectType.QUOTE, "Q-1")
    for number, role in enumerate(dict.fromkeys(step.role for step in standing.steps)):
        desk.review(decision_id, a_review(reason=f"As {role}."), somebody(role, name=f"P{number}"))


def test_what_was_approved_passes_when_it_is_sent_again(services, desk):
    decision_id, verdict, asked = check(services, a_quote())
    assert (verdict, asked) == ("flag", {"manager", "finance"})
    approve_all(services, desk, decision_id)
    again, verdict, asked = check(services, a_quote())
    assert (verdict, asked) == ("allow", set())
    assert services.store.desk.case(SubjectType.QUOTE, "Q-1").state.value == "approved"
    assert replay(again, services.store).same


@pytest.mark.parametrize(
    ("changed", "asked"),
    # How long a customer may take to pay depends on the size of the deal, so a lower price concerns finance too.
    [({"price": "75"}, {"manager", "finance"}), ({"days": 90}, {"finance"}), ({"price": "85", "days": 45}, set())],
)
def test_asked_again_is_only_for_what_got_worse(services, desk, changed, asked):
    approve_all(services, desk, check(services, a_quote())[0])
    again, _, needed = check(services, a_quote(**changed))
    assert needed == asked
    assert replay(again, services.store).same
    review, changes = desk.changes_since_approval("Q-1")
    worse = {each.field for each in changes if each.is_worse}
    assert review.action.value == "approve"
    assert bool(worse) is bool(asked)


def test_half_of_the_consents_leave_the_other_half(services, desk):
    decision_id, _, _ = check(services, a_quote())
    desk.review(decision_id, a_review(), FINANCE)
    assert check(services, a_quote())[2] == {"manager"}


def test_a_chain_that_is_not_through_lets_nothing_pass(services, desk, tmp_path):
    chain = "approval_chains: [{name: all, stages: [{roles: [manager]}, {roles: [finance]}]}]"
    (tmp_path / "company.yaml").write_text(COMPANY + chain)
    services.rules._rules = None
    decision_id, _, asked = check(services, a_quote(days=30))
    assert asked == {"manager"}
    desk.review(decision_id, a_review(), MANAGER)
    again, verdict, _ = check(services, a_quote(days=30))
    assert verdict == "flag"
    assert services.store.desk.case(SubjectType.QUOTE, "Q-1").waits_for == ("finance",)
    desk.review(again, a_review(), FINANCE)
    assert check(services, a_quote(days=30))[1] == "allow"


def test_a_waiver_ends_on_its_day(services, desk):
    decision_id, _, _ = check(services, a_quote(days=30))
    [finding_id] = policies_of(services, decision_id, "manager")
    review = a_review("waive", finding_id, expires_on=date(2026, 3, 4))
    desk.review(decision_id, review, MANAGER)
    again, verdict, _ = check(services, a_quote(days=30, price="75"))
    assert (verdict, replay(again, services.store).same) == ("allow", True)
    assert services.store.desk.case(SubjectType.QUOTE, "Q-1").state.value == "waived"
    services.clock.now += timedelta(days=3)
    assert check(services, a_quote(days=30, price="75"))[1] == "flag"
    assert services.store.desk.case(SubjectType.QUOTE, "Q-1").state.value == "open"
    assert replay(again, services.store).same


def test_a_rep_cannot_consent_to_a_deal_of_their_own_by_a_key(services, desk):
    decision_id, _, _ = check(services, a_quote(days=30))
    own = Actor(id="r-1", name="Rep", roles=frozenset({"approver"}), approval_roles=frozenset({"manager"}))
    with pytest.raises(Exception, match="a deal of their own"):
        desk.review(decision_id, a_review(), own)
