"""The scorecard's page: what it says to whom, fixes tried and sent back, reviews and what stands against them."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from policies.domain.outcome import SubjectType
from tests.pages import words
from tests.scorecards import SEATS, a_deal, an_office, scored

ADDRESS = "/scorecards/quotes/Q-1"


@pytest.fixture(scope="module")
def office(upgraded_sqlite_file, tmp_path_factory):
    with an_office(upgraded_sqlite_file, tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.fixture
def deal(office, request):
    """A deal of its own for each test: its quote id is the test's name, and the decision on it."""
    quote_id = f"Q/{request.node.name[5:60]}"
    decision = office.check(a_deal(quote_id))
    return SimpleNamespace(id=quote_id, address=f"/scorecards/quotes/{quote_id}", decision=decision)


def fix_of(decision):
    return next(each["finding_id"] for each in decision["findings"] if (each["remedy"] or {}).get("patch"))


def case_of(office, deal):
    return office.services.store.desk.case(SubjectType.QUOTE, deal.id)


# ------------------------------------------------------------------------------------------------- is said


def test_it_says_the_verdict_the_money_the_evidence_and_the_fix(office, deal):
    said = words(office.visit("analyst").get(deal.address))
    assert "Block Included allowance without an overage price on Seat" in said
    assert "$54,000 over the term" in said
    assert "lines[1].overage_unit_price nothing 50 catalog SEAT" in said
    assert "Set the overage price to $50" in said
    assert "not learned" in said


def test_a_line_goes_from_list_to_net_to_the_cent(office, deal):
    """500 seats at $40 for 36 months are $720,000; 10 % off all of it is $72,000, of which 24 months come back: $48,000; two
    months at $36 are free: $36,000.
    """
    said = words(office.visit("analyst").get(deal.address))
    for step in ("\u2212$72,000", "+$48,000", "\u2212$36,000", "$660,000", "8.33 % under list"):
        assert step in said
    assert "1 Jan 2028 31 Dec 2029 500 $40 0 % $480,000" in said


def test_a_score_comes_with_its_measured_tier_and_reasons(office, deal):
    scored(office.services, deal.decision["decision_id"])
    said = words(office.visit("analyst").get(deal.address))
    assert "of 412 deals scored so, 78 % leaked (74 % to 82 %)" in said
    assert "Deals of this rep leaked 3.1 times as often as the average raises the odds 4.1 times" in said
    assert "Learned from 18,231 deals" in said


def test_the_score_is_left_out_where_nothing_scored_and_says_why(office, deal):
    away = {
        "status": "unavailable",
        "score": None,
        "because": "The model was away.",
        "reasons": [],
        "leakage_types": [],
    }
    scored(office.services, deal.decision["decision_id"], **away)
    assert "Not scored. The model was away." in words(office.visit("analyst").get(deal.address))


def test_an_earlier_decision_is_looked_at_and_nothing_is_done_about_it(office, deal):
    office.check(a_deal(deal.id, SEATS | {"overage_unit_price": "50"}, revision="2"))
    visitor = office.visit("analyst")
    said = words(visitor.get(f"{deal.address}?decision={deal.decision['decision_id']}"))
    assert "This is an earlier decision" in said
    assert "Record it" not in said
    assert "cleared allowance-without-overage-price" in words(visitor.get(deal.address))


def test_a_hundred_lines_are_all_in_a_table_and_ten_at_a_time_in_full(office):
    lines = [SEATS | {"line_id": str(number), "product_name": f"Seats of team {number}"} for number in range(1, 101)]
    office.check(a_deal("Q-100", *lines))
    visitor = office.visit("analyst")
    first, sixth = visitor.get("/scorecards/quotes/Q-100"), visitor.get("/scorecards/quotes/Q-100?lines=57")
    assert "100 Seats of team 100 $720,000 \u2212$72,000 +$48,000 \u2212$36,000 $660,000 8.33 % under list" in words(
        first
    )
    assert "Shown in full: lines 1 to 10 of 100" in words(first)
    assert "Shown in full: lines 51 to 60 of 100" in words(sixth)
    assert "Line 57 Seats of team 57 500 \u00d7 $36" in words(sixth)
    assert len(first.data) < 200_000


