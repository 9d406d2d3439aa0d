from decimal import Decimal

import pytest

from policies.domain.schedule import charges, line_total, resolve
from tests.builders import a_line, a_quote, a_usage_line

THOUSAND_A_QUARTER = {"amount": "1000", "period": "quarter", "true_up": True}


def always(quantity):
    return lambda _: Decimal(quantity)


def found(line, usage, **header):
    return charges(resolve(line, a_quote(**header)), usage)


def true_ups(line, usage, **header):
    """(invoice date, amount) of each shortfall."""
    return [(str(charge.invoice_date), charge.amount) for charge in found(line, usage, **header) if charge.true_up]


def test_the_shortfall_is_billed_the_day_after_the_commitments_period():
    line = a_usage_line(net_unit_price="1", minimum_commitment=THOUSAND_A_QUARTER)
    assert true_ups(line, always(300), end_date="2026-06-30") == [("2026-04-01", 100), ("2026-07-01", 100)]
    assert true_ups(line, always(400)) == []


@pytest.mark.parametrize("usage", [None, always(0)])
def test_the_whole_commitment_is_billed_for_no_use(usage):
    line = a_usage_line(minimum_commitment=THOUSAND_A_QUARTER)
    bills = found(line, usage)
    assert [charge.amount for charge in bills] == [Decimal("1000.00")] * 4
    assert line_total(resolve(line, a_quote())) == 4000


def test_use_of_one_unit_less_than_committed_is_billed_as_the_commitment():
    line = a_usage_line(net_unit_price="1", minimum_commitment={"amount": "1000", "period": "month", "true_up": True})
    assert sum(charge.amount for charge in found(line, always(999), end_date="2026-01-31")) == 1000


def test_a_part_of_a_commitments_period_commits_to_its_share():
    line = a_usage_line(minimum_commitment=THOUSAND_A_QUARTER, billing_start_date="2026-02-15")
    assert true_ups(line, None, end_date="2026-03-31") == [("2026-04-01", 500)]  # 45 of 90 days


@pytest.mark.parametrize("change", [{"true_up": False}, {"true_up": None}, {"period": None}, {"period": "one_time"}])
def test_a_commitment_that_billing_could_not_act_on_bills_nothing(change):
    line = a_usage_line(minimum_commitment=THOUSAND_A_QUARTER | change)
    assert found(line, None) == ()


def test_a_commitment_for_the_term_is_settled_at_its_end():
    line = a_usage_line(net_unit_price="1", minimum_commitment=THOUSAND_A_QUARTER | {"period": "term"})
    assert true_ups(line, always(50)) == [("2027-01-01", 400)]


def test_an_invoice_for_longer_than_the_commitments_period_counts_by_days():
    line = a_line(
        quantity="1", net_unit_price="365", price_period="year", billing_frequency="annual",
        minimum_commitment={"amount": "100", "period": "quarter", "true_up": True},
    )  # fmt: skip
    # A dollar a day: 90, 91, 92 and 92 of the 100 that each quarter commits to.
    assert [amount for _, amount in true_ups(line, None)] == [10, 9, 8, 8]


def test_prepaid_credit_pays_for_use_until_it_is_burned():
    line = a_usage_line(net_unit_price="1", drawdown={"credit_amount": "250"})
    bills = found(line, always(100), end_date="2026-04-30")
    burned = [charge.amount for charge in bills if charge.kind == "credit"]
    assert burned == [-100, -100, -50]
    assert sum(charge.amount for charge in bills) == 150


def test_credit_that_expires_within_a_month_pays_for_the_days_before():
    line = a_usage_line(net_unit_price="1", drawdown={"credit_amount": "1000", "expires_on": "2026-02-14"})
    burned = [charge.amount for charge in found(line, always(100)) if charge.kind == "credit"]
    assert burned == [-100, -50]  # 14 of February's 28 days


def test_credit_pays_neither_the_subscription_nor_a_true_up():
    seats = a_line(included_quantity="10", overage_unit_price="5", drawdown={"credit_amount": "40"})
    burned = [charge.amount for charge in found(seats, always(15)) if charge.kind == "credit"]
    assert burned == [-25, -15]
    committed = a_usage_line(drawdown={"credit_amount": "500"}, minimum_commitment=THOUSAND_A_QUARTER)
    assert all(charge.amount > 0 for charge in found(committed, None))


def test_the_total_of_a_fee_that_comes_once_contains_the_commitment_it_is_held_to():
    committed = {"amount": "250", "period": "quarter", "true_up": True}
    line = a_line(charge_type="one_time", quantity="1", net_unit_price="100", minimum_commitment=committed)
    # 100 counts towards the first quarter: 150 is short in it, and 250 in each of the three that follow.
    assert [amount for _, amount in true_ups(line, None)] == [150, 250, 250, 250]
    assert line_total(resolve(line, a_quote())) == 1000


def test_half_a_cent_of_a_commitments_share_is_rounded_up():
    committed = {"amount": "100.05", "period": "month", "true_up": True}
    line = a_usage_line(minimum_commitment=committed, end_date="2026-04-01")
    # 1 April is one of 30 days: 100.05 / 30 = 3.335.
    assert true_ups(line, None)[-1] == ("2026-04-02", Decimal("3.34"))
