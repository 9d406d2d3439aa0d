"""A discount that is about to end is told of while billing can still be given its price step."""

from datetime import date
from decimal import Decimal

import pytest

from tests.builders import a_company
from tests.watched import A_DISCOUNT, CALLS, SEATS, a_contract, a_set_up, because, only_alert, seen

DISCOUNTED = SEATS | A_DISCOUNT


def test_billing_without_the_end_goes_on_at_the_discounted_price():
    alert = only_alert(seen(a_contract(DISCOUNTED), a_set_up(SEATS), on="2026-03-10"))
    amount = alert.finding.amount_at_risk
    # 100 seats go from $80 to $100: $2,000 a month, for April to December.
    assert (amount.per_period, amount.remaining_term) == (Decimal("2000.00"), Decimal("18000.00"))
    assert (alert.due_on, alert.happens_on) == (date(2026, 3, 31), date(2026, 4, 1))
    assert (alert.finding.pattern, alert.finding.direction.value) == ("R02", "under")
    assert "$2,000 a month" in alert.finding.message
    assert alert.finding.evidence[0].actual == "8000.00 a month from 2026-04-01 on"
    assert alert.finding.evidence[0].expected == "10000.00 a month"


@pytest.mark.parametrize(
    "charge",
    [
        DISCOUNTED,
        SEATS | {"ramp": [{"start_date": "2026-04-01", "net_unit_price": "100"}]},
        SEATS
        | {
            "price_period": "year",
            "net_unit_price": "960",
            "ramp": [{"start_date": "2026-04-01", "net_unit_price": "1200"}],
        },
    ],
)
def test_a_price_step_in_any_spelling_is_one(charge):
    assert seen(a_contract(DISCOUNTED), a_set_up(charge), on="2026-03-10").alerts == ()


def test_two_charges_one_after_the_other_are_a_price_step():
    first = SEATS | {"charge_id": "a", "end_date": "2026-03-31"}
    second = SEATS | {"charge_id": "b", "start_date": "2026-04-01", "net_unit_price": "100"}
    assert seen(a_contract(DISCOUNTED), a_set_up(first, second), on="2026-03-10").alerts == ()


def test_a_step_that_is_too_small_leaves_the_rest():
    charge = SEATS | {"ramp": [{"start_date": "2026-04-01", "net_unit_price": "95"}]}
    alert = only_alert(seen(a_contract(DISCOUNTED), a_set_up(charge), on="2026-03-10"))
    assert alert.finding.amount_at_risk.remaining_term == Decimal("4500.00")  # $5 for 100 seats and nine months


@pytest.mark.parametrize(
    ("day", "alerts"), [("2026-02-28", 0), ("2026-03-01", 1), ("2026-03-31", 1), ("2026-04-01", 0)]
)
def test_it_speaks_within_thirty_days_of_the_last_one(day, alerts):
    assert len(seen(a_contract(DISCOUNTED), a_set_up(SEATS), on=day).alerts) == alerts


def test_the_company_says_how_early():
    company = a_company(watch={"discount_end_days": 60})
    assert len(seen(a_contract(DISCOUNTED), a_set_up(SEATS), on="2026-01-30", company=company).alerts) == 1
    assert len(seen(a_contract(DISCOUNTED), a_set_up(SEATS), on="2026-01-29", company=company).alerts) == 0


def test_without_a_configuration_nobody_can_tell():
    watched = seen(a_contract(DISCOUNTED), on="2026-03-10")
    assert watched.alerts == ()
    assert "no billing configuration is known" in because(watched)


def test_a_line_that_no_charge_bills_cannot_be_told():
    watched = seen(a_contract(DISCOUNTED), a_set_up(CALLS), on="2026-03-10")
    assert "no charge of BC-1 bills it" in because(watched)


def test_a_configuration_in_another_currency_is_not_compared():
    watched = seen(a_contract(DISCOUNTED), a_set_up(SEATS, currency="EUR"), on="2026-03-10")
    assert watched.alerts == ()
    assert "bills in EUR" in watched.not_assessed[0].because


def test_a_rate_for_use_is_held_to_its_share():
    terms = {"list_unit_price": "0.025", "discounts": [{"percent": "20", "ends_on": "2026-03-31"}]}
    alert = only_alert(seen(a_contract(CALLS | terms), a_set_up(CALLS), on="2026-03-10"))
    assert alert.finding.amount_at_risk.remaining_term is None
    assert seen(a_contract(CALLS | terms), a_set_up(CALLS | terms), on="2026-03-10").alerts == ()


def test_the_same_alert_has_the_same_id_on_another_day_and_in_another_agreement_not():
    first, later = (seen(a_contract(DISCOUNTED), a_set_up(SEATS), on=day) for day in ("2026-03-05", "2026-03-20"))
    other = seen(a_contract(DISCOUNTED, agreement_id="AG-2"), a_set_up(SEATS), on="2026-03-05")
    assert only_alert(first).alert_id == only_alert(later).alert_id
    assert only_alert(first).alert_id != only_alert(other).alert_id


@pytest.mark.parametrize("day", ["2025-12-31", "2027-01-01"])
def test_an_agreement_that_is_not_in_force_is_left_alone(day):
    watched = seen(a_contract(DISCOUNTED), on=day)
    assert (watched.alerts, watched.not_assessed) == ((), ())


def test_an_amendment_that_changed_the_line_is_what_holds():
    amendment = {"amendment_id": "AM-1", "effective_date": "2026-02-01", "lines": [SEATS]}
    assert seen(a_contract(DISCOUNTED, amendments=[amendment]), a_set_up(SEATS), on="2026-03-10").alerts == ()


def test_one_charge_for_two_lines_is_held_to_the_sum_of_both():
    training = SEATS | {"line_id": "2", "product_id": "TRAINING", "net_unit_price": "20", "parent_line_id": "1"}
    both = SEATS | {"net_unit_price": "100"}
    alert = only_alert(seen(a_contract(DISCOUNTED, training), a_set_up(both), on="2026-03-10"))
    assert alert.finding.amount_at_risk.per_period == Decimal("2000.00")
    stepped = both | {"ramp": [{"start_date": "2026-04-01", "net_unit_price": "120"}]}
    assert seen(a_contract(DISCOUNTED, training), a_set_up(stepped), on="2026-03-10").alerts == ()
