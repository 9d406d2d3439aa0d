"""Random deals and random mistakes in setting them up: no crash, and the changes of all differences make the bills equal."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.domain.finding import Direction
from policies.domain.money import minor_unit
from policies.twin.changing import applied
from policies.twin.twin import twin
from tests.lengths import at_length
from tests.policies.twin.setups import a_configuration, a_setup, an_agreement

TIERS = [
    [{"up_to": "100", "unit_price": "2"}, {"unit_price": "1"}],
    [{"up_to": "50", "unit_price": "2", "flat_fee": "10"}, {"up_to": "200", "unit_price": "1"}, {"unit_price": "0.5"}],
]
FIELDS = {
    "quantity": ["10", "12"],
    "price_period": ["month", "quarter", "year"],
    "net_unit_price": ["40", "38", "4000", "0.333"],
    "billing_frequency": ["monthly", "quarterly", "annual"],
    "billing_timing": ["in_advance", "in_arrears"],
    "included_quantity": [None, "10", "20"],
    "overage_unit_price": [None, "5", "6"],
    "minimum_amount": [None, "100"],
    "maximum_amount": [None, "5000"],
    "minimum_commitment": [None, {"amount": "9000", "period": "year", "true_up": True}],
    "drawdown": [None, {"credit_amount": "300"}],
    "free_months": [None, "1"],
    "uplift_percent": [None, "5"],
    "ramp": [None, [{"start_date": "2026-07-01", "quantity": "15"}]],
    "discounts": [None, [{"percent": "20", "ends_on": "2026-06-30"}], [{"percent": "20", "periods": 2}]],
    "list_unit_price": [None, "50"],
    "start_date": ["2026-01-01", "2026-01-15"],
}
SHAPES = [
    {"charge_type": "recurring"},
    {"charge_type": "usage", "charge_model": "per_unit"},
    {"charge_type": "usage", "charge_model": "graduated", "tiers": TIERS[0], "net_unit_price": None},
    {"charge_type": "usage", "charge_model": "volume", "tiers": TIERS[1], "net_unit_price": None},
    {"charge_type": "usage", "charge_model": "package", "package": {"size": "10"}},
]


@st.composite
def deals(draw):
    shape = draw(st.sampled_from(SHAPES))
    line = {"product_id": "P"} | {name: draw(st.sampled_from(values)) for name, values in FIELDS.items()} | shape
    mistakes = draw(st.lists(st.sampled_from(sorted(set(FIELDS) - set(shape))), max_size=3, unique=True))
    charge = line | {name: draw(st.sampled_from(FIELDS[name])) for name in mistakes}
    if shape["charge_type"] == "usage" and draw(st.booleans()):
        charge |= draw(st.sampled_from(SHAPES[1:]))
    renewal = draw(
        st.sampled_from([{"auto_renew": False}, {"auto_renew": True}, {"auto_renew": True, "uplift_percent": "7"}])
    )
    months = draw(st.sampled_from([12, 24]))
    return _stated(line), _stated(charge), renewal, months


def _stated(terms):
    return {name: value for name, value in terms.items() if value is not None}


@pytest.mark.fuzz
@settings(max_examples=at_length(80), deadline=None)
@given(deals())
def test_the_changes_of_all_differences_make_the_bills_equal(deal):
    line, charge, renewal, months = deal
    end = date(2026 + months // 12, 1, 1) - timedelta(days=1)
    agreement = an_agreement(line, renewal=renewal, end_date=end.isoformat())
    setup = a_setup(agreement, a_configuration(charge, auto_renew=renewal["auto_renew"]))
    found = twin(setup, finders=())
    assert all((each.under or 0) >= 0 and (each.over or 0) >= 0 for each in found.differences)
    # One cause may part the bills within the term one way and at renewal the other.
    assert len({(each.cause, each.direction) for each in found.differences}) == len(found.differences)
    for each in found.differences:
        assert each.direction is not Direction.TIMING or each.under is None
        assert each.first is not None or each.cause in {"rounding-drift", "unit-or-aggregation-differs"}
        if each.first is not None:
            assert abs(each.first.difference) > minor_unit("USD")
            assert abs(each.largest.difference) > minor_unit("USD")
    if found.differences and all(each.changes for each in found.differences):
        changes = {change.path: change for each in found.differences for change in each.changes}
        repaired = twin(replace(setup, configuration=applied(setup.configuration, list(changes.values()))), finders=())
        assert repaired.differences == ()
