"""POST /v1/billing-configurations/verify as its callers see it; what is behind it is a stand-in."""

import pytest

from app.store import Scope

PATH = "/v1/billing-configurations/verify"
CHARGE = {"charge_id": "C-1", "product_id": "SEAT", "charge_type": "recurring", "net_unit_price": "40"}
CONFIGURATION = {"billing_configuration_id": "BC-1", "currency": "USD", "charges": [CHARGE]}
AGREEMENT = {"agreement_id": "AG-1", "currency": "USD", "lines": [{**CHARGE, "line_id": "1"}]}


def test_a_configuration_is_verified_for_whoever_may(api):
    answer = api.check(CONFIGURATION | {"agreement": AGREEMENT}, path=PATH)
    assert (answer.status_code, answer.json["verdict"]) == (200, "allow")
    refused = api.client.post(PATH, json=CONFIGURATION, headers=api.headers(Scope.CHECK, Scope.READ))
    assert refused.status_code == 403
    assert api.client.post(PATH, json=CONFIGURATION, headers=api.headers(Scope.VERIFY)).status_code == 200


def test_the_call_carries_what_the_caller_wants(api):
    api.check(CONFIGURATION, path=f"{PATH}?dry_run=true", Prefer="wait=7", Idempotency_Key="k-1")
    [call] = api.set_ups.calls
    assert (call.dry_run, call.wait_seconds, call.idempotency_key) == (True, 7.0, "k-1")


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"currency": "USDD"}, "$.currency"),
        ({"charges": [CHARGE, CHARGE]}, "$.charges[1].charge_id"),
        ({"agreement": AGREEMENT | {"lines": []}}, "$.agreement.lines"),
        ({"previews": [{"invoice_id": "P"}]}, "$.previews[0].currency"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(api, changed, path):
    answer = api.check(CONFIGURATION | changed, path=PATH)
    assert answer.status_code == 422
    assert path in [error["path"] for error in answer.json["errors"]]
    assert api.refused_body(answer)


def test_decisions_are_counted_by_what_they_are_on(api):
    api.check(CONFIGURATION, path=PATH)
    text = api.client.get("/metrics").text
    assert 'subject="billing_configuration",verdict="allow"' in text.replace(" ", "")
