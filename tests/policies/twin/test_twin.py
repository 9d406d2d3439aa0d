import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cpq_hooks.canonical import load_billing_configuration
from policies.domain.finding import Change, Direction
from policies.twin.changing import applied
from policies.twin.model import MatchBasis
from policies.twin.twin import twin
from tests.policies.twin.setups import OVERAGE, SEATS, USAGE, a_configuration, a_setup, an_agreement

RENEWS = {"renewal": {"auto_renew": True, "uplift_percent": "5"}}
GRADUATED = {
    "charge_model": "graduated",
    "net_unit_price": None,
    "tiers": [{"up_to": "1000", "unit_price": "1"}, {"unit_price": "0.8"}],
}


def stated(terms):
    return {name: value for name, value in terms.items() if value is not None}


def the_one(agreement, configuration, **given):
    """The only difference; its changes, where it has some, are tried by making them."""
    setup = a_setup(agreement, configuration, **given)
    found = twin(setup).differences
    assert len(found) == 1, [each.cause for each in found]
    if found[0].changes:
        repaired = replace(setup, configuration=applied(configuration, found[0].changes))
        assert twin(repaired).differences == ()
    return found[0]


def test_the_seat_contract_without_its_overage_is_one_difference_with_its_fix():
    found = the_one(an_agreement(SEATS | OVERAGE), a_configuration(SEATS))
    assert found.cause == "overage-not-set-up"
    assert found.changes == (
        Change(path="/charges/0/overage_unit_price", value=Decimal(50), absent=True),
        Change(path="/charges/0/included_quantity", value=Decimal(500), absent=True),
    )
    # 120 % of 500 are 600: a hundred seats over at $50, twelve times.
    assert (found.under, found.over, found.per_period) == (60000, 0, 5000)
    assert found.first.quantity == 501
    assert found.direction is Direction.UNDER
    assert found.evidence[0].field == "charges[C1].overage_unit_price"
    assert found.evidence[0].expected_from == "agreement AG-1, line 1"
    assert found.confidence == Decimal("0.97")


def test_equal_bills_have_no_difference_and_thirteen_months_beside_each_other():
    found = twin(a_setup(an_agreement(SEATS | OVERAGE), a_configuration(SEATS | OVERAGE)))
    assert found.differences == ()
    assert len(found.months) == 13
    # January has the price; from February on there are the $5,000 of the month before; in January 2027 these alone.
    assert [each.agreement for each in found.months] == [20000] + [25000] * 11 + [5000]
    assert all(each.agreement == each.billing for each in found.months)
    assert found.months[0].parts[0].at_use == 600


def test_a_price_that_differs_is_told_with_what_is_lost_already():
    found = the_one(an_agreement(SEATS), a_configuration(SEATS | {"net_unit_price": "38"}), today=date(2026, 3, 10))
    assert (found.cause, found.under, found.already_lost) == ("price-or-quantity-differs", 12000, 3000)
    assert found.changes == (Change(path="/charges/0/net_unit_price", value=Decimal(40)),)


def test_a_quantity_above_what_was_sold_is_billed_too_much():
    found = the_one(an_agreement(SEATS), a_configuration(SEATS | {"quantity": "510"}))
    assert (found.direction, found.over, found.under) == (Direction.OVER, 4800, 0)


