"""Whole audits with values worked out by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from policies.auditing.audit import audit
from tests.billing_documents import (
    a_usage,
    an_agreement,
    an_invoice,
    month,
    over,
    price,
    seats_billed,
    seats_used,
)


def found(report):
    """Each finding's pattern, direction and money."""
    return {(each.pattern, each.direction.value): each.amount_at_risk.already_lost for each in report.findings}


def row(report, first, line_id="1"):
    return next(each for each in report.periods if each.line_id == line_id and str(each.period_start) == first)


def test_the_seat_contract_lost_9350_dollars_by_one_missing_overage_charge():
    report = audit(an_agreement(), seats_used(), seats_billed())
    assert [int(each.difference) for each in report.periods] == [100, 900, 2350, 1150, 2800, 2050]
    [finding] = report.findings
    assert (finding.pattern, finding.policy_id) == ("U05", "overage-not-invoiced")
    assert finding.amount_at_risk.already_lost == 9350
    assert "overage charge of $50" in finding.remedy.text
    assert (report.totals.expected, report.totals.billed) == (129_350, 120_000)
    assert (report.totals.under, report.totals.over, report.totals.unknown_periods) == (9350, 0, 0)


def test_six_lines_are_drafted_and_the_audit_is_clean_once_they_are_invoiced():
    drafted = audit(an_agreement(), seats_used(), seats_billed()).draft_invoice_lines
    assert [(int(each.quantity), each.unit_price) for each in drafted] == [
        (quantity, 50) for quantity in (2, 18, 47, 23, 56, 41)
    ]
    corrected = replace(an_invoice(7), lines=drafted)
    assert audit(an_agreement(), seats_used(), [*seats_billed(), corrected]).is_clean


def test_a_period_tells_how_its_amount_comes_about():
    first = row(audit(an_agreement(), seats_used(), seats_billed()), "2024-01-01")
    assert (first.used, first.included, first.overage) == (502, 500, 2)
    assert first.expected_how == (
        "500 at $40 = $20,000",
        "502 used, 500 included: 2 to charge",
        "2 at $50 = $100",
    )
    assert (first.direction, first.recoverable, first.invoice_ids) == ("under", True, ("INV-1",))


def test_a_period_without_a_usage_record_is_unknown_and_not_zero():
    report = audit(an_agreement(), seats_used()[:2] + seats_used()[3:], seats_billed())
    march = row(report, "2024-03-01")
    assert (march.used, march.expected_amount, march.difference) == (None, None, None)
    assert (march.direction, march.pattern) == ("unknown", "U01")
    assert report.totals.unknown_periods == 1
    assert found(report) == {("U05", "under"): 7000, ("U01", "under"): None}


def test_a_period_that_is_invoiced_in_advance_and_still_runs_is_unknown_without_a_finding():
    used = [a_usage(1, 500)]
    report = audit(an_agreement(), used, [an_invoice(1), an_invoice(2)])
    assert (row(report, "2024-02-01").direction, row(report, "2024-02-01").pattern) == ("unknown", "U01")
    assert (report.totals.unknown_periods, report.findings) == (1, ())
    assert found(audit(an_agreement(), used, [an_invoice(1), an_invoice(2), an_invoice(3)])) == {("U01", "under"): None}


def test_a_record_of_zero_is_a_reading():
    report = audit(an_agreement(), [a_usage(1, 0)], [an_invoice(1)])
    assert report.is_clean
    assert row(report, "2024-01-01").used == 0


def test_an_overage_below_the_agreed_rate_is_owed_in_part():
    billed = an_invoice(1, price(20000), over("80.00", quantity="2", unit_price="40"))
    report = audit(an_agreement(), seats_used()[:1], [billed])
    assert found(report) == {("U05", "under"): 20}
    assert [each.amount for each in report.draft_invoice_lines] == [20]


def test_fewer_units_billed_than_used_did_not_reach_billing():
    # 18 seats beyond the allowance, 10 of them billed: 8 * $50 are missing.
    billed = an_invoice(2, price(20000), over("500.00", quantity="10", unit_price="50"))
    used = [a_usage(1, 500), a_usage(2, 518)]
    assert found(audit(an_agreement(), used, [an_invoice(1), billed])) == {("U01", "under"): 400}


