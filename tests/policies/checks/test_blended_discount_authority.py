"""The discount of the whole quote: it speaks where free time or ramps take it further than any single price."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined, Violated
from policies.checks.blended_discount_authority import CHECK
from tests.builders import a_company, a_line, a_quote, an_authority
from tests.judging import judged, violated

COMPANY = a_company()


def a_license(line_id="1", **terms):
    """Ten seats at list, $100 a month: 12,000 a year."""
    return a_line(line_id=line_id, **({"list_unit_price": "100"} | terms))


def quoted(*lines, **terms):
    return a_quote(lines=lines, rep={"rep_id": "R-1", "role": "ae"}, **terms)


def test_a_discount_and_free_months_add_up_to_more_than_either():
    # 10 of 12 months at 90: 9,000 of 12,000, so 25 %. At 10 % the AE could give 1,200; given are 3,000.
    found = violated(CHECK, quoted(a_license(net_unit_price="90", free_months="2")), company=COMPANY)

    assert (found.reports["discount"], found.reports["deepest"]) == (Decimal(25), Decimal(10))
    assert found.loss.remaining_term == Decimal(1800)
    assert (found.approver, found.clears_without_approval) == ("director", "blended discount 10 % or less")


def test_the_excess_lies_on_the_lines_that_go_too_far():
    # Line 1 gives 3 of 12 months, 3,000, and may give 1,200; line 2 is at list and leaves its 1,200 to it.
    found = violated(CHECK, quoted(a_license(free_months="3"), a_license("2")), company=COMPANY)

    assert found.loss.remaining_term == Decimal(600)  # 3,000 - 10 % of 24,000
    assert [(each.line_id, each.amount) for each in found.loss.exposures] == [("1", Decimal(600))]
    assert found.line_ids == ("1",)


def test_up_to_the_limit_nobody_is_asked():
    # 1 of 12 months is 8.33 %.
    assert isinstance(judged(CHECK, quoted(a_license(free_months="1")), company=COMPANY), Satisfied)


@pytest.mark.parametrize(("listed", "net"), [("100", "70"), ("100", "90"), ("3", "2"), ("7", "1")])
def test_where_a_price_says_it_all_the_line_is_judged_and_not_the_blend(listed, net):
    quote = quoted(a_license(list_unit_price=listed, net_unit_price=net))
    assert isinstance(judged(CHECK, quote, company=COMPANY), NotApplicable)


@pytest.mark.parametrize(("free_months", "outcome"), [("5", Satisfied), ("6", Violated)])
def test_a_family_with_more_room_adds_its_own_room(free_months, outcome):
    # 10 % of 12,000 for seats and 49 % of 12,000 for services may be given: 7,080. Given: 2 months and 5 (or 6), at 1,000.
    services = a_license("2", product_family="Services", free_months=free_months)
    rule = {"role": "ae", "maximum_discount_percent": "49", "product_family": "Services"}
    company = a_company(discount_authority=an_authority(rule))

    seats = a_license(product_family="Software", free_months="2")
    found = judged(CHECK, quoted(seats, services), company=company)

    assert isinstance(found, outcome)


def test_a_contracted_discount_does_not_hide_a_blend_that_is_not():
    # The contract grants 50 % on a line of 12,000: 6,000 count. Two free months on it and on the other give 1,000 + 2,000.
    contracted = a_license(net_unit_price="50", discounts=[{"kind": "contracted", "percent": "50"}], free_months="2")
    found = violated(CHECK, quoted(contracted, a_license("2", free_months="2")), company=COMPANY)

    assert found.reports["discount"] == Decimal("16.67")
    assert found.loss.remaining_term == Decimal(1200)  # 3,000 - 10 % of 18,000


def test_a_ramp_of_quantities_is_no_discount():
    ramp = [{"start_date": "2026-01-01", "quantity": "1"}, {"start_date": "2026-07-01", "quantity": "100"}]
    assert isinstance(judged(CHECK, quoted(a_license(ramp=ramp)), company=COMPANY), Satisfied)


def test_a_contracted_discount_comes_off_first():
    # 20 % contracted leaves 9,600; one free month of twelve takes 800 of it, 8.33 %.
    line = a_license(net_unit_price="80", discounts=[{"kind": "contracted", "percent": "20"}], free_months="1")
    assert isinstance(judged(CHECK, quoted(line), company=COMPANY), Satisfied)


def test_what_is_missing_is_named():
    without_list = judged(CHECK, quoted(a_line()), company=COMPANY)
    assert isinstance(without_list, Undetermined)
    assert without_list.because == "no list price over the term for SEATS"
    without_role = judged(CHECK, a_quote(lines=[a_license(free_months="3")]), company=COMPANY)
    assert isinstance(without_role, Undetermined)
