from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from policies.domain.terms import resolve
from policies.twin.bills import Biller, same_without_billing
from policies.twin.grid import grid
from policies.twin.model import Side, Stream
from policies.twin.months import MONTHS_SHOWN
from policies.twin.twin import twin
from policies.twin.units import conversion
from policies.twin.use import Use
from tests.billing_documents import an_invoice
from tests.builders import a_line, a_quote, a_usage_line, tiers
from tests.policies.twin.setups import OVERAGE, SEATS, a_configuration, a_setup, an_agreement


def a_biller(*terms):
    line = terms[0].line
    return Biller((Stream(side=Side.AGREEMENT, id=line.line_id, index=0, line=line, terms=terms),))


@pytest.mark.parametrize("start", ["2026-01-01", "2026-01-17", "2026-01-31"])
@pytest.mark.parametrize("rhythm", ["monthly", "quarterly", "annual"])
@pytest.mark.parametrize("price_period", ["month", "quarter", "year"])
@pytest.mark.parametrize("end", ["2028-12-31", "2029-01-16"])
def test_the_first_months_by_themselves_are_those_of_the_whole_bill(start, rhythm, price_period, end):
    line = a_line(
        price_period=price_period,
        billing_frequency=rhythm,
        included_quantity="10",
        overage_unit_price="7",
        uplift_percent="5",
        free_months="1",
    )
    terms = resolve(line, a_quote(start_date=start, end_date=end))
    until, use = date(2027, 2, 1), Use(Decimal(13), 1)
    short = a_biller(terms).first_months(use, until).amounts
    whole = a_biller(terms).bill(use).amounts
    assert [each for each in short if each.invoice_date < until] == [
        each for each in whole if each.invoice_date < until
    ]


def test_a_term_and_its_renewal_at_the_same_price_bill_as_one_longer_term():
    year = resolve(a_line(), a_quote())
    following = resolve(a_line(), a_quote(start_date="2027-01-01", end_date="2027-12-31"))
    both = resolve(a_line(), a_quote(end_date="2027-12-31"))
    following = replace(following, anchor=year.anchor)
    assert same_without_billing(a_biller(year, following), a_biller(both))
    assert a_biller(year, following).bill(None).by_date() == a_biller(both).bill(None).by_date()


def test_the_grid_has_each_edge_its_neighbours_and_ten_times_the_largest():
    terms = resolve(a_usage_line(charge_model="volume", tiers=tiers(("100", "2"), (None, "1"))), a_quote())
    found = grid([(terms, Decimal(1))], 1).quantities
    assert {Decimal(each) for each in (0, 1, 99, 100, 101, 1000)} <= set(found)


def test_the_grid_has_the_quantity_from_which_a_minimum_does_not_count():
    terms = resolve(a_usage_line(net_unit_price="0.5", minimum_amount="20", included_quantity="10"), a_quote())
    # 20 / 0.50 = 40 beyond the 10 that are free.
    assert Decimal(50) in grid([(terms, Decimal(1))], 1).quantities


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("GB", "MB", "1000"),
        ("GiB", "MiB", "1024"),
        ("hours", "minute", "60"),
        ("1k calls", "call", "1000"),
        ("Seats", "seat", "1"),
        ("call", "request", None),
    ],
)
def test_units_convert_where_that_is_a_matter_of_definition(one, other, factor):
    assert conversion(one, other) == (None if factor is None else Decimal(factor))


def test_what_flows_is_twelve_times_as_much_in_a_year_and_what_stands_is_not():
    year = {"price_period": "year", "billing_frequency": "annual"}
    flowing = resolve(a_usage_line(net_unit_price="1", **year), a_quote())
    standing = resolve(a_usage_line(net_unit_price="1", quantity_basis="peak", **year), a_quote())
    billed = [a_biller(each).bill(Use(Decimal(100), 1)).amounts[0].amount for each in (flowing, standing)]
    assert billed == [1200, 100]


def test_previews_stand_beside_both_sides_by_month():
    preview = an_invoice(1, issued_on="2026-01-01")
    found = twin(a_setup(an_agreement(SEATS | OVERAGE), a_configuration(SEATS | OVERAGE), previews=(preview,)))
    assert len(found.months) == MONTHS_SHOWN
    assert [each.preview for each in found.months[:2]] == [20000, None]
    assert found.months[0].parts[0].preview == 20000


def test_a_rise_at_renewal_changes_nothing_within_a_term():
    agreed = a_biller(resolve(a_line(), a_quote()))
    rising = a_biller(resolve(a_line(uplift_percent="5", uplift_at="renewal"), a_quote()))
    assert same_without_billing(agreed, rising)
    assert agreed.bill(None) == rising.bill(None)
