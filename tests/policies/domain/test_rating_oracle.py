"""Every amount against a second rating that shares no code with the first, over tens of thousands of drawn tariffs."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from policies.domain.charge import ChargeModel
from policies.domain.rating import Unrateable, overage, rate
from tests.lengths import at_length
from tests.oracles.rating import Undetermined, slow_overage, slow_rate
from tests.oracles.tariffs import quantities, tariffs

SHARES = st.sampled_from([(1, 1), (1, 2), (1, 4), (3, 8), (7, 20)])


def compare(data, tariff):
    line, grain = tariff
    quantity, (days, whole) = data.draw(quantities(line, grain)), data.draw(SHARES)
    note(f"{line} at {quantity} for {days}/{whole}")
    try:
        expected = slow_rate(line, quantity, share=Fraction(days, whole))
    except Undetermined:
        with pytest.raises(Unrateable):
            rate(line, quantity)
        return
    amount = rate(line, quantity, share=Decimal(days) / whole).amount
    assert Fraction(amount) == expected
    assert rate(line, quantity, share=Decimal(days) / whole, explain=True).amount == amount
    assert Fraction(overage(line, quantity)) == slow_overage(line, quantity)


@settings(max_examples=200)
@given(data=st.data(), tariff=tariffs())
def test_any_tariff_costs_what_counting_unit_by_unit_costs(data, tariff):
    compare(data, tariff)


@pytest.mark.fuzz
@pytest.mark.parametrize("model", ChargeModel)
@settings(max_examples=at_length(7500), database=None)
@given(data=st.data())
def test_thousands_of_tariffs_of_each_model_cost_what_counting_unit_by_unit_costs(model, data):
    compare(data, data.draw(tariffs((model,))))
