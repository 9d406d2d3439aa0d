"""The digest of a set-up: what changes a bill changes it, and how things are spelt does not."""

import pytest

from cpq_hooks.canonical import load_agreement, load_billing_configuration
from policies.twin.content import configuration_hash, set_up_hash

LINE = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "500", "net_unit_price": "40"}


def agreement(**terms):
    return load_agreement({"agreement_id": "AG-1", "currency": "USD", "lines": [LINE]} | terms)


def configuration(charge=(), **terms):
    charges = [{**LINE, "charge_id": "C-1", **dict(charge)}, {**LINE, "charge_id": "C-2", "line_id": "2"}]
    return load_billing_configuration(
        {"billing_configuration_id": "BC-1", "currency": "USD", "charges": charges} | terms
    )


def test_spelling_order_and_names_do_not_matter():
    plain = set_up_hash(agreement(), configuration())
    assert set_up_hash(agreement(), configuration({"net_unit_price": "40.00", "product_name": "Seats"})) == plain
    assert set_up_hash(agreement(signed_on="2024-01-01"), configuration(revision="7", source="zuora")) == plain


def test_the_order_of_charges_does_not_matter():
    charges = [{**LINE, "charge_id": "C-2", "line_id": "2"}, {**LINE, "charge_id": "C-1"}]
    assert configuration_hash(configuration(charges=charges)) == configuration_hash(configuration())


@pytest.mark.parametrize(
    "changed",
    [
        {"charge": {"net_unit_price": "39"}},
        {"charge": {"state": "paused"}},
        {"charge": {"line_id": "9"}},
        {"charge": {"trial_days": 30}},
        {"charge": {"invoiceable": False}},
        {"currency": "EUR"},
        {"first_invoice_date": "2024-02-01"},
        {"auto_renew": True},
        {"created_at": "2024-02-01"},
    ],
)
def test_what_billing_acts_on_does(changed):
    assert configuration_hash(configuration(**changed)) != configuration_hash(configuration())
    assert set_up_hash(agreement(), configuration(**changed)) != set_up_hash(agreement(), configuration())


def test_so_does_every_amendment():
    cheaper = {"amendment_id": "AM-1", "effective_date": "2024-06-01", "lines": [LINE | {"net_unit_price": "39"}]}
    digests = {
        set_up_hash(agreement(amendments=amendments), configuration())
        for amendments in (
            [],
            [cheaper],
            [cheaper | {"effective_date": "2024-07-01"}],
            [cheaper | {"removed_line_ids": ["1"]}],
            [cheaper | {"lines": [LINE]}],
        )
    }
    assert len(digests) == 5