def test_of_many_findings_alike_a_few_are_told_in_full_and_the_others_can_be_mended_with_them(office):
    lines = [SEATS | {"line_id": str(number), "product_name": f"Team {number}"} for number in range(1, 8)]
    decision = office.check(a_deal("Q-7", *lines))
    visitor = office.visit("analyst")
    page = visitor.get("/scorecards/quotes/Q-7")
    assert "And 3 more, whose fixes are chosen too" in words(page)
    assert page.text.count('class="panel cause') == 4
    assert words(page).index("Team 1 includes 500") < words(page).index("Team 2 includes 500")
    chosen = [
        each["finding_id"]
        for each in decision["findings"]
        if f'name="fix" value="{each["finding_id"]}" checked' in page.text
    ]
    assert len(chosen) == 7
    assert "Cleared 7" in words(visitor.post("/scorecards/quotes/Q-7", do="try", fix=chosen))


def test_an_address_that_asks_for_no_such_line_shows_the_first(office, deal):
    for asked in ("0", "-3", "x", "99999", "1e3", "²"):
        assert "Line 1 Seat 500 \u00d7 $36" in words(office.visit("analyst").get(f"{deal.address}?lines={asked}"))


# ------------------------------------------------------------------------------------------------ to whom


def test_a_rep_sees_the_fix_and_who_consents_but_no_score_and_no_limits(office, deal):
    scored(office.services, deal.decision["decision_id"])
    said = words(office.visit("rep", rep_id="rep-1").get(deal.address))
    assert "Set the overage price to $50" in said
    assert "Who has to consent" in said
    for hidden in ("Likely to leak", "Comparable", "3.1 times", "Evidence", "above the limit", "Your review"):
        assert hidden not in said


def test_a_rep_is_not_told_that_other_deals_exist(office, deal):
    answer = office.visit("rep", rep_id="rep-2").get(deal.address)
    assert answer.status_code == 404
    none = office.visit("rep", rep_id="rep-2").get("/scorecards/quotes/none")
    assert "No quote with this id was checked" in words(answer)
    assert "No quote with this id was checked" in words(none)


def test_an_auditor_reads_all_and_does_nothing(office, deal):
    auditor = office.visit("auditor")
    said = words(auditor.get(deal.address))
    assert "Comparable past deals" in said
    assert "Record it" not in said
    assert "Apply and check" not in said
    answer = auditor.post(deal.address, do="review", action="approve", reason="I may")
    assert answer.status_code == 403
    assert "Reviewing is for analysts and approvers." in words(answer)


def test_nobody_reviews_a_deal_of_their_own(office, deal):
    both = office.visit("analyst", "rep", rep_id="rep-1")
    assert "This is your own deal" in words(both.get(deal.address))
    answer = both.post(deal.address, do="review", action="reject", reason="No")
    assert answer.status_code == 403
    assert "Nobody reviews a deal of their own" in words(answer)


# ------------------------------------------------------------------------------------------- fixes tried


def test_a_fix_is_tried_without_a_trace(office, deal):
    answer = office.visit("analyst").post(deal.address, do="try", only=fix_of(deal.decision))
    said = words(answer)
    assert "block becomes allow" in said or "block becomes flag" in said
    assert "line 1: overage unit price nothing 50" in said
    assert "Cleared 1" in said
    assert case_of(office, deal).decision_id == deal.decision["decision_id"]


def test_a_tried_fix_is_sent_back_once(office, deal):
    visitor, version = office.visit("analyst"), str(case_of(office, deal).version)
    fields = {"do": "send-back", "fix": fix_of(deal.decision), "case_version": version, "reason": "By Friday, please."}
    assert visitor.post(deal.address, **fields).status_code == 303
    assert visitor.post(deal.address, **fields).status_code == 303
    assert "nothing was done twice" in words(visitor.get(deal.address))
    [review] = office.services.store.desk.reviews(SubjectType.QUOTE, deal.id)
    assert review.reason.startswith(
        "By Friday, please. Please apply: Set the overage price to $50. (line 1: overage unit price:"
    )
    assert '"path": "/lines/0/overage_unit_price"' in review.reason
    assert case_of(office, deal).state.value == "waiting_for_changes"


