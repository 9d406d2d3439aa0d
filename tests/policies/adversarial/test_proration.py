"""Proration and period boundaries, cases X01 to X11: each value is worked out by hand in the comment beside it."""

from datetime import date
from decimal import Decimal

from policies.auditing.audit import audit
from policies.domain.schedule import line_total, resolve
from tests.billing import amounts, bills, dates, expected, found
from tests.billing_documents import a_usage, an_agreement, an_invoice, price
from tests.builders import a_line, a_quote

PLAIN = {"quantity": "1", "included_quantity": None, "overage_unit_price": None}


def changed(effective, **line):
    """An amendment that sets the line anew from a day on."""
    terms = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "1", "price_period": "month"}
    return {"amendment_id": "AM-1", "effective_date": effective, "lines": [terms | line]}


def test_x01_part_of_a_quarter_is_its_days_over_the_whole_quarter():
    line = a_line(quantity="1", net_unit_price="9100", price_period="quarter", start_date="2026-05-20")
    billed = bills(line, start_date="2026-04-01", billing_frequency="quarterly")
    # 20 May to 30 June are 12 + 30 = 42 of the quarter's 30 + 31 + 30 = 91 days: 9,100 * 42 / 91 = 4,200.
    assert billed == [("2026-05-20", 4200), ("2026-07-01", 9100), ("2026-10-01", 9100)]


def test_x02_a_plan_that_is_left_for_a_yearly_one_keeps_its_own_price_a_day():
    amendment = changed("2024-01-11", net_unit_price="36600", price_period="year", billing_frequency="annual")
    agreement = an_agreement(line=PLAIN | {"net_unit_price": "3100"}, amendments=[amendment])
    report = audit(agreement, [], [], as_of=date(2024, 1, 11))
    # The old plan: 3,100 * 10 / 31 = 1,000. The new one: 356 of the leap year's 366 days at 36,600 are 35,600.
    assert expected(report) == {("2024-01-01", "2024-01-10"): 1000, ("2024-01-11", "2024-12-31"): 35_600}


def test_x03_what_was_paid_for_a_part_is_given_back_by_the_days_of_that_part():
    line = PLAIN | {"net_unit_price": "9100", "price_period": "quarter", "start_date": "2024-05-20"}
    amendment = changed("2024-06-10", net_unit_price="18200", price_period="quarter")
    agreement = an_agreement(start_date="2024-04-01", billing_frequency="quarterly", line=line, amendments=[amendment])
    report = audit(agreement, [], [], as_of=date(2024, 6, 10))
    # 4,200 were due for 42 days. 21 are left: 4,200 * 21 / 42 = 2,100 stay, and 18,200 * 21 / 91 = 4,200 are new.
    assert expected(report) == {("2024-05-20", "2024-06-09"): 2100, ("2024-06-10", "2024-06-30"): 4200}


def test_x05_an_upgrade_two_days_before_the_renewal_costs_two_days():
    line = a_line(quantity="1", net_unit_price="3100", start_date="2026-12-30")
    assert amounts(line) == [200]  # 3,100 * 2 / 31


def test_x06_the_thirty_first_is_the_last_day_of_shorter_months_and_no_invoice_is_missing():
    line = a_line(start_date="2026-01-31", end_date="2026-07-30")
    assert dates(line, start_date=None, end_date=None) == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30",
    ]  # fmt: skip
    assert amounts(line, start_date=None, end_date=None) == [1000] * 6


def test_x07_an_addition_on_the_last_day_of_a_month_keeps_to_the_ends_of_months():
    addition = a_line(start_date="2026-04-30", end_date="2026-08-30")
    header = {"start_date": "2026-01-31", "end_date": "2026-08-30"}
    assert dates(addition, **header) == ["2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31"]
    assert amounts(addition, **header) == [1000] * 4


def test_x09_a_yearly_price_is_the_same_in_a_leap_year():
    line = a_line(quantity="1", net_unit_price="1200", price_period="year")
    three_years = {"start_date": "2023-01-01", "end_date": "2025-12-31"}
    assert amounts(line, billing_frequency="annual", **three_years) == [1200, 1200, 1200]
    assert set(amounts(line, billing_frequency="monthly", **three_years)) == {100}
    assert line_total(resolve(line, a_quote(**three_years))) == 3600


def test_x10_use_before_an_upgrade_is_billed_with_the_plan_that_it_was_under():
    calls = PLAIN | {"charge_type": "usage", "quantity": None, "net_unit_price": "0.10"}
    amendment = changed("2024-01-15", charge_type="usage", quantity=None, net_unit_price="0.05")
    del amendment["lines"][0]["quantity"]
    agreement = an_agreement(line=calls, amendments=[amendment])
    readings = [
        a_usage(1, 1000, usage_id="a", period_end="2024-01-14"),
        a_usage(1, 600, usage_id="b", period_start="2024-01-15"),
    ]
    report = audit(agreement, readings, [], as_of=date(2024, 2, 1))
    # 1,000 * 0.10 = 100 under the old plan, 600 * 0.05 = 30 under the new one: both are owed.
    assert expected(report) == {("2024-01-01", "2024-01-14"): 100, ("2024-01-15", "2024-01-31"): 30}
    assert report.totals.under == 130


def test_x11_use_that_a_proration_invoice_has_billed_is_not_billed_again():
    calls = PLAIN | {"charge_type": "usage", "quantity": None, "net_unit_price": "0.10"}
    billed_at_once = an_invoice(1, {"line_id": "1", "kind": "usage", "amount": "100.00"}, invoice_id="UPGRADE")
    billed_again = an_invoice(1, {"line_id": "1", "kind": "usage", "amount": "100.00"}, invoice_id="CYCLE")
    report = audit(an_agreement(line=calls), [a_usage(1, 1000)], [billed_at_once, billed_again])
    assert found(report) == {("I01", "over"): 100}  # 1,000 * 0.10 = 100 once, 200 were billed
    assert audit(an_agreement(line=calls), [a_usage(1, 1000)], [billed_at_once]).is_clean


def test_x03_the_audit_wants_the_credit_for_days_that_were_paid_and_left():
    line = PLAIN | {"net_unit_price": "9100", "price_period": "quarter", "start_date": "2024-05-20"}
    amendment = {"amendment_id": "AM-1", "effective_date": "2024-06-10", "removed_line_ids": ["1"]}
    agreement = an_agreement(start_date="2024-04-01", billing_frequency="quarterly", line=line, amendments=[amendment])
    days = {"period_start": "2024-05-20", "period_end": "2024-06-30"}
    report = audit(agreement, [], [an_invoice(5, price(4200, **days))])
    assert report.totals.over == Decimal(2100)  # 4,200 * 21 / 42
