"""Set-up, schedule and renewal, cases X70 to X83, as schedules and audits show them."""

from datetime import date

import pytest

from policies.auditing.audit import audit
from policies.domain.schedule import Unscheduled, charges, line_total, resolve
from tests.billing import amounts, bills, expected, found
from tests.billing_documents import an_agreement, an_invoice, month, price
from tests.builders import a_line, a_quote

PLAIN = {"included_quantity": None, "overage_unit_price": None}


def plain(**terms):
    """500 seats at $40 a month, 2024, nothing else."""
    return an_agreement(line=PLAIN | terms.pop("line", {}), **terms)


def invoices(*numbers, amount=20_000, **terms):
    return [an_invoice(number, price(amount), **terms) for number in numbers]


def test_x70_a_monthly_price_that_is_billed_yearly_is_twelve_months_of_it():
    line = a_line(quantity="1", net_unit_price="100")
    assert bills(line, billing_frequency="annual") == [("2026-01-01", 1200)]
    assert line_total(resolve(line, a_quote(billing_frequency="annual"))) == 1200


def test_x71_the_price_that_was_offered_holds_whatever_the_list_says_now():
    line = a_line(net_unit_price="90", list_unit_price="120")
    assert set(amounts(line)) == {900}
    report = audit(plain(line={"list_unit_price": "48"}), [], invoices(1, 2, amount=24_000))
    assert (report.totals.over, report.totals.under) == (8_000, 0)  # (48 - 40) * 500, twice


def test_x73_what_cannot_be_computed_is_refused_with_its_reason_and_is_no_zero():
    with pytest.raises(Unscheduled, match="price"):
        charges(resolve(a_line(net_unit_price=None), a_quote()))
    report = audit(plain(line={"price_period": None}), [], invoices(1))
    assert [(each.policy_id, each.line_ids) for each in report.not_assessed] == [("audit-schedule", ("1",))]
    assert not report.is_clean


def test_x74_a_phase_from_monthly_to_yearly_is_invoiced_on_its_first_day():
    yearly = {
        "line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "1", "price_period": "year",
        "net_unit_price": "96", "billing_frequency": "annual",
    }  # fmt: skip
    amendment = {"amendment_id": "AM-1", "effective_date": "2024-04-01", "lines": [yearly]}
    agreement = plain(line={"quantity": "1", "net_unit_price": "10"}, amendments=[amendment], end_date="2025-03-31")
    report = audit(agreement, [], invoices(1, 2, 3, amount=10), as_of=date(2024, 4, 1))
    due = expected(report)
    assert due["2024-04-01", "2025-03-31"] == 96
    assert found(report) == {("I02", "under"): 96}


def test_x75_a_past_start_is_caught_up():
    report = audit(plain(), [], invoices(3, 4))
    assert found(report) == {("B13", "under"): 40_000}  # January and February
    assert [each.period_start.month for each in report.draft_invoice_lines] == [1, 2]


def test_x77_an_invoice_posted_in_another_month_bills_its_own_and_a_skipped_one_is_a_gap():
    late = invoices(1, issued_on="2024-03-07") + invoices(2, 3)
    assert audit(plain(), [], late).is_clean
    assert found(audit(plain(), [], invoices(1, 3))) == {("I01", "under"): 20_000}


def test_x78_a_fee_whose_invoice_was_never_issued_is_owed():
    fee = {"charge_type": "one_time", "price_period": None, "quantity": "1", "net_unit_price": "3000"}
    report = audit(plain(line=fee), [], [], as_of=date(2024, 2, 1))
    assert found(report) == {("B01", "under"): 3_000}


def test_x79_a_change_of_plan_that_billing_did_not_follow_is_found():
    line = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "500"}
    changed = line | {"price_period": "month", "net_unit_price": "50"}
    amendment = {"amendment_id": "AM-1", "effective_date": "2024-03-01", "lines": [changed]}
    report = audit(plain(amendments=[amendment]), [], invoices(1, 2, 3, 4))
    assert found(report) == {("K02", "under"): 10_000}  # 500 * (50 - 40), in March and April


def test_x81_a_price_that_was_negotiated_and_lost_on_the_way_is_found():
    report = audit(plain(line={"list_unit_price": "48"}), [], invoices(1, 2) + invoices(3, 4, amount=16_000))
    assert found(report) == {("B10", "under"): 8_000}  # 20,000 - 16,000, in March and April


def test_x82_two_subscriptions_for_one_deal_are_one_too_many():
    both = invoices(1, 2, billing_configuration_id="SUB-1")
    both += [an_invoice(n, price(20_000), invoice_id=f"B{n}", billing_configuration_id="SUB-2") for n in (1, 2)]
    report = audit(plain(), [], both)
    assert found(report) == {("B14", "over"): 40_000}


def test_x83_an_upgrade_that_never_came_is_not_collected():
    stray = {"product_id": "UPGRADE", "kind": "recurring", "amount": "5000.00", **month(2)}
    report = audit(plain(), [], [*invoices(1), an_invoice(2, price(20_000), stray)])
    assert found(report) == {("B14", "over"): 5_000}
