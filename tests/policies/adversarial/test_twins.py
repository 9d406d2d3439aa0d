"""Cases that show before the first invoice: what was sold beside what is set up. Ten seats at $100 a month for 2026."""

from datetime import date

import pytest

from policies.domain.finding import Direction
from policies.twin.beside import found_beside
from policies.twin.twin import twin
from tests.set_ups import a_set_up

CALLS = {"charge_type": "usage", "quantity": None, "net_unit_price": "1", "billing_timing": None}
TIERS = {"net_unit_price": None, "tiers": [{"up_to": "1000", "unit_price": "1"}, {"unit_price": "2"}]}


def differences(setup):
    return twin(setup, (found_beside,)).differences


def the_one(**setup):
    found = differences(a_set_up(**setup))
    assert len(found) == 1, [each.cause for each in found]
    return found[0]


def told(**setup):
    found = the_one(**setup)
    return found.cause, found.under, found.over


def test_x06_a_charge_that_turns_on_the_31st_of_another_calendar_bills_on_other_days():
    days = {"start_date": "2026-01-31", "end_date": "2027-01-30"}
    assert differences(a_set_up(agreement=days, charges=(days,))) == ()
    found = the_one(agreement=days, charges=(days,), billing={"billing_anchor_day": 28})
    assert found.cause == "billing-rhythm-differs"


def test_x23_a_threshold_that_billing_applies_to_the_whole_quantity_is_another_model():
    sold, billed = CALLS | TIERS | {"charge_model": "graduated"}, CALLS | TIERS | {"charge_model": "volume"}
    found = the_one(lines=(sold,), charges=(billed,))
    assert found.cause == "charge-model-differs"
    # 1,001 calls cost 1,000 + 2; all of them at the second price cost 2,002.
    assert (found.first.quantity, found.first.agreement, found.first.billing) == (1001, 1002, 2002)


def test_x26_free_units_that_billing_does_not_know_are_found_below_them():
    package = CALLS | {"package": {"size": "10"}, "net_unit_price": "5", "charge_model": "package"}
    found = the_one(lines=(package | {"included_quantity": "100"},), charges=(package,))
    assert found.direction is Direction.OVER
    assert (found.first.quantity, found.first.agreement, found.first.billing) == (1, 0, 5)


@pytest.mark.parametrize("set_up", [{"true_up": False}, {}])
def test_x30_x31_a_commitment_that_billing_does_not_true_up_leaks_all_of_it_without_use(set_up):
    committed = {"amount": "1000", "period": "quarter"}
    sold = CALLS | {"minimum_commitment": committed | {"true_up": True}}
    found = the_one(lines=(sold,), charges=(CALLS | {"minimum_commitment": committed | set_up},))
    assert found.cause == "minimum-or-commitment-inert"
    assert found.largest.agreement - found.largest.billing == 1000


@pytest.mark.parametrize("end", [{"periods": 3}, {"ends_on": "2026-03-31"}])
def test_x35_x39_a_discount_without_its_end_costs_every_month_after_it(end):
    half = {"list_unit_price": "200", "discounts": [{"percent": "50"} | end]}
    endless = {"list_unit_price": "200", "discounts": [{"percent": "50"}]}
    # Nine months from April on: 2,000 owed, 1,000 billed.
    assert told(lines=(half,), charges=(endless,)) == ("discount-differs", 9000, 0)


def test_x51_a_trial_that_was_not_sold_is_found_before_it_begins():
    assert told(charges=({"trial_days": 31},)) == ("free-time-not-sold", 1000, 0)  # all of January


