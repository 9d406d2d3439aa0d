"""Minimums, commitments and discounts, cases X30 to X42."""

from datetime import date
from decimal import Decimal

import pytest

from policies.auditing.audit import audit
from policies.domain.charge import Discount
from policies.domain.rating import rate
from policies.domain.waterfall import price_after
from tests.billing import amounts, bills, dates, expected, found, used
from tests.billing_documents import a_usage, an_agreement, an_invoice, price
from tests.builders import a_line, a_usage_line

COMMITTED = {"amount": "1000", "period": "quarter", "true_up": True}
CALLS = {
    "charge_type": "usage",
    "quantity": None,
    "net_unit_price": "1",
    "included_quantity": None,
    "overage_unit_price": None,
}


def test_x30_a_commitment_is_trued_up_though_use_beyond_it_costs_no_more_than_use_within():
    line = a_usage_line(net_unit_price="1", minimum_commitment=COMMITTED, end_date="2026-03-31")
    # 200 a month at $1 are 600 in the quarter: 400 are short of 1,000.
    assert ("2026-04-01", 400) in bills(line, used(200))
    assert sum(amounts(line, used(200))) == 1000


@pytest.mark.parametrize("quantity", ["0", None])
def test_x31_without_use_the_commitment_is_billed_in_full(quantity):
    line = a_usage_line(net_unit_price="1", minimum_commitment=COMMITTED)
    assert bills(line, used(quantity)) == [
        ("2026-04-01", 1000), ("2026-07-01", 1000), ("2026-10-01", 1000), ("2027-01-01", 1000),
    ]  # fmt: skip


def test_x33_the_discount_comes_first_then_the_maximum_then_the_minimum():
    # $200 less 10 % are $180; at most $150; at least $160, which holds because it comes last.
    line = a_line(quantity="1", list_unit_price="200", net_unit_price="180", discounts=[{"percent": "10"}])
    assert rate(line, Decimal(1)).amount == 180
    bounded = a_line(quantity="1", net_unit_price="180", maximum_amount="150", minimum_amount="160")
    assert rate(bounded, Decimal(1)).amount == 160


def test_x33_an_invoice_that_was_deleted_does_not_count_towards_the_minimum():
    agreement = an_agreement(line=CALLS | {"minimum_commitment": COMMITTED})
    readings = [a_usage(number, 200) for number in (1, 2, 3)]
    # The invoice of January's $200 was deleted. February, March and the true-up of 1,000 - 600 = 400 remain.
    invoices = [an_invoice(number, {"line_id": "1", "kind": "usage", "amount": "200"}) for number in (2, 3)]
    quarter = {"period_start": "2024-01-01", "period_end": "2024-03-31"}
    invoices.append(an_invoice(4, {"line_id": "1", "kind": "usage", "amount": "400", **quarter}))
    report = audit(agreement, readings, invoices, as_of=date(2024, 4, 1))
    assert (report.totals.expected, report.totals.billed, report.totals.under) == (1000, 800, 200)


def test_x34_no_minimum_is_due_before_its_period_ends():
    agreement = an_agreement(line=CALLS | {"minimum_commitment": COMMITTED})
    readings = [a_usage(1, 200), a_usage(2, 200)]
    during = audit(agreement, readings, [], as_of=date(2024, 3, 15))
    assert during.totals.expected == 400
    after = audit(agreement, [*readings, a_usage(3, 200)], [], as_of=date(2024, 4, 1))
    assert after.totals.expected == 1000


def test_x35_half_price_for_three_months_is_the_full_price_in_the_fourth():
    line = a_line(list_unit_price="100", net_unit_price="50", discounts=[{"percent": "50", "periods": 3}])
    assert amounts(line)[:5] == [500, 500, 500, 1000, 1000]


def test_x37_a_discount_for_once_that_is_added_later_is_on_the_next_invoice():
    once = {"percent": "50", "starts_on": "2026-04-01", "periods": 1}
    assert amounts(a_line(discounts=[once]))[:6] == [1000, 1000, 1000, 500, 1000, 1000]


def test_x38_a_discount_that_never_ends_is_taken_off_once_where_a_price_is_billed_in_parts():
    line = a_line(
        quantity="1", price_period="quarter", list_unit_price="300", net_unit_price="270", discounts=[{"percent": "10"}]
    )
    # 300 less 10 % are 270 a quarter, 90 on each of its invoices; taken off twice it would be 243.
    assert amounts(line)[:3] == [90, 90, 90]
    assert sum(amounts(line)) == 1080


def test_x39_a_discount_for_once_has_no_end_date_and_ends_all_the_same():
    once = {"percent": "20", "ends_on": None, "periods": 1}
    line = a_line(list_unit_price="100", net_unit_price="80", discounts=[once])
    assert amounts(line)[:3] == [800, 1000, 1000]


@pytest.mark.parametrize("order", [("percent", "amount"), ("amount", "percent")])
def test_x41_no_order_of_discounts_takes_a_price_below_zero(order):
    both = {"percent": Discount(percent=Decimal(10)), "amount": Discount(amount=Decimal(50))}
    assert price_after(Decimal(50), [both[kind] for kind in order]) == 0  # 45 - 50, and 0 * 0.9


def test_x41_a_price_of_nothing_bills_nothing_and_comes_back_once_the_discounts_end():
    discounts = [{"percent": "10", "ends_on": "2026-01-31"}, {"amount": "50", "ends_on": "2026-01-31"}]
    line = a_line(quantity="1", list_unit_price="50", net_unit_price="0", discounts=discounts)
    assert dates(line)[0] == "2026-02-01"
    assert set(amounts(line)) == {50}


def test_x42_what_is_compared_is_the_price_less_its_discount_before_any_tax():
    # $10 less $5 are $5 net. 20 % of $5 are $1: the customer pays $6, not (10 + 2) - 5 = $7.
    line = {"quantity": "1", "net_unit_price": "5", "list_unit_price": "10", "discounts": [{"amount": "5"}]}
    agreement = an_agreement(line=line | {"included_quantity": None, "overage_unit_price": None})
    right = an_invoice(1, price("5.00"), {"kind": "tax", "amount": "1.00"}, total="6.00")
    assert audit(agreement, [], [right]).is_clean
    undiscounted = an_invoice(1, price("10.00"), {"kind": "tax", "amount": "2.00"})
    assert found(audit(agreement, [], [undiscounted])) == {("B02", "over"): 5}
    assert set(expected(audit(agreement, [], [right])).values()) == {5}
