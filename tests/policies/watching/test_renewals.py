"""A renewal that comes near is told of while its price, and billing, can still be changed."""

from datetime import date
from decimal import Decimal

import pytest

from tests.builders import a_company
from tests.watched import CALLS, SEATS, a_contract, a_set_up, because, only_alert, seen

RENEWS = {"auto_renew": True, "term_months": 12, "uplift_percent": "5"}
NEAR = "2026-10-15"


def money(alert):
    amount = alert.finding.amount_at_risk
    return amount.per_period, amount.remaining_term


def test_an_uplift_that_billing_does_not_have_is_lost_over_the_renewed_term():
    alert = only_alert(seen(a_contract(renewal=RENEWS), a_set_up(auto_renew=True), on=NEAR))
    assert alert.finding.policy_id == "renewal-uplift-not-in-billing"
    assert money(alert) == (Decimal("400.00"), Decimal("4800.00"))  # 5 % of $8,000 a month, for twelve months
    assert (alert.due_on, alert.happens_on) == (date(2026, 12, 31), date(2027, 1, 1))


def test_an_uplift_that_is_too_small_in_billing_loses_the_rest():
    alert = only_alert(seen(a_contract(renewal=RENEWS), a_set_up(SEATS | {"uplift_percent": "2"}), on=NEAR))
    assert money(alert) == (Decimal("240.00"), Decimal("2880.00"))


def test_the_cap_bounds_what_is_agreed():
    capped = RENEWS | {"cap_percent": "3"}
    alert = only_alert(seen(a_contract(renewal=capped), a_set_up(), on=NEAR))
    assert money(alert)[0] == Decimal("240.00")


def test_a_renewal_that_billing_follows_is_quiet():
    watched = seen(a_contract(renewal=RENEWS), a_set_up(SEATS | {"uplift_percent": "5"}, auto_renew=True), on=NEAR)
    assert (watched.alerts, watched.not_assessed) == ((), ())


@pytest.mark.parametrize(("day", "alerts"), [("2026-10-01", 0), ("2026-10-02", 1), ("2026-12-31", 1)])
def test_it_speaks_within_ninety_days_of_the_last_one(day, alerts):
    assert len(seen(a_contract(renewal=RENEWS), a_set_up(), on=day).alerts) == alerts


def test_a_renewal_without_an_agreed_uplift_is_measured_by_the_companys_minimum():
    company = a_company(renewal={"minimum_uplift_percent": "3"})
    contract = a_contract(renewal={"auto_renew": True, "notice_days": 60})
    alert = only_alert(seen(contract, a_set_up(), on="2026-10-05", company=company), "renewal-without-uplift")
    assert money(alert) == (Decimal("240.00"), Decimal("2880.00"))
    assert alert.due_on == date(2026, 11, 1)  # the last day for notice, sixty days before the last


def test_without_a_minimum_the_money_is_not_known():
    alert = only_alert(seen(a_contract(renewal={"auto_renew": True}), a_set_up(), on=NEAR))
    assert money(alert) == (None, None)
    assert "no minimum uplift" in alert.finding.amount_at_risk.assumptions[-1]


def test_billing_that_stops_loses_the_renewed_term_and_its_uplift_once():
    alert = only_alert(seen(a_contract(renewal=RENEWS), a_set_up(auto_renew=False), on=NEAR))
    assert alert.finding.policy_id == "billing-stops-at-renewal"
    assert money(alert) == (Decimal("8400.00"), Decimal("100800.00"))  # $8,000 and 5 % a month


def test_a_charge_that_ends_with_the_term_stops_where_billing_does_not_say_that_it_renews():
    ending = SEATS | {"end_date": "2026-12-31"}
    assert only_alert(seen(a_contract(renewal=RENEWS), a_set_up(ending), on=NEAR)).finding.pattern == "R03"


def test_an_agreement_that_does_not_renew_is_told_by_what_a_month_is_worth():
    alert = only_alert(seen(a_contract(renewal={"auto_renew": False}), a_set_up(), on=NEAR))
    assert alert.finding.policy_id == "agreement-ends-without-renewal"
    assert money(alert) == (Decimal("8000.00"), None)


def test_billing_that_outlives_the_agreement_is_told_beside_it_and_not_netted():
    watched = seen(a_contract(renewal={"auto_renew": False}), a_set_up(auto_renew=True), on=NEAR)
    assert {each.finding.direction.value for each in watched.alerts} == {"under", "over"}


def test_an_agreement_that_does_not_say_whether_it_renews_cannot_be_told():
    watched = seen(a_contract(), a_set_up(), on=NEAR)
    assert watched.alerts == ()
    assert "does not say whether it renews" in because(watched)


def test_without_a_configuration_the_uplift_in_billing_cannot_be_told():
    watched = seen(a_contract(renewal=RENEWS), on=NEAR)
    assert watched.alerts == ()
    assert "no billing configuration is known" in because(watched)


def test_what_hangs_on_use_has_no_money():
    watched = seen(a_contract(SEATS, CALLS, renewal=RENEWS), a_set_up(SEATS, CALLS), on=NEAR)
    [alert] = [each for each in watched.alerts if each.finding.policy_id == "renewal-uplift-not-in-billing"]
    assert money(alert) == (None, None)
    assert alert.finding.line_ids == ("1", "2")
