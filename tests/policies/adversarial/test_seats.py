"""Seats and entitlements, cases X43 to X51, as an audit sees them: what was sold, what is in use and what was billed."""

from datetime import date

from policies.auditing.audit import audit
from tests.billing import amounts, found
from tests.billing_documents import a_usage, an_agreement, an_invoice, month, price
from tests.builders import a_line

SEATS = {"net_unit_price": "40", "included_quantity": None, "overage_unit_price": None}


def sold(quantity, **terms):
    """So many seats at $40 a month, without a price for one more."""
    return an_agreement(line=SEATS | {"quantity": str(quantity)} | terms.pop("line", {}), **terms)


def billed(*numbers, seats, **terms):
    return [an_invoice(number, price(seats * 40, quantity=str(seats), unit_price="40"), **terms) for number in numbers]


def test_x43_a_workspace_that_grew_is_billed_for_what_is_in_use():
    report = audit(sold(5), [a_usage(1, 5), a_usage(2, 20)], billed(1, 2, seats=5))
    assert found(report) == {("P01", "under"): 600}  # 15 seats at $40
    with_price = an_agreement(line={"quantity": "5", "included_quantity": "5", "overage_unit_price": "40"})
    report = audit(with_price, [a_usage(1, 5), a_usage(2, 20)], billed(1, 2, seats=5))
    assert found(report) == {("U05", "under"): 600}
    assert [each.amount for each in report.draft_invoice_lines] == [600]


def test_x45_a_count_that_fell_in_billing_alone_is_a_leak_from_then_on():
    invoices = billed(1, seats=10) + billed(2, 3, seats=9)
    assert found(audit(sold(10), [], invoices)) == {("B10", "under"): 80}  # one seat at $40, twice


def test_x46_a_change_of_plan_is_billed_for_the_seats_that_are_left():
    yearly = {
        "line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "5", "price_period": "year",
        "net_unit_price": "400", "billing_frequency": "annual",
    }  # fmt: skip
    amendment = {"amendment_id": "AM-1", "effective_date": "2024-02-01", "lines": [yearly]}
    agreement = sold(6, amendments=[amendment], end_date="2025-01-31")
    year = {"period_start": "2024-02-01", "period_end": "2025-01-31"}
    right = [*billed(1, seats=6), an_invoice(2, price(2000, **year))]
    assert audit(agreement, [], right).is_clean  # 5 * $400
    old_count = [*billed(1, seats=6), an_invoice(2, price(2400, **year))]
    assert audit(agreement, [], old_count).totals.over == 400  # the sixth seat, for a year


def test_x47_what_was_bought_is_what_may_be_used():
    assert found(audit(sold(3), [a_usage(1, 50)], billed(1, seats=3))) == {("P01", "under"): 1880}  # 47 * $40
    assert audit(sold(200), [a_usage(1, 50)], billed(1, seats=200)).is_clean


def test_x49_licences_that_outlive_their_agreement_are_a_finding():
    agreement = sold(10, end_date="2024-03-31")
    readings = [a_usage(number, 10) for number in (1, 2, 3, 4, 5)]
    # The last month's $400 for 31 days, on the 30 of April and the 31 of May: 400 * 61 / 31 = 787.10.
    report = audit(agreement, readings, billed(1, 2, 3, seats=10))
    assert {key: round(value * 31) for key, value in found(report).items()} == {("R03", "under"): 24_400}


def test_x50_a_plan_in_use_that_no_invoice_ever_billed_is_a_finding():
    report = audit(sold(10), [a_usage(1, 10), a_usage(2, 10)], [], as_of=date(2024, 2, 15))
    assert found(report) == {("B01", "under"): 800}
    assert [each.amount for each in report.draft_invoice_lines] == [400, 400]


def test_x51_free_time_is_given_once_and_no_change_starts_it_again():
    assert amounts(a_line(free_months="1"))[:2] == [1000, 1000]
    amendment = {"amendment_id": "AM-1", "effective_date": "2024-04-01", "lines": [sold_line(free_months="1")]}
    agreement = sold(10, line={"free_months": "1"}, amendments=[amendment])
    # January was free. April is not, though the changed line says again that a month is.
    report = audit(agreement, [], billed(2, 3, 5, seats=10))
    assert [str(each.period_start) for each in report.periods if each.difference] == ["2024-04-01"]
    assert report.totals.under == 400


def sold_line(**terms):
    line = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "10", "price_period": "month"}
    return line | {"net_unit_price": "40"} | terms


def test_x51_a_trial_that_was_never_sold_is_a_leak():
    mid_january = month(1) | {"period_start": "2024-01-15"}
    first = an_invoice(1, price("219.35", **mid_january))
    # 17 of 31 days at $400 were billed: 219.35. The 14 days before are missing: 180.65.
    report = audit(sold(10), [], [first, *billed(2, seats=10)])
    assert {key: str(value) for key, value in found(report).items()} == {("B06", "under"): "180.65"}
