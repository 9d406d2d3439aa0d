"""The queue: which decisions make cases, how a case follows them, in which order cases stand, and by what they are found."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.desk.actor import Actor
from app.desk.queueing import Queueing
from app.store import ANY_ROLE, BadPageToken, CaseFilter, MessageFilter, RecordedDecision, Scope, Store
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType
from tests.app.desk.builders import ANALYST, COMPANY, IN_TURN, a_finding, flagged, somebody
from tests.app.store.builders import NOON, a_store

MANAGER = somebody("manager")
BETTER = {"lines": [{"line_id": "1", "product_id": "P", "charge_type": "recurring", "net_unit_price": "11"}]}
BEFORE = {"lines": [{"line_id": "1", "product_id": "P", "charge_type": "recurring", "net_unit_price": "10"}]}
WORSE = {"lines": [{"line_id": "1", "product_id": "P", "charge_type": "recurring", "net_unit_price": "9"}]}


def a_quote(content):
    return {"currency": "USD", **content}


def test_what_passes_makes_no_case_and_what_passes_later_clears_one(site):
    site.record(flagged(verdict=Verdict.ALLOW))
    assert site.case() is None
    site.record(flagged())
    site.record(flagged(a_finding(effect="shadow"), verdict=Verdict.ALLOW, content="sha256:d"))
    assert (site.state(), site.case().waits_for, site.case().version) == ("cleared", (), 2)


def test_a_case_says_what_its_deal_is_about(site):
    request = {"stage": "sent", "rep": {"name": "Ria"}, "account": {"name": "Zürich AG"}, "valid_until": "2026-03-20"}
    decision = flagged(
        request=request,
        currency="EUR",
        at_risk_under=Decimal("100.00"),
        at_risk_over=Decimal("30.00"),
        account_id="A-1",
    )
    site.record(decision)
    case = site.case()
    assert (case.at_risk, case.at_risk_currency, case.stage) == (Decimal("110.00"), "USD", "sent")
    assert (case.rep_name, case.account_name, case.root_cause) == ("Ria", "Zürich AG", "discount")
    # A date is a whole day: the quote may still be accepted on it.
    assert case.deadline == datetime(2026, 3, 21, tzinfo=UTC)


def test_a_risk_that_the_model_sees_is_on_the_case(site):
    decision = flagged()
    risk = {"score": "0.83", "tier": "digest", "expected_leakage": {"currency": "USD", "amount": "9120.00"}}
    document = json.loads(decision.document) | {"risk": risk, "findings": []}
    site.record(RecordedDecision(
        summary=decision.summary, basis=decision.basis, request=decision.request, document=json.dumps(document).encode()
    ))  # fmt: skip
    case = site.case()
    assert (case.score, case.tier, case.expected_leakage, case.waits_for) == (
        "0.83", "digest", Decimal("9120.00"), ("deal-desk",),
    )  # fmt: skip


def test_checking_the_same_content_again_changes_nothing_for_the_desk(site):
    decision_id = site.record(flagged())
    site.do(decision_id, ANALYST, "request_changes")
    due, newest = site.case().due_at, site.record(flagged(created_at=NOON + timedelta(days=1)))
    assert (site.state(), site.case().due_at, site.case().decision_id) == ("waiting_for_changes", due, newest)
    site.record(flagged(content="sha256:d"))
    assert site.state() == "open"


def test_what_was_rejected_stays_so_until_it_changes(site):
    site.do(site.record(flagged()), ANALYST, "reject")
    site.record(flagged())
    assert site.state() == "rejected"
    site.record(flagged(content="sha256:d"))
    assert site.state() == "open"


def test_what_consents_let_pass_is_approved_or_waived_and_not_cleared(site):
    site.record(flagged())
    site.record(flagged(a_finding(approved_by="usr_Mia")))
    assert site.state() == "approved"
    site.record(flagged(a_finding(waived_by="usr_Mia"), content="sha256:d"))
    assert site.state() == "waived"


@pytest.mark.parametrize(("now", "steps"), [(BETTER, "approved"), (WORSE, "ready")])
def test_a_chain_under_way_goes_on_where_nothing_got_worse(site, now, steps):
    site.rules(approval_chains=(IN_TURN,))
    site.do(site.record(flagged(request=a_quote(BEFORE))), MANAGER)
    site.record(flagged(content="sha256:d", request=a_quote(now)))
    assert site.steps()[0] == ("manager", steps)


def test_money_and_deadline_decide_together_what_comes_first(site):
    soon, later = {"valid_until": "2026-03-10"}, {"valid_until": "2026-03-17"}
    # A week nearer counts as twice the money; the desk's own clock is far for none of them.
    for quote_id, money, ends in (("small", 1000, soon), ("large", 2500, later), ("same", 1600, later)):
        site.rules(approval_hours={"manager": 800})
        site.record(flagged(quote_id=quote_id, at_risk_under=Decimal(money), request=ends))
    found = site.store.desk.page(CaseFilter(is_open=True)).cases
    assert [case.subject_id for case in found] == ["large", "small", "same"]


def test_pages_follow_each_other_without_a_gap(site):
    for number in range(7):
        site.record(flagged(quote_id=f"Q-{number}", at_risk_under=Decimal(number % 3)))
    seen, page = [], None
    while True:
        found = site.store.desk.page(CaseFilter(), limit=2, page=page)
        seen += [case.subject_id for case in found.cases]
        page = found.next_page
        if page is None:
            break
    assert sorted(seen) == [f"Q-{number}" for number in range(7)]
    with pytest.raises(BadPageToken):
        site.store.desk.page(CaseFilter(), page="nonsense")


def test_every_filter_finds_its_own_and_counts_follow(site):
    site.record(flagged(quote_id="Q-1", rep_id="r", account_id="a", source="crm", request={"stage": "sent"}))
    site.record(flagged(a_finding("terms", approver="legal"), quote_id="Q-2", currency="EUR", simulated=True))
    site.do(site.record(flagged(quote_id="Q-3")), ANALYST, "reject")
    site.desk.assign([(SubjectType.QUOTE, "Q-2")], "usr_x", ANALYST)
    filters = {
        "rep_id": ("r", "Q-1"), "account_id": ("a", "Q-1"), "source": ("crm", "Q-1"), "stage": ("sent", "Q-1"),
        "currency": ("EUR", "Q-2"), "simulated": (True, "Q-2"), "assignee": ("usr_x", "Q-2"), "waits_for": ("legal", "Q-2"),
        "root_cause": ("terms", "Q-2"), "is_open": (False, "Q-3"), "states": ((CaseState.REJECTED,), "Q-3"),
    }  # fmt: skip
    for name, (value, expected) in filters.items():
        found = site.store.desk.page(CaseFilter(**{name: value})).cases
        assert [case.subject_id for case in found] == [expected], name
    counts = site.store.desk.counts()
    assert (counts[CaseState.OPEN], counts[CaseState.REJECTED], counts[CaseState.APPROVED]) == (2, 1, 0)
    assert site.store.desk.counts(CaseFilter(rep_id="r", is_open=True))[CaseState.OPEN] == 1


def test_assignments_are_kept_and_given_once(site):
    site.record(flagged())
    quote = (SubjectType.QUOTE, "Q-1")
    assert len(site.desk.assign([quote, (SubjectType.QUOTE, "none")], "usr_x", ANALYST)) == 1
    assert site.desk.assign([quote], "usr_x", ANALYST) == ()
    site.desk.assign([quote], None, ANALYST)
    kept = site.store.desk.assignments(*quote)
    assert [(each.number, each.assigned_by, each.assignee) for each in kept] == [
        (1, "usr_Ana", "usr_x"), (2, "usr_Ana", None),
    ]  # fmt: skip
    site.desk.assign([quote], "usr_y", ANALYST)
    site.record(flagged(content="sha256:d"))
    assert site.case().assignee == "usr_y"


def test_decisions_of_before_there_were_cases_get_theirs(database_url):
    with a_store(database_url) as store:
        store.record_all(
            [flagged(quote_id=f"Q-{n}") for n in (1, 2)] + [flagged(quote_id="Q-2", verdict=Verdict.ALLOW)]
        )
        assert store.desk.case(SubjectType.QUOTE, "Q-1") is None
    with Store.open(database_url, queueing=Queueing(lambda: COMPANY)) as store:
        assert (store.desk.rebuild(), store.desk.rebuild(), store.desk.rebuild(everything=True)) == (1, 0, 1)
        assert store.desk.case(SubjectType.QUOTE, "Q-1").waits_for == ("manager",)
        assert store.outbox.page(MessageFilter()) == ()


def test_hostile_text_comes_back_as_it_can_be_kept(site):
    name = "=1+1\u202e<script>\x00\ud800" + "x" * 10_000
    site.record(flagged(request={"rep": {"name": name}, "account": "none", "stage": 7, "valid_until": "soon"}))
    case = site.case()
    assert len(case.rep_name) == 200
    assert "\x00" not in case.rep_name
    assert (case.account_name, case.stage, case.deadline) == (None, None, None)


@pytest.mark.parametrize(
    ("own", "left", "consents_as"),
    [
        ((), None, set()),
        ((), ("manager",), set()),
        (("manager",), None, {"manager"}),
        (("manager", "cfo"), ("manager", "legal"), {"manager"}),
        ((ANY_ROLE,), ("manager",), {"manager"}),
    ],
)
def test_a_key_consents_in_its_roles_less_those_that_the_company_does_not_leave_it(site, own, left, consents_as):
    key = site.store.keys.create("bot", (Scope.REVIEW,), roles=own).key
    if left is not None:
        site.reviews(api_keys={"bot": left})
    actor = Actor.of_key(key, site.company[0])
    assert actor.consents_as == consents_as
    assert actor.may_review(SubjectType.QUOTE) is bool(consents_as)


def test_a_key_that_the_company_limits_consents_in_those_roles_only(site):
    key = site.store.keys.create("bot", (Scope.REVIEW,), roles=(ANY_ROLE,)).key
    everything = Actor.of_key(key, COMPANY)
    site.reviews(api_keys={"bot": ("manager",)})
    limited = Actor.of_key(key, site.company[0])
    assert everything.roles_for("cfo", COMPANY) == ("cfo",)
    assert (limited.roles_for("cfo", COMPANY), limited.roles_for("manager", COMPANY)) == ((), ("manager",))
