"""What goes on: money per period and for the rest of the term, renewals below what is deployed, and the rhythm of invoices."""

from decimal import Decimal

from policies.auditing.audit import audit
from policies.domain.finding import Direction
from tests.billing_documents import a_usage, an_agreement, an_invoice, month, over, price, seats_billed, seats_used

PLAIN = {"included_quantity": None, "overage_unit_price": None}


def at_risk(report, policy):
    return next(each.amount_at_risk for each in report.findings if each.policy_id == policy)


def test_a_fault_that_goes_on_costs_the_mean_of_the_last_three_periods_in_each_that_is_left():
    risk = at_risk(audit(an_agreement(), seats_used(), seats_billed()), "overage-not-invoiced")
    # (1,150 + 2,800 + 2,050) / 3 = 2,000; July to December are six.
    assert (risk.per_period, risk.remaining_term, risk.already_lost) == (2000, 12_000, 9350)
    assert risk.assumptions[-1] == "Per period and for the remaining term: if it goes on as in the last 3 periods."


def test_a_fault_that_was_mended_has_no_money_ahead():
    billed = [*seats_billed()[:5], an_invoice(6, price(20000), over(2050))]
    risk = at_risk(audit(an_agreement(), seats_used(), billed), "overage-not-invoiced")
    assert (risk.per_period, risk.remaining_term, risk.already_lost) == (None, None, 7300)


def test_at_the_end_of_the_term_nothing_is_left():
    agreement = an_agreement(end_date="2024-06-30")
    assert at_risk(audit(agreement, seats_used(), seats_billed()), "overage-not-invoiced").remaining_term is None


def test_what_is_billed_too_much_each_month_goes_on_too():
    report = audit(an_agreement(line=PLAIN), [], [an_invoice(1, price(21000)), an_invoice(2, price(21000))])
    risk = at_risk(report, "price-or-quantity-differs")
    assert (risk.per_period, risk.remaining_term) == (1000, 10_000)


def test_a_gap_does_not_go_on():
    report = audit(an_agreement(line=PLAIN), [], [an_invoice(1), an_invoice(3)])
    assert at_risk(report, "billing-period-gap").per_period is None


def a_renewal(quantity):
    """Renewed for 2025 at $42."""
    line = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": str(quantity)}
    line |= {"price_period": "month", "net_unit_price": "42"}
    return {"amendment_id": "AM-1", "effective_date": "2025-01-01", "end_date": "2025-12-31", "lines": [line]}


def test_a_renewal_below_what_was_deployed():
    agreement = an_agreement(line=PLAIN, amendments=[a_renewal(480)])
    used = [a_usage(11, 500), a_usage(12, 500)]
    risk = at_risk(audit(agreement, used, [an_invoice(number) for number in range(1, 13)]), "renewal-below-deployed")
    # 20 seats at $42 are $840 a month, $10,080 in 2025.
    assert (risk.per_period, risk.remaining_term, risk.already_lost) == (840, 10_080, None)


def test_a_renewal_for_what_is_deployed_is_none():
    agreement = an_agreement(line=PLAIN, amendments=[a_renewal(500)])
    assert audit(agreement, [a_usage(12, 500)], [an_invoice(number) for number in range(1, 13)]).is_clean


def test_a_price_for_months_that_is_invoiced_in_quarters_comes_in_another_rhythm():
    def quarter(first):
        days = {"period_start": month(first)["period_start"], "period_end": month(first + 2)["period_end"]}
        return an_invoice(first, price(60000) | days)

    report = audit(an_agreement(line=PLAIN), [], [quarter(1), quarter(4)])
    [finding] = report.findings
    assert (finding.pattern, finding.direction, finding.amount_at_risk.already_lost) == ("B05", Direction.TIMING, 0)
    assert "longer periods" in finding.message
    assert (report.totals.under, report.totals.over) == (0, 0)


def test_invoices_after_a_month_that_is_due_in_advance():
    agreed = an_agreement(line=PLAIN, billing_timing="in_advance")
    late = [an_invoice(1, issued_on="2024-02-01"), an_invoice(2, issued_on="2024-03-01")]
    assert [each.policy_id for each in audit(agreed, [], late).findings] == ["billing-rhythm-differs"]
    assert audit(an_agreement(line=PLAIN), [], late).is_clean
    assert audit(an_agreement(line=PLAIN, billing_timing="in_arrears"), [], late).is_clean


def test_invoices_before_a_month_that_is_due_in_arrears():
    agreed = an_agreement(line=PLAIN, billing_timing="in_arrears")
    report = audit(agreed, [], [an_invoice(number) for number in (1, 2, 3)])
    assert [each.pattern for each in report.findings] == ["B05"]


def test_a_stub_counts_by_its_days():
    agreement = an_agreement(line=PLAIN, end_date="2024-03-15")
    risk = at_risk(audit(agreement, [], [an_invoice(1, price(18000))]), "price-or-quantity-differs")
    # February is a whole month; 15 of the 31 days that January has: 2,000 + 967.74.
    assert (risk.per_period, risk.remaining_term) == (2000, Decimal("2967.74"))
