"""The watch over HTTP: what is stored is looked at, page by page, and nothing is written."""

import pytest

from app.ingest import AGREEMENTS, BILLING_CONFIGURATIONS, USAGE, document_of
from app.store import DocumentKind
from tests.watched import A_DISCOUNT, SEATS, a_contract, a_set_up, used

DISCOUNTED = SEATS | A_DISCOUNT


@pytest.fixture
def stored(api):
    """Puts agreements with their configurations and use into the API's store."""

    def put(agreement, configuration=None, usage=()):
        put_one = api.store.documents.put
        put_one(DocumentKind.AGREEMENT, [document_of(AGREEMENTS, agreement)])
        if configuration is not None:
            put_one(DocumentKind.BILLING_CONFIGURATION, [document_of(BILLING_CONFIGURATIONS, configuration)])
        put_one(DocumentKind.USAGE, [document_of(USAGE, each) for each in usage])

    return put


def test_an_alert_is_told_with_its_finding(api, stored):
    stored(a_contract(DISCOUNTED), a_set_up(SEATS))
    answer = api.get("/v1/watch?as_of=2026-03-10").json
    [agreement] = answer["agreements"]
    [alert] = agreement["alerts"]
    assert (alert["due_on"], alert["finding"]["amount_at_risk"]["remaining_term"]) == ("2026-03-31", "18000.00")
    assert api.store.alerts.of("AG-1") == ()


def test_today_is_the_clocks(api, stored):
    stored(a_contract(DISCOUNTED), a_set_up(SEATS))
    assert api.get("/v1/watch").json["as_of"] == "2026-03-02"


def test_agreements_with_nothing_to_say_are_left_out(api, stored):
    stored(a_contract())
    answer = api.get("/v1/watch?as_of=2026-03-10").json
    assert (answer["agreements"], answer["next_page"]) == ([], None)


def test_one_agreement_is_looked_at_by_its_id(api, stored):
    stored(a_contract(DISCOUNTED))
    stored(a_contract(DISCOUNTED, agreement_id="AG-2"))
    answer = api.get("/v1/watch?as_of=2026-03-10&agreement_id=AG-2").json
    assert [each["agreement_id"] for each in answer["agreements"]] == ["AG-2"]
    assert "no billing configuration is known" in answer["agreements"][0]["not_assessed"][0]["because"]
    assert api.get("/v1/watch?agreement_id=AG-9").status_code == 404


def test_pages_are_turned(api, stored):
    for number in range(5):
        stored(a_contract(DISCOUNTED, agreement_id=f"AG-{number}"))
    found, link = [], "/v1/watch?as_of=2026-03-10&limit=2"
    while link is not None:
        answer = api.get(link).json
        found += [each["agreement_id"] for each in answer["agreements"]]
        link = answer["links"]["next"]
    assert found == [f"AG-{number}" for number in range(5)]


def test_use_that_is_stored_is_read(api, stored):
    line = {
        "line_id": "2",
        "product_id": "CALLS",
        "charge_type": "usage",
        "price_period": "month",
        "net_unit_price": "0",
        "included_quantity": "3000",
        "overage_unit_price": "0.50",
    }
    stored(a_contract(line), usage=used("2026-03-01", 10, 120))
    [agreement] = api.get("/v1/watch?as_of=2026-03-10").json["agreements"]
    assert agreement["alerts"][0]["finding"]["amount_at_risk"]["per_period"] == "360.00"


@pytest.mark.parametrize("query", ["as_of=yesterday", "as_of=2026-02-30", "limit=0"])
def test_a_wrong_question_is_told(api, query):
    assert api.get(f"/v1/watch?{query}").status_code in (400, 422)