@pytest.mark.parametrize(
    ("cause", "sold", "set_up"),
    [
        ("charge-model-differs", USAGE | GRADUATED, USAGE | GRADUATED | {"charge_model": "volume"}),
        ("price-or-quantity-differs", USAGE | GRADUATED, USAGE | GRADUATED | {"tiers": [{"up_to": "1000", "unit_price": "1"}, {"unit_price": "0.7"}]}),
        ("minor-unit-error", SEATS, SEATS | {"net_unit_price": "4000"}),
        ("minor-unit-error", SEATS | {"net_unit_price": "40.25"}, SEATS | {"net_unit_price": "40"}),
        ("minor-unit-error", SEATS | {"net_unit_price": "4025"}, SEATS | {"net_unit_price": "40"}),
        ("price-or-quantity-differs", SEATS | {"net_unit_price": "40.25"}, SEATS | {"net_unit_price": "41"}),
        ("discount-differs", SEATS | {"list_unit_price": "50", "discounts": [{"percent": "20", "ends_on": "2026-06-30"}]}, SEATS | {"list_unit_price": "50", "discounts": [{"percent": "20"}]}),
        ("discount-differs", SEATS | {"list_unit_price": "50", "discounts": [{"percent": "20", "periods": 3}]}, SEATS | {"net_unit_price": "50"}),
        ("ramp-differs", SEATS | {"ramp": [{"start_date": "2026-07-01", "quantity": "600"}]}, SEATS),
        ("free-time-not-sold", SEATS, SEATS | {"trial_days": 31}),
        ("free-time-not-sold", SEATS, SEATS | {"free_months": "2"}),
        ("billing-rhythm-differs", SEATS, SEATS | {"billing_frequency": "quarterly"}),
        ("billing-rhythm-differs", SEATS, SEATS | {"billing_timing": "in_arrears"}),
        ("billing-rhythm-differs", SEATS, SEATS | {"start_date": "2026-02-01"}),
        ("billing-rhythm-differs", SEATS, SEATS | {"end_date": "2026-11-30"}),
        ("minimum-or-commitment-inert", USAGE | {"minimum_commitment": {"amount": "1200", "period": "year", "true_up": True}}, USAGE | {"minimum_commitment": {"amount": "1200", "period": "year"}}),
        ("minimum-or-commitment-inert", USAGE | {"minimum_amount": "100"}, USAGE),
        ("prepaid-credit-differs", USAGE | {"drawdown": {"credit_amount": "100"}}, USAGE | {"drawdown": {"credit_amount": "200"}}),
        ("unit-or-aggregation-differs", USAGE | {"unit_of_measure": "GB"}, USAGE | {"unit_of_measure": "TB"}),
        ("unit-or-aggregation-differs", USAGE | {"unit_of_measure": "call"}, USAGE | {"unit_of_measure": "request"}),
        ("unit-or-aggregation-differs", USAGE | {"quantity_basis": "peak"}, USAGE | {"quantity_basis": "latest"}),
        ("rounding-drift", SEATS | {"quantity": "1", "net_unit_price": "1000", "price_period": "year"}, SEATS | {"quantity": "1", "net_unit_price": "83.33"}),
    ],
)  # fmt: skip
def test_each_cause_is_told_by_its_name_and_its_changes_remove_it(cause, sold, set_up):
    found = the_one(an_agreement(stated(sold)), a_configuration(stated(set_up)))
    assert found.cause == cause
    assert found.changes


def test_the_same_money_on_other_days_costs_nothing_by_itself():
    found = the_one(an_agreement(SEATS), a_configuration(SEATS | {"billing_frequency": "quarterly"}))
    assert (found.direction, found.under, found.over, found.per_period) == (Direction.TIMING, None, None, None)


def test_two_causes_on_one_line_are_two_differences_each_with_its_own_money():
    agreed = SEATS | OVERAGE
    found = twin(a_setup(an_agreement(agreed), a_configuration(SEATS | {"net_unit_price": "38"}))).differences
    assert {each.cause: each.under for each in found} == {
        "price-or-quantity-differs": 12000,
        "overage-not-set-up": 60000,
    }


def test_a_price_that_the_configuration_had_right_before_is_an_override_lost():
    before = a_configuration(SEATS)
    found = the_one(an_agreement(SEATS), a_configuration(SEATS | {"net_unit_price": "45"}), previous=before)
    assert (found.cause, found.over) == ("price-override-lost", 30000)


