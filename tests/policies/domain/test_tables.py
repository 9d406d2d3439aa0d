from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.rating import Unrateable, rate
from policies.domain.tables import tabled
from tests.builders import a_usage_line, tiers

WHOLE = st.decimals("0.01", "40", places=2)
PRICES = st.sampled_from(["0", "0.123", "2", "17.5"])


@st.composite
def tables(draw):
    bounds = sorted(draw(st.sets(WHOLE, max_size=8)))
    last = draw(st.sampled_from([None, Decimal(50)]))
    rows = [(each, draw(PRICES), draw(st.sampled_from([None, "0", "3.3"]))) for each in [*bounds, last]]
    model = draw(st.sampled_from(["graduated", "volume", "stairstep"]))
    return a_usage_line(charge_model=model, net_unit_price=None, tiers=tiers(*rows))


@given(tables(), st.decimals("0", "60", places=3))
def test_a_table_gives_the_amount_that_walking_through_its_tiers_gives(line, units):
    amount = tabled(line)(units)
    if amount is None:
        with pytest.raises(Unrateable):
            rate(line, units)
    else:
        assert amount == rate(line, units).amount


def test_a_quantity_on_a_bound_is_in_the_tier_that_ends_there():
    line = a_usage_line(charge_model="volume", net_unit_price=None, tiers=tiers(("10", "2"), (None, "1")))
    assert [tabled(line)(Decimal(each)) for each in ("0", "10", "10.5")] == [0, 20, Decimal("10.5")]


@pytest.mark.parametrize(
    "wrong",
    [tiers(("10", "1"), ("5", "1")), tiers((None, "1"), ("5", "1")), tiers(("10", None), (None, "1")), ()],
    ids=["falling", "open too early", "without a price", "none"],
)
def test_tiers_that_do_not_determine_every_amount_are_no_table(wrong):
    assert tabled(a_usage_line(charge_model="graduated", net_unit_price=None, tiers=wrong)) is None
