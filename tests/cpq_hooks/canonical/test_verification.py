"""What a verification is sent: a billing configuration, and beside it what it is held against."""

import pytest

from cpq_hooks.canonical import load_audit_request, load_billing_configuration, load_verify_request, to_document
from cpq_hooks.problem import Invalid

CHARGE = {"charge_id": "C-1", "product_id": "SEAT", "charge_type": "recurring", "net_unit_price": "40"}
LINE = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "net_unit_price": "40"}
AGREEMENT = {"agreement_id": "AG-1", "currency": "USD", "lines": [LINE]}


def a_request(**terms):
    return {"billing_configuration_id": "BC-1", "currency": "USD", "charges": [CHARGE]} | terms


def paths_of(document):
    with pytest.raises(Invalid) as refused:
        load_verify_request(document)
    return {problem.path for problem in refused.value.problems}


def test_agreement_and_previews_stand_beside_the_configuration_and_are_no_part_of_it():
    preview = {"invoice_id": "P-1", "currency": "USD", "lines": [{"charge_id": "C-1", "amount": "40.00"}]}
    request = load_verify_request(a_request(agreement=AGREEMENT, previews=[preview], custom="kept"))
    assert request.configuration == load_billing_configuration(a_request())
    assert to_document(request.configuration) == a_request(custom="kept")
    assert request.agreement.agreement_id == "AG-1"
    assert request.previews[0].lines[0].charge_id == "C-1"


def test_a_configuration_alone_is_a_whole_request():
    request = load_verify_request(a_request())
    assert (request.agreement, request.previews) == (None, ())


def test_every_fault_is_told_at_once_where_it_stands():
    charges = [CHARGE | {"net_unit_price": "-1"}, CHARGE]
    agreement = AGREEMENT | {"lines": [LINE | {"charge_type": "often"}]}
    found = paths_of(a_request(charges=charges, agreement=agreement, previews=[{"invoice_id": "P-1", "lines": []}]))
    assert found == {
        "$.charges[0].net_unit_price",
        "$.charges[1].charge_id",
        "$.agreement.lines[0].charge_type",
        "$.previews[0].currency",
    }


def test_each_document_is_held_to_the_decimals_of_its_own_currency():
    dinars = {"agreement_id": "AG-1", "currency": "KWD", "lines": [LINE | {"minimum_amount": "1.125"}]}
    assert (
        load_verify_request(a_request(agreement=dinars)).agreement.terms.lines[0].minimum_amount.as_tuple().exponent
        == -3
    )
    assert paths_of(a_request(agreement=dinars | {"currency": "JPY"})) == {"$.agreement.lines[0].minimum_amount"}
    assert paths_of(a_request(charges=[CHARGE | {"minimum_amount": "1.125"}], agreement=dinars)) == {
        "$.charges[0].minimum_amount"
    }


def test_an_audits_agreement_is_held_to_its_currency_as_well():
    with pytest.raises(Invalid, match="cannot be paid"):
        load_audit_request({"agreement": AGREEMENT | {"lines": [LINE | {"minimum_amount": "1.125"}]}})


def test_more_lines_than_are_taken_are_told_by_the_document_they_are_in():
    agreement = AGREEMENT | {"lines": [LINE | {"line_id": str(number)} for number in range(3)]}
    with pytest.raises(Invalid) as refused:
        load_verify_request(a_request(agreement=agreement), max_lines=2)
    assert refused.value.problems[0].path == "$.agreement.lines"
