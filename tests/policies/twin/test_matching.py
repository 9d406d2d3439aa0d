import random
from decimal import Decimal

import pytest

from policies.domain.billing import BillingCharge
from policies.twin.matching import match
from policies.twin.model import MatchBasis
from tests.builders import a_line, a_usage_line


def a_charge(charge_id="C1", quote_line_id=None, build=a_line, **terms):
    return BillingCharge(
        charge_id=charge_id, quote_line_id=quote_line_id, terms=build(**({"line_id": charge_id} | terms))
    )


def pairs(found):
    return [(each.line_ids, each.charge_ids, each.basis, each.confidence) for each in found.matches]


def test_a_charge_that_names_its_line_bills_it_whatever_the_product():
    found = match([a_line()], [a_charge(quote_line_id="1", product_id="OTHER")])
    assert pairs(found) == [(("1",), ("C1",), MatchBasis.LINE_ID, Decimal("0.97"))]


def test_an_id_that_can_only_be_the_charge_s_own_counts_with_the_same_product():
    lines = [a_line(line_id="1", product_id="A"), a_line(line_id="2", product_id="B", net_unit_price="7")]
    charges = [a_charge("1", product_id="B", net_unit_price="7"), a_charge("2", product_id="A")]
    assert [(each.line_ids, each.charge_ids) for each in match(lines, charges).matches] == [
        (("1",), ("2",)),
        (("2",), ("1",)),
    ]


def test_one_line_and_one_charge_of_a_product_belong_together_whatever_the_price():
    found = match([a_line()], [a_charge(net_unit_price="1")])
    assert pairs(found) == [(("1",), ("C1",), MatchBasis.PRODUCT, Decimal("0.90"))]


def test_lines_of_one_product_are_told_apart_by_price_and_quantity():
    lines = [a_line(line_id="1", quantity="10"), a_line(line_id="2", quantity="20")]
    found = match(lines, [a_charge("C1", quantity="20"), a_charge("C2", quantity="10")])
    assert pairs(found) == [
        (("1",), ("C2",), MatchBasis.PRODUCT, Decimal("0.85")),
        (("2",), ("C1",), MatchBasis.PRODUCT, Decimal("0.85")),
    ]


def test_without_a_product_in_common_the_same_price_by_the_month_tells():
    found = match([a_line()], [a_charge(product_id="OTHER", net_unit_price="1200", price_period="year", quantity="9")])
    assert pairs(found) == [(("1",), ("C1",), MatchBasis.TERMS, Decimal("0.75"))]


def test_what_has_nothing_in_common_stands_alone():
    found = match([a_line(quantity="1")], [a_charge(product_id="OTHER", quantity="1", net_unit_price="7")])
    assert (found.matches, found.lines_alone, found.charges_alone) == ((), ("1",), ("C1",))


def test_a_usage_charge_of_the_product_bills_the_overage_of_its_line():
    line = a_line(included_quantity="10", overage_unit_price="12")
    use = a_charge("C2", build=a_usage_line, product_id="SEATS", included_quantity="10", net_unit_price="12")
    assert [each.charge_ids for each in match([line], [a_charge(), use]).matches] == [("C1", "C2")]


def test_a_usage_charge_whose_parent_is_a_line_belongs_to_it():
    line = a_line(included_quantity="10", overage_unit_price="12")
    use = a_charge("C2", build=a_usage_line, product_id="OVERAGE", parent_line_id="1", net_unit_price="12")
    assert [each.charge_ids for each in match([line], [a_charge(), use]).matches] == [("C1", "C2")]


def test_an_amended_line_is_billed_by_successive_charges():
    first = a_charge("C1", end_date="2026-06-30")
    second = a_charge("C2", start_date="2026-07-01", net_unit_price="120")
    assert [each.charge_ids for each in match([a_line()], [first, second]).matches] == [("C1", "C2")]


def test_a_second_charge_for_the_same_days_stands_alone():
    found = match([a_line()], [a_charge("C1"), a_charge("C2")])
    assert (found.matches[0].charge_ids, found.charges_alone) == (("C1",), ("C2",))


def test_a_charge_whose_amount_is_the_sum_of_several_lines_bills_them_all():
    lines = [a_line(line_id="1", product_id="A"), a_line(line_id="2", product_id="B", net_unit_price="50")]
    found = match(lines, [a_charge(product_id="BUNDLE", quantity="1", net_unit_price="1500")])
    assert pairs(found) == [(("1", "2"), ("C1",), MatchBasis.TERMS, Decimal("0.75"))]


def test_charges_that_add_up_to_a_line_bill_it_together():
    parts = [
        a_charge(f"C{n}", product_id=f"P{n}", quantity="1", net_unit_price=price)
        for n, price in ((1, "600"), (2, "400"))
    ]
    assert [each.charge_ids for each in match([a_line()], parts).matches] == [("C1", "C2")]


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_the_documents_does_not_matter(seed):
    rng = random.Random(seed)
    lines = [a_line(line_id=str(n), product_id=f"P{n % 4}", quantity=str(n % 5 + 2)) for n in range(20)]
    charges = [a_charge(f"C{n}", product_id=f"P{n % 5}", quantity=str(n % 5 + 2)) for n in range(20)]
    expected = match(lines, charges)
    rng.shuffle(lines)
    rng.shuffle(charges)
    found = match(lines, charges)
    assert set(pairs(found)) == set(pairs(expected))
    assert set(found.charges_alone) == set(expected.charges_alone)