def test_usage_under_another_id_that_was_billed_twice_is_over_billed():
    used = [a_usage(1, 518, usage_id="a"), a_usage(1, 518, usage_id="b")]
    # 518 twice is 1,036: 536 beyond the allowance, $26,800, where 18 are $900.
    report = audit(an_agreement(), used, [an_invoice(1, price(20000), over(26800, quantity="536"))])
    assert found(report) == {("U03", "over"): 25_900}
    assert (report.totals.under, report.totals.over) == (0, 25_900)
    assert report.draft_invoice_lines == ()


def test_usage_that_is_sent_again_under_its_own_id_counts_once_and_is_no_finding():
    used = [a_usage(1, 502), a_usage(1, 502)]
    assert audit(an_agreement(), used, [an_invoice(1, price(20000), over(100))]).is_clean


def test_usage_of_an_unknown_line_matches_nothing():
    strange = a_usage(1, 77, usage_id="x", line_id="9", product_id="OTHER")
    report = audit(an_agreement(), [a_usage(1, 500), strange], [an_invoice(1)])
    assert found(report) == {("U02", "under"): None}


def test_usage_before_the_term_is_outside_every_period():
    early = a_usage(1, 77, usage_id="x", **month(12, 2023))
    assert found(audit(an_agreement(), [early, a_usage(1, 500)], [an_invoice(1)])) == {("U02", "under"): None}


def test_use_after_the_term_goes_on_unbilled():
    agreement = an_agreement(end_date="2024-03-31")
    used = [a_usage(number, 500) for number in range(1, 5)]
    report = audit(agreement, used, [an_invoice(number) for number in range(1, 4)])
    # 30 days of April at 20,000 / 31 a day, the last month's price.
    assert found(report) == {("R03", "under"): Decimal("19354.84")}


def test_late_usage_is_named_as_such():
    late = a_usage(2, 518, received_on="2024-03-20")
    invoices = [an_invoice(1), an_invoice(2), an_invoice(3)]
    used = [a_usage(1, 500), late, a_usage(3, 500)]
    assert found(audit(an_agreement(), used, invoices)) == {("U04", "under"): 900}


def test_a_month_on_no_invoice_is_a_gap_and_a_month_on_two_an_overlap():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    gap = audit(plain, [], [an_invoice(1), an_invoice(3)])
    assert found(gap) == {("I01", "under"): 20_000}
    again = an_invoice(2, invoice_id="INV-2-again")
    assert found(audit(plain, [], [an_invoice(1), an_invoice(2), again])) == {("I01", "over"): 20_000}


def test_under_and_over_are_never_netted():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    invoices = [an_invoice(1), an_invoice(2), an_invoice(2, invoice_id="B"), an_invoice(4)]
    report = audit(plain, [], invoices)
    assert (report.totals.under, report.totals.over) == (20_000, 20_000)


def test_another_quantity_in_billing_is_one_finding_over_all_periods():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    invoices = [an_invoice(number, price(16000, quantity="400", unit_price="40")) for number in (1, 2, 3)]
    report = audit(plain, [], invoices)
    assert found(report) == {("B02", "under"): 12_000}
    assert len(report.findings[0].exposures) == 3


def test_a_hundredfold_price_is_an_error_of_minor_units_and_a_tenfold_one_another_price():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    hundredfold = [an_invoice(1, price(2_000_000, quantity="500", unit_price="4000"))]
    assert found(audit(plain, [], hundredfold)) == {("B12", "over"): 1_980_000}
    tenfold = [an_invoice(1, price(200_000, quantity="500", unit_price="400"))]
    assert found(audit(plain, [], tenfold)) == {("B02", "over"): 180_000}


def test_a_discount_that_has_ended_is_still_taken_off():
    # $40 list, 25 % off until March: $30 then, $40 from April. $15,000 billed in April and May: 2 * $5,000.
    line = {
        "net_unit_price": "30",
        "list_unit_price": "40",
        "included_quantity": None,
        "overage_unit_price": None,
        "discounts": [{"kind": "launch", "percent": "25", "ends_on": "2024-03-31"}],
    }
    invoices = [an_invoice(number, price(15000)) for number in range(1, 6)]
    report = audit(an_agreement(line=line), [], invoices)
    assert found(report) == {("R02", "under"): 10_000}
    assert "$40" in report.findings[0].remedy.text


def test_an_uplift_on_the_anniversary_was_not_applied():
    # 5 % of $20,000 from January 2025 on: $1,000 for each of two months.
    line = {"included_quantity": None, "overage_unit_price": None, "uplift_percent": "5"}
    agreement = an_agreement(end_date="2025-12-31", line=line)
    invoices = [an_invoice(number) for number in range(1, 13)]
    invoices += [
        an_invoice(number, price(20000) | month(number, 2025), invoice_id=f"INV-25-{number}") for number in (1, 2)
    ]
    assert found(audit(agreement, [], invoices)) == {("R01", "under"): 2_000}