def test_a_change_of_plan_that_made_another_charge_of_it_does_not_hide_the_override():
    after = [
        SEATS | {"end_date": "2026-03-31"},
        SEATS | {"quote_line_id": "1", "start_date": "2026-04-01", "net_unit_price": "38"},
    ]
    found = the_one(an_agreement(SEATS), a_configuration(*after), previous=a_configuration(SEATS))
    # 500 seats x $2 x 9 months.
    assert (found.cause, found.under) == ("price-override-lost", 9000)


def test_a_gap_between_two_charges_of_a_line_is_closed_by_the_end_of_the_first():
    after = [SEATS | {"end_date": "2026-02-28"}, SEATS | {"quote_line_id": "1", "start_date": "2026-04-01"}]
    found = the_one(an_agreement(SEATS), a_configuration(*after))
    assert (found.cause, found.under) == ("billing-rhythm-differs", 20000)
    assert found.changes == (Change(path="/charges/0/end_date", value=date(2026, 3, 31)),)


def test_a_renewal_without_its_rise_shows_in_the_renewed_term_alone():
    found = the_one(an_agreement(SEATS, **RENEWS), a_configuration(SEATS, auto_renew=True))
    assert found.cause == "uplift-not-set-up"
    assert found.first.invoice_date == date(2027, 1, 1)
    # 500 seats x $2 x 12 months.
    assert (found.under, found.renewal_under, found.renewal_over) == (0, 12000, 0)


def test_a_rise_that_is_missing_at_renewal_does_not_hide_a_price_in_the_term():
    found = twin(
        a_setup(an_agreement(SEATS, **RENEWS), a_configuration(SEATS | {"net_unit_price": "38"}, auto_renew=True))
    )
    assert {each.cause for each in found.differences} == {"price-or-quantity-differs", "uplift-not-set-up"}
    price = found.of("price-or-quantity-differs")[0]
    assert price.under == 12000


def test_a_line_without_a_charge_costs_all_that_it_bills_and_comes_with_its_charge():
    fee = {"product_id": "SETUP", "charge_type": "one_time", "quantity": "1", "net_unit_price": "5000"}
    found = the_one(an_agreement(SEATS, fee), a_configuration(SEATS))
    assert (found.cause, found.under, found.line_ids) == ("line-without-charge", 5000, ("2",))
    assert found.changes[0].path == "/charges/-"


def test_a_charge_for_nothing_that_was_sold_is_billed_too_much():
    extra = SEATS | {"product_id": "SUPPORT", "quantity": "1", "net_unit_price": "100", "quote_line_id": None}
    found = the_one(an_agreement(SEATS), a_configuration(SEATS, extra))
    assert (found.cause, found.over, found.charge_ids) == ("charge-without-line", 1200, ("C2",))


@pytest.mark.parametrize("line_id", ["1", None])
def test_a_second_charge_for_a_line_is_a_duplicate(line_id):
    found = the_one(an_agreement(SEATS), a_configuration(SEATS, SEATS | {"quote_line_id": line_id}))
    assert (found.cause, found.over, found.line_ids) == ("duplicate-charge", 240000, ("1",))


def test_an_amendment_that_billing_does_not_have_is_told_with_its_charge():
    amendment = {
        "amendment_id": "AM-1",
        "effective_date": "2026-07-01",
        "lines": [SEATS | {"line_id": "1", "quantity": "600"}],
    }
    found = the_one(an_agreement(SEATS, amendments=[amendment]), a_configuration(SEATS))
    # 100 seats x $40 x 6 months.
    assert (found.cause, found.under) == ("amendment-not-set-up", 24000)
    assert found.reports["amendment"] == "AM-1"
    assert found.changes[0].path == "/charges/-"


