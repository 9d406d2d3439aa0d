"""A commitment that will fall short is told of before its period ends, with what a true-up would bill."""

from datetime import date
from decimal import Decimal

import pytest

from tests.watched import CALLS, SEATS, a_contract, a_set_up, because, only_alert, seen, used


def committed(amount="2000", period="year", **terms):
    return CALLS | {"minimum_commitment": {"amount": amount, "period": period, "true_up": True} | terms}


def all_year(a_day, until="2026-10"):
    """The same use on each day of January to the month before, and on ten days of that one."""
    days = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30}
    found = [record for month, last in days.items() for record in used(f"2026-{month:02}-01", last, a_day)]
    return found + used(f"{until}-01", 10, a_day)


def test_the_shortfall_is_what_the_true_up_would_bill_at_this_pace():
    alert = only_alert(seen(a_contract(committed()), a_set_up(CALLS), all_year(200), on="2026-10-10"))
    # 200 a day at $0.02 is $4 a day, $1,460 in the year: $540 short of $2,000.
    assert alert.finding.amount_at_risk.remaining_term == Decimal("540.00")
    assert (alert.due_on, alert.happens_on) == (date(2026, 12, 31), date(2027, 1, 1))
    assert (alert.finding.pattern, alert.finding.confidence) == ("B09", Decimal("0.60"))
    assert alert.finding.message.endswith(", and billing has no true-up.")
    assert "linear pace from 283 of 365 days" in alert.finding.amount_at_risk.assumptions


def test_billing_that_trues_up_loses_nothing():
    alert = only_alert(seen(a_contract(committed()), a_set_up(committed()), all_year(200), on="2026-10-10"))
    assert alert.finding.amount_at_risk.remaining_term == Decimal("0.00")
    assert alert.finding.amount_at_risk.per_period == Decimal("540.00")


def test_an_agreement_without_a_true_up_is_the_sellers_matter():
    alert = only_alert(seen(a_contract(committed(true_up=False)), usage=all_year(200), on="2026-10-10"))
    assert (alert.finding.pattern, alert.finding.owner) == ("Q12", "deal-desk")


@pytest.mark.parametrize(("day", "alerts"), [("2026-10-01", 0), ("2026-10-02", 1)])
def test_it_speaks_within_ninety_days_of_the_end(day, alerts):
    usage = [each for each in all_year(200) if each.period_start <= date.fromisoformat(day)]
    assert len(seen(a_contract(committed()), usage=usage, on=day).alerts) == alerts


def test_a_pace_that_meets_it_is_quiet():
    assert seen(a_contract(committed()), usage=all_year(280), on="2026-10-10").alerts == ()  # $2,044


def test_a_month_without_a_record_leaves_it_unknown():
    usage = [each for each in all_year(200) if each.period_start.month != 5]
    watched = seen(a_contract(committed()), usage=usage, on="2026-10-10")
    assert watched.alerts == ()
    assert "is not known" in because(watched, "commitment-falls-short")


def test_a_commitment_by_the_month_looks_at_the_open_month():
    alert = only_alert(seen(a_contract(committed("300", "month")), usage=all_year(200), on="2026-10-10"))
    assert alert.finding.amount_at_risk.per_period == Decimal("176.00")  # 31 days at $4 are $124
    assert alert.due_on == date(2026, 10, 31)


def test_a_price_that_does_not_hang_on_use_is_no_guess():
    line = SEATS | {"minimum_commitment": {"amount": "100000", "period": "year", "true_up": True}}
    watched = seen(a_contract(line), on="2026-10-10")
    [alert] = watched.alerts
    assert alert.finding.amount_at_risk.per_period == Decimal("4000.00")  # 12 times $8,000 are $96,000
    assert alert.finding.confidence == Decimal("0.97")
