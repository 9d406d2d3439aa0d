"""Charges in a state that never invoices are found on every platform, by its own words."""

from datetime import date
from decimal import Decimal

import pytest

from policies.domain.finding import Direction
from policies.twin.platforms import platform_of
from tests.set_ups import a_set_up, beside

SILENT = [
    ("salesforce", "Draft", "Activate the order"),
    ("salesforce_billing", "Will Not Invoice", "Generate Invoice"),
    ("salesforce_billing", "In Progress", "Post the draft invoice"),
    ("zuora", "PendingActivation", "service activation date"),
    ("zuora", "Pending Acceptance", "customer acceptance date"),
    ("stripe", "incomplete", "first invoice paid"),
    ("stripe", "paused", "Resume"),
    ("chargebee", "paused", "Resume"),
    ("lago", "incomplete", "activation rules"),
    ("killbill", "BLOCKED", "blocking state"),
    ("recurly", "paused", "Resume"),
    ("maxio", "on_hold", "Resume"),
    ("chargify", "awaiting_signup", "Activate"),
    ("netsuite", "Pending Activation", "activation change order"),
    ("our own system", "draft", "Activate"),
]


def never(setup):
    found, untold = beside(setup)
    return found.get("never-invoices", []), [each.because for each in untold if each.policy_id == "never-invoices"]


@pytest.mark.parametrize(("source", "state", "remedy"), SILENT)
def test_a_state_that_never_invoices_keeps_the_whole_line_back(source, state, remedy) -> None:
    # 10 * 100 * 12 months.
    [found], untold = never(a_set_up(charges=({"state": state},), billing={"source": source}))
    assert (found.under, found.already_lost) == (Decimal(12000), Decimal(0))
    assert (found.line_ids, found.charge_ids) == (("1",), ("C-1",))
    assert remedy in found.remedy_text
    assert untold == []


@pytest.mark.parametrize(("source", "state"), [("lago", "pending"), ("stripe", "past_due"), ("chargebee", "future")])
def test_a_state_in_which_invoices_come_is_fine(source, state) -> None:
    assert never(a_set_up(charges=({"state": state},), billing={"source": source})) == ([], [])


def test_a_state_that_nobody_knows_is_said_and_never_fine() -> None:
    found, [because] = never(a_set_up(charges=({"state": "humming"},), billing={"source": "zuora"}))
    assert found == []
    assert because == (
        "the state 'humming' of charge C-1 is not a state of Zuora that is known, so whether it is invoiced was not judged"
    )


def test_where_nothing_says_a_state_that_is_said_too() -> None:
    found, [because] = never(a_set_up(billing={"status": None}))
    assert found == []
    assert because.startswith("nothing says in which state charge C-1 is")


def test_a_stopped_configuration_is_one_difference_with_the_money_of_each_line() -> None:
    setup = a_set_up(lines=({}, {"quantity": "1"}), charges=({}, {"quantity": "1"}), billing={"status": "draft"})
    [found], _ = never(setup)
    assert [(each.line_id, each.amount) for each in found.exposures] == [("1", Decimal(12000)), ("2", Decimal(1200))]
    assert found.line_ids == ()


def test_what_was_due_before_today_is_lost_already() -> None:
    # January, February and March were due on their first days; ten seats at $100.
    [found], _ = never(a_set_up(charges=({"state": "paused"},), today=date(2026, 3, 15)))
    assert (found.under, found.already_lost) == (Decimal(12000), Decimal(3000))
    assert found.first is not None
    assert (found.first.invoice_date, found.first.agreement) == (date(2026, 1, 1), Decimal(1000))


def test_a_charge_that_is_set_not_to_be_invoiced_can_be_patched() -> None:
    [found], _ = never(a_set_up(charges=({"invoiceable": False},)))
    [change] = found.changes
    assert (change.path, change.value) == ("/charges/0/invoiceable", True)
    assert found.direction is Direction.UNDER


def test_an_empty_first_invoice_date_stops_everything() -> None:
    [found], _ = never(a_set_up(billing={"first_invoice_date": None}))
    assert found.reports["because"] == "its first invoice date is empty"
    assert found.under == Decimal(12000)


@pytest.mark.parametrize(
    ("source", "flag", "because"),
    [
        ("salesforce_billing", {"blng__HoldBilling__c": "Yes"}, "Hold Billing is Yes"),
        ("salesforce_billing", {"next_billing_date": None}, "its Next Billing Date is empty"),
        ("stripe", {"pause_collection": {"behavior": "void"}}, "its collection is paused"),
        ("killbill", {"tags": ["TEST", "AUTO_INVOICING_OFF"]}, "the account has the tag AUTO_INVOICING_OFF"),
        ("zuora", {"triggerDate": None}, "its specific trigger date is empty"),
    ],
)
def test_a_platforms_own_switch_stops_its_charge(source, flag, because) -> None:
    [found], _ = never(a_set_up(charges=(flag,), billing={"source": source}))
    assert found.reports["because"] == because


def test_of_two_charges_on_a_line_only_the_stopped_ones_money_is_kept_back() -> None:
    halves = ({"quantity": "4", "line_id": "1"}, {"quantity": "6", "line_id": "1", "state": "paused"})
    [found], _ = never(a_set_up(charges=halves))
    assert (found.under, found.charge_ids) == (Decimal(7200), ("C-2",))


def test_a_stopped_charge_that_bills_nothing_agreed_loses_nothing() -> None:
    stray = {"product_id": "OTHER", "line_id": "99", "net_unit_price": "7", "quantity": "3", "state": "paused"}
    assert never(a_set_up(charges=({}, stray))) == ([], [])


def test_use_is_expected_at_a_fifth_beyond_the_allowance_where_no_catalog_says() -> None:
    # 20 calls beyond the 100 that are included, at $2, in each of twelve months.
    calls = {"quantity": None, "net_unit_price": "0", "charge_type": "usage"}
    calls |= {"included_quantity": "100", "overage_unit_price": "2"}
    [found], _ = never(a_set_up(lines=(calls,), charges=(calls | {"state": "paused"},)))
    assert found.under == Decimal(480)
    assert any("120 % of allowance" in each for each in found.assumptions)


def test_platforms_are_known_by_any_spelling() -> None:
    assert platform_of("Salesforce Billing") is platform_of("salesforce-billing")
    assert platform_of(None).name == "the billing system"
