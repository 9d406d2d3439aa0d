"""Days after which something can no longer be changed are told of before they pass."""

from datetime import date
from decimal import Decimal

import pytest

from tests.builders import a_company
from tests.watched import SEATS, a_contract, a_set_up, only_alert, seen

RENEWS = {"auto_renew": True, "term_months": 12, "uplift_percent": "5", "notice_days": 60}
FOLLOWED = a_set_up(SEATS | {"uplift_percent": "5"}, auto_renew=True)


@pytest.mark.parametrize(
    ("day", "alerts"), [("2026-10-01", 0), ("2026-10-02", 1), ("2026-11-01", 1), ("2026-11-02", 0)]
)
def test_the_last_day_for_notice_is_told_thirty_days_before(day, alerts):
    watched = seen(a_contract(renewal=RENEWS), FOLLOWED, on=day)
    assert len(watched.alerts) == alerts


def test_it_says_what_happens_after_it():
    alert = only_alert(seen(a_contract(renewal=RENEWS), FOLLOWED, on="2026-10-15"))
    assert alert.due_on == date(2026, 11, 1)
    assert alert.finding.message == (
        "2026-11-01 is the last day for notice; after it the agreement renews for 12 months from 2027-01-01 on as it stands."
    )
    assert (alert.finding.direction.value, alert.finding.amount_at_risk) == ("compliance", None)


def test_an_agreement_that_does_not_renew_by_itself_has_no_such_day():
    contract = a_contract(renewal=RENEWS | {"auto_renew": False})
    found = seen(contract, FOLLOWED, on="2026-10-15").alerts
    assert "notice-deadline" not in {each.finding.policy_id for each in found}


def locked(text, **terms):
    return a_contract(special_terms=[{"text": text}], **terms)


def test_the_end_of_a_price_lock_is_told_with_what_the_uplift_would_bring():
    company = a_company(renewal={"minimum_uplift_percent": "3"})
    contract = locked("Prices are fixed for 9 months.")
    alert = only_alert(seen(contract, on="2026-08-15", company=company))
    assert (alert.due_on, alert.happens_on) == (date(2026, 9, 30), date(2026, 10, 1))
    amount = alert.finding.amount_at_risk
    assert (amount.per_period, amount.remaining_term) == (
        Decimal("240.00"),
        Decimal("720.00"),
    )  # 3 % of $8,000, three months
    assert alert.finding.pattern == "Q06"


def test_a_lock_without_a_known_rise_has_no_money():
    alert = only_alert(seen(locked("Prices are fixed for 9 months."), on="2026-08-15"))
    assert alert.finding.amount_at_risk.remaining_term is None


@pytest.mark.parametrize(
    "text", ["Prices are fixed for ever.", "Support within 9 months.", "Prices are fixed for 24 months."]
)
def test_a_clause_that_ends_at_no_near_day_is_quiet(text):
    assert seen(locked(text), on="2026-08-15").alerts == ()
