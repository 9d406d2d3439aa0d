"""Prepaid credit is told of when it will be left over, and when it will not last."""

from datetime import date
from decimal import Decimal

from tests.policies.watching.test_commitments import all_year
from tests.watched import CALLS, SEATS, a_contract, a_set_up, because, only_alert, seen, used


def prepaid(amount, **terms):
    return CALLS | {"drawdown": {"credit_amount": amount} | terms}


def test_credit_that_will_be_left_is_the_customers_exposure():
    alert = only_alert(seen(a_contract(prepaid("2000")), usage=all_year(200), on="2026-10-10"))
    # $4 a day burn $1,460 in the year.
    assert alert.finding.policy_id == "prepaid-credit-expires-unused"
    assert (alert.finding.direction.value, alert.finding.amount_at_risk.remaining_term) == ("over", Decimal("540.00"))
    assert alert.due_on == date(2026, 12, 31)


def test_credit_that_expires_early_is_left_earlier():
    line = prepaid("2000", expires_on="2026-10-31")
    alert = only_alert(seen(a_contract(line), usage=all_year(200), on="2026-10-10"))
    assert alert.finding.amount_at_risk.remaining_term == Decimal("784.00")  # 304 days at $4 are $1,216
    assert alert.due_on == date(2026, 10, 31)


def test_credit_that_runs_out_names_the_day_and_what_use_costs_from_then_on():
    alert = only_alert(seen(a_contract(prepaid("1200")), usage=all_year(200), on="2026-10-10"))
    # $1,200 are burned in 300 days: the 300th is 27 October, so the 28th is the first that is not paid for.
    assert alert.finding.policy_id == "prepaid-credit-runs-out"
    assert alert.happens_on == date(2026, 10, 28)
    assert alert.finding.amount_at_risk.remaining_term == Decimal("260.00")
    assert alert.finding.direction.value == "under"


def test_use_beyond_the_credit_that_billing_charges_is_not_lost():
    contract = a_contract(prepaid("1200"))
    billed = only_alert(seen(contract, a_set_up(prepaid("1200")), all_year(200), on="2026-10-10"))
    unpriced = only_alert(seen(contract, a_set_up(CALLS | {"net_unit_price": "0"}), all_year(200), on="2026-10-10"))
    assert billed.finding.amount_at_risk.remaining_term == Decimal("0.00")
    assert unpriced.finding.amount_at_risk.remaining_term == Decimal("260.00")


def test_credit_that_lasts_and_one_that_is_far_from_its_end_are_quiet():
    assert seen(a_contract(prepaid("1460")), usage=all_year(200), on="2026-10-10").alerts == ()
    march = used("2026-01-01", 31, 200)
    assert seen(a_contract(prepaid("2000")), usage=march, on="2026-02-10").alerts == ()


def test_credit_that_is_burned_already_is_no_news():
    assert seen(a_contract(prepaid("400")), usage=all_year(200), on="2026-10-10").alerts == ()


def test_credit_without_a_record_of_use_cannot_be_told():
    watched = seen(a_contract(prepaid("2000")), on="2026-12-10")
    assert "0 days of its use are known" in because(watched, "prepaid-credit-ends")


def test_credit_on_a_line_that_bills_no_use_is_left_alone():
    line = SEATS | {"drawdown": {"credit_amount": "100"}}
    assert seen(a_contract(line), on="2026-03-10").alerts == ()
