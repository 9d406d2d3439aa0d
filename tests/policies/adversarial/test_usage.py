"""Usage that comes twice, late, or not at all, cases X61 to X69, as an audit sees it."""

from decimal import Decimal

from policies.auditing.audit import audit
from policies.domain.schedule import charges, resolve
from tests.billing import expected, found
from tests.billing_documents import a_usage, an_agreement, an_invoice, over, price
from tests.builders import a_quote, a_usage_line

CALLS = {
    "charge_type": "usage",
    "quantity": None,
    "net_unit_price": "0.10",
    "included_quantity": None,
    "overage_unit_price": None,
}


def for_use(number, amount):
    return an_invoice(number, {"line_id": "1", "kind": "usage", "amount": amount})


def test_x61_an_event_that_is_sent_again_under_a_fresh_id_is_one_event():
    readings = [a_usage(1, 1000, usage_id="first"), a_usage(1, 1000, usage_id="retry")]
    report = audit(an_agreement(line=CALLS), readings, [for_use(1, "200.00")])
    assert found(report) == {("U03", "over"): 100}  # 1,000 * 0.10 once; 200 were billed
    assert [each.used for each in report.periods] == [1000]


def test_x62_an_event_that_is_delivered_again_counts_once():
    readings = [a_usage(1, 1000), a_usage(1, 1000), a_usage(1, 1000)]
    assert audit(an_agreement(line=CALLS), readings, [for_use(1, "100.00")]).is_clean


def test_x63_a_month_of_which_nothing_was_recorded_is_unknown_and_not_zero():
    readings = [a_usage(1, 1000), a_usage(3, 1000)]
    report = audit(an_agreement(line=CALLS), readings, [for_use(1, "100.00"), for_use(3, "100.00")])
    assert expected(report)["2024-02-01", "2024-02-29"] is None
    assert report.totals.unknown_periods == 1
    zero = audit(an_agreement(line=CALLS), [*readings, a_usage(2, 0)], [for_use(1, "100.00"), for_use(3, "100.00")])
    assert (expected(zero)["2024-02-01", "2024-02-29"], zero.totals.unknown_periods) == (0, 0)


def test_x65_a_meter_that_no_line_knows_is_told_and_no_part_of_the_use_passes_as_all_of_it():
    strange = a_usage(2, 700, usage_id="strange", line_id="2", product_id="CALLS-EU")
    report = audit(an_agreement(line=CALLS), [a_usage(1, 1000), strange], [for_use(1, "100.00")])
    assert ("U02", "under") in found(report)
    assert not report.is_clean


def test_x66_use_that_comes_three_periods_late_is_still_to_be_invoiced():
    late = a_usage(1, 400, usage_id="late", period_start="2024-01-31", received_on="2024-04-20")
    readings = [a_usage(1, 1000, period_end="2024-01-30"), late, *(a_usage(number, 1000) for number in (2, 3, 4))]
    invoices = [for_use(number, "100.00") for number in (1, 2, 3, 4)]
    agreement = an_agreement(line=CALLS | {"quantity_basis": "sum"})
    report = audit(agreement, readings, invoices)
    assert report.totals.under == 40  # 400 * 0.10
    assert [(each.period_start.month, each.amount) for each in report.draft_invoice_lines] == [(1, 40)]


def test_x67_use_that_a_meter_still_moves_after_its_invoice_is_found():
    late = a_usage(1, 520, received_on="2024-02-04")
    report = audit(an_agreement(), [late], [an_invoice(1, price(20000), issued_on="2024-02-02"), an_invoice(2)])
    assert found(report)["U04", "under"] == 1000  # 20 seats beyond 500 at $50
    assert audit(an_agreement(), [late], [an_invoice(1, price(20000), over(1000))]).is_clean


def test_x69_credit_is_burned_once_up_to_its_last_day_and_never_more_than_there_is():
    line = a_usage_line(net_unit_price="1", drawdown={"credit_amount": "250", "expires_on": "2026-03-15"})
    bills = charges(resolve(line, a_quote(end_date="2026-04-30")), lambda _: Decimal(100))
    burned = [each.amount for each in bills if each.kind == "credit"]
    # January and February take 100 each. Of March, 15 of 31 days: 48.39, within the 50 that are left. April takes none.
    assert burned == [-100, -100, Decimal("-48.39")]
    assert sum(each.amount for each in bills) == Decimal("151.61")


def test_x69_money_that_is_given_back_twice_is_a_finding():
    line = {"quantity": "1", "net_unit_price": "100", "included_quantity": None, "overage_unit_price": None}
    back = {"line_id": "1", "kind": "credit", "amount": "-100.00"}
    report = audit(an_agreement(line=line), [], [an_invoice(1, price("100.00"), back, back)])
    assert found(report) == {("I03", "under"): 100}  # 100 were billed, 200 given back