def test_an_amended_line_that_is_billed_by_two_charges_is_held_against_both():
    amendment = {
        "amendment_id": "AM-1",
        "effective_date": "2026-07-01",
        "lines": [SEATS | {"line_id": "1", "quantity": "600"}],
    }
    first = SEATS | {"end_date": "2026-06-30"}
    second = SEATS | {"start_date": "2026-07-01", "quantity": "590", "quote_line_id": "1"}
    found = the_one(an_agreement(SEATS, amendments=[amendment]), a_configuration(first, second))
    assert (found.cause, found.under) == ("price-or-quantity-differs", 2400)
    assert found.changes == (Change(path="/charges/1/quantity", value=Decimal(600)),)
    assert found.evidence[0].expected_from == "agreement AG-1, line 1, amendment AM-1"


def test_a_base_charge_and_a_usage_charge_bill_one_line():
    usage = {
        "product_id": "SEAT",
        "charge_type": "usage",
        "price_period": "month",
        "net_unit_price": "45",
        "included_quantity": "500",
        "quantity_basis": "peak",
        "quote_line_id": None,
    }
    agreed = SEATS | OVERAGE | {"quantity_basis": "peak"}
    found = the_one(an_agreement(agreed), a_configuration(SEATS, usage))
    assert (found.line_ids, found.charge_ids) == (("1",), ("C1", "C2"))
    assert (found.cause, found.under) == ("price-or-quantity-differs", 6000)
    assert found.changes == (Change(path="/charges/1/net_unit_price", value=Decimal(50)),)


def test_a_bundle_that_bills_less_than_its_lines_is_told_in_words():
    lines = [SEATS, SEATS | {"product_id": "SUPPORT", "quantity": "1", "net_unit_price": "500"}]
    agreement = an_agreement(*lines)
    bundle = a_configuration(
        SEATS | {"quantity": "1", "net_unit_price": "20500", "quote_line_id": None, "product_id": "BUNDLE"}
    )
    found = twin(a_setup(agreement, bundle))
    assert found.differences == ()
    assert found.matching.matches[0].basis is MatchBasis.TERMS


def test_two_currencies_are_not_held_against_each_other():
    found = twin(a_setup(an_agreement(SEATS), a_configuration(SEATS, currency="EUR")))
    assert [each.cause for each in found.differences] == ["currency-differs"]
    assert "the currencies differ" in " ".join(each.because for each in found.not_assessed)
    assert found.months[0].billing is None


def test_a_charge_whose_tiers_say_nothing_of_their_model_is_not_assessed_or_set_right():
    agreed = USAGE | {"charge_model": "per_unit"}
    tiers = stated(USAGE | {"net_unit_price": None, "tiers": [{"unit_price": "0.01"}]})
    found = twin(a_setup(an_agreement(agreed), a_configuration(tiers)))
    assert found.differences or found.not_assessed


def test_no_charges_at_all_leave_every_line_without_one():
    found = twin(a_setup(an_agreement(SEATS, USAGE), a_configuration()))
    assert [each.cause for each in found.differences] == ["line-without-charge"] * 2
    assert found.differences[1].under is None


def test_the_order_of_lines_and_charges_changes_nothing():
    lines = [SEATS | {"line_id": str(n), "product_id": f"P{n % 3}", "quantity": str(10 + n)} for n in range(9)]
    charges = [
        SEATS | {"charge_id": f"C{n}", "quote_line_id": None, "product_id": f"P{n % 3}", "quantity": str(10 + n)}
        for n in range(9)
    ]
    expected = None
    for seed in range(5):
        shuffled = random.Random(seed)
        shuffled.shuffle(lines)
        shuffled.shuffle(charges)
        found = twin(a_setup(an_agreement(*lines), a_configuration(*charges)))
        matches = {(each.line_ids, each.charge_ids) for each in found.matching.matches}
        assert found.differences == ()
        assert expected in (None, matches)
        expected = matches


