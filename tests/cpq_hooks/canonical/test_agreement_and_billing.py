"""Agreements and billing configurations carry the terms of quotes and lines, flat, beside their own fields."""

from datetime import date

import pytest

from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_quote, to_document
from tests.cpq_hooks.refusals import places_of
from tests.documents import a_billing_configuration_sent, a_charge_sent, a_line_sent, a_quote_sent, an_agreement_sent


def test_an_agreement_holds_the_terms_of_the_quote_that_was_signed():
    agreement = load_agreement(an_agreement_sent())
    assert agreement.agreement_id == "A-1"
    assert agreement.signed_on == date(2025, 12, 20)
    assert agreement.terms == load_quote(a_quote_sent())
    assert agreement.quote_id == "Q-1"


@pytest.mark.parametrize("absent", [{}, {"quote_id": None}])
def test_without_a_quote_the_terms_go_by_the_agreements_own_id(absent):
    sent = an_agreement_sent()
    del sent["quote_id"]
    agreement = load_agreement(sent | absent)
    assert agreement.quote_id is None
    assert agreement.terms.quote_id == "A-1"
    assert load_agreement(to_document(agreement)) == agreement


def test_unknown_fields_of_an_agreement_are_kept_once():
    agreement = load_agreement(an_agreement_sent(po_number="4711"))
    assert dict(agreement.extra) == {"po_number": "4711"}
    assert dict(agreement.terms.extra) == {}
    assert to_document(agreement)["po_number"] == "4711"


def test_amendments_are_read_with_their_lines():
    amendment = {
        "amendment_id": "AM-1",
        "effective_date": "2026-07-01",
        "lines": [a_line_sent(quantity="0"), a_line_sent(line_id="2")],
        "removed_line_ids": ["1"],
    }
    agreement = load_agreement(an_agreement_sent(amendments=[amendment]))
    assert [line.quantity for line in agreement.amendments[0].lines] == [0, 10]
    assert agreement.amendments[0].removed_line_ids == ("1",)
    assert load_agreement(to_document(agreement)) == agreement


def test_amendments_are_refused_where_they_cannot_be_followed():
    first = {"amendment_id": "AM-1", "effective_date": "2026-07-01", "removed_line_ids": ["9", None]}
    second = {"amendment_id": "AM-1", "effective_date": "2026-07-01", "end_date": "2026-06-30"}
    third = {"amendment_id": "AM-3", "lines": [a_line_sent(), a_line_sent()]}
    assert sorted(places_of(load_agreement, an_agreement_sent(amendments=[first, second, third]))) == [
        ("$.amendments[0].removed_line_ids[0]", "orphan"),
        ("$.amendments[0].removed_line_ids[1]", "null"),
        ("$.amendments[1].amendment_id", "duplicate"),
        ("$.amendments[1].end_date", "ends_before_start"),
        ("$.amendments[2].effective_date", "required"),
        ("$.amendments[2].lines[1].line_id", "duplicate"),
    ]


def test_an_agreement_is_held_to_what_a_quote_is_held_to():
    sent = an_agreement_sent(
        agreement_id="", end_date="2025-01-01", lines=[a_line_sent(), a_line_sent(stated_total="0.001")]
    )
    assert sorted(places_of(load_agreement, sent)) == [
        ("$.agreement_id", "empty"),
        ("$.end_date", "ends_before_start"),
        ("$.lines[1].line_id", "duplicate"),
        ("$.lines[1].stated_total", "too_many_decimals"),
    ]


def test_a_charge_is_a_line_and_what_billing_adds():
    charge = a_charge_sent(quote_line_id="1", trial_days=14, invoiceable=False, colour="red", hard_cap=None)
    loaded = load_billing_configuration(a_billing_configuration_sent(charges=[charge])).charges[0]
    assert (loaded.charge_id, loaded.quote_line_id, loaded.state) == ("C-1", "1", "active")
    assert (loaded.trial_days, loaded.invoiceable) == (14, False)
    assert loaded.terms.line_id == "C-1"
    assert loaded.terms.nulls == {"hard_cap"}
    assert dict(loaded.terms.extra) == {"colour": "red"}


def test_a_charge_that_names_its_line_keeps_that_name():
    charge = a_charge_sent(line_id="1")
    configuration = load_billing_configuration(a_billing_configuration_sent(charges=[charge]))
    assert configuration.charges[0].terms.line_id == "1"
    assert to_document(configuration)["charges"][0]["line_id"] == "1"
    assert "line_id" not in to_document(load_billing_configuration(a_billing_configuration_sent()))["charges"][0]


def test_a_set_up_is_read_as_it_is_wrong_or_not():
    charge = a_charge_sent(quantity="0", minimum_amount="10.00", maximum_amount="5.00")
    assert load_billing_configuration(a_billing_configuration_sent(charges=[charge])).charges[0].terms.quantity == 0
    assert load_billing_configuration(a_billing_configuration_sent(charges=[])).charges == ()


def test_a_set_up_that_cannot_be_read_is_refused():
    charges = [a_charge_sent(), a_charge_sent(trial_days=-1, net_unit_price=None)]
    sent = a_billing_configuration_sent(charges=charges, billing_anchor_day=32, time_zone="Berlin", currency="X")
    assert sorted(places_of(load_billing_configuration, sent)) == [
        ("$.billing_anchor_day", "out_of_range"),
        ("$.charges[1]", "no_price"),
        ("$.charges[1].charge_id", "duplicate"),
        ("$.charges[1].trial_days", "out_of_range"),
        ("$.currency", "unknown_currency"),
        ("$.time_zone", "unknown_time_zone"),
    ]


def test_a_date_of_creation_is_read_in_the_time_zone_of_the_set_up():
    sent = a_billing_configuration_sent(time_zone="Asia/Tokyo", created_at="2026-01-01")
    assert to_document(load_billing_configuration(sent))["created_at"] == "2026-01-01T00:00:00+09:00"
