"""A set-up expanded again after changes: the same as if it had never been expanded before."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cpq_hooks.canonical import load_agreement, load_billing_configuration
from policies.twin.setup import SetUp
from policies.twin.twin import Expanding, twin

LINES = [
    {
        "line_id": str(number),
        "product_id": f"P-{number}",
        "charge_type": "recurring",
        "quantity": "10",
        "price_period": "month",
        "net_unit_price": str(40 + number),
        "billing_frequency": "monthly",
        "billing_timing": "in_advance",
        "included_quantity": "10",
        "overage_unit_price": "5",
    }
    for number in range(4)
]
AGREEMENT = {
    "agreement_id": "AG-1",
    "currency": "USD",
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
    "renewal": {"auto_renew": True, "term_months": 12, "uplift_percent": "5"},
    "lines": LINES,
}


def charges():
    """Each line's charge, every one of them with a mistake of its own."""
    made = [{**line, "charge_id": f"C-{line['line_id']}", "start_date": "2024-01-01"} for line in LINES]
    made[0]["net_unit_price"] = "39"
    del made[1]["overage_unit_price"]
    made[2]["billing_frequency"] = "annual"
    return made[:3]


def configured(charges, **terms):
    return load_billing_configuration(
        {"billing_configuration_id": "BC-1", "currency": "USD", "charges": charges} | terms
    )


def a_setup(configuration):
    agreement = load_agreement(AGREEMENT)
    as_of = datetime(2023, 12, 20, tzinfo=UTC)
    return SetUp(agreement=agreement, configuration=configuration, as_of=as_of, today=date(2023, 12, 20))


@pytest.mark.parametrize(
    "changed",
    [
        configured([charges()[0] | {"net_unit_price": "40"}, *charges()[1:]]),
        configured([charges()[0], charges()[1] | {"overage_unit_price": "5"}, charges()[2]]),
        configured([*charges(), {**LINES[3], "charge_id": "C-3", "start_date": "2024-01-01"}]),
        configured(charges()[1:]),
        configured(list(reversed(charges()))),
        configured(charges(), first_invoice_date="2024-03-01"),
        configured(charges(), billing_anchor_day=15),
        configured(charges(), auto_renew=False),
        configured([charges()[0] | {"start_date": "2023-11-01"}, *charges()[1:]]),
    ],
)
def test_what_was_expanded_before_changes_nothing_of_what_comes_out(changed):
    expand = Expanding()
    before = a_setup(configured(charges()))
    assert expand(before) == twin(before)
    after = replace(before, configuration=changed)
    assert expand(after) == twin(after)
    assert expand(before) == twin(before)