def test_a_tariff_of_a_hundred_tiers_and_a_term_of_thirty_years_are_judged():
    tiers = [{"up_to": str(n * 100), "unit_price": str(200 - n)} for n in range(1, 100)] + [{"unit_price": "1"}]
    agreed = stated(USAGE | {"charge_model": "graduated", "net_unit_price": None, "tiers": tiers})
    billed = agreed | {"tiers": [*tiers[:-1], {"unit_price": "2"}]}
    found = twin(a_setup(an_agreement(agreed, end_date="2030-12-31"), a_configuration(billed)))
    assert [each.cause for each in found.differences] == ["price-or-quantity-differs"]
    assert found.differences[0].first.quantity == 9901
    long = an_agreement(SEATS, end_date="2055-12-31")
    assert [each.cause for each in twin(a_setup(long, a_configuration(SEATS | {"quantity": "1"}))).differences] == [
        "price-or-quantity-differs"
    ]


def test_a_charge_without_a_price_bills_nothing_until_it_has_one():
    configuration = a_configuration(SEATS)
    charge = configuration.charges[0]
    bare = replace(configuration, charges=(replace(charge, terms=replace(charge.terms, net_unit_price=None)),))
    found = the_one(an_agreement(SEATS), bare)
    assert (found.cause, found.under) == ("price-or-quantity-differs", 240000)


def test_a_document_that_only_states_prices_takes_its_rhythm_from_the_agreement_and_says_so():
    bare = {
        "billing_configuration_id": "BC-1",
        "currency": "USD",
        "charges": [
            {
                "charge_id": "C1",
                "quote_line_id": "1",
                "product_id": "SEAT",
                "charge_type": "recurring",
                "net_unit_price": "40",
            }
        ],
    }
    found = twin(a_setup(an_agreement(SEATS), load_billing_configuration(bare)))
    assert found.differences == ()
    assert {each.field for _, each in found.assumed} >= {"price_period", "billing_frequency", "quantity"}


TWENTY_FIVE_MONTHS = {
    "start_date": "2026-02-28",
    "end_date": "2028-03-27",
    "billing_frequency": "annual",
    "renewal": {"auto_renew": True, "term_months": 12},
}


def test_a_charge_that_states_the_end_of_its_term_is_invoiced_up_to_it_and_renews_then():
    dated = SEATS | {"start_date": "2026-02-28", "end_date": "2028-03-27"}
    found = twin(a_setup(an_agreement(SEATS, **TWENTY_FIVE_MONTHS), a_configuration(dated, auto_renew=True)))
    assert found.differences == ()


def test_an_invoice_that_reaches_beyond_the_term_is_the_same_money_on_other_days():
    endless = SEATS | {"start_date": "2026-02-28"}
    found = the_one(an_agreement(SEATS, **TWENTY_FIVE_MONTHS), a_configuration(endless, auto_renew=True))
    assert (found.cause, found.direction) == ("billing-rhythm-differs", Direction.TIMING)
    # The last month of the term, 20,000, is invoiced with the eleven that follow it.
    assert (found.first.agreement, found.first.billing) == (20000, 240000)
    assert found.changes == (Change(path="/charges/0/end_date", value=date(2028, 3, 27), absent=True),)


def test_a_renewal_that_differs_at_any_use_does_not_hide_prices_that_differ_at_some():
    shared = USAGE | {
        "included_quantity": "10",
        "minimum_amount": "100",
        "maximum_amount": "5000",
        "drawdown": {"credit_amount": "300"},
    }
    agreed = shared | {"net_unit_price": "40"}
    tiered = {"charge_model": "graduated", "tiers": [{"up_to": "100", "unit_price": "2"}, {"unit_price": "1"}]}
    billed = shared | tiered | {"net_unit_price": None}
    found = twin(a_setup(an_agreement(agreed, **RENEWS), a_configuration(billed, auto_renew=True)))
    assert {"price-or-quantity-differs", "charge-model-differs"} <= {each.cause for each in found.differences}