def test_a_line_that_was_never_billed():
    agreement = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    report = audit(agreement, [], [], as_of=date(2024, 3, 15))
    assert found(report) == {("B01", "under"): 60_000}
    assert len(report.draft_invoice_lines) == 3


def test_a_delivery_that_was_never_billed():
    line = {"charge_type": "one_time", "price_period": None, "quantity": "1", "net_unit_price": "3000"}
    agreement = an_agreement(line=line | {"included_quantity": None, "overage_unit_price": None})
    delivered = replace(a_usage(1, 1), period_start=date(2024, 1, 9), period_end=date(2024, 1, 9))
    assert found(audit(agreement, [delivered], [], as_of=date(2024, 2, 1))) == {("P03", "under"): 3_000}


def test_a_credit_counts_only_beyond_what_was_billed():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    credit = {"line_id": "1", "kind": "credit"}
    within = an_invoice(1, price(20000), credit | {"amount": "-5000"})
    assert audit(plain, [], [within]).is_clean
    beyond = an_invoice(1, price(20000), credit | {"amount": "-23000"})
    assert found(audit(plain, [], [beyond])) == {("I03", "under"): 3_000}


def test_a_credit_makes_good_what_was_billed_twice():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    credit = an_invoice(1, {"line_id": "1", "kind": "credit", "amount": "-20000"}, invoice_id="CR")
    assert audit(plain, [], [an_invoice(1), an_invoice(1, invoice_id="B"), credit]).is_clean


def test_more_seats_in_use_than_sold_where_a_further_one_has_no_price():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    report = audit(plain, [a_usage(1, 520)], [an_invoice(1)])
    assert found(report) == {("P01", "under"): 800}
    assert report.draft_invoice_lines == ()


def test_price_and_use_on_one_invoice_line_match():
    together = an_invoice(1, {"line_id": "1", "amount": "20100.00"})
    assert audit(an_agreement(), seats_used()[:1], [together]).is_clean


def test_a_quarter_that_is_invoiced_at_once_pays_for_its_three_months():
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    quarter = {"period_start": "2024-01-01", "period_end": "2024-03-31"}
    report = audit(plain, [], [an_invoice(1, price(60000) | quarter)])
    assert report.is_clean
    assert [int(each.billed_amount) for each in report.periods] == [20000, 20000, 20000]


@pytest.mark.parametrize("name", [{"charge_id": "C-1"}, {"product_id": "SEAT"}])
def test_an_invoice_line_is_matched_by_charge_and_by_product(name):
    plain = an_agreement(line={"included_quantity": None, "overage_unit_price": None})
    named = an_invoice(1, price(20000, charge_id="C-1"))
    other = an_invoice(2, {"kind": "recurring", "amount": "20000.00"} | name)
    assert audit(plain, [], [named, other]).is_clean


def test_what_is_billed_for_nothing_in_the_agreement_is_over_billed():
    other = an_invoice(1, price(20000), {"product_id": "OTHER", "kind": "recurring", "amount": "99.00"})
    report = audit(an_agreement(), [a_usage(1, 500)], [other])
    assert found(report) == {("B14", "over"): 99}
    assert report.totals.billed == 20_099


def test_taxes_are_left_out():
    taxed = an_invoice(1, price(20000), {"kind": "tax", "amount": "1900.00"})
    assert audit(an_agreement(), [a_usage(1, 500)], [taxed]).is_clean


def test_records_of_another_agreement_or_customer_are_left_aside():
    others = [a_usage(1, 900, agreement_id="AG-2"), replace(a_usage(1, 900), agreement_id=None, account_id="A-2")]
    foreign = an_invoice(1, agreement_id="AG-2", invoice_id="B")
    assert audit(an_agreement(), [a_usage(1, 500), *others], [an_invoice(1), foreign]).is_clean


def test_what_is_older_than_the_agreement_lets_be_invoiced_is_not_recoverable():
    agreement = an_agreement(back_billing_limit_months=3)
    report = audit(agreement, seats_used(), seats_billed())
    # On the last of June, three months back: what ended in February or before is too old.
    assert [each.recoverable for each in report.periods] == [False, False, True, True, True, True]
    assert [each.period_start.month for each in report.draft_invoice_lines] == [3, 4, 5, 6]
    assert report.findings[0].amount_at_risk.already_lost == 9350