def test_nothing_chosen_is_said(office, deal):
    answer = office.visit("analyst").post(deal.address, do="try")
    assert answer.status_code == 422
    assert "Choose at least one fix." in words(answer)


# ---------------------------------------------------------------------------------------------- reviewed


def test_a_review_without_a_reason_keeps_what_was_typed(office, deal):
    answer = office.visit("analyst").post(deal.address, do="review", action="reject", escalate_to="cfo")
    assert answer.status_code == 422
    assert "Say why." in words(answer)
    assert 'value="cfo"' in answer.text


def test_what_blocks_is_not_approved_and_the_page_says_so(office, deal):
    answer = office.visit("analyst").post(deal.address, do="review", action="approve", reason="Worth it")
    assert answer.status_code == 409
    assert "What blocks cannot be approved" in words(answer)


def test_who_comes_second_is_told_who_was_first(office, deal):
    fields = {"do": "review", "action": "reject", "reason": "Not on these terms", "reason_code": "too-low"}
    assert office.visit("analyst").post(deal.address, **fields).status_code == 303
    answer = office.visit("analyst", name="second").post(deal.address, **fields | {"reason": "Nor on mine"})
    assert answer.status_code == 409
    assert "This was rejected already, by User-" in words(answer)


def test_a_review_of_newer_content_is_asked_for_again(office, deal):
    office.check(a_deal(deal.id, SEATS | {"net_unit_price": "31", "discounts": []}, revision="2"))
    old = deal.decision["decision_id"]
    answer = office.visit("analyst").post(deal.address, do="review", action="reject", reason="No", decision_id=old)
    assert answer.status_code == 409
    assert "newer content" in words(answer)


def test_a_waiver_that_lasts_too_long_is_told_at_its_field(office, deal):
    fields = {"do": "review", "action": "waive", "reason": "Until then", "expires_on": "2030-01-01"}
    answer = office.visit("analyst").post(deal.address, **fields, finding_ids=fix_of(deal.decision))
    assert answer.status_code == 422
    assert "a waiver holds for 90 days at most" in words(answer)


def test_a_quote_that_ran_out_is_not_reviewed(office, deal):
    office.check(a_deal(deal.id, revision="2", valid_until="2026-03-01T00:00:00Z"))
    answer = office.visit("analyst").post(deal.address, do="review", action="reject", reason="Too late")
    assert answer.status_code == 409
    assert "The quote ran out on 2026-03-01" in words(answer)


def test_what_changed_since_the_last_approval_is_shown_with_what_got_worse(office, deal):
    fine = SEATS | {"overage_unit_price": "50", "net_unit_price": "34", "discounts": []}
    office.check(a_deal(deal.id, fine, revision="2"))
    manager = office.visit("approver", approval_roles=("cfo",))
    assert manager.post(deal.address, do="review", action="approve", reason="Worth it").status_code == 303
    office.check(a_deal(deal.id, fine | {"net_unit_price": "31"}, revision="3"))
    said = words(office.visit("analyst").get(deal.address))
    assert "What changed since User-" in said
    assert "net unit price 34 31 worse" in said


def test_what_lowers_the_risk_is_looked_for_on_demand(office, deal):
    answer = office.visit("analyst").post(deal.address, do="lower")
    assert "under every threshold already" in words(answer)


def test_a_decision_of_an_earlier_version_is_shown_with_what_it_says(office, deal):
    stored = office.services.store.decisions.get(deal.decision["decision_id"]).decision
    document = json.loads(stored.document)
    for name in ("approval", "totals", "not_assessed", "valid_until"):
        del document[name]
    document["risk"] = {"status": "unavailable"}
    summary = replace(stored.summary, decision_id="dec_earlier")
    office.services.store.record(replace(stored, summary=summary, document=json.dumps(document).encode()))
    answer = office.visit("analyst").get(deal.address)
    assert answer.status_code == 200
    assert "Not scored." in words(answer)
