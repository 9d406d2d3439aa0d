"""Reviews: who may, what they do to a case, and that two of them have one outcome."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.desk.refusals import Conflict, NoSuchDecision, NotAllowed
from app.store import DocumentFilter, DocumentKind, MessageFilter
from cpq_hooks.problem import Invalid
from policies.domain.decision import Verdict
from policies.domain.desk import ReasonCode
from policies.domain.outcome import SubjectType
from tests.app.desk.builders import ANALYST, IN_TURN, LEGAL, a_finding, flagged, somebody
from tests.app.store.builders import force

MANAGER = somebody("manager")
FINANCE = somebody("finance", name="Fin")
SOON = date(2026, 4, 30)


def test_a_flagged_deal_waits_and_is_approved_by_who_is_asked(site):
    decision_id = site.record(flagged())
    assert (site.state(), site.case().waits_for, site.steps()) == ("open", ("manager",), [("manager", "ready")])
    reviewed = site.do(decision_id, MANAGER)
    assert (site.state(), reviewed.is_new, reviewed.review.roles) == ("approved", True, ("manager",))
    assert site.steps() == [("manager", "approved")]


@pytest.mark.parametrize(
    ("action", "state", "more"),
    [
        ("reject", "rejected", {}),
        ("request_changes", "waiting_for_changes", {}),
        ("escalate", "waiting_for_approval", {"escalate_to": "cfo"}),
    ],
)
def test_what_an_analyst_may_do_without_consenting(site, action, state, more):
    decision_id = site.record(flagged())
    site.do(decision_id, ANALYST, action, **more)
    assert site.state() == state


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (somebody("manager", rep_ids=frozenset({"rep-1"})), "own-deal"),
        (somebody("manager", key_id="key-1"), "own-deal"),
        (somebody("manager", roles=("rep",)), "not-a-reviewer"),
        (somebody("manager", roles=("auditor",)), "not-a-reviewer"),
        (somebody("ae"), "no-authority"),
        (ANALYST, "no-authority"),
    ],
)
def test_who_may_not_approve(site, actor, code):
    decision_id = site.record(flagged())
    with pytest.raises(NotAllowed) as refused:
        site.do(decision_id, actor)
    assert (refused.value.code, site.state()) == (code, "open")


def test_a_higher_rung_of_the_ladder_consents_for_a_lower_one(site):
    site.do(site.record(flagged()), somebody("director"))
    assert site.state() == "approved"


def test_what_names_no_approver_is_the_deal_desks(site):
    site.do(site.record(flagged(a_finding(approver=None))), ANALYST)
    assert site.state() == "approved"


def test_all_who_are_asked_are_asked_at_once_where_there_is_no_chain(site):
    decision_id = site.record(flagged(a_finding(), a_finding("terms", approver="finance")))
    site.do(decision_id, FINANCE)
    assert (site.state(), site.case().waits_for) == ("waiting_for_approval", ("manager",))
    site.do(decision_id, MANAGER)
    assert site.state() == "approved"


def test_a_chain_asks_one_after_the_other_and_another_chain_beside_it(site):
    site.rules(approval_chains=(IN_TURN, LEGAL))
    decision_id = site.record(flagged(a_finding(), a_finding("terms", approver="legal")))
    assert site.steps() == [("manager", "ready"), ("finance", "waiting"), ("legal", "ready")]
    with pytest.raises(Conflict) as refused:
        site.do(decision_id, FINANCE)
    assert refused.value.code == "not-your-turn"
    site.do(decision_id, MANAGER)
    site.do(decision_id, somebody("legal", name="Lea"))
    assert (site.state(), site.steps()[1]) == ("waiting_for_approval", ("finance", "ready"))
    site.do(decision_id, FINANCE)
    assert site.state() == "approved"


def test_one_person_with_two_roles_takes_one_stage_at_a_time(site):
    site.rules(approval_chains=(IN_TURN,))
    decision_id = site.record(flagged())
    both = somebody("manager", "finance")
    site.do(decision_id, both)
    assert site.state() == "waiting_for_approval"
    site.do(decision_id, both, reason="As finance, too.")
    assert site.state() == "approved"


def test_an_approval_of_some_findings_leaves_the_others(site):
    decision_id = site.record(flagged(a_finding(), a_finding("margin")))
    site.do(decision_id, MANAGER, "approve", "fnd_margin")
    assert site.state() == "waiting_for_approval"
    site.do(decision_id, MANAGER, "approve", "fnd_discount")
    assert site.state() == "approved"


def test_what_blocks_is_not_approved_but_waived(site):
    decision_id = site.record(flagged(a_finding(), a_finding("floor", effect="block", approver="pricing")))
    with pytest.raises(Conflict, match="floor has to be changed or waived; to approve the rest, name its findings"):
        site.do(decision_id, MANAGER)
    site.do(decision_id, MANAGER, "approve", "fnd_discount")
    assert site.state() == "open"
    with pytest.raises(NotAllowed, match="Waiving floor needs pricing"):
        site.do(decision_id, MANAGER, "waive", "fnd_floor", expires_on=SOON)
    site.do(decision_id, somebody("pricing"), "waive", "fnd_floor", expires_on=SOON)
    assert site.state() == "waived"


def test_a_waiver_does_not_get_around_a_chain(site):
    site.rules(approval_chains=(IN_TURN,))
    decision_id = site.record(flagged())
    with pytest.raises(NotAllowed, match="Waiving discount needs finance"):
        site.do(decision_id, MANAGER, "waive", "fnd_discount", expires_on=SOON)


@pytest.mark.parametrize(("day", "code"), [(date(2026, 2, 28), "in_the_past"), (date(2026, 6, 1), "too_late")])
def test_a_waiver_holds_from_today_and_not_too_long(site, day, code):
    decision_id = site.record(flagged())
    with pytest.raises(Invalid) as refused:
        site.do(decision_id, MANAGER, "waive", "fnd_discount", expires_on=day)
    assert [(each.path, each.code) for each in refused.value.problems] == [("$.expires_on", code)]


def test_an_escalation_asks_the_next_rung_alone(site):
    decision_id = site.record(flagged())
    site.do(decision_id, MANAGER, "escalate", reason="Too much for me.")
    assert site.case().waits_for == ("director",)
    with pytest.raises(NotAllowed):
        site.do(decision_id, MANAGER)
    site.do(decision_id, somebody("director", name="Dan"))
    assert site.state() == "approved"


def test_a_review_of_what_is_not_there_or_out_of_place_is_told_all_at_once(site):
    site.reviews(reason_codes=(ReasonCode(code="strategic", title="Strategic"),))
    decision_id = site.record(flagged())
    with pytest.raises(Invalid) as refused:
        site.do(decision_id, MANAGER, "approve", "fnd_discuont", reason_code="strategc")
    assert [each.path for each in refused.value.problems] == ["$.finding_ids[0]", "$.reason_code"]
    with pytest.raises(NoSuchDecision):
        site.do("dec_none", MANAGER)


def test_a_decision_on_older_content_is_superseded(site):
    old = site.record(flagged())
    new = site.record(flagged(content="sha256:d"))
    with pytest.raises(Conflict, match=new) as refused:
        site.do(old, MANAGER)
    assert refused.value.code == "superseded"


def test_a_decision_that_was_made_again_on_the_same_content_is_reviewed_as_it_is_now(site):
    old = site.record(flagged())
    new = site.record(flagged(a_finding(), a_finding("floor", effect="block")))
    with pytest.raises(Conflict) as refused:
        site.do(old, MANAGER)
    assert refused.value.code == "blocked"
    assert site.case().decision_id == new


def test_a_quote_that_ran_out_is_not_reviewed(site):
    decision_id = site.record(flagged())
    site.clock.now = site.clock.now.replace(month=4, day=2)
    with pytest.raises(Conflict, match="ran out on 2026-04-02"):
        site.do(decision_id, MANAGER)
    assert (site.store.desk.expire(), site.state(), site.store.desk.expire()) == (1, "expired", 0)


def test_what_was_let_pass_has_nothing_to_review(site):
    allowed = site.record(flagged(verdict=Verdict.ALLOW))
    with pytest.raises(Conflict) as refused:
        site.do(allowed, MANAGER)
    assert refused.value.code == "nothing-to-review"


def test_the_same_review_sent_twice_is_one(site):
    decision_id = site.record(flagged())
    one, two = site.do(decision_id, MANAGER), site.do(decision_id, MANAGER)
    assert (one.review.review_id, one.is_new, two.is_new) == (two.review.review_id, True, False)
    assert len(site.store.desk.reviews(SubjectType.QUOTE, "Q-1")) == 1


def test_of_two_at_once_one_decides_and_the_other_is_told_who(site):
    decision_id = site.record(flagged())

    def act(name):
        try:
            return site.do(
                decision_id, somebody("manager", name=name), "reject" if name == "Bo" else "approve"
            ).case.state
        except Conflict as conflict:
            return conflict.message

    with ThreadPoolExecutor(4) as many:
        told = list(many.map(act, ["Al", "Bo", "Cy", "Di"]))
    [review] = site.store.desk.reviews(SubjectType.QUOTE, "Q-1")
    assert told.count(review.state) == 1
    assert sum(f"by {review.actor_name} at" in each for each in told) == 3


def test_a_review_of_a_case_that_changed_since_it_was_looked_at_is_refused(site):
    decision_id = site.record(flagged())
    site.do(decision_id, ANALYST, "request_changes", case_version=1)
    with pytest.raises(Conflict, match="by Ana at"):
        site.do(decision_id, MANAGER, case_version=1)
    site.do(decision_id, MANAGER, case_version=2)
    assert site.state() == "approved"


def test_a_review_is_told_to_who_listens_with_the_case_as_it_is(site):
    site.do(site.record(flagged()), MANAGER)
    [message] = site.store.outbox.page(MessageFilter())
    assert (message.note.event, message.note.object_id) == ("review.recorded", "Q-1")
    assert b'"state":"approved"' in message.note.body
    assert b'"headline":"Approved by Mia: Worth it."' in message.note.body


@pytest.mark.parametrize(("code", "count"), [("finding-was-wrong", 1), ("strategic-deal", 0), (None, 0)])
def test_only_a_code_that_says_so_makes_a_false_positive(site, code, count):
    decision_id = site.record(flagged())
    reviewed = site.do(decision_id, MANAGER, reason_code=code)
    found = list(site.store.documents.find(DocumentKind.OUTCOME, DocumentFilter(parent_id="Q-1")))
    assert [each.document.id for each in found] == [f"{reviewed.review.review_id}-1"] * count
    assert all(b'"verdict":"false_positive"' in each.document.body for each in found)


def test_what_goes_wrong_beside_a_review_undoes_it(site):
    def fails(*_):
        raise RuntimeError("the ledger is full")

    desk = type(site.desk)(site.store, lambda: site.company[0], site.clock, beside=(fails,))
    decision_id = site.record(flagged())
    with pytest.raises(RuntimeError):
        replace(site, desk=desk).do(decision_id, MANAGER)
    assert (site.state(), site.store.desk.reviews(SubjectType.QUOTE, "Q-1")) == ("open", ())
    assert site.store.outbox.page(MessageFilter()) == ()


@pytest.mark.parametrize("change", ["UPDATE reviews SET reason = 'x'", "DELETE FROM reviews"])
def test_a_review_stays_as_it_was_written(site, database_url, change):
    site.do(site.record(flagged()), MANAGER)
    with pytest.raises(Exception, match="append-only"):
        site.store._database.write(lambda connection: connection.exec_driver_sql(change))


def test_deals_are_approved_together_only_for_one_cause_and_little_money(site):
    small = [site.record(flagged(quote_id=f"Q-{n}", at_risk_under=Decimal(50))) for n in (1, 2)]
    large = site.record(flagged(quote_id="Q-3", at_risk_under=Decimal(500)))
    blocked = site.record(flagged(a_finding(effect="block"), quote_id="Q-4", at_risk_under=Decimal(5)))
    review = _approval()
    assert {each.code for each in site.desk.approve_together(small, review, MANAGER)} == {"one-by-one"}
    site.reviews(bulk_approval_limit=Decimal(100))
    done = site.desk.approve_together([*small, large, blocked], review, MANAGER)
    assert [getattr(each, "code", "done") for each in done] == ["done", "done", "one-by-one", "blocked"]


def test_deals_with_different_causes_are_not_approved_together(site):
    site.reviews(bulk_approval_limit=Decimal(100))
    ids = [
        site.record(flagged(a_finding(policy), quote_id=policy, at_risk_under=Decimal(5))) for policy in ("one", "two")
    ]
    assert {each.code for each in site.desk.approve_together(ids, _approval(), MANAGER)} == {"one-by-one"}


def _approval():
    from tests.app.desk.builders import a_review

    return a_review()


def test_a_step_is_due_by_the_companys_clock(site):
    # Sunday noon: a manager's 4 working hours begin on Monday at 9.
    site.record(flagged())
    assert site.case().due_at.isoformat() == "2026-03-02T13:00:00+00:00"
    assert site.clock.now - site.case().opened_at == timedelta(hours=1)


def test_reviews_outlive_what_takes_cases_down(site, database_url):
    site.do(site.record(flagged()), MANAGER)
    force(database_url, "DELETE FROM cases")
    assert site.case() is None
    assert (site.store.desk.rebuild(), site.state()) == (1, "approved")