@pytest.mark.parametrize(
    ("currency", "sold", "set_up", "under", "over"),
    [
        ("RWF", "23188", "2318800", 0, 27_547_344),  # X53: (2,318,800 - 23,188) * 12
        ("JPY", "100", "10000", 0, 118_800),  # X54: (10,000 - 100) * 12
        ("JPY", "10000", "100", 118_800, 0),  # X55: the same the other way round
    ],
)
def test_x53_x54_x55_a_hundredfold_and_a_hundredth_are_errors_of_minor_units(currency, sold, set_up, under, over):
    one = {"quantity": "1"}
    assert told(
        lines=(one | {"net_unit_price": sold},),
        charges=(one | {"net_unit_price": set_up},),
        agreement={"currency": currency},
        billing={"currency": currency},
    ) == ("minor-unit-error", under, over)


def test_x70_a_monthly_price_that_is_billed_yearly_is_twelve_months_of_it():
    yearly = {"billing_frequency": "annual"}
    agreed = yearly | {"quantity": "1"}
    right = {"quantity": "1", "net_unit_price": "1200", "price_period": "year"} | yearly
    assert differences(a_set_up(lines=(agreed,), charges=(right,))) == ()
    short = right | {"net_unit_price": "100"}
    found = the_one(lines=(agreed,), charges=(short,))
    assert (found.under, found.over) == (1100, 0)  # 1,200 owed, 100 billed


def test_x73_an_invoice_preview_of_nothing_is_a_difference_and_not_an_agreement():
    nothing = {"invoice_id": "P-1", "currency": "USD", "issued_on": "2026-01-01", "total": "0.00"}
    nothing["lines"] = [{"line_id": "1", "kind": "recurring", "amount": "0.00"}]
    found = differences(a_set_up(previews=(nothing,)))
    assert [each.cause for each in found] == ["preview-differs"]
    assert differences(a_set_up()) == ()


def test_x74_a_yearly_phase_that_keeps_its_monthly_rhythm_is_not_invoiced_as_sold():
    yearly = {
        "line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "1", "price_period": "year",
        "net_unit_price": "96", "billing_frequency": "annual",
    }  # fmt: skip
    amendment = {"amendment_id": "AM-1", "effective_date": "2026-04-01", "lines": [yearly]}
    agreement = {"amendments": [amendment], "end_date": "2027-03-31"}
    monthly = {"quantity": "1", "net_unit_price": "10", "end_date": "2026-03-31"}
    phase = {"quantity": "1", "net_unit_price": "96", "price_period": "year", "start_date": "2026-04-01"}
    phase |= {"end_date": "2027-03-31", "line_id": "1"}
    lines = ({"quantity": "1", "net_unit_price": "10"},)
    right = a_set_up(lines=lines, charges=(monthly, phase | {"billing_frequency": "annual"}), agreement=agreement)
    assert differences(right) == ()
    found = the_one(lines=lines, charges=(monthly, phase), agreement=agreement)
    # 96 on 1 April, where billing would begin with a twelfth of it.
    assert (found.first.invoice_date, found.first.agreement, found.first.billing) == (date(2026, 4, 1), 96, 8)


def test_x75_months_before_billing_was_set_up_are_missed():
    billing = {"created_at": "2026-03-20T09:00:00Z", "first_invoice_date": "2026-04-01"}
    found = differences(a_set_up(billing=billing, today=date(2026, 3, 20)))
    assert "elapsed-periods-skipped" in [each.cause for each in found]


@pytest.mark.parametrize("set_up", [{"state": "draft"}, {"invoiceable": False}])
def test_x78_a_charge_that_stays_a_draft_never_invoices(set_up):
    found = the_one(charges=(set_up,))
    assert (found.cause, found.under) == ("never-invoices", 12_000)


def test_x79_x81_a_price_that_the_configuration_had_right_before_is_an_override_lost():
    before = a_set_up().configuration
    found = the_one(charges=({"net_unit_price": "80"},), previous=before)
    assert (found.cause, found.under) == ("price-override-lost", 2400)  # 10 * 20 * 12


def test_x82_two_charges_for_one_line_bill_it_twice():
    found = the_one(charges=({}, {"line_id": "1"}))
    assert (found.cause, found.over) == ("duplicate-charge", 12_000)
