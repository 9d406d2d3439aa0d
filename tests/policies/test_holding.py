"""A blocked configuration waits with its first invoice until it is mended or waived, and somebody hears of it in time."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from policies.domain.billing import BillingConfiguration
from policies.domain.decision import Decision, Verdict
from policies.domain.finding import Direction, Effect, Finding
from policies.holding import HoldEvent, HoldReason, HoldState, escalated, hold_after, released_by_hand
from tests.builders import a_company, a_line, built

# Wednesday 4 March 2026; the invoice is due on Monday 16 March, whose three working days before are 11, 12 and 13 March.
WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
INVOICE = "2026-03-16"


def on(day, hour=12):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def a_finding(**terms):
    defaults = {
        "finding_id": "fnd_1",
        "policy_id": "overage-not-set-up",
        "pattern": "B03",
        "effect": Effect.BLOCK,
        "direction": Direction.UNDER,
        "message": "No overage price.",
    }
    return Finding(**(defaults | terms))


def a_verdict(verdict, *findings, decision_id="dec_1"):
    return Decision(
        decision_id=decision_id,
        subject=None,
        verdict=verdict,
        headline="The headline.",
        findings=findings,
        totals={Direction.UNDER: Decimal("14400.00")},
        currency="USD",
        risk=None,
        approval=None,
        not_assessed=(),
        policy_version="sha256:p",
        evaluated_at=WEDNESDAY,
    )


def blocked(**terms):
    return a_verdict(Verdict.BLOCK, a_finding(), **terms)


def a_configuration(**terms):
    defaults = {
        "billing_configuration_id": "BC-1",
        "currency": "USD",
        "charges": [{"charge_id": "c", "terms": a_line()}],
        "revision": "2",
        "agreement_id": "AG-1",
        "account": {"account_id": "A-1"},
        "first_invoice_date": INVOICE,
    }
    return built(BillingConfiguration, defaults | terms)


def held(at=WEDNESDAY, **terms):
    return hold_after(blocked(), a_configuration(**terms), None, None, at).hold


def test_a_block_holds_with_its_reasons_and_its_money():
    change = hold_after(blocked(), a_configuration(), None, None, WEDNESDAY)
    hold = change.hold
    assert change.events == (HoldEvent.HELD,)
    assert (hold.state, hold.since, hold.held_since) == (HoldState.HELD, WEDNESDAY, WEDNESDAY)
    assert hold.reasons == (
        HoldReason(finding_id="fnd_1", policy_id="overage-not-set-up", message="No overage price."),
    )
    assert (hold.at_risk_under, hold.at_risk_over, hold.currency) == (Decimal("14400.00"), None, "USD")
    assert (hold.agreement_id, hold.account_id, hold.revision) == ("AG-1", "A-1", "2")


@pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.FLAG])
def test_what_is_not_blocked_is_not_held(verdict):
    change = hold_after(a_verdict(verdict), a_configuration(), None, None, WEDNESDAY)
    assert (change.hold.state, change.events) == (HoldState.NONE, ())


def test_a_flag_holds_where_the_company_says_so():
    flagged = a_verdict(Verdict.FLAG, a_finding(effect=Effect.FLAG), a_finding(effect=Effect.SHADOW))
    company = a_company(first_invoice={"hold_flagged": True})
    hold = hold_after(flagged, a_configuration(), None, company, WEDNESDAY).hold
    assert hold.state is HoldState.HELD
    assert len(hold.reasons) == 1


def test_a_block_that_no_finding_causes_is_told_by_its_headline():
    hold = hold_after(a_verdict(Verdict.BLOCK), a_configuration(), None, None, WEDNESDAY).hold
    assert [each.message for each in hold.reasons] == ["The headline."]


def test_a_clean_recheck_releases_and_names_the_decision():
    change = hold_after(a_verdict(Verdict.ALLOW, decision_id="dec_2"), a_configuration(), held(), None, on(5))
    hold = change.hold
    assert change.events == (HoldEvent.RELEASED,)
    assert (hold.state, hold.since, hold.held_since, hold.reasons) == (HoldState.RELEASED, on(5), None, ())
    assert (hold.released_by, hold.released_why) == ("recheck", "dec_2 found nothing that stands in the way")


def test_a_waiver_releases_at_the_recheck_and_names_who_gave_it():
    waived = a_verdict(Verdict.ALLOW, a_finding(waived_by="cfo"), decision_id="dec_2")
    hold = hold_after(waived, a_configuration(), held(), None, on(5)).hold
    assert hold.state is HoldState.RELEASED
    assert (hold.released_by, hold.released_why) == ("cfo", "overage-not-set-up waived, as dec_2 has it on record")


def test_a_recheck_that_finds_the_same_is_no_event_and_one_that_finds_another_is():
    same = hold_after(blocked(decision_id="dec_2"), a_configuration(), held(), None, on(5))
    assert (same.events, same.hold.decision_id, same.hold.since) == ((), "dec_2", WEDNESDAY)
    other = a_verdict(Verdict.BLOCK, a_finding(finding_id="fnd_2"))
    assert hold_after(other, a_configuration(), held(), None, on(5)).events == (HoldEvent.KEPT,)


def test_what_was_released_stays_so_until_it_is_blocked_again():
    released = hold_after(a_verdict(Verdict.ALLOW), a_configuration(), held(), None, on(5)).hold
    again = hold_after(a_verdict(Verdict.ALLOW, decision_id="dec_3"), a_configuration(), released, None, on(6))
    assert (again.events, again.hold.since, again.hold.released_by) == ((), on(5), "recheck")
    back = hold_after(blocked(), a_configuration(), again.hold, None, on(6))
    assert (back.events, back.hold.held_since, back.hold.released_by) == ((HoldEvent.HELD,), on(6), None)


@pytest.mark.parametrize(("day", "state"), [(10, None), (11, HoldState.ESCALATED), (13, HoldState.ESCALATED)])
def test_it_is_escalated_three_working_days_before_the_first_invoice(day, state):
    change = escalated(held(), None, on(day))
    assert (change and change.hold.state) is state


def test_the_company_says_how_many_days_and_which_of_them_are_worked():
    company = a_company(first_invoice={"escalate_business_days": 1}, calendar={"holidays": (date(2026, 3, 13),)})
    assert escalated(held(), company, on(11)) is None
    assert escalated(held(), company, on(12)).events == (HoldEvent.ESCALATED,)


def test_the_day_is_the_companys_own():
    company = a_company(calendar={"time_zone": "America/New_York"})
    assert escalated(held(), company, on(11, hour=3)) is None  # still the 10th there
    assert escalated(held(), company, on(11, hour=5)) is not None


def test_it_is_overdue_the_day_after_the_first_invoice_and_only_once():
    near = escalated(held(), None, on(16)).hold
    assert not near.is_overdue
    late = escalated(near, None, on(17))
    assert (late.events, late.hold.is_overdue, late.hold.since) == ((HoldEvent.OVERDUE,), True, on(16))
    assert escalated(late.hold, None, on(18)) is None


def test_what_is_blocked_when_the_invoice_is_near_is_escalated_at_once():
    change = hold_after(blocked(), a_configuration(), None, None, on(13))
    assert (change.events, change.hold.state) == ((HoldEvent.HELD, HoldEvent.ESCALATED), HoldState.ESCALATED)


def test_a_later_first_invoice_takes_the_escalation_back():
    near = hold_after(blocked(), a_configuration(), None, None, on(17)).hold
    assert (near.state, near.is_overdue) == (HoldState.ESCALATED, True)
    moved = hold_after(blocked(), a_configuration(first_invoice_date="2026-06-01"), near, None, on(17))
    assert (moved.events, moved.hold.state) == ((HoldEvent.KEPT,), HoldState.HELD)
    assert (moved.hold.is_overdue, moved.hold.held_since) == (False, on(17))


def test_without_a_date_a_hold_is_escalated_after_as_many_working_days():
    hold = held(first_invoice_date=None)
    assert hold.first_invoice_date is None
    assert escalated(hold, None, on(6)) is None
    assert escalated(hold, None, on(9)).hold.state is HoldState.ESCALATED  # 5, 6 and 9 March


def test_what_is_not_held_is_never_escalated():
    released = replace(held(), state=HoldState.RELEASED)
    assert escalated(released, None, on(31)) is None


def test_the_first_invoice_is_the_earliest_that_a_charge_leads_to():
    charges = [
        {"charge_id": "a", "trial_days": 14, "terms": a_line(start_date="2026-04-01")},
        {
            "charge_id": "b",
            "terms": a_line(start_date="2026-03-01", billing_timing="in_arrears", billing_frequency="monthly"),
        },
        {"charge_id": "c", "terms": a_line()},
    ]
    hold = held(first_invoice_date=None, charges=charges)
    assert hold.first_invoice_date == date(2026, 4, 1)


def by_hand(hold, at=WEDNESDAY):
    return released_by_hand(hold, "Bill (bill)", "they agreed by phone", at)


def test_a_person_lets_go_what_is_held_and_answers_for_its_reasons():
    change = by_hand(held())
    assert (change.hold.state, change.events) == (HoldState.RELEASED, (HoldEvent.RELEASED,))
    assert (change.hold.released_by, change.hold.released_why) == ("Bill (bill)", "they agreed by phone")
    assert change.hold.reasons == held().reasons
    assert by_hand(change.hold) is None


def test_the_same_reasons_found_again_do_not_hold_what_a_person_let_go():
    again = hold_after(blocked(decision_id="dec_2"), a_configuration(), by_hand(held()).hold, None, on(5))
    assert (again.hold.state, again.events) == (HoldState.RELEASED, ())
    assert (again.hold.released_by, again.hold.since, again.hold.decision_id) == ("Bill (bill)", WEDNESDAY, "dec_2")


@pytest.mark.parametrize("news", [{"message": "No overage price, and twice the money."}, {"finding_id": "fnd_2"}])
def test_anything_else_in_the_way_holds_it_again(news):
    decision = a_verdict(Verdict.BLOCK, a_finding(**news), decision_id="dec_2")
    again = hold_after(decision, a_configuration(), by_hand(held()).hold, None, on(5))
    assert (again.hold.state, again.events) == (HoldState.HELD, (HoldEvent.HELD,))
    assert again.hold.released_by is None


def test_what_was_mended_after_a_release_is_held_by_the_next_block():
    mended = hold_after(a_verdict(Verdict.ALLOW), a_configuration(), by_hand(held()).hold, None, on(5)).hold
    assert hold_after(blocked(), a_configuration(), mended, None, on(6)).hold.state is HoldState.HELD
