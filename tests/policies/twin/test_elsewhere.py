"""Other configurations of the same agreement: billed twice, billed together, billed elsewhere."""

from dataclasses import replace
from datetime import date

from policies.domain.finding import Direction
from policies.twin.twin import twin
from tests.policies.twin.setups import SEATS, USAGE, a_configuration, a_setup, an_agreement

FEE = {
    "product_id": "FEE",
    "charge_type": "recurring",
    "quantity": "1",
    "price_period": "month",
    "net_unit_price": "300",
}


def another(*charges, **terms):
    return a_configuration(*charges, **{"billing_configuration_id": "BC-2"} | terms)


def found(agreement, configuration, *others):
    return twin(a_setup(agreement, configuration, others=others))


def test_a_second_configuration_of_the_same_agreement_bills_it_twice():
    told = found(an_agreement(SEATS), a_configuration(SEATS), another(SEATS))
    [twice] = told.differences
    assert (twice.cause, twice.direction) == ("duplicate-charge", Direction.OVER)
    # 500 seats x $40 x 12 months.
    assert (twice.under, twice.over) == (0, 240000)
    assert twice.charge_ids == ("C1", "BC-2/C1")
    assert "BC-2" in twice.remedy_text


def test_use_that_two_configurations_meter_is_billed_twice_however_much_it_is():
    told = found(an_agreement(USAGE), a_configuration(USAGE), another(USAGE))
    assert [(each.cause, each.over) for each in told.differences] == [("duplicate-charge", None)]


def test_a_configuration_that_makes_no_invoices_bills_nothing_twice():
    for silent in (another(SEATS, status="cancelled"), another(SEATS | {"state": "draft"})):
        assert found(an_agreement(SEATS), a_configuration(SEATS), silent).differences == ()


def test_what_two_configurations_bill_together_as_agreed_is_well():
    halves = [SEATS | {"quantity": "200"}, SEATS | {"quantity": "300"}]
    told = found(an_agreement(SEATS), a_configuration(halves[0]), another(halves[1]))
    assert told.differences == ()


def test_one_configuration_after_the_other_is_well():
    first = a_configuration(SEATS | {"end_date": "2026-06-30"})
    assert found(an_agreement(SEATS), first, another(SEATS | {"start_date": "2026-07-01"})).differences == ()


def test_a_line_that_another_configuration_bills_is_not_without_a_charge():
    theirs = another(FEE | {"quote_line_id": "2"})
    told = found(an_agreement(SEATS, FEE), a_configuration(SEATS), theirs)
    assert told.differences == ()
    [unknown] = [each for each in told.not_assessed if each.policy_id == "line-without-charge"]
    assert unknown.because == "line 2 is billed by BC-2, and how is for the verification of that one to tell"


def test_a_price_that_is_wrong_here_is_told_beside_what_is_billed_twice():
    told = found(an_agreement(SEATS), a_configuration(SEATS | {"net_unit_price": "38"}), another(SEATS))
    assert {each.cause: each.under or each.over for each in told.differences} == {
        "price-or-quantity-differs": 12000,
        "duplicate-charge": 240000,
    }


def test_a_charge_of_another_product_at_the_same_price_bills_nothing_twice():
    other = another(SEATS | {"product_id": "OTHER", "quote_line_id": None})
    assert found(an_agreement(SEATS), a_configuration(SEATS), other).differences == ()


def test_a_first_invoice_that_skips_what_has_passed_is_not_called_late_besides():
    late = {"created_at": "2026-03-28T10:00:00Z", "first_invoice_date": "2026-04-01"}
    setup = a_setup(an_agreement(SEATS), a_configuration(SEATS | {"start_date": "2026-01-01"}, **late))
    told = twin(replace(setup, today=date(2026, 3, 28)))
    # January to March at 20,000.
    assert [(each.cause, each.under) for each in told.differences] == [("elapsed-periods-skipped", 60000)]
